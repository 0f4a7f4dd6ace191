internal import Foundation
internal import JudgeModel
internal import ProblemPackage
internal import Transport
internal import WorkerCore

/// The package cache's files, on a thread of their own: making a package durable takes a while.
actor CacheKeeper {
  private nonisolated let thread: Reactor
  private let store: BlobStore
  private var manifests: [Digest: PackageManifest] = [:]

  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  init(directory: String) throws {
    store = try BlobStore(directory: directory)
    // Blobs that belong to nothing, not even to an unfinished package: they would stay outside the
    // budget for ever.
    _ = try store.removeUnused()
    // Whole archives were kept here by earlier versions while they travelled.
    try? FileManager.default.removeItem(atPath: directory + "/incoming")
    // Hidden tests: nobody else on this machine may read them, whatever the directory allows.
    for name in BlobStore.folders { chmod("\(directory)/\(name)", 0o700) }
    thread = try Reactor(name: "cache")
  }

  func stop() { thread.stop() }

  /// What the scan at start found, least recently used first.
  func found() -> [FoundPackage] {
    store.list().sorted { ($0.lastUse, $0.package) < ($1.lastUse, $1.package) }.map { entry in
      FoundPackage(
        package: entry.package, blobs: entry.blobs.map(CachedBlob.init),
        held: entry.isComplete ? nil : entry.held.map(CachedBlob.init))
    }
  }

  /// When each package was last used, by an earlier process too, on this process's clock.
  func lastUses() -> [Digest: Instant] {
    let now = Instant(nanoseconds: Reactor.now())
    var wall = timespec()
    clock_gettime(CLOCK_REALTIME, &wall)
    let wallNow = Int64(wall.tv_sec) * 1_000_000_000 + Int64(wall.tv_nsec)
    // A wall clock may have been set back since.
    return Dictionary(
      store.list().map { ($0.package, now - .nanoseconds(max(0, wallNow - $0.lastUse))) },
      uniquingKeysWith: { max($0, $1) })
  }

  /// Of a package that somebody judges with now.
  func manifest(of package: Digest) throws -> PackageManifest {
    store.touch(package)
    return try known(package)
  }

  /// - Returns: nil when nothing of the package is here.
  func manifestIfKnown(_ package: Digest) -> PackageManifest? { try? known(package) }

  private func known(_ package: Digest) throws -> PackageManifest {
    if let known = manifests[package] { return known }
    let manifest = try store.manifest(of: package)
    if manifests.count >= 64 { manifests = [:] }
    manifests[package] = manifest
    return manifest
  }

  /// The blobs of a package are about to come.
  /// - Returns: those that are here already.
  func begin(_ manifest: PackageManifest) throws(PackageError) -> Set<Digest> {
    try store.begin(manifest)
    let missing = Set(store.missing(in: manifest).map(\.digest))
    return Set(manifest.files.map(\.digest)).subtracting(missing)
  }

  /// All its blobs have come.
  func publish(_ manifest: PackageManifest) throws(PackageError) { try store.publish(manifest) }

  /// Its blobs do not come any more.
  /// - Returns: those that are here, and stay.
  func suspend(_ package: Digest) -> [CachedBlob] { store.suspend(package).map(CachedBlob.init) }

  func evict(_ package: Digest) throws {
    manifests[package] = nil
    try store.remove(package)
  }
}

extension CachedBlob {
  init(_ blob: BlobStore.Blob) { self.init(digest: blob.digest, size: blob.size) }
}
