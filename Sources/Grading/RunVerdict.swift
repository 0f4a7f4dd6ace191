public import JudgeModel

/// What an output validator, an interactor or the built-in comparer came to.
public enum Validation: Hashable, Sendable {
  case accepted
  case rejected
  /// It left the protocol: another exit status, a signal, one of its own limits, or no end at all.
  /// The submission is not to blame.
  case failed

  public static let acceptedExit: Int32 = 42
  public static let rejectedExit: Int32 = 43

  /// From the exit status of a validator; nil when it did not exit by itself. 0 and 1 are failures:
  /// a validator that never decided must not accept anybody.
  public init(exitCode: Int32?) {
    switch exitCode {
    case Self.acceptedExit: self = .accepted
    case Self.rejectedExit: self = .rejected
    default: self = .failed
    }
  }

  public init(_ result: TokenComparer.Result) {
    switch result {
    case .accepted: self = .accepted
    case .wrong: self = .rejected
    }
  }
}

/// The verdict of one run, decided from what was measured. A failure of the sandbox does not come
/// here: there are no facts then.
public struct RunVerdict: Hashable, Sendable {
  public var verdict: Verdict
  public var detail: VerdictDetail?

  public init(_ verdict: Verdict, _ detail: VerdictDetail? = nil) {
    self.verdict = verdict
    self.detail = detail
  }

  /// What the program's own end decides, or nil when the validator has to be asked.
  ///
  /// In this order: memory, time, a limit on the output that ended the program, the way it ended, too
  /// much output from a program that ended well. A program that floods and then really crashes is a
  /// run-time error, one that we cut off is not.
  ///
  /// `facts.outputBytes` has to exceed the limit when the program wrote more than that, so the
  /// sandbox lets one byte more through than the limit says, or counts what it drops.
  public static func beforeValidation(_ facts: RunFacts, limits: ProblemLimits) -> RunVerdict? {
    if facts.oomKills > 0 { return RunVerdict(.memoryLimit) }
    let limit = TimeSpan(nanoseconds: limits.timeNanoseconds.amount)
    if facts.stop == .cpuLimit || facts.cpuTime > limit { return RunVerdict(.timeLimit) }
    switch facts.stop {
    case .wallLimit:
      // Divided, not multiplied: a limit is a number from a package.
      let isIdle = facts.cpuTime.nanoseconds < limit.nanoseconds / 10
      return RunVerdict(.timeLimit, isIdle ? .idle : .wallTime)
    case .outputLimit:
      return RunVerdict(.outputLimit)
    case .cancelled:
      // Somebody took the run away; nothing is known about the program.
      return RunVerdict(.judgeError)
    case .none, .cpuLimit:
      break
    }
    guard facts.signal == nil else { return RunVerdict(.runtimeError) }
    guard let exitCode = facts.exitCode else { return RunVerdict(.judgeError) }
    if exitCode != 0 { return RunVerdict(.runtimeError) }
    if facts.outputBytes > limits.outputBytes.amount { return RunVerdict(.outputLimit) }
    return nil
  }

  /// The verdict of a run that `beforeValidation` let through.
  ///
  /// - Parameter hasOutput: whether anything was printed to standard output; nil takes it from the
  ///   facts, in which standard error may be counted as well.
  public static func afterValidation(
    _ facts: RunFacts, _ validation: Validation, hasOutput: Bool? = nil
  ) -> RunVerdict {
    switch validation {
    case .accepted: RunVerdict(.accepted)
    case .rejected:
      RunVerdict(.wrongAnswer, hasOutput ?? (facts.outputBytes > 0) ? nil : .noOutput)
    case .failed: RunVerdict(.judgeError, .validator)
    }
  }
}

/// How the validator's side of an interactive run ended.
public struct InteractorEnd: Hashable, Sendable {
  public enum End: Hashable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    /// It outlived its own limits and was killed for that.
    case overLimit
    /// It was still waiting when the run as a whole was stopped, and was killed with it.
    case stoppedWithRun
  }
  public var end: End
  /// Whether it ended before the submission did. The shell keeps both pipes open until both sides
  /// have ended, so that neither dies of the other's end before this is known.
  public var cameFirst: Bool

  public init(_ end: End, cameFirst: Bool) {
    self.end = end
    self.cameFirst = cameFirst
  }
}

extension RunVerdict {
  /// The verdict of an interactive run, where both sides end and the order matters.
  ///
  /// 1. An interactor that left the protocol: judge error, whatever the submission did.
  /// 2. It rejected before the submission ended: wrong answer, because a submission that has lost may
  ///    then crash or hang without more blame.
  /// 3. What the submission's end decides: limits first, then signal or exit status.
  /// 4. What the interactor said.
  ///
  /// When both sides wait for each other until the wall clock stops them, it is the submission's time
  /// limit (detail `idle`). The 2025-09 text would call that a judge error; the judges in use do not,
  /// and nearly always it is output that was not flushed.
  public static func interactive(
    _ facts: RunFacts, limits: ProblemLimits, interactor: InteractorEnd
  ) -> RunVerdict {
    let said: Validation
    switch interactor.end {
    case .exited(let code):
      said = Validation(exitCode: code)
      if said == .failed { return RunVerdict(.judgeError, .validator) }
    case .signalled, .overLimit:
      return RunVerdict(.judgeError, .validator)
    case .stoppedWithRun:
      // It said nothing, which is its fault only if the submission's end explains nothing either.
      said = .failed
    }
    if said == .rejected, interactor.cameFirst { return RunVerdict(.wrongAnswer) }
    if let own = beforeValidation(facts, limits: limits) { return own }
    switch said {
    case .accepted: return RunVerdict(.accepted)
    case .rejected: return RunVerdict(.wrongAnswer)
    case .failed: return RunVerdict(.judgeError, .validator)
    }
  }
}
