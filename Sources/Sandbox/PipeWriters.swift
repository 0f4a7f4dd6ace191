internal import Foundation

/// Who can still write into a pipe.
public enum PipeWriters {
  /// Whether a process other than this one has the write end of a pipe open. Looks through `/proc`, some
  /// milliseconds on a busy machine, so it is for those who wait anyway.
  ///
  /// What cannot be read counts as no writer only where the process is gone; a process that is just
  /// being started by this one may have copies, and then the answer is yes for a moment too long.
  ///
  /// - Parameter descriptor: any end of the pipe.
  public static func exist(elsewhere descriptor: Int32) -> Bool {
    guard let pipe = target("/proc/self/fd/\(descriptor)") else { return true }
    let own = "\(getpid())"
    guard let processes = opendir("/proc") else { return true }
    defer { closedir(processes) }
    while let entry = readdir(processes) {
      let name = text(of: entry)
      guard name.utf8.first.map({ (48...57).contains($0) }) == true, name != own else { continue }
      if writes(to: pipe, "/proc/\(name)") { return true }
    }
    return false
  }

  private static func writes(to pipe: String, _ process: String) -> Bool {
    guard let descriptors = opendir(process + "/fd") else { return false }
    defer { closedir(descriptors) }
    while let entry = readdir(descriptors) {
      let name = text(of: entry)
      guard target("\(process)/fd/\(name)") == pipe else { continue }
      // A descriptor's link may be followed by whoever can write through it: its mode says that.
      var status = stat()
      guard lstat("\(process)/fd/\(name)", &status) == 0 else { continue }
      if status.st_mode & S_IWUSR != 0 { return true }
    }
    return false
  }

  private static func target(_ link: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
      guard let start = buffer.baseAddress else { return nil }
      let count = readlink(link, start, buffer.count)
      guard count > 0 else { return nil }
      return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }
  }

  private static func text(of entry: UnsafeMutablePointer<dirent>) -> String {
    withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
  }
}
