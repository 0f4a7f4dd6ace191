import Glibc
import ProblemPackage

/// Writes a draft beside its target and moves it there when it is whole and reads without errors.
enum DraftWriter {
  /// - Returns: what reading the new package says; only warnings.
  /// - Throws: why nothing was written.
  static func write(
    _ draft: PackageDraft, to target: String, report: (String) -> Void
  ) throws(ImportError) -> [Diagnostic] {
    var status = stat()
    guard lstat(target, &status) != 0 else {
      throw .refused(target, "is there already; remove it or choose another place")
    }
    let name = target.lastName
    guard PathRules.isComponent(name) else {
      throw .refused(target, "the last name must have letters, digits, `_`, `.` and `-` only")
    }
    let folder = trimmed(target).folderName
    let parent = !folder.isEmpty ? folder : target.hasPrefix("/") ? "/" : "."
    try makeFolders(parent)
    let temporary = try TemporaryFolder.make(in: parent, "importing")
    defer { TemporaryFolder.remove(temporary) }
    let root = temporary + "/" + name
    guard mkdir(root, 0o755) == 0, chmod(temporary, 0o700) == 0 else {
      throw .last("make the folder", root)
    }
    let files = draft.complete()
    for path in files.keys.sorted() {
      report(path)
      if let content = files[path] { try write(content, root, path) }
    }
    let reading = PackageReader.read(directory: root)
    guard !reading.hasErrors else { throw ImportError.refused("", Self.marker(reading)) }
    guard rename(root, trimmed(target)) == 0 else { throw .last("rename to", target) }
    return reading.diagnostics
  }

  /// The folder that the new one goes into, and those above it, where they are missing.
  private static func makeFolders(_ path: String) throws(ImportError) {
    if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    let above = path.folderName
    guard errno == ENOENT, !above.isEmpty, above != path else {
      throw .last("make the folder", path)
    }
    try makeFolders(above)
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw .last("make the folder", path) }
  }

  private static func trimmed(_ path: String) -> String {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }

  /// The importers check what they know of, so this is rare; but what `pack check` would refuse must
  /// not be left behind as a success.
  private static func marker(_ reading: PackageReading) -> String {
    "the package would have errors:\n"
      + reading.diagnostics.filter { $0.severity == .error }.prefix(50).map { "  \($0)" }
      .joined(separator: "\n")
  }

  private static func write(
    _ content: PackageDraft.Content, _ root: String, _ path: String
  ) throws(ImportError) {
    var parent = root
    for part in path.split(separator: "/").dropLast() {
      parent += "/" + part
      if mkdir(parent, 0o755) != 0, errno != EEXIST { throw .last("make the folder", parent) }
    }
    let target = root + "/" + path
    let file = open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw .last("create", path) }
    defer { close(file) }
    switch content {
    case .text(let text): try writeAll(Array(text.utf8), to: file, path)
    case .script(let text):
      try writeAll(Array(text.utf8), to: file, path)
      guard fchmod(file, 0o755) == 0 else { throw .last("make executable", path) }
    case .bytes(let bytes): try writeAll(bytes, to: file, path)
    case .copy(let tree, let source, let normalised):
      var filter = LineEnds()
      try tree.stream(source) { (bytes) throws(ImportError) in
        if normalised {
          try writeAll(filter.convert(bytes), to: file, path)
        } else {
          try writeAll(bytes, to: file, path)
        }
      }
      if normalised { try writeAll(filter.end(), to: file, path) }
    }
  }
}

/// CR LF and CR become LF, and a text that does not end in LF gets one: what DMOJ does to its test
/// data and `dos2unix` to others'.
struct LineEnds {
  private var wasReturn = false
  private var last: UInt8 = 10

  mutating func convert(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    for byte in bytes {
      if byte == 10, wasReturn {
        wasReturn = false
        continue
      }
      wasReturn = byte == 13
      out.append(byte == 13 ? 10 : byte)
    }
    if let end = out.last { last = end }
    return out
  }

  /// What is missing at the end.
  func end() -> [UInt8] { last == 10 ? [] : [10] }
}
