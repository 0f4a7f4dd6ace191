import JudgeModel
import Testing

@testable import Evaluation

extension EvaluationTests {
  @Suite struct Includes {
    @Test func filesOfTheLanguageReplaceThoseForAll() throws {
      let package = try TestPackage(
        cases: ["secret/1": ("", "language\n")],
        files: [
          "include/default/value.h": "#define VALUE \"default\"\n",
          "include/c/value.h": "#define VALUE \"language\"\n",
          "include/python3/value.py": "x = 1\n",
        ])
      let text = "#include \"value.h\"\n" + C.main("puts(VALUE); return 0;")
      #expect(try package.judge("c", text).verdict == .accepted)
      let own = program("c", ["a.c": text, "value.h": "#define VALUE \"own\"\n"])
      #expect(try package.judge(own).verdict == .accepted)
    }

    @Test func aDriverOfThePackageIsTheMainProgram() throws {
      let package = try TestPackage(
        cases: ["secret/1": ("4\n", "16\n")],
        files: [
          "include/python3/__main__.py": "import square\nprint(square.square(int(input())))\n"
        ])
      let submission = program("python3", ["square.py": "def square(x): return x * x\n"])
      #expect(try package.judge(submission).verdict == .accepted)
    }

    @Test func constantsAreReplaced() throws {
      let package = try TestPackage(
        cases: ["secret/1": ("", "")],
        files: Python.validator(
          "say('{{n}} {{n.tex}} {{m}}')\naccept() if input() == '{{n}}' else reject()"
        ).merging(["include/c/n.h": "#define N {{n}}\n"]) { $1 })
      var manifest = package.manifest
      manifest.constants = ProblemConstants([
        .init(name: "n", value: "5"), .init(name: "n.tex", value: "V"),
      ])
      let evaluator = try package.evaluator()
      let text = "#include \"n.h\"\n" + C.main("printf(\"%d\\n\", N); return 0;")
      let result = try evaluator.judge(
        program("c", ["a.c": text]), package: manifest, mode: .full,
        cancellation: Cancellation(), onRun: { _ in })
      evaluator.forgetValidators()
      Bench.expectNothingLeft()
      #expect(result.verdict == .accepted)
      #expect(result.runs.first?.message == "5 V {{m}}")
    }

    /// Files that are no code are where a program looks for them; those of the testcase win.
    @Test func dataFilesLieInTheWorkingDirectory() throws {
      let package = try TestPackage(
        cases: ["secret/1": ("", "included submitted testcase\n")],
        files: [
          "include/default/a.txt": "included", "include/default/c.txt": "included",
          "data/secret/1.files/c.txt": "testcase", "data/secret/1.files/d/e": "x",
        ])
      let text = "print(*(open(x + '.txt').read() for x in 'abc'))\n"
      let submission = program(
        "python3", ["a.py": text, "a.txt": "own", "b.txt": "submitted", "d": "in the way"])
      let result = try package.judge(submission)
      #expect(result.verdict == .accepted, "\(result)")
    }
  }
}
