import JudgeModel

/// What a testcase or a group came to, as its group sees it.
struct Grade: Hashable, Sendable {
  var verdict: Verdict
  /// nil where the problem or the group gives none.
  var score: Score?
  /// The testcase that the verdict comes from; nil when accepted or decided by a program.
  var decider: Int32?
  /// Why there is no verdict, where a rule of grading says so.
  var reason = ""

  static func judgeError(_ reason: String) -> Grade {
    Grade(verdict: .judgeError, score: nil, decider: nil, reason: reason)
  }
}

/// Combines the grades of a group's children that count. Programs of a package are not called here.
struct GroupGrader {
  var name: String
  var isScoring: Bool
  var isRoot: Bool

  /// The default grader of the legacy format.
  func legacy(_ rule: LegacyGrading, _ children: [Grade]) -> Grade {
    var counted = children[...]
    // The root only: the flag is inherited like all the others, but means `sample` beside `secret`.
    if rule.ignoresSample, isRoot {
      guard counted.count <= 2 else {
        return .judgeError(
          "ignore_sample needs sample and secret alone below data/, and there are \(counted.count)")
      }
      counted = counted.suffix(1)
    }
    let verdict = legacyVerdict(rule, counted)
    let decider = Self.decider(of: verdict, counted)
    guard isScoring else { return Grade(verdict: verdict, score: nil, decider: decider) }
    guard let score = legacyScore(rule.score, counted.map { $0.score ?? .zero }) else {
      return tooLarge
    }
    return Grade(verdict: verdict, score: score, decider: decider)
  }

  private func legacyVerdict(_ rule: LegacyGrading, _ children: ArraySlice<Grade>) -> Verdict {
    if rule.acceptsIfAnyAccepted, children.contains(where: { $0.verdict == .accepted }) {
      return .accepted
    }
    return switch rule.verdict {
    case .worstError: VerdictReducer.worst(children.map(\.verdict))
    case .firstError: VerdictReducer.firstError(children.map(\.verdict))
    case .alwaysAccept: .accepted
    }
  }

  private func legacyScore(_ rule: LegacyGrading.ScoreRule, _ scores: [Score]) -> Score? {
    switch rule {
    case .sum: Self.sum(scores)
    case .average: Self.sum(scores)?.divided(by: scores.count)
    case .minimum: scores.min()
    case .maximum: scores.max()
    }
  }

  /// The 2025-09 format. The verdict is that of the first child that is not accepted.
  func aggregate(_ rule: Aggregation, _ children: [Grade]) -> Grade {
    let verdict = VerdictReducer.firstError(children.map(\.verdict))
    let decider = Self.decider(of: verdict, children[...])
    guard isScoring else { return Grade(verdict: verdict, score: nil, decider: decider) }
    let score: Score?
    switch rule.rule {
    case .passFail:
      guard let maximum = rule.maximum else {
        return .judgeError("group \(name) is graded pass-fail and needs a bounded max_score")
      }
      score = verdict == .accepted ? maximum : .zero
    case .sum:
      score = Self.sum(children.map { $0.score ?? .zero })
    case .minimum:
      score = children.map { $0.score ?? .zero }.min() ?? .zero
    }
    guard let score else { return tooLarge }
    if let maximum = rule.maximum, score > maximum {
      return .judgeError("group \(name) scores \(score), more than its max_score \(maximum)")
    }
    return Grade(verdict: verdict, score: score, decider: decider)
  }

  /// What a program of the package printed for the group.
  func program(_ answer: GraderAnswer?, _ children: [Grade]) -> Grade {
    guard let answer else { return .judgeError("the grader of group \(name) failed") }
    guard answer.verdict != .judgeError, answer.verdict != .compileError else {
      return .judgeError("the grader of group \(name) says \(answer.verdict)")
    }
    return Grade(
      verdict: answer.verdict, score: isScoring ? answer.score : nil,
      decider: Self.decider(of: answer.verdict, children[...]))
  }

  private var tooLarge: Grade {
    .judgeError("the score of group \(name.isEmpty ? "data" : name) is out of range")
  }

  private static func decider(of verdict: Verdict, _ children: ArraySlice<Grade>) -> Int32? {
    guard verdict != .accepted else { return nil }
    // A program is told of reduced verdicts only, and answers with them.
    let child =
      children.first { $0.verdict == verdict } ?? children.first { $0.verdict.reduced == verdict }
    return child?.decider
  }

  static func sum(_ scores: [Score]) -> Score? {
    var total = Score.zero
    for score in scores {
      guard let next = total.adding(score) else { return nil }
      total = next
    }
    return total
  }

  /// The part of `maximum` for the testcase at `position` of `count`. Where billionths do not divide
  /// evenly, the first ones get one more: all parts together are exactly the maximum.
  static func share(of maximum: Score, position: Int, count: Int) -> Score {
    guard count > 0 else { return maximum }
    let (quotient, rest) = maximum.billionths.quotientAndRemainder(dividingBy: Int64(count))
    return Score(billionths: Int64(position) < rest ? quotient + 1 : quotient)
  }
}
