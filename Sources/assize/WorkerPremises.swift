import Foundation

/// The cache directory, held by one process at a time: two would delete each other's files.
struct CacheDirectory {
  let path: String
  private let descriptor: Int32

  /// For a worker, which makes the directory where it is missing.
  init(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw CommandFailure(
        "cannot create the cache directory \(path): \(error.localizedDescription); choose another "
          + "with --cache")
    }
    try self.init(
      locking: path,
      otherwise: "another worker, or `assize cache`, uses the cache directory \(path): give each "
        + "worker its own with --cache")
  }

  /// For somebody who looks after a worker's directory while the worker does not run.
  init(existing path: String) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path + "/blobs", isDirectory: &isDirectory),
      isDirectory.boolValue
    else {
      throw CommandFailure(
        "\(path) is no worker's cache directory: name the one that the worker was given with "
          + "--cache")
    }
    try self.init(
      locking: path,
      otherwise: "a worker uses the cache directory \(path): stop it first, and start it again "
        + "afterwards")
  }

  private init(locking path: String, otherwise refusal: String) throws {
    self.path = path
    let file = path + "/lock"
    descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw CommandFailure("cannot open \(file): \(String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw CommandFailure(refusal)
    }
  }

  /// The kernel does it as well, at the latest when the process ends.
  func release() { close(descriptor) }

  /// Bytes that packages could take here at most: what is free and what they take already.
  var roomBytes: Int64 {
    var disk = statvfs()
    guard statvfs(path, &disk) == 0 else { return 0 }
    let (free, overflow) = Int64(clamping: disk.f_bavail)
      .multipliedReportingOverflow(by: Int64(clamping: disk.f_frsize))
    let (room, tooMuch) = free.addingReportingOverflow(takenBytes)
    return overflow || tooMuch ? .max : room
  }

  /// Bytes of the files below the directory: packages of an earlier run.
  private var takenBytes: Int64 {
    let files = FileManager.default.enumerator(
      at: URL(fileURLWithPath: path), includingPropertiesForKeys: [.fileSizeKey])
    var total: Int64 = 0
    while let file = files?.nextObject() as? URL {
      let size = try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize
      total += Int64(size ?? 0)
    }
    return total
  }

  /// The host's name with a suffix that was drawn at the first start, so that a worker has the same
  /// name after a restart, and two machines of one name have different ones.
  func workerName() throws -> String {
    let file = path + "/name"
    if let text = try? String(contentsOfFile: file, encoding: .utf8) {
      let name = text.trimmingCharacters(in: .whitespacesAndNewlines)
      if (1...64).contains(name.utf8.count), name.utf8.allSatisfy({ (33...126).contains($0) }) {
        return name
      }
    }
    let host = ProcessInfo.processInfo.hostName.split(separator: ".").first.map(String.init) ?? ""
    let kept = host.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }.prefix(40)
    let suffix = (0..<4).map { _ in String("abcdefghjkmnpqrstuvwxyz23456789".randomElement() ?? "x")
    }
    let name = (kept.isEmpty ? "worker" : String(kept)) + "-" + suffix.joined()
    do {
      try (name + "\n").write(toFile: file, atomically: true, encoding: .utf8)
    } catch {
      throw CommandFailure("cannot write \(file): \(error.localizedDescription)")
    }
    return name
  }
}
