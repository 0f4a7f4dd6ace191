import JudgeModel
import Testing

@testable import ProblemPackage

@Suite struct AssizeYAMLTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private static let problem = """
    problem_format_version: 2025-09
    name: Sum
    uuid: 6ba7b810-9dad-11d1-80b4-00c04fd430c8
    type: TYPE
    limits: {time_limit: 1}
    """

  private func read(
    _ own: String?, type: String = "pass-fail", _ more: [String: String] = [:]
  ) throws -> PackageReading {
    var files = more + cases("secret", "1")
    files["problem.yaml"] = Self.problem.replacing("TYPE", with: type)
    files["submissions/accepted/a.c"] = "int main(){}\n"
    if let own { files["assize.yaml"] = own }
    return try scratch.read("p", of: files)
  }

  private static let validator = ["output_validator/check.cpp": "int main(){}\n"]

  @Test func aProtocolIsCarriedAndComesBack() throws {
    for name in ValidatorProtocol.allCases {
      let reading = try read("output_validator_protocol: \(name.rawValue)\n", Self.validator)
      let manifest = try #require(reading.manifest, "\(reading.diagnostics)")
      guard case .validator(let program) = manifest.check else {
        Issue.record("no validator")
        return
      }
      #expect(program.protocol == name)
      let text = ManifestText.encode(manifest)
      #expect(try ManifestText.decode(text) == manifest)
      // The usual protocol leaves no trace, so that older packages keep their digest.
      #expect(String(decoding: text, as: UTF8.self).contains("\"protocol\"") == (name != .ppf))
    }
  }

  @Test func sayingTheUsualProtocolChangesNothing() throws {
    let silent = try #require(try read(nil, Self.validator).manifest)
    let said = try #require(
      try read("output_validator_protocol: ppf\n", Self.validator).manifest)
    #expect(silent.digest == said.digest)
  }

  @Test func aComparisonIsCarriedAndComesBack() throws {
    for rule in LayoutComparison.allCases {
      let manifest = try #require(try read("comparison: \(rule.rawValue)\n").manifest)
      #expect(manifest.check == .layout(rule))
      #expect(manifest.testcases.allSatisfy { $0.comparison == nil })
      #expect(try ManifestText.decode(ManifestText.encode(manifest)) == manifest)
    }
  }

  @Test func aCheckerBehindAnInteractor() throws {
    let files = [
      "output_validator/i.cpp": "int main(){}\n", "output_checker/c.py": "pass\n",
    ]
    let reading = try read(
      "output_validator_protocol: testlib\n", type: "[pass-fail, interactive]", files)
    let manifest = try #require(reading.manifest, "\(reading.diagnostics)")
    #expect(manifest.interactorChecker?.files == ["output_checker/c.py"])
    #expect(manifest.interactorChecker?.protocol == .testlib)
    #expect(try ManifestText.decode(ManifestText.encode(manifest)) == manifest)
  }

  @Test(arguments: [
    ("comparision: exact", "did you mean `comparison`?"),
    ("comparison: fuzzy", "lines-tokens, dmoj-standard, exact"),
    ("output_validator_protocol: testlib", "speaks of an output validator"),
    ("output_validator_protocol: kattis", "is one of ppf, testlib"),
  ])
  func mistakes(_ own: String, _ expected: String) throws {
    let reading = try read(own + "\n")
    #expect(reading.manifest == nil)
    #expect(
      reading.diagnostics.contains { $0.path == "assize.yaml" && $0.message.contains(expected) },
      "\(reading.diagnostics)")
  }

  @Test func whatDoesNotGoTogether() throws {
    let both = try read("comparison: exact\n", Self.validator)
    #expect(both.diagnostics.contains { $0.message.contains("an output validator judges") })
    let passes = try read(
      "output_validator_protocol: testlib\n", type: "[pass-fail, multi-pass]", Self.validator)
    #expect(passes.diagnostics.contains { $0.message.contains("several passes") })
    let cms = try read(
      "output_validator_protocol: cms\n", type: "[pass-fail, interactive]", Self.validator)
    #expect(cms.diagnostics.contains { $0.message.contains("has no interactors") })
    let flags = try read(
      "comparison: exact\n", ["data/secret/1.yaml": "output_validator_args: [case_sensitive]\n"])
    #expect(flags.diagnostics.contains { $0.message.contains("`output_validator_args`") })
    let checker = try read(nil, Self.validator + ["output_checker/c.py": "pass\n"])
    #expect(checker.diagnostics.contains { $0.path == "output_checker" })
  }

  @Test(arguments: [
    ("\"protocol\":\"testlib\"", "\"protocol\":\"ppf\"", "not in canonical form"),
    ("\"protocol\":\"testlib\"", "\"protocol\":\"magic\"", "`magic` is not known"),
    ("\"protocol\":\"testlib\"", "\"protokoll\":\"testlib\"", "is not known"),
  ])
  func manifestsAreDecodedStrictly(_ from: String, _ to: String, _ expected: String) throws {
    let reading = try read("output_validator_protocol: testlib\n", Self.validator)
    let text = String(
      decoding: ManifestText.encode(try #require(reading.manifest)), as: UTF8.self)
    #expect(text.contains(from))
    #expect {
      _ = try ManifestText.decode(Array(text.replacing(from, with: to).utf8))
    } throws: { "\($0)".contains(expected) }
  }
}
