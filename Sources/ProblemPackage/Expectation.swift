public import JudgeModel

/// A jury submission with what it is expected to get.
public struct LabelledSubmission: Hashable, Sendable {
  /// Relative to `submissions/`: `wrong_answer/overflow.cpp`.
  public var name: String
  /// The directory directly below `submissions/` that labels it.
  public var label: String
  /// Relative to the package; several when the submission is a directory.
  public var files: [String]
  public var isDirectory: Bool
  /// As submissions.yaml says, else by the extensions of its files; nil when neither tells.
  public var language: LanguageID?
  /// As submissions.yaml says.
  public var entryPoint: String?
  /// All of them have to hold. None: nothing is known about this submission.
  public var expectations: [Expectation]

  public init(
    name: String, label: String, files: [String], isDirectory: Bool, language: LanguageID? = nil,
    entryPoint: String? = nil, expectations: [Expectation] = []
  ) {
    self.name = name
    self.label = label
    self.files = files
    self.isDirectory = isDirectory
    self.language = language
    self.entryPoint = entryPoint
    self.expectations = expectations
  }

  /// Reasons why `result` is not what was expected; empty when it is. Scores of groups, by name, are
  /// compared where they are given: a result holds only that of the whole problem.
  public func violations(
    by result: JudgingResult, groupScores: [String: Score] = [:]
  ) -> [String] {
    expectations.compactMap { $0.violation(by: result, groupScores: groupScores) }
  }

  /// Whether its slowest run bounds a derived time limit from below.
  public var boundsTimeLimitBelow: Bool { expectations.contains(where: \.boundsTimeLimitBelow) }
  /// The runs that bound a derived time limit from below: a rule for some testcases says nothing
  /// about the others.
  public func runsBoundingBelow(_ result: JudgingResult) -> [Run] {
    runs(of: result, bounding: \.boundsTimeLimitBelow)
  }
  /// The runs that bound a derived time limit from above.
  public func runsBoundingAbove(_ result: JudgingResult) -> [Run] {
    runs(of: result, bounding: \.boundsTimeLimitAbove)
  }

  private func runs(of result: JudgingResult, bounding: (Expectation) -> Bool) -> [Run] {
    let rules = expectations.filter(bounding)
    return result.runs.filter { run in
      rules.contains { rule in
        if case .testcases(let glob) = rule.scope { glob.matches(run.testcase) } else { true }
      }
    }
  }
  /// Whether its slowest run bounds a derived time limit from above.
  public var boundsTimeLimitAbove: Bool { expectations.contains(where: \.boundsTimeLimitAbove) }
}

/// One requirement on the outcome of a jury submission.
public struct Expectation: Hashable, Sendable {
  /// What the verdicts are compared with.
  public enum Scope: Hashable, Sendable {
    /// The verdict of the whole judging (the older formats).
    case judging
    /// The testcases that match a pattern by their own name or a group's; `*` alone is all of them.
    /// Needs every testcase to be judged.
    case testcases(Glob)
  }
  /// Which bound on the time limit it gives, where the author said so.
  public enum TimeLimitUse: String, Hashable, Sendable {
    case none
    case lower
    case upper
  }

  public var scope: Scope
  /// The judging's verdict, or every testcase's, is one of these. nil: anything is.
  public var permitted: Set<Verdict>?
  /// At least one testcase has one of these. nil: not asked.
  public var required: Set<Verdict>?
  public var score: ClosedRange<Score>?
  /// Has to occur in the message of at least one run.
  public var message: String?
  public var timeLimitUse: TimeLimitUse?
  /// Where it was written, for reports: `submissions/submissions.yaml:4` or `directory accepted`.
  public var origin: String

  public init(
    _ scope: Scope, permitted: Set<Verdict>? = nil, required: Set<Verdict>? = nil,
    score: ClosedRange<Score>? = nil, message: String? = nil, timeLimitUse: TimeLimitUse? = nil,
    origin: String
  ) {
    self.scope = scope
    self.permitted = permitted
    self.required = required
    self.score = score
    self.message = message
    self.timeLimitUse = timeLimitUse
    self.origin = origin
  }

  /// Not permitted to be too slow, so the limit has to leave room for it.
  public var boundsTimeLimitBelow: Bool {
    if let timeLimitUse { return timeLimitUse == .lower }
    switch scope {
    // The older formats measure the accepted submissions only.
    case .judging: return permitted == [.accepted]
    case .testcases: return permitted.map { !$0.contains(.timeLimit) } ?? false
    }
  }

  /// Required to be too slow, and nothing else would do.
  public var boundsTimeLimitAbove: Bool {
    if let timeLimitUse { return timeLimitUse == .upper }
    switch scope {
    case .judging: return permitted == [.timeLimit]
    case .testcases: return required == [.timeLimit]
    }
  }

  /// Why `result` does not meet it; nil when it does.
  public func violation(
    by result: JudgingResult, groupScores: [String: Score] = [:]
  ) -> String? {
    switch scope {
    case .judging: judgingViolation(result)
    case .testcases(let glob): testcasesViolation(result, glob, groupScores)
    }
  }

  private func judgingViolation(_ result: JudgingResult) -> String? {
    if let permitted, !Self.matches(result.verdict, permitted) {
      return "got \(result.verdict), expected \(Self.list(permitted)) (\(origin))"
    }
    return scoreViolation(result.score) ?? messageViolation(result.runs)
  }

  private func testcasesViolation(
    _ result: JudgingResult, _ glob: Glob, _ groupScores: [String: Score]
  ) -> String? {
    let runs = result.runs.filter { glob.matches($0.testcase) }
    // A submission that does not compile has no runs to satisfy or to break anything with.
    if result.verdict == .compileError {
      return "does not compile, expected to run (\(origin))"
    }
    if let permitted, let run = runs.first(where: { !Self.matches($0.verdict, permitted) }) {
      return "got \(run.verdict) on \(run.testcase), where only \(Self.list(permitted)) is "
        + "permitted (\(origin))"
    }
    if let required, !runs.contains(where: { Self.matches($0.verdict, required) }) {
      return "no testcase got \(Self.list(required)), which is required (\(origin))"
    }
    return scoresViolation(result, glob, groupScores) ?? messageViolation(runs)
  }

  private func scoresViolation(
    _ result: JudgingResult, _ glob: Glob, _ groupScores: [String: Score]
  ) -> String? {
    // The score of `secret` is the submission's.
    if glob.matchesEverything || glob.pattern == "secret" { return scoreViolation(result.score) }
    let names = groupScores.keys.sorted().filter { glob.matches($0) }
    return names.lazy.compactMap { scoreViolation(groupScores[$0], of: $0) }.first
  }

  private func scoreViolation(_ got: Score?, of group: String? = nil) -> String? {
    guard let score, let got, !score.contains(got) else { return nil }
    let wanted =
      score.lowerBound == score.upperBound
      ? "\(score.lowerBound)" : "\(score.lowerBound) to \(score.upperBound)"
    let place = group.map { " in \($0)" } ?? ""
    return "got score \(got)\(place), expected \(wanted) (\(origin))"
  }

  private func messageViolation(_ runs: [Run]) -> String? {
    guard let message, !runs.contains(where: { $0.message.contains(message) }) else { return nil }
    return "no run's message contains \"\(message)\" (\(origin))"
  }

  /// The formats know four or five verdicts: running out of memory satisfies an expected run-time
  /// error, unless the author asked for the more precise one.
  static func matches(_ verdict: Verdict, _ expected: Set<Verdict>) -> Bool {
    expected.contains(verdict) || expected.contains(verdict.reduced)
  }

  private static func list(_ verdicts: Set<Verdict>) -> String {
    Verdict.allCases.filter(verdicts.contains).map(\.rawValue).joined(separator: " or ")
  }
}
