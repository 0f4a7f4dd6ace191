import JudgeModel
import Messages
import Testing

@testable import SchedulerCore

/// What a person is told about a judging that waits.
@Suite struct ExplainingTests {
  private func explain(_ bench: SchedulerBench, _ judging: Int64) -> Explanation.Waiting? {
    bench.core.explainWaiting(JudgingID(judging), at: bench.now)
  }

  /// As `name free warmth: obstacle`.
  private func lines(_ waiting: Explanation.Waiting?) -> [String] {
    (waiting?.candidates ?? []).map {
      "\($0.worker) \($0.free) \($0.warmth.rawValue): \($0.obstacle)"
    }
  }

  @Test func namesWhatKeepsEachWorkerFromIt() {
    var bench = SchedulerBench()
    let fast = Label(key: "class", value: "fast")
    bench.join("anna", cache: [.a], labels: [fast])
    bench.given(.submitted([order(1, requires: [fast])]))
    bench.join("berta", languages: ["java"])
    bench.join("carla", labels: [Label(key: "class", value: "slow")])
    bench.join("dora", budget: 1000, labels: [fast])
    bench.join("emma", labels: [fast])
    bench.given(.drain(WorkerID("emma")))
    bench.join("flora", labels: [fast])
    bench.given(.submitted([order(2, requires: [fast])]))
    let waiting = explain(bench, 2)
    #expect(waiting?.reason == "a worker that has the package will be free soon")
    #expect(waiting?.ahead == 0)
    #expect(
      lines(waiting) == [
        "anna 0 here: every slot is busy",
        "flora 1 cold: for another 2 s it is left to workers that have the package, which is sooner "
          + "than to fetch 95.4 MiB",
        "emma 1 cold: it is draining",
        "carla 1 cold: it has not the label class=fast",
        "dora 1 cold: its cache budget of 1000 B is less than the 95.4 MiB of the package",
        "berta 1 cold: it has not the language cpp",
      ])
  }

  @Test func saysWhatComesFirst() {
    var bench = SchedulerBench()
    bench.given(
      .submitted([
        order(1, priority: .regrade), order(2, priority: .regrade), order(3), order(4, .b),
      ]))
    #expect(explain(bench, 3)?.ahead == 0)
    #expect(explain(bench, 4)?.ahead == 1)
    #expect(explain(bench, 2)?.ahead == 3)
    #expect(explain(bench, 2)?.reason == "no worker is connected")
    #expect(explain(bench, 99) == nil)
  }

  @Test func aLeasedOneDoesNotWait() {
    var bench = SchedulerBench()
    bench.join("anna", cache: [.a])
    bench.given(submitted(1...1))
    #expect(explain(bench, 1) == nil)
    bench.given(.disconnected(SessionID(1)))
    #expect(
      explain(bench, 1)?.reason
        == "anna was lost with it a moment ago and may come back and go on")
  }

  @Test func listsOnlySomeOfManyWorkers() {
    var bench = SchedulerBench()
    for number in 1...40 { bench.join("w\(number)", languages: ["java"]) }
    bench.join("last", slots: 1)
    bench.given(submitted(1...2))
    let waiting = explain(bench, 2)
    #expect(waiting?.candidates.count == Explanation.Waiting.candidateLimit)
    #expect(waiting?.unlisted == 41 - Int64(Explanation.Waiting.candidateLimit))
    #expect(waiting?.candidates.first?.worker == WorkerID("last"), "the nearest come first")
  }

  /// Between an event and the pass that hands out work, with what nobody has asked for before.
  @Test func saysWhatAWorkerTakesFirst() {
    var bench = SchedulerBench()
    bench.join("anna", cache: [.a], labels: [Label(key: "gpu", value: "yes")])
    var core = bench.core
    var effects: [SchedulerEffect] = []
    core.handle(
      .submitted([
        order(1, .b), order(2, .a), order(3, .a, requires: [Label(key: "gpu", value: "yes")]),
        order(4, .a, priority: .regrade),
      ]), at: bench.now, into: &effects)
    let why = { (judging: Int64) in
      core.explainWaiting(JudgingID(judging), at: bench.now)?.candidates.map(\.obstacle)
    }
    #expect(why(1) == ["it takes judging 2 first, which is of a package that it has"])
    #expect(why(2) == ["it takes it next"])
    #expect(why(3) == ["it takes judging 2 first, which is older"])
    #expect(why(4) == ["it takes judging 2 first, which is more urgent"])
    core.schedule(at: bench.now, into: &effects)
    #expect(effects.compactMap(\.text).contains("record leased j2 1.1 anna"))
  }

  @Test func aBusyWorkerIsNamedUntilItIsLet() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 2, credit: 0, cache: [.a])
    bench.given(.submitted([order(1, .b), order(2, .a)]))
    #expect(lines(explain(bench, 2)) == ["anna 0 here: every slot is busy"])
    bench.sync(1, credit: 1, seen: 0)
    bench.took("record leased j2 1.1 anna", "grant s1: j2 1.1 #1")
    #expect(lines(explain(bench, 1)) == ["anna 0 cold: every slot is busy"])
  }
}
