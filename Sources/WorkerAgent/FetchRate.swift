internal import JudgeModel
internal import Transport
internal import WorkerCore

/// The rate at which a worker takes package data, whoever sends it: one bucket for all transfers, over
/// the bulk socket and from origins.
final class FetchRate: Sendable {
  let bytesPerSecond: Int64?
  private let limit: Lock<RateLimit>

  /// - Parameter bytesPerSecond: nil for as fast as it goes.
  init(bytesPerSecond: Int64?) {
    let limit = RateLimit(bytesPerSecond: bytesPerSecond)
    self.bytesPerSecond = limit.bytesPerSecond
    self.limit = Lock(limit)
  }

  func allows(at now: Instant) -> Bool { limit.withLock { $0.allows(at: now) } }
  func spend(_ bytes: Int64, at now: Instant) { limit.withLock { $0.spend(bytes, at: now) } }
  func refund(_ bytes: Int64, at now: Instant) { limit.withLock { $0.refund(bytes, at: now) } }
  func readyAt(after now: Instant) -> Instant? { limit.withLock { $0.readyAt(after: now) } }
}
