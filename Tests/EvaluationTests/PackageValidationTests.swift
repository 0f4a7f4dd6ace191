import Foundation
import JudgeModel
import ProblemPackage
import Sandbox
import Testing

@testable import Evaluation

extension EvaluationTests {
  @Suite struct PackageValidations {
    private func package(
      _ files: [String: String], executables: [String] = []
    ) throws -> (TestPackage, InputChecks) {
      let package = try TestPackage(
        limits: ["validation_time: 1", "validation_memory: 64", "validation_output: 1"],
        cases: ["secret/1": ("7\n", "7\n")], files: files, executables: executables)
      return (
        package, InputChecks.read(directory: package.directory, check: package.manifest.check)
      )
    }

    /// What the only input validator says about `input`.
    private func ask(
      _ files: [String: String], about input: String = "7\n", executables: [String] = []
    ) throws -> FileCheck {
      let (package, checks) = try package(files, executables: executables)
      let validator = try #require(checks.validators.first)
      let validation = try InputValidation(
        validator, directory: package.directory, limits: package.manifest.limits,
        in: try Bench.workshop())
      defer { Bench.expectNothingLeft() }
      defer { validation.close() }
      let case1 = try #require(checks.inputs.first)
      return try validation.check(
        contents: Array(input.utf8), arguments: case1.arguments(for: validator.name),
        files: case1.files.map { ($0.name, package.directory + "/" + $0.path) })
    }

    @Test func acceptsWith42Only() throws {
      let program = ["input_validators/v.py": "import sys\nsys.exit(int(input()))\n"]
      #expect(try ask(program, about: "42\n") == .accepted)
      for code in [0, 1, 43] {
        #expect(try ask(program, about: "\(code)\n") == .rejected("exit status \(code)"))
      }
    }

    @Test func saysWhyItRejects() throws {
      let program = [
        "input_validators/v.py": "import sys\nprint('fine so far')\nsys.exit('line 1: no number')\n"
      ]
      #expect(try ask(program) == .rejected("exit status 1: line 1: no number"))
    }

    @Test(arguments: [
      ("abort();", "signal 6"), ("for (;;);", "processor time|by the clock"),
      ("for (;;) malloc(1 << 20), memset(malloc(1 << 20), 1, 1 << 20);", "out of memory"),
      ("for (;;) puts(\"much\");", "wrote too much"),
    ]) func breaksInManyWays(body: String, how: String) throws {
      let program = ["input_validators/v.c": C.main(body)]
      guard case .broke(let text) = try ask(program) else {
        Issue.record("it did not break")
        return
      }
      // Which of two clocks ends it depends on what else the machine does.
      #expect(how.split(separator: "|").contains { text.contains($0) }, "\(text)")
    }

    @Test func argumentsFilesAndScripts() throws {
      let files = [
        "input_validators/v/run":
          "#!/bin/sh\n[ \"$1 $2\" = \"--max 9\" ] && [ \"$(cat extra.txt)\" = x ] && exit 42\nexit 43\n",
        "data/secret/1.files/extra.txt": "x\n",
        "data/secret/1.yaml": "args: ['9']\ninput_validator_args: [--max]\n",
      ]
      #expect(try ask(files, executables: ["input_validators/v/run"]) == .accepted)
    }

    @Test func doesNotCompile() throws {
      let error = #expect(throws: EvaluationError.self) {
        try ask(["input_validators/v.c": "int main( {"])
      }
      #expect(error?.description.contains("does not compile") == true)
      Bench.expectNothingLeft()
    }

    @Test func outputsWithoutASubmission() throws {
      func judge(_ body: String, _ output: String) throws -> FileCheck {
        let (package, _) = try package(Python.validator(body))
        let validation = try OutputValidation(
          package.manifest, in: try Bench.workshop(paths: package.paths))
        defer { Bench.expectNothingLeft() }
        defer { validation.close() }
        let place = package.directory + "/data/secret/1"
        return try validation.judge(
          Array(output.utf8), input: place + ".in", answer: place + ".ans", arguments: [],
          comparison: nil)
      }
      let compare = "accept() if input() == open(ans).read().strip() else reject()"
      #expect(try judge(compare, "7\n") == .accepted)
      #expect(try judge(compare, "8\n") == .rejected("exit status 43"))
      guard case .broke(let how) = try judge(compare, "") else {
        Issue.record("an empty output has no line to read")
        return
      }
      #expect(how.contains("exited with 1") && how.contains("EOFError"))
    }

    @Test func theComparerOfThePackageAnswersToo() throws {
      let (package, _) = try package([:])
      let validation = try OutputValidation(package.manifest, in: try Bench.workshop())
      let place = package.directory + "/data/secret/1"
      func judge(_ output: String, _ comparison: TokenComparison? = nil) throws -> FileCheck {
        try validation.judge(
          Array(output.utf8), input: place + ".in", answer: place + ".ans", arguments: [],
          comparison: comparison)
      }
      #expect(try judge(" 7 ") == .accepted)
      guard case .rejected = try judge("7.0") else {
        Issue.record("`7.0` is not the token `7`")
        return
      }
      var tolerant = TokenComparison()
      tolerant.absoluteTolerance = "0.1"
      #expect(try judge("7.0", tolerant) == .accepted)
    }
  }
}
