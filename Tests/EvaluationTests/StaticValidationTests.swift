import JudgeModel
import Testing

@testable import Evaluation

extension EvaluationTests {
  @Suite struct StaticValidators {
    private func package(
      _ body: String, group: String = "static_validation_score: pass-fail\n",
      type: String = "pass-fail", files: [String: String] = [:]
    ) throws -> TestPackage {
      let validator = """
        import os, sys
        language, entry, feedback = sys.argv[1:4]
        def say(text): open(feedback + "judgemessage.txt", "w").write(text)
        def accept(): sys.exit(42)
        def reject(): sys.exit(43)
        \(body)
        """
      return try TestPackage(
        type: type, cases: ["secret/1": ("1 2\n", "3\n")],
        files: files.merging([
          "static_validator/check.py": validator, "data/secret/test_group.yaml": group,
        ]) { $1 })
    }

    @Test func seesLanguageEntryPointFilesAndArguments() throws {
      let package = try package(
        "say(' '.join(sys.argv[1:3] + sys.argv[4:] + sorted(os.listdir('.')))\n"
          + "  + ' ' + open(entry).read().strip())\naccept()",
        group: "static_validation_score: pass-fail\nstatic_validator_args: ['a b', c]\n",
        files: ["include/default/table.txt": "7\n"])
      let result = try package.judge(
        program("python3", ["main.py": "print(3)\n", "help.py": "\n"]))
      #expect(result.verdict == .accepted)
      #expect(result.runs.map(\.testcase) == ["secret/static_validation", "secret/1"])
      #expect(
        result.runs.first?.message
          == "python3 main.py a b c .feedback help.py main.py table.txt print(3)")
      #expect(result.runs.first?.facts.validatorExit == 42)
      #expect(result.runs.first?.facts.cpuTime == .zero)
    }

    @Test func rejectsWithoutARun() throws {
      let package = try package("reject() if 'goto' in open(entry).read() else accept()")
      let text = C.main("goto end; end: puts(\"3\"); return 0;")
      let lazy = try package.judge("c", text, mode: .lazy)
      #expect(lazy.verdict == .wrongAnswer && lazy.message == "secret/static_validation")
      #expect(lazy.runs.count == 1)
      #expect(try package.judge("c", text).runs.map(\.verdict) == [.wrongAnswer, .accepted])
      #expect(try package.judge("c", C.sum).verdict == .accepted)
    }

    @Test func scores() throws {
      let body = "open(feedback + 'score_multiplier.txt', 'w').write('0.5')\naccept()"
      let package = try package(
        body, group: "max_score: 50\nstatic_validation_score: 20\n", type: "scoring")
      let result = try package.judge("c", C.sum)
      // Half of 20 for the text, the rest of 50 for the one testcase.
      #expect(result.runs.map(\.score) == [Score("10"), Score("30")])
      #expect(result.score == Score("40"))
    }

    @Test(arguments: ["sys.exit(0)", "os.kill(os.getpid(), 9)", "raise ValueError('oops')"])
    func leavingTheProtocolIsOurFault(_ body: String) throws {
      let failure = try package(body).failure("c", C.sum)
      #expect(failure?.contains("secret/static_validation: the static validator") == true)
    }

    @Test func submissionsCannotHideTheirFilesOrForgeFeedback() throws {
      let package = try package(
        "found = os.listdir(feedback)\nsay(' '.join(sorted(os.listdir('.'))))\n"
          + "accept() if found else reject()")
      let result = try package.judge(
        program("python3", ["a.py": "print(3)\n", ".feedback/judgemessage.txt": "fine\n"]))
      #expect(result.runs.first?.verdict == .wrongAnswer, "\(result)")
      #expect(result.runs.first?.message == ".feedback .feedback- a.py")
    }

    @Test func constantsAreNotReplacedInIt() throws {
      let package = try package("say('{{n}}')\naccept()")
      var manifest = package.manifest
      manifest.constants = ProblemConstants([.init(name: "n", value: "5")])
      let evaluator = try package.evaluator()
      let result = try evaluator.judge(
        program("c", ["a.c": C.sum]), package: manifest, mode: .full,
        cancellation: Cancellation(), onRun: { _ in })
      evaluator.forgetValidators()
      Bench.expectNothingLeft()
      #expect(result.runs.first?.message == "{{n}}")
    }
  }
}
