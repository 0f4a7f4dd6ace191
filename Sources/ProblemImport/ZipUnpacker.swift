import CArchive
import Glibc

/// Unpacks a zip archive that somebody sent into a fresh private folder.
///
/// libarchive finds and inflates the members; names are judged and files written here. Only its seeking
/// zip reader is switched on: the central directory is what counts.
enum ZipUnpacker {
  /// Bytes of all members together.
  static let totalLimit: Int64 = 16 << 30
  /// How much larger than the archive its contents may be, above `alwaysAllowed`: deflate reaches a
  /// thousand, test data rarely more than a hundred.
  static let ratioLimit: Int64 = 300
  static let alwaysAllowed: Int64 = 1 << 30

  /// - Returns: the listed contents; the folder goes with it.
  /// - Throws: what is wrong with the archive. Nothing is left then.
  static func unpack(_ archive: String) throws(ImportError) -> SourceTree {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    let folder = try TemporaryFolder.make(in: base, "assize-import")
    do throws(ImportError) {
      try unpack(archive, into: folder)
      return try SourceTree(
        folder: folder, temporary: folder, name: String(archive.lastName.dropLast(4)))
    } catch {
      TemporaryFolder.remove(folder)
      throw error
    }
  }

  private static func unpack(_ archive: String, into folder: String) throws(ImportError) {
    var status = stat()
    guard stat(archive, &status) == 0 else { throw .last("read", archive) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .refused(archive.lastName, "is neither a folder nor a zip file")
    }
    let budget = min(totalLimit, max(alwaysAllowed, Int64(status.st_size) * ratioLimit))
    guard let handle = archive_read_new() else {
      throw .system(operation: "read", path: archive, errno: ENOMEM)
    }
    defer { archive_read_free(handle) }
    archive_read_support_format_zip_seekable(handle)
    guard archive_read_open_filename(handle, archive, 1 << 16) == ARCHIVE_OK else {
      throw .refused(archive.lastName, "is not a zip file")
    }
    var left = budget
    var entries = 0
    var folded: Set<String> = []
    while true {
      var entry: OpaquePointer?
      let result = inUnicode { archive_read_next_header(handle, &entry) }
      if result == ARCHIVE_EOF { return }
      guard result == ARCHIVE_OK || result == ARCHIVE_WARN, let entry else {
        throw .refused(archive.lastName, "is damaged: \(trouble(handle))")
      }
      if result == ARCHIVE_WARN, trouble(handle).hasPrefix("Inconsistent") {
        throw .refused(archive.lastName, "its headers contradict each other")
      }
      entries += 1
      guard entries <= SourceTree.entryLimit else {
        throw .refused(archive.lastName, "has more than \(SourceTree.entryLimit) members")
      }
      guard let name = try memberName(entry, archive) else { continue }
      guard folded.insert(name.lowercased()).inserted else {
        throw .refused(archive.lastName, "holds `\(name)` twice, or differing in letter case only")
      }
      try write(handle, name, folder, &left, archive)
    }
  }

  private static func trouble(_ handle: OpaquePointer) -> String {
    archive_error_string(handle).map { String(cString: $0) } ?? "unknown damage"
  }

  /// The name of a file; nil for a folder and for what is hidden. Throws for anything that could be
  /// meant to lead elsewhere.
  private static func memberName(
    _ entry: OpaquePointer, _ archive: String
  ) throws(ImportError) -> String? {
    let name = inUnicode {
      (archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry)).map {
        String(cString: $0)
      }
    }
    guard let name, !name.isEmpty, name.utf8.count <= 1024 else {
      throw .refused(archive.lastName, "a member's name is empty, too long or unreadable")
    }
    let shown = name.unicodeScalars.map { $0.value < 32 ? "?" : String($0) }.joined()
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    if name.hasPrefix("/") || parts.contains("..") || parts.contains(".") || name.contains("\\")
      || name.unicodeScalars.contains(where: { $0.value < 32 })
    {
      throw .refused(
        archive.lastName,
        "the member `\(shown)` would lie outside of its folder or has a strange name; pack it again"
      )
    }
    if archive_entry_is_encrypted(entry) != 0 {
      throw .refused(archive.lastName, "`\(shown)` is encrypted; pack it without a password")
    }
    let type = archive_entry_filetype(entry)
    if archive_entry_symlink(entry) != nil || archive_entry_hardlink(entry) != nil
      || type == S_IFLNK
    {
      throw .refused(archive.lastName, "`\(shown)` is a link; pack the file itself")
    }
    if type == S_IFDIR || name.hasSuffix("/") { return nil }
    guard type == S_IFREG else { throw .refused(archive.lastName, "`\(shown)` is no regular file") }
    guard !parts.contains(where: { $0.isEmpty || $0.utf8.count > 255 }),
      parts.count <= SourceTree.depthLimit
    else { throw .refused(archive.lastName, "`\(shown)` is not a usable name") }
    return parts.contains { $0.hasPrefix(".") } ? nil : name
  }

  private static func write(
    _ handle: OpaquePointer, _ name: String, _ folder: String, _ left: inout Int64,
    _ archive: String
  ) throws(ImportError) {
    var parent = folder
    for part in name.split(separator: "/").dropLast() {
      parent += "/" + part
      if mkdir(parent, 0o700) != 0, errno != EEXIST { throw .last("make the folder", parent) }
    }
    let path = folder + "/" + name
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .last("create", path) }
    defer { close(file) }
    var size: Int64 = 0
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = archive_read_data(handle, buffer.baseAddress, buffer.count)
      guard count >= 0 else {
        throw .refused(archive.lastName, "`\(name)` is damaged: \(trouble(handle))")
      }
      if count == 0 { return }
      size += Int64(count)
      left -= Int64(count)
      guard size <= SourceTree.fileLimit else {
        throw .refused(
          archive.lastName, "`\(name)` has more than \(SourceTree.fileLimit >> 20) MiB")
      }
      guard left >= 0 else {
        throw .refused(
          archive.lastName, "unpacks to far more than its size: refused as a bomb; give the folder")
      }
      try writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: file, path)
    }
  }

  /// libarchive keeps names in the encoding of the locale: that of this thread is changed for the call.
  private static func inUnicode<Value>(_ body: () -> Value) -> Value {
    guard let unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil) else { return body() }
    let former = uselocale(unicode)
    defer {
      uselocale(former)
      freelocale(unicode)
    }
    return body()
  }
}

func writeAll(_ bytes: [UInt8], to file: Int32, _ path: String) throws(ImportError) {
  try bytes.withUnsafeBufferPointer { (buffer) throws(ImportError) in
    try writeAll(UnsafeRawBufferPointer(buffer), to: file, path)
  }
}

func writeAll(
  _ bytes: UnsafeRawBufferPointer, to file: Int32, _ path: String
) throws(ImportError) {
  var rest = bytes[...]
  while !rest.isEmpty {
    let slice = UnsafeRawBufferPointer(rebasing: rest)
    let count = write(file, slice.baseAddress, slice.count)
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { throw .last("write", path) }
    rest = rest.dropFirst(count)
  }
}
