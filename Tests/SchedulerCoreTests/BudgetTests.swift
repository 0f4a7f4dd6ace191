import JudgeModel
import Messages
import Testing

@testable import SchedulerCore

/// What is larger than a worker's whole cache is not for that worker.
@Suite struct BudgetTests {
  private let mebi: Int64 = 1 << 20

  @Test func aWorkerThatIsTooSmallIsPassedOver() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 4, budget: 500 * mebi)
    bench.forget()
    bench.when(.submitted([order(1, archiveBytes: 612 * mebi)]))
    bench.tookNothing()
    #expect(
      bench.notes == [
        "1 package 0a0a0a0a0a0a needs 612 MiB and the largest cache budget of the workers with the "
          + "language cpp is 500 MiB: raise --cache-budget on a worker"
      ])
    #expect(bench.core.coldDeadline == nil, "time alone changes nothing")
    bench.join("berta", budget: 612 * mebi)
    bench.took("s2 welcome 2", "record leased j1 1.1 berta", "grant s2: j1 1.1 #1")
  }

  @Test func aNameForPeopleStandsInTheReason() {
    var bench = SchedulerBench()
    bench.join("anna", budget: mebi)
    bench.given(.submitted([order(1, archiveBytes: mebi + 1)]))
    let status = bench.core.status(at: bench.now) { _ in "sum 1a2b3c4d" }
    #expect(
      status.waiting.map(\.reason) == [
        "package sum 1a2b3c4d needs 1.1 MiB and the largest cache budget of the workers with the "
          + "language cpp is 1 MiB: raise --cache-budget on a worker"
      ])
  }

  @Test func whatIsThereIsJudgedWhateverItsSize() {
    var bench = SchedulerBench()
    // The budget was lowered since; the worker has not evicted it.
    bench.join("anna", cache: [.a], budget: 10)
    bench.forget()
    bench.when(submitted(1...1))
    bench.took("record leased j1 1.1 anna", "grant s1: j1 1.1 #1")
  }

  @Test func aSmallWorkerGetsTheSmallPackageBehindTheLargeOne() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 4, budget: 50)
    bench.forget()
    bench.when(.submitted([order(1, archiveBytes: 51), order(2, .b, archiveBytes: 50)]))
    bench.took("record leased j2 1.1 anna", "grant s1: j2 1.1 #1")
  }

  @Test func waitsForTheOneThatIsLargeEnough() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 4, budget: 50)
    bench.join("berta", budget: 60)
    bench.given(.submitted([order(1, archiveBytes: 60)]))
    bench.when(.submitted([order(2, .b, archiveBytes: 60)]))
    bench.tookNothing()
    #expect(
      bench.notes == [
        "1 every worker whose cache is large enough for package 0b0b0b0b0b0b is busy"
      ])
  }

  @Test func aRaisedBudgetCounts() {
    var bench = SchedulerBench()
    bench.join("anna", budget: 50)
    bench.given(.submitted([order(1, archiveBytes: 60)]))
    bench.sync(1, credit: 1, seen: 0, cache: [], budget: 60)
    bench.took("record leased j1 1.1 anna", "grant s1: j1 1.1 #1")
  }

  /// A small worker that finds nothing does not speak for larger ones that are like it otherwise.
  @Test(arguments: [1, 66, 130]) func inACrowdTheLargeOneIsAsked(place: Int) {
    var bench = SchedulerBench()
    for number in 1...130 {
      bench.join("w\(number)", slots: 2, budget: number == place ? 100 : 10)
    }
    bench.forget()
    bench.when(.submitted([order(1, archiveBytes: 100), order(2, archiveBytes: 100)]))
    bench.took(
      "record leased j1 1.1 w\(place)", "record leased j2 1.2 w\(place)",
      "grant s\(place): j1 1.1 #1, j2 1.2 #2")
    bench.when(.submitted([order(3, .b, archiveBytes: 100)]))
    bench.tookNothing()
  }

  /// Whatever budgets and languages a crowd has: nobody is given what is too large, and nobody who
  /// could take something is left out by the short cuts.
  @Test(arguments: 1...30) func nobodyIsForgottenInACrowd(seed: UInt64) {
    var random = SplitMix(seed: seed)
    var bench = SchedulerBench()
    let languages = [["cpp"], ["c", "cpp"], ["c"]]
    for number in 1...(50 + random.below(50)) {
      let package = Digest.numbered(UInt8(random.below(6)))
      bench.join(
        "w\(number)", slots: Int32(1 + random.below(2)),
        cache: random.below(8) == 0 ? [package] : [], languages: languages[random.below(3)],
        budget: Int64(random.below(5)) * 20)
    }
    var id: Int64 = 0
    for _ in 1...12 {
      let orders = (0..<random.below(30)).map { _ in
        id += 1
        let package = random.below(6)
        return order(
          id, .numbered(UInt8(package)), language: ["c", "cpp"][random.below(2)],
          priority: [.live, .batch][random.below(2)], archiveBytes: Int64(10 + 18 * package))
      }
      bench.forget()
      bench.when(.submitted(orders))
      expectFitting(bench)
      let core = bench.core
      for session in core.sessions.room.compactMap({ core.sessions[$0.id] }) {
        let choice = core.choice(for: session, among: core.classes, at: bench.now)
        #expect(choice.place == nil, "\(session.worker) is idle")
      }
    }
  }

  private func expectFitting(_ bench: SchedulerBench) {
    for case .leased(let lease) in bench.core.judgings.values.map(\.phase) {
      guard let session = bench.core.sessions[lease.session] else { continue }
      for judging in session.leases.keys.compactMap({ bench.core.judgings[$0] }) {
        #expect(
          session.canHold(judging.order.unpackedBytes)
            || session.cached.contains(judging.order.package))
      }
    }
  }
}
