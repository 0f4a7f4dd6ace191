import CArchive
import Glibc
public import JudgeModel

/// A directory of verified files by digest, and the manifests of the packages made of them.
///
///     blobs/ab/abcdef…          one file of any number of packages, mode 0444
///     packages/<digest>.json    canonical manifest; its presence says that all its blobs are there
///     tmp/                      what is being written; emptied at start
///
/// Blobs are published one by one, each whole and checked, by renaming; the manifest comes last, after
/// the file system has been told to make the blobs durable. So a crash at any moment leaves either a
/// package or some blobs that no package uses.
///
/// For one owner at a time: it is a class that is not `Sendable`, keeps counts in memory, and two
/// stores on one directory would not know of each other. Reading blobs by `path(of:)` is free for all.
public final class BlobStore {
  public let directory: String
  private var packages: [Digest: Package] = [:]
  /// How many packages use a blob; blobs of no package are not listed.
  private var uses: [Digest: Int] = [:]
  private var temporaryCount = 0

  private struct Package {
    var problem: String
    /// Each blob once, in order of digest.
    var blobs: [Blob]
  }
  struct Blob: Hashable {
    var digest: Digest
    var size: Int64
  }

  /// A package in the store.
  public struct Entry: Hashable, Sendable {
    public var package: Digest
    public var problem: String
    /// Bytes of its blobs, each counted once.
    public var byteCount: Int64
    /// Bytes that removing it would free: its blobs that no other package uses.
    public var exclusiveByteCount: Int64
  }

  /// What `scan` found and did.
  public struct ScanReport: Hashable, Sendable {
    public var packages = 0
    public var temporaryFilesRemoved = 0
    /// Packages whose manifest or blobs were not what they should be.
    public var packagesRemoved: [Digest] = []
    /// Blobs of no package, checked and kept: what an interrupted transfer had finished.
    public var unusedBlobs = 0
    public var unusedByteCount: Int64 = 0
    /// Blobs of no package that were damaged.
    public var blobsRemoved = 0
  }

  /// What the scan at start found.
  public private(set) var lastScan = ScanReport()

  /// Opens a store, making its directories where they are missing, and scans it.
  public init(directory: String) throws(PackageError) {
    self.directory = directory
    try Disk.makeDirectory(directory)
    for name in ["blobs", "packages", "tmp"] { try Disk.makeDirectory("\(directory)/\(name)") }
    try scan()
  }

  // MARK: Asking

  public func contains(_ package: Digest) -> Bool { packages[package] != nil }

  /// Whether a blob is there, of a package or not.
  public func containsBlob(_ blob: Digest) -> Bool {
    uses[blob] != nil || access(path(of: blob), F_OK) == 0
  }

  /// Where a blob is or would be.
  public func path(of blob: Digest) -> String {
    let hex = blob.hex
    return "\(directory)/blobs/\(hex.prefix(2))/\(hex)"
  }

  public func manifest(of package: Digest) throws(PackageError) -> PackageManifest {
    guard contains(package),
      let bytes = try Disk.contents(manifestPath(package), limit: ManifestText.sizeLimit)
    else { throw .absent(package) }
    guard SHA256.digest(bytes) == package else {
      throw .manifest("\(manifestPath(package)) is damaged; remove the package and fetch it again")
    }
    return try ManifestText.decode(bytes)
  }

  /// Files of a package whose blobs are not here, each digest once.
  public func missing(in manifest: PackageManifest) -> [PackageFile] {
    var asked: Set<Digest> = []
    return manifest.files.filter { asked.insert($0.digest).inserted && !containsBlob($0.digest) }
  }

  /// All packages, in order of digest.
  public func list() -> [Entry] {
    packages.sorted { $0.key < $1.key }.map { digest, package in
      Entry(
        package: digest, problem: package.problem,
        byteCount: package.blobs.reduce(0) { $0 + $1.size },
        exclusiveByteCount: package.blobs.reduce(0) { $0 + (uses[$1.digest] == 1 ? $1.size : 0) })
    }
  }

  // MARK: Adding

  /// Checks and installs an archive file. When it is refused, nothing of it stays.
  @discardableResult
  public func install(archive path: String) throws(PackageError) -> Digest {
    // A file has a seek table, which shows at once whether it is cut off or followed by more.
    _ = try PackageArchive.index(path)
    return try install(FileSource(path: path))
  }

  /// Checks and installs an archive as it arrives. When it is refused, nothing of it stays.
  @discardableResult
  public func install(
    _ source: any ByteSource, expecting: Digest? = nil
  ) throws(PackageError) -> Digest {
    var sink = writer()
    do throws(PackageError) {
      let manifest = try PackageArchive.unpack(source, into: &sink)
      let digest = manifest.digest
      if let expecting, expecting != digest {
        throw .refused("it is package \(digest.short), not \(expecting.short)")
      }
      return try publish(manifest)
    } catch {
      for blob in sink.published where uses[blob] == nil { unlink(self.path(of: blob)) }
      throw error
    }
  }

  /// Takes verified members as they come, for a package that is fetched in parts; `publish` makes a
  /// package of them.
  public func writer() -> BlobWriter {
    temporaryCount += 1
    return BlobWriter(store: self, temporary: "\(directory)/tmp/blob-\(getpid())-\(temporaryCount)")
  }

  /// Makes a package of blobs that are all here. Durable when it returns.
  @discardableResult
  public func publish(_ manifest: PackageManifest) throws(PackageError) -> Digest {
    try ManifestRules.check(manifest)
    let bytes = ManifestText.encode(manifest)
    let digest = SHA256.digest(bytes)
    if contains(digest) { return digest }
    let package = Package(problem: manifest.problem, blobs: Self.blobs(of: manifest))
    for blob in package.blobs where !isPresent(blob) { throw .absent(blob.digest) }
    // One call for all blobs: a sync per file would take longer than the transfer did.
    let root = try OwnedDescriptor.open(directory, O_RDONLY | O_DIRECTORY)
    guard syncfs(root.raw) == 0 else { throw .last("sync", directory) }
    try Disk.publish(
      bytes, as: manifestPath(digest), temporary: "\(directory)/tmp/manifest-\(getpid())",
      mode: 0o444)
    add(package, digest)
    return digest
  }

  // MARK: Removing

  /// Removes a package and the blobs that no other package uses; returns the bytes this freed.
  /// Removing what is not here frees nothing.
  @discardableResult
  public func remove(_ package: Digest) throws(PackageError) -> Int64 {
    guard let removed = packages[package] else { return 0 }
    // The manifest goes first, and durably: without it the blobs are just unused.
    guard unlink(manifestPath(package)) == 0 || errno == ENOENT else {
      throw .last("remove", manifestPath(package))
    }
    try Disk.syncDirectory("\(directory)/packages")
    packages[package] = nil
    var freed: Int64 = 0
    for blob in removed.blobs {
      let left = (uses[blob.digest] ?? 1) - 1
      if left > 0 {
        uses[blob.digest] = left
      } else {
        uses[blob.digest] = nil
        if unlink(path(of: blob.digest)) == 0 { freed += blob.size }
      }
    }
    return freed
  }

  /// Removes blobs of no package, except those a caller still wants; returns the bytes this freed.
  @discardableResult
  public func removeUnused(keeping wanted: Set<Digest> = []) throws(PackageError) -> Int64 {
    var freed: Int64 = 0
    for path in try blobPaths() {
      guard let digest = Digest(hex: path.lastComponent) else { continue }
      if uses[digest] != nil || wanted.contains(digest) { continue }
      let size = Self.size(path) ?? 0
      if unlink(path) == 0 { freed += size }
    }
    return freed
  }

  // MARK: Scanning

  /// Makes the directory and what is remembered of it agree: temporary files go, packages with a
  /// damaged manifest or a missing or short blob go, blobs of no package are hashed and stay only
  /// when they are whole (after a power failure they need not be).
  @discardableResult
  public func scan() throws(PackageError) -> ScanReport {
    var report = ScanReport()
    packages = [:]
    uses = [:]
    for name in try Disk.names(in: "\(directory)/tmp") {
      if unlink("\(directory)/tmp/\(name)") == 0 { report.temporaryFilesRemoved += 1 }
    }
    for name in try Disk.names(in: "\(directory)/packages").sorted(by: PathRules.byteOrder) {
      guard let stem = name.dropping(suffix: ".json"), let digest = Digest(hex: stem) else {
        continue
      }
      if let package = load(digest) {
        add(package, digest)
      } else {
        unlink("\(directory)/packages/\(name)")
        report.packagesRemoved.append(digest)
      }
    }
    report.packages = packages.count
    try scanBlobs(&report)
    lastScan = report
    return report
  }

  private func scanBlobs(_ report: inout ScanReport) throws(PackageError) {
    for path in try blobPaths() {
      let digest = Digest(hex: path.lastComponent)
      if let digest, uses[digest] != nil { continue }
      if let digest, let found = try? SHA256.digest(file: path), found.digest == digest {
        report.unusedBlobs += 1
        report.unusedByteCount += found.size
      } else if unlink(path) == 0 {
        report.blobsRemoved += 1
      }
    }
  }

  private func load(_ digest: Digest) -> Package? {
    guard let bytes = try? Disk.contents(manifestPath(digest), limit: ManifestText.sizeLimit),
      SHA256.digest(bytes) == digest, let manifest = try? ManifestText.decode(bytes)
    else { return nil }
    let package = Package(problem: manifest.problem, blobs: Self.blobs(of: manifest))
    return package.blobs.allSatisfy { isPresent($0) } ? package : nil
  }

  private func add(_ package: Package, _ digest: Digest) {
    packages[digest] = package
    for blob in package.blobs { uses[blob.digest, default: 0] += 1 }
  }

  private func isPresent(_ blob: Blob) -> Bool { Self.size(path(of: blob.digest)) == blob.size }

  private func manifestPath(_ package: Digest) -> String {
    "\(directory)/packages/\(package.hex).json"
  }

  private func blobPaths() throws(PackageError) -> [String] {
    var paths: [String] = []
    for shard in try Disk.names(in: "\(directory)/blobs") {
      for name in try Disk.names(in: "\(directory)/blobs/\(shard)") {
        paths.append("\(directory)/blobs/\(shard)/\(name)")
      }
    }
    return paths
  }

  private static func blobs(of manifest: PackageManifest) -> [Blob] {
    Set(manifest.files.map { Blob(digest: $0.digest, size: $0.size) })
      .sorted { ($0.digest, $0.size) < ($1.digest, $1.size) }
  }

  /// Size of a regular file; nil when there is none.
  private static func size(_ path: String) -> Int64? {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int64(status.st_size)
  }
}

/// Writes members into a store, each published under its digest as soon as it is verified, so that a
/// run can use it before the rest of the package is here.
public struct BlobWriter: BlobSink {
  private let store: BlobStore
  private let temporary: String
  private var current: OpenBlob?
  /// Blobs that were not in the store before.
  public private(set) var published: [Digest] = []

  private final class OpenBlob {
    let file: OwnedDescriptor
    let digest: Digest
    init(_ file: consuming OwnedDescriptor, _ digest: Digest) {
      self.file = file
      self.digest = digest
    }
  }

  init(store: BlobStore, temporary: String) {
    self.store = store
    self.temporary = temporary
  }

  public mutating func begin(_ file: PackageFile) throws(PackageError) {
    // Already here: the content is still checked on its way past, and not written again.
    guard !store.containsBlob(file.digest) else { return }
    current = OpenBlob(try .create(temporary, mode: 0o444), file.digest)
  }

  public mutating func append(_ bytes: UnsafeRawBufferPointer) throws(PackageError) {
    try current?.file.write(bytes, temporary)
  }

  public mutating func finish(isVerified: Bool) throws(PackageError) {
    guard let blob = current else { return }
    current = nil
    let path = store.path(of: blob.digest)
    do throws(PackageError) {
      guard isVerified else {
        unlink(temporary)
        return
      }
      try Disk.makeDirectory(Disk.directoryOf(path))
      try Disk.move(temporary, to: path)
    } catch {
      unlink(temporary)
      throw error
    }
    published.append(blob.digest)
  }
}
