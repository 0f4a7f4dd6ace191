import JudgeModel

/// The two ways in which many verdicts become one.
enum VerdictReducer {
  /// From worst to best, as the default grader of the legacy format ranks them. A compile error is
  /// no outcome of a testcase and ranks with the judge errors.
  private static let byPriority: [Verdict] = [
    .judgeError, .compileError, .runtimeError, .memoryLimit, .timeLimit, .outputLimit, .wrongAnswer,
    .accepted,
  ]

  static func worst(_ verdicts: some Sequence<Verdict>) -> Verdict {
    let present = Set(verdicts)
    return byPriority.first { present.contains($0) } ?? .accepted
  }

  static func firstError(_ verdicts: some Sequence<Verdict>) -> Verdict {
    verdicts.first { $0 != .accepted } ?? .accepted
  }
}
