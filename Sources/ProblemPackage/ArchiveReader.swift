import CArchive
import Glibc
public import JudgeModel

// Theory of operation.
//
// An archive comes from somebody else. It is read in two stages. The first knows zstd only: it turns
// the bytes of a `ByteSource` into the decompressed stream and counts both, so that no input can make
// it produce more than the manifest allows, and follows its frames, so that none makes it keep more
// than a few mebibytes. The second knows tar only and reads from the first.
// Nothing is extracted to a name from the archive: every member has to be a plain file that the
// manifest lists, with its size, and its content goes to a `BlobSink` under its digest. After the
// tar has ended the first stage is read to its end, which may hold padding and nothing else.

/// Bytes of an archive, from a file or as they arrive.
public protocol ByteSource: AnyObject {
  /// Fills the buffer in part or whole; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(PackageError) -> Int
}

/// Takes the contents of members. Each `begin` is followed by exactly one `finish`, whatever happens.
public protocol BlobSink {
  mutating func begin(_ file: PackageFile) throws(PackageError)
  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(PackageError)
  /// `isVerified`: size and digest are those of the file; otherwise the content must vanish.
  mutating func finish(isVerified: Bool) throws(PackageError)
}

/// Keeps nothing; for checking an archive.
public struct NullSink: BlobSink {
  public init() {}
  public mutating func begin(_ file: PackageFile) {}
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {}
  public mutating func finish(isVerified: Bool) {}
}

/// A file, or ranges of it in the order given.
public final class FileSource: ByteSource {
  private let file: OwnedDescriptor
  private let path: String
  private var ranges: [Range<Int64>]

  public init(path: String, ranges: [Range<Int64>]? = nil) throws(PackageError) {
    file = try .regularFile(path)
    self.path = path
    let size = Int64(try file.status(path).st_size)
    self.ranges = Array((ranges ?? [0..<size]).reversed())
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(PackageError) -> Int {
    while let range = ranges.popLast() {
      let wanted = Int(min(Int64(buffer.count), Int64(range.count)))
      guard wanted > 0 else { continue }
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
      let count = try file.read(into: part, at: range.lowerBound, path)
      guard count > 0 else { throw .refused("it is shorter than expected") }
      ranges.append((range.lowerBound + Int64(count))..<range.upperBound)
      return count
    }
    return 0
  }
}

/// Bytes in memory.
public final class MemorySource: ByteSource {
  private let bytes: [UInt8]
  private var at = 0
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, bytes.count - at)
    guard count > 0 else { return 0 }
    buffer.copyBytes(from: bytes[at..<(at + count)])
    at += count
    return count
  }
}

/// First stage: from a source to the decompressed stream.
private final class Decompressor {
  private let source: any ByteSource
  private let reader: OpaquePointer
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
  private var isOpen = false
  private var compressed: Int64 = 0
  private var frames = ZstdFrames()
  /// Bytes that came out.
  private(set) var decompressed: Int64 = 0
  /// What `next` gave last.
  private(set) var block = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Bytes that may come out; raised once the manifest is known.
  var limit: Int64
  private(set) var failure: PackageError?

  init(_ source: any ByteSource, limit: Int64) throws(PackageError) {
    guard let reader = archive_read_new() else { throw .library("out of memory") }
    self.source = source
    self.reader = reader
    self.limit = limit
  }

  deinit {
    archive_read_free(reader)
    buffer.deallocate()
  }

  /// The next block, valid until the following call; empty at the end, nil after a failure.
  func next() -> UnsafeRawBufferPointer? {
    guard failure == nil, isOpen || open() else { return nil }
    var block: UnsafeRawPointer?
    var count = 0
    var offset: Int64 = 0
    repeat {
      switch archive_read_data_block(reader, &block, &count, &offset) {
      case ARCHIVE_OK: break
      case ARCHIVE_EOF: return UnsafeRawBufferPointer(start: nil, count: 0)
      default: return fail(.refused(text(reader)))
      }
    } while count == 0
    decompressed += Int64(count)
    guard decompressed <= limit else {
      return fail(.refused("it unpacks to more than its manifest says"))
    }
    self.block = UnsafeRawBufferPointer(start: block, count: count)
    return self.block
  }

  func pull(_ block: UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int {
    guard failure == nil else { return -1 }
    do throws(PackageError) {
      let count = try source.read(into: buffer)
      compressed += Int64(count)
      // Frames that decompress to nothing could otherwise go on for ever.
      guard compressed <= 2 * limit + (4 << 20) else {
        throw PackageError.refused("it has more bytes than its contents explain")
      }
      if count > 0 {
        try frames.follow(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      } else if !frames.isBetweenFrames {
        throw PackageError.refused("it ends in the middle of a zstd frame: truncated")
      }
      block?.pointee = UnsafeRawPointer(buffer.baseAddress)
      return count
    } catch {
      failure = error
      return -1
    }
  }

  private func open() -> Bool {
    let context = Unmanaged.passUnretained(self).toOpaque()
    var entry: OpaquePointer?
    guard archive_read_support_filter_zstd(reader) == ARCHIVE_OK,
      archive_read_support_format_raw(reader) == ARCHIVE_OK,
      archive_read_open(reader, context, nil, pullCompressed, nil) == ARCHIVE_OK,
      archive_read_next_header(reader, &entry) == ARCHIVE_OK
    else {
      failure = failure ?? .refused("no zstd stream: \(text(reader))")
      return false
    }
    // Exactly one layer: a zstd stream inside a zstd stream would be unwrapped as well.
    guard archive_filter_count(reader) == 2, archive_filter_code(reader, 0) == ARCHIVE_FILTER_ZSTD
    else {
      failure = .refused("no zstd stream")
      return false
    }
    isOpen = true
    return true
  }

  private func fail(_ error: PackageError) -> UnsafeRawBufferPointer? {
    failure = failure ?? error
    return nil
  }
}

/// Second stage: members of the tar stream, one after the other.
final class MemberReader {
  private let input: Decompressor
  private let reader: OpaquePointer
  private var isOpen = false

  init(_ source: any ByteSource, limit: Int64) throws(PackageError) {
    guard let reader = archive_read_new() else { throw .library("out of memory") }
    self.reader = reader
    do { input = try Decompressor(source, limit: limit) } catch {
      archive_read_free(reader)
      throw error
    }
  }

  deinit { archive_read_free(reader) }

  func raiseLimit(to limit: Int64) { input.limit = limit }

  /// Bytes of the tar stream so far; all of them once `next` has found its end.
  var decompressedBytes: Int64 { input.decompressed }

  /// Name and size of the next member, which is a plain file; nil at a clean end.
  func next() throws(PackageError) -> (path: String, size: Int64)? {
    if !isOpen { try open() }
    var entry: OpaquePointer?
    switch archive_read_next_header(reader, &entry) {
    case ARCHIVE_OK: break
    case ARCHIVE_EOF:
      try drain()
      return nil
    default: throw input.failure ?? .refused(text(reader))
    }
    guard let entry, let name = archive_entry_pathname(entry) else {
      throw .refused("a member has no name that can be read")
    }
    let path = String(cString: name)
    // It may be meant for the terminal of whoever reads the refusal.
    let shown = "`\(PathRules.printable(path))`"
    if let objection = PathRules.objection(to: path) { throw .refused("\(shown) \(objection)") }
    guard archive_entry_hardlink(entry) == nil, archive_entry_symlink(entry) == nil,
      archive_entry_filetype(entry) == regularFile
    else { throw .refused("\(shown) is not a plain file") }
    guard archive_entry_sparse_count(entry) == 0 else { throw .refused("\(shown) is sparse") }
    let size = Int64(archive_entry_size(entry))
    guard archive_entry_size_is_set(entry) != 0, size >= 0 else {
      throw .refused("\(shown) has no size")
    }
    return (path, size)
  }

  /// Contents of the current member; false at their end.
  func nextBlock(
    _ path: String, at expected: Int64,
    _ body: (UnsafeRawBufferPointer) throws(PackageError) -> Void
  ) throws(PackageError) -> Bool {
    var block: UnsafeRawPointer?
    var count = 0
    var offset: Int64 = 0
    switch archive_read_data_block(reader, &block, &count, &offset) {
    case ARCHIVE_OK: break
    case ARCHIVE_EOF: return false
    default: throw input.failure ?? .refused("`\(path)`: \(text(reader))")
    }
    guard offset == expected else { throw .refused("`\(path)` has a hole") }
    try body(UnsafeRawBufferPointer(start: block, count: count))
    return true
  }

  private func open() throws(PackageError) {
    let context = Unmanaged.passUnretained(input).toOpaque()
    guard archive_read_support_format_tar(reader) == ARCHIVE_OK,
      archive_read_open(reader, context, nil, pullDecompressed, nil) == ARCHIVE_OK
    else { throw input.failure ?? .refused("no tar stream: \(text(reader))") }
    isOpen = true
  }

  /// After the end of the tar there may be zeros up to a full block, and then nothing.
  private func drain() throws(PackageError) {
    // The tar ended somewhere in the block that was asked for last.
    let unread = input.decompressed - archive_filter_bytes(reader, 0)
    guard unread >= 0, unread <= input.block.count else { throw .refused("the tar has no end") }
    var block = UnsafeRawBufferPointer(rebasing: input.block.suffix(Int(unread)))
    var padding = 0
    while true {
      padding += block.count
      guard padding <= 64 << 10, block.allSatisfy({ $0 == 0 }) else {
        throw .refused("something follows the end of the tar")
      }
      guard let next = input.next() else { throw input.failure ?? .refused("unreadable") }
      if next.isEmpty { return }
      block = next
    }
  }
}

private func text(_ archive: OpaquePointer) -> String {
  archive_error_string(archive).map { String(cString: $0) } ?? "unreadable"
}

// Contexts are the `Decompressor`, kept alive by the object that owns the libarchive reader.
private func pullCompressed(
  _: OpaquePointer?, context: UnsafeMutableRawPointer?,
  block: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> Int {
  guard let context else { return -1 }
  return Unmanaged<Decompressor>.fromOpaque(context).takeUnretainedValue().pull(block)
}

private func pullDecompressed(
  _: OpaquePointer?, context: UnsafeMutableRawPointer?,
  block: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> Int {
  guard let context else { return -1 }
  guard let bytes = Unmanaged<Decompressor>.fromOpaque(context).takeUnretainedValue().next() else {
    return -1
  }
  block?.pointee = bytes.baseAddress
  return bytes.count
}
