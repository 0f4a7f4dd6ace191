internal import Foundation
internal import JudgeModel
internal import ProblemPackage

/// An open archive file. Confined to the thread of its owner.
final class ArchiveFile {
  let path: String
  private let descriptor: Int32

  init(reading path: String) throws {
    self.path = path
    descriptor = try Self.open(path, O_RDONLY)
  }

  init(creating path: String) throws {
    self.path = path
    descriptor = try Self.open(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW)
  }

  init(appendingTo path: String) throws {
    self.path = path
    descriptor = try Self.open(path, O_RDWR | O_NOFOLLOW)
  }

  deinit { close(descriptor) }

  static func move(_ path: String, to final: String) throws {
    guard rename(path, final) == 0 else {
      throw ServerError("cannot rename \(path): \(String(cString: strerror(errno)))")
    }
  }

  private static func open(_ path: String, _ flags: Int32) throws -> Int32 {
    let descriptor = Foundation.open(path, flags | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw ServerError("cannot open \(path): \(String(cString: strerror(errno)))")
    }
    return descriptor
  }

  static func synchronise(_ path: String) throws {
    let descriptor = try open(path, O_RDONLY)
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw ServerError("cannot flush \(path): \(String(cString: strerror(errno)))")
    }
  }

  func byteCount() throws -> Int64 {
    let size = lseek(descriptor, 0, SEEK_END)
    guard size >= 0 else {
      throw ServerError("cannot read \(path): \(String(cString: strerror(errno)))")
    }
    return Int64(size)
  }

  /// At most `count` bytes; fewer only at the end of the file.
  func read(at offset: Int64, count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(
          descriptor, buffer.baseAddress.map { $0 + filled }, count - filled,
          off_t(offset) + off_t(filled))
        if got < 0, errno == EINTR { continue }
        guard got >= 0 else {
          throw ServerError("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        if got == 0 { break }
        filled += got
      }
    }
  }

  /// All bytes of an extent of this file; that they are not there is an error.
  func readAll(_ extent: Extent) throws -> [UInt8] {
    let bytes = try read(at: extent.offset, count: Int(extent.length))
    guard bytes.count == Int(extent.length) else {
      throw ServerError("\(path) is cut off: push the packages that use it again")
    }
    return bytes
  }

  func write(_ bytes: [UInt8], at offset: Int64) throws {
    var done = 0
    while done < bytes.count {
      let put = bytes.withUnsafeBytes {
        pwrite(
          descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done,
          off_t(offset) + off_t(done))
      }
      if put < 0, errno == EINTR { continue }
      guard put > 0 else {
        throw ServerError("cannot write \(path): \(String(cString: strerror(errno)))")
      }
      done += put
    }
  }

  func remove() { unlink(path) }
}

/// Bytes of a virtual archive, for whoever reads archives from beginning to end.
final class ExtentSource: ByteSource {
  private var parts: [Extent]
  private let open: (SegmentName) throws -> ArchiveFile
  private var opened: (SegmentName, ArchiveFile)?

  /// - Parameters:
  ///   - parts: what to read.
  ///   - open: opens a segment.
  init(_ parts: [Extent], open: @escaping (SegmentName) throws -> ArchiveFile) {
    self.parts = parts.reversed()
    self.open = open
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(PackageError) -> Int {
    guard let part = parts.last, !buffer.isEmpty else { return 0 }
    do {
      var now = part
      now.length = min(Int64(buffer.count), part.length)
      let bytes = try file(part.segment).readAll(now)
      buffer.copyBytes(from: bytes)
      parts.removeLast()
      if part.length > now.length {
        parts.append(
          Extent(segment: part.segment, offset: now.end, length: part.length - now.length))
      }
      return bytes.count
    } catch {
      throw .refused("\(error)")
    }
  }

  private func file(_ segment: SegmentName) throws -> ArchiveFile {
    if let (name, file) = opened, name == segment { return file }
    let file = try open(segment)
    opened = (segment, file)
    return file
  }
}
