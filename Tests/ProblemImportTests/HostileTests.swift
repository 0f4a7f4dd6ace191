import Foundation
import JudgeModel
import ProblemPackage
import Testing

@testable import ProblemImport

/// What must not get in, and must not get out.
@Suite struct HostileTests {
  let folder: Folder
  init() throws { folder = try Folder() }

  private func refusal(_ members: [Member]) throws -> String {
    let path = folder.path + "/p.zip"
    try? FileManager.default.removeItem(atPath: path)
    try writeZip(path, members)
    return folder.errors(.plain, path).joined(separator: "\n")
  }

  @Test(arguments: [
    "../evil.in", "a/../../evil.in", "/evil.in", "a/./b.in", "a\nb.in",
  ])
  func namesThatLeadElsewhere(_ name: String) throws {
    #expect(try refusal([Member(name: name)]).contains("outside of its folder"))
    #expect(!FileManager.default.fileExists(atPath: "/evil.in"))
  }

  @Test func links() throws {
    #expect(try refusal([Member(name: "1.in", link: "/etc/hostname")]).contains("is a link"))
  }

  @Test func namesThatOccurTwice() throws {
    let twice = try refusal([Member(name: "1.in"), Member(name: "1.in")])
    #expect(twice.contains("twice"))
    let folded = try refusal([Member(name: "a.in"), Member(name: "A.in")])
    #expect(folded.contains("letter case"))
  }

  @Test func aFileWhereAFolderShouldBe() throws {
    #expect(try !refusal([Member(name: "a"), Member(name: "a/1.in")]).isEmpty)
  }

  /// Two gigabytes of zeros in two megabytes: given up long before they are on the disk.
  @Test func aBomb() throws {
    let zeros = [UInt8](repeating: 0, count: 64 << 20)
    let bomb = (0..<24).map { Member(name: "\($0).in", contents: zeros) }
    #expect(try refusal(bomb).contains("refused as a bomb"))
  }

  @Test func tooDeep() throws {
    let name = String(repeating: "a/", count: 40) + "1.in"
    #expect(try refusal([Member(name: name)]).contains("not a usable name"))
  }

  @Test func damaged() throws {
    let path = folder.path + "/good.zip"
    try writeZip(path, ["1.in": "1\n", "1.out": "1\n"] as [String: String])
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    for cut in [0, 10, bytes.count / 2, bytes.count - 5] {
      try Data(bytes.prefix(cut)).write(to: URL(fileURLWithPath: folder.path + "/cut.zip"))
      #expect(!folder.errors(.plain, folder.path + "/cut.zip").isEmpty)
    }
    try Data("no zip".utf8).write(to: URL(fileURLWithPath: folder.path + "/no.zip"))
    #expect(contains(folder.errors(.plain, folder.path + "/no.zip"), "not a zip file"))
  }

  @Test func linksInFolders() throws {
    let source = try folder.source(["1.in": "1\n", "1.out": "1\n"])
    symlink("/etc/hostname", source + "/2.in")
    #expect(contains(folder.errors(.plain, source), "2.in: error: is a symbolic link"))
  }

  @Test func aLinkAsTheCheckerAndTheTest() throws {
    var files = PolygonTests.files()
    files["files/check.cpp"] = nil
    files["tests/02"] = nil
    let source = try folder.source(files)
    symlink("/etc/hostname", source + "/files/check.cpp")
    symlink("/etc/hostname", source + "/tests/02")
    let errors = folder.errors(.polygon, source)
    #expect(contains(errors, "files/check.cpp", "not followed"))
    #expect(contains(errors, "tests/02", "not followed"))
  }

  @Test func aFolderThatIsALinkIsNotEntered() throws {
    let source = try folder.source(["a/1.in": "1\n", "a/1.out": "1\n"])
    symlink("/etc", source + "/etc")
    #expect(try SourceTree(folder: source).paths == ["a/1.in", "a/1.out"])
  }

  @Test func includesStayInside() throws {
    let files = PolygonTests.files(checker: "#include \"../../secret.h\"\n#include \"/etc/x.h\"\n")
    let errors = folder.errors(.polygon, try folder.source(files))
    #expect(contains(errors, "../../secret.h", "outside"))
    #expect(contains(errors, "/etc/x.h", "outside"))
  }

  @Test func textsCannotBreakOutOfTheirQuotes() {
    #expect(PackageDraft.quoted("a\"b\\c\nd: e") == "\"a\\\"b\\\\c d: e\"")
    #expect(PackageName.made(of: "Ä b.x") == "___b.x")
    #expect(!PackageName.made(of: "../x").contains("/"))
  }

  @Test func aTitleOfAnything() throws {
    var options = ImportOptions.limits
    options.title = "x\"\ntype: scoring # \u{2028}\u{85}"
    let source = try folder.source(["1.in": "1\n", "1.out": "1\n"])
    let reading = try folder.imported(.plain, source, options)
    #expect(reading.manifest?.kind.isScoring == false)
  }

  @Test func missingSources() {
    #expect(!folder.errors(.plain, folder.path + "/nothing").isEmpty)
    #expect(!folder.errors(.polygon, folder.path + "/nothing.zip").isEmpty)
    for kind in ImportKind.allCases { #expect(!folder.errors(kind, folder.path).isEmpty) }
  }
}
