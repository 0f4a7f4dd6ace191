internal import CSandbox
import Glibc

/// A file in memory: an input that is no file yet, or a place for a program's output.
///
/// It can grow but never shrink. A program that got ``appendingDescriptor()`` as its standard output
/// can neither read back nor cut off what was written; one that got ``readingDescriptor()`` as its
/// standard input cannot change it. Both may open `/dev/stdout` or `/dev/stdin` again in the same
/// direction. Memory a program fills this way is charged to that program's run.
///
/// A descriptor taken from here is the caller's to keep until the run has been started.
public struct MemoryFile: ~Copyable, Sendable {
  private let file: OwnedDescriptor

  /// An empty file.
  public init() throws(SandboxError) {
    file = OwnedDescriptor(owning: try MemoryFile.make([]))
  }

  public init(_ contents: [UInt8]) throws(SandboxError) {
    file = OwnedDescriptor(owning: try MemoryFile.make(contents))
  }

  private static func make(_ contents: [UInt8]) throws(SandboxError) -> Int32 {
    let descriptor = assize_memory_file()
    guard descriptor >= 0 else {
      throw .file(operation: "make", path: "memory file", errno: -descriptor)
    }
    var written = 0
    while written < contents.count {
      let result = contents.withUnsafeBytes { bytes in
        write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
      }
      if result < 0 && errno == EINTR { continue }
      guard result > 0 else {
        let error = errno
        close(descriptor)
        throw .file(operation: "fill", path: "memory file", errno: error)
      }
      written += result
    }
    return descriptor
  }

  /// Readable and writable, with one offset for both: for the owner, not for a program.
  public var borrowed: BorrowedDescriptor { file.borrowed }

  /// Bytes, holes included.
  public var size: Int {
    var information = stat()
    return fstat(file.borrowed.rawValue, &information) == 0 ? Int(information.st_size) : 0
  }

  /// The bytes from the start, at most `limit` of them.
  public borrowing func readAll(limit: Int = .max) throws(SandboxError) -> [UInt8] {
    try readBytes(file.borrowed.rawValue, limit: limit)
  }

  /// Sets the offset of ``borrowed`` to the start.
  public borrowing func rewind() { lseek(file.borrowed.rawValue, 0, SEEK_SET) }

  /// A read-only descriptor with an offset of its own, at the start: a program's standard input.
  /// The file is open to programs for reading from now on.
  public borrowing func readingDescriptor() throws(SandboxError) -> OwnedDescriptor {
    try owned(assize_reopen_for_reading(file.borrowed.rawValue))
  }

  /// A write-only descriptor that appends: a program's standard output. The file is open to
  /// programs for writing from now on.
  public borrowing func appendingDescriptor() throws(SandboxError) -> OwnedDescriptor {
    try owned(assize_reopen_for_appending(file.borrowed.rawValue))
  }

  private borrowing func owned(_ descriptor: Int32) throws(SandboxError) -> OwnedDescriptor {
    guard descriptor >= 0 else {
      throw .file(operation: "open", path: "memory file (is /proc mounted?)", errno: -descriptor)
    }
    return OwnedDescriptor(owning: descriptor)
  }
}
