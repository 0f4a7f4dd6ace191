import CArchive
import Fuzzing
import Glibc
import JudgeModel
import Testing

@testable import ProblemPackage

/// Archives, manifests and settings that are nearly right.
@Suite struct FuzzTests {
  let scratch: Scratch
  let tiny: PackageManifest
  let archive: [UInt8]
  let index: PackageArchive.Index

  init() throws {
    let written = try TinyArchive()
    (scratch, tiny, archive, index) =
      (written.scratch, written.manifest, written.bytes, written.index)
  }

  private func expectGood(_ report: Fuzz.Report) {
    #expect(report.faults == [])
    #expect(report.sawBothSides, "\(report.accepted) accepted, \(report.rejected) rejected")
  }

  /// It may be another manifest than it was, but then it has another digest.
  private func expectStable(_ manifest: PackageManifest) throws {
    try Fuzz.expectStable(manifest, encode: ManifestText.encode) { try ManifestText.decode($0) }
  }

  @Test func manifests() {
    let words = ["\"size\":", "data/secret/", "\\u0000", "[[", "{\"a\":", "../", "null"]
    let report = Fuzz("manifest", corpus: [ManifestText.encode(tiny)], words: words)
      .run(3_000) { bytes in
        try expectStable(try ManifestText.decode(bytes))
      }
    expectGood(report)
  }

  @Test func seekTables() throws {
    let footer = Array(archive.suffix(PackageArchive.footerBytes))
    let count = try PackageArchive.seekTableBytes(footer: footer)
    let report = Fuzz("seek-table", corpus: [Array(archive.suffix(count))]).run(5_000) { bytes in
      _ = try PackageArchive.seekTableBytes(footer: Array(bytes.suffix(PackageArchive.footerBytes)))
      let frames = try PackageArchive.frames(
        seekTable: bytes, archiveBytes: Int64(archive.count))
      guard PackageArchive.seekTable(of: frames) == bytes else { throw Fault("another table") }
    }
    #expect(report.faults == [] && report.rejected > 0)
  }

  /// Most of these break a checksum, and are about what comes before it is looked at.
  @Test func archives() {
    let report = Fuzz("archive", corpus: [archive]).run(1_500) { bytes in
      _ = try? PackageArchive.manifest(atHead: bytes)
      var sink = NullSink()
      try expectStable(try PackageArchive.unpack(MemorySource(bytes), into: &sink))
    }
    expectGood(report)
  }

  /// What is behind the checksums: tar streams, as whoever makes one on purpose would pack them.
  @Test func tarStreams() throws {
    let tar = try unpacked(archive)
    let words = ["path=", "ustar\u{0}00", "GNU.sparse.major=1", "x", "L", "data/secret/", "../../"]
    let report = Fuzz("tar", corpus: [tar], words: words).run(1_500) { bytes in
      var sink = NullSink()
      try expectStable(try PackageArchive.unpack(MemorySource(try packed(bytes)), into: &sink))
    }
    #expect(report.faults == [] && report.rejected > 0)
  }

  @Test func yaml() {
    let corpus = [
      "problem_format_version: 2025-09\nname: {en: Sum, de: Summe}\nlimits:\n  time_limit: 2\n",
      "a: &x [1, 2, *y]\nb: &y {c: d}\ne: |\n  text\n  more\nf: \"q\\u0041\"\n",
      "- 1\n- {in: 1.in, out: 1.out, points: 5}\n- [~, true, 1e3, 0x1F, 2001-01-01]\n",
    ].map { Array($0.utf8) }
    let words = ["&x ", "*x", "!!binary ", "<<: ", "? ", "---\n", "%YAML 1.1\n", "\t", "[[[[", "{"]
    let report = Fuzz("yaml", corpus: corpus, words: words).run(2_000) { bytes in
      let findings = Findings()
      let map = YAMLMap.parse(bytes, path: "a.yaml", findings)
      if map == nil || findings.hasErrors { throw Refusal() }
    }
    expectGood(report)
  }

  /// Each file that says something about a package, in turn.
  @Test(arguments: [false, true]) func packages(isLegacy: Bool) throws {
    let files =
      (isLegacy ? legacyYAML : modernYAML()) + accepted + cases("secret", "1", "2")
      + cases("sample", "1")
    let settings: [(String, [String])] = [
      (
        "problem.yaml",
        [
          files["problem.yaml"] ?? "",
          (files["problem.yaml"] ?? "") + "type: scoring\nvalidation: custom score\n",
        ]
      ),
      ("data/testdata.yaml", ["on_reject: break\nrange: 0 10\ngrader_flags: min\n"]),
      ("data/secret/test_group.yaml", ["scoring:\n  score: 10\n  aggregation: min\n"]),
      ("submissions/submissions.yaml", ["accepted/*:\n  permitted: [AC]\n  required: [AC]\n"]),
      ("assize.yaml", ["comparison: lines-tokens\n"]),
      (".timelimit", ["2\n"]),
    ]
    let words = [
      "limits:\n", "time_limit: ", "memory: ", "*", "[", "{{name}}", "constants:\n", "~",
    ]
    var (accepted, rejected) = (0, 0)
    for (at, (name, texts)) in settings.enumerated() {
      let package = try scratch.package("p\(at)", files)
      let corpus = texts.map { Array($0.utf8) }
      let report = Fuzz("package-\(at)", corpus: corpus, words: words).run(60) { bytes in
        try scratch.write("p\(at)/\(name)", String(decoding: bytes, as: UTF8.self))
        let reading = PackageReader.read(directory: package)
        guard let manifest = reading.manifest, !reading.hasErrors else { throw Refusal() }
        try expectStable(manifest)
      }
      #expect(report.faults == [])
      (accepted, rejected) = (accepted + report.accepted, rejected + report.rejected)
    }
    #expect(accepted > 0 && rejected > 0, "\(accepted) accepted, \(rejected) rejected")
  }

  // MARK: zstd

  private struct Failed: Error {}

  private func unpacked(_ bytes: [UInt8]) throws -> [UInt8] {
    let reader = archive_read_new()
    defer { archive_read_free(reader) }
    archive_read_support_filter_zstd(reader)
    archive_read_support_format_raw(reader)
    var entry: OpaquePointer?
    var out: [UInt8] = []
    return try bytes.withUnsafeBytes { input in
      guard archive_read_open_memory(reader, input.baseAddress, input.count) == ARCHIVE_OK,
        archive_read_next_header(reader, &entry) == ARCHIVE_OK
      else { throw Failed() }
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = archive_read_data(reader, &chunk, chunk.count)
        if count < 0 { throw Failed() }
        if count == 0 { return out }
        out += chunk[..<count]
      }
    }
  }

  private func packed(_ bytes: [UInt8]) throws -> [UInt8] {
    var out = [UInt8](repeating: 0, count: bytes.count + 65_536)
    var used = 0
    let writer = archive_write_new()
    defer { archive_write_free(writer) }
    let entry = archive_entry_new()
    defer { archive_entry_free(entry) }
    archive_entry_set_filetype(entry, 0o100000)
    archive_entry_set_pathname(entry, "data")
    guard archive_write_set_format_raw(writer) == ARCHIVE_OK,
      archive_write_add_filter_zstd(writer) == ARCHIVE_OK,
      archive_write_set_filter_option(writer, "zstd", "compression-level", "1") == ARCHIVE_OK
    else { throw Failed() }
    try out.withUnsafeMutableBytes { output in
      guard
        archive_write_open_memory(writer, output.baseAddress, output.count, &used) == ARCHIVE_OK,
        archive_write_header(writer, entry) == ARCHIVE_OK,
        archive_write_data(writer, bytes, bytes.count) == bytes.count,
        archive_write_close(writer) == ARCHIVE_OK
      else { throw Failed() }
    }
    return Array(out[..<used])
  }
}
