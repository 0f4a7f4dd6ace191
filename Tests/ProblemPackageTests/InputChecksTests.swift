import JudgeModel
import Testing

@testable import ProblemPackage

@Suite struct InputChecksTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func read(_ files: [String: String]) throws -> InputChecks {
    let directory = try scratch.package("sum", files)
    let check = PackageReader.read(directory: directory).manifest?.check
    return InputChecks.read(directory: directory, check: check)
  }

  @Test func programsOfAllShapes() throws {
    let directory = try scratch.package(
      "sum",
      legacyYAML + accepted + cases("secret", "1") + [
        "input_validators/a.py": "", "input_validators/b/main.cpp": "",
        "input_validators/b/b.h": "", "input_validators/c/run": "",
        "input_validators/lone.cc": "", "input_validators/shared.h": "",
        "input_validators/d.ctd": "", "input_validators/e.viva": "",
        "input_validators/README.md": "", "input_format_validators/old.py": "",
        "input_validators/f/notes.txt": "",
      ])
    try shell("chmod +x \(directory)/input_validators/c/run")
    let checks = InputChecks.read(directory: directory, check: nil)
    #expect(checks.validators.map(\.name) == ["a", "b", "c", "lone", "old"])
    #expect(
      checks.validators.map { $0.program.language?.value }
        == ["python3", "cpp", nil, "cpp", "python3"])
    #expect(checks.validators[1].program.folder == "input_validators/b")
    #expect(checks.validators[2].executables == ["input_validators/c/run"])
    #expect(
      checks.validators[3].program.files
        == ["input_validators/lone.cc", "input_validators/shared.h"])
    #expect(checks.foreign.map(\.path) == ["input_validators/d.ctd", "input_validators/e.viva"])
    #expect(checks.diagnostics.map(\.path) == ["input_validators/f"])
  }

  @Test func noValidatorIsAWarning() throws {
    let checks = try read(legacyYAML + accepted + cases("secret", "1"))
    #expect(checks.diagnostics.map(\.severity) == [.warning])
    #expect(checks.diagnostics.first?.message.contains("there is no input validator") == true)
  }

  @Test func legacyFlagsComeFromTheNearestFile() throws {
    let checks = try read(
      legacyYAML + accepted + cases("sample", "1") + cases("secret/a", "1")
        + cases("secret/b", "1") + [
          "input_validators/v.py": "",
          "data/secret/testdata.yaml": "input_validator_flags: max 7\n",
          "data/secret/b/testdata.yaml": "input_validator_flags: {v: max 9}\n",
        ])
    let flags = Dictionary(
      uniqueKeysWithValues: checks.inputs.map { ($0.path, $0.arguments(for: "v")) })
    #expect(
      flags == [
        "data/sample/1.in": [], "data/secret/a/1.in": ["max", "7"],
        "data/secret/b/1.in": ["max", "9"],
      ])
  }

  @Test func newestFormatAddsTheArgumentsOfTheCase() throws {
    let checks = try read(
      modernYAML() + accepted + cases("secret", "1", "2") + cases("invalid_input", "bad") + [
        "input_validators/v.py": "", "data/secret/1.files/x.txt": "x",
        "data/secret/test_group.yaml": "input_validator_args: [--max, '7']\n",
        "data/secret/1.yaml": "args: [one]\ninput_validator_args: {v: [own], w: [other]}\n",
      ])
    #expect(checks.inputs.map { $0.arguments(for: "v") } == [["own", "one"], ["--max", "7"]])
    #expect(checks.inputs[0].arguments(for: "w") == ["other", "one"])
    #expect(checks.inputs[0].files.map(\.name) == ["x.txt"])
    #expect(checks.invalidInputs.map(\.path) == ["data/invalid_input/bad.in"])
  }

  @Test func labelledOutputs() throws {
    let checks = try read(
      modernYAML() + accepted + cases("secret", "1") + cases("valid_output", "a")
        + cases("invalid_output", "b", "c") + [
          "data/valid_output/a.out": "A\n", "data/invalid_output/b.out": "x\n",
          "data/invalid_output/b.yaml": "output_validator_args: [case_sensitive]\n",
        ])
    #expect(
      checks.outputs.map(\.output) == ["data/valid_output/a.out", "data/invalid_output/b.out"])
    #expect(checks.outputs.map(\.isValid) == [true, false])
    #expect(checks.outputs.map { $0.comparison?.isCaseSensitive } == [false, true])
    #expect(
      checks.diagnostics.filter { $0.severity == .error }.map(\.path)
        == ["data/invalid_output/c.in"])
  }
}

@Suite struct DataLintTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func lint(_ files: [String: String]) throws -> [String] {
    let directory = try scratch.package("sum", files)
    let manifest = PackageReader.read(directory: directory).manifest
    return DataLint.findings(directory: directory, manifest: manifest).map(\.description)
  }

  private func one(_ input: String, answer: String = "1\n") throws -> [String] {
    try lint(
      legacyYAML + accepted + ["data/secret/1.in": input, "data/secret/1.ans": answer])
  }

  @Test func cleanDataHasNoFindings() throws {
    #expect(try one("1 2\nx\ty\n") == [])
    #expect(try one("") == [], "an empty input may be meant")
  }

  @Test(arguments: [
    ("a\nb", ":2: warning: does not end in a newline"),
    ("\u{FEFF}1\n", ":1: warning: starts with a byte-order mark"),
    ("1\n2\r\n3\n", ":2: warning: has line ends of Windows"),
    ("1\n\n\u{1}\n", ":3: warning: has control characters"),
  ]) func textOfInputs(input: String, expected: String) throws {
    let findings = try one(input)
    #expect(
      findings.count == 1 && findings[0].contains("data/secret/1.in" + expected), "\(findings)")
  }

  @Test func answers() throws {
    #expect(try one("1\n", answer: " \n")[0].contains("1.ans: warning: is empty"))
    #expect(try one("1\n", answer: "1\r\n")[0].contains("line ends of Windows"))
    let long = String(repeating: "1234567\n", count: 140_000)
    let directory = try scratch.package(
      "small",
      legacyYAML + accepted + ["data/secret/1.in": "1\n", "data/secret/1.ans": long] + [
        "problem.yaml": "name: Sum\nlimits: {output: 1}\n"
      ])
    let manifest = PackageReader.read(directory: directory).manifest
    let findings = DataLint.findings(directory: directory, manifest: manifest)
    #expect(findings.map { $0.message.contains("larger than the output limit") } == [true])
  }

  @Test func answersOfAValidatorAreItsOwnBusiness() throws {
    let findings = try lint(
      modernYAML() + accepted + [
        "data/secret/1.in": "1\n", "data/secret/1.ans": "", "output_validator/v.py": "",
        // The same input with another answer is another test for a validator.
        "data/secret/2.in": "1\n", "data/secret/2.ans": "x\r\n",
      ])
    #expect(findings == [])
  }

  @Test func inputsThatOccurTwice() throws {
    let files =
      legacyYAML + accepted + cases("secret", "1", "2") + [
        "data/secret/2.in": "1\n", "data/secret/2.ans": "1\n",
      ]
    let findings = try lint(files)
    #expect(findings.count == 1)
    #expect(
      findings[0].contains("data/secret/2.in: warning: has the same contents as data/secret/1.in"))
  }

  @Test func groupsOfAScoringProblemMayShareTestcases() throws {
    let yaml = ["problem.yaml": "name: Sum\ntype: scoring\n", ".timelimit": "1\n"]
    let shared = yaml + accepted + cases("secret/a", "1") + cases("secret/b", "1")
    #expect(try lint(shared) == [])
    let twice = ["data/secret/b/2.in": "1\n", "data/secret/b/2.ans": "1\n"]
    #expect(try lint(shared + twice).count == 1)
  }

  @Test func everythingIsLookedAtInSpiteOfErrors() throws {
    let directory = try scratch.package(
      "sum", ["problem.yaml": "name: [", "data/secret/1.in": "1", "data/secret/2.in": "1"])
    #expect(PackageReader.read(directory: directory).manifest == nil)
    #expect(DataLint.findings(directory: directory, manifest: nil).count == 3)
  }

  @Test func moreFindingsThanAnybodyReadsAreCounted() {
    let findings = Findings()
    for number in 0..<(Findings.limit + 20) { findings.warning("f\(number)", "wrong") }
    #expect(findings.all.count == Findings.limit + 1)
    #expect(findings.all.last?.message.contains("20 more findings are not listed") == true)
  }
}
