import Foundation
import ProblemPackage

/// The files of a foreign problem, listed once. Nothing outside of its folder can be reached through
/// it: only what was listed is ever opened, and symbolic links are not listed.
final class SourceTree {
  /// Absolute, without a slash at the end.
  /// What people call it.
  let name: String
  let root: String
  /// Bytes of every regular file, by its path in the folder.
  private(set) var sizes: [String: Int64] = [:]
  /// Paths in byte order.
  private(set) var paths: [String] = []
  /// Entries that are neither files nor directories, symbolic links among them.
  private(set) var links: Set<String> = []
  /// Removed with this object, when an archive was unpacked for it.
  private let temporary: String?

  /// More entries than any real problem has.
  static let entryLimit = 200_000
  static let depthLimit = 32
  /// Bytes of one file; larger ones cannot be in a package.
  static let fileLimit: Int64 = 1 << 30

  /// - Throws: why the folder cannot be used as a whole.
  /// - Parameter name: what people call it, when the folder's own name is not that.
  init(folder: String, temporary: String? = nil, name: String? = nil) throws(ImportError) {
    self.temporary = temporary
    guard let resolved = realpath(folder, nil) else { throw .last("open", folder) }
    root = String(cString: resolved)
    free(resolved)
    self.name = name ?? root.lastName
    var entries = 0
    try walk("", depth: 0, &entries)
    paths = sizes.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  deinit {
    if let temporary { TemporaryFolder.remove(temporary) }
  }

  private func walk(_ folder: String, depth: Int, _ entries: inout Int) throws(ImportError) {
    let place = folder.isEmpty ? root : root + "/" + folder
    guard depth < Self.depthLimit else {
      throw .refused(folder, "more than \(Self.depthLimit) folders deep; flatten it")
    }
    guard let directory = opendir(place) else { throw .last("list", place) }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let spelt = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
      }
      guard let name = spelt else {
        throw .refused(place, "has a file whose name is not UTF-8; rename it")
      }
      // Hidden entries are version control and editors' files in every format.
      guard !name.hasPrefix(".") else { continue }
      entries += 1
      guard entries <= Self.entryLimit else {
        throw .refused("", "more than \(Self.entryLimit) files; import a folder of one problem")
      }
      let path = folder.isEmpty ? name : folder + "/" + name
      var status = stat()
      guard lstat(root + "/" + path, &status) == 0 else { throw .last("look at", path) }
      switch status.st_mode & S_IFMT {
      case S_IFREG: sizes[path] = Int64(status.st_size)
      case S_IFDIR: try walk(path, depth: depth + 1, &entries)
      default: links.insert(path)
      }
    }
  }

  func has(_ path: String) -> Bool { sizes[path] != nil }

  /// Paths of the files directly in a folder, in byte order.
  func files(in folder: String) -> [String] {
    let prefix = folder.isEmpty ? "" : folder + "/"
    return paths.filter { $0.hasPrefix(prefix) && !$0.dropFirst(prefix.count).contains("/") }
  }

  /// Why there is no file at `path`, for a finding.
  func absence(of path: String) -> String {
    if links.contains(path) {
      return "is a symbolic link or no file at all, which is not followed; put a copy there"
    }
    return "is missing"
  }

  /// The whole of a small file.
  func contents(_ path: String, limit: Int = 1 << 20) throws(ImportError) -> [UInt8] {
    guard let size = sizes[path] else { throw .refused(path, absence(of: path)) }
    guard size <= limit else {
      throw .refused(path, "has \(size) bytes, more than the \(limit) such a file may have")
    }
    var out: [UInt8] = []
    try stream(path, limit: Int64(limit)) { (bytes) throws(ImportError) in
      out.append(contentsOf: bytes)
    }
    return out
  }

  /// Gives the bytes of a listed file piece by piece.
  func stream(
    _ path: String, limit: Int64 = SourceTree.fileLimit,
    _ body: (UnsafeRawBufferPointer) throws(ImportError) -> Void
  ) throws(ImportError) {
    guard has(path) else { throw .refused(path, absence(of: path)) }
    // Listed as a regular file; if it has become something else since, that is refused here.
    let file = open(root + "/" + path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { throw .last("read", path) }
    defer { close(file) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    defer { buffer.deallocate() }
    var total: Int64 = 0
    while true {
      let count = read(file, buffer.baseAddress, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .last("read", path) }
      if count == 0 { return }
      total += Int64(count)
      guard total <= limit else { throw .refused(path, "has more than \(limit) bytes") }
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }
}

/// Why an import cannot go on at all.
public enum ImportError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A rule about what is read is broken; the path may be empty.
  case refused(String, String)
  /// A call to the operating system failed.
  case system(operation: String, path: String, errno: Int32)

  public var description: String {
    switch self {
    case .refused(let path, let text): path.isEmpty ? text : "\(path): \(text)"
    case .system(let operation, let path, let code):
      "cannot \(operation) \(path): \(String(cString: strerror(code)))"
    }
  }

  /// The calling thread's `errno`, taken at once.
  static func last(_ operation: String, _ path: String) -> ImportError {
    .system(operation: operation, path: path, errno: errno)
  }
}

/// Private folders for what was unpacked or is not finished.
enum TemporaryFolder {
  /// - Parameter base: the folder that it lies in; its name is hidden.
  static func make(in base: String, _ name: String) throws(ImportError) -> String {
    var template = Array("\(base)/.\(name)-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw .last("make a folder in", base) }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Removes a folder and all in it; follows no links.
  static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}

extension String {
  /// The part after the last `/`.
  var lastName: String { String(split(separator: "/").last ?? "") }
  /// The part before the last `/`; empty when there is none.
  var folderName: String {
    guard let slash = lastIndex(of: "/") else { return "" }
    return String(self[..<slash])
  }
  /// The last name without what follows its last dot.
  var stem: String {
    let name = lastName
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return name }
    return String(name[..<dot])
  }
}
