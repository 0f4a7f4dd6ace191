import JudgeModel
import Testing

@testable import ProblemPackage

@Suite struct ConstantsTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test func areReadWithTheirVariantsAndReplacedInGroupFilesOnly() throws {
    let files =
      modernYAML(
        """
        constants:
          n: {value: 5000, tex: '5\\,000'}
          eps: 1e-6
          word: "two words"

        """)
      + [
        "data/secret/test_group.yaml":
          "args: ['{{n}}', '{{n.tex}}', '{{word}}']\noutput_validator_args: [float_tolerance, {{eps}}]\n",
        "data/secret/2.yaml": "args: ['{{n}}']\n", "include/default/limits.h": "{{n}} {{m}}\n",
      ] + accepted + cases("secret", "1", "2")
    let reading = try scratch.read("sum", of: files)
    #expect(
      reading.texts == [
        "include/default/limits.h: warning: `{{m}}` is not replaced: there is no such constant"
      ])
    let manifest = try #require(reading.manifest)
    #expect(manifest.testcases[0].arguments == ["5000", "5\\,000", "two words"])
    #expect(manifest.testcases[0].comparison?.absoluteTolerance == "1e-6")
    #expect(manifest.testcases[1].arguments == ["{{n}}"])
    #expect(manifest.constants.value(of: "n.value") == "5000")
    // The archive has the file as it was written.
    #expect(manifest.file("include/default/limits.h")?.size == 12)
    #expect(try ManifestText.decode(ManifestText.encode(manifest)) == manifest)
  }

  @Test func packagesWithoutThemKeepTheirIdentity() throws {
    let files = modernYAML() + accepted + cases("secret", "1")
    let plain = try #require(try scratch.read("a/sum", of: files).manifest)
    let empty = try #require(
      try scratch.read("b/sum", of: files + modernYAML("constants: {}\n")).manifest)
    #expect(plain.digest == empty.digest)
    #expect(!String(decoding: ManifestText.encode(plain), as: UTF8.self).contains("constants"))
  }
}
