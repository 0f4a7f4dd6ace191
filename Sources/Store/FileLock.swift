import Glibc

/// Exclusive right to a record, held as long as this value lives and given up by the kernel when the
/// process ends in whatever way.
///
/// The lock is on a file of its own beside the database, because SQLite's own locks on the database
/// come and go with its transactions. The file stays: removing it would let two processes each
/// hold a lock on a file of that name.
struct FileLock: ~Copyable {
  private let descriptor: CInt

  init(besides database: String) throws(StoreError) {
    let path = database + ".lock"
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw .inaccessible(path: path, reason: String(cString: strerror(errno)))
    }
    guard Self.take(descriptor) else {
      let code = errno
      let holder = Self.note(descriptor)
      _ = Glibc.close(descriptor)
      guard code == EWOULDBLOCK else {
        throw .inaccessible(path: path, reason: String(cString: strerror(code)))
      }
      throw .locked(path: database, holder: holder)
    }
    self.descriptor = descriptor
    // For the person who meets the lock; who holds it does not depend on this text.
    let note = Array("process \(getpid())\n".utf8)
    _ = ftruncate(descriptor, 0)
    _ = note.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
  }

  /// A program that another thread starts has a copy of every descriptor from its fork to its exec, and
  /// with it a lock that this process has given up: that is over in a moment.
  private static func take(_ descriptor: CInt) -> Bool {
    for _ in 0..<50 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
      guard errno == EWOULDBLOCK, note(descriptor) == "process \(getpid())" else { return false }
      usleep(10_000)
    }
    errno = EWOULDBLOCK
    return false
  }

  deinit { _ = Glibc.close(descriptor) }

  private static func note(_ descriptor: CInt) -> String? {
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
    guard count > 0 else { return nil }
    let text = String(decoding: buffer.prefix(count).prefix { $0 >= 32 && $0 < 127 }, as: UTF8.self)
    return text.isEmpty ? nil : text
  }
}
