import Foundation
import JudgeModel
import Sandbox
import Testing

@testable import Evaluation

/// Output validators in Python, with the parts every one of them needs.
enum Python {
  static func validator(_ body: String) -> [String: String] {
    [
      "output_validator/validate.py": """
      import os, sys
      inp, ans, feedback = sys.argv[1:4]
      def say(text): open(feedback + "judgemessage.txt", "w").write(text)
      def accept(): sys.exit(42)
      def reject(): sys.exit(43)
      \(body)
      """
    ]
  }
}

extension EvaluationTests {
  @Suite struct Validators {
    private func package(
      _ body: String, limits: [String] = [], files: [String: String] = [:]
    ) throws -> TestPackage {
      try TestPackage(
        limits: limits, cases: ["secret/1": ("1 2\n", "3\n")],
        files: files.merging(Python.validator(body)) { $1 })
    }

    @Test func acceptsAndRejects() throws {
      let package = try package(
        "say('read ' + open(inp).read())\naccept() if input() == open(ans).read().strip() else reject()"
      )
      let right = try package.judge("c", C.sum)
      #expect(right.verdict == .accepted)
      #expect(right.runs.first?.facts.validatorExit == 42)
      #expect(right.runs.first?.message == "read 1 2")
      let wrong = try package.judge("c", C.main("puts(\"4\"); return 0;"))
      #expect(wrong.verdict == .wrongAnswer)
      #expect(wrong.runs.first?.facts.validatorExit == 43)
    }

    @Test(arguments: [
      "sys.exit(1)", "sys.exit(0)", "os.kill(os.getpid(), 11)", "raise ValueError('oops')",
      "while True: pass", "open(feedback + 'x', 'w').write('x' * 3000000)\naccept()",
    ])
    func leavingTheProtocolIsOurFault(_ body: String) throws {
      let limits = ["validation_time: 1", "validation_output: 1"]
      let failure = try package(body, limits: limits).failure("c", C.sum)
      #expect(
        failure?.contains("secret/1: the output validator") == true, "\(failure ?? "verdict")")
    }

    @Test func isNotAskedAboutAProgramThatFailed() throws {
      let package = try package("sys.exit(1)")
      #expect(try package.judge("c", C.main("return 2;")).verdict == .runtimeError)
    }

    @Test func messagesAreBounded() throws {
      let package = try package("say('é' * 500000)\nreject()")
      let message = try #require(try package.judge("c", C.sum).runs.first?.message)
      #expect(message.utf8.count <= Run.messageLimit)
      #expect(message.utf8.count > Run.messageLimit - 10)
      #expect(!message.contains("\u{FFFD}"))
    }

    @Test func feedbackThatIsNoFile() throws {
      let package = try package(
        "os.symlink('/etc/passwd', feedback + 'judgemessage.txt')\naccept()")
      #expect(try package.failure("c", C.sum)?.contains("judgemessage.txt") == true)
    }

    @Test func argumentsOfAllLevels() throws {
      let package = try package(
        "say(' '.join(sys.argv[4:]))\naccept()",
        files: [
          "data/secret/test_group.yaml": "output_validator_args: [general, '7']\n",
          "data/secret/1.yaml": "output_validator_args: [special]\n",
        ])
      #expect(try package.judge("c", C.sum).runs.first?.message.contains("special") == true)
    }

    @Test func feedbackIsNewForEachTestcase() throws {
      let package = try TestPackage(
        cases: ["secret/1": ("", ""), "secret/2": ("", "")],
        files: Python.validator(
          "say(str(sorted(os.listdir(feedback))) + str(os.path.exists('/box/mine')))\n"
            + "open('/box/mine', 'w')\naccept()"))
      let result = try package.judge("c", C.sum)
      #expect(result.runs.map(\.message) == ["[]False", "[]False"])
    }

    @Test func doesNotCompile() throws {
      let package = try TestPackage(
        cases: ["secret/1": ("", "")], files: ["output_validator/v.c": "int main( {"])
      let failure = try package.failure("c", C.sum)
      #expect(failure?.contains("output_validator does not compile") == true)
    }

    @Test func buildAndRunScripts() throws {
      let files = [
        "output_validator/build": "#!/bin/sh\nset -e\ncd /app\ngcc -o judge really.txt.c\n",
        "output_validator/really.txt.c": "int main(void) { return 42; }\n",
        "output_validator/run": "#!/bin/sh\nexec /app/judge \"$@\"\n",
      ]
      let package = try TestPackage(
        cases: ["secret/1": ("", "")], files: files,
        executables: ["output_validator/build", "output_validator/run"])
      #expect(try package.judge("c", C.sum).verdict == .accepted)
    }

    @Test func keptUntilAnotherIsNeeded() throws {
      let first = try package("accept()")
      let other = try package("reject()")
      let paths = first.paths.merging(other.paths) { $1 }
      let evaluator = Evaluator(try Bench.workshop(paths: paths))
      func judge(_ package: TestPackage) throws -> Verdict {
        try evaluator.judge(
          program("c", ["a.c": C.sum]), package: package.manifest, mode: .full,
          cancellation: Cancellation(), onRun: { _ in }
        ).verdict
      }
      #expect(try judge(first) == .accepted)
      let kept = try #require(evaluator.validators["output_validator"])
      #expect(try judge(first) == .accepted)
      #expect(evaluator.validators["output_validator"] === kept)
      #expect(try judge(other) == .wrongAnswer)
      #expect(evaluator.validators["output_validator"] !== kept)
      #expect(try judge(first) == .accepted)
      evaluator.forgetValidators()
      Bench.expectNothingLeft()
    }

    @Test func lateCancellationsAndLostValidators() throws {
      let package = try package("accept()")
      let evaluator = try package.evaluator()
      func judge(_ cancellation: Cancellation) throws -> Verdict {
        try evaluator.judge(
          program("c", ["a.c": C.sum]), package: package.manifest, mode: .full,
          cancellation: cancellation, onRun: { _ in }
        ).verdict
      }
      let cancellation = Cancellation()
      #expect(try judge(cancellation) == .accepted)
      let kept = try #require(evaluator.validators["output_validator"])
      // Too late: that judging is over, and the validator is the next one's.
      cancellation.cancel()
      #expect(!kept.program.sandbox.canceller.isCancelled)
      #expect(try judge(Cancellation()) == .accepted)
      #expect(evaluator.validators["output_validator"] === kept)

      kept.program.sandbox.close()
      #expect(throws: EvaluationError.self) { try judge(Cancellation()) }
      #expect(try judge(Cancellation()) == .accepted)
      evaluator.forgetValidators()
      Bench.expectNothingLeft()
    }
  }

  @Suite struct Scoring {
    private func package(
      _ body: String, group: String = "score_aggregation: sum\nmax_score: 40\n"
    ) throws -> TestPackage {
      try TestPackage(
        type: "scoring",
        cases: ["secret/a/1": ("", ""), "secret/a/2": ("", "")],
        files: Python.validator(body).merging(
          [
            "data/secret/a/test_group.yaml": group,
            "data/secret/test_group.yaml": "max_score: 40\n",
          ]) { $1 })
    }
    private func score(_ name: String, _ text: String) -> String {
      "open(feedback + '\(name)', 'w').write('\(text)')\n"
    }

    @Test func scoreFile() throws {
      let result = try package(score("score.txt", "12.5") + "accept()").judge("c", C.sum)
      #expect(result.verdict == .accepted)
      #expect(result.score == Score("25"))
      #expect(result.runs.map(\.score) == [Score("12.5"), Score("12.5")])
    }

    @Test func multiplier() throws {
      let result = try package(score("score_multiplier.txt", "0.25") + "accept()").judge("c", C.sum)
      #expect(result.score == Score("10"))
    }

    @Test func neither() throws {
      #expect(try package("accept()").judge("c", C.sum).score == Score("40"))
    }

    @Test func rejectedTestcasesGiveNothing() throws {
      let result = try package("reject()").judge("c", C.sum)
      #expect(result.verdict == .wrongAnswer)
      #expect(result.score == .zero)
    }

    @Test func minimum() throws {
      let body = """
        first = not os.path.exists(inp.replace('input', 'never')) and 'one' in input()
        open(feedback + 'score_multiplier.txt', 'w').write('0.5' if first else '1')
        accept()
        """
      let package = try TestPackage(
        type: "scoring", cases: ["secret/a/1": ("one", ""), "secret/a/2": ("two", "")],
        files: Python.validator(body).merging(
          [
            "data/secret/a/test_group.yaml": "score_aggregation: min\nmax_score: 40\n",
            "data/secret/test_group.yaml": "max_score: 40\n",
          ]) { $1 })
      let echo = C.main("char s[9] = \"\"; scanf(\"%8s\", s); puts(s); return 0;")
      #expect(try package.judge("c", echo).score == Score("20"))
    }

    @Test(arguments: [
      ("score.txt", "50", "accept()"), ("score.txt", "nan", "accept()"),
      ("score.txt", "5", "reject()"), ("score_multiplier.txt", "1.5", "accept()"),
    ])
    func scoresOutOfBoundsAreOurFault(_ name: String, _ text: String, _ end: String) throws {
      #expect(try package(score(name, text) + end).failure("c", C.sum) != nil)
    }
  }

  @Suite struct MultiPass {
    private func package(_ body: String, passes: Int = 2) throws -> TestPackage {
      try TestPackage(
        type: "multi-pass", limits: ["validation_passes: \(passes)"],
        cases: ["secret/1": ("0\n", "")], files: Python.validator(body))
    }
    /// Prints the number that it read plus one, and leaves a file behind.
    private let next = C.main(
      """
      int n; if (fopen("left", "r")) return 9; fclose(fopen("left", "w"));
      scanf("%d", &n); printf("%d\\n", n + 1); return 0;
      """)
    private func passOn(while condition: String) -> String {
      """
      n = int(input())
      seen = open(inp).read().strip()
      say(f'{seen}->{n} of {os.path.basename(inp)}')
      if \(condition): open(feedback + 'nextpass.in', 'w').write(f'{n}\\n')
      """
    }

    @Test func twoPasses() throws {
      let result = try package(passOn(while: "n < 2") + "\naccept()").judge("c", next)
      #expect(result.verdict == .accepted)
      #expect(result.runs.first?.facts.passes == 2)
      #expect(result.runs.first?.message == "1->2 of input-2.txt")
    }

    @Test func onePassIsEnough() throws {
      let result = try package(passOn(while: "False") + "\naccept()").judge("c", next)
      #expect(result.runs.first?.facts.passes == 1)
    }

    @Test func wrongInTheSecondPass() throws {
      let body = passOn(while: "n < 2") + "\naccept() if n < 2 else reject()"
      let result = try package(body).judge("c", next)
      #expect(result.verdict == .wrongAnswer)
      #expect(result.runs.first?.facts.passes == 2)
    }

    @Test func programThatFailsInTheSecondPass() throws {
      let crash = C.main("int n; scanf(\"%d\", &n); if (n) abort(); puts(\"1\"); return 0;")
      let result = try package(passOn(while: "n < 2") + "\naccept()").judge("c", crash)
      #expect(result.verdict == .runtimeError)
    }

    @Test func tooManyPasses() throws {
      let package = try package(passOn(while: "True") + "\naccept()", passes: 3)
      let failure = try package.failure("c", next)
      #expect(failure?.contains("validation_passes is 3") == true)
    }

    @Test func nextPassWithReject() throws {
      let failure = try package(passOn(while: "True") + "\nreject()").failure("c", next)
      #expect(failure?.contains("did not accept pass 1") == true)
    }

    @Test func feedbackStaysBetweenPasses() throws {
      let body = """
        mark = feedback + 'mark'
        if os.path.exists(mark): accept() if not os.path.exists(feedback + 'nextpass.in') else reject()
        open(mark, 'w')
        open(feedback + 'nextpass.in', 'w').write('5')
        accept()
        """
      #expect(try package(body).judge("c", next).verdict == .accepted)
    }
  }
}
