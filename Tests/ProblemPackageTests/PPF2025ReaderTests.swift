import JudgeModel
import Testing

@testable import ProblemPackage

@Suite struct PPF2025ReaderTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test func argumentsAndFilesReachTheirTestcases() throws {
    let files =
      modernYAML() + accepted + cases("sample", "1") + cases("secret", "1", "2")
      + cases("secret/deep", "3") + [
        "data/secret/test_group.yaml":
          "args: [from, group]\noutput_validator_args: [case_sensitive]\n",
        "data/secret/2.yaml":
          "args: [\"own blank\"]\noutput_validator_args: [float_tolerance, '1e-4']\nhint: x\n",
        "data/secret/2.files/in/graph.txt": "g\n",
      ]
    let reading = try scratch.read("sum", of: files)
    #expect(reading.texts == [])
    let manifest = try #require(reading.manifest)
    #expect(
      manifest.testcases.map(\.name) == ["sample/1", "secret/1", "secret/2", "secret/deep/3"])
    #expect(
      manifest.testcases.map(\.arguments) == [
        [], ["from", "group"], ["own blank"], ["from", "group"],
      ])
    #expect(
      manifest.testcases.map { $0.comparison?.isCaseSensitive } == [false, true, false, true])
    #expect(manifest.testcases[2].comparison?.relativeTolerance == "1e-4")
    #expect(
      manifest.testcases[2].files
        == [CaseFile(name: "in/graph.txt", path: "data/secret/2.files/in/graph.txt")])
    #expect(manifest.file("data/secret/2.files/in/graph.txt")?.role == .caseFile)
    #expect(manifest.tests.children.count == 2)
    #expect(manifest.tests.breaksOnReject)
  }

  @Test func scoringGroupsBecomeATree() throws {
    let files =
      modernYAML(type: "scoring") + accepted + cases("sample", "1")
      + cases("secret/a", "1", "2") + cases("secret/b", "1") + [
        "data/secret/a/test_group.yaml": "max_score: 30\nrequire_pass: sample\n",
        "data/secret/b/test_group.yaml":
          "max_score: 70\nscore_aggregation: sum\nrequire_pass: [sample, secret/a]\n",
      ]
    let reading = try scratch.read("sum", of: files)
    #expect(reading.texts == [])
    let tests = try #require(reading.manifest).tests
    let hundred = Score("100")
    #expect(tests.grading == .aggregate(Aggregation(rule: .sum, maximum: hundred)))
    #expect(
      tests.group("sample")?.grading == .aggregate(Aggregation(rule: .passFail, maximum: .zero)))
    #expect(
      tests.group("secret")?.grading == .aggregate(Aggregation(rule: .sum, maximum: hundred)))
    #expect(
      tests.group("secret/a")?.grading
        == .aggregate(
          Aggregation(rule: .passFail, maximum: Score("30"), requiredGroups: ["sample"])))
    #expect(
      tests.group("secret/b")?.grading
        == .aggregate(
          Aggregation(
            rule: .sum, maximum: Score("70"), requiredGroups: ["sample", "secret/a"])))
    #expect(tests.breaksOnReject == false)
    #expect(tests.group("secret/a")?.breaksOnReject == true)
    #expect(tests.group("secret/b")?.breaksOnReject == false)
  }

  @Test func multiPassAndInteractiveNeedAValidator() throws {
    let files = modernYAML(type: "[multi-pass, interactive]") + accepted + cases("secret", "1")
    let without = try scratch.read("a", of: files)
    #expect(without.manifest == nil)
    #expect(without.texts.filter { $0.contains("needs its own output validator") }.count == 2)
    let with = try scratch.read("b", of: files + ["output_validator/run.py": "pass\n"])
    #expect(with.texts == [])
    #expect(with.manifest?.kind.isMultiPass == true)
    #expect(with.manifest?.limits.validationPasses == .preset(2))
  }

  @Test func aValidatorWithScriptsHasNoLanguage() throws {
    let files =
      modernYAML() + accepted + cases("secret", "1")
      + ["output_validator/build": "#!/bin/sh\n", "output_validator/v.rs": "\n"]
    let path = try scratch.package("sum", files)
    let plain = PackageReader.read(directory: path)
    #expect(plain.texts == ["output_validator/build: error: is not executable; chmod +x it"])
    try shell("chmod +x \(path)/output_validator/build")
    let manifest = try #require(PackageReader.read(directory: path).manifest)
    guard case .validator(let program) = manifest.check else { throw AnotherCase() }
    #expect(program.language == nil && program.files.count == 2)
    #expect(manifest.file("output_validator/build")?.isExecutable == true)
  }

  /// What is wrong, the files that make it so, and the finding it has to give.
  static let mistakes: [(String, [String: String], String)] = [
    ("unknown key", modernYAML("time_limt: 3\n"), "problem.yaml:7: error: `time_limt`"),
    (
      "misspelt limit", ["problem.yaml": "limits:\n  time_limt: 3\n"],
      "problem.yaml:2: error: `time_limt` is not a key of `limits`; did you mean `time_limit`?"
    ),
    (
      "legacy key in 2025-09", modernYAML("validation: custom\n"),
      "problem.yaml:7: error: `validation` is not a key of a 2025-09 problem.yaml"
    ),
    (
      "missing uuid", ["problem.yaml": "problem_format_version: 2025-09\nname: X\n"],
      "problem.yaml: error: `uuid` is required"
    ),
    (
      "unknown version", ["problem.yaml": "problem_format_version: 2031-01\n"],
      "problem.yaml:1: error: `2031-01` is not a format version"
    ),
    ("not YAML", ["problem.yaml": "a: [1\nb: 2\n"], "problem.yaml:2: error: is not YAML"),
    (
      "key twice", ["problem.yaml": "name: a\nname: b\n"], "given more than once; keep one"
    ),
    (
      "both kinds", modernYAML(type: "[pass-fail, scoring]"),
      "problem.yaml:2: error: a problem is pass-fail or scoring"
    ),
    (
      "submit-answer interactive", modernYAML(type: "[submit-answer, interactive]"),
      "submit-answer goes with neither"
    ),
    (
      "limit off the grid", modernYAML("  time_resolution: 1.5\n"),
      "problem.yaml:6: error: the time limit is not a multiple of time_resolution"
    ),
    ("limit no number", ["problem.yaml": "limits: {memory: lots}\n"], "must be a whole number"),
    ("limit negative", ["problem.yaml": "limits: {time_limit: -1}\n"], "must be more than 0"),
    (
      "flags as a string", modernYAML() + ["data/secret/1.yaml": "args: a b\n"],
      "data/secret/1.yaml:1: error: `args` must be a sequence of strings"
    ),
    (
      "unknown comparer flag",
      modernYAML() + ["data/secret/1.yaml": "output_validator_args: [floats]\n"],
      "data/secret/1.yaml:1: error: `floats` is not a flag of the default output validator"
    ),
    (
      "negative tolerance",
      legacyYAML + ["data/secret/testdata.yaml": "output_validator_flags: float_tolerance -1\n"],
      "data/secret/testdata.yaml:1: error: `float_tolerance -1`"
    ),
    (
      "tolerance twice", ["problem.yaml": "validator_flags: float_tolerance 1 float_tolerance 2\n"],
      "is given twice"
    ),
    (
      "tolerances mixed",
      ["problem.yaml": "validator_flags: float_tolerance 1 float_absolute_tolerance 2\n"],
      "sets both tolerances"
    ),
    (
      "tolerance missing", ["problem.yaml": "validator_flags: float_tolerance\n"],
      "needs a number after it"
    ),
    (
      "no answer", legacyYAML + ["data/secret/2.in": "x\n"],
      "data/secret/2.in: error: has no answer"
    ),
    (
      "no input", modernYAML() + ["data/secret/2.ans": "x\n"],
      "data/secret/2.ans: error: there is no 2.in"
    ),
    (
      "case only", legacyYAML + cases("secret", "a", "A"),
      "differs from data/secret/A.ans in letter"
    ),
    (
      "old group file", modernYAML() + ["data/secret/testdata.yaml": "on_reject: break\n"],
      "data/secret/testdata.yaml: error: is not read in 2025-09"
    ),
    (
      "grader flag", legacyYAML + ["data/testdata.yaml": "grader_flags: most\n"],
      "data/testdata.yaml:1: error: `most` is not a flag of the default grader"
    ),
    (
      "custom without validator", ["problem.yaml": "validation: custom\n"],
      "output_validators: error: `validation: custom` needs an output validator here"
    ),
    (
      "wrong validator folder", legacyYAML + ["output_validator/v.py": "\n"],
      "output_validator: error: is not read in format legacy; rename it to `output_validators`"
    ),
    (
      "max_score in pass-fail", modernYAML() + ["data/secret/test_group.yaml": "max_score: 3\n"],
      "data/secret/test_group.yaml:1: error: `max_score` is for scoring problems only"
    ),
    (
      "unbounded group",
      modernYAML(type: "scoring") + cases("secret/g", "1") + [
        "data/secret/g/test_group.yaml": "score_aggregation: sum\n"
      ], "needs a max_score, because that of `secret` is bounded"
    ),
    (
      "later group required",
      modernYAML(type: "scoring") + cases("secret/g", "1") + [
        "data/secret/g/test_group.yaml": "max_score: 3\nrequire_pass: secret/h\n"
      ], "requires `secret/h`, which is not an earlier group"
    ),
    (
      "testcase beside groups",
      modernYAML() + cases("secret/g", "1") + ["data/secret/g/test_group.yaml": "args: []\n"],
      "data/secret/1.in: error: a testcase beside groups"
    ),
    (
      "group file at the top", modernYAML() + ["data/test_group.yaml": "args: [x]\n"],
      "data/test_group.yaml: error: is not read in 2025-09; move its keys"
    ),
    (
      "testcase with the name of the group's file",
      modernYAML() + cases("secret", "test_group"),
      "data/secret/test_group.in: error: a testcase must not have this name"
    ),
    (
      "constant without a name", modernYAML("constants: {2n: 5}\n"),
      "problem.yaml:7: error: `2n` cannot name a constant"
    ),
    (
      "constant without a value", modernYAML("constants: {n: {tex: 5}}\n"),
      "problem.yaml:7: error: the constant `n` has no `value`"
    ),
    (
      "no map", ["problem.yaml": "name: x\nlimits: 5\n"],
      "problem.yaml:2: error: `limits` must be a map of keys"
    ),
  ]

  @Test(arguments: mistakes)
  func everyMistakeIsFound(name: String, files: [String: String], expected: String) throws {
    let reading = try scratch.read("sum", of: cases("secret", "1") + accepted + files)
    #expect(reading.manifest == nil)
    #expect(reading.texts.contains { $0.contains(expected) }, "\(reading.texts)")
  }

  @Test func allMistakesAreReportedTogetherInOrder() throws {
    let files =
      modernYAML("nonsense: 1\n", type: "puzzle") + [
        "data/secret/1.in": "x\n", "data/secret/2.yaml": "args: []\n",
        "submissions/submissions.yaml": "accepted: {permitted: [OK]}\n",
      ]
    let errors = try scratch.read("sum", of: files).texts.filter { $0.contains(" error: ") }
    #expect(
      errors.map { String($0.prefix { $0 != " " }) } == [
        "data/secret:", "data/secret/1.in:", "data/secret/2.yaml:", "problem.yaml:2:",
        "problem.yaml:7:", "submissions/submissions.yaml:1:", "submissions/submissions.yaml:1:",
      ], "\(errors)")
  }

  @Test func hostileYAMLCostsNothing() throws {
    var bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
    for level in 1..<12 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",")
      bomb += "a\(level): &a\(level) [\(aliases)]\n"
    }
    // As a key, because keys are hashed while the text is parsed.
    bomb += "k:\n  ? *a11\n  : 1\n"
    let nested = "name: " + String(repeating: "[", count: 100_000)
    for (text, expected) in [
      (bomb, "anchors and aliases could expand too far"), (nested, "is not YAML"),
      (String(repeating: "x", count: 2 << 20), "File too large"),
      ("name: \u{0}", "is not YAML"),
    ] {
      let reading = try scratch.read("sum", of: ["problem.yaml": text] + cases("secret", "1"))
      #expect(reading.texts.contains { $0.contains(expected) }, "\(reading.texts)")
    }
    // Ordinary use of anchors is fine.
    let shared = "limits: {memory: &m 64, validation_memory: *m, time_limit: 1}\n"
    let reading = try scratch.read(
      "ok", of: ["problem.yaml": shared] + accepted + cases("secret", "1"))
    #expect(reading.texts == [])
    #expect(reading.manifest?.limits.validationMemoryBytes == Limit(64 << 20, explicit: true))
  }

  @Test func noDirectoryIsAFindingToo() {
    let reading = PackageReader.read(directory: "/nonexistent/problem")
    #expect(reading.texts == [".: error: there is no directory /nonexistent/problem"])
    #expect(reading.manifest == nil)
  }
}
