import Glibc
import JudgeModel
import Testing

@testable import ProblemPackage

@Suite struct ArchiveTests {
  let scratch: Scratch
  let tiny: PackageManifest
  var archive: String { scratch.path + "/tiny.tar.zst" }

  init() throws {
    scratch = try Scratch()
    tiny = try #require(PackageReader.read(directory: fixtures + "/tiny").manifest)
    try PackageArchive.write(
      tiny, directory: fixtures + "/tiny", to: scratch.path + "/tiny.tar.zst")
  }

  @Test func ordinaryToolsReadIt() throws {
    let names = (["manifest.json"] + tiny.files.map(\.path)).joined(separator: "\n") + "\n"
    #expect(try shell("tar --zstd -tf \(archive)") == names)
    try shell("zstd -q -t \(archive)")
    try shell("cd \(scratch.path) && mkdir out && tar --zstd -C out -xf tiny.tar.zst")
    for file in tiny.files {
      #expect(
        try bytes("\(scratch.path)/out/\(file.path)") == bytes("\(fixtures)/tiny/\(file.path)"))
    }
    #expect(try bytes("\(scratch.path)/out/manifest.json") == ManifestText.encode(tiny))
    let listing = try shell("tar --zstd --numeric-owner --utc -tvf \(archive)")
    #expect(
      listing.split(separator: "\n").allSatisfy {
        $0.hasPrefix("-rw-r--r-- 0/0") && $0.contains("1970-01-01 00:00")
      })
  }

  @Test func sameBytesFromAnyCopy() throws {
    try shell("cp -r \(fixtures)/tiny \(scratch.path)/tiny && chmod -R 0777 \(scratch.path)/tiny")
    let copy = try #require(PackageReader.read(directory: scratch.path + "/tiny").manifest)
    try PackageArchive.write(copy, directory: scratch.path + "/tiny", to: scratch.path + "/b")
    #expect(try bytes(scratch.path + "/b") == bytes(archive))
    #expect(scratch.files(below: "").filter { $0.contains("tmp") } == [])
  }

  @Test func selectedRangesAreAReadableTar() throws {
    let index = try PackageArchive.index(archive)
    #expect(index.manifest == tiny)
    #expect(index.members.map(\.path) == ["manifest.json"] + tiny.files.map(\.path))
    let all = try bytes(archive)
    #expect(index.byteCount == Int64(all.count))
    let wanted = [index.members[4], index.members[2]]
    var selection: [UInt8] = []
    for range in wanted.map(\.range) + [index.end] {
      selection += all[Int(range.lowerBound)..<Int(range.upperBound)]
    }
    try scratch.write("part", "")
    try selection.withUnsafeBufferPointer { source in
      try OwnedDescriptor.open(scratch.path + "/part", 1).write(
        UnsafeRawBufferPointer(source), "part")
    }
    #expect(
      try shell("tar --zstd -tf \(scratch.path)/part")
        == wanted.map { $0.path + "\n" }.joined())

    var sink = NullSink()
    let got = try PackageArchive.unpackPart(MemorySource(selection), of: tiny, into: &sink)
    #expect(got.map(\.path) == wanted.map(\.path).sorted())
    // Without the end of the tar as well: a receiver that knows the manifest does not need it.
    let one = try FileSource(path: archive, ranges: [index.members[3].range])
    #expect(
      try PackageArchive.unpackPart(one, of: tiny, into: &sink).map(\.path)
        == [index.members[3].path])
  }

  @Test func verifyAndReadManifestAcceptIt() throws {
    #expect(try PackageArchive.verify(archive) == tiny)
    #expect(try PackageArchive.readManifest(archive) == tiny)
  }

  @Test func theManifestOfABeginning() throws {
    let whole = try bytes(archive)
    let end = Int(try PackageArchive.index(archive).members[0].range.upperBound)
    for count in [0, 1, 17, end - 1] {
      #expect(try PackageArchive.manifest(atHead: Array(whole[..<count])) == nil)
    }
    for count in [end, end + 1, end + 40, whole.count] {
      #expect(try PackageArchive.manifest(atHead: Array(whole[..<count])) == tiny)
    }
    #expect(throws: PackageError.self) {
      try PackageArchive.manifest(atHead: Array("not an archive".utf8))
    }
  }

  @Test func largeAndExecutableMembersSurvive() throws {
    let directory = try scratch.package(
      "big",
      modernYAML() + accepted + cases("secret", "1") + [
        "data/secret/1.files/noise": "", "output_validator/run": "#!/bin/sh\nexit 42\n",
        "data/secret/2.in": "", "data/secret/2.ans": "",
        "data/secret/a-name-that-is-quite-long-to-make-the-path/longer-than/"
          + String(repeating: "a-hundred-bytes", count: 12) + ".in": "x\n",
        "data/secret/a-name-that-is-quite-long-to-make-the-path/longer-than/"
          + String(repeating: "a-hundred-bytes", count: 12) + ".ans": "x\n",
      ])
    try shell(
      "cd \(directory) && chmod +x output_validator/run && head -c 5000001 /dev/urandom "
        + "> data/secret/1.files/noise")
    let manifest = try #require(PackageReader.read(directory: directory).manifest)
    let path = scratch.path + "/big.tar.zst"
    try PackageArchive.write(manifest, directory: directory, to: path)
    #expect(try PackageArchive.verify(path) == manifest)
    #expect(try shell("tar --zstd -tvf \(path)").contains("-rwxr-xr-x 0/0"))
    let store = try BlobStore(directory: scratch.path + "/store")
    try store.install(archive: path)
    let noise = try #require(manifest.file("data/secret/1.files/noise"))
    #expect(
      try bytes(store.path(of: noise.digest)) == bytes(directory + "/data/secret/1.files/noise"))
    // From the store again: the same bytes as from the directory.
    try PackageArchive.write(manifest, to: path + "2") { store.path(of: $0.digest) }
    #expect(try bytes(path) == bytes(path + "2"))
  }

  @Test func aFileThatChangedIsNotPacked() throws {
    try shell("cp -r \(fixtures)/tiny \(scratch.path)/tiny")
    for text in ["41 2\n", "longer than before\n", ""] {
      try scratch.write("tiny/data/secret/1.in", text)
      let error = #expect(throws: PackageError.self) {
        try PackageArchive.write(
          tiny, directory: scratch.path + "/tiny", to: scratch.path + "/new")
      }
      #expect(error == .changed(path: scratch.path + "/tiny/data/secret/1.in"))
    }
    #expect(scratch.files(below: "").filter { $0.hasPrefix("new") } == [])
  }

  @Test func everyCutAndEveryTailIsRefused() throws {
    let whole = try bytes(archive)
    let index = try PackageArchive.index(archive)
    let store = try BlobStore(directory: scratch.path + "/store")
    let end = Int(index.end.lowerBound)
    for count in stride(from: 0, to: end, by: 41) {
      #expect(throws: PackageError.self) {
        try store.install(MemorySource(Array(whole[..<count])))
      }
      try refuseFile(Array(whole[..<count]), store)
    }
    for count in [end, end + 1, whole.count - 1] { try refuseFile(Array(whole[..<count]), store) }
    for tail in [[0], Array("garbage after the end".utf8), whole] as [[UInt8]] {
      try refuseFile(whole + tail, store)
    }
    #expect(throws: PackageError.self) {
      try store.install(MemorySource(whole + Array("garbage".utf8)))
    }
    #expect(throws: PackageError.self) { try store.install(MemorySource(whole + whole)) }
    #expect(scratch.files(below: "store") == [])
  }

  private func refuseFile(_ content: [UInt8], _ store: BlobStore) throws {
    let path = scratch.path + "/cut"
    unlink(path)
    try OwnedDescriptor.create(path, mode: 0o600).write(content, path)
    #expect(throws: PackageError.self) { try PackageArchive.index(path) }
    #expect(throws: PackageError.self) { try store.install(archive: path) }
  }

  @Test func everyFlippedByteIsRefusedOrHarmless() throws {
    let whole = try bytes(archive)
    let store = try BlobStore(directory: scratch.path + "/store")
    var sink = NullSink()
    for at in whole.indices {
      var changed = whole
      // Another bit in each byte; neighbours of every region have each of them changed.
      changed[at] ^= 1 << UInt8(at % 8)
      do throws(PackageError) {
        // What is accepted in spite of the flip is the same package (header fields nobody uses) or,
        // when the flip hit a word of the manifest, one that has another name.
        let manifest = try PackageArchive.unpack(MemorySource(changed), into: &sink)
        #expect(manifest == tiny || manifest.digest != tiny.digest)
      } catch {}
      // On disk every seventh: whole stores take their time.
      guard at % 7 == 0 else { continue }
      do throws(PackageError) {
        try store.install(MemorySource(changed), expecting: tiny.digest)
        try store.remove(tiny.digest)
      } catch {}
      #expect(scratch.files(below: "store") == [])
    }
  }

  @Test func nestedAndPlainStreamsAreRefused() throws {
    let store = try BlobStore(directory: scratch.path + "/store")
    try shell(
      "cd \(scratch.path) && zstd -q tiny.tar.zst -o nested && zstd -q -d tiny.tar.zst -o plain "
        + "&& gzip -k plain")
    for name in ["nested", "plain", "plain.gz"] {
      let error = #expect(throws: PackageError.self) {
        try store.install(FileSource(path: "\(scratch.path)/\(name)"))
      }
      #expect(error?.description.contains("no zstd stream") == true, "\(name): \(error!)")
    }
    #expect(throws: PackageError.self) { try store.install(MemorySource([])) }
  }

  @Test func framesThatHoldNothingDoNotGoOnForEver() throws {
    final class Endless: ByteSource {
      let start: [UInt8]
      var isStarted = false
      init(_ start: [UInt8]) { self.start = start }
      func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        // An empty skippable frame, over and over.
        let unit: [UInt8] = isStarted ? [0x5E, 0x2A, 0x4D, 0x18, 0, 0, 0, 0] : start
        isStarted = true
        let count = buffer.count / unit.count * unit.count
        guard count > 0 else { return 0 }
        let times = unit.count == 8 ? count / 8 : 1
        for at in 0..<(times * unit.count) { buffer[at] = unit[at % unit.count] }
        return times * unit.count
      }
    }
    let index = try PackageArchive.index(archive)
    let start = Array(try bytes(archive)[..<Int(index.members[2].range.upperBound)])
    let store = try BlobStore(directory: scratch.path + "/store")
    let error = #expect(throws: PackageError.self) { try store.install(Endless(start)) }
    #expect(error?.description.contains("more bytes than its contents explain") == true)
    #expect(scratch.files(below: "store") == [])
  }

  @Test func verifyFindsASeekTableThatLies() throws {
    let whole = try bytes(archive)
    let file = try OwnedDescriptor.regularFile(archive)
    let table = try SeekTable.read(file, archive)
    let body = Array(whole[..<(whole.count - table.byteCount)])
    // Two neighbouring frames with a boundary that is a byte off.
    var shifted = table
    shifted.frames[2].compressed += 1
    shifted.frames[3].compressed -= 1
    // Two members merged into one frame, and an empty frame in exchange.
    var merged = table
    merged.frames[2].compressed += merged.frames[3].compressed
    merged.frames[3].compressed = 0
    for lie in [shifted, merged] {
      let path = scratch.path + "/lie"
      unlink(path)
      try OwnedDescriptor.create(path, mode: 0o600).write(body + lie.encoded, path)
      #expect(throws: Never.self) { try PackageArchive.index(path) }
      #expect(throws: PackageError.self) { try PackageArchive.verify(path) }
    }
  }
}
