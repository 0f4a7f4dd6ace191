public import JudgeModel

/// What one policy made of a trace.
public struct LocalityReport: Hashable, Sendable {
  /// Judgings granted to a worker that held their package.
  public var hits = 0
  /// To a worker that was fetching it for another.
  public var joins = 0
  /// To a worker that had to fetch it.
  public var misses = 0
  /// From arrival to start in a slot, sorted.
  public var waits: [TimeSpan] = []
  public var bytesMoved: Int64 = 0
  public var transfers = 0
  public var evictions = 0

  public var judgings: Int { waits.count }
  public var hitsPerMille: Int { hits * 1_000 / max(1, hits + joins + misses) }

  /// The shortest wait that at least `perMille` thousandths of all do not exceed.
  public func wait(perMille: Int) -> TimeSpan {
    guard !waits.isEmpty else { return .zero }
    return waits[max((waits.count * perMille + 999) / 1_000, 1) - 1]
  }
}
