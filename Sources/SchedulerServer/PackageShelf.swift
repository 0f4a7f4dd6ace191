internal import Foundation
internal import JudgeModel
internal import ProblemPackage

/// The scheduler's packages: one archive file each, named by the package's digest. A file with its
/// final name is complete and verified.
struct PackageShelf: Sendable {
  let directory: String

  /// Creates the directory and clears away what a crash left half-written.
  init(directory: String) throws {
    self.directory = directory
    let files = FileManager.default
    do {
      try files.createDirectory(
        atPath: directory, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
      for name in try files.contentsOfDirectory(atPath: directory) where name.hasSuffix(".part") {
        try files.removeItem(atPath: directory + "/" + name)
      }
    } catch {
      throw ServerError("cannot use \(directory): \(error.localizedDescription)")
    }
  }

  func path(_ package: Digest) -> String { "\(directory)/\(package.hex).tar.zst" }
  func temporaryPath(_ package: Digest) -> String { "\(directory)/\(package.hex).part" }
  func holds(_ package: Digest) -> Bool { access(path(package), R_OK) == 0 }

  /// Verifies every byte of an uploaded archive and gives it its final name.
  func publish(_ temporary: String, as package: Digest) throws -> PackageManifest {
    let manifest = try PackageArchive.verify(temporary)
    guard manifest.digest == package else {
      throw ServerError(
        "the archive holds another package than was announced: pack it again")
    }
    try ArchiveFile.synchronise(temporary)
    guard rename(temporary, path(package)) == 0 else {
      throw ServerError("cannot rename \(temporary): \(String(cString: strerror(errno)))")
    }
    try ArchiveFile.synchronise(directory)
    return manifest
  }

  /// Checks a package that has its final name.
  func verify(_ package: Digest) throws -> (PackageManifest, archiveBytes: Int64) {
    let path = path(package)
    let manifest = try PackageArchive.verify(path)
    guard manifest.digest == package else {
      throw ServerError("\(path) holds another package: delete it and push again")
    }
    return (manifest, try ArchiveFile(reading: path).byteCount())
  }
}

/// An open archive file. Confined to the thread of its owner.
final class ArchiveFile {
  let path: String
  private let descriptor: Int32

  init(reading path: String) throws {
    self.path = path
    descriptor = try Self.open(path, O_RDONLY)
  }

  init(creating path: String) throws {
    self.path = path
    descriptor = try Self.open(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW)
  }

  deinit { close(descriptor) }

  private static func open(_ path: String, _ flags: Int32) throws -> Int32 {
    let descriptor = Foundation.open(path, flags | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw ServerError("cannot open \(path): \(String(cString: strerror(errno)))")
    }
    return descriptor
  }

  static func synchronise(_ path: String) throws {
    let descriptor = try open(path, O_RDONLY)
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw ServerError("cannot flush \(path): \(String(cString: strerror(errno)))")
    }
  }

  func byteCount() throws -> Int64 {
    let size = lseek(descriptor, 0, SEEK_END)
    guard size >= 0 else {
      throw ServerError("cannot read \(path): \(String(cString: strerror(errno)))")
    }
    return Int64(size)
  }

  /// At most `count` bytes; fewer only at the end of the file.
  func read(at offset: Int64, count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(
          descriptor, buffer.baseAddress.map { $0 + filled }, count - filled,
          off_t(offset) + off_t(filled))
        if got < 0, errno == EINTR { continue }
        guard got >= 0 else {
          throw ServerError("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        if got == 0 { break }
        filled += got
      }
    }
  }

  func write(_ bytes: [UInt8], at offset: Int64) throws {
    var done = 0
    while done < bytes.count {
      let put = bytes.withUnsafeBytes {
        pwrite(
          descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done,
          off_t(offset) + off_t(done))
      }
      if put < 0, errno == EINTR { continue }
      guard put > 0 else {
        throw ServerError("cannot write \(path): \(String(cString: strerror(errno)))")
      }
      done += put
    }
  }

  func remove() { unlink(path) }
}
