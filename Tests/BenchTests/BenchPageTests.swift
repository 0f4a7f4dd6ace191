import Testing

@testable import Bench

@Suite struct BenchPageTests {
  @Test(arguments: [
    (0, BenchPage.Unit.nanoseconds, "0.000 ms"), (1_018_499, .nanoseconds, "1.018 ms"),
    (999_999_500, .nanoseconds, "1000.000 ms"), (1_002_250_000, .nanoseconds, "1.0023 s"),
    (-1_500_000, .nanoseconds, "-1.500 ms"), (1_904, .perMille, "1.90 x"), (5, .perMille, "0.01 x"),
    (4, .count, "4"), (2048, .bytes, "2 KiB"), (64 << 20, .bytes, "64 MiB"),
    (12 << 30, .bytes, "12 GiB"), (961, .share, "96.1 %"),
    (.max, .nanoseconds, "9223372036.8548 s"),
  ])
  func figuresHaveTheirUnits(value: Int, unit: BenchPage.Unit, text: String) {
    #expect(BenchPage.Figure("", value, unit).text == text)
  }
}
