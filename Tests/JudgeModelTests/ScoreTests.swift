import JudgeModel
import Testing

@Suite struct ScoreTests {
  @Test(arguments: [
    ("0", "0"), ("1", "1"), ("-1", "-1"), ("+3", "3"), ("12.", "12"), (".5", "0.5"),
    ("0.250", "0.25"), ("-1.25", "-1.25"), ("007", "7"), ("0.123456789", "0.123456789"),
    ("0.1234567890000", "0.123456789"), ("-0", "0"), ("-.000000001", "-0.000000001"),
    ("9223372036.854775807", "9223372036.854775807"),
  ])
  func readsDecimals(text: String, printed: String) throws {
    let score = try #require(Score(text))
    #expect(score.description == printed)
    #expect(Score(score.description) == score)
  }

  @Test(arguments: [
    "", ".", "-", "+", "-.", "1e2", "1,5", " 1", "1 ", "--1", "+-1", "1.2.3", "0x10", "nan", "inf",
    "0.1234567891", "9223372036.854775808", "99999999999999999999", "١", "1.٢", "½",
  ])
  func refusesWhatIsNoDecimalOrTooExact(text: String) {
    #expect(Score(text) == nil)
  }

  @Test func addsAndSubtractsWithinTheRange() {
    let largest = Score(billionths: .max)
    let smallest = Score(billionths: .min)
    #expect(Score.one.adding(Score(billionths: 1)) == Score(billionths: 1_000_000_001))
    #expect(largest.adding(Score(billionths: 1)) == nil)
    #expect(smallest.subtracting(Score(billionths: 1)) == nil)
    #expect(Score.zero.subtracting(smallest) == nil)
    #expect(largest.adding(smallest) == Score(billionths: -1))
  }

  @Test func multipliesTowardsZero() throws {
    let half = try #require(Score("0.5"))
    let third = try #require(Score("0.333333333"))
    #expect(half.multiplied(by: third) == Score("0.166666666"))
    #expect(Score("-0.5")?.multiplied(by: third) == Score("-0.166666666"))
    #expect(Score(points: 96_038)?.multiplied(by: Score(points: 96_037) ?? .zero) != nil)
    #expect(Score(points: 96_039)?.multiplied(by: Score(points: 96_039) ?? .zero) == nil)
    for extreme in [Score(billionths: .max), Score(billionths: .min)] {
      #expect(extreme.multiplied(by: extreme) == nil)
      #expect(extreme.multiplied(by: Score(points: -2) ?? .zero) == nil)
      #expect(extreme.multiplied(by: .zero) == .zero)
    }
    #expect(Score(billionths: .max).multiplied(by: .one) == Score(billionths: .max))
  }

  @Test func divides() {
    #expect(Score.one.divided(by: 3) == Score("0.333333333"))
    #expect(Score("-1")?.divided(by: 3) == Score("-0.333333333"))
    #expect(Score.one.divided(by: 0) == nil)
    #expect(Score.one.divided(by: -1) == nil)
  }

  @Test func wholePointsHaveARange() {
    #expect(Score(points: 9_223_372_036) != nil)
    #expect(Score(points: 9_223_372_037) == nil)
    #expect(Score(points: -9_223_372_037) == nil)
  }
}
