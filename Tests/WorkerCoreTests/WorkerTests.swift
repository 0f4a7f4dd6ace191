import JudgeModel
import Messages
import Testing

@testable import WorkerCore

@Suite struct WorkerTests {
  @Test func fetchesRunsAndReports() {
    var bench = WorkerBench()
    bench.when(granted(order(1, 1, sequence: 1)))
    bench.took("fetch p10", "sync 2 credit 2 seen 1 holds [j1 1.1 waiting]")
    bench.when(described(.a, bytes: 8), .packageInstalled(.a))
    bench.took(
      "start j1 1.1 in 0 with p10", "sync 3 credit 2 seen 1 holds [j1 1.1 running] has [p10]")
    bench.when(judged(0, 1, .wrongAnswer))
    bench.took("finished s1 j1 1.1 WA", "sync 4 credit 3 seen 1 holds [j1 1.1 finished]")
    bench.when(acknowledged(1, 1))
    bench.took("forget j1")
  }

  @Test func anOutcomeSaysWhereTheTimeWent() {
    var bench = WorkerBench()
    bench.given(granted(order(1, 1, sequence: 1)))
    bench.now = bench.now + .seconds(3)
    bench.given(described(.a, bytes: 8), .packageInstalled(.a))
    bench.now = bench.now + .seconds(2)
    bench.when(judged(0, 1))
    let spans = bench.results.map(\.spans)
    #expect(spans == [WorkerSpans(waiting: .seconds(3), judging: .seconds(2))])
  }

  @Test func fillsItsSlotsInOrderOfArrival() {
    var bench = WorkerBench(slots: 2, prefetch: 1, cached: [(.a, 10)])
    bench.when(
      granted(order(3, 1, sequence: 1), order(1, 2, sequence: 2), order(2, 3, sequence: 3)))
    bench.tookBesideSyncs("start j3 1.1 in 0 with p10", "start j1 1.2 in 1 with p10")
    bench.when(judged(1, 1))
    bench.took(
      "finished s1 j1 1.2 AC", "start j2 1.3 in 1 with p10",
      "sync 3 credit 4 seen 3 holds [j1 1.2 finished, j2 1.3 running, j3 1.1 running]")
  }

  @Test func oneFetchServesAllWhoWait() {
    var bench = WorkerBench(slots: 2)
    bench.when(granted(order(1, 1, sequence: 1), order(2, 2, sequence: 2)))
    bench.tookBesideSyncs("fetch p10")
    bench.when(described(.a, bytes: 8), .packageInstalled(.a))
    bench.tookBesideSyncs("start j1 1.1 in 0 with p10", "start j2 1.2 in 1 with p10")
  }

  @Test func aFailedFetchGivesAllBackAndTheRoomIsFree() {
    var bench = WorkerBench(slots: 2, budget: 10)
    bench.given(granted(order(1, 1, sequence: 1), order(2, 2, sequence: 2)))
    bench.when(failed(.a))
    bench.tookBesideSyncs(
      "give up p10: no route", "returned j1 1.1: no route", "returned j2 1.2: no route")
    #expect(bench.core.cache.usedBytes == 0)
    bench.given(acknowledged(1, 1), acknowledged(2, 2))
    bench.when(granted(order(3, 3, sequence: 3, .b)))
    bench.tookBesideSyncs("fetch p11")
  }

  @Test func aPackageThatCannotFitIsGivenBackAtOnce() {
    var bench = WorkerBench(budget: 10)
    bench.when(granted(order(1, 1, sequence: 1, bytes: 11)))
    bench.tookBesideSyncs(
      "returned j1 1.1: the package has 11 B when it is unpacked, and the cache budget is 10 B: "
        + "raise --cache-budget on this worker")
  }

  @Test func waitsForRoomInTheCache() {
    var bench = WorkerBench(slots: 2, budget: 15)
    bench.given(granted(order(1, 1, sequence: 1)), described(.a, bytes: 10), .packageInstalled(.a))
    bench.when(granted(order(2, 2, sequence: 2, .b)))
    bench.took(
      "sync 4 credit 2 seen 2 holds [j1 1.1 running, j2 1.2 waiting]")
    bench.when(judged(0, 1))
    bench.tookBesideSyncs("finished s1 j1 1.1 AC", "evict p10", "fetch p11")
  }

  @Test func aBlockedLeaseIsPassedForAWhileOnly() {
    var bench = WorkerBench(slots: 3, budget: 20, cached: [(.a, 10)])
    bench.given(granted(order(1, 1, sequence: 1)))
    // Needs all of the cache.
    bench.given(granted(order(2, 2, sequence: 2, .b, bytes: 20)))
    bench.when(granted(order(3, 3, sequence: 3)))
    bench.tookBesideSyncs("start j3 1.3 in 1 with p10")
    bench.pass(.seconds(10))
    bench.given(judged(0, 1), acknowledged(1, 1))
    bench.when(granted(order(4, 4, sequence: 4)))
    bench.tookBesideSyncs()
    bench.when(judged(1, 3))
    bench.tookBesideSyncs("finished s1 j3 1.3 AC", "evict p10", "fetch p11")
    bench.when(described(.b, bytes: 20), .packageInstalled(.b))
    bench.tookBesideSyncs("start j2 1.2 in 0 with p11")
    bench.when(judged(0, 2))
    bench.tookBesideSyncs("finished s1 j2 1.2 AC", "evict p11", "fetch p10")
  }

  @Test func aGrantThatComesTwiceIsTakenOnce() {
    var bench = WorkerBench(cached: [(.a, 10)])
    bench.when(granted(order(1, 1, sequence: 1)))
    bench.tookBesideSyncs("start j1 1.1 in 0 with p10")
    bench.when(granted(order(1, 1, sequence: 1)))
    bench.took("sync 3 credit 2 seen 1 holds [j1 1.1 running]")
  }

  @Test func workGoesOnUnderANewerEpoch() {
    var bench = WorkerBench(cached: [(.a, 10)])
    bench.given(granted(order(1, 1, sequence: 1)))
    bench.when(granted(order(1, 5, sequence: 2)))
    bench.took("sync 3 credit 3 seen 2 holds [j1 1.5 running]")
    // Told to stop the old lease, it keeps the new one.
    bench.when(cancelled(1, 1))
    bench.took()
    bench.when(judged(0, 1))
    bench.tookBesideSyncs("finished s1 j1 1.5 AC")
    // An acknowledgement of the old one is not for this.
    bench.when(acknowledged(1, 1))
    bench.took()
    bench.when(granted(order(1, 7, sequence: 3)))
    bench.took(
      "finished s1 j1 1.7 AC", "sync 5 credit 5 seen 3 holds [j1 1.7 finished]")
  }

  @Test func anOutcomeWithoutVerdictIsNoAnswerToANewLease() {
    var bench = WorkerBench(cached: [(.a, 10)])
    bench.given(granted(order(1, 1, sequence: 1)), judged(0, 1, .judgeError))
    bench.when(granted(order(1, 2, sequence: 2)))
    bench.tookBesideSyncs("start j1 1.2 in 0 with p10")
  }

  @Test func whatIsGrantedAnewWhileItStopsRunsAgain() {
    var bench = WorkerBench(cached: [(.a, 10)])
    bench.given(granted(order(1, 1, sequence: 1)), cancelled(1, 1))
    bench.given(granted(order(1, 2, sequence: 2)))
    bench.when(stopped(0, 1))
    bench.tookBesideSyncs("start j1 1.2 in 0 with p10")
    bench.given(cancelled(1, 2), granted(order(1, 3, sequence: 3)))
    bench.when(cancelled(1, 3))
    bench.tookBesideSyncs()
    bench.when(stopped(0, 1))
    bench.tookBesideSyncs("forget j1", "cancelled j1 1.3")
  }

  @Test func cancelsInEachPhase() {
    var bench = WorkerBench(slots: 1, prefetch: 4, budget: 20, cached: [(.b, 10)])
    bench.given(
      granted(
        order(1, 1, sequence: 1, .b), order(2, 2, sequence: 2, .b), order(3, 3, sequence: 3, .a),
        order(4, 4, sequence: 4, .c)))
    // Running, ready, fetching, blocked.
    bench.when(cancelled(2, 2), cancelled(3, 3), cancelled(4, 4), cancelled(1, 1))
    bench.tookBesideSyncs(
      "forget j2", "cancelled j2 1.2", "forget j3", "cancelled j3 1.3", "forget j4",
      "cancelled j4 1.4", "abort 0")
    bench.when(cancelled(1, 1))
    bench.took()
    bench.when(stopped(0, 1))
    bench.tookBesideSyncs("forget j1", "cancelled j1 1.1")
    // The fetch nobody waits for any more ends in the cache.
    bench.when(described(.a, bytes: 10), .packageInstalled(.a))
    bench.took("sync 5 credit 9 seen 4 holds [] has [p10 p11]")
    // Never had it: said all the same.
    bench.when(cancelled(9, 9))
    bench.took("cancelled j9 1.9")
    bench.given(granted(order(5, 5, sequence: 5)), judged(0, 5))
    bench.when(cancelled(5, 5))
    bench.tookBesideSyncs("forget j5", "cancelled j5 1.5")
  }

  @Test func aVerdictOfWhatIsBeingStoppedIsNotTold() {
    var bench = WorkerBench(cached: [(.a, 10)])
    bench.given(granted(order(1, 1, sequence: 1)), cancelled(1, 1))
    bench.when(judged(0, 1))
    bench.tookBesideSyncs("forget j1", "cancelled j1 1.1")
  }

  @Test func resultsOfASlotThatRunsSomethingElseAreIgnored() {
    var bench = WorkerBench(cached: [(.a, 10)])
    bench.given(granted(order(1, 1, sequence: 1)))
    bench.when(judged(0, 2), judged(1, 1), judged(7, 1), judged(-1, 1))
    bench.took()
  }

  @Test func runsAreGathered() {
    var bench = WorkerBench(cached: [(.a, 10)])
    bench.given(granted(order(1, 1, sequence: 1)))
    let run = Run(ordinal: 1, testcase: "1", verdict: .accepted)
    bench.when(.ran(JudgingID(1), run), .ran(JudgingID(1), run), .ran(JudgingID(2), run))
    bench.took()
    bench.pass(.milliseconds(100))
    bench.took("runs j1 1.1 2")
    bench.when(.ran(JudgingID(1), run))
    bench.when(judged(0, 1))
    bench.pass(.milliseconds(100))
    bench.tookBesideSyncs("finished s1 j1 1.1 AC")
  }

  @Test func drainsAndLeaves() {
    var bench = WorkerBench(slots: 1, prefetch: 2, cached: [(.a, 10)])
    bench.given(granted(order(1, 1, sequence: 1), order(2, 2, sequence: 2)))
    bench.when(.drain)
    bench.took(
      "returned j2 1.2: the worker is leaving",
      "sync 3 credit 2 seen 2 holds [j1 1.1 running, j2 1.2 finished]")
    // Granted before the scheduler knew.
    bench.when(granted(order(3, 3, sequence: 3)))
    bench.tookBesideSyncs("returned j3 1.3: the worker is leaving")
    bench.given(acknowledged(2, 2), acknowledged(3, 3), judged(0, 1))
    bench.when(acknowledged(1, 1))
    bench.took("forget j1", "goodbye", "leave")
    bench.when(.timePassed)
    bench.took()
  }

  @Test func leavesWhenItIsRefused() {
    var bench = WorkerBench()
    bench.when(.refused("no"))
    bench.took("leave: no")
  }

  @Test func trimsACacheThatIsOverItsBudget() {
    var bench = WorkerBench(
      budget: 20, cached: [(.a, 10), (.b, 10), (.c, 10)], connected: false)
    bench.when(.connected)
    bench.took("hello credit 2 holds [] has [p10 p11 p12]", "evict p10")
    // Told once there is a session.
    bench.when(welcome(1))
    bench.took("sync 1 credit 2 seen 0 holds [] has [p11 p12]")
  }
}

/// Judgings of packages that are not whole yet.
@Suite struct ArrivingPackageTests {
  @Test func aJudgingBeginsWhenTheBeginningIsHere() {
    var bench = WorkerBench(slots: 1, prefetch: 2, cached: [(.b, 10)])
    bench.given(granted(order(1, 1, sequence: 1)))
    bench.when(described(.a))
    bench.tookBesideSyncs()
    bench.when(.packageStartable(.a))
    bench.tookBesideSyncs("start j1 1.1 in 0 with p10")
    // Of those that wait for the slot the one whose package is whole is first.
    bench.given(granted(order(2, 2, sequence: 2), order(3, 3, sequence: 3, .b)))
    bench.when(judged(0, 1))
    bench.tookBesideSyncs("finished s1 j1 1.1 AC", "start j3 1.3 in 0 with p11")
    bench.when(.packageInstalled(.a))
    bench.took(
      "sync 5 credit 4 seen 3 holds [j1 1.1 finished, j2 1.2 waiting, j3 1.3 running] has [p10 p11]"
    )
  }

  @Test func aTransferThatFailsHalfWayIsGivenBack() {
    var bench = WorkerBench(slots: 1, prefetch: 1, budget: 20)
    bench.given(
      granted(order(1, 1, sequence: 1), order(2, 2, sequence: 2)), described(.a),
      .packageStartable(.a))
    bench.when(failed(.a, kept: 10))
    bench.tookBesideSyncs("give up p10: no route", "returned j2 1.2: no route")
    // The one that runs hears of it when it needs the rest, or never.
    bench.when(.stopped(slot: 0, JudgingID(1), .workerFault("no route")))
    bench.tookBesideSyncs("returned j1 1.1: no route")
    #expect(bench.core.cache.usedBytes == 10, "what came of it is kept")
    bench.given(acknowledged(1, 1), acknowledged(2, 2))
    bench.when(granted(order(3, 3, sequence: 3, .b, bytes: 15)))
    bench.tookBesideSyncs("evict p10", "fetch p11")
  }

  @Test func aFullDiskIsEmptiedAndTriedOnceMore() {
    var bench = WorkerBench(cached: [(.b, 10), (.c, 10)])
    bench.given(granted(order(1, 1, sequence: 1)), described(.a))
    bench.when(failed(.a, "no room", isDiskFull: true))
    bench.tookBesideSyncs("evict p11", "evict p12", "fetch p10")
    bench.when(failed(.a, "no room", isDiskFull: true))
    bench.tookBesideSyncs("give up p10: no room", "returned j1 1.1: no room")
    #expect(bench.core.cache.usedBytes == 0)
  }

  @Test func whatSomebodyDeletedIsFetchedForThoseWhoNeedIt() {
    var bench = WorkerBench(slots: 1, prefetch: 1, cached: [(.a, 10), (.b, 10)])
    bench.given(granted(order(1, 1, sequence: 1)))
    bench.when(.packageDamaged(.a))
    bench.took("fetch p10", "sync 3 credit 2 seen 1 holds [j1 1.1 running] has [p11]")
    bench.when(.packageDamaged(.a))
    bench.tookBesideSyncs()
    // It waits in its slot meanwhile, and the next one as well.
    bench.given(granted(order(2, 2, sequence: 2)))
    bench.when(judged(0, 1))
    bench.tookBesideSyncs("finished s1 j1 1.1 AC", "start j2 1.2 in 0 with p10")
    bench.when(described(.a), .packageInstalled(.a))
    bench.took("sync 6 credit 3 seen 2 holds [j1 1.1 finished, j2 1.2 running] has [p10 p11]")
    bench.when(.packageDamaged(.b))
    bench.tookBesideSyncs("evict p11")
    bench.when(.packageDamaged(.b))
    bench.tookBesideSyncs("give up p11: the package is not here any more")
  }
}
