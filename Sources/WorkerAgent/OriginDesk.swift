internal import JudgeModel
internal import Logging
internal import Transport
internal import WebRanges
internal import WorkerCore

/// What a worker knows of origins, and what comes from them now: shared by all its transfers.
final class OriginDesk: Sendable {
  private struct State {
    var choice = OriginChoice()
    var flows: [Digest: OriginFlow] = [:]
    /// Transfers that were told to end.
    var stopped: Set<Digest> = []
    var isStopped = false
  }
  private let state = Lock(State())
  let rate: FetchRate
  let limits: WebLimits
  let log: Logger

  init(rate: FetchRate, limits: WebLimits, log: Logger) {
    self.rate = rate
    self.limits = limits
    self.log = log
  }

  private var now: Instant { Instant(nanoseconds: Reactor.now()) }

  /// Why nothing of this package is wanted any more; nil while it is.
  func end(of package: Digest) -> AgentError? {
    state.withLock { state in
      if state.isStopped { return AgentError("the worker stops") }
      return state.stopped.contains(package) ? Self.noRoom : nil
    }
  }
  static let noRoom = AgentError("judgings needed its room")

  /// A transfer of this package begins.
  func begin(_ package: Digest) { state.withLock { _ = $0.stopped.remove(package) } }

  /// The transfer of this package ends, with `noRoom`.
  func stop(_ package: Digest) {
    state.withLock { state in
      state.stopped.insert(package)
      return state.flows[package]
    }?.cancel()
  }

  /// Nothing comes any more. A thread that waits for a server notices within a second.
  func stop() {
    let flows = state.withLock { state in
      state.isStopped = true
      return Array(state.flows.values)
    }
    for flow in flows { flow.cancel() }
  }

  /// Somebody waits for this blob of a package now.
  func prefer(_ blob: Digest, of package: Digest) {
    state.withLock { $0.flows[package] }?.prefer(blob)
  }

  /// - Parameter flow: of the package from now on; nil for none.
  func note(_ flow: OriginFlow?, of package: Digest) {
    state.withLock { $0.flows[package] = flow }
    if end(of: package) != nil { flow?.cancel() }
  }

  // MARK: Choosing

  func next(
    of origins: [Origin], except failed: Set<Origin>, bytes: Int64
  ) -> OriginChoice.Step? {
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

  func verified(_ origin: Origin) { state.withLock { $0.choice.verified(origin) } }

  func failed(_ origin: Origin, _ fault: OriginChoice.Fault) {
    let now = now
    state.withLock { $0.choice.failed(origin, fault, at: now) }
  }
}
