internal import Sandbox
internal import Synchronization

/// Ends one judging from any thread, whatever it is doing.
public final class Cancellation: Sendable {
  private struct State {
    var isCancelled = false
    var isOver = false
    var cancellers: [Canceller] = []
  }
  private let state = Mutex(State())

  public init() {}

  /// Returns at once; the judging then throws `EvaluationError.cancelled`, unless it was over.
  public func cancel() {
    state.withLock { state in
      state.isCancelled = true
      // Under the lock, so that none of them can pass on to the next judging meanwhile.
      for canceller in state.cancellers { canceller.cancel() }
    }
  }

  public var isCancelled: Bool { state.withLock { $0.isCancelled } }

  /// A sandbox that works for this judging from now on.
  func add(_ canceller: Canceller) {
    state.withLock { state in
      guard !state.isOver else { return }
      state.cancellers.append(canceller)
      if state.isCancelled { canceller.cancel() }
    }
  }

  /// The judging is over: a sandbox that is kept for the next one is out of reach from now on.
  func release() {
    state.withLock { state in
      state.isOver = true
      state.cancellers = []
    }
  }

  func check() throws(EvaluationError) {
    if isCancelled { throw .cancelled }
  }
}
