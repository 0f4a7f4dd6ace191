import JudgeModel
import Messages
import Testing

@testable import SchedulerCore

/// Packages brought to workers before a judging needs them.
@Suite struct WarmUpTests {
  private func order(_ package: Digest = .a, bytes: Int64 = 100) -> WarmOrder {
    WarmOrder(package: package, archiveBytes: bytes / 2, unpackedBytes: bytes)
  }

  private func warmth(
    _ bench: SchedulerBench, _ package: Digest = .a, bytes: Int64 = 100, workers: Int32? = nil
  ) -> Warmth {
    bench.core.warmth(of: order(package, bytes: bytes), workers: workers, at: bench.now)
  }

  @Test func thoseWithMostRoomAreAskedFirst() {
    var bench = SchedulerBench()
    bench.join("anna", budget: 1_000, used: 500)
    bench.join("berta", budget: 1_000, used: 100)
    bench.join("carla", cache: [.b], budget: 1_000, used: 100)
    bench.join("dora", budget: 99)
    bench.forget()
    bench.when(.warm(order(), workers: 2))
    bench.took("s2 warm p10", "s3 warm p10")
    #expect(
      warmth(bench, workers: 2)
        == Warmth(
          wanted: 2, here: [], coming: [WorkerID("berta"), WorkerID("carla")], obstacles: []))
    // What was wished for takes room: the next package goes elsewhere.
    bench.when(.warm(order(.c, bytes: 450), workers: 1))
    bench.took("s2 warm p12")
    bench.when(.warm(order(.numbered(13), bytes: 450), workers: 1))
    bench.took("s3 warm p13")
    bench.when(.warm(order(.numbered(14), bytes: 450), workers: 1))
    bench.took("s1 warm p14")
  }

  @Test func askingAgainChangesNothingUntilSomethingIsMissing() {
    var bench = SchedulerBench()
    bench.join("anna", budget: 1_000)
    bench.join("berta", budget: 1_000)
    bench.given(.warm(order(), workers: nil))
    bench.when(.warm(order(), workers: nil))
    bench.tookNothing()
    bench.sync(1, credit: 1, seen: 0, cache: [.a], budget: 1_000, used: 100)
    #expect(warmth(bench).here == [WorkerID("anna")])
    #expect(warmth(bench).coming == [WorkerID("berta")])
    bench.given(.disconnected(SessionID(2)))
    #expect(warmth(bench) == Warmth(wanted: 1, here: [WorkerID("anna")], coming: [], obstacles: []))
    bench.join("carla", budget: 1_000)
    bench.forget()
    bench.when(.warm(order(), workers: nil))
    bench.took("s3 warm p10")
  }

  @Test func aRefusalIsReportedAndAnotherTakesItsPlace() {
    var policy = SchedulerPolicy()
    policy.lostAfter = .seconds(1000)
    var bench = SchedulerBench(policy: policy)
    bench.join("anna", budget: 1_000)
    bench.join("berta", budget: 900)
    bench.given(.warm(order(), workers: 1))
    bench.given(.wishEnded(SessionID(1), .a, reason: "no room"))
    let report = warmth(bench, workers: 1)
    #expect(report.coming.isEmpty)
    #expect(
      report.obstacles == [Warmth.Obstacle(worker: WorkerID("anna"), reason: "no room")])
    bench.when(.warm(order(), workers: 1))
    bench.took("s2 warm p10")
    bench.given(.wishEnded(SessionID(2), .a, reason: "no room either"))
    bench.when(.warm(order(), workers: nil))
    bench.tookNothing()
    #expect(warmth(bench).wanted == 2 && warmth(bench).obstacles.count == 2)
    // After a while they are asked again.
    bench.now = bench.now + bench.core.policy.wishPause
    bench.sync(1, credit: 1, seen: 0)
    bench.sync(2, credit: 1, seen: 0)
    bench.forget()
    bench.when(.warm(order(), workers: nil))
    bench.took("s1 warm p10", "s2 warm p10")
  }

  @Test func whoCannotIsNotAskedAndItIsSaidWhy() {
    var bench = SchedulerBench()
    bench.join("anna", budget: 99)
    bench.join("berta", budget: 1_000, takesWarm: false)
    bench.join("carla", budget: 1_000)
    bench.given(.drain(WorkerID("carla")))
    bench.when(.warm(order(), workers: nil))
    bench.tookNothing()
    let report = warmth(bench)
    #expect(report.wanted == 1 && report.here.isEmpty && report.coming.isEmpty)
    #expect(
      report.obstacles.map { "\($0.worker): \($0.reason)" } == [
        "anna: its cache budget of 99 B is less than the 100 B of the package: raise --cache-budget",
        "berta: it is of a version without warm-up: upgrade it", "carla: it is draining",
      ])
  }

  @Test func aWishCountsAsArriving() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 2)
    bench.join("berta", slots: 4)
    bench.given(.warm(order(), workers: 1), .warm(order(.b), workers: 1))
    // Berta has more room, but anna fetches it.
    let warm = warmth(bench, workers: 1).coming
    bench.when(submitted(1...1))
    bench.took(
      "record leased j1 1.1 \(warm[0])", "grant s\(warm == [WorkerID("anna")] ? 1 : 2): j1 1.1 #1")
    #expect(bench.core.waiting(for: .a) == 1, "it waits for its package")
  }

  @Test func judgingsAreNotLeftToAWishThatCameToNothing() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 1)
    bench.given(.warm(order(), workers: 1))
    bench.given(submitted(1...1))
    bench.join("berta", slots: 2)
    bench.given(.warm(order(.b), workers: 2))
    bench.given(.wishEnded(SessionID(2), .b, reason: "no room"))
    // Anna fetches it still, and is full; so berta may have it after a while.
    bench.when(submitted(2...2, .b))
    bench.pass(.seconds(2))
    bench.took("record leased j2 1.2 berta", "grant s2: j2 1.2 #1")
  }

  @Test func aLostOrderIsForgotten() {
    var bench = SchedulerBench()
    bench.join("anna")
    bench.given(.warm(order(), workers: nil))
    bench.sync(1, credit: 1, seen: 0)
    #expect(warmth(bench).coming == [WorkerID("anna")], "it may not have come yet")
    bench.now = bench.now + .seconds(5)
    bench.sync(1, credit: 1, seen: 0, warming: [.a])
    bench.now = bench.now + .seconds(5)
    bench.sync(1, credit: 1, seen: 0, warming: [.a])
    #expect(warmth(bench).coming == [WorkerID("anna")], "it says so")
    bench.sync(1, credit: 1, seen: 0)
    #expect(warmth(bench).coming.isEmpty)
    #expect(warmth(bench).obstacles.map(\.reason) == ["it did not take it up"])
  }

  @Test func aWishThatIsAlsoGrantedEndsWithBoth() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 2, budget: 1_000_000_000)
    bench.given(.warm(order(), workers: nil), submitted(1...1))
    bench.giveBack(1, 1, epoch(1), .workerFault("no route"))
    #expect(bench.core.sessions.holders(of: .a) == [SessionID(1)], "the wish is still open")
    bench.given(.wishEnded(SessionID(1), .a, reason: "no route"))
    #expect(bench.core.sessions.holders(of: .a).isEmpty)
    bench.given(.wishEnded(SessionID(1), .a, reason: "said twice"))
    bench.given(.wishEnded(SessionID(9), .a, reason: "of nobody"))
  }
}
