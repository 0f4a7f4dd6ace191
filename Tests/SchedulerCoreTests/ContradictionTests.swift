import JudgeModel
import Messages
import Testing

@testable import SchedulerCore

/// The record did not take a decision: what it says instead counts from then on.
@Suite struct ContradictionTests {
  /// Anna has j1 under 1.1.
  private func bench() -> SchedulerBench {
    var bench = SchedulerBench()
    bench.join("anna", credit: 4, cache: [.a])
    bench.given(submitted(1...1))
    return bench
  }

  private func contradicted(
    _ refused: Record, _ truth: Contradiction.Truth
  ) -> SchedulerEvent {
    .contradicted([Contradiction(judging: refused.judging, refused: [refused], truth: truth)])
  }

  private let verdict = Record.judged(
    JudgingID(1), epoch(1), WorkerID("anna"), JudgingResult(verdict: .accepted))

  @Test func aVerdictThatWasNotTakenDoesNotCount() {
    var bench = bench()
    bench.finish(1, 1, epoch(1), .accepted)
    bench.forget()
    bench.when(contradicted(verdict, .ended(nil, .quarantined, reason: "by hand")))
    #expect(bench.told == ["j1 quarantined: by hand"])
    bench.tookNothing()
    let status = bench.core.status(at: bench.now)
    #expect(status.judged == 0 && status.quarantined == 1)
  }

  @Test func anotherVerdictIsToldInItsPlace() {
    var bench = bench()
    bench.finish(1, 1, epoch(1), .accepted)
    bench.forget()
    let result = JudgingResult(verdict: .wrongAnswer)
    bench.when(contradicted(verdict, .judged(nil, WorkerID("carl"), result)))
    #expect(bench.told == ["j1 WA from carl"])
    bench.tookNothing()
    #expect(bench.core.status(at: bench.now).judged == 1)
  }

  @Test func whatTheRecordHasOpenIsTakenUpAgainUnderANewerLease() {
    var bench = bench()
    bench.finish(1, 1, epoch(1), .accepted)
    bench.forget()
    let item = RestoredJudging(order: order(1), epoch: nil, newestEpoch: epoch(6))
    bench.when(contradicted(verdict, .open(item)))
    bench.took("record leased j1 1.7 anna", "grant s1: j1 1.7 #2")
    bench.finish(1, 1, epoch(1), .accepted)
    bench.took("s1 acknowledge j1 1.1")
    #expect(bench.core.status(at: bench.now).judged == 0)
  }

  @Test func aLeaseThatWasNotTakenIsStopped() {
    var bench = bench()
    let lease = Record.leased(JudgingID(1), epoch(1), WorkerID("anna"))
    bench.when(contradicted(lease, .ended(nil, .cancelled, reason: "by hand")))
    #expect(bench.told == ["j1 cancelled: by hand"])
    bench.took("s1 cancel j1 1.1")
    #expect(bench.core.status(at: bench.now).leased == 0)
  }

  /// Whoever holds the lease of the record may come with it; nobody does, so it is given anew.
  @Test func aLeaseThatOnlyTheRecordKnowsIsWaitedFor() {
    var bench = bench()
    let lease = Record.leased(JudgingID(1), epoch(1), WorkerID("anna"))
    let item = RestoredJudging(order: order(1), epoch: epoch(3))
    bench.when(contradicted(lease, .open(item)))
    bench.took("s1 cancel j1 1.1")
    bench.join("berta", credit: 0, held: [held(1, epoch(3))])
    bench.took("s2 welcome 2", "record leased j1 1.3 berta")
  }

  @Test func whatIsGoneFromTheRecordIsForgotten() {
    var bench = bench()
    let runs = Record.runs(JudgingID(1), epoch(1), [])
    bench.when(contradicted(runs, .missing))
    #expect(bench.told == ["j1 cancelled: it is not in the record any more"])
    bench.took("s1 cancel j1 1.1")
  }
}
