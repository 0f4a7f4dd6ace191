import JudgeModel
import Testing

@testable import ProblemPackage

@Suite struct ManifestTextTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  /// Everything a manifest can say, so that no key goes untested.
  static func rich() throws -> PackageManifest {
    let scratch = try Scratch()
    let files =
      [
        "problem.yaml": """
        name: "Quote \\" slash \\\\ bell \\a Å e\\u0301"
        type: scoring
        validator_flags: float_tolerance 1e-6
        limits: {time_limit: 1.25}
        """,
        "data/testdata.yaml": "grading: custom\ngrader_flags: x\n",
        "data/secret/testdata.yaml": "grading: default\nreject_score: -2.5\n",
        "graders/g.py": "pass\n", "include/c/a.h": "\n",
      ] + accepted + cases("sample", "1") + cases("secret", "1", "2")
    return try #require(try scratch.read("sum", of: files).manifest)
  }

  @Test func goldenDigest() throws {
    let reading = PackageReader.read(directory: fixtures + "/tiny")
    #expect(reading.texts == [])
    let manifest = try #require(reading.manifest)
    // A change of this value renames every package in every store: it needs a new version of the
    // canonical text, not a new value here.
    #expect(
      manifest.digest.hex == "bae07e693e5738d64433d71888776788229d0491c88cd4287a2ee29a282a426a")
  }

  @Test func sameDigestForACopyMadeInAnotherOrderWithOtherTimesAndModes() throws {
    let original = try #require(PackageReader.read(directory: fixtures + "/tiny").manifest)
    try shell(
      """
      cd \(fixtures)/tiny && mkdir \(scratch.path)/tiny && find . -type f | sort -r \
      | while read f; do mkdir -p "\(scratch.path)/tiny/$(dirname $f)"; \
      cp "$f" "\(scratch.path)/tiny/$f"; touch -d 2001-02-03 "\(scratch.path)/tiny/$f"; \
      chmod 0700 "\(scratch.path)/tiny/$f"; done; ln -s tiny \(scratch.path)/link
      """)
    for name in ["tiny", "link"] {
      let copy = PackageReader.read(directory: "\(scratch.path)/\(name)").manifest
      #expect(copy?.digest == original.digest)
    }
    try scratch.write("tiny/data/secret/1.ans", "43\n")
    let changed = PackageReader.read(directory: "\(scratch.path)/tiny").manifest
    #expect(changed != nil && changed?.digest != original.digest)
  }

  @Test func decodeGivesBackWhatWasEncoded() throws {
    for manifest in [
      try Self.rich(), try #require(PackageReader.read(directory: fixtures + "/tiny").manifest),
    ] {
      let text = ManifestText.encode(manifest)
      #expect(try ManifestText.decode(text) == manifest)
      #expect(manifest.digest == SHA256.digest(text))
    }
  }

  /// A replacement in the text of a good manifest, and the refusal it has to bring.
  @Test(arguments: [
    ("\"assize-package-1\"", "\"assize-package-9\"", "not a version known here"),
    ("\"title\":", "\"titel\":", "the key `title` is missing"),
    ("\"uuid\":", "\"extra\":1,\"uuid\":", "the key `extra` is not known"),
    ("\"problem\":\"tiny\",", "", "the key `problem` is missing"),
    ("\"problem\":\"tiny\"", "\"problem\":\"..\"", "characters that a directory may not have"),
    ("\"scoring\":false", "\"scoring\":0", "manifest.kind.scoring: must be true or false"),
    ("\"amount\":1000000000", "\"amount\":1.5", "expected `,` or `}`"),
    ("\"amount\":1000000000", "\"amount\":-1", "limits.timeNanoseconds: -1 is out of range"),
    ("\"amount\":1000000000", "\"amount\":99999999999999999999", "expected a value"),
    ("data/secret/1.in\",\"size\":5", "data/secret/1.in\",\"size\":-5", "an impossible size"),
    ("\"path\":\"data/secret/1.in\"", "\"path\":\"data/secret/../1.in\"", "has a component that"),
    ("\"path\":\"data/secret/1.in\"", "\"path\":\"/data/secret/1.in\"", "has a component that"),
    ("\"path\":\"data/secret/1.in\"", "\"path\":\"data/secret/1.IN\"", "is repeated or out of"),
    ("\"input\":\"data/secret/1.in\"", "\"input\":\"data/secret/2.in\"", "there is no input file"),
    ("\"role\":\"input\"", "\"role\":\"answer\"", "there is no input file"),
    ("\"role\":\"input\"", "\"role\":\"root\"", "`root` is not known"),
    ("\"testcase\":\"secret/1\"", "\"testcase\":\"secret/1-zero\"", "occurs twice"),
    ("\"testcase\":\"secret/1\"", "\"testcase\":\"sample/9\"", "is not below its group"),
    ("\"relativeTolerance\":\"1e-6\"", "\"relativeTolerance\":\"1e\"", "is not a tolerance"),
    ("\"title\":\"Tiny\"", "\"title\":\"T\\u0069ny\"", "an escape that canonical text"),
    ("\"title\":\"Tiny\"", "\"title\": \"Tiny\"", "expected a value"),
    ("\"title\":\"Tiny\"", "\"title\":\"Tiny", "expected"),
    ("}\n", "}\n\n", "something follows the end"),
    ("}\n", "}", "not in canonical form"),
    ("\"children\":[", "\"children\":" + String(repeating: "[", count: 5000), "nested too deeply"),
  ])
  func everyBrokenTextIsRefused(part: String, replacement: String, expected: String) throws {
    let manifest = try #require(PackageReader.read(directory: fixtures + "/tiny").manifest)
    let text = String(decoding: ManifestText.encode(manifest), as: UTF8.self)
    let range = try #require(text.ranges(of: part).last)
    let broken = text[..<range.lowerBound] + replacement + text[range.upperBound...]
    let error = #expect(throws: PackageError.self) {
      try ManifestText.decode(Array(broken.utf8))
    }
    #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
  }

  @Test func everyPrefixAndEveryByteChangeIsRefusedWithoutATrap() throws {
    let manifest = try #require(PackageReader.read(directory: fixtures + "/tiny").manifest)
    let text = ManifestText.encode(manifest)
    for count in stride(from: 0, to: text.count, by: 7) {
      #expect(throws: PackageError.self) { try ManifestText.decode(Array(text[..<count])) }
    }
    for at in stride(from: 0, to: text.count, by: 3) {
      var changed = text
      changed[at] = 0xFF
      #expect(throws: PackageError.self) { try ManifestText.decode(changed) }
    }
  }
}

@Suite struct SHA256Tests {
  @Test func agreesWithTheStandardInAnyPieces() {
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    #expect(SHA256.digest(Array("abc".utf8)).hex == abc)
    var hash = SHA256()
    for _ in 0..<2 {
      for byte in Array("abc".utf8) { withUnsafeBytes(of: byte) { hash.update($0) } }
      #expect(hash.finish().hex == abc)
    }
    #expect(
      hash.finish().hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test func hashesWholeFilesAndNothingElse() throws {
    let scratch = try Scratch()
    try scratch.write("million", String(repeating: "a", count: 1_000_000))
    let (digest, size) = try SHA256.digest(file: scratch.path + "/million")
    #expect(size == 1_000_000)
    #expect(digest.hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    #expect(throws: PackageError.self) { try SHA256.digest(file: scratch.path) }
    try shell("mkfifo \(scratch.path)/fifo")
    #expect(throws: PackageError.self) { try SHA256.digest(file: scratch.path + "/fifo") }
  }
}
