import Foundation
import JudgeModel
import Testing

@testable import Evaluation

extension EvaluationTests {
  @Suite struct Languages {
    static let all = (try? Bench.languages().languages.map(\.id.value)) ?? []

    @Test(arguments: all) func worksOrSaysWhyNot(_ id: String) throws {
      let table = try Bench.languages()
      let language = try #require(table[LanguageID(id)])
      let probe = Toolchains.probe(language, in: try Bench.workshop(table))
      Bench.expectNothingLeft()
      guard access(language.version[0], X_OK) == 0 else {
        #expect(probe.version == nil)
        #expect(probe.problem == "\(language.version[0]) is not installed")
        return
      }
      #expect(probe.problem == "")
      #expect(probe.version?.contains { $0.isNumber } == true)
      let package = try TestPackage(cases: ["secret/1": ("", "ready\n")])
      let result = try package.judge(program(id, [language.probe.name: language.probe.text]))
      #expect(result.verdict == .accepted, "\(result)")
    }

    /// A stack as deep as contest programs need, with no limit but memory.
    @Test(arguments: [
      (
        "c", "a.c",
        "int f(int n) { volatile int a[8]; a[n & 7] = n; return n ? f(n - 1) + a[n & 7] - n + 1 : 0; } int printf(const char *, ...); int main(void) { printf(\"%d\\n\", f(100000)); return 0; }"
      ),
      (
        "python3", "a.py",
        "import sys\nsys.setrecursionlimit(200000)\ndef f(n): return 1 + f(n - 1) if n else 0\nprint(f(100000))"
      ),
      (
        "java", "Main.java",
        "public class Main { static int f(int n) { return n > 0 ? 1 + f(n - 1) : 0; } public static void main(String[] a) { System.out.println(f(100000)); } }"
      ),
      ("javascript", "a.js", "const f = n => n ? 1 + f(n - 1) : 0; console.log(f(100000));"),
      (
        "go", "a.go",
        "package main\nimport \"fmt\"\nfunc f(n int) int { if n == 0 { return 0 }; return 1 + f(n-1) }\nfunc main() { fmt.Println(f(100000)) }"
      ),
      (
        "rust", "a.rs",
        "fn f(n: i32, v: &mut Vec<i32>) -> i32 { v.push(n); let r = if n == 0 { 0 } else { 1 + f(n - 1, v) }; v.pop(); r }\nfn main() { println!(\"{}\", f(100000, &mut Vec::new())); }"
      ),
    ])
    func deepRecursion(_ id: String, _ name: String, _ text: String) throws {
      let language = try #require(try Bench.languages()[LanguageID(id)])
      guard access(language.version[0], X_OK) == 0 else { return }
      let package = try TestPackage(
        limits: ["time_limit: 5", "memory: 256"], cases: ["secret/1": ("", "100000\n")])
      let result = try package.judge(program(id, [name: text]))
      #expect(result.verdict == .accepted, "\(result)")
    }

    private func table(_ lines: String) throws -> LanguageTable {
      try LanguageTable(
        yaml: """
          languages:
            - id: odd
              extensions: [odd]
              probe: {name: probe.odd, text: "x"}
          \(lines.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n"))
          """, origin: "test")
    }

    private func probe(_ lines: String) throws -> ToolchainProbe {
      let table = try table(lines)
      defer { Bench.expectNothingLeft() }
      return Toolchains.probe(table.languages[0], in: try Bench.workshop(table))
    }

    @Test func missingLanguage() throws {
      let probe = try probe("run: [/usr/bin/odd]\nversion: [/usr/bin/odd, --version]")
      #expect(probe.version == nil)
      #expect(probe.problem == "/usr/bin/odd is not installed")
    }

    @Test func compilerThatOnlyHasAVersion() throws {
      let probe = try probe(
        "compile: [/bin/false]\nrun: [/bin/echo, ready]\nversion: [/bin/echo, '1']")
      #expect(probe.version == nil)
      #expect(probe.problem.hasPrefix("its probe does not compile"))
    }

    @Test func programThatDoesNotRun() throws {
      let probe = try probe("run: [/bin/false]\nversion: [/bin/echo, '1']")
      #expect(probe.version == nil)
      #expect(probe.problem.hasPrefix("its probe does not run"))
    }

    @Test func unknownLanguageIsNoVerdict() throws {
      let package = try TestPackage.sum()
      #expect(throws: EvaluationError.self) { try package.judge(program("odd", ["a.odd": ""])) }
    }

    @Test func tablesWithMistakesNameThem() throws {
      #expect { try table("run: [/bin/true]") } throws: { "\($0)".contains("needs version") }
      #expect {
        try table("run: [/bin/true]\nversion: [/bin/true]\nspeed: 3")
      } throws: { "\($0)".contains("unknown key speed") }
    }
  }

  @Suite struct EntryPoints {
    private func python(
      _ files: [String: String], entryPoint: String? = nil
    ) throws -> JudgingResult {
      let package = try TestPackage(cases: ["secret/1": ("", "right\n")])
      return try package.judge(program("python3", files, entryPoint: entryPoint))
    }
    private let right = "print('right')\n"
    private let wrong = "print('wrong')\n"

    @Test func recordedWins() throws {
      let files = ["main.py": wrong, "other.py": right]
      #expect(try python(files, entryPoint: "other.py").verdict == .accepted)
      #expect(try python(files).verdict == .wrongAnswer)
    }

    @Test func recordedButAbsent() throws {
      #expect(throws: EvaluationError.self) {
        try python(["main.py": right], entryPoint: "other.py")
      }
      #expect(throws: EvaluationError.self) {
        try python(["main.py": right], entryPoint: "../usr/bin/x.py")
      }
    }

    @Test func onlyFile() throws {
      #expect(try python(["solution.py": right]).verdict == .accepted)
    }

    @Test func fileCalledMain() throws {
      #expect(try python(["a.py": wrong, "MAIN.py": right, "z.py": wrong]).verdict == .accepted)
    }

    @Test func firstByName() throws {
      #expect(try python(["b.py": wrong, "a.py": "import b\n" + right]).verdict == .wrongAnswer)
      #expect(try python(["b.py": wrong, "a.py": right]).verdict == .accepted)
    }

    @Test(.enabled(if: access("/usr/bin/javac", X_OK) == 0)) func java() throws {
      let package = try TestPackage(limits: ["memory: 256"], cases: ["secret/1": ("", "right\n")])
      func source(_ name: String, _ word: String) -> String {
        "public class \(name) { public static void main(String[] a) { System.out.println(\"\(word)\"); } }"
      }
      let two = ["Alpha.java": source("Alpha", "wrong"), "Main.java": source("Main", "right")]
      #expect(try package.judge(program("java", two)).verdict == .accepted)
      #expect(
        try package.judge(program("java", two, entryPoint: "Alpha")).verdict == .wrongAnswer)
      let one = ["Solution.java": source("Solution", "right")]
      #expect(try package.judge(program("java", one)).verdict == .accepted)
      #expect(throws: EvaluationError.self) {
        try package.judge(program("java", one, entryPoint: "-version"))
      }
    }

    @Test func manyFilesWithHeader() throws {
      let package = try TestPackage.sum()
      let files = [
        "lib/add.h": "int add(int, int);\n",
        "lib/add.cpp": "#include \"add.h\"\nint add(int a, int b) { return a + b; }\n",
        "main.cpp": """
        #include <iostream>
        #include "lib/add.h"
        int main() { int a, b; std::cin >> a >> b; std::cout << add(a, b) << std::endl; }
        """, "README": "not source",
      ]
      #expect(try package.judge(program("cpp", files)).verdict == .accepted)
    }

    @Test(arguments: ["../a.c", "/tmp/a.c", "x/../../a.c", "./a.c", "x//a.c", "a\0.c", ".c/"])
    func hostileNames(_ name: String) throws {
      let package = try TestPackage.sum()
      let result = try package.judge(program("c", ["b.c": C.sum, name: "int x;"]))
      #expect(result.verdict == .compileError)
      #expect(result.compilation?.output.contains("cannot be used") == true)
    }

    @Test func oneNameTwice() throws {
      let file = SourceFile(name: "a.c", contents: Array(C.sum.utf8))
      let twice = Program(language: LanguageID("c"), files: [file, file])
      #expect(try TestPackage.sum().judge(twice).verdict == .compileError)
    }

    @Test func namesThatLookLikeOptions() throws {
      let result = try TestPackage.sum().judge(program("c", ["-v.c": C.sum]))
      #expect(result.verdict == .accepted)
    }

    @Test func noSourceInTheLanguage() throws {
      let result = try TestPackage.sum().judge(program("c", ["a.txt": "hello"]))
      #expect(result.verdict == .compileError)
      #expect(result.compilation?.output.contains("no source file") == true)
    }

    @Test(.enabled(if: access("/usr/bin/go", X_OK) == 0)) func compiledToNothing() throws {
      let result = try TestPackage.sum().judge(program("go", ["a.go": "package other\n"]))
      #expect(result.verdict == .compileError)
      #expect(result.compilation?.output.contains("made no program") == true)
    }
  }
}
