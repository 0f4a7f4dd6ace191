import Glibc
public import JudgeModel

/// The file that a package travels in: a deterministic, seekable `.tar.zst` that `tar --zstd` and
/// `bsdtar` read as well. `manifest.json` comes first, then the manifest's files in its order, each
/// in a zstd frame of its own. How: ArchiveWriter.swift and ArchiveReader.swift.
public enum PackageArchive {
  /// Where a member is in an archive. Its bytes alone are a tar stream with that one member.
  public struct Member: Hashable, Sendable {
    /// `manifest.json` for the first.
    public var path: String
    public var range: Range<Int64>
  }

  /// Members of an archive with the ranges that hold them.
  public struct Index: Sendable {
    public var manifest: PackageManifest
    /// In archive order: the manifest, then `manifest.files`.
    public var members: [Member]
    /// The frame that ends a tar stream: to be sent after any selection of members that an ordinary
    /// tar is to read.
    public var end: Range<Int64>
    /// Bytes of the whole archive.
    public var byteCount: Int64
  }

  // MARK: Writing

  /// Packs the files of a directory. The archive appears under its name when it is complete and
  /// durable, or not at all.
  public static func write(
    _ manifest: PackageManifest, directory: String, to path: String
  ) throws(PackageError) {
    try write(manifest, to: path) { directory + "/" + $0.path }
  }

  /// Packs files from wherever they are, for example from a store of blobs.
  public static func write(
    _ manifest: PackageManifest, to path: String, locating: (PackageFile) -> String
  ) throws(PackageError) {
    try ManifestRules.check(manifest)
    let temporary = "\(path).\(getpid()).tmp"
    unlink(temporary)  // left by a process of the same number that was killed
    do throws(PackageError) {
      let output = try OwnedDescriptor.create(temporary, mode: 0o644)
      try writeMembers(manifest, to: output.raw, temporary, locating: locating)
      try output.sync(temporary)
      try Disk.move(temporary, to: path)
    } catch {
      unlink(temporary)
      throw error
    }
    try Disk.syncDirectory(Disk.directoryOf(path))
  }

  @discardableResult
  static func writeMembers(
    _ manifest: PackageManifest, to descriptor: Int32, _ path: String,
    locating: (PackageFile) -> String
  ) throws(PackageError) -> SeekTable {
    let writer = try ArchiveWriter(descriptor: descriptor, path: path)
    let text = ManifestText.encode(manifest)
    try writer.begin(
      ManifestRules.manifestMember, size: Int64(text.count), isExecutable: false)
    try text.withUnsafeBufferPointer { (bytes) throws(PackageError) in
      try writer.append(UnsafeRawBufferPointer(bytes))
    }
    try writer.end()
    var hash = SHA256()
    var buffer = ReadBuffer()
    for member in manifest.files {
      let source = locating(member)
      let file = try OwnedDescriptor.regularFile(source)
      try writer.begin(member.path, size: member.size, isExecutable: member.isExecutable)
      var size: Int64 = 0
      while try buffer.fill(from: file, source) {
        size += Int64(buffer.count)
        guard size <= member.size else { throw .changed(path: source) }
        try buffer.withBytes { (bytes) throws(PackageError) in
          hash.update(bytes)
          try writer.append(bytes)
        }
      }
      guard size == member.size, hash.finish() == member.digest else {
        throw .changed(path: source)
      }
      try writer.end()
    }
    try writer.finish()
    return writer.table
  }

  // MARK: Looking

  /// Where the members are, by the archive's own seek table and manifest. `verify` says whether
  /// both are true.
  public static func index(_ path: String) throws(PackageError) -> Index {
    let file = try OwnedDescriptor.regularFile(path)
    let table = try SeekTable.read(file, path)
    let ranges = ranges(of: table.frames)
    guard let first = ranges.first, let end = ranges.last else {
      throw .refused("it has no frames")
    }
    let source = try FileSource(path: path, ranges: [first])
    let manifest = try decodeManifest(from: MemberReader(source, limit: manifestLimit))
    guard ranges.count == manifest.files.count + 2 else {
      throw .refused("it has \(ranges.count) frames for \(manifest.files.count) files")
    }
    let paths = [ManifestRules.manifestMember] + manifest.files.map(\.path)
    return Index(
      manifest: manifest, members: zip(paths, ranges).map { Member(path: $0, range: $1) },
      end: end, byteCount: end.upperBound + Int64(table.byteCount))
  }

  /// The manifest, without looking at anything after it.
  public static func readManifest(_ path: String) throws(PackageError) -> PackageManifest {
    let source = try FileSource(path: path)
    return try decodeManifest(from: MemberReader(source, limit: manifestLimit))
  }

  /// The manifest, from as much of the beginning of an archive as came so far; nil when that is not
  /// enough.
  public static func manifest(atHead bytes: [UInt8]) throws(PackageError) -> PackageManifest? {
    var frames = ZstdFrames()
    let follow = { (frames: inout ZstdFrames) throws(PackageError) in
      try bytes.withUnsafeBufferPointer { (all) throws(PackageError) in
        try frames.follow(UnsafeRawBufferPointer(all))
      }
    }
    try follow(&frames)
    guard let end = frames.firstFrameEnd else {
      guard bytes.count <= manifestLimit else { throw .manifest("longer than its limit") }
      return nil
    }
    return try decodeManifest(
      from: MemberReader(MemorySource(Array(bytes[..<end])), limit: manifestLimit))
  }

  /// Bytes of the table at the end of this package's archive.
  public static func tableByteCount(_ manifest: PackageManifest) -> Int {
    SeekTable.byteCount(frames: manifest.files.count + 2)
  }

  /// Where the manifest's files are in an archive of which only the end is here.
  /// - Parameters:
  ///   - table: the last `tableByteCount` bytes.
  ///   - byteCount: bytes of the whole archive.
  /// - Returns: for each of the manifest's files, in its order, the range that holds it.
  public static func ranges(
    of manifest: PackageManifest, table: [UInt8], byteCount: Int64
  ) throws(PackageError) -> [Range<Int64>] {
    guard table.count == tableByteCount(manifest) else {
      throw .refused("the seek table is cut off")
    }
    let frames = try SeekTable.decode(table, archiveBytes: byteCount).frames
    let members = Array(ranges(of: frames).dropFirst().dropLast())
    guard members.allSatisfy({ !$0.isEmpty }) else { throw .refused("a member has no bytes") }
    return members
  }

  // MARK: Reading

  /// Reads a whole archive: its manifest first, then every file of it, each once.
  @discardableResult
  public static func unpack(
    _ source: any ByteSource, into sink: inout some BlobSink
  ) throws(PackageError) -> PackageManifest {
    let reader = try MemberReader(source, limit: manifestLimit)
    let manifest = try decodeManifest(from: reader)
    reader.raiseLimit(to: decompressedLimit(manifest))
    let seen = try readMembers(reader, of: manifest, hasManifest: true, into: &sink)
    if let missing = seen.firstIndex(of: false) {
      throw .refused("`\(manifest.files[missing].path)` is missing")
    }
    return manifest
  }

  /// Reads some members of a package whose manifest is known: any concatenation of ranges from
  /// `index`, in any order. Returns the files that came; who asked for more has to compare.
  public static func unpackPart(
    _ source: any ByteSource, of manifest: PackageManifest, into sink: inout some BlobSink
  ) throws(PackageError) -> [PackageFile] {
    let reader = try MemberReader(source, limit: decompressedLimit(manifest))
    let seen = try readMembers(reader, of: manifest, hasManifest: false, into: &sink)
    return zip(manifest.files, seen).filter(\.1).map(\.0)
  }

  /// Reads one member: exactly the bytes of its range.
  /// - Returns: bytes of the tar stream in it.
  @discardableResult
  public static func unpackMember(
    _ source: any ByteSource, _ file: PackageFile, into sink: inout some BlobSink
  ) throws(PackageError) -> Int64 {
    let reader = try MemberReader(source, limit: file.size + frameSlack)
    guard try readMember(reader, file, into: &sink) else {
      throw .refused("the frame of `\(file.path)` is empty")
    }
    return reader.decompressedBytes
  }

  /// Checks everything about an archive that somebody may rely on later: each frame of the seek table
  /// holds the member it should and no more, with the right size and digest.
  @discardableResult
  public static func verify(_ path: String) throws(PackageError) -> PackageManifest {
    let index = try index(path)
    for (file, member) in zip(index.manifest.files, index.members.dropFirst()) {
      try verify(file, in: FileSource(path: path, ranges: [member.range]))
    }
    try verifyEnd(FileSource(path: path, ranges: [index.end]))
    return index.manifest
  }

  /// Checks that a frame holds this member and no more, with the right size and digest.
  /// - Returns: bytes of the tar stream in it.
  @discardableResult
  public static func verify(
    _ file: PackageFile, in frame: any ByteSource
  ) throws(PackageError) -> Int64 {
    var sink = NullSink()
    return try unpackMember(frame, file, into: &sink)
  }

  /// Checks that a frame ends a tar stream and holds no member.
  public static func verifyEnd(_ frame: any ByteSource) throws(PackageError) {
    if let extra = try MemberReader(frame, limit: frameSlack).next() {
      throw .refused("`\(extra.path)` follows the last member")
    }
  }

  /// The manifest in the first frame of an archive, which holds nothing else.
  public static func verifyManifest(
    _ frame: any ByteSource
  ) throws(PackageError) -> PackageManifest {
    let reader = try MemberReader(frame, limit: manifestLimit)
    let manifest = try decodeManifest(from: reader)
    if let extra = try reader.next() {
      throw .refused("`\(extra.path)` shares the frame of the manifest")
    }
    return manifest
  }

  // MARK: Shared

  /// Headers of a member, in bytes: more than a tar header with its extension needs.
  private static let frameSlack: Int64 = 16 << 10
  static let manifestLimit = Int64(ManifestText.sizeLimit) + frameSlack

  /// What an archive of this package may unpack to.
  private static func decompressedLimit(_ manifest: PackageManifest) -> Int64 {
    Int64(ManifestText.encode(manifest).count) + manifest.byteCount
      + Int64(manifest.files.count) * 4096 + (128 << 10)
  }

  private static func decodeManifest(from reader: MemberReader) throws(PackageError)
    -> PackageManifest
  {
    guard let (path, size) = try reader.next(), path == ManifestRules.manifestMember else {
      throw .refused("its first member is not \(ManifestRules.manifestMember)")
    }
    return try ManifestText.decode(manifestBytes(reader, size))
  }

  private static func manifestBytes(
    _ reader: MemberReader, _ size: Int64
  ) throws(PackageError) -> [UInt8] {
    guard size <= ManifestText.sizeLimit else { throw .manifest("longer than its limit") }
    var bytes: [UInt8] = []
    while try reader.nextBlock(
      ManifestRules.manifestMember, at: Int64(bytes.count),
      { (block) throws(PackageError) in bytes += block })
    {}
    guard bytes.count == size else { throw .refused("the manifest is cut off") }
    return bytes
  }

  /// Which of the manifest's files came.
  private static func readMembers(
    _ reader: MemberReader, of manifest: PackageManifest, hasManifest: Bool,
    into sink: inout some BlobSink
  ) throws(PackageError) -> [Bool] {
    var hasManifest = hasManifest
    var positions: [String: Int] = [:]
    positions.reserveCapacity(manifest.files.count)
    for (at, file) in manifest.files.enumerated() { positions[file.path] = at }
    var seen = [Bool](repeating: false, count: manifest.files.count)
    var hash = SHA256()
    while let (path, size) = try reader.next() {
      if path == ManifestRules.manifestMember, !hasManifest {
        // A part may begin with the manifest; then it has to be the one that is known.
        hasManifest = true
        guard try manifestBytes(reader, size) == ManifestText.encode(manifest) else {
          throw .refused("its manifest is another one")
        }
        continue
      }
      guard let at = positions[path] else { throw .refused("`\(path)` is not in the manifest") }
      guard !seen[at] else { throw .refused("`\(path)` occurs twice") }
      seen[at] = true
      try readContents(reader, manifest.files[at], size, &hash, into: &sink)
    }
    return seen
  }

  /// Whether the one member that has to come came.
  private static func readMember(
    _ reader: MemberReader, _ file: PackageFile, into sink: inout some BlobSink
  ) throws(PackageError) -> Bool {
    var hash = SHA256()
    guard let (path, size) = try reader.next() else { return false }
    guard path == file.path else {
      throw .refused("`\(path)` lies where `\(file.path)` should be")
    }
    try readContents(reader, file, size, &hash, into: &sink)
    if let extra = try reader.next() {
      throw .refused("`\(extra.path)` shares the frame of `\(path)`")
    }
    return true
  }

  private static func readContents(
    _ reader: MemberReader, _ file: PackageFile, _ size: Int64, _ hash: inout SHA256,
    into sink: inout some BlobSink
  ) throws(PackageError) {
    guard size == file.size else {
      throw .refused("`\(file.path)` has \(size) bytes, the manifest says \(file.size)")
    }
    try sink.begin(file)
    var count: Int64 = 0
    do throws(PackageError) {
      while true {
        var part: Int64 = 0
        let more = try reader.nextBlock(file.path, at: count) { (bytes) throws(PackageError) in
          part = Int64(bytes.count)
          guard count + part <= file.size else {
            throw .refused("`\(file.path)` is longer than its header says")
          }
          hash.update(bytes)
          try sink.append(bytes)
        }
        if !more { break }
        count += part
      }
      guard count == file.size else { throw .refused("`\(file.path)` is cut off") }
      guard hash.finish() == file.digest else {
        throw .refused("`\(file.path)` has another SHA-256 than the manifest says")
      }
    } catch {
      try? sink.finish(isVerified: false)
      throw error
    }
    try sink.finish(isVerified: true)
  }
}
