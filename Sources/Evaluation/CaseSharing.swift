import Dispatch
public import JudgeModel
import Synchronization

/// Through which others help with a judging: a slot that judges may be asked to give testcases away,
/// hears their runs, and says what it is still waiting for.
///
/// One for each judging, like `Cancellation`. Whoever asks does so from any thread; the slot's thread
/// looks between two testcases, and blocks here when all that is left is with others.
public final class CaseSharing: Sendable {
  enum Request: Sendable {
    case share(parts: Int)
    case helped([Run])
    case takeBack([Int32])
  }
  private let requests = Mutex<[Request]>([])
  private let signal = DispatchSemaphore(value: 0)
  /// Called on the slot's thread.
  let onShared: @Sendable ([Int32]) -> Void
  let onRemaining: @Sendable (RemainingWork) -> Void

  /// - Parameters:
  ///   - onShared: these testcases, by ordinal, are with others now, and no more.
  ///   - onRemaining: so much could be given away; now and then.
  public init(
    onShared: @escaping @Sendable ([Int32]) -> Void,
    onRemaining: @escaping @Sendable (RemainingWork) -> Void
  ) {
    self.onShared = onShared
    self.onRemaining = onRemaining
  }

  /// Give testcases that were not begun to so many others, if there are enough.
  public func share(parts: Int) { post(.share(parts: parts)) }

  /// What others found out. Only the first run of a testcase counts.
  public func helped(_ runs: [Run]) { post(.helped(runs)) }

  /// Others will not run these: run them here.
  public func takeBack(_ ordinals: [Int32]) { post(.takeBack(ordinals)) }

  private func post(_ request: Request) {
    requests.withLock { $0.append(request) }
    signal.signal()
  }

  // MARK: For the slot

  func takeRequests() -> [Request] {
    requests.withLock { requests in
      defer { requests = [] }
      return requests
    }
  }

  /// Number of this sleeper at the cancellation: gates number theirs from one.
  private static let sleeper = UInt64.max

  /// Blocks until there may be a request, so much time has passed, or the judging is cancelled.
  func wait(atMost span: Duration, _ cancellation: Cancellation) {
    cancellation.onCancel(Self.sleeper) { self.signal.signal() }
    defer { cancellation.onCancel(Self.sleeper, nil) }
    let (seconds, attoseconds) = span.components
    let milliseconds = min(seconds, 1_000_000) * 1000 + attoseconds / 1_000_000_000_000_000
    _ = signal.wait(timeout: .now() + .milliseconds(Int(milliseconds) + 1))
  }
}
