import JudgeModel
import Testing

@testable import Evaluation

extension EvaluationTests {
  /// One run, and what it comes to.
  @Suite struct Verdicts {
    @Test func accepted() throws {
      let result = try TestPackage.sum().judge("c", C.sum)
      #expect(result.verdict == .accepted)
      let run = try #require(result.runs.first)
      #expect(run.testcase == "secret/1")
      #expect(run.ordinal == 1)
      #expect(run.facts.exitCode == 0)
      #expect(run.facts.outputBytes == 2)
      #expect(run.facts.cpuTime > .zero)
      #expect(run.facts.memoryPeakBytes > 0)
      #expect(result.compilation?.succeeded == true)
    }

    @Test func wrongAnswer() throws {
      let result = try TestPackage.sum().judge("c", C.main("puts(\"4\"); return 0;"))
      #expect(result.verdict == .wrongAnswer)
      #expect(result.runs.first?.detail == nil)
      #expect(result.runs.first?.message.isEmpty == false)
      #expect(result.message == "secret/1")
    }

    @Test func noOutput() throws {
      let result = try TestPackage.sum().judge("c", C.main("return 0;"))
      #expect(result.verdict == .wrongAnswer)
      #expect(result.runs.first?.detail == .noOutput)
    }

    @Test func timeLimitByProcessor() throws {
      let result = try TestPackage.sum().judge("c", C.spin)
      #expect(result.verdict == .timeLimit)
      #expect(result.runs.first?.facts.stop == .cpuLimit)
      #expect(result.runs.first?.detail == nil)
    }

    @Test func timeOfChildrenCounts() throws {
      let body =
        "if (fork() == 0) for (volatile long i = 0;; i++); sleep(30); puts(\"3\"); return 0;"
      let result = try TestPackage.sum().judge("c", C.main(body))
      #expect(result.verdict == .timeLimit)
      #expect(result.runs.first?.facts.stop == .cpuLimit)
    }

    @Test func timeLimitAsleep() throws {
      let result = try TestPackage.sum(limits: ["time_limit: 1"])
        .judge("c", C.main("sleep(60); puts(\"3\"); return 0;"))
      #expect(result.verdict == .timeLimit)
      #expect(result.runs.first?.facts.stop == .wallLimit)
      #expect(result.runs.first?.detail == .idle)
    }

    @Test func exitStatus() throws {
      let result = try TestPackage.sum()
        .judge("c", C.main("puts(\"3\"); fputs(\"gave up\\n\", stderr); return 3;"))
      #expect(result.verdict == .runtimeError)
      #expect(result.runs.first?.facts.exitCode == 3)
      #expect(result.runs.first?.message == "exited with 3: gave up")
    }

    @Test func signal() throws {
      let result = try TestPackage.sum().judge("c", C.main("raise(SIGSEGV); return 0;"))
      #expect(result.verdict == .runtimeError)
      #expect(result.runs.first?.facts.signal == 11)
      #expect(result.runs.first?.facts.exitCode == nil)
    }

    /// Touches so many MiB and prints so many bytes of output.
    private func use(_ mebibytes: Int, printing bytes: Int = 0) -> String {
      C.main(
        """
        printf("3"); for (int i = 0; i < \(bytes); i++) putchar('\\n'); fflush(stdout);
        volatile char *p = malloc(\(mebibytes) << 20);
        for (long i = 0; i < (\(mebibytes)L << 20); i += 4096) p[i] = 1;
        return 0;
        """)
    }

    @Test func memoryLimit() throws {
      let result = try TestPackage.sum().judge("c", use(200))
      #expect(result.verdict == .memoryLimit)
      #expect((result.runs.first?.facts.oomKills ?? 0) > 0)
    }

    @Test func memoryNearTheLimit() throws {
      #expect(try TestPackage.sum().judge("c", use(60)).verdict == .accepted)
      #expect(try TestPackage.sum().judge("c", use(65)).verdict == .memoryLimit)
    }

    @Test func outputIsNoMemory() throws {
      let package = try TestPackage.sum(limits: ["output: 8"])
      #expect(try package.judge("c", use(60, printing: 7 << 20)).verdict == .accepted)
      #expect(try package.judge("c", use(90, printing: 7 << 20)).verdict == .memoryLimit)
    }

    @Test func outputLimit() throws {
      let flood = C.main("for (;;) puts(\"and on and on\"); return 0;")
      let result = try TestPackage.sum().judge("c", flood)
      #expect(result.verdict == .outputLimit)
    }

    @Test func outputJustTooLong() throws {
      let body = "for (int i = 0; i <= 1 << 20; i++) putchar('\\n'); return 0;"
      let result = try TestPackage.sum().judge("c", C.main(body))
      #expect(result.verdict == .outputLimit)
      #expect(result.runs.first?.facts.exitCode == 0)
    }

    /// In 2025-09 the limit is on both streams together.
    @Test func standardErrorIsOutputToo() throws {
      let body = """
        printf("3"); fflush(stdout);
        for (int i = 0; i < 600000; i++) { putchar('\\n'); fputc('e', stderr); }
        return 0;
        """
      let package = try TestPackage.sum()
      let result = try package.judge("c", C.main(body))
      #expect(result.verdict == .outputLimit)
      #expect(result.runs.first?.facts.outputBytes == 1_200_001)
      let talkative = C.main("fputs(\"nothing to say\", stderr); return 0;")
      #expect(try package.judge("c", talkative).runs.first?.detail == .noOutput)
    }

    @Test func outputOfExactlyTheLimit() throws {
      let body = "printf(\"3\"); for (int i = 1; i < 1 << 20; i++) putchar('\\n'); return 0;"
      #expect(try TestPackage.sum().judge("c", C.main(body)).verdict == .accepted)
    }

    @Test func compileError() throws {
      let result = try TestPackage.sum().judge("c", "int main(void) { return nowhere; }")
      #expect(result.verdict == .compileError)
      #expect(result.runs.isEmpty)
      #expect(result.compilation?.succeeded == false)
      #expect(result.compilation?.detail == nil)
      #expect(result.compilation?.output.contains("nowhere") == true)
    }

    @Test func compilerLimit() throws {
      let package = try TestPackage.sum(limits: ["compilation_time: 1"])
      let result = try package.judge("cpp", slowToCompile)
      #expect(result.verdict == .compileError)
      #expect(result.compilation?.detail == .compilerLimit)
    }

    @Test func tooMuchSource() throws {
      let package = try TestPackage.sum(limits: ["code: 1"])
      let result = try package.judge("c", C.sum + String(repeating: "\n", count: 1024))
      #expect(result.verdict == .compileError)
      #expect(result.message.contains("1024"))
    }

    @Test func modesAgree() throws {
      let package = try TestPackage(
        cases: [
          "secret/1": ("1 2\n", "3\n"), "secret/2": ("2 2\n", "4\n"), "secret/3": ("0 0", "0"),
        ])
      let threeOnly = C.main("puts(\"3\"); return 0;")
      let full = try package.judge("c", threeOnly, mode: .full)
      let lazy = try package.judge("c", threeOnly, mode: .lazy)
      #expect(full.verdict == .wrongAnswer)
      #expect((full.verdict, full.message) == (lazy.verdict, lazy.message))
      #expect(full.runs.map(\.verdict) == [.accepted, .wrongAnswer, .wrongAnswer])
      #expect(lazy.runs.map(\.verdict) == [.accepted, .wrongAnswer])
    }

    @Test func runsAreToldAsTheyEnd() throws {
      let package = try TestPackage(
        cases: ["secret/1": ("1 2\n", "3\n"), "secret/2": ("2 2\n", "4\n")])
      let evaluator = try package.evaluator()
      var told: [Int32] = []
      let result = try evaluator.judge(
        program("c", ["a.c": C.sum]), package: package.manifest, mode: .full,
        cancellation: Cancellation()
      ) { told.append($0.ordinal) }
      #expect(told == [1, 2])
      #expect(result.runs.map(\.ordinal) == told)
    }

    @Test func argumentsAndFilesOfATestcase() throws {
      let package = try TestPackage(
        cases: ["secret/1": ("", "loud hello\n")],
        files: ["data/secret/1.yaml": "args: [loud]\n", "data/secret/1.files/words.txt": "hello"])
      let body = """
        char word[20] = ""; FILE *f = fopen("words.txt", "r"); if (!f) return 1;
        fscanf(f, "%19s", word); printf("%s %s\\n", argv[1], word); return argc != 2;
        """
      #expect(try package.judge("c", C.main(body)).verdict == .accepted)
    }

    @Test func filesOfOneRunAreGoneInTheNext() throws {
      let package = try TestPackage(
        cases: ["secret/1": ("", "new\n"), "secret/2": ("", "new\n")])
      let body = """
        FILE *f = fopen("seen", "r"); puts(f ? "old" : "new"); f = fopen("seen", "w"); return !f;
        """
      #expect(try package.judge("c", C.main(body)).verdict == .accepted)
    }

    @Test func includedFilesWin() throws {
      let package = try TestPackage(
        cases: ["secret/1": ("", "theirs\n")],
        files: ["include/default/word.h": "#define WORD \"theirs\"\n"])
      let result = try package.judge(
        program(
          "c",
          [
            "a.c": "#include <stdio.h>\n#include \"word.h\"\nint main() { puts(WORD); return 0; }",
            "word.h": "#define WORD \"ours\"\n",
          ]))
      #expect(result.verdict == .accepted)
    }
  }
}

/// Takes g++ far longer than a minute.
let slowToCompile = """
  template <int N, int M> struct A {
    enum : long { value = A<N - 1, M>::value + A<N - 1, M + 1>::value };
  };
  template <int M> struct A<0, M> { enum : long { value = M }; };
  template <int N> struct B { enum : long { value = A<800, N * 10000>::value + B<N - 1>::value }; };
  template <> struct B<0> { enum : long { value = 0 }; };
  int main() { return B<400>::value & 1; }
  """
