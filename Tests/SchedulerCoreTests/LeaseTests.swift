import JudgeModel
import Messages
import Testing

@testable import SchedulerCore

@Suite struct LeaseTests {
  /// Anna and berta have the package; j1 is with anna.
  private func bench() -> SchedulerBench {
    var bench = SchedulerBench()
    bench.join("anna", cache: [.a])
    bench.given(submitted(1...1))
    return bench
  }

  @Test func aStaleVerdictIsAcknowledgedButNotRecorded() {
    var bench = bench()
    bench.finish(1, 1, epoch(7), .accepted)
    bench.took("s1 acknowledge j1 1.7")
    bench.finish(1, 99, epoch(1), .accepted)
    bench.took("s1 acknowledge j99 1.1")
  }

  @Test func aSecondCopyOfAVerdictIsOnlyAcknowledged() {
    var bench = bench()
    bench.finish(1, 1, epoch(1), .accepted)
    bench.forget()
    bench.finish(1, 1, epoch(1), .accepted)
    bench.took("s1 acknowledge j1 1.1")
  }

  @Test func aLapsedLeasesVerdictCountsOnceWhenNobodyElseHasIt() {
    var bench = bench()
    bench.given(.disconnected(SessionID(1)))
    bench.join("anna", credit: 0, held: [held(1, epoch(1), .finished)])
    bench.took("s2 welcome 2", "record leased j1 1.1 anna")
    bench.finish(2, 1, epoch(1), .accepted)
    bench.finish(2, 1, epoch(1), .accepted)
    bench.took("record judged j1 1.1 anna AC", "s2 acknowledge j1 1.1", "s2 acknowledge j1 1.1")
  }

  @Test func aLapsedLeasesVerdictIsStaleAfterTheJudgingWasGrantedAnew() {
    var bench = bench()
    bench.given(.disconnected(SessionID(1)))
    bench.pass(.seconds(5))
    bench.forget()
    bench.join("berta", cache: [.a])
    bench.took("s2 welcome 2", "record leased j1 1.2 berta", "grant s2: j1 1.2 #1")
    bench.join("anna", credit: 0, held: [held(1, epoch(1), .finished)])
    bench.took("s3 welcome 3", "s3 cancel j1 1.1")
    bench.finish(3, 1, epoch(1), .accepted)
    bench.took("s3 acknowledge j1 1.1")
    bench.finish(2, 1, epoch(2), .wrongAnswer)
    bench.took("record judged j1 1.2 berta WA", "s2 acknowledge j1 1.2")
  }

  @Test func aSessionThatIsOverIsAskedToSayHello() {
    var bench = bench()
    bench.given(.disconnected(SessionID(1)))
    bench.finish(1, 1, epoch(1), .accepted)
    bench.sync(1, credit: 1, seen: 1, held: [held(1, epoch(1))])
    bench.giveBack(1, 1, epoch(1), .draining)
    bench.when(.cancelConfirmed(SessionID(1), JudgingID(1), epoch(1)))
    bench.when(.runs(SessionID(1), JudgingID(1), epoch(1), []))
    bench.took("s1 who", "s1 who", "s1 who", "s1 who", "s1 who")
  }

  @Test func aJudgeErrorComesBackAndTheSecondSetsItAside() {
    var bench = SchedulerBench()
    bench.join("anna", credit: 9, cache: [.a])
    bench.given(submitted(1...1))
    bench.finish(1, 1, epoch(1), .judgeError)
    bench.took(
      "record returned j1 1.1: because", "s1 acknowledge j1 1.1", "record leased j1 1.2 anna",
      "grant s1: j1 1.2 #2")
    bench.giveBack(1, 1, epoch(2), .judgeError("again"))
    #expect(bench.told == ["j1 quarantined: again"])
    bench.took(
      "record returned j1 1.2: again", "record quarantined j1: again", "s1 acknowledge j1 1.2")
    #expect(bench.core.status(at: bench.now).quarantined == 1)
  }

  @Test func aFaultyWorkerPausesThePackageAndOthersTry() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 2, credit: 9, cache: [.a])
    bench.given(submitted(1...1))
    bench.giveBack(1, 1, epoch(1), .workerFault("disk full"))
    bench.took("record returned j1 1.1: disk full", "s1 acknowledge j1 1.1")
    #expect(
      bench.notes == ["1 every worker with a free slot failed a moment ago and pauses"])
    // Anna has the package and room, and still is not waited for.
    bench.join("berta")
    bench.took("s2 welcome 2", "record leased j1 1.2 berta", "grant s2: j1 1.2 #1")
    bench.when(.submitted([order(2, .b)]))
    bench.took("record leased j2 1.3 anna", "grant s1: j2 1.3 #2")
  }

  @Test func aFaultyWorkerTriesAgainAfterThePause() {
    var policy = SchedulerPolicy()
    policy.lostAfter = .seconds(1000)
    policy.suspectAfter = .seconds(1000)
    policy.probeAfter = .seconds(1000)
    var bench = SchedulerBench(policy: policy)
    bench.join("anna", credit: 9, cache: [.a])
    bench.given(submitted(1...1))
    for counter in 1...3 as ClosedRange<UInt64> {
      bench.giveBack(1, 1, epoch(counter), .workerFault("disk full"))
      bench.forget()
      bench.pass(.milliseconds(29_999))
      bench.tookNothing()
      bench.pass(.milliseconds(1))
      bench.took(
        "record leased j1 1.\(counter + 1) anna", "grant s1: j1 1.\(counter + 1) #\(counter + 1)")
    }
    bench.giveBack(1, 1, epoch(4), .workerFault("disk full"))
    bench.took(
      "record returned j1 1.4: disk full", "record quarantined j1: disk full",
      "s1 acknowledge j1 1.4")
  }

  @Test func aWorkerThatFailsWithEverythingRests() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 8, cache: [.a])
    bench.given(
      .submitted([order(1, .a), order(2, .b), order(3, .c), order(4, .numbered(1))]))
    for judging in 1...3 as ClosedRange<Int64> {
      bench.giveBack(1, judging, epoch(UInt64(judging)), .workerFault("sandbox failed"))
    }
    bench.forget()
    bench.when(.submitted([order(5, .numbered(2))]))
    bench.tookNothing()
    bench.finish(1, 4, epoch(4), .accepted)
    bench.forget()
    bench.when(.submitted([order(6, .numbered(3))]))
    // It still rests: one success among failures does not mend a disk at once.
    bench.tookNothing()
  }

  @Test func cancelsWhatWaits() {
    var bench = SchedulerBench()
    bench.given(submitted(1...3))
    bench.when(.cancel([JudgingID(2), JudgingID(7)]))
    #expect(bench.told == ["j2 cancelled: cancelled"])
    bench.took("record cancelled j2")
    bench.join("anna", slots: 3, cache: [.a])
    bench.took(
      "s1 welcome 1", "record leased j1 1.1 anna", "record leased j3 1.2 anna",
      "grant s1: j1 1.1 #1, j3 1.2 #2")
  }

  @Test func cancelsWhatRuns() {
    var bench = bench()
    bench.when(.cancel([JudgingID(1)]))
    bench.took("record cancelled j1", "s1 cancel j1 1.1")
    bench.finish(1, 1, epoch(1), .accepted)
    bench.took("s1 acknowledge j1 1.1")
    bench.when(.cancelConfirmed(SessionID(1), JudgingID(1), epoch(1)))
    bench.took("s1 acknowledge j1 1.1")
  }

  @Test func anOlderJudgingGoesBackToItsPlace() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 3, cache: [.a])
    bench.given(submitted(1...5))
    bench.given(.goodbye(SessionID(1)))
    bench.join("berta", slots: 5, cache: [.a])
    bench.took(
      "s2 welcome 2", "record leased j1 1.4 berta", "record leased j2 1.5 berta",
      "record leased j3 1.6 berta", "record leased j4 1.7 berta", "record leased j5 1.8 berta",
      "grant s2: j1 1.4 #1, j2 1.5 #2, j3 1.6 #3, j4 1.7 #4, j5 1.8 #5")
  }
}
