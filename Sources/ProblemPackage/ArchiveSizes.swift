import Glibc
public import JudgeModel

/// Bytes that the parts of a package take in its archive, and so on their way somewhere.
public struct ArchiveSizes: Hashable, Sendable {
  /// Of the frame that holds the manifest.
  public var manifest: Int64
  /// By package path.
  public var members: [String: Int64]
  /// Of the whole archive.
  public var total: Int64

  /// Of an archive that exists.
  public init(_ index: PackageArchive.Index) {
    manifest = Int64(index.members.first?.range.count ?? 0)
    members = Dictionary(
      index.members.dropFirst().map { ($0.path, Int64($0.range.count)) }, uniquingKeysWith: { $1 })
    total = index.byteCount
  }

  /// Of the archive that a directory would make: compressed, and nothing kept of it.
  ///
  /// - Parameter onFile: called before each file is read.
  public init(
    packing manifest: PackageManifest, directory: String, onFile: (PackageFile) -> Void = { _ in }
  ) throws(PackageError) {
    let sink = try OwnedDescriptor.open("/dev/null", O_WRONLY)
    let table = try PackageArchive.writeMembers(manifest, to: sink.raw, "/dev/null") { file in
      onFile(file)
      return directory + "/" + file.path
    }
    let frames = table.frames.map { Int64($0.compressed) }
    self.manifest = frames.first ?? 0
    members = Dictionary(
      zip(manifest.files.map(\.path), frames.dropFirst()), uniquingKeysWith: { $1 })
    total = frames.reduce(0, +) + Int64(table.byteCount)
  }
}
