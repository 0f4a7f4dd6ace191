public import JudgeModel

/// A judge error: what a validator left as a score breaks the rules of the format.
public enum CaseScoreError: Error, Hashable, Sendable, CustomStringConvertible {
  case bothFiles
  case fileOnReject(String)
  case fileInPassFailGroup(String)
  case multiplierWithoutMaximum
  case scoreMissing
  /// Not a decimal number in the range that the file may have; carries the file and its text.
  case unreadable(String, String)
  case aboveMaximum(Score, maximum: Score)

  public var description: String {
    switch self {
    case .bothFiles:
      "output validator wrote both score.txt and score_multiplier.txt; it may write one of them"
    case .fileOnReject(let file):
      "output validator rejected and wrote \(file); it may do so only when it accepts"
    case .fileInPassFailGroup(let file):
      "output validator wrote \(file) in a group that is graded pass-fail; "
        + "the group needs score_aggregation sum or min"
    case .multiplierWithoutMaximum:
      "output validator wrote score_multiplier.txt where the score has no maximum; "
        + "set max_score or write score.txt"
    case .scoreMissing:
      "output validator accepted without score.txt where the score has no maximum; "
        + "set max_score or write score.txt"
    case .unreadable(let file, let text):
      "output validator wrote \(Excerpt.quote(text.utf8)) into \(file), which has to hold one "
        + (file == "score.txt" ? "decimal number" : "decimal number from 0 to 1")
    case .aboveMaximum(let score, let maximum):
      "output validator gave \(score) points where \(maximum) is the maximum"
    }
  }
}

/// How one testcase gets its score.
public enum CaseScoring: Hashable, Sendable {
  /// No score at all: pass-fail problems and the samples of the 2025-09 format. What a validator
  /// leaves there is ignored.
  case none
  /// Legacy: `score.txt` if there is one, else the group's `accept_score` or `reject_score`.
  case legacy
  /// 2025-09, in a group that is graded as a whole.
  case passFail
  /// 2025-09, in a `sum` or `min` group; nil: unbounded.
  case points(maximum: Score?)

  /// The score of a run whose verdict the validator gave.
  ///
  /// Numbers are rounded to the nearest billionth. A score is let pass, as the maximum, when it is
  /// above it by one billionth: the maximum may be a third of something, and rounded itself.
  ///
  /// - Parameters:
  ///   - scoreText: contents of `score.txt`, nil when there is none.
  ///   - multiplierText: contents of `score_multiplier.txt`, nil when there is none.
  /// - Returns: nil where the group decides.
  /// - Throws: what makes the run a judge error.
  public func score(
    accepted: Bool, scoreText: String?, multiplierText: String?
  ) throws(CaseScoreError) -> Score? {
    let file = scoreText != nil ? "score.txt" : multiplierText.map { _ in "score_multiplier.txt" }
    switch self {
    case .none:
      return nil
    case .legacy:
      guard let scoreText else { return nil }
      guard accepted else { throw .fileOnReject("score.txt") }
      return try Self.number(scoreText, in: "score.txt")
    case .passFail:
      if let file { throw accepted ? .fileInPassFailGroup(file) : .fileOnReject(file) }
      return nil
    case .points(let maximum):
      guard accepted else {
        if let file { throw .fileOnReject(file) }
        return .zero
      }
      return try Self.points(maximum, scoreText, multiplierText)
    }
  }

  private static func points(
    _ maximum: Score?, _ scoreText: String?, _ multiplierText: String?
  ) throws(CaseScoreError) -> Score {
    if scoreText != nil, multiplierText != nil { throw .bothFiles }
    if let text = multiplierText {
      guard let maximum else { throw .multiplierWithoutMaximum }
      let factor = try number(text, in: "score_multiplier.txt")
      guard factor >= .zero, factor <= .one, let score = maximum.multiplied(by: factor) else {
        throw .unreadable("score_multiplier.txt", text)
      }
      return score
    }
    guard let text = scoreText else {
      guard let maximum else { throw .scoreMissing }
      return maximum
    }
    let score = try number(text, in: "score.txt")
    guard score >= .zero else { throw .unreadable("score.txt", text) }
    guard let maximum, score > maximum else { return score }
    guard score.subtracting(maximum) == Score(billionths: 1) else {
      throw .aboveMaximum(score, maximum: maximum)
    }
    return maximum
  }

  private static func number(_ text: String, in file: String) throws(CaseScoreError) -> Score {
    guard let score = Score(rounding: text) else { throw .unreadable(file, text) }
    return score
  }
}

extension Score {
  /// Decimal notation with optional exponent and any number of digits, blanks around it ignored;
  /// rounded to the nearest billionth, halves away from zero. nil outside the range and for anything
  /// else.
  init?(rounding text: String) {
    var bytes = Substring(text).utf8
    while let first = bytes.first, TokenWindow.isBlank(first) { bytes.removeFirst() }
    while let last = bytes.last, TokenWindow.isBlank(last) { bytes.removeLast() }
    guard bytes.count <= DecimalToken.lengthLimit else { return nil }
    guard let parts = Array(bytes).withUnsafeBufferPointer({ DecimalToken.Parts($0) }),
      let magnitude = Self.scaled(parts), let value = Int64(exactly: magnitude)
    else { return nil }
    self.init(billionths: parts.isNegative ? -value : value)
  }

  /// `mantissa × 10^exponent` in billionths.
  private static func scaled(_ parts: DecimalToken.Parts) -> UInt64? {
    var value = parts.mantissa
    guard value != 0 else { return 0 }
    let shift = parts.exponent + 9
    if shift < -19 { return 0 }
    if shift > 18 { return nil }
    var power: UInt64 = 1
    for _ in 0..<abs(shift) { power *= 10 }
    if shift < 0 {
      let (quotient, remainder) = value.quotientAndRemainder(dividingBy: power)
      return remainder >= power - remainder ? quotient + 1 : quotient
    }
    // The mantissa is below 10^19, so one more does not overflow.
    if parts.droppedDigits > 0, parts.firstDropped >= 5, shift == 0 { value += 1 }
    let (product, overflow) = value.multipliedReportingOverflow(by: power)
    return overflow ? nil : product
  }
}
