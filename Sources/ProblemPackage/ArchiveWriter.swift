import CArchive
import Glibc
import JudgeModel

// Theory of operation.
//
// libarchive writes a tar stream into `FrameWriter`, which hands it on to a second libarchive writer
// that does nothing but compress (raw format, zstd filter). Ending that second writer after each
// member ends a zstd frame there, so a member with its header is one frame and any selection of
// frames is a tar stream again. The end-of-archive blocks are the last frame, and after them comes
// the seek table of the zstd seekable format in a skippable frame, which plain readers pass over.
//
// Everything that could differ between two machines is fixed: names are ASCII, times and owners are
// zero, the order is that of the manifest, input reaches the compressor in full blocks.

/// Where the frames of an archive are: a frame per member, then one that ends the tar.
struct SeekTable: Equatable {
  var frames: [PackageArchive.Frame] = []

  private static let skippableMagic: UInt32 = 0x184D_2A5E
  private static let seekableMagic: UInt32 = 0x8F92_EAB1
  /// Bytes of the header before the entries, and of the footer after them.
  private static let headerSize = 8
  static let footerSize = 9
  private static let entrySize = 8

  /// Bytes of the skippable frame.
  var byteCount: Int { Self.byteCount(frames: frames.count) }

  var encoded: [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(byteCount)
    Self.append(Self.skippableMagic, to: &out)
    Self.append(UInt32(byteCount - Self.headerSize), to: &out)
    for frame in frames {
      Self.append(frame.compressed, to: &out)
      Self.append(frame.decompressed, to: &out)
    }
    Self.append(UInt32(frames.count), to: &out)
    out.append(0)  // descriptor: no checksums, the manifest has better ones
    Self.append(Self.seekableMagic, to: &out)
    return out
  }

  /// From the end of an archive; the table has to account for every byte before it.
  static func read(
    _ file: borrowing OwnedDescriptor, _ path: String
  ) throws(PackageError) -> SeekTable {
    let size = Int64(try file.status(path).st_size)
    guard size >= Int64(headerSize + footerSize) else {
      throw .refused("it is too short to be a package archive")
    }
    let count = try byteCount(
      footer: bytes(file, at: size - Int64(footerSize), count: footerSize, path))
    guard Int64(count) <= size else { throw .refused("the seek table is cut off") }
    return try decode(
      bytes(file, at: size - Int64(count), count: count, path), archiveBytes: size)
  }

  /// Bytes of a whole table, by the last `footerSize` bytes of it.
  static func byteCount(footer: [UInt8]) throws(PackageError) -> Int {
    guard footer.count == footerSize, word(footer, 5) == seekableMagic, footer[4] == 0 else {
      throw .refused("it does not end in a seek table: truncated, or followed by something else")
    }
    let count = Int(word(footer, 0))
    guard count <= ManifestRules.fileLimit + 2 else { throw .refused("too many frames") }
    return byteCount(frames: count)
  }

  /// Bytes of a table with so many frames.
  static func byteCount(frames: Int) -> Int { headerSize + entrySize * frames + footerSize }

  /// From the bytes of a whole table, which has to account for every byte of its archive.
  static func decode(_ all: [UInt8], archiveBytes: Int64) throws(PackageError) -> SeekTable {
    guard try byteCount(footer: Array(all.suffix(footerSize))) == all.count,
      word(all, 0) == skippableMagic,
      Int(word(all, 4)) == all.count - headerSize
    else { throw .refused("the seek table is damaged") }
    var table = SeekTable()
    var total: Int64 = 0
    for offset in stride(from: headerSize, to: all.count - footerSize, by: entrySize) {
      table.frames.append(
        .init(compressed: word(all, offset), decompressed: word(all, offset + 4)))
      total += Int64(table.frames[table.frames.count - 1].compressed)
    }
    guard total + Int64(all.count) == archiveBytes else {
      throw .refused("the seek table does not account for all bytes of the archive")
    }
    return table
  }

  private static func append(_ word: UInt32, to out: inout [UInt8]) {
    for shift in [0, 8, 16, 24] { out.append(UInt8(truncatingIfNeeded: word >> UInt32(shift))) }
  }

  private static func word(_ bytes: [UInt8], _ at: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
  }

  private static func bytes(
    _ file: borrowing OwnedDescriptor, at offset: Int64, count: Int, _ path: String
  ) throws(PackageError) -> [UInt8] {
    let raw = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
    defer { raw.deallocate() }
    guard try file.read(into: raw, at: offset, path) == count else {
      throw .refused("it became shorter while it was read")
    }
    return Array(raw)
  }
}

/// Writes one archive to a descriptor. Used once.
final class ArchiveWriter {
  private let output: FrameWriter
  private let tar: OpaquePointer
  private let entry: OpaquePointer

  /// Frames written so far.
  var table: SeekTable { output.table }

  /// The descriptor must stay open as long as the writer lives.
  init(descriptor: Int32, path: String) throws(PackageError) {
    guard let tar = archive_write_new(), let entry = archive_entry_new() else {
      throw .library("out of memory")
    }
    output = FrameWriter(descriptor: descriptor, path: path)
    self.tar = tar
    self.entry = entry
    let context = Unmanaged.passUnretained(output).toOpaque()
    guard archive_write_set_format_pax_restricted(tar) == ARCHIVE_OK,
      // Unbuffered, so that a member is complete when libarchive says so.
      archive_write_set_bytes_per_block(tar, 0) == ARCHIVE_OK,
      archive_write_set_bytes_in_last_block(tar, 1) == ARCHIVE_OK,
      archive_write_open(tar, context, nil, forwardTar, nil) == ARCHIVE_OK
    else { throw failure() }
  }

  deinit {
    archive_entry_free(entry)
    archive_write_free(tar)
  }

  /// Starts a member; exactly `size` bytes have to follow.
  func begin(_ path: String, size: Int64, isExecutable: Bool) throws(PackageError) {
    try output.beginFrame()
    archive_entry_clear(entry)
    archive_entry_set_pathname(entry, path)
    archive_entry_set_filetype(entry, regularFile)
    archive_entry_set_perm(entry, isExecutable ? 0o755 : 0o644)
    archive_entry_set_size(entry, size)
    archive_entry_set_mtime(entry, 0, 0)
    archive_entry_set_uid(entry, 0)
    archive_entry_set_gid(entry, 0)
    guard archive_write_header(tar, entry) == ARCHIVE_OK else { throw failure() }
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws(PackageError) {
    guard archive_write_data(tar, bytes.baseAddress, bytes.count) == bytes.count else {
      throw failure()
    }
  }

  func end() throws(PackageError) {
    guard archive_write_finish_entry(tar) == ARCHIVE_OK else { throw failure() }
    try output.endFrame()
  }

  /// Ends the tar and writes the seek table.
  func finish() throws(PackageError) {
    try output.beginFrame()
    guard archive_write_close(tar) == ARCHIVE_OK else { throw failure() }
    try output.endFrame()
    try output.write(output.table.encoded)
  }

  private func failure() -> PackageError {
    output.failure ?? .library(archive_error_string(tar).map { String(cString: $0) } ?? "unknown")
  }
}

/// Compresses what the tar writer says, a frame at a time, and counts both sides.
final class FrameWriter {
  private let descriptor: Int32
  private let path: String
  private var zstd: OpaquePointer?
  private var frame = (compressed: Int64(0), decompressed: Int64(0))
  private(set) var table = SeekTable()
  /// Why a callback failed; libarchive only learns that it did.
  fileprivate(set) var failure: PackageError?

  init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { if let zstd { archive_write_free(zstd) } }

  func beginFrame() throws(PackageError) {
    guard let zstd = archive_write_new(), let entry = archive_entry_new() else {
      throw .library("out of memory")
    }
    self.zstd = zstd
    defer { archive_entry_free(entry) }
    frame = (0, 0)
    archive_entry_set_filetype(entry, regularFile)
    let context = Unmanaged.passUnretained(self).toOpaque()
    // An option that is not known gives a warning only, hence the comparison with OK.
    guard archive_write_add_filter_zstd(zstd) == ARCHIVE_OK,
      archive_write_set_filter_option(zstd, "zstd", "compression-level", "1") == ARCHIVE_OK,
      archive_write_set_format_raw(zstd) == ARCHIVE_OK,
      archive_write_set_bytes_per_block(zstd, 0) == ARCHIVE_OK,
      // Padding after a frame is not zstd, and no reader would accept it.
      archive_write_set_bytes_in_last_block(zstd, 1) == ARCHIVE_OK,
      archive_write_open(zstd, context, nil, writeCompressed, nil) == ARCHIVE_OK,
      archive_write_header(zstd, entry) == ARCHIVE_OK
    else { throw error(zstd) }
  }

  func endFrame() throws(PackageError) {
    guard let zstd else { return }
    guard archive_write_close(zstd) == ARCHIVE_OK else { throw error(zstd) }
    archive_write_free(zstd)
    self.zstd = nil
    guard let compressed = UInt32(exactly: frame.compressed),
      let decompressed = UInt32(exactly: frame.decompressed)
    else { throw .library("a frame of more than 4 GiB") }
    table.frames.append(.init(compressed: compressed, decompressed: decompressed))
  }

  func write(_ bytes: [UInt8]) throws(PackageError) {
    try bytes.withUnsafeBufferPointer { (source) throws(PackageError) in
      try OwnedDescriptor.write(UnsafeRawBufferPointer(source), to: descriptor, path)
    }
  }

  fileprivate func compress(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let zstd else { return false }
    guard archive_write_data(zstd, bytes.baseAddress, bytes.count) == bytes.count else {
      failure = failure ?? error(zstd)
      return false
    }
    frame.decompressed += Int64(bytes.count)
    return true
  }

  fileprivate func writeOut(_ bytes: UnsafeRawBufferPointer) -> Bool {
    do {
      try OwnedDescriptor.write(bytes, to: descriptor, path)
      frame.compressed += Int64(bytes.count)
      return true
    } catch {
      failure = failure ?? error
      return false
    }
  }

  private func error(_ archive: OpaquePointer) -> PackageError {
    failure ?? .library(archive_error_string(archive).map { String(cString: $0) } ?? "unknown")
  }
}

/// `AE_IFREG`, which is a macro with a cast and does not reach Swift.
let regularFile: UInt32 = 0o100000

// The context of both callbacks is the `FrameWriter`, kept alive by the `ArchiveWriter` that owns
// the libarchive writers these are registered with.
private func forwardTar(
  _: OpaquePointer?, context: UnsafeMutableRawPointer?, bytes: UnsafeRawPointer?, count: Int
) -> Int {
  guard let context else { return -1 }
  let writer = Unmanaged<FrameWriter>.fromOpaque(context).takeUnretainedValue()
  return writer.compress(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : -1
}

private func writeCompressed(
  _: OpaquePointer?, context: UnsafeMutableRawPointer?, bytes: UnsafeRawPointer?, count: Int
) -> Int {
  guard let context else { return -1 }
  let writer = Unmanaged<FrameWriter>.fromOpaque(context).takeUnretainedValue()
  return writer.writeOut(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : -1
}
