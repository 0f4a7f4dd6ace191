/// A length of time in nanoseconds. Integers, because verdicts and leases are decided by comparing.
public struct TimeSpan: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
  public static let zero = TimeSpan(nanoseconds: 0)
  public static func nanoseconds(_ n: Int64) -> TimeSpan { TimeSpan(nanoseconds: n) }
  public static func microseconds(_ n: Int64) -> TimeSpan { .scaled(n, by: 1_000) }
  public static func milliseconds(_ n: Int64) -> TimeSpan { .scaled(n, by: 1_000_000) }
  public static func seconds(_ n: Int64) -> TimeSpan { .scaled(n, by: 1_000_000_000) }

  /// Rounded down; for tables and for interfaces that count milliseconds.
  public var milliseconds: Int64 { nanoseconds / 1_000_000 }

  // Saturating: a span that a file or a message claims must not trap anyone who adds to it.
  private static func scaled(_ n: Int64, by factor: Int64) -> TimeSpan {
    let (product, overflow) = n.multipliedReportingOverflow(by: factor)
    return TimeSpan(nanoseconds: overflow ? (n < 0 ? .min : .max) : product)
  }
  public static func + (a: Self, b: Self) -> Self {
    let (sum, overflow) = a.nanoseconds.addingReportingOverflow(b.nanoseconds)
    return TimeSpan(nanoseconds: overflow ? (a.nanoseconds < 0 ? .min : .max) : sum)
  }
  public static func - (a: Self, b: Self) -> Self {
    let (difference, overflow) = a.nanoseconds.subtractingReportingOverflow(b.nanoseconds)
    return TimeSpan(nanoseconds: overflow ? (a.nanoseconds < 0 ? .min : .max) : difference)
  }
  public static func * (a: Self, n: Int64) -> Self { .scaled(n, by: a.nanoseconds) }
  public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }

  /// Seconds with three decimals, as tables show it: `1.234`.
  public var secondsText: String {
    let magnitude = nanoseconds.magnitude
    let whole = magnitude / 1_000_000_000
    let thousandths = String(magnitude % 1_000_000_000 / 1_000_000)
    let padded = String(repeating: "0", count: 3 - thousandths.utf8.count) + thousandths
    return (nanoseconds < 0 ? "-" : "") + "\(whole).\(padded)"
  }
  public var description: String { secondsText + " s" }
}

/// A point on the monotonic clock, in nanoseconds from an origin nobody may rely on.
///
/// There is no way to read a clock here: time enters the pure targets as an argument.
public struct Instant: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
  public static let zero = Instant(nanoseconds: 0)
  public static func + (a: Self, b: TimeSpan) -> Self {
    Instant(nanoseconds: (TimeSpan(nanoseconds: a.nanoseconds) + b).nanoseconds)
  }
  public static func - (a: Self, b: TimeSpan) -> Self {
    Instant(nanoseconds: (TimeSpan(nanoseconds: a.nanoseconds) - b).nanoseconds)
  }
  public static func - (a: Self, b: Self) -> TimeSpan {
    TimeSpan(nanoseconds: a.nanoseconds) - TimeSpan(nanoseconds: b.nanoseconds)
  }
  public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
  public var description: String { "t+\(TimeSpan(nanoseconds: nanoseconds).secondsText)" }
}
