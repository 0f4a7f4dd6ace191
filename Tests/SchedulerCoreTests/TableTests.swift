import JudgeModel
import Messages
import Testing

@testable import SchedulerCore

/// The queue and the sessions against tables that anyone can see to be right.
@Suite struct TableTests {
  @Test(arguments: 1...8)
  func theQueueBehavesLikeASortedArray(seed: UInt64) {
    var random = SplitMix(seed: seed)
    var queue = ReadyQueue()
    // (order, arrival) of what waits; and of what was taken out and may come back.
    var naive: [(JudgingOrder, UInt64)] = []
    var out: [(JudgingOrder, UInt64)] = []
    var ids: Int64 = 0
    for _ in 1...250 {
      switch random.below(6) {
      case 0, 1:
        ids += 1
        let new = order(
          ids, .numbered(UInt8(random.below(3))), language: ["c", "cpp"][random.below(2)],
          priority: [.live, .batch][random.below(2)],
          batch: random.below(3) == 0 ? BatchID(1) : nil)
        let arrival = queue.nextArrival()
        queue.insert(new, arrival: arrival, since: .zero)
        naive.append((new, arrival))
      case 2 where queue.count > 0:
        let place = queue.everyPlace[random.below(queue.everyPlace.count)]
        let kind = queue[place].kind
        let head = queue.popHead(place, lasting: .seconds(Int64(random.below(9))))
        let oldest = naive.filter { ReadyQueue.kind(of: $0.0) == kind }.min { $0.1 < $1.1 }
        #expect(head?.judging == oldest?.0.judging && head?.arrival == oldest?.1)
        naive.removeAll { $0.0.judging == oldest?.0.judging }
        if let oldest { out.append(oldest) }
      case 3 where !naive.isEmpty:
        let gone = naive.remove(at: random.below(naive.count))
        queue.remove(gone.0)
        queue.remove(gone.0)
        out.append(gone)
      case 4 where !out.isEmpty:
        let back = out.remove(at: random.below(out.count))
        queue.insert(back.0, arrival: back.1, since: .zero)
        naive.append(back)
      case 5 where !out.isEmpty:
        // Ended, then submitted anew under the same name.
        let back = out.remove(at: random.below(out.count))
        let arrival = queue.nextArrival()
        queue.insert(back.0, arrival: arrival, since: .zero)
        naive.append((back.0, arrival))
      default: break
      }
      queue.checkInvariants()
      #expect(queue.count == naive.count)
      let kinds = queue.everyPlace.map { queue[$0].kind }
      #expect(kinds.count == Set(kinds).count)
      #expect(Set(kinds) == Set(naive.map { ReadyQueue.kind(of: $0.0) }))
      for bucket in queue.everyPlace.map({ queue[$0] }) {
        let same = naive.filter { ReadyQueue.kind(of: $0.0) == bucket.kind }
        #expect(bucket.count == same.count)
        #expect(bucket.waiting.first?.arrival == same.map(\.1).min())
      }
    }
  }

  @Test func holdersAreThoseWhoHaveOrFetchAPackage() {
    var table = SessionTable()
    for id in [3, 1, 2] as [UInt64] { table.add(session(id, cached: id == 2 ? [.a] : [])) }
    #expect(table.ids.map(\.value) == [1, 2, 3])
    table.addLease(SessionID(3), JudgingID(1), package: .a, grant: 1)
    table.addLease(SessionID(3), JudgingID(2), package: .a, grant: 2)
    table.addLease(SessionID(2), JudgingID(3), package: .a, grant: 1)
    table.checkInvariants()
    #expect(table.holders(of: .a).map(\.value) == [2, 3])
    table.removeLease(SessionID(3), JudgingID(1), package: .a)
    table.removeLease(SessionID(3), JudgingID(1), package: .a)
    #expect(table.holders(of: .a).map(\.value) == [2, 3])
    table.removeLease(SessionID(3), JudgingID(2), package: .a)
    #expect(table.holders(of: .a).map(\.value) == [2])
    // Evicted while a lease still needs it: it will be fetched again.
    table.replaceCache(SessionID(2), with: report([.b]))
    #expect(table.holders(of: .a).map(\.value) == [2])
    table.checkInvariants()
    table.removeLease(SessionID(2), JudgingID(3), package: .a)
    #expect(table.holders(of: .a).isEmpty)
    table.remove(SessionID(2))
    #expect(table.holders(of: .b).isEmpty)
    #expect(table.session(of: WorkerID("w2")) == nil)
    table.checkInvariants()
  }

  @Test(arguments: 1...8)
  func holdersSurviveAnyOrderOfEvents(seed: UInt64) {
    var random = SplitMix(seed: seed)
    var table = SessionTable()
    var leases: [(SessionID, JudgingID, Digest)] = []
    for step in 1...300 {
      let id = SessionID(UInt64(1 + random.below(5)))
      let packages = [Digest.a, .b, .c].filter { _ in random.below(2) == 0 }
      switch random.below(5) {
      case 0 where table[id] == nil: table.add(session(id.value, cached: packages))
      case 1 where random.below(4) == 0:
        table.remove(id)
        leases.removeAll { $0.0 == id }
      case 2: table.replaceCache(id, with: report(packages))
      case 3 where table[id] != nil:
        let lease = (id, JudgingID(Int64(step)), [Digest.a, .b, .c][random.below(3)])
        leases.append(lease)
        table.addLease(lease.0, lease.1, package: lease.2, grant: 0)
      case 4 where !leases.isEmpty:
        let lease = leases.remove(at: random.below(leases.count))
        table.removeLease(lease.0, lease.1, package: lease.2)
      default: break
      }
      table.checkInvariants()
    }
  }

  private func report(_ packages: [Digest]) -> CacheReport {
    CacheReport(packages: packages, usedBytes: 0, budgetBytes: 0)
  }

  private func session(_ id: UInt64, cached: [Digest]) -> Session {
    let hello = WorkerHello(
      token: "", worker: WorkerID("w\(id)"), instance: 1, programVersion: "", host: "", slots: 1,
      languages: [], labels: [], sandbox: "", held: [], cache: report(cached), load: LoadReport(),
      creditLimit: 1)
    return Session(
      id: SessionID(id), worker: hello.worker, instance: 1, hello: hello, skills: Skills(),
      cache: hello.cache, cached: Set(cached), load: LoadReport(), lastSeen: .zero,
      conduct: Conduct(), creditLimit: 1)
  }
}

/// Small, seeded and the same everywhere.
struct SplitMix {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
