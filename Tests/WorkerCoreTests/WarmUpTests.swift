import JudgeModel
import Messages
import Testing

@testable import WorkerCore

/// What was wished for before a judging needs it.
@Suite struct WarmUpTests {
  private func wished(_ package: Digest, bytes: Int64 = 10) -> WorkerEvent {
    .wished(WarmOrder(package: package, archiveBytes: bytes / 2, unpackedBytes: bytes))
  }

  @Test func fetchesWithoutPinningAndReports() {
    var bench = WorkerBench(budget: 20)
    bench.when(wished(.a))
    bench.took("fetch p10", "sync 2 credit 2 seen 0 holds [] warms p10")
    bench.when(described(.a), .packageInstalled(.a))
    bench.took("sync 3 credit 2 seen 0 holds [] has [p10]")
    #expect(!bench.core.cache.isPinned(.a))
    bench.when(wished(.a))
    bench.took("sync 4 credit 2 seen 0 holds [] has [p10]")
  }

  @Test func aGrantJoinsItsTransfer() {
    var bench = WorkerBench()
    bench.given(wished(.a))
    bench.when(granted(order(1, 1, sequence: 1)))
    bench.tookBesideSyncs()
    bench.when(described(.a), .packageInstalled(.a))
    bench.tookBesideSyncs("start j1 1.1 in 0 with p10")
  }

  @Test func aWishJoinsTheTransferOfAGrant() {
    var bench = WorkerBench()
    bench.given(granted(order(1, 1, sequence: 1)))
    bench.when(wished(.a))
    bench.took("sync 3 credit 2 seen 1 holds [j1 1.1 waiting] warms p10")
    bench.when(failed(.a))
    bench.tookBesideSyncs(
      "give up p10: no route", "returned j1 1.1: no route", "no p10: no route")
  }

  @Test func takesNoRoomFromWhatIsInUseOrWasLately() {
    var bench = WorkerBench(slots: 2, budget: 20, cached: [(.a, 10), (.b, 10)])
    bench.given(granted(order(1, 1, sequence: 1)))
    bench.when(wished(.c))
    bench.tookBesideSyncs("evict p11", "fetch p12")
    bench.when(wished(.b))
    bench.tookBesideSyncs(
      "no p11: its cache has no room: all of it is in use or was used in the last 10 minutes")
    bench.given(described(.c), .packageInstalled(.c))
    bench.when(wished(.b))
    bench.tookBesideSyncs(
      "no p11: its cache has no room: all of it is in use or was used in the last 10 minutes")
    bench.pass(.seconds(601))
    bench.forget()
    bench.when(wished(.b))
    bench.tookBesideSyncs("evict p12", "fetch p11")
  }

  @Test func whatCannotFitIsReported() {
    var bench = WorkerBench(budget: 20)
    bench.when(wished(.a, bytes: 21))
    bench.tookBesideSyncs(
      "no p10: the package has 21 B when it is unpacked, and the cache budget is 20 B: raise "
        + "--cache-budget on this worker")
    #expect(bench.core.cache.usedBytes == 0)
  }

  @Test func givesWayToAGrant() {
    var bench = WorkerBench(budget: 20)
    bench.given(wished(.a), wished(.b))
    bench.when(granted(order(1, 1, sequence: 1, .c)))
    // The one that was begun last; the other goes on.
    bench.tookBesideSyncs("no p11: a judging needed its room", "stop p11")
    bench.when(wished(.b))
    bench.tookBesideSyncs("no p11: a judging needed its room", "stop p11")
    bench.when(failed(.b, "stopped"))
    bench.tookBesideSyncs("give up p11: stopped", "fetch p12")
    #expect(bench.core.wishes.keys.sorted() == [.a])
  }

  @Test func aFewAreFetchedAtATime() {
    var bench = WorkerBench()
    let (d, e) = (Digest.numbered(13), Digest.numbered(14))
    bench.when(wished(e), wished(.b), wished(.a), wished(.c), wished(d))
    // All are reported, so that nobody asks again.
    bench.took(
      "fetch p14", "fetch p11", "sync 2 credit 2 seen 0 holds [] warms p10 p11 p12 p13 p14")
    bench.when(wished(.a))
    bench.tookBesideSyncs()
    // A grant does not wait for that, and one of those that a judging waits for is no wish's.
    bench.when(granted(order(1, 1, sequence: 1, .c)))
    bench.tookBesideSyncs("fetch p12")
    bench.when(granted(order(2, 2, sequence: 2, .b)))
    bench.tookBesideSyncs("fetch p10")
    bench.when(described(e), .packageInstalled(e))
    bench.tookBesideSyncs("fetch p13")
    bench.when(failed(.a))
    bench.took(
      "give up p10: no route", "no p10: no route",
      "sync 7 credit 2 seen 2 holds [j1 1.1 waiting, j2 1.2 waiting] warms p11 p12 p13")
  }

  @Test func oneWhoseTurnHasNotComeTakesNoRoomFromJudgings() {
    var bench = WorkerBench(budget: 30)
    bench.given(wished(.a), wished(.b), wished(.c))
    bench.when(granted(order(1, 1, sequence: 1, .numbered(13), bytes: 20)))
    bench.tookBesideSyncs(
      "no p11: a judging needed its room", "stop p11",
      "no p12: judgings wait for room in its cache")
    bench.given(wished(.c), .drain)
    #expect(bench.core.wishes.keys.sorted() == [.a])
  }

  /// What goes may be a part of what is wanted.
  @Test func nothingIsStoppedInVain() {
    let blobs = (1...4).map { CachedBlob(digest: .numbered(UInt8($0)), size: 10) }
    var cache = PackageCache(
      budgetBytes: 40,
      found: [FoundPackage(package: .a, blobs: Array(blobs[0...1]), held: [blobs[0]])])
    _ = cache.admit(.c, unpacked: 10)
    cache.describe(.c, [blobs[3]])
    _ = cache.wish(.b, unpacked: 20)
    cache.describe(.b, [blobs[1], blobs[2]])
    // Three times ten are needed, pinned and free; without the transfer the second blob is missing.
    #expect(cache.transfersToStop(for: .a, unpacked: 20, stopping: []) == [.b])
    _ = cache.admit(.numbered(13), unpacked: 0)
    cache.describe(.numbered(13), [blobs[0], blobs[3], CachedBlob(digest: .a, size: 15)])
    #expect(cache.transfersToStop(for: .a, unpacked: 20, stopping: []) == [])
  }

  @Test func whatAnEarlierProcessUsedLatelyIsSpared() {
    let settings = Worker.Settings(slots: 1, prefetch: 0)
    let now = Instant.zero + .seconds(10)
    let cache = PackageCache(budgetBytes: 20, found: [.plain(.a, 10), .plain(.b, 10)])
    let uses: [Digest: Instant] = [.a: now - .seconds(599), .b: now - .seconds(60)]
    var core = Worker(settings: settings, cache: cache, lastUses: uses)
    var effects: [WorkerEffect] = []
    func tell(_ event: WorkerEvent, at now: Instant) -> [String] {
      effects = []
      core.handle(event, at: now, into: &effects)
      core.settle(at: now, into: &effects)
      return effects.map(\.text).filter { !$0.hasPrefix("sync") && !$0.hasPrefix("hello") }
    }
    #expect(tell(.connected, at: now) + tell(welcome(1), at: now) == [])
    #expect(
      tell(wished(.c), at: now) == [
        "no p12: its cache has no room: all of it is in use or was used in the last 10 minutes"
      ])
    #expect(tell(wished(.c), at: now + .seconds(1)) == ["evict p10", "fetch p12"])
    // What is old is forgotten also where nothing is wished for.
    _ = tell(described(.c), at: now + .seconds(2_000))
    _ = tell(.packageInstalled(.c), at: now + .seconds(2_000))
    #expect(core.lastUses.keys.sorted() == [.c])
  }

  @Test func aGrantOfWhatIsAboutToStopKeepsItComing() {
    var bench = WorkerBench(slots: 2, budget: 20)
    bench.given(wished(.b, bytes: 20), granted(order(1, 1, sequence: 1)))
    bench.when(granted(order(2, 2, sequence: 2, .b, bytes: 20)))
    bench.forget()
    bench.when(failed(.b, "stopped"))
    bench.tookBesideSyncs("fetch p11")
    bench.when(described(.b, bytes: 20), .packageInstalled(.b))
    bench.tookBesideSyncs("start j2 1.2 in 0 with p11")
    bench.when(judged(0, 2))
    bench.tookBesideSyncs("finished s1 j2 1.2 AC", "evict p11", "fetch p10")
  }

  @Test func whileJudgingsWaitForRoomNothingIsWishedFor() {
    var bench = WorkerBench(slots: 2, budget: 20, cached: [(.a, 10)])
    bench.given(granted(order(1, 1, sequence: 1), order(2, 2, sequence: 2, .b, bytes: 15)))
    bench.when(wished(.c))
    bench.tookBesideSyncs("no p12: judgings wait for room in its cache")
  }

  @Test func aConnectionThatBreaksEndsTheWish() {
    var bench = WorkerBench()
    bench.given(wished(.a), .disconnected, .connected)
    bench.when(wished(.b))
    bench.took()
    bench.given(welcome(2))
    #expect(bench.core.wishes.isEmpty)
    // What is on its way comes all the same.
    bench.when(described(.a), .packageInstalled(.a))
    bench.took("sync 2 credit 2 seen 0 holds [] has [p10]")
  }

  @Test func aFullDiskEvictsNothingForAWish() {
    var bench = WorkerBench(cached: [(.b, 10)])
    bench.given(wished(.a))
    bench.when(failed(.a, "the disk is full", isDiskFull: true))
    bench.tookBesideSyncs("give up p10: the disk is full", "no p10: the disk is full")
  }

  /// Its package was given up while it was being stopped, and then it was granted anew.
  @Test func whatIsGrantedAnewAsksForItsPackageAgain() {
    var bench = WorkerBench(slots: 2)
    bench.given(granted(order(1, 1, sequence: 1)), described(.a), .packageStartable(.a))
    bench.given(cancelled(1, 1), granted(order(1, 2, sequence: 2)))
    bench.given(failed(.a, kept: 10))
    bench.when(stopped(0, 1))
    bench.tookBesideSyncs("fetch p10")
  }

  /// Wishes, grants and transfers in any order: the cache keeps its budget, and nothing that is pinned
  /// or on its way goes.
  @Test(arguments: 1...40) func keepsTheBudgetWhateverIsWishedFor(seed: UInt64) {
    var state = seed
    func below(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    var cache = PackageCache(budgetBytes: 50)
    var pins: [Digest: Int] = [:]
    var coming: Set<Digest> = []
    for _ in 1...400 {
      let package = Digest.numbered(UInt8(10 + below(8)))
      let size = Int64(5 + (package.bytes.first ?? 0) % 8 * 3)
      switch below(5) {
      case 0, 1:
        let spared = Set([Digest.numbered(UInt8(10 + below(8)))])
        let isPinned = below(2) == 0
        let got =
          isPinned
          ? cache.admit(package, unpacked: size)
          : cache.wish(package, unpacked: size, sparing: spared)
        if case .fetch(let victims) = got {
          #expect(victims.allSatisfy { pins[$0] == nil && !coming.contains($0) })
          #expect(isPinned || spared.isDisjoint(with: victims))
          coming.insert(package)
        }
        if isPinned, got != .full { pins[package, default: 0] += 1 }
        if got == .full, isPinned {
          let stops = cache.transfersToStop(for: package, unpacked: size, stopping: [])
          #expect(stops.allSatisfy { pins[$0] == nil && coming.contains($0) })
        }
      case 2:
        guard coming.remove(package) != nil else { continue }
        cache.describe(package, [CachedBlob(digest: package, size: size)])
        cache.complete(package)
      case 3:
        guard coming.remove(package) != nil else { continue }
        cache.abandon(package, kept: [])
      default:
        guard let count = pins[package] else { continue }
        cache.unpin(package)
        pins[package] = count > 1 ? count - 1 : nil
      }
      cache.checkInvariants()
      #expect(cache.usedBytes <= 50)
    }
  }
}
