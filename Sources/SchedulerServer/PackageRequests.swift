internal import JudgeModel
internal import Logging
internal import Messages
internal import SchedulerCore
internal import Store
internal import Transport

/// The list of packages: what is pushed is added to it, and what nothing needs is dropped from it.
///
/// A package is dropped in the record first and on the shelf afterwards; in between it is neither
/// judged with nor listed, and a crash there leaves files that the next start removes.
extension SchedulerServer {
  /// Reads which packages there are.
  func takeUpPackages(_ bulk: BulkServer) async throws {
    for defect in bulk.shelf.defects {
      log.error("a package cannot be used", metadata: ["reason": "\(defect)"])
    }
    let dropped = try await keeper.droppedPackages().filter { bulk.holds($0) }
    if !dropped.isEmpty {
      _ = try await bulk.drop(Set(dropped))
      log.notice(
        "removed what was left of dropped packages", metadata: ["count": "\(dropped.count)"])
    }
    let origins = try await keeper.origins()
    for package in try await keeper.packages() where bulk.holds(package.digest) {
      remember(package)
      if let origins = origins[package.digest] {
        await bulk.note(origins: origins, of: package.digest)
      }
    }
  }

  private func remember(_ package: PackageSummary) {
    packages[package.digest] = package
    newest[package.problem] = package.digest
  }

  /// How people call a package: its problem, and enough of its digest to tell versions apart.
  func name(of package: Digest) -> String {
    let digits = package.hex.prefix(8)
    return packages[package].map { "\($0.problem) \(digits)" } ?? String(digits)
  }

  /// Lets the core ask workers, and answers how far it is.
  func warm(_ package: Digest, _ workers: Int32?, _ request: UInt64, _ peer: RoutingID) {
    guard let known = packages[package] else {
      let text = "the scheduler has no package \(package.hex): push it first"
      return reply(.failed(request, text), to: peer)
    }
    let order = WarmOrder(
      package: package, archiveBytes: known.archiveBytes, unpackedBytes: known.unpackedBytes)
    handle(.warm(order, workers: workers))
    guard let core else { return }
    reply(.warmth(request, core.warmth(of: order, workers: workers, at: now)), to: peer)
  }

  func listPackages() async throws -> [ListedPackage] {
    let times = try await keeper.packageTimes()
    let order = try await keeper.packages()
    let origins = try await keeper.origins()
    let own = bulk?.shelf.ownBytes() ?? [:]
    var workers: [Digest: [WorkerID]] = [:]
    for worker in core?.status(at: now).workers ?? [] {
      for package in worker.cache.packages { workers[package, default: []].append(worker.worker) }
    }
    return order.filter { packages[$0.digest] != nil }.map { package in
      ListedPackage(
        package: package, ownBytes: own[package.digest] ?? 0,
        isNewest: newest[package.problem] == package.digest,
        workers: (workers[package.digest] ?? []).sorted(),
        addedMilliseconds: times[package.digest] ?? 0, origins: origins[package.digest] ?? [])
    }
  }

  /// Notes where the archive of a package lies besides. Nobody looks whether it does: this machine may
  /// not even reach the place, and workers verify whatever comes from there.
  func setOrigins(_ origins: [Origin], of package: Digest) async throws {
    try await inTurn {
      guard let bulk = self.bulk else { throw ServerError("the scheduler is starting: try again") }
      guard self.packages[package] != nil, try await self.keeper.setOrigins(origins, of: package)
      else {
        throw ServerError("the scheduler has no package \(package.hex): push it first")
      }
      await bulk.note(origins: origins, of: package)
      self.log.notice(
        "origins set",
        metadata: [
          "package": "\(package)",
          "origins": "\(origins.map(\.description).joined(separator: " "))",
        ])
    }
  }

  /// Drops what nothing needs, or only says what that is.
  func collectPackages(isRehearsal: Bool) async throws -> PackageCollection {
    try await inTurn {
      guard let bulk = self.bulk else { throw ServerError("the scheduler is starting: try again") }
      // Only what is on the shelf counts here: of a problem whose newest package is recorded and
      // lost, the newest that is left is not to be dropped.
      let unneeded = try await self.keeper.unneededPackages().filter {
        self.packages[$0.digest] != nil && self.newest[$0.problem] != $0.digest
      }
      let digests = Set(unneeded.map(\.digest))
      guard !isRehearsal else {
        return PackageCollection(
          packages: unneeded, freedBytes: bulk.shelf.bytesFreed(dropping: digests))
      }
      let dropped = try await self.keeper.drop(digests)
      for package in dropped { self.packages[package.digest] = nil }
      let gone = Set(dropped.map(\.digest))
      let came = try await bulk.drop(gone)
      let collection = PackageCollection(
        packages: dropped, freedBytes: came.freedBytes, keptBytes: came.keptBytes,
        note: came.reason)
      self.log.notice(
        "dropped packages",
        metadata: [
          "count": "\(dropped.count)", "bytes": "\(collection.freedBytes)",
          "note": "\(came.reason)",
        ])
      return collection
    }
  }

  /// One change after the other: a package must not be welcomed again while it is being dropped.
  private func inTurn<Result>(_ body: () async throws -> Result) async throws -> Result {
    let previous = lastPackageChange
    let (turn, end) = AsyncStream<Void>.makeStream()
    lastPackageChange = Task { for await _ in turn {} }
    defer { end.finish() }
    await previous?.value
    return try await body()
  }
}

extension SchedulerServer: PackageCatalogue {
  func add(_ package: PackageSummary) async throws {
    try await inTurn { try await self.record(package) }
  }

  func renew(_ digest: Digest) async throws -> Bool {
    try await inTurn {
      guard let package = self.packages[digest] else { return false }
      if self.newest[package.problem] != digest { try await self.record(package) }
      return true
    }
  }

  func backlog(of packages: [Digest]) async -> [Digest: Int] {
    var backlog: [Digest: Int] = [:]
    for package in packages { backlog[package] = core?.waiting(for: package) ?? 0 }
    return backlog
  }

  private func record(_ package: PackageSummary) async throws {
    try await keeper.add(package)
    remember(package)
    log.notice(
      "package stored", metadata: ["problem": "\(package.problem)", "digest": "\(package.digest)"])
  }
}

/// The store's list of packages.
extension StoreKeeper {
  func packages() throws -> [PackageSummary] { try store.packages() }
  func packageTimes() throws -> [Digest: Int64] { try store.packageTimes() }
  func droppedPackages() throws -> [Digest] { try store.droppedPackages() }
  func origins() throws -> [Digest: [Origin]] { try store.origins() }
  func setOrigins(_ origins: [Origin], of package: Digest) throws -> Bool {
    try store.setOrigins(origins, of: package)
  }
  func unneededPackages() throws -> [PackageSummary] { try store.unneededPackages() }
  func add(_ package: PackageSummary) throws {
    try store.addPackage(package, at: Self.wallClock())
  }
  func drop(_ packages: Set<Digest>) throws -> [PackageSummary] {
    try store.dropPackages(packages, at: Self.wallClock())
  }
}
