import Foundation
import Glibc
import JudgeModel
import Testing

@testable import ProblemPackage

@Suite struct ArchiveFramesTests {
  let scratch: Scratch
  let tiny: PackageManifest
  let whole: [UInt8]
  let index: PackageArchive.Index

  init() throws {
    let written = try TinyArchive()
    (scratch, tiny, whole, index) =
      (written.scratch, written.manifest, written.bytes, written.index)
  }

  private func frame(_ member: Int) -> MemorySource {
    let range = index.members[member].range
    return MemorySource(Array(whole[Int(range.lowerBound)..<Int(range.upperBound)]))
  }

  @Test func theSeekTableComesBack() throws {
    let footer = Array(whole.suffix(PackageArchive.footerBytes))
    let count = try PackageArchive.seekTableBytes(footer: footer)
    let table = Array(whole.suffix(count))
    let frames = try PackageArchive.frames(seekTable: table, archiveBytes: Int64(whole.count))
    #expect(frames.count == tiny.files.count + 2)
    #expect(PackageArchive.seekTable(of: frames) == table)
    #expect(
      frames.map { Int($0.compressed) } == (index.members.map(\.range) + [index.end]).map(\.count))
    for (bad, size) in [
      (table, whole.count - 1), (Array(table.dropLast()), whole.count),
      (Array(table.dropFirst()), whole.count),
      ([], 0),
    ] {
      #expect(throws: PackageError.self) {
        try PackageArchive.frames(seekTable: bad, archiveBytes: Int64(size))
      }
    }
    #expect(throws: PackageError.self) { try PackageArchive.seekTableBytes(footer: []) }
  }

  @Test func framesAreCheckedOneByOne() throws {
    #expect(try PackageArchive.verifyManifest(frame(0)) == tiny)
    for (at, file) in tiny.files.enumerated() {
      let size = try PackageArchive.verify(file, in: frame(at + 1))
      #expect(size >= file.size + 512 && size % 512 == 0)
      #expect(throws: PackageError.self) { try PackageArchive.verify(file, in: frame(0)) }
    }
    let end = Array(whole[Int(index.end.lowerBound)..<Int(index.end.upperBound)])
    try PackageArchive.verifyEnd(MemorySource(end))
    #expect(throws: PackageError.self) { try PackageArchive.verifyEnd(frame(1)) }
    #expect(throws: PackageError.self) { try PackageArchive.verifyManifest(frame(1)) }
    let two = Array(whole[..<Int(index.members[1].range.upperBound)])
    #expect(throws: PackageError.self) { try PackageArchive.verifyManifest(MemorySource(two)) }
  }

  @Test func keysTellMembersApart() throws {
    let file = tiny.files[0]
    var others = [file, file, file, file, file]
    others[0].path += "x"
    others[1].size += 1
    others[2].digest = tiny.files[1].digest
    others[3].isExecutable.toggle()
    // What a file is for is the manifest's business.
    others[4].role = file.role == .input ? .answer : .input
    let keys = PackageArchive.frameKeys(of: [file] + others)
    #expect(Set(keys).count == 5 && keys[0] == keys[5])
    #expect(try #require(PackageArchive.frameKeys(of: [file]).first) == keys[0])
  }

  @Test func punchedRangesAreZerosAndTheRestStays() throws {
    let path = scratch.path + "/file"
    let contents = [UInt8](repeating: 7, count: 100_000)
    try Data(contents).write(to: URL(fileURLWithPath: path))
    guard try PackageArchive.punch(path, [1_000..<50_000, 60_000..<60_000]) else {
      #expect(try bytes(path) == contents)
      return
    }
    var expected = contents
    expected.replaceSubrange(1_000..<50_000, with: [UInt8](repeating: 0, count: 49_000))
    #expect(try bytes(path) == expected)
    #expect(throws: PackageError.self) { try PackageArchive.punch(path + "x", [0..<1]) }
  }
}
