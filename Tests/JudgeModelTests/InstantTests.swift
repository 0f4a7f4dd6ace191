import JudgeModel
import Testing

@Suite struct InstantTests {
  private let largest = TimeSpan(nanoseconds: .max)
  private let smallest = TimeSpan(nanoseconds: .min)
  private let tick = TimeSpan(nanoseconds: 1)

  @Test func spansSaturate() {
    #expect(largest + tick == largest)
    #expect(smallest - tick == smallest)
    #expect(TimeSpan.zero - smallest == largest)
    #expect(tick - largest == TimeSpan(nanoseconds: 1 - .max))
    #expect(smallest + largest == TimeSpan(nanoseconds: -1))
    #expect(TimeSpan.seconds(.max) == largest)
    #expect(TimeSpan.seconds(.min) == smallest)
    #expect(TimeSpan.milliseconds(9_223_372_036_855) == largest)
    #expect(TimeSpan.seconds(10_000_000_000) * 2 == largest)
    #expect(TimeSpan.seconds(3) * -2 == .seconds(-6))
  }

  @Test func instantsSaturate() {
    let late = Instant(nanoseconds: .max)
    #expect(late + tick == late)
    #expect(Instant(nanoseconds: .min) - tick == Instant(nanoseconds: .min))
    #expect(late - Instant(nanoseconds: -1) == largest)
  }

  @Test(arguments: [
    (1_234_999_999, "1.234"), (-1_500_000_000, "-1.500"), (999, "0.000"),
    (60_000_000_000, "60.000"),
    (Int64.min, "-9223372036.854"),
  ])
  func printsSeconds(nanoseconds: Int64, text: String) {
    #expect(TimeSpan(nanoseconds: nanoseconds).secondsText == text)
  }
}
