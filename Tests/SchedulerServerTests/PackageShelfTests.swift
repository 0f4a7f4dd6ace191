import Foundation
import JudgeModel
import ProblemPackage
import Testing

@testable import SchedulerServer

/// The shelf on real files. Uploads are made by copying what a plan wants.
@Suite struct PackageShelfTests {
  let scratch: Scratch
  let shelf: PackageShelf
  var directory: String { scratch.path + "/shelf" }

  init() throws {
    scratch = try Scratch()
    shelf = try PackageShelf(directory: scratch.path + "/shelf")
  }

  /// Puts a package on a shelf as an upload does.
  /// - Returns: bytes that had to come.
  @discardableResult
  private func put(
    _ built: SamplePackage.Built, on shelf: PackageShelf? = nil, damaging: Int? = nil
  ) throws -> Int64 {
    let shelf = shelf ?? self.shelf
    let bytes = try built.bytes
    let index = try built.index
    let frames = try PackageArchive.frames(
      seekTable: Array(bytes[Int(index.end.upperBound)...]), archiveBytes: index.byteCount)
    let head = Array(bytes[..<Int(frames[0].compressed)])
    let path = shelf.temporaryPath(built.digest)
    let file = try ArchiveFile(creating: path)
    try file.write(head, at: 0)
    let plan = try shelf.plan(built.digest, path, frames)
    var part = plan.wanted.reduce(into: head) {
      $0 += bytes[Int($1.lowerBound)..<Int($1.upperBound)]
    }
    // From the end when it is negative.
    if let damaging { part[damaging < 0 ? part.count + damaging : damaging] ^= 0xFF }
    try file.write(part, at: 0)
    _ = try shelf.publish(path, plan, as: built.digest)
    return Int64(part.count)
  }

  private func archive(_ built: SamplePackage.Built, on shelf: PackageShelf) throws -> [UInt8] {
    let extents = try #require(shelf.extents(of: built.digest))
    return try extents.list.flatMap { try shelf.open($0.segment).readAll($0) }
  }

  private func versions() throws -> (SamplePackage.Built, SamplePackage.Built) {
    var package = SamplePackage()
    let first = try package.build(in: scratch, "first")
    package.seeds[2] = 33
    return (first, try package.build(in: scratch, "second"))
  }

  @Test func theFirstPackageIsItsOwnArchive() throws {
    let (first, _) = try versions()
    try put(first)
    #expect(try scratch.files("shelf") == [first.digest.hex + ".tar.zst"])
    #expect(try contents(of: "\(directory)/\(first.digest.hex).tar.zst") == first.bytes)
  }

  @Test func aSecondVersionStoresItsOwnMembersOnly() throws {
    let (first, second) = try versions()
    try put(first)
    let came = try put(second)
    let changed = try second.frameBytes(["manifest.json", "data/secret/2.in"])
    #expect(came == changed + Int64(try second.index.end.count))
    #expect(
      try scratch.files("shelf")
        == [
          first.digest.hex + ".tar.zst", second.digest.hex + "-1.frames",
          second.digest.hex + ".extents",
        ].sorted())
    // The client's compressor is the same here, so that the archive is too.
    #expect(try archive(second, on: shelf) == second.bytes)
    let whole = scratch.path + "/whole.tar.zst"
    try Data(try archive(second, on: shelf)).write(to: URL(fileURLWithPath: whole))
    #expect(try PackageArchive.verify(whole) == second.manifest)
    let names = (["manifest.json"] + second.manifest.files.map(\.path)).joined(separator: "\n")
    #expect(try output(of: "tar --zstd -tf \(whole)") == names + "\n")
    #expect(try shelf.verify(second.digest).0 == second.manifest)
    #expect(try shelf.verify(first.digest).0 == first.manifest)
  }

  @Test func everythingIsFoundAgainAtTheNextStart() throws {
    let (first, second) = try versions()
    try put(first)
    try put(second)
    let next = try PackageShelf(directory: directory)
    #expect(next.packages == shelf.packages && next.frameCount == shelf.frameCount)
    #expect(next.ownBytes() == shelf.ownBytes())
    #expect(try next.verify(second.digest).0 == second.manifest)
    let built = try third()
    let came = try put(built, on: next)
    #expect(came < 32_000, "members of both versions are known: \(came)")
    #expect(try archive(built, on: next) == built.bytes)
  }

  @Test func whatADroppedVersionSharesStays() throws {
    let (first, second) = try versions()
    try put(first)
    try put(second)
    let own = try #require(shelf.ownBytes()[first.digest])
    #expect(own > 30_000 && own < 33_000)
    #expect(shelf.bytesFreed(dropping: [first.digest]) == own)
    let kept = try shelf.drop([first.digest])
    #expect(kept.freedBytes + kept.keptBytes == own)
    #expect(!shelf.holds(first.digest))
    #expect(throws: ServerError.self) { try shelf.parts(of: first.digest, 0..<1) }
    #expect(try shelf.verify(second.digest).0 == second.manifest)
    #expect(try archive(second, on: shelf) == second.bytes)
    #expect(try scratch.files("shelf").contains(first.digest.hex + ".frames"))
    if kept.reason.isEmpty {
      let rest = try contents(of: "\(directory)/\(first.digest.hex).frames")
      let gone = try #require(first.index.members.first { $0.path == "data/secret/2.in" }).range
      #expect(rest[Int(gone.lowerBound)..<Int(gone.upperBound)].allSatisfy { $0 == 0 })
    } else {
      #expect(kept.keptBytes == own)
    }
    // Pushed again it finds what is left of itself.
    let came = try put(first)
    #expect(came < 33_000)
    #expect(try archive(first, on: shelf) == first.bytes)
    // The last one of all leaves nothing.
    _ = try shelf.drop([first.digest, second.digest])
    #expect(try scratch.files("shelf") == [])
  }

  @Test func aSegmentThatWasCutOffMeanwhileIsNoHelp() throws {
    let (first, second) = try versions()
    try put(first)
    #expect(truncate("\(directory)/\(first.digest.hex).tar.zst", 70_000) == 0)
    #expect(try put(second) > 120_000, "all of it has to come")
    #expect(try shelf.verify(second.digest).0 == second.manifest)
    // And what came in its place is found by the next one.
    #expect(try put(third()) < 33_000)
  }

  private func third() throws -> SamplePackage.Built {
    var package = SamplePackage()
    package.seeds = [1, 2, 33, 44]
    return try package.build(in: scratch, "third")
  }

  @Test func whatAnUploadReliesOnIsNotDropped() throws {
    let (first, second) = try versions()
    try put(first)
    let bytes = try second.bytes
    let index = try second.index
    let frames = try PackageArchive.frames(
      seekTable: Array(bytes[Int(index.end.upperBound)...]), archiveBytes: index.byteCount)
    let head = Array(bytes[..<Int(frames[0].compressed)])
    let path = shelf.temporaryPath(second.digest)
    let file = try ArchiveFile(creating: path)
    try file.write(head, at: 0)
    let plan = try shelf.plan(second.digest, path, frames)
    _ = try shelf.drop([first.digest])
    let part = plan.wanted.reduce(into: head) {
      $0 += bytes[Int($1.lowerBound)..<Int($1.upperBound)]
    }
    try file.write(part, at: 0)
    _ = try shelf.publish(path, plan, as: second.digest)
    #expect(try shelf.verify(second.digest).0 == second.manifest)
  }

  @Test func damagedFramesAreNotPublished() throws {
    let (first, second) = try versions()
    try put(first)
    let before = try scratch.files("shelf")
    let head = Int(try second.frameBytes(["manifest.json"]))
    for position in [0, head - 1, head, head + 20_000, -3] {
      #expect(throws: (any Error).self) { try put(second, damaging: position) }
      #expect(!shelf.holds(second.digest))
    }
    #expect(try scratch.files("shelf").filter { !$0.hasSuffix(".part") } == before)
    try put(second)
    #expect(try shelf.verify(second.digest).0 == second.manifest)
  }

  @Test func leftoversOfACrashAreCleared() throws {
    let (first, second) = try versions()
    try put(first)
    try put(second)
    let frames = "\(directory)/\(second.digest.hex)-1.frames"
    let extents = "\(directory)/\(second.digest.hex).extents"
    // The moments of a push: half a segment, a segment without extents, half of the extents.
    let half = Digest.numbered(77).hex
    for name in ["\(half).part", "\(half)-1.frames", "\(half).extents.part"] {
      try Data("half".utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
    }
    let next = try PackageShelf(directory: directory)
    #expect(try scratch.files("shelf").filter { $0.hasPrefix(half) } == [])
    #expect(next.packages == shelf.packages && next.defects == [])
    // The moments of a drop: the extents are gone, the archive has its new name.
    try FileManager.default.removeItem(atPath: extents)
    #expect(
      rename("\(directory)/\(first.digest.hex).tar.zst", "\(directory)/\(first.digest.hex).frames")
        == 0)
    let last = try PackageShelf(directory: directory)
    #expect(last.packages == [])
    #expect(try scratch.files("shelf") == [])
    #expect(access(frames, F_OK) != 0)
  }

  @Test func damagedExtentsAreNamedAndNothingIsRemoved() throws {
    let (first, second) = try versions()
    try put(first)
    try put(second)
    let extents = "\(directory)/\(second.digest.hex).extents"
    let text = try contents(of: extents)
    try Data(text.dropLast(3)).write(to: URL(fileURLWithPath: extents))
    let next = try PackageShelf(directory: directory)
    #expect(next.packages == [first.digest])
    #expect(next.defects.count == 1)
    #expect(next.defects[0].contains(extents) && next.defects[0].contains("again"))
    #expect(throws: ServerError.self) { try next.parts(of: second.digest, 0..<1) }
    let kept = try next.drop([first.digest])
    #expect(kept.reason.contains(extents) && kept.freedBytes == 0 && kept.keptBytes > 0)
    #expect(access("\(directory)/\(second.digest.hex)-1.frames", F_OK) == 0)
    // The remedy works.
    try put(second, on: next)
    #expect(next.defects == [])
    #expect(try next.verify(second.digest).0 == second.manifest)
    let healed = try PackageShelf(directory: directory)
    #expect(healed.packages == [second.digest] && healed.defects == [])
  }

  @Test func aSegmentThatIsCutOffIsNamed() throws {
    let (first, second) = try versions()
    try put(first)
    try put(second)
    let archive = "\(directory)/\(first.digest.hex).tar.zst"
    #expect(truncate(archive, 40_000) == 0)
    let next = try PackageShelf(directory: directory)
    #expect(next.packages == [])
    #expect(next.defects.count == 2)
    #expect(next.defects.allSatisfy { $0.contains("cut off") || $0.contains("seek table") })
    try put(first, on: next)
    try put(second, on: next)
    for built in [first, second] { #expect(try next.verify(built.digest).0 == built.manifest) }
  }
}
