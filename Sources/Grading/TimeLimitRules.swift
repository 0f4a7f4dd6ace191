public import JudgeModel

/// How a time limit is derived from the jury's submissions: `T_ac` times `multiplier`, rounded up to
/// a multiple of `resolution`; too slow means slower than the limit times `margin`.
public struct TimeLimitRules: Hashable, Sendable {
  /// Billionths: 5 is 5,000,000,000.
  public var multiplierBillionths: Int64 = 5_000_000_000
  /// Billionths.
  public var marginBillionths: Int64 = 2_000_000_000
  public var resolution = TimeSpan.seconds(1)
  /// Whether the submissions that have to be too slow bound the limit from above. The older formats
  /// only look at the accepted ones and report what the margin changes.
  public var hasUpperBound = false
  public init() {}
}

/// What one jury submission says about the limit.
public struct TimeLimitBound: Hashable, Sendable {
  public enum Side: Hashable, Sendable {
    /// It must not be too slow.
    case lower
    /// It has to be too slow.
    case upper
  }
  public var submission: String
  public var side: Side
  /// Its slowest run. Of a submission that was stopped this is a time it surely takes.
  public var slowest: TimeSpan

  public init(_ submission: String, _ side: Side, slowest: TimeSpan) {
    self.submission = submission
    self.side = side
    self.slowest = slowest
  }
}

/// Why there is no time limit.
public enum TimeLimitError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No submission bounds it from below, so there is nothing to derive it from.
  case nothingToDeriveFrom
  /// The least limit that leaves room for `slow` is more than `most`, at which `fast` is no longer
  /// surely too slow.
  case noMultipleFits(least: TimeSpan, slow: String, most: TimeSpan, fast: String)
  case notAMultiple(limit: TimeSpan, resolution: TimeSpan)

  public var description: String {
    switch self {
    case .nothingToDeriveFrom:
      "no time limit can be derived: no submission that has to be fast enough was run"
    case .noMultipleFits(let least, let slow, let most, let fast):
      "no time limit fits: \(slow) needs at least \(least), and \(fast), which has to be too slow, "
        + "allows at most \(most); make one of them faster or slower, or change the multipliers "
        + "or the resolution"
    case .notAMultiple(_, let resolution):
      "the time limit is not a multiple of time_resolution (\(resolution)); change one of them"
    }
  }
}

extension TimeLimitRules {
  private static let one: Int64 = 1_000_000_000

  /// The least multiple of the resolution that leaves room for every submission that must not be too
  /// slow; at least one step.
  ///
  /// - Throws: when there is no such submission, or one that has to be too slow might not be.
  public func limit(from bounds: [TimeLimitBound]) throws(TimeLimitError) -> TimeSpan {
    let lower = bounds.filter { $0.side == .lower }.max { $0.slowest < $1.slowest }
    guard let lower else { throw .nothingToDeriveFrom }
    let least = limit(for: lower.slowest)
    let upper = bounds.filter { $0.side == .upper }.min { $0.slowest < $1.slowest }
    guard hasUpperBound, let upper else { return least }
    let most = mostBelow(upper.slowest)
    guard least <= most else {
      throw .noMultipleFits(
        least: least, slow: lower.submission, most: most, fast: upper.submission)
    }
    return least
  }

  /// - Throws: when a limit that the author wrote is not a multiple of the resolution.
  public func check(explicit limit: TimeSpan) throws(TimeLimitError) {
    guard limit.nanoseconds % step == 0 else {
      throw .notAMultiple(limit: limit, resolution: resolution)
    }
  }

  /// How long a submission has to run until it is surely too slow for `limit`; also the longest that
  /// a second run with the margin may take.
  public func surelyTooSlow(for limit: TimeSpan) -> TimeSpan {
    TimeSpan(nanoseconds: Self.scaled(limit.nanoseconds, marginBillionths, Self.one, up: true))
  }

  /// The time limit for a slowest accepted run of `time`; at least one step of the resolution.
  public func limit(for time: TimeSpan) -> TimeSpan {
    let needed = Self.scaled(time.nanoseconds, multiplierBillionths, Self.one, up: true)
    let steps = needed / step + (needed % step == 0 ? 0 : 1)
    return TimeSpan(nanoseconds: step * min(max(1, steps), Int64.max / step))
  }

  /// The greatest multiple of the resolution at which a run of `time` is surely too slow.
  private func mostBelow(_ time: TimeSpan) -> TimeSpan {
    let allowed = Self.scaled(time.nanoseconds, Self.one, max(1, marginBillionths), up: false)
    return TimeSpan(nanoseconds: allowed / step * step)
  }

  private var step: Int64 { max(1, resolution.nanoseconds) }

  /// `value * factor / divisor` of what is not negative, without losing anything in between;
  /// saturates.
  private static func scaled(_ value: Int64, _ factor: Int64, _ divisor: Int64, up: Bool) -> Int64 {
    let product = max(0, value).multipliedFullWidth(by: max(0, factor))
    guard product.high < divisor / 2 else { return .max }
    let (quotient, rest) = divisor.dividingFullWidth((product.high, product.low))
    return up && rest > 0 && quotient < .max ? quotient + 1 : quotient
  }
}
