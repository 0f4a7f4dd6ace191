internal import CSandbox
import Glibc
import Synchronization

/// Ends the work of one sandbox from any thread.
///
/// Cancelling is for good: the run in progress is reported with `.cancelled` and later ones throw
/// ``SandboxError/cancelled``, so it does not matter whether the request came before, during or
/// between runs.
public final class Canceller: Sendable {
  private struct State {
    var socket: Int32?
    var running: UInt64?
    var isCancelled = false
  }
  private let state: Mutex<State>

  init(socket: Int32) { state = Mutex(State(socket: socket)) }

  public func cancel() {
    state.withLock { state in
      state.isCancelled = true
      Canceller.tell(state)
    }
  }

  public var isCancelled: Bool { state.withLock { $0.isCancelled } }

  /// Ends the run in progress, if any, and only that.
  func cancelRun() { state.withLock { Canceller.tell($0) } }

  /// Performs `send`, which starts run `number`, unless cancelled. Held under the lock so that a
  /// cancellation names the run that is in progress, never the one before.
  func begin(_ number: UInt64, send: () -> Int32) throws(SandboxError) -> Int32 {
    let result: Int32? = state.withLock { state in
      if state.isCancelled { return nil }
      let result = send()
      if result == 0 { state.running = number }
      return result
    }
    guard let result else { throw .cancelled }
    return result
  }

  func ended() { state.withLock { $0.running = nil } }

  /// From now on the socket's number may mean something else.
  func detach() {
    state.withLock { state in
      state.socket = nil
      state.running = nil
    }
  }

  private static func tell(_ state: State) {
    guard let socket = state.socket, let number = state.running else { return }
    var request = box_request()
    request.kind = UInt32(BOX_CANCEL.rawValue)
    request.run_number = number
    // A failure means the helper is gone, and then so is the run.
    _ = assize_send(socket, &request, nil, 0, nil, 0)
  }
}
