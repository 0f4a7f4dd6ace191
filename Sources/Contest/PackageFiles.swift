import Glibc

/// Why a file of a contest archive could not be had.
enum FileTrouble: Error, Hashable {
  case tooLarge(limit: Int)
  case notAFile
  case leavesArchive
  case ambiguous
  case unreadable(String)

  var problem: String {
    switch self {
    case .tooLarge(let limit): "is larger than \(limit >> 10) KiB"
    case .notAFile: "is not a regular file"
    case .leavesArchive: "is a link that leads out of the archive"
    case .ambiguous: "is in the archive twice"
    case .unreadable(let why): "cannot be read (\(why))"
    }
  }
}

/// The files of a contest archive, wherever they lie. Paths are relative, with `/`.
protocol PackageFiles {
  /// nil: there is no such file.
  func contents(_ path: String, limit: Int) throws(FileTrouble) -> [UInt8]?
  /// What is directly inside a folder, sorted byte-wise; empty when there is no such folder.
  func entries(in folder: String) -> [PackageFileEntry]
}

struct PackageFileEntry: Hashable {
  var name: String
  var isFolder: Bool
}

/// A directory on disk. Symbolic links are followed only where they end inside it: the format lets
/// one system's files be links to another's, and nothing else of this machine is anybody's business.
struct DirectoryFiles: PackageFiles {
  private let root: String
  /// Where links may lead; above `root` for a folder `other-systems/<system>`.
  private let boundary: String

  init?(_ path: String) {
    guard let real = Self.realPath(path) else { return nil }
    root = real
    let parts = real.split(separator: "/")
    if parts.count >= 3, parts[parts.count - 2] == "other-systems" {
      boundary = "/" + parts.dropLast(2).joined(separator: "/")
    } else {
      boundary = real
    }
  }

  func contents(_ path: String, limit: Int) throws(FileTrouble) -> [UInt8]? {
    guard let real = Self.realPath(root + "/" + path) else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .unreadable(String(cString: strerror(errno)))
    }
    guard real == boundary || real.hasPrefix(boundary + "/") else { throw .leavesArchive }
    // O_NONBLOCK, or a fifo would hold us for ever before fstat could tell.
    let descriptor = open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .notAFile
    }
    guard status.st_size <= limit else { throw .tooLarge(limit: limit) }
    var out: [UInt8] = []
    out.reserveCapacity(Int(status.st_size))
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
      if count == 0 { return out }
      guard out.count + count <= limit else { throw .tooLarge(limit: limit) }
      out.append(contentsOf: chunk[..<count])
    }
  }

  func entries(in folder: String) -> [PackageFileEntry] {
    guard let real = Self.realPath(root + "/" + folder),
      real == boundary || real.hasPrefix(boundary + "/"), let stream = opendir(real)
    else { return [] }
    defer { closedir(stream) }
    var out: [PackageFileEntry] = []
    while let entry = readdir(stream) {
      let length = Int(entry.pointee.d_reclen)
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: length) { String(cString: $0) }
      }
      if name == "." || name == ".." { continue }
      var status = stat()
      guard lstat(real + "/" + name, &status) == 0 else { continue }
      out.append(
        PackageFileEntry(name: name, isFolder: status.st_mode & S_IFMT == S_IFDIR))
    }
    return out.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  static func realPath(_ path: String) -> String? {
    guard let pointer = realpath(path, nil) else { return nil }
    defer { free(pointer) }
    return String(cString: pointer)
  }
}

/// A zip file of the directory, read once into memory: only the endpoints that are used and the
/// submissions' files, each under its own limit and all together under `totalLimit`.
struct ZipFiles: PackageFiles {
  /// Bytes of everything that is kept, unpacked.
  static let totalLimit = 1 << 30
  static let memberLimit = 2_000_000

  private enum Member {
    case contents([UInt8])
    case trouble(FileTrouble)
  }
  private var members: [String: Member] = [:]
  private var folders: [String: Set<PackageFileEntry>] = [:]

  /// `limit` gives the largest size of a wanted path and nil for one that is not wanted.
  init(
    path: String, defects: inout DefectList, limit: (String) -> Int?
  ) throws(ArchiveTrouble) {
    let prefix = try Self.commonFolder(path)
    var reader = try ZipReader.reading(file: path)
    var total = 0
    while let entry = try reader.next() {
      guard let name = entry.name, name.hasPrefix(prefix), entry.kind != .folder else { continue }
      let inside = String(name.dropFirst(prefix.count))
      guard let limit = limit(inside) else { continue }
      let shown = inside.plainLine(limit: 120)
      let refusal: String? =
        if let reason = SourceFiles.hostility(of: inside) {
          reason
        } else if entry.isEncrypted {
          "is encrypted"
        } else if entry.kind != .file {
          "is not a regular file"
        } else {
          nil
        }
      if let refusal {
        defects.note(
          shown, "", "", "the member \(refusal) and was not read", remedy: "pack the contest again")
        members[inside] = .trouble(.unreadable(refusal))
        addToFolder(inside)
        continue
      }
      guard members[inside] == nil else {
        members[inside] = .trouble(.ambiguous)
        continue
      }
      if let contents = try reader.contents(limit: min(limit, Self.totalLimit - total)) {
        total += contents.count
        members[inside] = .contents(contents)
      } else {
        members[inside] = .trouble(.tooLarge(limit: limit))
      }
      addToFolder(inside)
    }
  }

  func contents(_ path: String, limit: Int) throws(FileTrouble) -> [UInt8]? {
    switch members[path] {
    case nil: return nil
    case .trouble(let trouble): throw trouble
    case .contents(let bytes):
      guard bytes.count <= limit else { throw .tooLarge(limit: limit) }
      return bytes
    }
  }

  func entries(in folder: String) -> [PackageFileEntry] {
    (folders[folder] ?? []).sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  private mutating func addToFolder(_ path: String) {
    var parts = path.split(separator: "/").map(String.init)
    var isFolder = false
    while let name = parts.popLast() {
      let entry = PackageFileEntry(name: name, isFolder: isFolder)
      if !folders[parts.joined(separator: "/"), default: []].insert(entry).inserted { return }
      isFolder = true
    }
  }

  /// Many people zip the folder, not what is in it: `nwerc/contest.json` instead of `contest.json`.
  private static func commonFolder(_ path: String) throws(ArchiveTrouble) -> String {
    var reader = try ZipReader.reading(file: path)
    var common: String?
    var count = 0
    while let entry = try reader.next() {
      count += 1
      guard count <= memberLimit else {
        throw ArchiveTrouble(problem: "more than \(memberLimit) members")
      }
      guard let name = entry.name, !name.hasPrefix("__MACOSX/") else { continue }
      guard let slash = name.firstIndex(of: "/") else { return "" }
      let folder = String(name[...slash])
      if let common, common != folder { return "" }
      common = folder
    }
    // Every member in `submissions/` is a contest without endpoint files, not a wrapped one.
    return common == "submissions/" || common == "../" ? "" : common ?? ""
  }
}
