internal import Evaluation
internal import Foundation
internal import JudgeModel
internal import Logging
internal import Messages
internal import ProblemPackage
internal import Transport
internal import WorkerCore

/// Brings what is missing of one package to the disk.
///
/// First the manifest, from the head of the archive or from what an earlier transfer left, and with it
/// where the archive lies besides; then the members whose blobs are not here, in the order in which judging
/// needs them: from the package's origins, and what those do not give from the scheduler, where the table
/// at the archive's end says where each lies. Each is verified and published by itself, so whatever ends
/// the transfer, the next one goes on from there. Nothing of the archive is kept.
struct PackageTransfer: Sendable {
  let package: Digest
  /// As the grant has it.
  let archiveBytes: Int64
  let unpackedBytes: Int64
  let directory: String
  let cache: CacheKeeper
  let fetcher: PackageFetcher
  let origins: OriginDesk
  let gate: MemberGate
  let log: Logger
  let post: @Sendable (WorkerEvent) -> Void

  /// Bytes that are asked for first; the manifest of most packages is in them.
  static let headBytes: Int64 = 16 << 10

  func run() async {
    do {
      let (manifest, places) = try await manifest()
      let here = try await cache.begin(manifest)
      gate.begin(package, here: here)
      let order = TravelOrder(manifest) { !here.contains($0.digest) }
      post(.packageDescribed(package, manifest.blobs))
      if order.neededToStart == 0 { post(.packageStartable(package)) }
      try await fetch(order, of: manifest, places)
      try await cache.publish(manifest)
      gate.complete(package)
      origins.forget(package)
      post(.packageInstalled(package))
    } catch {
      let kept = await cache.suspend(package)
      log.warning(
        "cannot fetch",
        metadata: ["package": "\(package)", "error": "\(error)", "kept": "\(kept.count) files"])
      origins.forget(package)
      post(
        .packageFailed(
          package,
          FetchFailure(
            "cannot fetch package \(package): \(error)", isDiskFull: Self.isDiskFull(error)),
          kept: kept))
    }
  }

  private static func isDiskFull(_ error: any Error) -> Bool {
    guard case .system(_, _, let code)? = error as? PackageError else { return false }
    return code == ENOSPC || code == EDQUOT
  }

  // MARK: The two ends of the archive

  /// - Returns: with it the origins, if the scheduler had to be asked for something.
  private func manifest() async throws -> (PackageManifest, [Origin]?) {
    if let known = await cache.manifestIfKnown(package) { return (known, nil) }
    var head: [UInt8] = []
    var places: [Origin] = []
    var step = Self.headBytes
    while true {
      let length = min(step, archiveBytes - Int64(head.count), Int64(BulkLimits.pieceBytes))
      guard length > 0 else {
        throw AgentError("its archive of \(archiveBytes) bytes has no manifest")
      }
      let answer = try await fetcher.read(
        package, at: Int64(head.count), length: length, wantsOrigins: head.isEmpty)
      if head.isEmpty { places = answer.origins }
      head += answer.bytes
      if let manifest = try PackageArchive.manifest(atHead: head) {
        try check(manifest)
        return (manifest, places)
      }
      step *= 2
    }
  }

  private func check(_ manifest: PackageManifest) throws {
    guard manifest.digest == package else {
      throw PackageError.refused("it is package \(manifest.digest.short), not \(package.short)")
    }
    // More than was reserved would not be counted in time.
    guard manifest.byteCount <= unpackedBytes else {
      throw AgentError(
        "it has \(manifest.byteCount) bytes and the scheduler announced \(unpackedBytes)")
    }
  }

  /// The next part of the scheduler's table.
  private func tablePart(
    of manifest: PackageManifest, after count: Int, wantsOrigins: Bool = false
  ) async throws -> PackageFetcher.Answer {
    let length = Int64(PackageArchive.tableByteCount(manifest))
    guard length <= archiveBytes else {
      throw AgentError("its archive of \(archiveBytes) bytes is too short for its table")
    }
    return try await fetcher.read(
      package, at: archiveBytes - length + Int64(count),
      length: min(length - Int64(count), Int64(BulkLimits.pieceBytes)), wantsOrigins: wantsOrigins)
  }

  /// - Parameter begun: what of the table is here.
  private func ranges(
    of manifest: PackageManifest, _ begun: [UInt8]
  ) async throws -> [Range<Int64>] {
    var table = begun
    while table.count < PackageArchive.tableByteCount(manifest) {
      table += try await tablePart(of: manifest, after: table.count).bytes
    }
    return try PackageArchive.ranges(of: manifest, table: table, byteCount: archiveBytes)
  }

  // MARK: The members

  private func fetch(
    _ order: TravelOrder, of manifest: PackageManifest, _ knownPlaces: [Origin]?
  ) async throws {
    let missing = MissingMembers(order)
    // Told while the manifest was read.
    if let end = origins.end(of: package) { throw end }
    guard !missing.inOrder.isEmpty else { return }
    var places = knownPlaces ?? []
    var table: [UInt8] = []
    if knownPlaces == nil {
      // Without origins this is what is needed next, so that asking for them costs no time.
      let answer = try await tablePart(of: manifest, after: 0, wantsOrigins: true)
      (places, table) = (answer.origins, answer.bytes)
    }
    let unpacker = try Unpacker()
    let unpack = { @Sendable (pipe: MemberPipe) async throws(PackageError) in
      try await self.unpack(with: unpacker, pipe, manifest, missing)
    }
    if !places.isEmpty {
      let transfer = OriginTransfer(
        manifest: manifest, origins: places, desk: origins, unpack: unpack)
      try await transfer.run(missing)
    }
    let left = missing.inOrder
    if !left.isEmpty { try await fetchFromScheduler(left, of: manifest, table, unpack) }
  }

  /// - Parameter table: what of the scheduler's is here.
  private func fetchFromScheduler(
    _ left: [Int], of manifest: PackageManifest, _ table: [UInt8],
    _ unpack: @escaping @Sendable (MemberPipe) async throws(PackageError) -> Void
  ) async throws {
    let plan = FetchPlan(order: left, ranges: try await ranges(of: manifest, table))
    log.info(
      "fetching members",
      metadata: [
        "package": "\(package)", "members": "\(left.count)", "bytes": "\(plan.bytesLeft)",
        "from": "scheduler",
      ])
    let members = manifest.byBlob(left)
    let fetcher = fetcher
    let pipe = MemberPipe { Task { await fetcher.pump() } }
    async let unpacking: Void = cancelling(pipe, unpack)
    do {
      try await fetcher.stream(package, plan, members: members, into: pipe, origins)
    } catch {
      // If it was the unpacking that failed, this is its error.
      _ = try? await unpacking
      throw error
    }
    try await unpacking
  }

  /// When the unpacking fails, nothing more is asked for.
  private func cancelling(
    _ pipe: MemberPipe, _ unpack: @Sendable (MemberPipe) async throws(PackageError) -> Void
  ) async throws {
    do throws(PackageError) {
      try await unpack(pipe)
    } catch {
      pipe.finish(error)
      await fetcher.cancel(package, error)
      throw error
    }
  }

  private func unpack(
    with unpacker: Unpacker, _ pipe: MemberPipe, _ manifest: PackageManifest,
    _ missing: MissingMembers
  ) async throws(PackageError) {
    try await unpacker.run(pipe, manifest.files, directory: directory) { member in
      gate.arrived(manifest.files[member].digest, of: package)
      origins.arrived(manifest.files[member].digest, of: package)
      if missing.arrived(member) { post(.packageStartable(package)) }
    }
  }
}

extension PackageFetcher {
  /// What the desk was told before there was a stream that could be told. On this actor, so that nothing
  /// is said in between.
  fileprivate func stream(
    _ package: Digest, _ plan: FetchPlan, members: [Digest: Int], into pipe: MemberPipe,
    _ desk: OriginDesk
  ) async throws {
    if let end = desk.end(of: package) { throw end }
    var plan = plan
    for blob in desk.wanted(of: package) {
      if let member = members[blob] { plan.prefer(member) }
    }
    try await stream(package, plan, members: members, into: pipe)
  }
}

/// Which members have not come yet, and which of them a judging needs to begin.
final class MissingMembers: Sendable {
  private let order: [Int]
  private let state: Lock<(all: Set<Int>, toStart: Set<Int>)>

  init(_ order: TravelOrder) {
    self.order = order.members
    state = Lock((Set(order.members), Set(order.members.prefix(order.neededToStart))))
  }

  /// - Returns: whether this one was the last that is needed to begin.
  func arrived(_ member: Int) -> Bool {
    state.withLock { state in
      state.all.remove(member)
      return state.toStart.remove(member) != nil && state.toStart.isEmpty
    }
  }

  var inOrder: [Int] {
    let all = state.withLock { $0.all }
    return order.filter(all.contains)
  }
}

extension PackageManifest {
  /// What it is made of, as the cache counts it.
  var blobs: [CachedBlob] { files.map { CachedBlob(digest: $0.digest, size: $0.size) } }

  /// Members by their blobs.
  func byBlob(_ members: [Int]) -> [Digest: Int] {
    Dictionary(members.map { (files[$0].digest, $0) }, uniquingKeysWith: { a, _ in a })
  }
}
