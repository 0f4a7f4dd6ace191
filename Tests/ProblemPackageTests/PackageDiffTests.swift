import JudgeModel
import Testing

@testable import ProblemPackage

@Suite struct PackageDiffTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private static let base =
    modernYAML("  memory: 64\n", type: "scoring") + accepted + cases("sample", "1")
    + cases("secret/a", "1", "2") + cases("secret/b", "1") + [
      "data/secret/a/test_group.yaml": "max_score: 40\n",
      "data/secret/b/test_group.yaml": "max_score: 60\n",
      "output_validator/v.py": "print(1)\n", "include/c/a.h": "\n",
    ]
  private var count = 0

  private mutating func read(_ files: [String: String], without: [String] = []) throws
    -> PackageManifest
  {
    count += 1
    let directory = try scratch.package("\(count)/sum", files.filter { !without.contains($0.key) })
    let reading = PackageReader.read(directory: directory)
    return try #require(reading.manifest, "\(reading.texts)")
  }

  private mutating func diff(
    _ changes: [String: String], without: [String] = []
  ) throws -> PackageDiff {
    PackageDiff(from: try read(Self.base), to: try read(Self.base + changes, without: without))
  }

  @Test mutating func nothing() throws {
    let diff = try diff([:])
    #expect(diff.isSame && diff.newContents.isEmpty && diff.testcases.isEmpty)
    #expect(diff.limits.isEmpty && diff.settings.isEmpty && diff.groups.isEmpty)
    #expect(diff.files.isEmpty)
  }

  @Test mutating func testcases() throws {
    let diff = try diff(
      [
        "data/secret/a/1.in": "changed\n", "data/secret/a/1.yaml": "args: [x]\n",
        "data/secret/b/1.ans": "other\n", "data/secret/b/3.in": "3\n", "data/secret/b/3.ans": "3\n",
        // What was called a/2 before.
        "data/secret/a/2-new.in": "2\n", "data/secret/a/2-new.ans": "2\n",
      ], without: ["data/secret/a/2.in", "data/secret/a/2.ans"])
    #expect(
      diff.testcases.map { "\($0.kind) \($0.name) \($0.details)" } == [
        "changed secret/a/1 [\"input\", \"args\"]",
        "removed secret/a/2 []",
        "added secret/a/2-new [\"the contents of secret/a/2\"]",
        "changed secret/b/1 [\"answer\"]",
        "added secret/b/3 []",
      ])
    // Each content once, and nothing that was there under another name.
    #expect(
      diff.newContents.map(\.path)
        == ["data/secret/a/1.in", "data/secret/b/1.ans", "data/secret/b/3.ans"])
    #expect(diff.groups.isEmpty && diff.files.isEmpty && diff.limits.isEmpty)
  }

  @Test mutating func limitsGroupsAndPrograms() throws {
    let diff = try diff([
      "problem.yaml": Self.base["problem.yaml"]!.replacing("memory: 64", with: "memory: 128")
        .replacing("name: Sum", with: "name: Total"),
      "data/secret/b/test_group.yaml": "max_score: 60\nscore_aggregation: min\n",
      "output_validator/v.py": "print(2)\n", "include/c/b.h": "#\n",
    ])
    #expect(diff.limits.map(\.new.title) == ["memory"])
    #expect(diff.limits.map(\.new.limit.amount) == [128 << 20])
    #expect(diff.settings.map(\.name) == ["title"])
    #expect(diff.groups.map(\.name) == ["secret/b"])
    #expect(diff.groups.first?.details == ["aggregation: pass-fail -> aggregation: min"])
    #expect(
      diff.files.map { "\($0.kind) \($0.name)" }
        == ["added include/c/b.h", "changed output_validator/v.py"])
    #expect(diff.testcases.isEmpty)
  }

  @Test mutating func aLimitThatIsWrittenDownNowIsAChange() throws {
    let diff = try diff([
      "problem.yaml": Self.base["problem.yaml"]! + "  output: 8\n"
    ])
    #expect(diff.limits.map(\.new.title) == ["output"])
    #expect(diff.limits.map(\.old.limit.isExplicit) == [false])
    #expect(!diff.isSame)
  }

  @Test mutating func everyDifferenceIsNamed() throws {
    // Whatever changes the digest has to show somewhere.
    let flags = try diff(["data/secret/a/1.yaml": "output_validator_args: [x]\n"])
    #expect(flags.testcases.first?.details == ["output validator flags"])
    let files = try diff(["data/secret/a/1.files/x": "x\n"])
    #expect(files.testcases.first?.details == ["files"])
    let uuid = try diff([
      "problem.yaml": Self.base["problem.yaml"]!.replacing("3c6a6b52", with: "4c6a6b52")
    ])
    #expect(uuid.settings.map(\.name) == ["uuid"])
  }

  @Test mutating func sizesAreThoseOfTheArchive() throws {
    let manifest = try read(Self.base)
    let directory = "\(scratch.path)/\(count)/sum"
    let path = scratch.path + "/sum.tar.zst"
    try PackageArchive.write(manifest, directory: directory, to: path)
    let index = try PackageArchive.index(path)
    #expect(try ArchiveSizes(packing: manifest, directory: directory) == ArchiveSizes(index))
    #expect(ArchiveSizes(index).total == Int64(try bytes(path).count))
  }
}
