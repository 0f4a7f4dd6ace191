import JudgeModel
import Messages
import Testing

@testable import SchedulerCore

/// Idle slots are given testcases of a judging that runs elsewhere.
@Suite struct SplittingTests {
  /// Anna runs j1 since three seconds, with ten testcases of a second to go; berta is idle.
  private func bench(
    berta cache: [Digest] = [.a], slots: Int32 = 1, takesParts: Bool = true, splits: Bool = true
  ) -> SchedulerBench {
    var policy = SchedulerPolicy()
    policy.splits = splits
    var bench = SchedulerBench(policy: policy)
    bench.join("anna", cache: [.a])
    bench.given(submitted(1...1))
    bench.join("berta", slots: slots, cache: cache, takesParts: takesParts)
    bench.now = bench.now + .seconds(3)
    bench.sync(2, credit: UInt64(slots), seen: 0)
    bench.forget()
    return bench
  }

  private func running(
    _ judging: Int64 = 1, _ counter: UInt64 = 1, shares: [Int32] = [], left: Int32 = 10
  ) -> HeldLease {
    HeldLease(
      judging: JudgingID(judging), epoch: epoch(counter), phase: .running, shared: shares,
      remaining: RemainingWork(testcases: left, time: .seconds(Int64(left))))
  }

  private func anna(_ bench: inout SchedulerBench, shares: [Int32] = [], left: Int32 = 10) {
    bench.sync(1, credit: 1, seen: 1, held: [running(shares: shares, left: left)])
    bench.when(.submitted([]))
  }

  /// Anna shares 7 to 10 and berta has them.
  private func splitBench() -> SchedulerBench {
    var bench = bench()
    anna(&bench)
    anna(&bench, shares: [7, 8, 9, 10])
    bench.forget()
    return bench
  }

  private let part = JudgingID.part(generation: 1, counter: 1)
  private func run(_ ordinal: Int32) -> Run {
    Run(ordinal: ordinal, testcase: "t\(ordinal)", verdict: .accepted)
  }
  private func berta(_ bench: inout SchedulerBench, holds: Bool = true) {
    let held = HeldLease(judging: part, epoch: epoch(2), phase: .running)
    bench.sync(2, credit: 1, seen: 1, held: holds ? [held] : [])
  }

  @Test func theOwnerIsAskedAndWhatItOffersIsGranted() {
    var bench = bench()
    anna(&bench)
    bench.took("s1 share j1 1.1 1")
    anna(&bench, shares: [7, 8, 9, 10])
    bench.took("grant s2: part 1.1 1.2 #1 of j1: 7 8 9 10")
    // Said again, it changes nothing.
    anna(&bench, shares: [7, 8, 9, 10])
    bench.tookNothing()
  }

  @Test func runsOfAPartGoToTheOwnerUntilItHasThem() {
    var bench = splitBench()
    bench.when(.runs(SessionID(2), part, epoch(2), [run(7), run(3)]))
    bench.took("s1 helped j1 1.1 7")
    #expect(bench.told == [])
    // On its way: not at once again.
    anna(&bench, shares: [7, 8, 9, 10])
    bench.tookNothing()
    for _ in 1...7 {
      bench.now = bench.now + .seconds(1)
      berta(&bench)
      anna(&bench, shares: [7, 8, 9, 10])
    }
    bench.took("s1 helped j1 1.1 7")
    anna(&bench, shares: [8, 9, 10])
    bench.when(.runs(SessionID(2), part, epoch(2), [run(7), run(8)]))
    bench.took("s1 helped j1 1.1 8")
  }

  @Test func aPartThatIsDoneBringsAllItsRuns() {
    var bench = splitBench()
    let result = JudgingResult(verdict: .accepted, runs: [run(7), run(8), run(9), run(10)])
    bench.when(.runs(SessionID(2), part, epoch(2), [run(8)]))
    bench.when(.finished(SessionID(2), part, epoch(2), result))
    bench.took("s1 helped j1 1.1 8", "s1 helped j1 1.1 7 9 10", "\(acknowledged)")
    bench.when(.finished(SessionID(2), part, epoch(2), result))
    bench.took("\(acknowledged)")
    #expect(bench.core.status(at: bench.now).judged == 0)
  }
  private var acknowledged: String { "s2 acknowledge part 1.1 1.2" }

  @Test func whatAHelperLeavesIsTheOwners() {
    var bench = splitBench()
    let result = JudgingResult(verdict: .wrongAnswer, runs: [run(7)])
    bench.when(.finished(SessionID(2), part, epoch(2), result))
    bench.took("s1 helped j1 1.1 7", "s1 unshare j1 1.1 8 9 10", acknowledged)
    // It is not given to another one.
    bench.join("carla", cache: [.a])
    anna(&bench, shares: [8, 9, 10])
    bench.took("s3 welcome 3")
  }

  @Test func aPartThatComesBackIsTheOwners() {
    var bench = splitBench()
    bench.when(.returned(SessionID(2), part, epoch(2), .judgeError("no")))
    bench.took("s1 unshare j1 1.1 7 8 9 10", acknowledged)
    #expect(bench.core.status(at: bench.now).quarantined == 0)
  }

  @Test func aHelperThatIsGoneLeavesItsPartToTheOwner() {
    var bench = splitBench()
    bench.when(.disconnected(SessionID(2)))
    bench.took("s1 unshare j1 1.1 7 8 9 10", "close s2")
    // Back again it holds what nobody wants.
    bench.join(
      "berta", credit: 0, cache: [.a],
      held: [HeldLease(judging: part, epoch: epoch(2), phase: .running)])
    bench.took("s3 welcome 3", "s3 cancel part 1.1 1.2")
  }

  /// It has used up a part of the helper's credit, which nothing else would give back.
  @Test func aLostGrantIsSentAgain() {
    var bench = splitBench()
    bench.now = bench.now + .seconds(7)
    bench.given(.timePassed)
    bench.sync(2, credit: 1, seen: 0)
    bench.took("grant s2: part 1.1 1.2 #1 of j1: 7 8 9 10")
    bench.sync(2, credit: 1, seen: 0)
    bench.tookNothing()
  }

  @Test func aPartThatWasForgottenIsTheOwners() {
    var bench = splitBench()
    bench.now = bench.now + .seconds(7)
    bench.given(.timePassed)
    bench.sync(2, credit: 1, seen: 1)
    bench.took("s2 cancel part 1.1 1.2", "s1 unshare j1 1.1 7 8 9 10")
  }

  /// Whoever guesses the number of a part has no say in it.
  @Test func onlyItsHelperSpeaksOfAPart() {
    var bench = splitBench()
    bench.join("mallory", cache: [.a])
    bench.forget()
    let run = Run(ordinal: 7, testcase: "7", verdict: .wrongAnswer)
    bench.when(.runs(SessionID(3), part, epoch(2), [run]))
    bench.tookNothing()
    bench.when(.finished(SessionID(3), part, epoch(2), JudgingResult(verdict: .accepted)))
    bench.took("s3 acknowledge part 1.1 1.2")
    bench.when(.returned(SessionID(3), part, epoch(2), .draining))
    bench.took("s3 acknowledge part 1.1 1.2")
    bench.when(.runs(SessionID(2), part, epoch(2), [run]))
    #expect(!bench.texts.isEmpty, "its own helper is heard")
  }

  @Test func whatTheOwnerTakesBackIsCancelled() {
    var bench = splitBench()
    anna(&bench, shares: [7, 8])
    bench.tookNothing()
    anna(&bench, shares: [])
    bench.took("s2 cancel part 1.1 1.2")
  }

  @Test func partsEndWithTheJudging() {
    var bench = splitBench()
    bench.finish(1, 1, epoch(1), .accepted)
    bench.took(
      "record judged j1 1.1 anna AC", "s1 acknowledge j1 1.1", "s2 cancel part 1.1 1.2")
    bench = splitBench()
    bench.when(.cancel([JudgingID(1)]))
    bench.took("record cancelled j1", "s1 cancel j1 1.1", "s2 cancel part 1.1 1.2")
    bench = splitBench()
    bench.when(.disconnected(SessionID(1)))
    bench.took("close s1", "s2 cancel part 1.1 1.2")
    bench.when(.runs(SessionID(2), part, epoch(2), [run(7)]))
    bench.tookNothing()
  }

  @Test func anOwnerThatComesBackOffersAgain() {
    var bench = splitBench()
    bench.given(.disconnected(SessionID(1)), .cancelConfirmed(SessionID(2), part, epoch(2)))
    bench.sync(2, credit: 2, seen: 1)
    bench.join("anna", credit: 0, cache: [.a], held: [running(shares: [7, 8, 9, 10])])
    bench.sync(3, credit: 0, seen: 0, held: [running(shares: [7, 8, 9, 10])])
    bench.took(
      "s3 welcome 3", "record leased j1 1.1 anna",
      "grant s2: part 1.2 1.3 #2 of j1: 7 8 9 10")
  }

  /// A scheduler that starts anew knows of no parts: what is offered is granted or refused, and what it
  /// does not know is cancelled.
  @Test func aRestartForgetsParts() {
    var bench = SchedulerBench(generation: 2)
    let restored = RestoredJudging(order: order(1), epoch: epoch(1))
    bench.given(.restored([restored]))
    bench.join("anna", credit: 0, cache: [.a], held: [running(shares: [7, 8])])
    bench.sync(1, credit: 0, seen: 0, held: [running(shares: [7, 8])])
    bench.took("s1 welcome 1", "record leased j1 1.1 anna", "s1 unshare j1 1.1 7 8")
    bench.join(
      "berta", credit: 0, held: [HeldLease(judging: part, epoch: epoch(2), phase: .running)])
    bench.took("s2 welcome 2", "s2 cancel part 1.1 1.2")
  }

  @Test func partsAreDealtToIdleSlotsOfAllWorkersThatHaveThePackage() {
    var bench = bench(slots: 2)
    bench.join("carla", slots: 8, cache: [.a])
    bench.join("dora", slots: 8, cache: [.b])
    bench.forget()
    anna(&bench)
    bench.took("s1 share j1 1.1 4")
    anna(&bench, shares: [3, 4, 5, 6, 7, 8, 9, 10])
    bench.took(
      "grant s2: part 1.1 1.2 #1 of j1: 3 7", "grant s3: part 1.2 1.3 #1 of j1: 4 8",
      "grant s2: part 1.3 1.4 #2 of j1: 5 9", "grant s3: part 1.4 1.5 #2 of j1: 6 10")
    #expect(bench.core.status(at: bench.now).workers.map(\.busySlots) == [1, 2, 2, 0])
    #expect(bench.core.status(at: bench.now).leased == 1)
  }

  @Test func whatWasMeantForASlotThatIsNotIdleAnyMoreIsTheOwners() {
    var bench = bench()
    bench.join("carla", cache: [.a])
    bench.forget()
    anna(&bench)
    bench.took("s1 share j1 1.1 2")
    bench.given(submitted(2...2))
    anna(&bench, shares: [5, 6, 7, 8, 9, 10])
    bench.took("grant s3: part 1.1 1.3 #1 of j1: 5 7 9", "s1 unshare j1 1.1 6 8 10")
  }

  @Test func aSecondHelperJoinsWhenThereIsStillEnough() {
    var bench = splitBench()
    bench.join("carla", cache: [.a])
    bench.forget()
    for _ in 1...7 {
      bench.now = bench.now + .seconds(1)
      berta(&bench)
      bench.sync(3, credit: 1, seen: 0)
      anna(&bench, shares: [7, 8, 9, 10], left: 6)
    }
    bench.took("s1 share j1 1.1 1")
    anna(&bench, shares: [4, 5, 6, 7, 8, 9, 10], left: 3)
    bench.took("grant s3: part 1.2 1.3 #1 of j1: 4 5 6")
  }

  @Test func aWorkersOwnIdleSlotsHelp() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 2, cache: [.a])
    bench.given(submitted(1...1))
    bench.now = bench.now + .seconds(3)
    bench.sync(1, credit: 2, seen: 1, held: [running()])
    bench.when(.submitted([]))
    bench.sync(1, credit: 2, seen: 1, held: [running(shares: [6, 7])])
    bench.took("s1 share j1 1.1 1", "grant s1: part 1.1 1.2 #2 of j1: 6 7")
  }

  @Test func whatIsNotWorthItIsNotSplit() {
    var bench = bench()
    anna(&bench, left: 4)
    bench.tookNothing()
    bench = self.bench(berta: [])
    anna(&bench)
    bench.tookNothing()
    bench = self.bench(takesParts: false)
    anna(&bench)
    bench.tookNothing()
    bench = self.bench(splits: false)
    anna(&bench)
    bench.tookNothing()
  }

  @Test func anOwnerThatHasNothingToGiveIsNotAskedEverySecond() {
    var bench = bench()
    anna(&bench)
    bench.forget()
    for _ in 1...6 {
      bench.now = bench.now + .seconds(1)
      bench.sync(2, credit: 1, seen: 0)
      anna(&bench)
    }
    bench.tookNothing()
    bench.now = bench.now + .seconds(1)
    anna(&bench)
    bench.took("s1 share j1 1.1 1")
  }

  /// A whole judging has no other way; a part's testcases can go back to their owner.
  @Test func aPartYieldsToAJudgingThatWaits() {
    var bench = splitBench()
    bench.when(submitted(2...2))
    bench.took("s2 cancel part 1.1 1.2", "s1 unshare j1 1.1 7 8 9 10")
    bench.when(submitted(3...3), .cancelConfirmed(SessionID(2), part, epoch(2)))
    bench.forget()
    bench.sync(2, credit: 2, seen: 1)
    bench.took("record leased j2 1.3 berta", "grant s2: j2 1.3 #2")
  }
}
