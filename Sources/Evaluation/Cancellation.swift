internal import Sandbox
internal import Synchronization

/// Ends one judging from any thread, whatever it is doing.
public final class Cancellation: Sendable {
  private struct State {
    var isCancelled = false
    var cancellers: [Canceller] = []
  }
  private let state = Mutex(State())

  public init() {}

  public func cancel() {
    let cancellers = state.withLock { state in
      state.isCancelled = true
      return state.cancellers
    }
    for canceller in cancellers { canceller.cancel() }
  }

  public var isCancelled: Bool { state.withLock { $0.isCancelled } }

  /// A sandbox that works for this judging from now on.
  func add(_ canceller: Canceller) {
    let isCancelled = state.withLock { state in
      state.cancellers.append(canceller)
      return state.isCancelled
    }
    if isCancelled { canceller.cancel() }
  }

  func check() throws(EvaluationError) {
    if isCancelled { throw .cancelled }
  }
}
