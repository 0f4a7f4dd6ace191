import Testing

@testable import Bench

@Suite struct SamplesTests {
  @Test func percentilesAreValuesThatWereMeasured() {
    let samples = Samples([50, 10, 40, 20, 30])
    #expect(samples.minimum == 10)
    #expect(samples.median == 30)
    #expect(samples.maximum == 50)
    #expect(samples.percentile(perMille: 990) == 50)
    #expect(samples.percentile(perMille: 200) == 10)
    #expect(samples.percentile(perMille: 201) == 20)
    #expect(Samples((1...1000).map { $0 }).percentile(perMille: 990) == 990)
  }

  @Test func nothingMeasuredIsZero() {
    #expect(Samples().median == 0)
    #expect(Samples().maximum == 0)
    #expect(Samples([1]).ratio(to: Samples()) == 0)
    #expect(Samples([1]).ratio(to: Samples([0])) == 0)
  }

  @Test func ratiosAreOfMedians() {
    #expect(Samples([1, 20, 300]).ratio(to: Samples([10])) == 2000)
    #expect(Samples([.max]).ratio(to: Samples([1])) == .max)
  }

  @Test func samplesJoin() {
    var all = Samples([3])
    all.add(1)
    all.add(Samples([2]))
    #expect(all == Samples([3, 1, 2]))
    #expect(all.count == 3)
  }
}
