import JudgeModel
import Messages
import Testing

@testable import SchedulerCore

@Suite struct StopsTests {
  private let told =
    "note anna: j1 was cancelled 10 s ago and it has not stopped it: it gets nothing "
    + "new until it has"

  /// Anna has two slots and was told to stop j1.
  private func bench(_ slots: Int32 = 2) -> SchedulerBench {
    var bench = SchedulerBench()
    bench.join("anna", slots: slots, cache: [.a])
    bench.given(submitted(1...1))
    bench.when(.cancel([JudgingID(1)]))
    bench.took("record cancelled j1", "s1 cancel j1 1.1")
    return bench
  }

  private func confirmed(_ judging: Int64, _ counter: UInt64, in session: UInt64 = 1)
    -> SchedulerEvent
  { .cancelConfirmed(SessionID(session), JudgingID(judging), epoch(counter)) }

  /// Lets time pass with a worker that says all the while that it holds j1.
  private func pass(
    _ seconds: Int, _ bench: inout SchedulerBench, session: UInt64 = 1, holding: [HeldLease]
  ) -> [String] {
    for _ in 0..<seconds {
      bench.pass(.seconds(1))
      bench.sync(session, credit: 1, seen: 1, held: holding)
    }
    return bench.takeNotes()
  }

  @Test func aConfirmedStopIsForgotten() {
    var bench = bench()
    bench.when(confirmed(1, 1))
    bench.took("s1 acknowledge j1 1.1")
    for _ in 1...70 {
      bench.pass(.seconds(1))
      bench.sync(1, credit: 2, seen: 1)
    }
    bench.tookNothing()
  }

  @Test func everySyncThatStillNamesItIsAnsweredByACancel() {
    var bench = bench()
    bench.sync(1, credit: 2, seen: 1, held: [held(1, epoch(1))])
    bench.took("s1 cancel j1 1.1")
  }

  /// Neither the confirmation came nor a sync that names it: it was lost, and what is not held is
  /// stopped.
  @Test func aLostConfirmationIsNoMatter() {
    var bench = bench()
    for _ in 1...30 {
      bench.pass(.seconds(2))
      bench.sync(1, credit: 2, seen: 1)
    }
    bench.tookNothing()
  }

  @Test func anUnconfirmedStopIsToldAgainAndDrainsTheWorkerUntilItIsConfirmed() {
    var bench = SchedulerBench(policy: patient())
    bench.join("anna", slots: 2, cache: [.a])
    bench.given(submitted(1...1))
    bench.given(.cancel([JudgingID(1)]))
    bench.pass(.milliseconds(9999))
    bench.forget()
    bench.pass(.milliseconds(1))
    bench.took("s1 cancel j1 1.1", told)
    #expect(bench.core.status(at: bench.now).workers.first?.state == .draining)
    bench.when(submitted(2...2))
    bench.tookNothing()
    #expect(
      bench.notes == [
        "1 every worker with the language cpp is draining or has not stopped what was cancelled"
      ])
    bench.pass(.seconds(10))
    bench.took("s1 cancel j1 1.1")
    bench.when(confirmed(1, 1))
    bench.took(
      "note anna: it has stopped what was cancelled",
      "s1 acknowledge j1 1.1", "record leased j2 1.2 anna", "grant s1: j2 1.2 #2")
  }

  /// Silence alone would end the session before.
  private func patient() -> SchedulerPolicy {
    var policy = SchedulerPolicy()
    (policy.probeAfter, policy.suspectAfter, policy.lostAfter) =
      (.seconds(1000), .seconds(1000), .seconds(1000))
    return policy
  }

  @Test func aVerdictOfTheLeaseEndsTheWaitingAsWell() {
    var bench = bench()
    #expect(pass(11, &bench, holding: [held(1, epoch(1))]) == [told])
    bench.finish(1, 1, epoch(1), .accepted)
    bench.took(
      "note anna: it has stopped what was cancelled",
      "s1 acknowledge j1 1.1")
  }

  @Test func aPersonsDrainStays() {
    var bench = bench()
    bench.given(.drain(WorkerID("anna")))
    #expect(pass(11, &bench, holding: [held(1, epoch(1))]) == [told])
    bench.when(confirmed(1, 1), submitted(2...2))
    bench.took(
      "note anna: it has stopped what was cancelled", "s1 acknowledge j1 1.1")
    #expect(bench.core.status(at: bench.now).workers.first?.state == .draining)
  }

  @Test func afterAMinuteItsSessionIsClosedAndItStaysDrainedWhenItReturns() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 2, cache: [.a])
    bench.given(submitted(1...2), .cancel([JudgingID(1)]))
    let both = [held(1, epoch(1)), held(2, epoch(2))]
    #expect(
      pass(61, &bench, holding: both) == [
        told,
        "note anna: j1 was cancelled 60 s ago and it has still not stopped it: its session is closed, "
          + "and it gets nothing until it has; restart that worker",
      ])
    // What it had may be judged elsewhere.
    bench.join("berta", cache: [.a])
    bench.took("s2 welcome 2", "record leased j2 1.3 berta", "grant s2: j2 1.3 #1")
    bench.given(submitted(3...3))
    bench.join("anna", slots: 2, cache: [.a], held: both)
    bench.took("s3 welcome 3", "s3 cancel j1 1.1", "s3 cancel j2 1.2")
    bench.when(confirmed(2, 2, in: 3))
    bench.took("s3 acknowledge j2 1.2")
    bench.when(confirmed(1, 1, in: 3))
    bench.took(
      "note anna: it has stopped what was cancelled",
      "s3 acknowledge j1 1.1", "record leased j3 1.4 anna", "grant s3: j3 1.4 #1")
  }

  @Test func aRestartOfTheWorkerWipesTheSlate() {
    var bench = bench()
    #expect(pass(11, &bench, holding: [held(1, epoch(1))]) == [told])
    bench.given(.disconnected(SessionID(1)), submitted(2...2))
    bench.join("anna", cache: [.a], instance: 2)
    bench.took("s2 welcome 2", "record leased j2 1.2 anna", "grant s2: j2 1.2 #1")
  }

  /// The worker was told to stop an old lease and then given a new one on the same judging.
  @Test func aNewLeaseOvertakesTheStop() {
    var bench = SchedulerBench()
    bench.given(.restored([RestoredJudging(order: order(1), epoch: nil, newestEpoch: epoch(9))]))
    bench.join("anna", cache: [.a], held: [held(1, epoch(1, of: 0))])
    bench.took(
      "s1 welcome 1", "s1 cancel j1 0.1", "record leased j1 1.1 anna", "grant s1: j1 1.1 #1")
    #expect(pass(70, &bench, holding: [held(1, epoch(1))]) == [])
  }
}
