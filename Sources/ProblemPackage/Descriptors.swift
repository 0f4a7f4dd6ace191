import Glibc

/// Owns a file descriptor and closes it.
struct OwnedDescriptor: ~Copyable {
  let raw: Int32

  init(adopting raw: Int32) { self.raw = raw }
  deinit { close(raw) }

  static func open(
    _ path: String, _ flags: Int32, mode: mode_t = 0, _ operation: String = "open"
  ) throws(PackageError) -> OwnedDescriptor {
    let raw = Glibc.open(path, flags | O_CLOEXEC, mode)
    guard raw >= 0 else { throw .last(operation, path) }
    return OwnedDescriptor(adopting: raw)
  }

  /// For reading; anything but a regular file is an error. Opened without blocking, so that a FIFO
  /// in a package cannot hold the reader for ever.
  static func regularFile(_ path: String) throws(PackageError) -> OwnedDescriptor {
    let file = try open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, "read")
    let status = try file.status(path)
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .system(operation: "read", path: path, errno: EINVAL)
    }
    return file
  }

  /// New, for writing; fails when the name is taken, by a link too.
  static func create(_ path: String, mode: mode_t) throws(PackageError) -> OwnedDescriptor {
    try open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode, "create")
  }

  func status(_ path: String) throws(PackageError) -> stat {
    var status = stat()
    guard fstat(raw, &status) == 0 else { throw .last("stat", path) }
    return status
  }

  func write(_ bytes: UnsafeRawBufferPointer, _ path: String) throws(PackageError) {
    try Self.write(bytes, to: raw, path)
  }

  static func write(
    _ bytes: UnsafeRawBufferPointer, to raw: Int32, _ path: String
  ) throws(PackageError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let slice = UnsafeRawBufferPointer(rebasing: rest)
      let count = Glibc.write(raw, slice.baseAddress, slice.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .last("write", path) }
      rest = rest.dropFirst(count)
    }
  }

  func write(_ bytes: [UInt8], _ path: String) throws(PackageError) {
    let raw = raw
    try bytes.withUnsafeBufferPointer { (source) throws(PackageError) in
      try Self.write(UnsafeRawBufferPointer(source), to: raw, path)
    }
  }

  /// Reads until `buffer` is full or the file ends.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64? = nil, _ path: String
  ) throws(PackageError) -> Int {
    var filled = 0
    while filled < buffer.count {
      let target = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let count =
        if let offset {
          pread(raw, target.baseAddress, target.count, off_t(offset) + off_t(filled))
        } else {
          Glibc.read(raw, target.baseAddress, target.count)
        }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .last("read", path) }
      if count == 0 { break }
      filled += count
    }
    return filled
  }

  func sync(_ path: String) throws(PackageError) {
    guard fsync(raw) == 0 else { throw .last("fsync", path) }
  }
}

/// A block of a file, reused from file to file.
struct ReadBuffer: ~Copyable {
  private let storage = UnsafeMutableRawBufferPointer.allocate(
    byteCount: 128 << 10, alignment: 16)
  private(set) var count = 0

  deinit { storage.deallocate() }

  /// False at the end of the file.
  mutating func fill(from file: borrowing OwnedDescriptor, _ path: String) throws(PackageError)
    -> Bool
  {
    count = try file.read(into: storage, path)
    return count > 0
  }

  func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try body(UnsafeRawBufferPointer(rebasing: storage[..<count]))
  }
}

/// Whole files and directories, for the places where there is nothing to stream.
enum Disk {
  /// Nil when there is no such file. A file above `limit` bytes is an error.
  static func contents(_ path: String, limit: Int) throws(PackageError) -> [UInt8]? {
    var status = stat()
    if stat(path, &status) != 0 && errno == ENOENT { return nil }
    let file = try OwnedDescriptor.regularFile(path)
    let size = try file.status(path).st_size
    guard size <= limit else { throw .system(operation: "read", path: path, errno: EFBIG) }
    let raw = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(size), alignment: 1)
    defer { raw.deallocate() }
    let count = try file.read(into: raw, path)
    return Array(raw[..<count])
  }

  /// Durable under its name when this returns, or not there at all.
  static func publish(_ bytes: [UInt8], as path: String, temporary: String, mode: mode_t)
    throws(PackageError)
  {
    do throws(PackageError) {
      let file = try OwnedDescriptor.create(temporary, mode: mode)
      try file.write(bytes, temporary)
      try file.sync(temporary)
      try move(temporary, to: path)
    } catch {
      unlink(temporary)
      throw error
    }
    try syncDirectory(directoryOf(path))
  }

  static func move(_ from: String, to: String) throws(PackageError) {
    guard rename(from, to) == 0 else { throw .last("rename to", to) }
  }

  static func syncDirectory(_ path: String) throws(PackageError) {
    try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY).sync(path)
  }

  static func makeDirectory(_ path: String) throws(PackageError) {
    if mkdir(path, 0o755) != 0 && errno != EEXIST { throw .last("create directory", path) }
  }

  static func directoryOf(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Names in a directory, in no order, without `.` and `..`.
  static func names(in path: String) throws(PackageError) -> [String] {
    guard let directory = opendir(path) else { throw .last("list", path) }
    defer { closedir(directory) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(directory) else { break }
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    guard errno == 0 else { throw .last("list", path) }
    return names
  }
}
