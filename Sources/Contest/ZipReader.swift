import CArchive
import Glibc

/// One member of a zip file as its central directory describes it.
struct ZipEntry {
  enum Kind: Hashable { case file, folder, link, other }
  /// nil when it cannot be read as text.
  var name: String?
  var kind: Kind
  var isEncrypted: Bool
}

/// Why an archive, or the set of files in it, cannot be used.
struct ArchiveTrouble: Error, Hashable {
  var problem: String
}

/// Reads the members of one zip file in turn, into memory; nothing is ever unpacked to a disk, so
/// that no name in an archive can name a file of this machine.
///
/// Only libarchive's seeking zip reader is switched on: the central directory is what counts, and
/// the formats with a history of holes cannot be smuggled in under a `.zip` name.
struct ZipReader: ~Copyable {
  private let handle: OpaquePointer
  private var entry: OpaquePointer?
  /// What the handle reads from, when it reads memory.
  private let storage: UnsafeMutableRawBufferPointer?

  static func reading(_ bytes: [UInt8]) throws(ArchiveTrouble) -> ZipReader {
    guard !ZipNames.disagree(in: bytes) else {
      throw ArchiveTrouble(problem: "its headers contradict each other")
    }
    let storage = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(bytes.count, 1), alignment: 1)
    storage.copyBytes(from: bytes)
    let reader = ZipReader(handle: try makeHandle(orFree: storage), storage: storage)
    guard archive_read_open_memory(reader.handle, storage.baseAddress, bytes.count) == ARCHIVE_OK
    else { throw reader.trouble("not a zip file, or an empty one") }
    return reader
  }

  static func reading(file path: String) throws(ArchiveTrouble) -> ZipReader {
    let reader = ZipReader(handle: try makeHandle(orFree: nil), storage: nil)
    guard archive_read_open_filename(reader.handle, path, 1 << 16) == ARCHIVE_OK else {
      throw reader.trouble("not a zip file, or an empty one")
    }
    return reader
  }

  private init(handle: OpaquePointer, storage: UnsafeMutableRawBufferPointer?) {
    self.handle = handle
    self.storage = storage
  }

  deinit {
    archive_read_free(handle)
    storage?.deallocate()
  }

  private static func makeHandle(
    orFree storage: UnsafeMutableRawBufferPointer?
  ) throws(ArchiveTrouble) -> OpaquePointer {
    guard let handle = archive_read_new() else {
      storage?.deallocate()
      throw ArchiveTrouble(problem: "no memory for reading it")
    }
    archive_read_support_format_zip_seekable(handle)
    return handle
  }

  /// libarchive's own words are kept: they name the damage.
  private func trouble(_ fallback: String) -> ArchiveTrouble {
    guard let text = archive_error_string(handle).map({ String(cString: $0) }),
      !text.isEmpty, text != "Unrecognized archive format"
    else { return ArchiveTrouble(problem: fallback) }
    return ArchiveTrouble(problem: "\(fallback) (\(text))")
  }

  /// nil after the last member.
  mutating func next() throws(ArchiveTrouble) -> ZipEntry? {
    let status = Self.inUnicode { archive_read_next_header(handle, &entry) }
    if status == ARCHIVE_EOF { return nil }
    guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let entry else {
      throw trouble("not a readable zip file")
    }
    // A warning: a name in no known encoding is only awkward, but two headers that disagree about a
    // member's size are how one archive is made to look different to two readers.
    if status == ARCHIVE_WARN, let text = archive_error_string(handle),
      String(cString: text).hasPrefix("Inconsistent")
    {
      throw trouble("its headers contradict each other")
    }
    let name = Self.inUnicode {
      (archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry)).map {
        String(cString: $0)
      }
    }
    // libarchive's AE_IF… are S_IF… by another name, and macros that Swift does not see.
    let type = archive_entry_filetype(entry)
    let isLink = archive_entry_symlink(entry) != nil || archive_entry_hardlink(entry) != nil
    let kind: ZipEntry.Kind =
      switch type {
      case _ where isLink || type == S_IFLNK: .link
      case S_IFREG: .file
      case S_IFDIR: .folder
      default: .other
      }
    return ZipEntry(
      name: name, kind: kind,
      isEncrypted: archive_entry_is_encrypted(entry) != 0)
  }

  /// libarchive keeps names in the encoding of the locale and loses those it cannot express: in the C
  /// locale, which a service usually has, everything that is not ASCII. The locale of this thread
  /// alone is changed, for the call alone.
  private static func inUnicode<Value>(_ body: () -> Value) -> Value {
    guard let unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil) else { return body() }
    let former = uselocale(unicode)
    defer {
      uselocale(former)
      freelocale(unicode)
    }
    return body()
  }

  /// The current member's contents; nil when there are more than `limit` bytes, whatever its header
  /// claims: a bomb costs `limit` bytes and no more.
  mutating func contents(limit: Int) throws(ArchiveTrouble) -> [UInt8]? {
    var out: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = chunk.withUnsafeMutableBytes {
        archive_read_data(handle, $0.baseAddress, $0.count)
      }
      guard count >= 0 else { throw trouble("a member is damaged") }
      if count == 0 { return out }
      guard out.count + count <= limit else { return nil }
      out.append(contentsOf: chunk[..<count])
    }
  }
}
