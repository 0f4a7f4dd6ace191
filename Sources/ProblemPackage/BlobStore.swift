import CArchive
import Glibc
public import JudgeModel

/// A directory of verified files by digest, and the manifests of the packages made of them.
///
///     blobs/ab/abcdef…          one file of any number of packages, mode 0444
///     packages/<digest>.json    canonical manifest; its presence says that all its blobs are there
///     unfinished/<digest>.json  canonical manifest of a package of which some blobs are there
///     tmp/                      what is being written; emptied at start
///
/// Blobs are published one by one, each whole and checked, by renaming; the manifest comes last, after
/// the file system has been told to make the blobs durable. So a crash at any moment leaves either a
/// package or some blobs of an unfinished one, from which the next transfer goes on.
///
/// For one owner at a time: it is a class that is not `Sendable`, keeps counts in memory, and two
/// stores on one directory would not know of each other. Reading blobs by `path(of:)` is free for all.
public final class BlobStore {
  public let directory: String
  private(set) var packages: [Digest: Package] = [:]
  private(set) var unfinished: [Digest: Package] = [:]
  /// How many packages use a blob, unfinished ones among them; blobs of no package are not listed.
  private(set) var uses: [Digest: Int] = [:]

  struct Package {
    var problem: String
    /// Each blob once, in order of digest.
    var blobs: [Blob]
    /// Those that it keeps from being removed: all, but for an unfinished package that nobody fetches
    /// now, which keeps what is there.
    var held: [Blob]
  }
  public struct Blob: Hashable, Sendable {
    public var digest: Digest
    /// Bytes.
    public var size: Int64
  }

  /// A package in the store.
  public struct Entry: Hashable, Sendable {
    public var package: Digest
    public var problem: String
    public var isComplete: Bool
    /// All that it is made of, each once, in order of digest.
    public var blobs: [Blob]
    /// Those that are there, if it is not complete.
    public var held: [Blob]
    /// Bytes of its blobs that are there, each counted once.
    public var byteCount: Int64
    /// Bytes that removing it would free: its blobs that no other package uses.
    public var exclusiveByteCount: Int64
    /// When it was last used, nanoseconds since 1970.
    public var lastUse: Int64
  }

  /// What `scan` found and did.
  public struct ScanReport: Hashable, Sendable {
    public var packages = 0
    public var temporaryFilesRemoved = 0
    /// Packages whose manifest was not what it should be.
    public var packagesRemoved: [Digest] = []
    /// Packages of which blobs have vanished or are of another size: unfinished from now on.
    public var packagesReopened: [Digest] = []
    /// Packages of which only some blobs are there, those among them.
    public var packagesUnfinished = 0
    /// Blobs of no complete package, checked and kept: what interrupted transfers had finished.
    public var unusedBlobs = 0
    public var unusedByteCount: Int64 = 0
    /// Blobs of no complete package that were damaged.
    public var blobsRemoved = 0
  }

  /// What the scan at start found.
  public private(set) var lastScan = ScanReport()

  /// Opens a store, making its directories where they are missing, and scans it.
  public init(directory: String) throws(PackageError) {
    self.directory = directory
    try Disk.makeDirectory(directory)
    for name in Self.folders { try Disk.makeDirectory("\(directory)/\(name)") }
    try scan()
  }

  /// Folders of a store.
  public static let folders = ["blobs", "packages", "unfinished", "tmp"]

  // MARK: Asking

  public func contains(_ package: Digest) -> Bool { packages[package] != nil }

  /// Whether a blob is there, of a package or not.
  public func containsBlob(_ blob: Digest) -> Bool { access(path(of: blob), F_OK) == 0 }

  /// Where a blob is or would be.
  public func path(of blob: Digest) -> String { Self.path(of: blob, in: directory) }

  /// Needs no store, so anyone may ask.
  public static func path(of blob: Digest, in directory: String) -> String {
    let hex = blob.hex
    return "\(directory)/blobs/\(hex.prefix(2))/\(hex)"
  }

  /// Of a package, complete or not.
  public func manifest(of package: Digest) throws(PackageError) -> PackageManifest {
    let path = contains(package) ? manifestPath(package) : unfinishedPath(package)
    guard contains(package) || unfinished[package] != nil,
      let bytes = try Disk.contents(path, limit: ManifestText.sizeLimit)
    else { throw .absent(package) }
    guard SHA256.digest(bytes) == package else {
      throw .manifest("\(path) is damaged; remove the package and fetch it again")
    }
    return try ManifestText.decode(bytes)
  }

  /// Files of a package whose blobs are not here in full, each digest once.
  public func missing(in manifest: PackageManifest) -> [PackageFile] {
    var asked: Set<Digest> = []
    return manifest.files.filter { file in
      asked.insert(file.digest).inserted
        && !isPresent(Blob(digest: file.digest, size: file.size))
    }
  }

  /// All packages, in order of digest, then those that are not complete.
  public func list() -> [Entry] {
    let order: ((key: Digest, value: Package), (key: Digest, value: Package)) -> Bool = {
      $0.key < $1.key
    }
    return packages.sorted(by: order).map { entry($0, $1, manifestPath($0), isComplete: true) }
      + unfinished.sorted(by: order).map { entry($0, $1, unfinishedPath($0), isComplete: false) }
  }

  private func entry(
    _ digest: Digest, _ package: Package, _ path: String, isComplete: Bool
  ) -> Entry {
    var status = stat()
    let isThere = stat(path, &status) == 0
    // A clock may be set to anything; this stays within what nanoseconds can say.
    let seconds = min(max(Int64(isThere ? status.st_mtim.tv_sec : 0), 0), 9_000_000_000)
    return Entry(
      package: digest, problem: package.problem, isComplete: isComplete, blobs: package.blobs,
      held: package.held, byteCount: package.held.reduce(0) { $0 + $1.size },
      exclusiveByteCount: package.held.reduce(0) { $0 + (uses[$1.digest] == 1 ? $1.size : 0) },
      lastUse: seconds * 1_000_000_000 + Int64(isThere ? status.st_mtim.tv_nsec : 0))
  }

  /// Bytes of the blobs of all packages, each counted once.
  public var byteCount: Int64 {
    var seen: Set<Digest> = []
    return (Array(packages.values) + Array(unfinished.values)).flatMap(\.held)
      .reduce(0) { seen.insert($1.digest).inserted ? $0 + $1.size : $0 }
  }

  /// Remembers that a package is used now, over restarts.
  public func touch(_ package: Digest) {
    // Only an order of eviction: what cannot be noted is not worth a failure.
    _ = utimensat(AT_FDCWD, manifestPath(package), nil, AT_SYMLINK_NOFOLLOW)
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
  public func writer() -> BlobWriter { BlobWriter(directory: directory) }

  /// Makes a package of blobs that are all here. Durable when it returns.
  @discardableResult
  public func publish(_ manifest: PackageManifest) throws(PackageError) -> Digest {
    try ManifestRules.check(manifest)
    let bytes = ManifestText.encode(manifest)
    let digest = SHA256.digest(bytes)
    if contains(digest) { return digest }
    let package = Self.package(manifest)
    for blob in package.blobs where !isPresent(blob) { throw .absent(blob.digest) }
    // One call for all blobs: a sync per file would take longer than the transfer did.
    let root = try OwnedDescriptor.open(directory, O_RDONLY | O_DIRECTORY)
    guard syncfs(root.raw) == 0 else { throw .last("sync", directory) }
    try Disk.publish(
      bytes, as: manifestPath(digest), temporary: "\(directory)/tmp/manifest-\(getpid())",
      mode: 0o444)
    for blob in package.held { uses[blob.digest, default: 0] += 1 }
    packages[digest] = package
    forgetUnfinished(digest)
    return digest
  }

  /// Notes a package whose blobs are about to come. From now on what it is made of stays, whoever
  /// else is removed. A complete package is taken to have lost something.
  public func begin(_ manifest: PackageManifest) throws(PackageError) {
    try ManifestRules.check(manifest)
    let bytes = ManifestText.encode(manifest)
    let digest = SHA256.digest(bytes)
    let package = Self.package(manifest)
    // What somebody cut short would pass for the blob that comes.
    for blob in package.blobs where !isPresent(blob) { unlink(path(of: blob.digest)) }
    if unfinished[digest] == nil {
      try Disk.publish(
        bytes, as: unfinishedPath(digest), temporary: "\(directory)/tmp/manifest-\(getpid())",
        mode: 0o444)
    }
    for blob in package.held { uses[blob.digest, default: 0] += 1 }
    if let complete = packages.removeValue(forKey: digest) {
      unlink(manifestPath(digest))
      leave(complete.held)
    }
    if let known = unfinished.updateValue(package, forKey: digest) { leave(known.held) }
  }

  /// The transfer of a package ended early: what came of it stays, until it is removed or goes on.
  /// - Returns: the blobs of the package that are there.
  @discardableResult
  public func suspend(_ digest: Digest) -> [Blob] {
    guard let package = unfinished[digest] else { return [] }
    let held = package.blobs.filter { isPresent($0) }
    for blob in held { uses[blob.digest, default: 0] += 1 }
    leave(package.held)
    unfinished[digest]?.held = held
    if held.isEmpty { forgetUnfinished(digest) }
    return held
  }

  private func forgetUnfinished(_ digest: Digest) {
    guard let package = unfinished.removeValue(forKey: digest) else { return }
    unlink(unfinishedPath(digest))
    leave(package.held)
  }

  /// Uses these blobs once less, and removes none.
  private func leave(_ blobs: [Blob]) {
    for blob in blobs {
      let left = (uses[blob.digest] ?? 1) - 1
      uses[blob.digest] = left > 0 ? left : nil
    }
  }

  // MARK: Removing

  /// Removes a package, complete or not, and the blobs that no other package uses; returns the bytes
  /// this freed. Removing what is not here frees nothing.
  @discardableResult
  public func remove(_ package: Digest) throws(PackageError) -> Int64 {
    let held = (packages[package]?.held ?? []) + (unfinished[package]?.held ?? [])
    if packages[package] != nil {
      // The manifest goes first, and durably: without it the blobs are just unused.
      guard unlink(manifestPath(package)) == 0 || errno == ENOENT else {
        throw .last("remove", manifestPath(package))
      }
      try Disk.syncDirectory("\(directory)/packages")
      packages[package] = nil
      leave(held)
    } else {
      forgetUnfinished(package)
    }
    var freed: Int64 = 0
    for blob in held where uses[blob.digest] == nil {
      if unlink(path(of: blob.digest)) == 0 { freed += blob.size }
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

  func isPresent(_ blob: Blob) -> Bool { Self.size(path(of: blob.digest)) == blob.size }

  func manifestPath(_ package: Digest) -> String {
    "\(directory)/packages/\(package.hex).json"
  }

  func blobPaths() throws(PackageError) -> [String] {
    var paths: [String] = []
    for shard in try Disk.names(in: "\(directory)/blobs") {
      for name in try Disk.names(in: "\(directory)/blobs/\(shard)") {
        paths.append("\(directory)/blobs/\(shard)/\(name)")
      }
    }
    return paths
  }

  func unfinishedPath(_ package: Digest) -> String { "\(directory)/unfinished/\(package.hex).json" }

  static func package(_ manifest: PackageManifest) -> Package {
    let blobs = Set(manifest.files.map { Blob(digest: $0.digest, size: $0.size) })
      .sorted { ($0.digest, $0.size) < ($1.digest, $1.size) }
    return Package(problem: manifest.problem, blobs: blobs, held: blobs)
  }

  /// Size of a regular file; nil when there is none.
  static func size(_ path: String) -> Int64? {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int64(status.st_size)
  }

  // MARK: Scanning

  /// Makes the directory and what is remembered of it agree: temporary files go, packages with a
  /// damaged manifest go, packages with a missing or short blob become unfinished ones, blobs of no
  /// complete package are hashed and stay only when they are whole (after a power failure they need
  /// not be).
  @discardableResult
  public func scan() throws(PackageError) -> ScanReport {
    var report = ScanReport()
    (packages, unfinished, uses) = ([:], [:], [:])
    for name in try Disk.names(in: "\(directory)/tmp") {
      if unlink("\(directory)/tmp/\(name)") == 0 { report.temporaryFilesRemoved += 1 }
    }
    try scanPackages(&report)
    try scanBlobs(&report)
    try scanUnfinished(&report)
    lastScan = report
    return report
  }

  private func scanPackages(_ report: inout ScanReport) throws(PackageError) {
    for digest in try manifests(in: "packages") {
      guard let package = load(manifestPath(digest), digest) else {
        unlink(manifestPath(digest))
        report.packagesRemoved.append(digest)
        continue
      }
      if package.blobs.allSatisfy({ isPresent($0) }) {
        for blob in package.held { uses[blob.digest, default: 0] += 1 }
        packages[digest] = package
      } else {
        try Disk.move(manifestPath(digest), to: unfinishedPath(digest))
        report.packagesReopened.append(digest)
      }
    }
    report.packages = packages.count
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

  private func scanUnfinished(_ report: inout ScanReport) throws(PackageError) {
    for digest in try manifests(in: "unfinished") {
      // Complete meanwhile: a crash came between the two.
      guard packages[digest] == nil, let package = load(unfinishedPath(digest), digest) else {
        unlink(unfinishedPath(digest))
        continue
      }
      for blob in package.held { uses[blob.digest, default: 0] += 1 }
      unfinished[digest] = package
      if !suspend(digest).isEmpty { report.packagesUnfinished += 1 }
    }
  }

  private func manifests(in folder: String) throws(PackageError) -> [Digest] {
    try Disk.names(in: "\(directory)/\(folder)").sorted(by: PathRules.byteOrder)
      .compactMap { $0.dropping(suffix: ".json").flatMap { Digest(hex: $0) } }
  }

  private func load(_ path: String, _ digest: Digest) -> Package? {
    guard let bytes = try? Disk.contents(path, limit: ManifestText.sizeLimit),
      SHA256.digest(bytes) == digest, let manifest = try? ManifestText.decode(bytes)
    else { return nil }
    return Self.package(manifest)
  }
}
