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
/// First the manifest, from the head of the archive or from what an earlier transfer left; then the
/// table at the archive's end, which says where each member lies; then the members whose blobs are not
/// here, in the order in which judging needs them. Each is verified and published by itself, so
/// whatever ends the transfer, the next one goes on from there. Nothing of the archive is kept.
struct PackageTransfer: Sendable {
  let package: Digest
  /// As the grant has it.
  let archiveBytes: Int64
  let unpackedBytes: Int64
  let directory: String
  let cache: CacheKeeper
  let fetcher: PackageFetcher
  let gate: MemberGate
  let log: Logger
  let post: @Sendable (WorkerEvent) -> Void

  /// Bytes that are asked for first; the manifest of most packages is in them.
  static let headBytes: Int64 = 16 << 10

  func run() async {
    do {
      let manifest = try await manifest()
      let here = try await cache.begin(manifest)
      gate.begin(package, here: here)
      let order = TravelOrder(manifest) { !here.contains($0.digest) }
      post(.packageDescribed(package, manifest.blobs))
      if order.neededToStart == 0 { post(.packageStartable(package)) }
      try await fetch(order, of: manifest)
      try await cache.publish(manifest)
      gate.complete(package)
      post(.packageInstalled(package))
    } catch {
      let kept = await cache.suspend(package)
      log.warning(
        "cannot fetch",
        metadata: ["package": "\(package)", "error": "\(error)", "kept": "\(kept.count) files"])
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

  private func manifest() async throws -> PackageManifest {
    if let known = await cache.manifestIfKnown(package) { return known }
    var head: [UInt8] = []
    var step = Self.headBytes
    while true {
      let length = min(step, archiveBytes - Int64(head.count), Int64(BulkLimits.pieceBytes))
      guard length > 0 else {
        throw AgentError("its archive of \(archiveBytes) bytes has no manifest")
      }
      head += try await fetcher.read(package, at: Int64(head.count), length: length)
      if let manifest = try PackageArchive.manifest(atHead: head) {
        try check(manifest)
        return manifest
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

  private func ranges(of manifest: PackageManifest) async throws -> [Range<Int64>] {
    let length = Int64(PackageArchive.tableByteCount(manifest))
    guard length <= archiveBytes else {
      throw AgentError("its archive of \(archiveBytes) bytes is too short for its table")
    }
    var table: [UInt8] = []
    while Int64(table.count) < length {
      let part = min(length - Int64(table.count), Int64(BulkLimits.pieceBytes))
      table += try await fetcher.read(
        package, at: archiveBytes - length + Int64(table.count), length: part)
    }
    let ranges = try PackageArchive.ranges(of: manifest, table: table, byteCount: archiveBytes)
    guard ranges.allSatisfy({ !$0.isEmpty }) else {
      throw PackageError.refused("a member has no bytes")
    }
    return ranges
  }

  // MARK: The members

  private func fetch(_ order: TravelOrder, of manifest: PackageManifest) async throws {
    guard !order.members.isEmpty else { return }
    let plan = FetchPlan(order: order.members, ranges: try await ranges(of: manifest))
    log.info(
      "fetching members",
      metadata: [
        "package": "\(package)", "members": "\(order.members.count)", "bytes": "\(plan.bytesLeft)",
      ])
    let members = Dictionary(
      order.members.map { (manifest.files[$0].digest, $0) }, uniquingKeysWith: { a, _ in a })
    let fetcher = fetcher
    let pipe = MemberPipe { Task { await fetcher.pump() } }
    let progress = StartProgress(order.members.prefix(order.neededToStart))
    let unpacker = try Unpacker()
    async let unpacking: Void = unpack(with: unpacker, pipe, manifest, progress)
    do {
      try await fetcher.stream(package, plan, members: members, into: pipe)
    } catch {
      // If it was the unpacking that failed, this is its error.
      _ = try? await unpacking
      throw error
    }
    try await unpacking
  }

  private func unpack(
    with unpacker: Unpacker, _ pipe: MemberPipe, _ manifest: PackageManifest,
    _ progress: StartProgress
  ) async throws {
    do throws(PackageError) {
      try await unpacker.run(pipe, manifest.files, directory: directory) { member in
        gate.arrived(manifest.files[member].digest, of: package)
        if progress.isLast(member) { post(.packageStartable(package)) }
      }
    } catch {
      pipe.finish(error)
      await fetcher.cancel(package, error)
      throw error
    }
  }
}

/// Which of the members that a judging needs to begin are missing.
private final class StartProgress: Sendable {
  private let missing: Lock<Set<Int>>

  init(_ members: some Sequence<Int>) { missing = Lock(Set(members)) }

  /// Whether this one was the last that was missing.
  func isLast(_ member: Int) -> Bool {
    missing.withLock { $0.remove(member) != nil && $0.isEmpty }
  }
}

extension PackageManifest {
  /// What it is made of, as the cache counts it.
  var blobs: [CachedBlob] { files.map { CachedBlob(digest: $0.digest, size: $0.size) } }
}
