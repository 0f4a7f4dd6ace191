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
/// Which one is next `OriginChoice` says. Those that nobody knows are measured beside (`OriginSurvey`), and
/// the first that has answered is taken from meanwhile: one that is not reached costs nobody time. In a
/// turn, neighbours that are missing are one request, so that a cold fetch is a few long ones. What ends a
/// turn early, be it the server, the link or a wrong byte, loses the member that was under way and no other;
/// another origin goes on with what is still missing, and what none of them has is left for the scheduler.
/// Only this machine's own faults end the transfer.
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
    let survey = OriginSurvey(manifest, origins, desk)
    var news = survey.news.makeAsyncIterator()
    var last: Origin?
    while case let left = missing.inOrder, !left.isEmpty, desk.end(of: package) == nil {
      survey.measure()
      // Looked at before choosing: what ends in between is news.
      let isMeasuring = survey.isMeasuring
      guard
        let turn = desk.next(of: origins, except: survey.failed, bytes: byteCount(of: left))
      else {
        guard isMeasuring else { break }
        _ = await news.next()
        continue
      }
      let origin = turn.origin
      do {
        let ranges = try await survey.table(of: origin, reader)
        if origin != last { say(left, ranges, from: origin) }
        last = origin
        try await take(turn.bytes, from: origin, left, ranges, reader)
        desk.verified(origin)
      } catch let failure as OriginFailure {
        survey.fail(origin, failure)
      }
    }
    if let end = desk.end(of: package) { throw end }
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

  private func take(
    _ byteCount: Int64, from origin: Origin, _ members: [Int], _ ranges: [Range<Int64>],
    _ reader: OriginReader
  ) async throws {
    let flow = OriginFlow(
      FetchPlan(
        order: members, ranges: ranges, lookaheadBehind: members.count,
        gapBytes: OriginChoice.gapBytes),
      members: manifest.byBlob(members), rate: desk.rate, unread: desk.unread)
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

extension PackageError {
  /// Whether it is about what somebody sent, and not about this machine.
  fileprivate var isOfWhatCame: Bool {
    switch self {
    case .refused, .manifest: true
    case .system, .library, .changed, .absent: false
    }
  }
}
