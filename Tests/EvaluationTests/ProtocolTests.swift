import Foundation
import JudgeModel
import Testing

@testable import Evaluation

extension EvaluationTests {
  /// Validators of other judges, in C, each asserting the order of its arguments.
  @Suite struct Protocols {
    private func package(
      _ name: String, _ body: String, type: String = "pass-fail",
      more: [String: String] = [:]
    ) throws -> TestPackage {
      var files = more
      files["assize.yaml"] = "output_validator_protocol: \(name)\n"
      files["output_validator/check.c"] = """
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        static int number(const char *path) {
          FILE *f = fopen(path, "r");
          int n = -1;
          if (!f || fscanf(f, "%d", &n) != 1) return -1;
          fclose(f);
          return n;
        }
        int main(int argc, char **argv) { \(body) }
        """
      // The input is 1, the answer 2: the three files cannot be confused unnoticed.
      return try TestPackage(type: type, cases: ["secret/1": ("1\n", "2\n")], files: files)
    }
    private func prints(_ n: Int) -> String { C.main("puts(\"\(n)\"); return 0;") }

    @Test func testlib() throws {
      let package = try package(
        "testlib",
        """
        if (argc != 4 || number(argv[1]) != 1 || number(argv[3]) != 2) return 3;
        int got = number(argv[2]);
        if (got == 9) { fprintf(stderr, "FAIL jury has no better answer"); return 3; }
        fprintf(stderr, "%s expected 2, found %d", got == 2 ? "ok" : "wrong answer", got);
        return got == 2 ? 0 : got == 3 ? 2 : 1;
        """)
      let good = try package.judge("c", prints(2))
      #expect(good.verdict == .accepted)
      #expect(good.runs.first?.facts.validatorExit == 0)
      let bad = try package.judge("c", prints(4))
      #expect(bad.verdict == .wrongAnswer)
      #expect(bad.runs.first?.message == "wrong answer expected 2, found 4")
      #expect(try package.judge("c", prints(3)).verdict == .wrongAnswer)
      #expect(try package.judge("c", C.main("return 0;")).runs.first?.detail == .noOutput)
      let failure = try package.failure("c", prints(9))
      #expect(failure?.contains("FAIL jury has no better answer") == true)
    }

    @Test(arguments: [
      (
        "dmoj",
        "if (number(argv[1]) != 1 || number(argv[3]) != 2) return 9; return number(argv[2]) != 2;"
      ),
      (
        "coci",
        "if (number(argv[1]) != 1 || number(argv[3]) != 2) return 9; return number(argv[2]) != 2;"
      ),
      (
        "peg",
        "if (number(argv[3]) != 1 || number(argv[1]) != 2) return 9; return number(argv[2]) != 2;"
      ),
      (
        "cms",
        "if (number(argv[1]) != 1 || number(argv[2]) != 2) return 9; puts(number(argv[3]) == 2 ? \"1.0\" : \"0.0\"); return 0;"
      ),
    ])
    func others(_ name: String, _ body: String) throws {
      let package = try package(name, body)
      #expect(try package.judge("c", prints(2)).verdict == .accepted)
      #expect(try package.judge("c", prints(4)).verdict == .wrongAnswer)
    }

    @Test func pointsInAScoringProblemAndElsewhere() throws {
      let body = "fprintf(stderr, \"points %d\", number(argv[2])); return 7;"
      let scoring = try package("testlib", body, type: "scoring")
      #expect(try scoring.judge("c", prints(40)).score == Score(points: 40))
      let half = try package("cms", "puts(\"0.5\"); return 0;", type: "scoring")
      #expect(try half.judge("c", prints(1)).score == Score(points: 50))
      let failure = try package("testlib", body).failure("c", prints(40))
      #expect(failure?.contains("not a scoring one") == true)
    }

    /// The interactor writes what it heard; the checker decides about that.
    private func interactive(_ interactor: String) throws -> TestPackage {
      try package(
        "testlib", interactor, type: "interactive",
        more: [
          "output_checker/check.py": """
          import sys
          sys.exit(0 if open(sys.argv[2]).read() == "7" and open(sys.argv[3]).read() == "2\\n" else 1)
          """
        ])
    }
    private let listens = """
      int n; FILE *f = fopen(argv[2], "w");
      if (!f || number(argv[1]) != 1 || number(argv[3]) != 2) return 3;
      puts("question"); fflush(stdout);
      if (scanf("%d", &n) != 1) return 2;
      if (n < 0) { fprintf(stderr, "wrong answer negative"); return 1; }
      fprintf(f, "%d", n); fclose(f);
      return 0;
      """
    private func says(_ n: Int) -> String {
      C.main("char s[99]; scanf(\"%98s\", s); puts(\"\(n)\"); fflush(stdout); return 0;")
    }

    @Test func anInteractorAndItsChecker() throws {
      let package = try interactive(listens)
      #expect(try package.judge("c", says(7)).verdict == .accepted)
      #expect(try package.judge("c", says(8)).verdict == .wrongAnswer)
      let negative = try package.judge("c", says(-1))
      #expect(negative.verdict == .wrongAnswer)
      #expect(negative.runs.first?.message == "wrong answer negative")
      #expect(try package.judge("c", C.main("return 0;")).verdict == .wrongAnswer)
      #expect(
        try package.judge("c", C.main("puts(\"7\"); fflush(stdout); abort();")).verdict
          == .runtimeError)
    }

    @Test func anInteractorAtFault() throws {
      let failure = try interactive("fprintf(stderr, \"broken\"); return 3;").failure("c", says(7))
      #expect(failure?.contains("broken") == true)
    }

    @Test(arguments: [
      ("lines-tokens", "1  2 \n3\n\n", "1 2 3"), ("dmoj-standard", "1 2\n\n3", "1\n2 3"),
      ("exact", "1 2\n3\n", "1 2\n3"),
    ])
    func comparers(_ name: String, _ right: String, _ wrong: String) throws {
      let package = try TestPackage(
        cases: ["secret/1": ("\n", "1 2\n3\n")], files: ["assize.yaml": "comparison: \(name)\n"])
      let prints = { (text: String) in
        C.main("fputs(\"\(text.replacing("\n", with: "\\n"))\", stdout); return 0;")
      }
      #expect(try package.judge("c", prints(right)).verdict == .accepted)
      #expect(try package.judge("c", prints(wrong)).verdict == .wrongAnswer)
    }
  }
}
