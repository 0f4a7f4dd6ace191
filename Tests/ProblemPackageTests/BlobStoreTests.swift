import JudgeModel
import Testing

@testable import ProblemPackage

@Suite struct BlobStoreTests {
  let scratch: Scratch
  let store: BlobStore
  init() throws {
    scratch = try Scratch()
    store = try BlobStore(directory: scratch.path + "/store")
  }

  /// A package with two testcases, the second of which says `text`.
  private func make(_ name: String, _ text: String) throws -> (PackageManifest, archive: String) {
    let directory = try scratch.package(
      name,
      legacyYAML + accepted + cases("secret", "1") + [
        "data/secret/2.in": text, "data/secret/2.ans": text + text,
      ])
    let manifest = try #require(PackageReader.read(directory: directory).manifest)
    let archive = "\(scratch.path)/\(name).tar.zst"
    try PackageArchive.write(manifest, directory: directory, to: archive)
    return (manifest, archive)
  }

  @Test func installedPackagesAreThereAfterReopening() throws {
    let (manifest, archive) = try make("a", "x\n")
    let digest = try store.install(archive: archive)
    #expect(digest == manifest.digest)
    #expect(try store.install(archive: archive) == digest, "once more changes nothing")
    for store in [store, try BlobStore(directory: scratch.path + "/store")] {
      #expect(store.contains(digest))
      #expect(try store.manifest(of: digest) == manifest)
      #expect(store.missing(in: manifest) == [])
      #expect(store.list().map(\.problem) == ["a"])
      for file in manifest.files {
        #expect(try SHA256.digest(file: store.path(of: file.digest)).digest == file.digest)
      }
    }
    let modes = try shell("find \(scratch.path)/store -type f -printf '%m\\n' | sort -u")
    #expect(modes == "444\n")
    #expect(scratch.files(below: "store/tmp") == [])
  }

  @Test func sharedBlobsAreCountedOnceAndSurviveTheOtherPackage() throws {
    let (a, first) = try make("a", "x\n")
    let (b, second) = try make("b", "yy\n")
    try store.install(archive: first)
    try store.install(archive: second)
    // `1.in` and `1.ans` are one blob of two bytes, in both packages.
    let entries = Dictionary(uniqueKeysWithValues: store.list().map { ($0.problem, $0) })
    #expect(entries["a"]?.byteCount == 8, "2 + 2 + 4")
    #expect(entries["a"]?.exclusiveByteCount == 6)
    #expect(entries["b"]?.byteCount == 11, "2 + 3 + 6")
    #expect(scratch.files(below: "store/blobs").count == 5)

    #expect(try store.remove(a.digest) == 6)
    #expect(!store.contains(a.digest))
    #expect(throws: PackageError.absent(a.digest)) { try store.manifest(of: a.digest) }
    #expect(store.missing(in: b) == [])
    #expect(store.list().map(\.exclusiveByteCount) == [11])
    #expect(try store.remove(b.digest) == 11)
    #expect(try store.remove(b.digest) == 0)
    #expect(scratch.files(below: "store") == [])
  }

  @Test func aPackageCanArriveInParts() throws {
    let (old, first) = try make("a", "x\n")
    let (new, second) = try make("a2", "changed\n")
    try store.install(archive: first)
    let missing = store.missing(in: new)
    #expect(missing.map(\.path) == ["data/secret/2.ans", "data/secret/2.in"])
    #expect(throws: PackageError.absent(missing.map(\.digest).min()!)) { try store.publish(new) }

    let index = try PackageArchive.index(second)
    var sink = store.writer()
    for file in missing {
      let member = try #require(index.members.first { $0.path == file.path })
      let source = try FileSource(path: second, ranges: [member.range])
      #expect(try PackageArchive.unpackPart(source, of: new, into: &sink) == [file])
      #expect(store.containsBlob(file.digest), "usable before the rest is here")
    }
    #expect(try store.publish(new) == new.digest)
    #expect(store.contains(old.digest) && store.contains(new.digest))
  }

  @Test func scanCleansUpAfterACrash() throws {
    let (a, first) = try make("a", "x\n")
    let (b, second) = try make("b", "yy\n")
    let (c, third) = try make("c", "zzz\n")
    try store.install(archive: first)
    try store.install(archive: second)
    try store.install(archive: third)
    let gone = try #require(b.file("data/secret/2.in")).digest
    let short = try #require(c.file("data/secret/2.in")).digest
    let whole = SHA256.digest(Array("kept".utf8))
    try shell(
      """
      cd \(scratch.path)/store && rm -f \(store.path(of: gone)) \
      && chmod 0644 \(store.path(of: short)) && printf z > \(store.path(of: short)) \
      && printf half > tmp/blob-1-1 && mkdir -p blobs/\(whole.hex.prefix(2)) \
      && printf kept > \(store.path(of: whole)) && printf not > blobs/\(whole.hex.prefix(2))/junk \
      && printf '{}' > packages/\(String(repeating: "0", count: 64)).json
      """)
    let report = try store.scan()
    #expect(report.packages == 1)
    #expect(
      report.packagesRemoved == [try #require(Digest(hex: String(repeating: "0", count: 64)))])
    #expect(report.packagesReopened == [b.digest, c.digest].sorted(), "to be fetched in part")
    #expect(report.packagesUnfinished == 2)
    #expect(report.temporaryFilesRemoved == 1)
    #expect(report.blobsRemoved == 2, "the short one and the junk")
    // The answers of b, the answers of c, and the one put there by hand.
    #expect(report.unusedBlobs == 3)
    #expect(report.unusedByteCount == 18, "6 + 8 + 4")
    #expect(store.contains(a.digest) && !store.contains(b.digest))
    #expect(try store.removeUnused(keeping: [whole]) == 0, "the rest belongs to b and c")
    #expect(store.containsBlob(whole))
    #expect(try store.removeUnused() == 4)
    #expect(store.missing(in: b).map(\.digest) == [gone])
    #expect(try store.remove(c.digest) == 8)
    #expect(scratch.files(below: "store").count == 6)
    try store.install(archive: second)
    #expect(store.contains(b.digest))
    #expect(scratch.files(below: "store/unfinished") == [])
  }

  @Test func refusedArchivesTakeNothingWithThemThatWasHereBefore() throws {
    let (a, first) = try make("a", "x\n")
    try store.install(archive: first)
    let before = scratch.files(below: "store")
    let (b, second) = try make("b", "yy\n")
    let error = #expect(throws: PackageError.self) {
      try store.install(FileSource(path: second), expecting: a.digest)
    }
    #expect(error?.description.contains("it is package \(b.digest.short)") == true)
    #expect(scratch.files(below: "store") == before)
    #expect(store.missing(in: a) == [])
  }

  @Test func damageToAManifestIsNoticed() throws {
    let (a, first) = try make("a", "x\n")
    try store.install(archive: first)
    try shell("cd \(scratch.path)/store/packages && chmod u+w * && echo >> \(a.digest.hex).json")
    #expect(throws: PackageError.self) { try store.manifest(of: a.digest) }
    #expect(try store.scan().packagesRemoved == [a.digest])
  }

  @Test func anUnfinishedPackageKeepsItsBlobsOverARestart() throws {
    let (a, first) = try make("a", "x\n")
    let (b, second) = try make("b", "yy\n")
    try store.install(archive: first)
    try store.begin(b)
    // What it shares with `a` stays although nothing of its own has come.
    #expect(try store.remove(a.digest) == 6)
    let index = try PackageArchive.index(second)
    let file = try #require(b.file("data/secret/2.in"))
    let member = try #require(index.members.first { $0.path == file.path })
    var sink = store.writer()
    try PackageArchive.unpackMember(
      FileSource(path: second, ranges: [member.range]), file, into: &sink)
    let again = try BlobStore(directory: scratch.path + "/store")
    for store in [store, again] {
      #expect(store.suspend(b.digest).map(\.size).sorted() == [2, 3])
      #expect(store.list().map(\.isComplete) == [false])
      #expect(store.list().map(\.byteCount) == [5])
      #expect(store.byteCount == 5)
      #expect(try store.manifest(of: b.digest) == b)
    }
    try again.begin(b)
    try again.install(archive: second)
    #expect(again.list().map(\.isComplete) == [true])
    #expect(scratch.files(below: "store/unfinished") == [])
    #expect(try again.remove(b.digest) == 11)
    #expect(scratch.files(below: "store") == [])
  }

  @Test func anUnfinishedPackageOfWhichNothingCameIsForgotten() throws {
    let (a, _) = try make("a", "x\n")
    try store.begin(a)
    #expect(store.suspend(a.digest) == [])
    #expect(store.list() == [])
    #expect(scratch.files(below: "store") == [])
  }

  @Test func verificationFindsAFlippedBit() throws {
    let (a, first) = try make("a", "x\n")
    let (b, second) = try make("b", "yy\n")
    try store.install(archive: first)
    try store.install(archive: second)
    #expect(try store.verify().damaged == [])
    let shared = try #require(a.file("data/secret/1.in")).digest
    try shell(
      "chmod 0644 \(store.path(of: shared)) && printf '\\263\\n' > \(store.path(of: shared))")
    let report = try store.verify()
    #expect(report.blobs == 5)
    #expect(report.damaged.map(\.blob) == [shared])
    #expect(report.damaged.first?.packages == [a.digest, b.digest].sorted())
    #expect(!store.containsBlob(shared))
    #expect(store.list().map(\.isComplete) == [false, false])
    #expect(store.missing(in: a).map(\.digest) == [shared])
    try store.install(archive: first)
    #expect(store.list().map(\.isComplete) == [true, false])
  }

  @Test func theRangesFollowFromTheTableAlone() throws {
    let (a, archive) = try make("a", "x\n")
    let bytes = try Disk.contents(archive, limit: 1 << 20) ?? []
    let table = Array(bytes.suffix(PackageArchive.tableByteCount(a)))
    let size = Int64(bytes.count)
    #expect(
      try PackageArchive.ranges(of: a, table: table, byteCount: size)
        == PackageArchive.index(archive).members.dropFirst().map(\.range))
    for at in [0, 4, 8, table.count - 9, table.count - 5, table.count - 1] {
      var damaged = table
      damaged[at] ^= 1
      #expect(throws: PackageError.self) {
        try PackageArchive.ranges(of: a, table: damaged, byteCount: size)
      }
    }
    #expect(throws: PackageError.self) {
      try PackageArchive.ranges(of: a, table: table, byteCount: size + 1)
    }
    #expect(throws: PackageError.self) {
      try PackageArchive.ranges(of: a, table: Array(table.dropFirst()), byteCount: size)
    }
  }
}
