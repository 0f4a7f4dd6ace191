import JudgeModel
import Messages
import Testing

@testable import SchedulerCore

@Suite struct LivenessTests {
  @Test func syncSendsALostGrantAgain() {
    var bench = SchedulerBench()
    bench.join("anna", cache: [.a])
    bench.given(submitted(1...1))
    bench.pass(.seconds(2))
    bench.sync(1, credit: 1, seen: 0)
    bench.pass(.seconds(3))
    bench.sync(1, credit: 1, seen: 0)
    // It may still be on its way.
    bench.tookNothing()
    bench.pass(.milliseconds(1001))
    bench.sync(1, credit: 1, seen: 0)
    bench.took("grant s1: j1 1.1 #1")
    // Not with every sync, and it is not forgotten while it is on its way, whatever came before it.
    bench.sync(1, credit: 1, seen: 0)
    bench.sync(1, credit: 1, seen: 5)
    bench.tookNothing()
    bench.sync(1, credit: 1, seen: 1, held: [held(1, epoch(1))])
    bench.tookNothing()
  }

  @Test func syncTakesBackWhatTheWorkerForgot() {
    var bench = SchedulerBench()
    bench.join("anna", credit: 2, cache: [.a])
    bench.given(submitted(1...1))
    bench.pass(.seconds(2))
    bench.sync(1, credit: 2, seen: 1)
    bench.pass(.seconds(3))
    bench.sync(1, credit: 2, seen: 1)
    bench.tookNothing()
    bench.pass(.milliseconds(1001))
    bench.sync(1, credit: 2, seen: 1)
    #expect(bench.told.first == "j1 queued: the worker forgot it")
    bench.took("record leased j1 1.2 anna", "grant s1: j1 1.2 #2")
    bench.finish(1, 1, epoch(1), .accepted)
    bench.took("s1 acknowledge j1 1.1")
  }

  @Test func syncStopsWhatIsNotLeasedToTheWorker() {
    var bench = SchedulerBench()
    bench.join("anna", cache: [.a])
    bench.forget()
    bench.sync(1, credit: 1, seen: 0, held: [held(5, epoch(3))])
    bench.took("s1 cancel j5 1.3")
    // A verdict that waits for its acknowledgement is not cancelled.
    bench.sync(1, credit: 1, seen: 0, held: [held(5, epoch(3), .finished)])
    bench.tookNothing()
  }

  @Test func aLostVerdictIsSimplySentAgain() {
    var bench = SchedulerBench()
    bench.join("anna", cache: [.a])
    bench.given(submitted(1...1))
    for _ in 1...10 {
      bench.pass(.seconds(2))
      bench.sync(1, credit: 1, seen: 1, held: [held(1, epoch(1), .finished)])
    }
    bench.tookNothing()
    bench.finish(1, 1, epoch(1), .accepted)
    bench.took("record judged j1 1.1 anna AC", "s1 acknowledge j1 1.1")
  }

  @Test func aReconnectCostsNothing() {
    var policy = SchedulerPolicy()
    policy.lossesUntilQuarantine = 1
    var bench = SchedulerBench(policy: policy)
    bench.join("anna", cache: [.a])
    bench.given(submitted(1...1))
    // The scheduler has not noticed yet that the old connection is gone.
    bench.join("anna", credit: 0, held: [held(1, epoch(1))])
    bench.took("close s1", "s2 welcome 2", "record leased j1 1.1 anna")
    bench.finish(2, 1, epoch(1), .accepted)
    bench.took("record judged j1 1.1 anna AC", "s2 acknowledge j1 1.1")
  }

  @Test func aBrokenConnectionIsGivenAWhile() {
    var bench = SchedulerBench()
    bench.join("anna", cache: [.a])
    bench.given(submitted(1...1))
    bench.when(.disconnected(SessionID(1)))
    bench.took("close s1")
    bench.join("berta", cache: [.a])
    bench.pass(.milliseconds(4999))
    bench.took("s2 welcome 2", "s2 probe")
    #expect(bench.core.nextDeadline == bench.now + .milliseconds(1))
    bench.pass(.milliseconds(1))
    #expect(bench.told.first == "j1 queued: the connection to anna was lost")
    bench.took("record leased j1 1.2 berta", "grant s2: j1 1.2 #1")
  }

  @Test func whatAReturningWorkerDoesNotClaimIsFreeAtOnce() {
    var policy = SchedulerPolicy()
    policy.lossesUntilQuarantine = 1
    var bench = SchedulerBench(policy: policy)
    bench.join("anna", cache: [.a])
    bench.given(submitted(1...1))
    bench.given(.disconnected(SessionID(1)))
    // The grant was lost with the line. That is nobody's fault.
    bench.join("anna", cache: [.a])
    bench.took("s2 welcome 2", "record leased j1 1.2 anna", "grant s2: j1 1.2 #1")
    bench.given(.disconnected(SessionID(2)))
    // Another process: the first died with it.
    bench.join("anna", cache: [.a], instance: 2)
    bench.took(
      "s3 welcome 3",
      "record quarantined j1: lost 1 workers while it was judged; last: the connection to anna "
        + "was lost")
  }

  @Test func aLossIsTakenOffWhenTheWorkerTurnsOutToBeAlive() {
    var policy = SchedulerPolicy()
    policy.lossesUntilQuarantine = 2
    var bench = SchedulerBench(policy: policy)
    bench.join("anna", cache: [.a])
    bench.given(submitted(1...1))
    bench.given(.disconnected(SessionID(1)))
    bench.pass(.seconds(5))
    bench.join("berta", cache: [.a])
    bench.forget()
    // Too late to keep it, but it was not killed by it.
    bench.join("anna", credit: 0, held: [held(1, epoch(1))])
    bench.took("s3 welcome 3", "s3 cancel j1 1.1")
    bench.when(.goodbye(SessionID(2)))
    #expect(bench.told == ["j1 queued: the connection to berta was lost"])
    bench.took("close s2")
  }

  @Test func aLeaseSurvivesManyBrokenConnections() {
    var bench = SchedulerBench()
    bench.join("anna", cache: [.a])
    bench.given(submitted(1...1))
    for session in 1...20 as ClosedRange<UInt64> {
      bench.given(.disconnected(SessionID(session)))
      bench.pass(.milliseconds(4900))
      bench.join("anna", credit: 0, held: [held(1, epoch(1))])
      bench.took("s\(session + 1) welcome \(session + 1)", "record leased j1 1.1 anna")
    }
  }

  @Test func aReconnectDoesNotForgiveEarlierLosses() {
    var policy = SchedulerPolicy()
    policy.lossesUntilQuarantine = 2
    var bench = SchedulerBench(policy: policy)
    bench.join("anna", cache: [.a])
    bench.given(submitted(1...1))
    bench.given(.disconnected(SessionID(1)))
    bench.pass(.seconds(5))
    bench.join("berta", cache: [.a])
    bench.join("berta", credit: 0, cache: [.a], held: [held(1, epoch(2))])
    bench.forget()
    bench.when(.disconnected(SessionID(3)))
    bench.pass(.seconds(5))
    bench.took(
      "close s3",
      "record quarantined j1: lost 2 workers while it was judged; last: the connection to berta "
        + "was lost")
  }

  @Test func losingWorkersSetsAJudgingAside() {
    var bench = SchedulerBench()
    bench.given(submitted(1...1))
    for session in 1...4 as ClosedRange<UInt64> {
      bench.join("anna", cache: [.a], instance: session)
      bench.forget()
      bench.when(.disconnected(SessionID(session)))
      bench.pass(.seconds(5))
    }
    bench.took(
      "close s4",
      "record quarantined j1: lost 4 workers while it was judged; last: the connection to anna "
        + "was lost")
  }

  @Test func aRestartedWorkerLosesWhatItHeld() {
    var bench = SchedulerBench()
    bench.join("anna", cache: [.a])
    bench.given(submitted(1...1))
    bench.join("anna", cache: [.a], instance: 2)
    // Whoever lives answers, and the transport tells of one that is dead.
    bench.took("s1 cancel j0 1.2")
    bench.when(.disconnected(SessionID(1)))
    bench.took(
      "close s1", "s2 welcome 2", "record leased j1 1.2 anna", "grant s2: j1 1.2 #1")
    bench.finish(1, 1, epoch(1), .accepted)
    bench.took("s1 who")
    bench.when(.disconnected(SessionID(1)))
    bench.tookNothing()
  }

  @Test func aSilentWorkerIsProbedThenPassedOverThenLost() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 2, cache: [.a])
    bench.given(submitted(1...1))
    bench.pass(.milliseconds(3900))
    bench.tookNothing()
    bench.pass(.milliseconds(100))
    bench.took("s1 probe")
    bench.pass(.milliseconds(2100))
    bench.when(submitted(2...2))
    bench.tookNothing()
    #expect(bench.core.status(at: bench.now).workers.first?.state == .suspect)
    bench.pass(.milliseconds(9400))
    bench.tookNothing()
    bench.pass(.seconds(1))
    bench.took("close s1")
    #expect(bench.core.status(at: bench.now).workers.isEmpty)
    #expect(bench.core.nextDeadline == nil)
    #expect(bench.notes == ["2 no worker is connected"])
  }

  @Test func aSuspectThatSpeaksGetsWorkAgain() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 1, cache: [.a])
    bench.pass(.seconds(7))
    bench.given(submitted(1...1))
    bench.sync(1, credit: 1, seen: 0)
    bench.took("record leased j1 1.1 anna", "grant s1: j1 1.1 #1")
  }

  @Test func aHostileHelloIsSurvived() {
    var bench = SchedulerBench()
    bench.given(submitted(1...3))
    bench.join(
      "anna", slots: -5, credit: .max, cache: [.a, .a, .b],
      held: [held(1, epoch(9)), held(1, epoch(8)), held(1, epoch(9))])
    bench.forget()
    bench.sync(1, credit: .max, seen: .max, held: [held(2, epoch(1)), held(2, epoch(7))])
    bench.sync(1, credit: 0, seen: 0)
    bench.pass(.seconds(30))
    #expect(bench.core.status(at: bench.now).queued == 3)
  }
}

@Suite struct RestartTests {
  private func restored(_ newest: LeaseEpoch? = nil, epoch: LeaseEpoch? = nil) -> SchedulerBench {
    var bench = SchedulerBench(generation: 2)
    bench.when(
      .restored([
        RestoredJudging(order: order(1), epoch: epoch, newestEpoch: newest),
        RestoredJudging(order: order(2), epoch: nil),
      ]))
    bench.tookNothing()
    return bench
  }

  @Test func adoptsWithinTheGrace() {
    var bench = restored(epoch: epoch(5))
    bench.join("berta", slots: 2, cache: [.a])
    // j1 is not given away: its worker may come back.
    bench.took("s1 welcome 1", "record leased j2 2.1 berta", "grant s1: j2 2.1 #1")
    bench.pass(.seconds(9))
    bench.forget()
    bench.join("anna", credit: 0, held: [held(1, epoch(5))])
    bench.took("s2 welcome 2", "record leased j1 1.5 anna")
    bench.finish(2, 1, epoch(5), .accepted)
    bench.took("record judged j1 1.5 anna AC", "s2 acknowledge j1 1.5")
  }

  @Test func grantsAnewAfterTheGrace() {
    var bench = restored(epoch: epoch(5))
    bench.join("berta", slots: 2, credit: 1, cache: [.a])
    bench.pass(.seconds(4))
    bench.sync(1, credit: 2, seen: 1, held: [held(2, epoch(1, of: 2))])
    bench.pass(.seconds(5))
    bench.sync(1, credit: 2, seen: 1, held: [held(2, epoch(1, of: 2))])
    bench.forget()
    bench.pass(.seconds(1))
    bench.took("record leased j1 2.2 berta", "grant s1: j1 2.2 #2")
    bench.join("anna", credit: 0, held: [held(1, epoch(5))])
    bench.took("s2 welcome 2", "s2 cancel j1 1.5")
  }

  @Test func believesALateClaimAfterTheGraceWhileNobodyElseHasIt() {
    var bench = restored(epoch: epoch(5))
    bench.pass(.seconds(11))
    bench.tookNothing()
    bench.join("anna", credit: 0, held: [held(1, epoch(5), .finished)])
    bench.took("s1 welcome 1", "record leased j1 1.5 anna")
  }

  @Test func believesAClaimWhoseRecordIsGone() {
    var bench = restored()
    bench.join("anna", credit: 0, held: [held(1, epoch(5))])
    bench.took("s1 welcome 1", "record leased j1 1.5 anna")
    // Once returned it is over.
    bench.giveBack(1, 1, epoch(5), .draining)
    bench.took("record returned j1 1.5: the worker is leaving", "s1 acknowledge j1 1.5")
    bench.join("anna", credit: 0, held: [held(1, epoch(5), .finished)])
    bench.took("close s1", "s2 welcome 2", "s2 cancel j1 1.5")
  }

  @Test func doesNotBelieveAClaimThatTheRecordKnowsToBeOld() {
    var bench = restored(epoch(6))
    bench.join("anna", credit: 0, held: [held(1, epoch(5), .finished)])
    bench.took("s1 welcome 1", "s1 cancel j1 1.5")
    bench.join("berta", credit: 0, held: [held(1, epoch(6), .finished)])
    bench.took("s2 welcome 2", "s2 cancel j1 1.6")
  }

  @Test func cancelsWhatIsAwaited() {
    var bench = restored(epoch: epoch(5))
    bench.when(.cancel([JudgingID(1)]))
    bench.took("record cancelled j1")
    bench.join("anna", credit: 0, held: [held(1, epoch(5))])
    bench.took("s1 welcome 1", "s1 cancel j1 1.5")
  }
}
