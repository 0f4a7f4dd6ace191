import JudgeModel
import Testing

@testable import Simulation

@Suite struct LocalityTraceTests {
  private func arrival(_ at: Int64, _ package: Int, _ span: Int64) -> LocalityTrace.Arrival {
    LocalityTrace.Arrival(
      at: .zero + .seconds(at), package: package, span: .seconds(span))
  }

  @Test func theSameSeedIsTheSameTrace() {
    var options = LocalityOptions(seed: 7)
    options.judgings = 500
    let (one, other) = (LocalityTrace(options), LocalityTrace(options))
    #expect(one.sizes == other.sizes)
    #expect(one.arrivals == other.arrivals)
    options.seed = 8
    #expect(LocalityTrace(options).arrivals != one.arrivals)
  }

  @Test func sizesSpansAndPopularityAreAsTheyShouldBe() {
    let options = LocalityOptions(seed: 1)
    let trace = LocalityTrace(options)
    #expect(trace.sizes.count == 200)
    #expect(trace.sizes.allSatisfy { 0 < $0 && $0 <= LocalityTrace.largestPackage })
    let bytes = trace.sizes.reduce(0, +)
    #expect((18_000_000_000...26_000_000_000).contains(bytes))
    #expect(trace.arrivals == trace.arrivals.sorted { $0.at < $1.at })
    let spans = trace.arrivals.reduce(TimeSpan.zero) { $0 + $1.span }
    let mean = spans.milliseconds / Int64(trace.arrivals.count)
    #expect((3_700...4_400).contains(mean))
    // Zipf: one in six is for the first of 200.
    let first = trace.arrivals.count { $0.package == 0 }
    #expect((1_800...2_300).contains(first))
    let second = trace.arrivals.count { $0.package == 1 }
    #expect((850...1_250).contains(second))
  }

  @Test func aHigherLoadIsTheSameJudgingsInLessTime() {
    var options = LocalityOptions(seed: 1)
    options.judgings = 1_000
    options.loadPerMille = 500
    let calm = LocalityTrace(options)
    options.loadPerMille = 1_000
    let busy = LocalityTrace(options)
    #expect(calm.arrivals.map(\.package) == busy.arrivals.map(\.package))
    let (long, short) = (calm.arrivals.last?.at, busy.arrivals.last?.at)
    let ratio = try? #require(long).nanoseconds * 100 / #require(short).nanoseconds
    #expect((180...210).contains(ratio ?? 0))
  }

  @Test func burstsAreForADozenPackages() {
    var options = LocalityOptions(seed: 1)
    options.demand = .bursty
    options.judgings = 8_000
    let trace = LocalityTrace(options)
    func share(of packages: Range<Int>, in judgings: Range<Int>) -> Int {
      trace.arrivals[judgings].count { packages.contains($0.package) } * 100 / judgings.count
    }
    #expect(share(of: 7..<19, in: 4_000..<6_000) < 30)
    #expect(share(of: 7..<19, in: 6_000..<8_000) > 70)
  }

  @Test(arguments: [(0.0, 1.0), (1.0, 2.718281828459045), (-6.0, 0.0024787521766663585)])
  func powersOfE(x: Double, power: Double) {
    #expect(abs(exponential(x) - power) < power * 1e-9)
  }

  @Test func eachPackageThatIsWantedMovesOnce() {
    let trace = LocalityTrace(
      sizes: [10, 200, 3_000],
      arrivals: [arrival(1, 0, 5), arrival(1, 0, 5), arrival(2, 2, 5)])
    #expect(trace.leastBytes == 3_010)
  }

  @Test func copiesAreNeededWhereJudgingsSurelyRunAtOnce() {
    // From second 3 on for two, from second 4 on for the third, which the first two leave at 6.
    let trace = LocalityTrace(
      sizes: [10, 7],
      arrivals: [arrival(1, 0, 5), arrival(1, 0, 5), arrival(2, 0, 9), arrival(2, 1, 1)])
    #expect(trace.leastBytes(patience: .seconds(2), slots: 1) == 37)
    #expect(trace.leastBytes(patience: .seconds(2), slots: 2) == 27)
    #expect(trace.leastBytes(patience: .seconds(2), slots: 3) == 17)
    // Who may wait until the others are over needs one copy.
    #expect(trace.leastBytes(patience: .seconds(8), slots: 1) == 17)
    // What ends and what begins at one moment do not run at once.
    let queue = LocalityTrace(
      sizes: [10], arrivals: [arrival(1, 0, 3), arrival(4, 0, 3), arrival(7, 0, 3)])
    #expect(queue.leastBytes(patience: .zero, slots: 1) == 10)
  }
}
