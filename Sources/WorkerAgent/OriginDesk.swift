internal import JudgeModel
internal import Logging
internal import Transport
internal import WebRanges
internal import WorkerCore

/// What a worker knows of origins, and what comes from them now: shared by all its transfers.
final class OriginDesk: Sendable {
  /// A transfer, from the decision to fetch until it is over.
  private struct Transfer {
    /// It was told to end.
    var isStopped = false
    /// What comes from an origin now.
    var flow: OriginFlow?
    /// Blobs that somebody waits for, in that order. They are said once, and outlive turns and origins.
    var wanted: [Digest] = []
  }
  private struct State {
    var choice: OriginChoice
    var transfers: [Digest: Transfer] = [:]
    var isStopped = false
  }
  private let state: Lock<State>
  let rate: FetchRate
  /// Of all transfers from origins.
  let unread = UnreadBytes(limit: 8 << 20)
  let limits: WebLimits
  let log: Logger

  /// - Parameter choice: what is known of origins.
  init(
    rate: FetchRate, limits: WebLimits, log: Logger, choice: sending OriginChoice = OriginChoice()
  ) {
    state = Lock(State(choice: choice))
    self.rate = rate
    self.limits = limits
    self.log = log
  }

  private var now: Instant { Instant(nanoseconds: Reactor.now()) }

  /// Why nothing of this package is wanted any more; nil while it is.
  func end(of package: Digest) -> AgentError? {
    state.withLock { state in
      if state.isStopped { return AgentError("the worker stops") }
      return state.transfers[package]?.isStopped == true ? Self.noRoom : nil
    }
  }
  static let noRoom = AgentError("judgings needed its room")

  /// It was decided to fetch this package: from now on it can be stopped.
  func begin(_ package: Digest) { state.withLock { $0.transfers[package] = Transfer() } }

  /// The transfer of this package is over. To be called before somebody is told, who may want another.
  func forget(_ package: Digest) { state.withLock { $0.transfers[package] = nil } }

  /// The transfer of this package ends, with `noRoom`.
  func stop(_ package: Digest) {
    state.withLock { state in
      state.transfers[package]?.isStopped = true
      return state.transfers[package]?.flow
    }?.cancel()
  }

  /// Nothing comes any more. A thread that waits for a server notices within a second.
  func stop() {
    let flows = state.withLock { state in
      state.isStopped = true
      return state.transfers.values.compactMap(\.flow)
    }
    for flow in flows { flow.cancel() }
  }

  /// Somebody waits for this blob of a package now.
  func prefer(_ blob: Digest, of package: Digest) {
    state.withLock { state in
      if state.transfers[package]?.wanted.contains(blob) == false {
        state.transfers[package]?.wanted.append(blob)
      }
      return state.transfers[package]?.flow
    }?.prefer(blob)
  }

  /// Nobody waits for this blob any more.
  func arrived(_ blob: Digest, of package: Digest) {
    state.withLock { $0.transfers[package]?.wanted.removeAll { $0 == blob } }
  }

  /// Blobs of a package that somebody waits for now.
  func wanted(of package: Digest) -> [Digest] {
    state.withLock { $0.transfers[package]?.wanted ?? [] }
  }

  /// - Parameter flow: of the package from now on; nil for none.
  func note(_ flow: OriginFlow?, of package: Digest) {
    let wanted = state.withLock { state in
      state.transfers[package]?.flow = flow
      return state.transfers[package]?.wanted ?? []
    }
    for blob in wanted { flow?.prefer(blob) }
    if end(of: package) != nil { flow?.cancel() }
  }

  // MARK: Choosing

  func unmeasured(of origins: [Origin], except excluded: Set<Origin>) -> [Origin] {
    let now = now
    return state.withLock { $0.choice.unmeasured(of: origins, except: excluded, at: now) }
  }

  func next(
    of origins: [Origin], except failed: Set<Origin>, bytes: Int64
  ) -> OriginChoice.Turn? {
    let now = now
    return state.withLock { $0.choice.next(of: origins, except: failed, bytes: bytes, at: now) }
  }

  func requestBytes(_ origin: Origin) -> Int64 {
    state.withLock { $0.choice.requestBytes(origin, atMost: rate.bytesPerSecond) }
  }

  func answered(_ origin: Origin, _ answer: WebAnswer) {
    let now = now
    state.withLock {
      $0.choice.answered(
        origin, latency: .nanoseconds(answer.latency), bytes: Int64(answer.range.count),
        duration: .nanoseconds(answer.duration), at: now)
    }
  }

  func isTooSlow(bytes: Int64, nanoseconds: Int64) -> Bool {
    state.withLock { $0.choice.isTooSlow(bytes: bytes, duration: .nanoseconds(nanoseconds)) }
  }

  func verified(_ origin: Origin) { state.withLock { $0.choice.verified(origin) } }

  func failed(_ origin: Origin, _ fault: OriginChoice.Fault) {
    let now = now
    state.withLock { $0.choice.failed(origin, fault, at: now) }
  }
}
