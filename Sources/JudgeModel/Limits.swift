/// One limit and whether the problem's author wrote it down. The difference is normative in the
/// 2025-09 format: an explicit limit must be honoured exactly or the package refused.
public struct Limit: Hashable, Sendable {
  /// In the unit that the field of `ProblemLimits` names.
  public var amount: Int64
  public var isExplicit: Bool
  public init(_ amount: Int64, explicit: Bool) {
    self.amount = amount
    self.isExplicit = explicit
  }
  public static func preset(_ amount: Int64) -> Limit { Limit(amount, explicit: false) }
}

/// Where a time limit came from, because a derived one holds for one machine only.
public enum TimeLimitOrigin: String, Hashable, Sendable, CaseIterable {
  /// `limits.time_limit`, `domjudge-problem.ini`, `.timelimit` or the command line.
  case explicit
  /// Measured from the accepted submissions.
  case derived
  /// Nobody said anything.
  case preset
}

/// Limits of one problem. Defaults are the typical system defaults of the Kattis format
/// description, except memory, where the 2048 MiB there would let two slots fill a laptop.
public struct ProblemLimits: Hashable, Sendable {
  /// CPU time of one run, nanoseconds.
  public var timeNanoseconds = Limit.preset(1_000_000_000)
  public var timeOrigin = TimeLimitOrigin.preset
  /// Memory of one run, bytes.
  public var memoryBytes = Limit.preset(1024 << 20)
  /// Standard output of one run, bytes.
  public var outputBytes = Limit.preset(8 << 20)
  /// Source files of a submission together, bytes.
  public var codeBytes = Limit.preset(128 << 10)
  public var compilationTimeNanoseconds = Limit.preset(60_000_000_000)
  public var compilationMemoryBytes = Limit.preset(1024 << 20)
  /// CPU time of an output validator or interactor in one run, nanoseconds.
  public var validationTimeNanoseconds = Limit.preset(60_000_000_000)
  public var validationMemoryBytes = Limit.preset(1024 << 20)
  public var validationOutputBytes = Limit.preset(8 << 20)
  /// Passes of a multi-pass problem, at most.
  public var validationPasses = Limit.preset(2)

  public init() {}
}
