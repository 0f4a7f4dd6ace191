import Glibc
import JudgeModel
import Testing

@testable import ProblemPackage

/// Archives that somebody made by hand to do harm: each is refused for what it is, writes nothing
/// where it should not, and leaves nothing behind.
@Suite struct HostileArchiveTests {
  let scratch: Scratch
  let tiny: PackageManifest

  init() throws {
    scratch = try Scratch()
    tiny = try #require(PackageReader.read(directory: fixtures + "/tiny").manifest)
  }

  private func hostile(_ name: String, compress: String = "zstd -q") throws -> String {
    try scratch.write("manifest", String(decoding: ManifestText.encode(tiny), as: UTF8.self))
    let path = "\(scratch.path)/\(name).tar"
    try shell(
      "python3 \(fixtures)/hostile.py \(name) \(fixtures)/tiny \(scratch.path)/manifest \(path) "
        + "&& { \(compress); } < \(path) > \(path).zst")
    return path + ".zst"
  }

  /// Cases of Fixtures/hostile.py, and words of the refusal.
  static let tars: [(String, String)] = [
    // Names
    ("dotdot", "has a component that"), ("absolute", "has a component that"),
    ("dot-first", "has a component that"), ("double-slash", "has a component that"),
    ("trailing-slash", "has a component that"), ("backslash", "has a component that"),
    ("dash-first", "has a component that"), ("hidden", "has a component that"),
    ("line-feed", "has a component that"), ("escape-sequence", "has a component that"),
    ("blank", "has a component that"),
    ("not-ascii", "a member has no name|has a component that"),
    ("folded", "is not in the manifest"), ("long-component", "has a component that"),
    ("long-path", "is longer than 1024 bytes"), ("deep-path", "has more than 32 components"),
    ("longest-name", "too large|is longer than 1024 bytes"), ("pax-name", "has a component that"),
    ("pax-long", "too large"),
    // Kinds
    ("symlink", "is not a plain file"), ("hardlink", "is not a plain file"),
    ("fifo", "is not a plain file"), ("device", "is not a plain file"),
    ("block-device", "is not a plain file"), ("directory", "not"),
    ("dump-directory", "is not a plain file"), ("sparse-pax", "sparse"), ("sparse-tib", "sparse"),
    ("sparse-0.0", "sparse"), ("sparse-0.1", "sparse"),
    // Members
    ("unlisted", "`data/secret/zzz.in` is not in the manifest"),
    ("duplicate", "`data/sample/1.ans` occurs twice"),
    ("second-manifest", "`manifest.json` is not in the manifest"),
    ("missing", "`data/sample/1.ans` is missing"),
    ("wrong-size", "has 6 bytes, the manifest says 2"), ("wrong-hash", "has another SHA-256"),
    ("endless-member", "bytes, the manifest says 2"), ("negative-size", "size|damaged"),
    ("huge-size", "size|damaged|bytes, the manifest says"), ("bad-checksum", "checksum|Damaged"),
    ("cut-member", "Truncated|cut off"),
    // Manifests
    ("manifest-late", "first member is not manifest.json"),
    ("manifest-absent", "first member is not manifest.json"),
    ("manifest-linked", "is not a plain file"),
    ("manifest-damaged", "the key `size` is missing"), ("manifest-spaced", "expected a key"),
    ("manifest-escaping", "has a component that"), ("manifest-deep", "nested too deeply"),
    ("manifest-wide", "more than 4000000 values"), ("manifest-other", "is missing"),
    ("manifest-binary", "expected"), ("manifest-empty", "expected"),
    ("manifest-large", "longer than its limit"), ("manifest-claims", "longer than its limit"),
    // Ends
    ("after-end", "something follows the end of the tar"),
    ("padding", "something follows the end of the tar"),
    ("bomb", "something follows the end of the tar"),
  ]

  @Test(arguments: tars)
  func hostileTarIsRefusedAndLeavesNothing(name: String, expected: String) throws {
    try refuse(try hostile(name), name, expected)
  }

  private func refuse(_ path: String, _ name: String, _ expected: String) throws {
    let store = try BlobStore(directory: scratch.path + "/store")
    let error = #expect(throws: PackageError.self) { try store.install(FileSource(path: path)) }
    let text = error?.description ?? ""
    #expect(expected.split(separator: "|").contains { text.contains($0) }, "\(name): \(text)")
    #expect(text.utf8.count < 1000, "\(name): the refusal repeats what was sent")
    #expect(!text.unicodeScalars.contains { $0.value < 32 }, "\(name)")
    #expect(scratch.files(below: "store") == [])
    #expect(store.list() == [])
    #expect(try shell("ls /tmp/escaped \(scratch.path)/../escaped 2>&1; true").contains("No such"))
    // As a file it has no seek table and is refused before anything is unpacked.
    #expect(throws: PackageError.self) { try store.install(archive: path) }
  }

  /// Only what nobody looks at differs: owners, modes and times are never taken over.
  @Test(arguments: ["fine", "no-end", "set-uid"])
  func anOrdinaryTarOfTheRightFilesIsFine(name: String) throws {
    let store = try BlobStore(directory: scratch.path + "/store")
    #expect(try store.install(FileSource(path: hostile(name))) == tiny.digest)
    #expect(
      try shell("find \(scratch.path)/store/blobs -type f -printf '%m %U\\n' | sort -u")
        == "444 \(geteuid())\n")
  }

  // MARK: Frames

  @Test(arguments: [
    ("zstd -q --ultra -22", "wants a window of 128 MiB"),
    ("zstd -q --long=27", "wants a window of 128 MiB"),
    ("zstd -q --long=31", "wants a window of 2048 MiB"),
    ("gzip", "no zstd stream"), ("xz", "no zstd stream"), ("lz4 -q", "no zstd stream"),
    ("cat", "no zstd stream"), ("zstd -q | zstd -q", "no zstd stream"),
    ("cat - /dev/null | zstd -q | head -c 200", "truncated"),
    ("sh -c 'zstd -q; echo and more'", "something that is not zstd follows 1 frames"),
    ("sh -c 'zstd -q; printf PK'", "truncated|Unknown frame"),
  ]) func framesThatAskForTooMuchOrAreNone(compress: String, expected: String) throws {
    let tool = String(compress.split(separator: " ")[0])
    // A tool that is not installed cannot have been used against us either.
    guard try shell("command -v \(tool) || true") != "" else { return }
    try refuse(try hostile("fine", compress: compress), compress, expected)
  }

  @Test func theStrongestOrdinaryCompressionIsAccepted() throws {
    let store = try BlobStore(directory: scratch.path + "/store")
    let path = try hostile("fine", compress: "zstd -q -19")
    #expect(try store.install(FileSource(path: path)) == tiny.digest)
  }

  @Test func aDictionaryIsNotOurs() throws {
    try shell("head -c 100000 /dev/urandom > \(scratch.path)/words")
    let plain = try bytes(try hostile("fine"))
    // The frame of a stream with the identifier of a dictionary, in one byte of its header.
    var changed = plain
    changed[4] |= 1
    changed.insert(7, at: plain[4] & 0x20 == 0 ? 6 : 5)
    let store = try BlobStore(directory: scratch.path + "/store")
    let error = #expect(throws: PackageError.self) { try store.install(MemorySource(changed)) }
    #expect(error?.description.contains("wants a dictionary") == true, "\(error!)")
  }

  /// A bomb inside what the manifest allows: it unpacks to what it said, and not a byte more.
  @Test func aMemberThatUnpacksBeyondItsSizeStopsThere() throws {
    final class Counter: BlobSink {
      var most: Int64 = 0
      var current: Int64 = 0
      func begin(_ file: PackageFile) { current = 0 }
      func append(_ bytes: UnsafeRawBufferPointer) {
        current += Int64(bytes.count)
        most = max(most, current)
      }
      func finish(isVerified: Bool) {}
    }
    for name in ["endless-member", "bomb"] {
      var counter = Counter()
      let source = try FileSource(path: hostile(name))
      #expect(throws: PackageError.self) { try PackageArchive.unpack(source, into: &counter) }
      #expect(counter.most <= tiny.files.map(\.size).max() ?? 0)
    }
  }

  // MARK: Manifests that no tar is needed for

  private func refusal(_ change: (inout PackageManifest) -> Void) -> String {
    var manifest = tiny
    change(&manifest)
    do throws(PackageError) {
      try ManifestRules.check(manifest)
      return ""
    } catch {
      return error.description
    }
  }

  private func file(_ path: String, size: Int64 = 1) -> PackageFile {
    PackageFile(path: path, size: size, digest: tiny.files[0].digest, role: .include)
  }

  @Test func manifestsOfTooMuch() {
    #expect(
      refusal { manifest in
        manifest.files = (0...200_000).map { self.file("include/c/f\(String(1_000_000 + $0))") }
      }.contains("more than 200000"))
    #expect(
      refusal { $0.files.append(self.file("include/c/x", size: (1 << 30) + 1)) }
        .contains("impossible size"))
    #expect(
      refusal { manifest in
        manifest.files += (10...27).map { self.file("include/c/f\($0)", size: 1 << 30) }
      }.contains("more than 16 GiB together"))
  }

  @Test(arguments: [
    ("include/c/A.h", "include/c/a.h", "differs from another in letter case only"),
    ("include/c/a", "include/c/a/b", "is both a file and a directory"),
    ("include/c/a", "include/c/a", "is repeated or out of order"),
    ("include/c/b", "include/c/a", "is repeated or out of order"),
    ("include/c/a", "manifest.json", "is the name of the manifest itself"),
    ("include/c/a", "include/../../x", "has a component that"),
  ]) func manifestsWithNamesThatCannotBe(first: String, second: String, expected: String) {
    let text = refusal { $0.files += [self.file(first), self.file(second)] }
    #expect(text.contains(expected), "\(text)")
  }
}
