internal import JudgeModel
internal import ProblemPackage

/// What an archive says of itself: its manifest and where its frames are.
struct ArchiveOutline {
  let manifest: PackageManifest
  let frames: [PackageArchive.Frame]

  /// - Parameter read: gives bytes of the archive.
  init(byteCount: Int64, read: (Range<Int64>) throws -> [UInt8]) throws {
    let footer = try read(max(0, byteCount - Int64(PackageArchive.footerBytes))..<byteCount)
    let tableBytes = Int64(try PackageArchive.seekTableBytes(footer: footer))
    guard tableBytes <= byteCount else { throw ServerError("the seek table is cut off") }
    frames = try PackageArchive.frames(
      seekTable: read((byteCount - tableBytes)..<byteCount), archiveBytes: byteCount)
    guard let first = frames.first, Int64(first.compressed) <= PackageArchive.manifestFrameLimit
    else { throw ServerError("the archive has no manifest") }
    manifest = try PackageArchive.verifyManifest(
      MemorySource(read(0..<Int64(first.compressed))))
    guard frames.count == manifest.files.count + 2 else {
      throw ServerError("\(frames.count) frames for \(manifest.files.count) files")
    }
  }
}
