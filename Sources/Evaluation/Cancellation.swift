internal import Sandbox
internal import Synchronization

/// Ends one judging from any thread, whatever it is doing.
public final class Cancellation: Sendable {
  private struct State {
    var isCancelled = false
    var isOver = false
    var cancellers: [Canceller] = []
    /// Threads of this judging that wait for something else than a sandbox.
    var sleepers: [UInt64: @Sendable () -> Void] = [:]
  }
  private let state = Mutex(State())

  public init() {}

  /// Returns at once; the judging then throws `EvaluationError.cancelled`, unless it was over.
  public func cancel() {
    state.withLock { state in
      state.isCancelled = true
      // Under the lock, so that none of them can pass on to the next judging meanwhile.
      for canceller in state.cancellers { canceller.cancel() }
      for wake in state.sleepers.values { wake() }
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

  /// Calls `wake` on cancellation, at once if that has happened; nil ends it.
  func onCancel(_ number: UInt64, _ wake: (@Sendable () -> Void)?) {
    state.withLock { state in
      state.sleepers[number] = wake
      if state.isCancelled { wake?() }
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
