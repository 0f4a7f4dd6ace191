import JudgeModel
import Messages
import Testing

@testable import SchedulerCore

/// What waits at a busy worker is taken back for an idle one.
@Suite struct StealingTests {
  /// Anna has one slot and takes two: j1 runs and j2 waits. Her last sync said so.
  private func bench(
    retracts: Bool = true, takesRetract: Bool = true, cache: [Digest] = [.a]
  ) -> SchedulerBench {
    var policy = SchedulerPolicy()
    policy.retracts = retracts
    var bench = SchedulerBench(policy: policy)
    bench.join("anna", credit: 2, cache: cache, takesRetract: takesRetract)
    bench.given(handedIn(1...2))
    tell(&bench)
    bench.forget()
    return bench
  }

  /// In no hurry: a live judging is not held at a worker whose slots are busy.
  private func handedIn(_ ids: ClosedRange<Int64>) -> SchedulerEvent {
    .submitted(ids.map { order($0, priority: .regrade) })
  }

  private func tell(_ bench: inout SchedulerBench) {
    bench.sync(
      1, credit: 2, seen: 2, held: [held(1, epoch(1)), held(2, epoch(2), .waiting)])
  }

  @Test func aWaitingLeaseGoesToAnIdleWorkerOnceItIsBack() {
    var bench = bench()
    bench.join("berta", cache: [.a])
    bench.took("s2 welcome 2", "s1 retract j2 1.2")
    bench.giveBack(1, 2, epoch(2), .retracted)
    #expect(
      bench.told == [
        "j2 queued: taken back before it began, for an idle worker", "j2 started on berta",
      ])
    bench.took(
      "record returned j2 1.2: taken back before it began, for an idle worker",
      "record leased j2 1.3 berta", "grant s2: j2 1.3 #1", "s1 acknowledge j2 1.2")
  }

  @Test func itCostsNothing() {
    var policy = SchedulerPolicy()
    policy.lossesUntilQuarantine = 1
    policy.judgeErrorsUntilQuarantine = 1
    var bench = SchedulerBench(policy: policy)
    bench.join("anna", credit: 2, cache: [.a])
    bench.given(handedIn(1...2))
    bench.sync(1, credit: 2, seen: 2, held: [held(1, epoch(1)), held(2, epoch(2), .waiting)])
    bench.join("berta", cache: [.a])
    bench.giveBack(1, 2, epoch(2), .retracted)
    #expect(bench.core.status(at: bench.now).quarantined == 0)
    #expect(bench.core.status(at: bench.now).leased == 2)
  }

  @Test func whatNobodyAskedForIsAFault() {
    var bench = SchedulerBench()
    bench.join("anna", cache: [.a])
    bench.given(handedIn(1...1))
    bench.giveBack(1, 1, epoch(1), .retracted)
    #expect(bench.core.sessions[SessionID(1)]?.conduct.faultsInARow == 1)
  }

  @Test func itIsAskedForOnceUntilTheQuestionMayBeLost() {
    var bench = bench()
    bench.join("berta", cache: [.a])
    bench.took("s2 welcome 2", "s1 retract j2 1.2")
    for _ in 1...6 {
      bench.now = bench.now + .seconds(1)
      tell(&bench)
      bench.sync(2, credit: 1, seen: 0)
      bench.when(.timePassed)
    }
    bench.tookNothing()
    bench.now = bench.now + .seconds(1)
    tell(&bench)
    bench.took("s1 retract j2 1.2")
  }

  @Test func oneThatHasBegunStays() {
    var bench = bench()
    bench.join("berta", cache: [.a])
    bench.forget()
    for _ in 1...10 {
      bench.sync(1, credit: 2, seen: 2, held: [held(1, epoch(1)), held(2, epoch(2))])
      bench.sync(2, credit: 1, seen: 0)
      bench.now = bench.now + .seconds(1)
      bench.when(.timePassed)
    }
    bench.tookNothing()
    bench.finish(1, 2, epoch(2), .accepted)
    bench.took("record judged j2 1.2 anna AC", "s1 acknowledge j2 1.2")
  }

  @Test func whereTheThiefIsBusyMeanwhileItWaitsLikeAnyOther() {
    var bench = bench()
    bench.join("berta", cache: [.a])
    bench.when(handedIn(3...3))
    bench.took(
      "s2 welcome 2", "s1 retract j2 1.2", "record leased j3 1.3 berta", "grant s2: j3 1.3 #1")
    bench.giveBack(1, 2, epoch(2), .retracted)
    bench.took(
      "record returned j2 1.2: taken back before it began, for an idle worker",
      "s1 acknowledge j2 1.2")
    #expect(bench.notes == ["1 every slot is busy"])
  }

  @Test func anIdleSlotIsMeantForOneThingAtATime() {
    var bench = SchedulerBench()
    bench.join("anna", credit: 3, cache: [.a])
    bench.given(handedIn(1...3))
    bench.sync(
      1, credit: 3, seen: 3,
      held: [held(1, epoch(1)), held(2, epoch(2), .waiting), held(3, epoch(3), .waiting)])
    bench.join("berta", credit: 4, cache: [.a])
    bench.forget()
    bench.now = bench.now + .milliseconds(150)
    bench.when(.timePassed)
    bench.sync(2, credit: 4, seen: 0)
    bench.tookNothing()
  }

  @Test func whatHasToBeFetchedFirstIsNotStolen() {
    var bench = bench()
    bench.join("berta")
    bench.took("s2 welcome 2")
  }

  @Test func aLeaseThatWaitsForItsPackageGoesToWhoHasIt() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 2, cache: [])
    bench.given(.submitted([order(1, archiveBytes: 5_000_000_000)]))
    bench.sync(1, credit: 2, seen: 1, held: [held(1, epoch(1), .waiting)])
    bench.join("berta", cache: [.a])
    bench.took("s2 welcome 2", "s1 retract j1 1.1")
  }

  @Test func olderWorkersAreNotAsked() {
    var bench = bench(takesRetract: false)
    bench.join("berta", cache: [.a])
    bench.took("s2 welcome 2")
  }

  @Test func itCanBeTurnedOff() {
    var bench = bench(retracts: false)
    bench.join("berta", cache: [.a])
    bench.took("s2 welcome 2")
  }

  @Test func aLookIsShortAndEverybodyHasATurn() {
    var bench = SchedulerBench()
    for worker in 1...100 as ClosedRange<UInt64> {
      bench.join("w\(worker)", credit: 2, cache: [.a])
    }
    bench.given(handedIn(1...200))
    var leases: [UInt64: [HeldLease]] = [:]
    for id in 1...100 as ClosedRange<UInt64> {
      // Two rounds of a pass: everybody got one, then everybody another.
      leases[id] = [
        held(Int64(id), epoch(id)), held(Int64(id) + 100, epoch(id + 100), .waiting),
      ]
    }
    for (id, held) in leases.sorted(by: { $0.key < $1.key }) {
      bench.sync(id, credit: 2, seen: 2, held: held)
    }
    bench.forget()
    bench.join("idle", slots: 200, cache: [.a])
    var asked = bench.retracts
    #expect(asked.count <= 32)
    for _ in 1...4 {
      bench.now = bench.now + .milliseconds(200)
      bench.when(.submitted([]))
    }
    asked = bench.retracts
    #expect(Set(asked).count == 100 && asked.count == 100, "\(asked.count)")
  }
}

extension SchedulerBench {
  fileprivate var retracts: [String] { texts.filter { $0.contains("retract") } }
}
