import Grading
import JudgeModel
import Testing

struct CaseScoreTests {
  static func points(_ text: String) -> Score { Score(text) ?? Score(billionths: .min) }
  static let ten = CaseScoring.points(maximum: points("10"))
  static let unbounded = CaseScoring.points(maximum: nil)

  @Test(
    arguments: [
      (ten, true, nil, nil, "10"), (ten, false, nil, nil, "0"), (ten, true, "7.5\n", nil, "7.5"),
      (ten, true, " 1e0 ", nil, "1"), (ten, true, "0", nil, "0"), (ten, true, nil, "0.25", "2.5"),
      (ten, true, nil, "1", "10"), (ten, true, nil, "0", "0"),
      (unbounded, true, "1e6", nil, "1000000"),
      (ten, true, "3.33333333333333348", nil, "3.333333333"), (ten, true, "-0", nil, "0"),
      (ten, true, "0.0000000005", nil, "0.000000001"), (ten, true, "1e-300", nil, "0"),
      // Rounded up by no more than the maximum itself may have been rounded down.
      (.points(maximum: points("16.666666666")), true, "16.666666666666668", nil, "16.666666666"),
      (.legacy, true, "-3", nil, "-3"),
    ] as [(CaseScoring, Bool, String?, String?, String)])
  func gives(
    _ scoring: CaseScoring, _ accepted: Bool, _ score: String?, _ factor: String?,
    _ expected: String
  ) throws {
    #expect(
      try scoring.score(accepted: accepted, scoreText: score, multiplierText: factor)
        == Self.points(expected))
  }

  @Test(
    arguments: [
      (ten, true, "1", "1", .bothFiles), (ten, false, "0", nil, .fileOnReject("score.txt")),
      (ten, false, nil, "0", .fileOnReject("score_multiplier.txt")),
      (unbounded, true, nil, nil, .scoreMissing),
      (unbounded, true, nil, "0.5", .multiplierWithoutMaximum),
      (.passFail, true, "1", nil, .fileInPassFailGroup("score.txt")),
      (.passFail, true, nil, "1", .fileInPassFailGroup("score_multiplier.txt")),
      (.passFail, false, "1", nil, .fileOnReject("score.txt")),
      (ten, true, "10.1", nil, .aboveMaximum(points("10.1"), maximum: points("10"))),
      (ten, true, "-1", nil, .unreadable("score.txt", "-1")),
      (ten, true, "", nil, .unreadable("score.txt", "")),
      (ten, true, "1 2", nil, .unreadable("score.txt", "1 2")),
      (ten, true, "nan", nil, .unreadable("score.txt", "nan")),
      (ten, true, "0x1", nil, .unreadable("score.txt", "0x1")),
      (unbounded, true, "1e10", nil, .unreadable("score.txt", "1e10")),
      (unbounded, true, "1e999999", nil, .unreadable("score.txt", "1e999999")),
      (ten, true, nil, "1.5", .unreadable("score_multiplier.txt", "1.5")),
      (ten, true, nil, "-0.5", .unreadable("score_multiplier.txt", "-0.5")),
      (.legacy, false, "1", nil, .fileOnReject("score.txt")),
    ] as [(CaseScoring, Bool, String?, String?, CaseScoreError)])
  func refuses(
    _ scoring: CaseScoring, _ accepted: Bool, _ score: String?, _ factor: String?,
    _ expected: CaseScoreError
  ) {
    #expect(throws: expected) {
      try scoring.score(accepted: accepted, scoreText: score, multiplierText: factor)
    }
    #expect(!expected.description.isEmpty)
  }

  @Test func nothingToScore() throws {
    #expect(try CaseScoring.none.score(accepted: true, scoreText: "x", multiplierText: "y") == nil)
    #expect(
      try CaseScoring.passFail.score(accepted: true, scoreText: nil, multiplierText: nil) == nil)
    #expect(
      try CaseScoring.legacy.score(accepted: false, scoreText: nil, multiplierText: nil) == nil)
  }
}
