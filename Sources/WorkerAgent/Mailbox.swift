internal import Transport
internal import WorkerCore

/// What other threads have to tell the control thread, in order.
final class Mailbox: Sendable {
  private struct State {
    var events: [WorkerEvent] = []
    var onMail: (@Sendable () -> Void)?
  }
  private let state = Lock(State())

  /// From any thread. The first event since the mail was taken wakes the reader.
  func post(_ event: WorkerEvent) {
    let wake = state.withLock { state in
      state.events.append(event)
      return state.events.count == 1 ? state.onMail : nil
    }
    wake?()
  }

  /// - Parameter wake: called from any thread when there is mail again, and now if there is some.
  func onMail(_ wake: @escaping @Sendable () -> Void) {
    let hasMail = state.withLock { state in
      state.onMail = wake
      return !state.events.isEmpty
    }
    if hasMail { wake() }
  }

  func takeAll() -> [WorkerEvent] {
    state.withLock { state in
      let events = state.events
      state.events = []
      return events
    }
  }
}
