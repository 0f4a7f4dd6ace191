import JudgeModel
import Messages
import Testing

@testable import WorkerCore

/// A worker that shares a judging, and one that helps.
@Suite struct SplittingTests {
  private let first = JudgingID(1)
  private func epoch(_ counter: UInt64) -> LeaseEpoch {
    LeaseEpoch(generation: 1, counter: counter)
  }
  private func run(_ ordinal: Int32) -> Run {
    Run(ordinal: ordinal, testcase: "t\(ordinal)", verdict: .accepted)
  }
  private let part = JudgingID.part(generation: 1, counter: 1)
  private func partOrder(_ counter: UInt64, sequence: UInt64) -> GrantOrder {
    GrantOrder(
      name: LeaseName(judging: part, epoch: epoch(counter)), sequence: sequence, package: .a,
      archiveBytes: 5, unpackedBytes: 10, mode: .full,
      part: PartOrder(judging: first, ordinals: [7, 9]))
  }
  private func owner() -> WorkerBench {
    var bench = WorkerBench(cached: [(.a, 10)])
    bench.given(granted(order(1, 1, sequence: 1)))
    return bench
  }

  @Test func theSlotIsAskedAndItsAnswerIsInTheNextSync() {
    var bench = owner()
    bench.when(.shareAsked(first, epoch(1), parts: 2))
    bench.took("share 0 2")
    bench.when(.shared(first, [7, 8, 9]))
    bench.took("sync 3 credit 2 seen 1 holds [j1 1.1 running shares 7 8 9]")
    bench.when(.helped(first, epoch(1), [run(7)]), .unshared(first, epoch(1), [9]))
    bench.took("help 0 7", "take back 0 9")
    bench.when(.ran(first, run(7)), .shared(first, [8]))
    bench.took("sync 4 credit 2 seen 1 holds [j1 1.1 running shares 8]")
    bench.pass(.milliseconds(100))
    bench.took("runs j1 1.1 1")
  }

  @Test func anotherLeaseIsNotAsked() {
    var bench = owner()
    bench.when(
      .shareAsked(first, epoch(2), parts: 2), .shareAsked(JudgingID(3), epoch(1), parts: 2),
      .helped(first, epoch(2), [run(7)]), .unshared(first, epoch(2), [9]),
      .shareAsked(first, epoch(1), parts: 0))
    bench.took()
  }

  @Test func whatIsOverSharesNothing() {
    var bench = owner()
    bench.given(.shared(first, [7]), .disconnected)
    bench.when(judged(0, 1))
    bench.given(.connected)
    bench.when(welcome(2))
    bench.took(
      "finished s2 j1 1.1 AC", "sync 1 credit 2 seen 0 holds [j1 1.1 finished]")
  }

  @Test func aHelloSaysWhatIsShared() {
    var bench = owner()
    bench.given(.shared(first, [7]), .disconnected)
    bench.when(.connected)
    bench.took("hello credit 1 holds [j1 1.1 running shares 7] has [p10]")
  }

  @Test func whatIsLeftIsToldWithTheHeartbeat() {
    var bench = owner()
    let work = RemainingWork(testcases: 4, time: .seconds(8))
    bench.when(.remaining(first, work))
    bench.took()
    #expect(bench.core.heldLeases.map(\.remaining) == [work])
  }

  @Test func aPartRunsBesideItsJudgingAndEndsLikeAnyLease() {
    var bench = owner()
    bench.when(granted(partOrder(2, sequence: 2)))
    bench.took(
      "start part 1.1 1.2 in 1 with p10: 7 9",
      "sync 3 credit 2 seen 2 holds [part 1.1 1.2 running, j1 1.1 running]")
    bench.when(.shareAsked(part, epoch(2), parts: 2))
    bench.took()
    bench.given(.ran(part, run(7)))
    bench.pass(.milliseconds(100))
    bench.took("runs part 1.1 1.2 1")
    bench.when(.judged(slot: 1, part, JudgingResult(verdict: .accepted, runs: [run(7), run(9)])))
    bench.tookBesideSyncs("finished s1 part 1.1 1.2 AC")
    bench.when(.acknowledged([LeaseName(judging: part, epoch: epoch(2))]))
    bench.tookBesideSyncs("forget part 1.1")
  }

  @Test func aCancelledPartStops() {
    var bench = owner()
    bench.given(granted(partOrder(2, sequence: 2)))
    bench.when(.cancelled(part, epoch(2)))
    bench.took("abort 1")
    bench.when(.stopped(slot: 1, part, .draining))
    bench.tookBesideSyncs("forget part 1.1", "cancelled part 1.1 1.2")
  }
}
