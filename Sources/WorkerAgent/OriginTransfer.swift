internal import JudgeModel
internal import Logging
internal import ProblemPackage
internal import WebRanges
internal import WorkerCore

/// Brings members of one package from its origins, as far as those have them and tell the truth.
///
/// # Theory of operation
///
/// An origin is an archive of its own: its members may be packed otherwise than the scheduler's, which is
/// put together from what several versions brought. So where they lie is read from the table at its own
/// end; both are strangers' words until a member's digest says that it is the right one.
///
/// What to do next `OriginChoice` says. In a turn, neighbours that are missing are one request, so that a
/// cold fetch is a few long ones. What ends a turn early, be it the server, the link or a wrong byte, loses
/// the member that was under way and no other; another origin goes on with what is still missing, and what
/// none of them has is left for the scheduler. Only this machine's own faults end the transfer.
struct OriginTransfer: Sendable {
  let manifest: PackageManifest
  let origins: [Origin]
  let desk: OriginDesk
  /// Unpacks what comes through a pipe. Throws what was wrong with it, or with this machine.
  let unpack: @Sendable (MemberPipe) async throws(PackageError) -> Void

  private var package: Digest { manifest.digest }

  /// - Parameter missing: gets shorter as members arrive.
  /// - Throws: what another source would not change, as a full disk.
  func run(_ missing: MissingMembers) async throws {
    let reader = try OriginReader(desk)
    var tables: [Origin: [Range<Int64>]] = [:]
    var failed: Set<Origin> = []
    var last: Origin?
    desk.begin(package)
    while case let left = missing.inOrder, !left.isEmpty, desk.end(of: package) == nil,
      let step = desk.next(of: origins, except: failed, bytes: byteCount(of: left))
    {
      let origin = step.origin
      do {
        guard case .take(_, let bytes) = step else {
          tables[origin] = try await table(of: origin, OriginChoice.measuredBytes, reader)
          continue
        }
        let ranges: [Range<Int64>]
        if let known = tables[origin] {
          ranges = known
        } else {
          ranges = try await table(of: origin, 0, reader)
          tables[origin] = ranges
        }
        if origin != last { say(left, ranges, from: origin) }
        last = origin
        try await take(bytes, from: origin, left, ranges, reader)
        desk.verified(origin)
      } catch let failure as OriginFailure {
        failed.insert(origin)
        note(failure, of: origin, missing.inOrder.count)
      }
    }
    if let end = desk.end(of: package) { throw end }
  }

  private func note(_ failure: OriginFailure, of origin: Origin, _ missing: Int) {
    if let fault = failure.fault { desk.failed(origin, fault) }
    desk.log.warning(
      "an origin failed; going on elsewhere",
      metadata: [
        "package": "\(package)", "origin": "\(origin)", "reason": "\(failure)",
        "missing": "\(missing) files",
      ])
  }

  /// Unpacked, which is what is known before an origin has said how it packs. A manifest bounds it.
  private func byteCount(of members: [Int]) -> Int64 {
    members.reduce(0) { $0 + manifest.files[$1].size }
  }

  private func say(_ members: [Int], _ ranges: [Range<Int64>], from origin: Origin) {
    desk.log.info(
      "fetching members",
      metadata: [
        "package": "\(package)", "members": "\(members.count)",
        "bytes": "\(members.reduce(0) { $0 + Int64(ranges[$1].count) })", "from": "\(origin)",
      ])
  }

  /// - Parameter least: bytes to read, if the table has fewer.
  private func table(
    of origin: Origin, _ least: Int64, _ reader: OriginReader
  ) async throws(OriginFailure) -> [Range<Int64>] {
    let count = PackageArchive.tableByteCount(manifest)
    let end: (bytes: [UInt8], fileBytes: Int64)
    do throws(WebError) {
      end = try await reader.end(
        of: origin, byteCount: max(least, Int64(count)), for: package)
    } catch {
      throw .web(error)
    }
    do throws(PackageError) {
      let ranges = try PackageArchive.ranges(
        of: manifest, table: Array(end.bytes.suffix(count)), byteCount: end.fileBytes)
      guard ranges.allSatisfy({ !$0.isEmpty }) else {
        throw PackageError.refused("a member has no bytes")
      }
      return ranges
    } catch {
      throw .table(error)
    }
  }

  private func take(
    _ byteCount: Int64, from origin: Origin, _ members: [Int], _ ranges: [Range<Int64>],
    _ reader: OriginReader
  ) async throws {
    let flow = OriginFlow(
      FetchPlan(
        order: members, ranges: ranges, lookaheadBehind: members.count,
        gapBytes: OriginChoice.gapBytes),
      members: Dictionary(
        members.map { (manifest.files[$0].digest, $0) }, uniquingKeysWith: { a, _ in a }),
      rate: desk.rate)
    desk.note(flow, of: package)
    defer { desk.note(nil, of: package) }
    async let unpacking = unpacked(flow)
    var failure: WebError?
    do throws(WebError) {
      try await reader.stream(origin, flow, byteCount: byteCount)
    } catch {
      failure = error
    }
    // Members that are there as a whole are unpacked also when the connection broke behind them.
    flow.pipe.finish()
    let refusal = await unpacking
    if let end = desk.end(of: package) { throw end }
    if let refusal, !refusal.isOfWhatCame { throw refusal }
    // An unpacking that fails cancels the stream. Otherwise the stream was first, and what the
    // unpacking complains of is the member that was cut off.
    if let failure, failure != .cancelled || refusal == nil { throw OriginFailure.web(failure) }
    if let refusal { throw OriginFailure.lie(refusal) }
  }

  private func unpacked(_ flow: OriginFlow) async -> PackageError? {
    do throws(PackageError) {
      try await unpack(flow.pipe)
      return nil
    } catch {
      flow.cancel()
      return error
    }
  }
}

/// Why an origin gets no further turn in this transfer.
private enum OriginFailure: Error, CustomStringConvertible {
  case web(WebError)
  /// The file is no archive of this package: another one was put there, or none.
  case table(PackageError)
  /// What came is not the package.
  case lie(PackageError)

  /// What to hold against it; nil when it was this side that ended it.
  var fault: OriginChoice.Fault? {
    switch self {
    case .web(.cancelled), .web(.library): nil
    case .web(let error): error.isOfServer ? .server : .file
    case .table: .file
    case .lie: .lie
    }
  }

  var description: String {
    switch self {
    case .web(let error): "\(error)"
    case .table(let error), .lie(let error):
      "\(error); it is not the file that `assize pack build` wrote"
    }
  }
}

extension OriginChoice.Step {
  fileprivate var origin: Origin {
    switch self {
    case .measure(let origin), .take(let origin, _): origin
    }
  }
}

extension PackageError {
  /// Whether it is about what somebody sent, and not about this machine.
  fileprivate var isOfWhatCame: Bool {
    switch self {
    case .refused, .manifest: true
    case .system, .library, .changed, .absent: false
    }
  }
}
