import JudgeModel
import Messages
import Testing

@testable import WorkerCore

/// The scheduler wants back what has not begun.
@Suite struct RetractTests {
  private func retracted(_ judging: Int64, _ counter: UInt64) -> WorkerEvent {
    .retracted(JudgingID(judging), LeaseEpoch(generation: 1, counter: counter))
  }

  @Test func whatHasNotBegunIsGivenBackAndForgottenOnAcknowledgement() {
    var bench = WorkerBench(slots: 1, prefetch: 1, cached: [(.a, 10)])
    bench.given(granted(order(1, 1, sequence: 1), order(2, 2, sequence: 2)))
    bench.when(retracted(2, 2))
    bench.took(
      "returned j2 1.2: taken back before it began, for an idle worker",
      "sync 3 credit 3 seen 2 holds [j1 1.1 running, j2 1.2 finished]")
    bench.when(acknowledged(2, 2))
    bench.took("forget j2")
    #expect(!bench.core.holds(JudgingID(2)))
  }

  @Test func whatWaitsForItsPackageIsGivenBackAndThePackageComesAllTheSame() {
    var bench = WorkerBench()
    bench.given(granted(order(1, 1, sequence: 1)))
    bench.when(retracted(1, 1))
    bench.tookBesideSyncs("returned j1 1.1: taken back before it began, for an idle worker")
    bench.given(acknowledged(1, 1), described(.a), .packageInstalled(.a))
    bench.given(granted(order(2, 2, sequence: 2)))
    #expect(bench.core.cache.contains(.a))
  }

  @Test func whatHasBegunStaysAndTheSyncSaysSo() {
    var bench = WorkerBench(cached: [(.a, 10)])
    bench.given(granted(order(1, 1, sequence: 1)))
    bench.when(retracted(1, 1))
    bench.took("sync 3 credit 2 seen 1 holds [j1 1.1 running]")
    bench.when(judged(0, 1))
    bench.tookBesideSyncs("finished s1 j1 1.1 AC")
    bench.when(retracted(1, 1))
    bench.tookBesideSyncs()
  }

  @Test func anOlderLeaseAndOneThatIsNotHereChangeNothing() {
    var bench = WorkerBench(slots: 1, prefetch: 1, cached: [(.a, 10)])
    bench.given(granted(order(1, 1, sequence: 1), order(2, 4, sequence: 2)))
    bench.when(retracted(2, 3), retracted(7, 1))
    bench.took("sync 3 credit 2 seen 2 holds [j1 1.1 running, j2 1.4 waiting]")
  }

  @Test func theSameJudgingMayComeBackAtOnce() {
    var bench = WorkerBench(slots: 1, prefetch: 1, cached: [(.a, 10)])
    bench.given(granted(order(1, 1, sequence: 1), order(2, 2, sequence: 2)))
    bench.given(retracted(2, 2), granted(order(2, 3, sequence: 3)))
    bench.when(acknowledged(2, 2))
    bench.tookBesideSyncs()
    bench.when(judged(0, 1))
    bench.tookBesideSyncs("finished s1 j1 1.1 AC", "start j2 1.3 in 0 with p10")
  }
}
