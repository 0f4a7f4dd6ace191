import Foundation
import Testing

struct MirrorTests {
  @Test func everyTargetIsTested() throws {
    let tested = try Repository.files(below: "Tests").filter {
      $0.suffix == "swift" && $0.text.contains("@Test")
    }
    expectNone(
      Mirror.untested(
        try Repository.folders(in: "Sources"), tested: Set(tested.compactMap(\.target))))
  }

  @Test func everyTestFolderIsRun() throws {
    expectNone(
      Mirror.undeclared(
        try Repository.folders(in: "Tests"), in: try Repository.file("Package.swift")))
  }

  @Test(arguments: ["assize", "bulk", "cluster", "model"])
  func generatedCodeIsOfThePresentProtocol(_ name: String) throws {
    expectNone(
      Mirror.outdated(
        try Repository.file("Sources/Wire/Generated/\(name).pb.swift"), of: "\(name).proto",
        sourceDigest: try sha256(of: "Sources/Wire/\(name).proto")))
  }

  @Test func linksLeadSomewhere() throws {
    let texts = try Repository.written().filter { $0.suffix == "md" }
    #expect(texts.count >= 4)
    let complaints = texts.flatMap {
      Mirror.brokenLinks($0) { path in
        FileManager.default.fileExists(atPath: Repository.root.appendingPathComponent(path).path)
      }
    }
    expectNone(complaints)
  }

  @Test func theReadmesMentionEverything() throws {
    expectNone(
      Mirror.unmentioned(
        try Repository.folders(in: "Sources"), in: try Repository.file("Sources/README.md")))
    expectNone(
      Mirror.unmentioned(
        try Repository.folders(in: "Tests"), in: try Repository.file("Tests/README.md")))
    let tools = try FileManager.default.contentsOfDirectory(
      atPath: Repository.root.appendingPathComponent("tools").path
    ).filter { !$0.contains(".") && $0 != "__pycache__" }.sorted()
    expectNone(Mirror.unmentioned(tools, in: try Repository.file("tools/README.md")))
  }

  private func sha256(of path: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
    process.arguments = [Repository.root.appendingPathComponent(path).path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = try #require(try pipe.fileHandleForReading.readToEnd())
    process.waitUntilExit()
    return String(decoding: output.prefix(64), as: UTF8.self)
  }

  // MARK: The rules on samples

  @Test func missingTestsAreNoticed() {
    let folders = Mirror.testedElsewhere.keys + ["Store"]
    #expect(Mirror.untested(folders, tested: ["StoreTests"]) == [])
    #expect(Mirror.untested(folders, tested: []).map(\.path) == ["Sources/Store"])
    #expect(
      Mirror.untested(folders, tested: ["StoreTests", "assizeTests"]).map(\.path)
        == ["Sources/assize"])
    #expect(Mirror.untested([], tested: []).count == Mirror.testedElsewhere.count)
  }

  @Test func undeclaredFoldersAreNoticed() {
    let text = "tests(of: \"Store\"), .testTarget(name: \"TidyTests\")"
    let manifest = RepositoryFile("Package.swift", text)
    #expect(Mirror.undeclared(["StoreTests", "TidyTests"], in: manifest) == [])
    #expect(Mirror.undeclared(["WireTests"], in: manifest).map(\.path) == ["Tests/WireTests"])
  }

  @Test func outdatedCodeIsNoticed() {
    let now = String(repeating: "ab", count: 32)
    let before = String(repeating: "cd", count: 32)
    let complaints = { (mark: String) in
      Mirror.outdated(
        RepositoryFile("a.pb.swift", "struct A {}\n\n" + mark), of: "a.proto", sourceDigest: now
      ).count
    }
    #expect(complaints("// SHA-256 of a.proto: \(now)\n") == 0)
    #expect(complaints("// SHA-256 of a.proto: \(before)\n") == 1)
    #expect(complaints("// SHA-256 of b.proto: \(now)\n") == 1)
    #expect(complaints("") == 1)
  }

  @Test func brokenLinksAreNoticed() {
    let text = "[a](b.md) [c](d/e.md#f) [g](https://example.org/)\n[h](#i)\n[j](../k \"title\")"
    let file = RepositoryFile("x/y.md", text)
    let all = Mirror.brokenLinks(file) { _ in false }
    #expect(all.map(\.line) == [1, 1, 3])
    let there: Set<String> = ["x/b.md", "x/d/e.md", "x/../k"]
    #expect(Mirror.brokenLinks(file, exists: there.contains) == [])
  }

  @Test func missingNamesAreNoticed() {
    let file = RepositoryFile("README.md", "`Store` keeps records.")
    #expect(Mirror.unmentioned(["Store"], in: file) == [])
    #expect(Mirror.unmentioned(["Store", "Wire"], in: file).count == 1)
  }
}
