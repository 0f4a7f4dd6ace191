import CArchive
import Glibc
public import JudgeModel

/// Parts of an archive, for whoever stores archives that share frames: the seek table by itself, and
/// what makes two frames interchangeable.
extension PackageArchive {
  /// A zstd frame: one member with its header, or the end of the tar.
  public struct Frame: Hashable, Sendable {
    /// Bytes in the archive.
    public var compressed: UInt32
    /// Bytes of the tar stream in it.
    public var decompressed: UInt32

    public init(compressed: UInt32, decompressed: UInt32) {
      self.compressed = compressed
      self.decompressed = decompressed
    }
  }

  /// Where frames lie that follow each other from the beginning of an archive.
  public static func ranges(of frames: some Sequence<Frame>) -> [Range<Int64>] {
    var at: Int64 = 0
    return frames.map { frame in
      let start = at
      at += Int64(frame.compressed)
      return start..<at
    }
  }

  /// Bytes at the end of an archive that tell the length of its seek table.
  public static let footerBytes = SeekTable.footerSize
  /// Bytes that the frame of a manifest has at most: what is longer holds more than a manifest may.
  public static let manifestFrameLimit = manifestLimit

  /// Bytes of the seek table that an archive ends in.
  /// - Parameter footer: the last `footerBytes` bytes of the archive.
  /// - Throws: `refused` when it does not end in a seek table, or in one of too many frames.
  public static func seekTableBytes(footer: [UInt8]) throws(PackageError) -> Int {
    try SeekTable.byteCount(footer: footer)
  }

  /// The frames of an archive, by its seek table: the manifest, one for each file, the end.
  /// - Throws: `refused` unless the table accounts for each of the `archiveBytes`.
  public static func frames(
    seekTable: [UInt8], archiveBytes: Int64
  ) throws(PackageError) -> [Frame] {
    try SeekTable.decode(seekTable, archiveBytes: archiveBytes).frames
  }

  /// The seek table of an archive of these frames.
  public static func seekTable(of frames: [Frame]) -> [UInt8] {
    SeekTable(frames: frames).encoded
  }

  /// For each file, a digest of all that decides what its frame unpacks to: frames of equal keys may
  /// stand for each other in any archive.
  public static func frameKeys(of files: [PackageFile]) -> [Digest] {
    var hash = SHA256()
    return files.map { file in
      // The path comes last, so that nothing in it can look like another part.
      var text = Array("\(file.size) \(file.isExecutable) ".utf8)
      text += file.digest.bytes
      text += Array(file.path.utf8)
      text.withUnsafeBytes { hash.update($0) }
      return hash.finish()
    }
  }

  /// Gives ranges of a file back to the file system. They read as zeros from then on, and the file
  /// keeps its length.
  /// - Returns: false when the file system cannot do that; then nothing changed.
  public static func punch(
    _ path: String, _ ranges: [Range<Int64>]
  ) throws(PackageError) -> Bool {
    let file = try OwnedDescriptor.open(path, O_RDWR | O_NOFOLLOW, "shrink")
    for range in ranges where !range.isEmpty {
      guard
        fallocate(
          file.raw, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off_t(range.lowerBound),
          off_t(range.upperBound - range.lowerBound)) == 0
      else {
        if errno == EOPNOTSUPP || errno == ENOSYS { return false }
        throw .last("shrink", path)
      }
    }
    return true
  }
}
