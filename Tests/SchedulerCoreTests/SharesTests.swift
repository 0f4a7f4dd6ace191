import JudgeModel
import Messages
import Testing

@testable import SchedulerCore

/// Who gets how much of a cluster that has more work than slots.
@Suite struct SharesTests {
  /// Judges so many on one slot and says whose they were: `true` for those that count.
  private func judged(
    _ count: Int, _ bench: inout SchedulerBench, counts: (JudgingOrder) -> Bool
  ) -> [Bool] {
    var result: [Bool] = []
    var credit: UInt64 = 1
    for _ in 1...count {
      guard
        let judging = bench.core.judgings.values.first(where: {
          if case .leased = $0.phase { true } else { false }
        }), case .leased(let lease) = judging.phase
      else { break }
      result.append(counts(judging.order))
      bench.now = bench.now + .seconds(1)
      credit += 1
      bench.finish(1, judging.order.judging.value, lease.epoch, .accepted)
      bench.sync(1, credit: credit, seen: lease.sequence)
    }
    return result
  }

  @Test func aRegradeMovesWhileLiveJudgingSaturates() {
    var bench = SchedulerBench()
    bench.given(.submitted((1...40).map { order($0) }))
    bench.given(.submitted((101...110).map { order($0, priority: .regrade) }))
    bench.join("anna", cache: [.a])
    let regraded = judged(32, &bench) { $0.priority == .regrade }
    #expect(regraded.count == 32)
    // One in eight, and never two in a row.
    #expect(regraded.count { $0 } == 4)
    #expect(zip(regraded, regraded.dropFirst()).allSatisfy { !($0 && $1) })
  }

  @Test func theLeastUrgentClassHasItsShareToo() {
    var bench = SchedulerBench()
    bench.given(.submitted((1...100).map { order($0) }))
    bench.given(.submitted((201...300).map { order($0, priority: .regrade) }))
    bench.given(.submitted((301...400).map { order($0, priority: .batch) }))
    bench.join("anna", cache: [.a])
    let batch = judged(64, &bench) { $0.priority == .batch }
    #expect(batch.count { $0 } >= 6)
  }

  @Test func aClassThatNobodyCanServeDoesNotStopThoseBelow() {
    var bench = SchedulerBench()
    bench.given(.submitted((1...60).map { order($0) }))
    bench.given(.submitted([order(100, language: "cobol", priority: .regrade)]))
    bench.given(.submitted((201...230).map { order($0, priority: .batch) }))
    bench.join("anna", cache: [.a])
    #expect(judged(40, &bench) { $0.priority == .batch }.count { $0 } == 5)
  }

  @Test func classesAreChargedByTime() {
    var shares = Shares()
    // A regraded judging took 30 s: it is 210 s of live ones until the next.
    shares.charge(.regrade, nil, .seconds(30)) { _ in true }
    for _ in 1...209 { shares.charge(.live, nil, .seconds(1)) { _ in true } }
    #expect(!shares.favoured(oneIn: 8).contains(.regrade))
    shares.charge(.live, nil, .seconds(1)) { _ in true }
    #expect(shares.favoured(oneIn: 8).contains(.regrade))
  }

  @Test func aClassThatNobodyCanServeCostsNobodyATurn() {
    var bench = SchedulerBench()
    bench.given(.submitted((1...30).map { order($0) }))
    bench.given(.submitted([order(100, language: "cobol", priority: .regrade)]))
    bench.join("anna", cache: [.a])
    #expect(judged(30, &bench) { $0.priority == .live } == Array(repeating: true, count: 30))
  }

  @Test func contestsOfOneClassTakeTurns() {
    var bench = SchedulerBench()
    bench.given(
      .submitted((1...50).map { order($0, priority: .regrade, batch: BatchID(1)) }))
    bench.given(
      .submitted((101...150).map { order($0, priority: .regrade, batch: BatchID(2)) }))
    bench.join("anna", cache: [.a])
    // The second came later, and still has half of what is done while both wait.
    let second = judged(40, &bench) { $0.batch == BatchID(2) }
    #expect((19...21).contains(second.count { $0 }))
  }

  @Test func longJudgingsCountForMore() {
    var bench = SchedulerBench()
    bench.join("anna", credit: 0, cache: [.a, .b])
    // The mean of the one package becomes nine seconds, that of the other one second.
    for (id, package, span) in [(1001, Digest.a, 9), (1002, .b, 1)] as [(Int64, Digest, Int64)] {
      bench.given(.submitted([order(id, package)]))
      bench.sync(1, credit: UInt64(id - 1000), seen: UInt64(id - 1001))
      bench.now = bench.now + .seconds(span)
      bench.finish(1, id, epoch(UInt64(id - 1000)), .accepted)
    }
    var shares = bench.core.queue.shares
    shares.open(.regrade, BatchID(1))
    shares.open(.regrade, BatchID(2))
    for _ in 1...2 {
      shares.charge(.regrade, BatchID(1), bench.core.meanDuration(of: .a)) { _ in true }
      shares.charge(.regrade, BatchID(2), bench.core.meanDuration(of: .b)) { _ in true }
    }
    #expect(shares.lead(.regrade, BatchID(1)) == 16_000_000_000)
    #expect(shares.lead(.regrade, BatchID(2)) == 0)
  }

  @Test func whoComesAnewStartsLevel() {
    var shares = Shares()
    shares.open(.regrade, BatchID(1))
    shares.open(.regrade, BatchID(2))
    shares.charge(.regrade, BatchID(1), .seconds(100)) { _ in true }
    shares.charge(.regrade, BatchID(2), .seconds(90)) { _ in true }
    #expect(shares.lead(.regrade, BatchID(1)) == 10_000_000_000)
    shares.open(.regrade, BatchID(3))
    #expect(shares.lead(.regrade, BatchID(3)) == 0)
    // One that nobody can serve does not let the others' leads grow for ever.
    for _ in 1...5 {
      shares.charge(.regrade, BatchID(1), .seconds(1000), limit: 50_000_000_000) { _ in true }
    }
    #expect(shares.lead(.regrade, BatchID(1)) == 50_000_000_000)
    // Nothing was saved up by the one that has gone.
    shares.close(.regrade, BatchID(2))
    shares.close(.regrade, BatchID(3))
    #expect(shares.lead(.regrade, BatchID(1)) == 0)
  }

  @Test func aLeadOfLessThanAQuantumDoesNotTearPackagesAway() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 16, cache: [.a])
    bench.join("berta", slots: 16, cache: [.b])
    bench.forget()
    // 32 slots, a quantum of 32 s: each takes what it has, though the first contest is ahead by some.
    bench.when(
      .submitted(
        (1...20).map { order($0, .a, priority: .regrade, batch: BatchID(1)) }
          + (21...40).map { order($0, .b, priority: .regrade, batch: BatchID(2)) }))
    let leases = bench.core.judgings.values.compactMap { judging in
      if case .leased(let lease) = judging.phase { (judging, lease) } else { nil }
    }
    #expect(leases.count == 32)
    for (judging, lease) in leases {
      #expect(lease.worker == WorkerID(judging.order.package == .a ? "anna" : "berta"))
    }
  }
}

/// Judgings that ask for a label.
@Suite struct LabelTests {
  private let fast = Label(key: "class", value: "fast")

  @Test func onlyAWorkerWithTheLabelIsGivenIt() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 4, cache: [.a])
    bench.forget()
    bench.when(.submitted([order(1, requires: [fast]), order(2)]))
    bench.took("record leased j2 1.1 anna", "grant s1: j2 1.1 #1")
    #expect(
      bench.notes == ["1 no connected worker has the language cpp and the label class=fast"])
    bench.join("berta", labels: [Label(key: "room", value: "a"), fast])
    bench.took("s2 welcome 2", "record leased j1 1.2 berta", "grant s2: j1 1.2 #1")
  }

  @Test func aHolderWithoutTheLabelIsNotWaitedFor() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 4, cache: [.a])
    bench.join("berta", labels: [fast])
    bench.forget()
    bench.when(.submitted([order(1, requires: [fast])]))
    bench.took("record leased j1 1.1 berta", "grant s2: j1 1.1 #1")
  }

  @Test func labelsAreReadStrictly() {
    #expect(Label(parsing: "gpu=yes") == Label(key: "gpu", value: "yes"))
    #expect(Label(parsing: "a=b=c") == Label(key: "a", value: "b=c"))
    for bad in [
      "", "gpu", "=yes", "gpu=", "a b=c", "a=\n", "a=" + String(repeating: "x", count: 65),
    ] {
      #expect(Label(parsing: bad) == nil, "\(bad)")
    }
  }
}
