internal import Dispatch
internal import JudgeModel
internal import Transport
internal import WebRanges
internal import WorkerCore

/// Members of one package on their way from one origin to the thread that unpacks them.
///
/// The origin's thread asks for what the plan says is next and hands over what comes, here. It waits,
/// and with it the server, while the unpacking is behind or the rate is used up.
final class OriginFlow: Sendable {
  private struct State {
    var plan: FetchPlan
    var isCancelled = false
  }
  private let state: Lock<State>
  /// Member by blob, for `prefer`.
  private let members: [Digest: Int]
  private let rate: FetchRate
  private let unread: UnreadBytes
  let pipe: MemberPipe
  /// Something changed that the origin's thread may wait for.
  private let changed: DispatchSemaphore
  private let clock: Clock

  /// How time passes for whoever waits.
  struct Clock: Sendable {
    var now: @Sendable () -> Instant = { Instant(nanoseconds: Reactor.now()) }
    /// Waits so many nanoseconds or until it is told.
    var nap: @Sendable (DispatchSemaphore, _ nanoseconds: Int64) -> Void = {
      _ = $0.wait(timeout: .now() + .nanoseconds(Int(clamping: $1)))
    }
  }

  /// Nobody waits longer than this without looking whether he still should, nanoseconds.
  private static let longestNap: Int64 = 1_000_000_000

  init(
    _ plan: FetchPlan, members: [Digest: Int], rate: FetchRate, unread: UnreadBytes,
    clock: Clock = Clock()
  ) {
    state = Lock(State(plan: plan))
    self.members = members
    self.rate = rate
    self.unread = unread
    self.clock = clock
    changed = DispatchSemaphore(value: 0)
    pipe = MemberPipe { unread.tellThoseWhoWait() }
    unread.join(pipe, changed)
  }
  // What is left in the pipe goes with it.
  deinit { unread.leave(pipe) }

  // MARK: From any thread

  /// Somebody waits for this blob now.
  func prefer(_ blob: Digest) {
    guard let member = members[blob] else { return }
    state.withLock { $0.plan.prefer(member) }
  }

  func cancel() {
    state.withLock { $0.isCancelled = true }
    changed.signal()
  }

  var isCancelled: Bool { state.withLock { $0.isCancelled } }
  var bytesLeft: Int64 { state.withLock { $0.plan.bytesLeft } }

  // MARK: The origin's thread

  /// - Parameters:
  ///   - limit: bytes of the request.
  ///   - isEnding: only what belongs to a member that has begun.
  func next(atMost limit: Int64, isEnding: Bool) -> FetchPlan.Piece? {
    state.withLock { state in
      isEnding && state.plan.isBetweenMembers ? nil : state.plan.next(atMost: limit)
    }
  }

  /// Waits until there is room and takes the next bytes of a piece.
  /// - Returns: false when nobody wants them any more.
  func take(_ bytes: UnsafeRawBufferPointer, _ cutter: inout PartCutter) -> Bool {
    while !unread.allows(pipe), !isCancelled { clock.nap(changed, Self.longestNap) }
    guard waitForRate(Int64(bytes.count)) else { return false }
    pipe.push(cutter.take(Int64(bytes.count)), [UInt8](bytes))
    return true
  }

  private func waitForRate(_ count: Int64) -> Bool {
    while !isCancelled {
      let now = clock.now()
      if rate.allows(at: now) {
        rate.spend(count, at: now)
        return true
      }
      let ready = rate.readyAt(after: now) ?? now
      clock.nap(changed, min(max(0, (ready - now).nanoseconds), Self.longestNap))
    }
    return false
  }
}

/// A thread of one transfer that reads from origins: what it asks for blocks it until it has come.
actor OriginReader {
  private nonisolated let thread: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
  private let reader: RangeReader
  private let desk: OriginDesk

  init(_ desk: OriginDesk) throws {
    self.desk = desk
    reader = try RangeReader(desk.limits)
    thread = try Reactor(name: "origin")
  }
  deinit { thread.stop() }

  /// The last bytes of a file: fewer than asked for if it has no more.
  /// - Parameter package: what they are read for: no longer than that is wanted.
  /// - Returns: with them, the length of the file.
  func end(
    of origin: Origin, byteCount: Int64, for package: Digest
  ) throws(WebError) -> (bytes: [UInt8], fileBytes: Int64) {
    var bytes: [UInt8] = []
    let desk = desk
    let answer = try reader.read(
      origin.url, .last(byteCount), isCancelled: { desk.end(of: package) != nil },
      take: {
        bytes += $0
        return true
      })
    desk.answered(origin, answer)
    // They were not waited for, so what comes next is.
    desk.rate.spend(Int64(bytes.count), at: Instant(nanoseconds: Reactor.now()))
    return (bytes, answer.fileBytes)
  }

  /// Brings members, request after request, until the plan is done or `byteCount` bytes were asked for
  /// and a member ends.
  /// - Throws: `stalled` also when it comes steadily and too slowly: the rest of a large member could
  ///   take hours otherwise, because a turn does not end inside one.
  func stream(_ origin: Origin, _ flow: OriginFlow, byteCount: Int64) throws(WebError) {
    var asked: Int64 = 0
    // Of one request or of several small ones, until they say something about the rate.
    var came: (bytes: Int64, nanoseconds: Int64) = (0, 0)
    while !flow.isCancelled,
      let piece = flow.next(
        atMost: desk.requestBytes(origin), isEnding: asked >= byteCount)
    {
      var cutter = PartCutter(piece.parts)
      let answer = try reader.read(
        origin.url, .bytes(piece.offset..<(piece.offset + piece.length)),
        isCancelled: { flow.isCancelled }, take: { flow.take($0, &cutter) })
      desk.answered(origin, answer)
      asked += piece.length
      came.bytes += piece.length
      came.nanoseconds += answer.duration
      if desk.isTooSlow(bytes: came.bytes, nanoseconds: came.nanoseconds) { throw .stalled }
      if came.bytes >= OriginChoice.measuredBytes { came = (0, 0) }
    }
    if flow.isCancelled { throw .cancelled }
  }
}
