internal import Foundation
internal import JudgeModel
internal import ProblemPackage
internal import Transport

/// The package cache's files, on a thread of their own: unpacking a package takes seconds.
actor CacheKeeper {
  private nonisolated let thread: Reactor
  private let store: BlobStore
  private let directory: String
  private var manifests: [Digest: PackageManifest] = [:]

  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  init(directory: String) throws {
    self.directory = directory
    store = try BlobStore(directory: directory)
    // Blobs of an installation that a crash interrupted: no fetch goes on from them, and they would
    // stay outside the budget for ever.
    _ = try store.removeUnused(keeping: [])
    // Hidden tests: nobody else on this machine may read them, whatever the directory allows.
    for name in ["blobs", "packages", "tmp"] { chmod("\(directory)/\(name)", 0o700) }
    thread = try Reactor(name: "cache")
  }

  func stop() { thread.stop() }

  /// What the scan at start found, with sizes.
  func packages() -> [(Digest, Int64)] {
    store.list().filter(\.isComplete).map { ($0.package, $0.byteCount) }
  }

  func manifest(of package: Digest) throws -> PackageManifest {
    if let known = manifests[package] { return known }
    let manifest = try store.manifest(of: package)
    if manifests.count >= 64 { manifests = [:] }
    manifests[package] = manifest
    return manifest
  }

  /// Checks and unpacks a fetched archive.
  /// - Returns: the bytes that the package takes.
  func install(_ archive: String, expecting package: Digest) throws -> Int64 {
    defer { unlink(archive) }
    let source = try FileSource(path: archive)
    try store.install(source, expecting: package)
    return try manifest(of: package).byteCount
  }

  func evict(_ package: Digest) throws {
    manifests[package] = nil
    try store.remove(package)
  }

  /// Where the blobs of a store in `directory` lie; needs no store, so any slot may ask.
  static func blobPath(_ directory: String) -> @Sendable (Digest) -> String {
    { blob in
      let hex = blob.hex
      return "\(directory)/blobs/\(hex.prefix(2))/\(hex)"
    }
  }
}
