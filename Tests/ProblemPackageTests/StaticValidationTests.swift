import JudgeModel
import Testing

@testable import ProblemPackage

@Suite struct StaticValidationTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private static let validator = ["static_validator/check.py": "pass\n"]

  @Test func aGroupsStaticTestcaseComesFirstAndTravelsWithItsProgram() throws {
    let files =
      modernYAML(type: "scoring") + Self.validator + accepted + cases("sample", "1")
      + cases("secret/a", "1") + cases("secret/b", "1", "2") + [
        "data/secret/a/test_group.yaml":
          "max_score: 40\nstatic_validation_score: pass-fail\nstatic_validator_args: [no, loops]\n",
        "data/secret/b/test_group.yaml":
          "max_score: 60\nscore_aggregation: sum\nstatic_validation_score: 10\n",
      ]
    let reading = try scratch.read("sum", of: files)
    #expect(reading.texts == [])
    let manifest = try #require(reading.manifest)
    #expect(
      manifest.testcases.map(\.name) == [
        "sample/1", "secret/a/static_validation", "secret/a/1", "secret/b/static_validation",
        "secret/b/1", "secret/b/2",
      ])
    #expect(manifest.testcases[1].staticValidation?.arguments == ["no", "loops"])
    #expect(manifest.testcases[1].staticValidation?.maximum == nil)
    #expect(manifest.testcases[3].staticValidation?.maximum == Score("10"))
    #expect(manifest.testcases[2].staticValidation == nil)
    #expect(manifest.staticValidator?.folder == "static_validator")
    #expect(manifest.file("static_validator/check.py")?.role == .validator)
    #expect(try ManifestText.decode(ManifestText.encode(manifest)) == manifest)
  }

  static let mistakes: [(String, [String: String], String)] = [
    (
      "no validator", ["data/secret/test_group.yaml": "static_validation_score: pass-fail\n"],
      "static_validator: error: is missing"
    ),
    (
      "points without scores",
      validator + ["data/secret/test_group.yaml": "static_validation_score: 3\n"],
      "data/secret/test_group.yaml:1: error: is `pass-fail` in problems that are not scoring"
    ),
    (
      "arguments alone",
      validator + ["data/secret/test_group.yaml": "static_validator_args: [x]\n"],
      "data/secret/test_group.yaml:1: error: means nothing without `static_validation_score`"
    ),
    ("never run", validator, "static_validator: warning: is never run"),
    (
      "points in a pass-fail group",
      modernYAML(type: "scoring") + validator + [
        "data/secret/test_group.yaml":
          "score_aggregation: pass-fail\nmax_score: 5\nstatic_validation_score: 3\n"
      ], "static_validation_score must be `pass-fail`"
    ),
    (
      "no points in a sum group",
      modernYAML(type: "scoring") + validator + [
        "data/secret/test_group.yaml": "static_validation_score: pass-fail\n"
      ], "static_validation_score is a number"
    ),
    (
      "more points than there are",
      modernYAML(type: "scoring") + validator + [
        "data/secret/test_group.yaml": "max_score: 5\nstatic_validation_score: 6\n"
      ], "static_validation_score 6 is more than max_score 5"
    ),
    (
      "no source text",
      modernYAML(type: "submit-answer") + validator + [
        "data/secret/test_group.yaml": "static_validation_score: pass-fail\n"
      ], "static_validator: error: a submit-answer problem has no source text"
    ),
  ]

  @Test(arguments: mistakes)
  func everyMistakeIsFound(name: String, files: [String: String], expected: String) throws {
    let reading = try scratch.read(
      "sum", of: modernYAML() + accepted + cases("secret", "1") + files)
    #expect(reading.texts.contains { $0.contains(expected) }, "\(reading.texts)")
  }

  /// Strict in both directions: what only looks like such a testcase is refused.
  @Test func aManifestThatContradictsItselfIsRefused() throws {
    let files =
      modernYAML() + Self.validator + accepted + cases("secret", "1") + [
        "data/secret/test_group.yaml": "static_validation_score: pass-fail\n"
      ]
    let manifest = try #require(try scratch.read("sum", of: files).manifest)
    let text = String(decoding: ManifestText.encode(manifest), as: UTF8.self)
    let key = #","static":{"arguments":[],"maximum":null}"#
    #expect(text.contains(key))
    for (part, replacement) in [
      (key, ""), (key, #","static":{"arguments":[]}"#), (key, #","static":null"#),
      (key, key + #","more":1"#), (#","staticValidator""#, #","constants":[],"staticValidator""#),
    ] {
      let changed = text.split(separator: part, omittingEmptySubsequences: false)
        .joined(separator: replacement)
      #expect(changed != text)
      #expect(throws: PackageError.self) { try ManifestText.decode(Array(changed.utf8)) }
    }
  }
}
