internal import Dispatch
internal import Transport

/// Bytes that came from origins and were not unpacked yet: one bound for all transfers, however many
/// there are.
///
/// Beyond it, whoever has almost nothing in his own pipe may still go on, so that one transfer whose
/// disk is slow does not stop all others.
final class UnreadBytes: Sendable {
  private struct Member {
    var pipe: MemberPipe
    var signal: DispatchSemaphore
    var isWaiting = false
  }
  private let members = Lock<[ObjectIdentifier: Member]>([:])
  private let limit: Int
  private let allowance: Int

  /// - Parameters:
  ///   - limit: bytes that may lie in all pipes together.
  ///   - allowance: bytes that may lie in each of them in any case.
  init(limit: Int, allowance: Int = 64 << 10) {
    self.limit = limit
    self.allowance = allowance
  }

  /// - Parameter signal: is told when there may be room again.
  func join(_ pipe: MemberPipe, _ signal: DispatchSemaphore) {
    members.withLock { $0[ObjectIdentifier(pipe)] = Member(pipe: pipe, signal: signal) }
  }

  func leave(_ pipe: MemberPipe) {
    _ = members.withLock { $0.removeValue(forKey: ObjectIdentifier(pipe)) }
    tellThoseWhoWait()
  }

  /// Whether something may be put into this pipe; if not, its signal comes.
  func allows(_ pipe: MemberPipe) -> Bool {
    members.withLock { members in
      let isAllowed =
        pipe.backlog <= allowance
        || members.values.reduce(0) { $0 + $1.pipe.backlog } <= limit
      members[ObjectIdentifier(pipe)]?.isWaiting = !isAllowed
      return isAllowed
    }
  }

  /// Something was taken out of a pipe.
  func tellThoseWhoWait() {
    let signals = members.withLock { members in
      let waiting = members.filter(\.value.isWaiting)
      for key in waiting.keys { members[key]?.isWaiting = false }
      return waiting.values.map(\.signal)
    }
    for signal in signals { signal.signal() }
  }
}
