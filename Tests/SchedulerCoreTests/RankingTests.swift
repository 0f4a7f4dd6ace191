import JudgeModel
import Messages
import Testing

@testable import SchedulerCore

@Suite struct RankingTests {
  /// The mean time of a judging is one second until one was seen; 100 MB take two seconds.
  @Test func aWarmWorkerComesFirst() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 4)
    bench.join("berta", cache: [.a])
    bench.forget()
    bench.when(submitted(1...1))
    bench.took("record leased j1 1.1 berta", "grant s2: j1 1.1 #1")
  }

  @Test func theOldestWarmOneComesFirst() {
    var bench = SchedulerBench()
    bench.given(.submitted([order(1, .c), order(2, .b), order(3, .a)]))
    bench.join("anna", slots: 2, cache: [.a, .b])
    bench.took(
      "s1 welcome 1", "record leased j2 1.1 anna", "record leased j3 1.2 anna",
      "grant s1: j2 1.1 #1, j3 1.2 #2")
  }

  @Test func coldPackagesSpreadOverIdleWorkers() {
    var bench = SchedulerBench()
    bench.join("anna")
    bench.join("berta")
    bench.forget()
    bench.when(.submitted([order(1, .a), order(2, .a), order(3, .b)]))
    bench.took(
      "record leased j1 1.1 anna", "record leased j3 1.2 berta", "grant s1: j1 1.1 #1",
      "grant s2: j3 1.2 #1")
  }

  @Test func aPackageOnItsWayCountsAsWarm() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 2)
    bench.given(submitted(1...1))
    bench.join("berta", slots: 2)
    bench.forget()
    // Berta has more room, but anna is fetching the package.
    bench.when(submitted(2...2))
    bench.took("record leased j2 1.2 anna", "grant s1: j2 1.2 #2")
  }

  @Test func aPackageIsWarmNoMoreWhenItsFetchIsOver() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 2)
    bench.join("berta", slots: 1)
    bench.given(submitted(1...1))
    bench.giveBack(1, 1, epoch(1), .draining)
    bench.took(
      "record returned j1 1.1: the worker is leaving", "s1 acknowledge j1 1.1",
      "record leased j1 1.2 berta", "grant s2: j1 1.2 #1")
  }

  @Test func colderAfterABoundedWait() {
    var bench = SchedulerBench()
    bench.join("anna", cache: [.a])
    bench.join("berta")
    bench.given(submitted(1...1))
    bench.when(submitted(2...2))
    bench.tookNothing()
    #expect(bench.core.coldDeadline == bench.now + .seconds(2))
    #expect(bench.notes == ["1 a worker that has the package will be free soon"])
    bench.pass(.milliseconds(1_999))
    bench.tookNothing()
    bench.pass(.milliseconds(1))
    bench.took("record leased j2 1.2 berta", "grant s2: j2 1.2 #1")
    #expect(bench.core.coldDeadline == nil)
  }

  @Test func nothingColdIsPassedOverForEver() {
    var bench = SchedulerBench()
    bench.join("anna", cache: [.a])
    bench.given(submitted(1...1))
    bench.given(.submitted([order(2, .b)]))
    // A steady stream for the package that she has.
    for id in 3...20 as ClosedRange<Int64> {
      bench.now = bench.now + .seconds(1)
      bench.given(.submitted([order(id, .a)]))
      bench.sync(1, credit: UInt64(id), seen: UInt64(id) - 2)
      let held = bench.core.judgings.values.filter { judging in
        if case .leased = judging.phase { true } else { false }
      }
      if held.contains(where: { $0.order.package == .b }) { return }
      guard let judging = held.first, case .leased(let lease) = judging.phase else { break }
      bench.finish(1, judging.order.judging.value, lease.epoch, .accepted)
    }
    Issue.record("the judging whose package is not here waits for ever")
  }

  @Test func regradesWaitLonger() {
    var policy = SchedulerPolicy()
    policy.lostAfter = .seconds(1000)
    policy.suspectAfter = .seconds(1000)
    policy.probeAfter = .seconds(1000)
    var bench = SchedulerBench(policy: policy)
    bench.join("anna", cache: [.a])
    bench.join("berta")
    bench.given(.submitted([order(1, priority: .batch), order(2, priority: .batch)]))
    bench.pass(.seconds(59))
    bench.tookNothing()
    bench.pass(.seconds(1))
    bench.took("record leased j2 1.2 berta", "grant s2: j2 1.2 #1")
  }

  @Test func anotherReplicaWhenTheBacklogOutlastsTheFetch() {
    var bench = SchedulerBench()
    bench.join("anna", cache: [.a])
    bench.join("berta")
    bench.forget()
    // Three wait behind anna's one slot: three seconds, longer than a fetch of two.
    bench.when(submitted(1...4))
    bench.took(
      "record leased j1 1.1 anna", "record leased j2 1.2 berta", "grant s1: j1 1.1 #1",
      "grant s2: j2 1.2 #1")
  }

  /// Of eight slots one falls free every eighth of a judging.
  @Test func aBacklogIsSharedByAllWarmSlots() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 8, cache: [.a])
    bench.given(submitted(1...8))
    bench.join("berta")
    bench.forget()
    bench.when(submitted(9...24))
    bench.tookNothing()
    // Seventeen, at a second each: a little more than the two seconds of a fetch.
    bench.when(submitted(25...25))
    bench.took("record leased j9 1.9 berta", "grant s2: j9 1.9 #1")
  }

  @Test func packagesGoWhereNothingIsOnItsWay() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 8)
    bench.join("berta", slots: 4)
    bench.forget()
    bench.when(.submitted([order(1, .a)]))
    bench.took("record leased j1 1.1 anna", "grant s1: j1 1.1 #1")
    // Anna has more room, but her link is busy.
    bench.when(.submitted([order(2, .b)]))
    bench.took("record leased j2 1.2 berta", "grant s2: j2 1.2 #1")
    // Now both links are.
    bench.when(.submitted([order(3, .c)]))
    bench.took("record leased j3 1.3 anna", "grant s1: j3 1.3 #2")
  }

  @Test func transfersAreExpectedToTakeWhatTheyTook() {
    var bench = SchedulerBench()
    bench.join("anna", cache: [.b])
    bench.join("berta")
    // 100 MB in half a second, four times what is assumed.
    bench.given(submitted(1...1, .b))
    bench.given(.submitted([order(2, .c)]))
    bench.now = bench.now + .milliseconds(500)
    bench.sync(2, credit: 1, seen: 1, held: [held(2, epoch(2))], cache: [.c])
    #expect(bench.core.sessions[SessionID(2)]?.fetchRate == 200_000_000)
    #expect(bench.core.sessions[SessionID(2)]?.link == nil)
    #expect(bench.core.sessions[SessionID(1)]?.fetchRate == nil)
  }

  @Test func isLookedAtAgainWhenTheWarmWorkerFilledUpInTheSamePass() {
    var bench = SchedulerBench()
    // Berta has more room and is asked first, while anna still has some.
    bench.join("anna", cache: [.a])
    bench.join("berta", slots: 4)
    bench.forget()
    bench.when(submitted(1...2))
    bench.took("record leased j1 1.1 anna", "grant s1: j1 1.1 #1")
    #expect(bench.core.coldDeadline == bench.now + .seconds(2))
  }

  @Test func measuredJudgingsDecideWhatABacklogIs() {
    var bench = SchedulerBench()
    bench.join("anna", credit: 2, cache: [.a])
    bench.given(submitted(1...1))
    bench.now = bench.now + .seconds(5)
    bench.finish(1, 1, epoch(1), .accepted)
    bench.join("berta")
    bench.forget()
    // One judging takes five seconds here: waiting for it is worse than a fetch.
    bench.when(submitted(2...3))
    bench.took(
      "record leased j2 1.2 anna", "record leased j3 1.3 berta", "grant s1: j2 1.2 #2",
      "grant s2: j3 1.3 #1")
  }

  @Test func aSilentOrDrainedHolderIsNotWaitedFor() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 2, cache: [.a])
    bench.given(.drain(WorkerID("anna")))
    bench.join("berta")
    bench.forget()
    bench.when(submitted(1...1))
    bench.took("record leased j1 1.1 berta", "grant s2: j1 1.1 #1")
  }

  @Test func cacheReportsReplaceEachOther() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 2, cache: [.a])
    bench.join("berta", slots: 2)
    bench.forget()
    bench.sync(1, credit: 2, seen: 0, cache: [])
    bench.sync(2, credit: 2, seen: 0, cache: [.a])
    bench.when(submitted(1...1))
    bench.took("record leased j1 1.1 berta", "grant s2: j1 1.1 #1")
  }
}
