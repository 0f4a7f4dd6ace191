import Glibc

/// A descriptor that somebody else owns and keeps open while it is used here.
public struct BorrowedDescriptor: Sendable, Equatable {
  public let rawValue: Int32

  public init(_ rawValue: Int32) { self.rawValue = rawValue }
}

/// A descriptor and the duty to close it.
public struct OwnedDescriptor: ~Copyable, Sendable {
  private let value: Int32

  /// Takes over `rawValue`, which nobody else may close from now on.
  public init(owning rawValue: Int32) { value = rawValue }

  deinit { close(value) }

  public var borrowed: BorrowedDescriptor { BorrowedDescriptor(value) }

  /// The bytes from the start of the file, at most `limit` of them.
  public borrowing func readAll(limit: Int) throws(SandboxError) -> [UInt8] {
    try readBytes(value, limit: limit)
  }
}

/// Reads a file from its start, whatever the descriptor's offset, which stays as it is.
func readBytes(_ descriptor: Int32, limit: Int) throws(SandboxError) -> [UInt8] {
  var information = stat()
  guard fstat(descriptor, &information) == 0 else {
    throw .file(operation: "read", path: "descriptor \(descriptor)", errno: errno)
  }
  let wanted = max(0, min(limit, Int(information.st_size)))
  var failure: Int32 = 0
  let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
    while count < wanted {
      guard let base = buffer.baseAddress else { return }
      let got = pread(descriptor, base + count, wanted - count, off_t(count))
      if got < 0 && errno == EINTR { continue }
      if got < 0 { failure = errno }
      if got <= 0 { return }
      count += got
    }
  }
  guard failure == 0 else {
    throw .file(operation: "read", path: "descriptor \(descriptor)", errno: failure)
  }
  return bytes
}

/// The whole of a small text file, such as those of procfs and cgroupfs; nil when it is not there.
func readText(_ path: String) -> String? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var all: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 16 * 1024)
  while all.count < 4 << 20 {
    let size = chunk.count
    let got = read(descriptor, &chunk, size)
    if got < 0 && errno == EINTR { continue }
    if got <= 0 { break }
    all.append(contentsOf: chunk.prefix(got))
  }
  return String(decoding: all, as: UTF8.self)
}

/// Writes a control file in one piece. Returns 0 or an errno.
func writeText(_ path: String, _ text: String) -> Int32 {
  let descriptor = open(path, O_WRONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return errno }
  defer { close(descriptor) }
  var bytes = Array(text.utf8)
  let count = bytes.count
  return write(descriptor, &bytes, count) == count ? 0 : errno
}

/// The names in a directory but `.` and `..`; empty when it cannot be read.
func directoryNames(_ path: String) -> [String] {
  guard let directory = opendir(path) else { return [] }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let capacity = MemoryLayout.size(ofValue: entry.pointee.d_name)
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: capacity) { String(cString: $0) }
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names
}

/// Makes a directory and its missing parents. Returns 0 or an errno.
func makeDirectories(_ path: String, mode: mode_t = 0o755) -> Int32 {
  var partial = path.hasPrefix("/") ? "" : "."
  var result: Int32 = 0
  for component in path.split(separator: "/") {
    partial += "/" + component
    result = mkdir(partial, mode) == 0 || errno == EEXIST ? 0 : errno
  }
  return result
}
