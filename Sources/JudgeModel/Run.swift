/// What ended a program before it ended itself.
public enum RunStop: String, Hashable, Sendable, CaseIterable {
  case none
  case cpuLimit = "cpu"
  case wallLimit = "wall"
  case outputLimit = "output"
  case cancelled
}

/// What was measured of one run, apart from any judgement about it: a change of policy (another time
/// limit, another reduction of verdicts) can be applied to these later without running again.
public struct RunFacts: Hashable, Sendable {
  /// Over all threads and children.
  public var cpuTime: TimeSpan = .zero
  public var wallTime: TimeSpan = .zero
  public var memoryPeakBytes: Int64 = 0
  public var outputBytes: Int64 = 0
  /// Exit status of the main process, nil when a signal ended it.
  public var exitCode: Int32?
  public var signal: Int32?
  public var stop: RunStop = .none
  /// Processes that the memory limit killed; more than none makes the run a memory limit verdict.
  public var oomKills: Int32 = 0
  /// Exit status of the output validator where one ran (42 accepted, 43 rejected).
  public var validatorExit: Int32?
  /// Of an interactive run: whether the interactor ended before the program did. It decides who is to
  /// blame when both fail.
  public var interactorEndedFirst: Bool?
  /// Passes of a multi-pass run; 1 otherwise.
  public var passes: Int32 = 1
  /// Measured without control groups; such numbers are not to be trusted near a limit.
  public var isDegraded = false

  public init() {}
}

/// One testcase executed inside one judging.
public struct Run: Hashable, Sendable {
  /// Position in judging order, from 1.
  public var ordinal: Int32
  /// The testcase's name without extension, e.g. `secret/02-large`.
  public var testcase: String
  public var verdict: Verdict
  public var detail: VerdictDetail?
  /// Only in scoring problems.
  public var score: Score?
  public var facts: RunFacts
  /// For the jury, at most `messageLimit` bytes: what the validator said, or what went wrong.
  public var message: String

  /// Longest message kept of one run, bytes. Validators may write megabytes.
  public static let messageLimit = 1024

  public init(
    ordinal: Int32, testcase: String, verdict: Verdict, detail: VerdictDetail? = nil,
    score: Score? = nil, facts: RunFacts = RunFacts(), message: String = ""
  ) {
    self.ordinal = ordinal
    self.testcase = testcase
    self.verdict = verdict
    self.detail = detail
    self.score = score
    self.facts = facts
    self.message = message
  }
}
