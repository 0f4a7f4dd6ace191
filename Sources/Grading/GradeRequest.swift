public import JudgeModel

/// A call of a package's grader program that a judging needs before it can go on.
public struct GradeRequest: Hashable, Sendable {
  /// Name of the group, relative to `data/`.
  public var group: String
  public var program: ValidatorProgram
  public var flags: [String]
  /// One `VERDICT SCORE` line for each direct child that counts, in judging order.
  public var lines: [String]

  /// What the grader reads from its standard input.
  public var input: String { lines.map { $0 + "\n" }.joined() }
}

/// What a grader program printed. It exits with 0 and prints one line; anything else is a judge
/// error and has no value here.
public struct GraderAnswer: Hashable, Sendable {
  public var verdict: Verdict
  public var score: Score

  public init(verdict: Verdict, score: Score) {
    self.verdict = verdict
    self.score = score
  }

  /// From the grader's standard output: a verdict, blanks, a plain decimal number (no plus sign, no
  /// exponent), and at most blanks behind it. nil for anything else.
  public init?(output: String) {
    let words = output.utf8.split(whereSeparator: TokenWindow.isBlank).map { String(Substring($0)) }
    guard words.count == 2, let first = output.utf8.first, !TokenWindow.isBlank(first),
      let verdict = Verdict(rawValue: words[0]), verdict != .compileError,
      words[1].utf8.allSatisfy({ (45...57).contains($0) && $0 != 47 }),
      let score = Score(rounding: words[1])
    else { return nil }
    self.init(verdict: verdict, score: score)
  }
}
