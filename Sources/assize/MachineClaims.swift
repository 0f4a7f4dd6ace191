import Foundation

/// What a process keeps for itself on this machine while it judges: user numbers and processors. Two
/// must not share either. Limits that the kernel counts by user would be shared as well, and a core for
/// itself is what `--pin` promises.
///
/// Each is a byte of one file, locked until this process ends. The locks of a process fall with the
/// first descriptor of the file that it closes, so there is one descriptor, and it stays open.
enum MachineClaims {
  private static let directory = "/run/assize"
  private static let path = directory + "/users"
  /// Beyond all user numbers.
  private static let firstProcessor: off_t = 8_000_000_000

  private static let descriptor: Int32 = {
    mkdir(directory, 0o755)
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
  }()

  /// Where user numbers are looked for when nobody named any. Most machines need the first only.
  private static let usual = [60_000] + Array(stride(from: 70_000, through: 99_000, by: 1_000))

  /// Two user numbers for each slot.
  ///
  /// - Parameter first: the lowest of them; nil takes the first range that nobody has.
  /// - Returns: the lowest.
  static func userNumbers(first: Int?, slots: Int) throws -> Int {
    // Languages are tried on as many slots as there are processors.
    let count = 2 * max(slots, ProcessInfo.processInfo.activeProcessorCount)
    var holder: Holder?
    for candidate in first.map({ [$0] }) ?? usual {
      guard let other = try claim(off_t(candidate), count) else { return candidate }
      holder = holder ?? other
    }
    let wanted = first ?? usual[0]
    let next = holder.map { Int($0.end) } ?? wanted + count
    throw CommandFailure(
      "process \(holder?.process ?? 0) on this machine runs programs under the user numbers from "
        + "\(wanted): use --uid-base \((next + 99) / 100 * 100)")
  }

  /// Whether nobody else has these processors; they are this process's then.
  static func takes(processors: [Int]) throws -> Bool {
    // By the lowest, which stands for the core.
    guard let first = processors.min() else { return true }
    return try claim(firstProcessor + off_t(first), 1) == nil
  }

  private struct Holder {
    var process: pid_t
    var end: off_t
  }

  /// Takes a range of bytes. Returns who has some of it already.
  private static func claim(_ first: off_t, _ count: Int) throws -> Holder? {
    guard descriptor >= 0 else {
      throw CommandFailure("cannot open \(path): \(String(cString: strerror(errno)))")
    }
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    (lock.l_start, lock.l_len) = (first, off_t(count))
    guard fcntl(descriptor, F_SETLK, &lock) != 0 else { return nil }
    guard errno == EAGAIN || errno == EACCES else {
      throw CommandFailure("cannot lock \(path): \(String(cString: strerror(errno)))")
    }
    guard fcntl(descriptor, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK) else {
      // Gone in the meantime; for the caller it was taken.
      return Holder(process: 0, end: first + off_t(count))
    }
    return Holder(process: lock.l_pid, end: lock.l_start + lock.l_len)
  }
}
