import Foundation
import JudgeModel
import Synchronization
import Testing

@testable import Evaluation

extension EvaluationTests {
  @Suite struct Interactions {
    /// Asks for the successor of a number; `open(ans)` says how often.
    private let asks = """
      for i in range(3):
        print(i, flush=True)
        try: answer = input()
        except EOFError: say('ended early'); reject()
        if answer != str(i + 1): say('not the successor'); reject()
      accept()
      """
    private func package(_ body: String, type: String = "interactive") throws -> TestPackage {
      try TestPackage(
        type: type, limits: ["time_limit: 3", "validation_time: 5"], cases: ["secret/1": ("", "")],
        files: Python.validator(body))
    }
    private func answers(_ change: String = "", after: String = "", flush: Bool = true) -> String {
      C.main(
        """
        int n; \(change)
        for (int i = 0; i < 3; i++) {
          if (scanf("%d", &n) != 1) return 5;
          printf("%d\\n", n + 1); \(flush ? "fflush(stdout);" : "")
        }
        \(after) return 0;
        """)
    }

    @Test func accepted() throws {
      let result = try package(asks).judge("c", answers())
      #expect(result.verdict == .accepted)
      #expect(result.runs.first?.facts.validatorExit == 42)
      #expect(result.runs.first?.facts.exitCode == 0)
    }

    @Test func rejectedFirst() throws {
      let result = try package(asks).judge("c", answers("puts(\"7\"); fflush(stdout);"))
      #expect(result.verdict == .wrongAnswer)
      #expect(result.runs.first?.message == "not the successor")
    }

    @Test func rejectedFirstAndThenWhatever() throws {
      let losing = ["for (;;);", "sleep(60);", "while (getchar() != EOF); abort();"]
      for rest in losing {
        let result = try package(asks).judge("c", C.main("puts(\"7\"); fflush(stdout); \(rest)"))
        #expect(result.verdict == .wrongAnswer, "\(rest)")
        #expect(result.runs.first?.facts.interactorEndedFirst == true)
      }
    }

    @Test func crashBeforeTheEnd() throws {
      let result = try package(asks).judge("c", C.main("return 7;"))
      #expect(result.verdict == .runtimeError)
      #expect(result.runs.first?.facts.interactorEndedFirst == false)
    }

    @Test func crashAfterTheRightAnswers() throws {
      let result = try package(asks).judge("c", answers(after: "return 7;"))
      #expect(result.verdict == .runtimeError)
      #expect(result.runs.first?.facts.exitCode == 7)
    }

    @Test func forgottenFlush() throws {
      let result = try package(asks).judge("c", answers(flush: false))
      #expect(result.verdict == .timeLimit)
      #expect(result.runs.first?.detail == .idle)
    }

    @Test func endsEarly() throws {
      let result = try package(asks).judge("c", C.main("return 0;"))
      #expect(result.verdict == .wrongAnswer)
      #expect(result.runs.first?.message == "ended early")
    }

    @Test func crashesEarly() throws {
      #expect(try package(asks).judge("c", C.main("abort();")).verdict == .runtimeError)
    }

    @Test func spins() throws {
      let result = try package(asks).judge("c", C.spin)
      #expect(result.verdict == .timeLimit)
      #expect(result.runs.first?.facts.stop == .cpuLimit)
    }

    /// Four MiB into a pipe that nobody reads any more: no signal, no hang.
    @Test func talksOnAfterItWasAccepted() throws {
      let chatty = C.main(
        "for (int i = 0; i < 1 << 20; i++) if (puts(\"abc\") < 0) return 8; return fflush(stdout) ? 8 : 0;"
      )
      let result = try package("accept()").judge("c", chatty)
      #expect(result.verdict == .accepted)
      #expect(result.runs.first?.facts.exitCode == 0)
    }

    /// The same the other way round: an interactor that talks to a program which has ended.
    @Test func interactorTalksOnAfterTheEnd() throws {
      let result = try package("for i in range(200000): print('abcdefgh')\naccept()")
        .judge("c", C.main("return 0;"))
      #expect(result.verdict == .accepted)
    }

    @Test func waitsForTheEndOfItsInput() throws {
      let reader = C.main("while (getchar() != EOF); return 0;")
      #expect(try package("accept()").judge("c", reader).verdict == .accepted)
    }

    /// Either side may close its output and go on: the other one hears the end of it.
    @Test func closingTheOutputIsHeard() throws {
      let summing = C.main(
        """
        long n, sum = 0; while (scanf("%ld", &n) == 1) sum += n;
        printf("%ld\\n", sum); fflush(stdout); close(1); while (getchar() != EOF); return 0;
        """)
      let interactor = """
        print("1\\n2\\n39", flush=True)
        os.close(1)
        answer = sys.stdin.read()
        accept() if answer.split() == ['42'] else reject()
        """
      let result = try package(interactor).judge("c", summing)
      #expect(result.verdict == .accepted)
    }

    /// Whoever is content and gone leaves a program that closed its output and is in no hurry.
    @Test func closingTheOutputAndStaying() throws {
      let staying = C.main("puts(\"1\"); fflush(stdout); close(1); sleep(1); return 0;")
      let result = try package("input()\naccept()").judge("c", staying)
      #expect(result.verdict == .accepted)
    }

    @Test(arguments: ["sys.exit(0)", "sys.exit(1)", "os.kill(os.getpid(), 9)", "while True: pass"])
    func interactorLeavesTheProtocol(_ body: String) throws {
      for patient in [answers(), C.main("sleep(60);")] {
        let failure = try package(body).failure("c", patient)
        #expect(failure?.contains("the interactor") == true, "\(failure ?? "verdict")")
      }
    }

    @Test func leftoverChildrenEndWithTheRun() throws {
      let body = "if (fork() == 0) { setsid(); sleep(60); }"
      let result = try package(asks).judge("c", answers(body))
      #expect(result.verdict == .accepted)
    }

    @Test func inPasses() throws {
      let body = """
        print(open(inp).read().strip() or '0', flush=True)
        n = int(input())
        if n < 2: open(feedback + 'nextpass.in', 'w').write(str(n))
        accept()
        """
      let package = try package(body, type: "[interactive, multi-pass]")
      let next = C.main("int n; scanf(\"%d\", &n); printf(\"%d\\n\", n + 1); return 0;")
      let result = try package.judge("c", next)
      #expect(result.verdict == .accepted)
      #expect(result.runs.first?.facts.passes == 2)
      let crash = C.main("int n; scanf(\"%d\", &n); printf(\"%d\\n\", n + 1); return 4;")
      #expect(try package.judge("c", crash).verdict == .runtimeError)
    }
  }

  /// From another thread, while each part of a judging is under way.
  @Suite struct Cancelling {
    /// Cancels when a process of a slot with this in its command line is seen.
    private func cancel(
      _ package: TestPackage, _ submitted: Program, whileRunning name: String
    ) throws {
      let evaluator = try package.evaluator()
      let cancellation = Cancellation()
      let isOver = Atomic(false)
      let watcher = Thread {
        while !isOver.load(ordering: .relaxed) {
          let isSeen = Bench.processes().contains { process in
            let line = try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)
            return line?.contains(name) == true
          }
          if isSeen { return cancellation.cancel() }
          usleep(2_000)
        }
      }
      watcher.start()
      defer { isOver.store(true, ordering: .relaxed) }
      #expect(throws: EvaluationError.cancelled) {
        try evaluator.judge(
          submitted, package: package.manifest, mode: .full, cancellation: cancellation,
          onRun: { _ in })
      }
      // The slot is of use again.
      let good = try TestPackage.sum()
      let next = Evaluator(try Bench.workshop(paths: good.paths))
      let result = try next.judge(
        program("c", ["a.c": C.sum]), package: good.manifest, mode: .full,
        cancellation: Cancellation(), onRun: { _ in })
      #expect(result.verdict == .accepted)
      evaluator.forgetValidators()
      Bench.expectNothingLeft()
    }

    private let spin = program("c", ["a.c": C.spin])
    private let sum = program("c", ["a.c": C.sum])

    private func validated(_ body: String, type: String = "pass-fail") throws -> TestPackage {
      try TestPackage(
        type: type, limits: ["time_limit: 600"], cases: ["secret/1": ("1 2", "3")],
        files: Python.validator(body))
    }

    @Test func compiling() throws {
      try cancel(
        TestPackage.sum(), program("cpp", ["a.cpp": slowToCompile]), whileRunning: "cc1plus")
    }

    @Test func running() throws {
      try cancel(TestPackage.sum(limits: ["time_limit: 600"]), spin, whileRunning: ".program")
    }

    @Test func validating() throws {
      try cancel(validated("import time\ntime.sleep(600)"), sum, whileRunning: "validate.py")
    }

    @Test func buildingTheValidator() throws {
      let package = try TestPackage(
        cases: ["secret/1": ("1 2", "3")], files: ["output_validator/slow.cpp": slowToCompile])
      try cancel(package, sum, whileRunning: "slow.cpp")
    }

    @Test func interacting() throws {
      let package = try validated("input()", type: "interactive")
      try cancel(package, program("c", ["a.c": C.main("sleep(600);")]), whileRunning: ".program")
      try cancel(package, spin, whileRunning: "feedback")
    }

    @Test func beforeItBegins() throws {
      let package = try TestPackage.sum()
      let cancellation = Cancellation()
      cancellation.cancel()
      #expect(throws: EvaluationError.cancelled) {
        try package.evaluator().judge(
          sum, package: package.manifest, mode: .full, cancellation: cancellation, onRun: { _ in })
      }
    }

    @Test func betweenTestcases() throws {
      let package = try TestPackage(
        cases: ["secret/1": ("1 2", "3"), "secret/2": ("1 2", "3")])
      let cancellation = Cancellation()
      #expect(throws: EvaluationError.cancelled) {
        try package.evaluator().judge(
          sum, package: package.manifest, mode: .full, cancellation: cancellation,
          onRun: { _ in cancellation.cancel() })
      }
      Bench.expectNothingLeft()
    }
  }
}
