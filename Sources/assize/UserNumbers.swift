import Foundation

/// The user numbers that a process's submissions run under, locked for as long as it lives in a file
/// for all of this machine. Two processes must not share any: limits that the kernel counts by user
/// would be shared, and the programs of one could signal those of the other.
struct UserNumbers: Sendable {
  let first: Int

  /// Where numbers are looked for when nobody named any: ranges that Debian gives to no user. Most
  /// machines need the first only.
  private static let usual = [60_000] + Array(stride(from: 70_000, through: 99_000, by: 1_000))
  private static let directory = "/run/assize"
  private static let path = directory + "/users"

  /// Locks two numbers for each slot.
  ///
  /// - Parameter first: the lowest of them; nil takes the first range that nobody has.
  static func lock(first: Int?, slots: Int) throws -> UserNumbers {
    // Languages are tried on as many slots as there are processors.
    let count = 2 * max(slots, ProcessInfo.processInfo.activeProcessorCount)
    mkdir(directory, 0o755)
    // Stays open, and so locked, until this process ends.
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw CommandFailure("cannot open \(path): \(String(cString: strerror(errno)))")
    }
    for candidate in first.map({ [$0] }) ?? usual {
      if holder(of: candidate, count, descriptor) == nil { return UserNumbers(first: candidate) }
    }
    let wanted = first ?? usual[0]
    let other = holder(of: wanted, count, descriptor)
    close(descriptor)
    let next = other.map { Int($0.l_start + $0.l_len) } ?? wanted + count
    throw CommandFailure(
      "process \(other?.l_pid ?? 0) on this machine runs programs under the user numbers from "
        + "\(wanted): use --uid-base \((next + 99) / 100 * 100)")
  }

  /// Takes the range. Returns who has it already.
  private static func holder(of first: Int, _ count: Int, _ descriptor: Int32) -> flock? {
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    (lock.l_start, lock.l_len) = (off_t(first), off_t(count))
    guard fcntl(descriptor, F_SETLK, &lock) != 0 else { return nil }
    guard fcntl(descriptor, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK) else {
      // Gone in the meantime, or not to be had at all: for the caller it is taken.
      var unknown = flock()
      (unknown.l_start, unknown.l_len) = (off_t(first), off_t(count))
      return unknown
    }
    return lock
  }
}
