import JudgeModel
import Testing

@testable import SchedulerServer

/// Who may read now and who waits, on a clock made by hand.
@Suite struct StreamQueueTests {
  private typealias Queue = StreamQueue<Int>
  private let big: Int64 = 100 << 20

  private func stream(_ reader: Int, _ package: Int = 1) -> Queue.Stream {
    Queue.Stream(reader: reader, package: .numbered(package))
  }

  private func at(_ seconds: Int64) -> Instant { .zero + .seconds(seconds) }

  @Test func theFirstArePlacedAndTheOthersWait() {
    var queue = Queue(limit: 2)
    #expect(queue.read(stream(1), length: 1, left: big, at: at(0)) == .serve)
    #expect(queue.read(stream(2), length: 1, left: big, at: at(0)) == .serve)
    #expect(queue.read(stream(3), length: 1, left: big, at: at(0)) == .wait)
    #expect(queue.read(stream(3), length: 1, left: big, at: at(0)) == .ignore)
    #expect(queue.read(stream(1), length: 1, left: big, at: at(1)) == .serve)
    #expect(queue.read(stream(3), length: 1, left: big, at: at(5)) == .wait)
    #expect(queue.advance(at: at(5)) { _ in 0 }.isEmpty)
    // With its last bytes the place ends.
    #expect(queue.read(stream(1), length: 1, left: 0, at: at(5)) == .serve)
    #expect(queue.advance(at: at(5)) { _ in 0 } == [stream(3)])
    #expect(queue.read(stream(3), length: 1, left: big, at: at(6)) == .serve)
  }

  @Test func whatIsSmallIsNeverHeldUp() {
    var queue = Queue(limit: 1)
    #expect(queue.read(stream(1), length: 1, left: big, at: at(0)) == .serve)
    #expect(queue.read(stream(2), length: 256 << 10, left: 0, at: at(0)) == .serve)
    #expect(queue.read(stream(2), length: 256 << 10, left: 768 << 10, at: at(0)) == .serve)
    #expect(queue.read(stream(2), length: 256 << 10, left: 769 << 10, at: at(0)) == .wait)
    #expect(queue.read(stream(2), length: 1, left: .max, at: at(0)) == .ignore)
    #expect(queue.placesTaken == 1)
  }

  @Test func theOneThatMostWaitForGoesNext() {
    var queue = Queue(limit: 1)
    for reader in 1...4 {
      _ = queue.read(stream(reader, reader), length: 1, left: big, at: at(0))
    }
    let backlog = [1: 1, 2: 3, 3: 7, 4: 7]
    let waiting = { (package: Digest) in
      backlog.first { Digest.numbered($0.key) == package }?.value ?? 0
    }
    _ = queue.read(stream(1, 1), length: 1, left: 0, at: at(1))
    #expect(queue.advance(at: at(1), backlog: waiting) == [stream(3, 3)], "of equals the first")
    _ = queue.read(stream(3, 3), length: 1, left: 0, at: at(1))
    #expect(queue.advance(at: at(1), backlog: waiting) == [stream(4, 4)])
    _ = queue.read(stream(4, 4), length: 1, left: 0, at: at(1))
    #expect(queue.advance(at: at(1), backlog: waiting) == [stream(2, 2)])
  }

  @Test func nobodyWaitsForEver() {
    var queue = Queue(limit: 1)
    _ = queue.read(stream(1), length: 1, left: big, at: at(0))
    _ = queue.read(stream(2, 2), length: 1, left: big, at: at(0))
    for second in stride(from: 5, through: 120, by: 5) as StrideThrough<Int64> {
      _ = queue.read(stream(1), length: 1 << 20, left: big, at: at(second))
      _ = queue.read(stream(2, 2), length: 1, left: big, at: at(second))
    }
    _ = queue.read(stream(3, 3), length: 1, left: big, at: at(120))
    _ = queue.read(stream(1), length: 1, left: 0, at: at(120))
    let popular = Digest.numbered(3)
    #expect(queue.advance(at: at(120)) { $0 == popular ? 9 : 0 } == [stream(2, 2)])
  }

  @Test func theSilentAndTheIdleLoseTheirPlace() {
    var queue = Queue(limit: 2)
    _ = queue.read(stream(1), length: 1 << 20, left: big, at: at(0))
    _ = queue.read(stream(2), length: 1, left: big, at: at(0))
    _ = queue.read(stream(3), length: 1, left: big, at: at(0))
    _ = queue.beginReview(at: at(6))
    #expect(queue.nextDeadline == at(10))
    _ = queue.read(stream(2), length: 1, left: big, at: at(9))
    _ = queue.read(stream(3), length: 1, left: big, at: at(9))
    #expect(queue.advance(at: at(9)) { _ in 0 }.isEmpty)
    // The first has said nothing, the second next to nothing.
    #expect(queue.advance(at: at(10)) { _ in 0 } == [stream(3)])
    #expect(queue.placesTaken == 1)
    #expect(queue.read(stream(2), length: 1, left: big, at: at(11)) == .serve)
  }

  @Test func whoeverIsGoneIsNotWaitedFor() {
    var queue = Queue(limit: 1)
    for reader in 1...3 { _ = queue.read(stream(reader), length: 1, left: big, at: at(0)) }
    queue.remove(2)
    queue.remove(1)
    #expect(queue.advance(at: at(1)) { _ in 0 } == [stream(3)])
    _ = queue.read(stream(2), length: 1, left: big, at: at(1))
    _ = queue.read(stream(3), length: 1 << 20, left: big, at: at(9))
    _ = queue.read(stream(3), length: 1 << 20, left: big, at: at(17))
    #expect(queue.waitingCount == 0, "the second has not asked for fifteen seconds")
    #expect(queue.nextDeadline == nil)
  }

  @Test func whoCannotWaitIsServedAndHasAPlace() {
    var queue = Queue(limit: 1)
    #expect(queue.read(stream(1), length: 64 << 10, left: nil, at: at(0)) == .serve)
    #expect(queue.placesTaken == 0, "a manifest is no transfer")
    #expect(queue.read(stream(1), length: 1, left: nil, at: at(0)) == .serve)
    #expect(queue.read(stream(2), length: 128 << 10, left: nil, at: at(0)) == .serve)
    #expect(queue.placesTaken == 2, "more than there are")
    #expect(queue.read(stream(3), length: 1, left: big, at: at(1)) == .wait)
    #expect(queue.advance(at: at(9)) { _ in 0 }.isEmpty)
    #expect(queue.advance(at: at(10)) { _ in 0 } == [stream(3)])
  }

  // MARK: Places that are taken back

  @Test func whatJudgingsWaitForTakesThePlaceOfAWish() {
    var queue = Queue(limit: 2)
    _ = queue.read(stream(1, 1), length: 1, left: big, at: at(0))
    _ = queue.read(stream(2, 2), length: 1, left: big, at: at(0))
    for reader in 3...5 {
      _ = queue.read(stream(reader, reader), length: 1, left: big, at: at(1))
    }
    let live = Set([Digest.numbered(2), .numbered(4), .numbered(5)])
    let backlog = { (package: Digest) in live.contains(package) ? 1 : 0 }
    // The first stream is nobody's: only its place goes, and only once.
    #expect(queue.advance(at: at(1), backlog: backlog) == [stream(4, 4)])
    #expect(queue.read(stream(2, 2), length: 1, left: big, at: at(2)) == .serve)
    #expect(queue.read(stream(1, 1), length: 1, left: big, at: at(2)) == .wait)
    #expect(queue.advance(at: at(2), backlog: backlog).isEmpty)
    #expect(queue.placesTaken == 2 && queue.waitingCount == 3)
    // What is last of it is small, and comes without a place.
    #expect(queue.read(stream(1, 1), length: 1, left: 0, at: at(3)) == .serve)
    #expect(queue.waitingCount == 2)
  }

  @Test func oneReaderHasOnePlaceWhileOthersWait() {
    var queue = Queue(limit: 3)
    for package in 1...3 {
      #expect(queue.read(stream(1, package), length: 1, left: big, at: at(0)) == .serve)
    }
    for package in 4...5 {
      _ = queue.read(stream(1, package), length: 1, left: big, at: at(1))
    }
    #expect(queue.advance(at: at(1)) { _ in 0 }.isEmpty, "it takes nothing from itself")
    for reader in 2...4 {
      _ = queue.read(stream(reader, reader), length: 1, left: big, at: at(2))
    }
    // The newest goes first; its last place nobody takes.
    #expect(queue.advance(at: at(2)) { _ in 0 } == [stream(2, 2), stream(3, 3)])
    for (package, verdict) in [(1, .serve), (2, .wait), (3, .wait)] as [(Int, Queue.Verdict)] {
      #expect(queue.read(stream(1, package), length: 1, left: big, at: at(3)) == verdict)
    }
    // A place that becomes free goes to one that has none, too.
    _ = queue.read(stream(2, 2), length: 1, left: 0, at: at(4))
    #expect(queue.advance(at: at(4)) { _ in 0 } == [stream(4, 4)])
  }

  @Test func whatJudgingsWaitForComesBeforeAFairShare() {
    var queue = Queue(limit: 2)
    for package in 1...2 {
      _ = queue.read(stream(1, package), length: 1, left: big, at: at(0))
    }
    _ = queue.read(stream(2, 3), length: 1, left: big, at: at(0))
    #expect(queue.advance(at: at(0)) { $0 == .numbered(3) ? 0 : 1 }.isEmpty)
    #expect(queue.advance(at: at(0)) { _ in 1 } == [stream(2, 3)])
  }

  /// However often they ask, and whoever waits for what: the places come to rest.
  @Test(arguments: 1...40) func twoNeverTakeTheirPlaceFromEachOtherInTurn(seed: UInt64) {
    var state = seed
    func below(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    var queue = Queue(limit: 1 + below(4))
    let all = (1...12).map { _ in stream(1 + below(4), 1 + below(6)) }
    let backlogs = (1...6).map { _ in below(3) }
    let backlog = { (package: Digest) in
      backlogs[(1...6).first { Digest.numbered($0) == package }.map { $0 - 1 } ?? 0]
    }
    var moves = 0
    for _ in 1...50 {
      for stream in all { _ = queue.read(stream, length: 1, left: big, at: at(0)) }
      moves += queue.advance(at: at(0), backlog: backlog).count
    }
    let before = moves
    for stream in all { _ = queue.read(stream, length: 1, left: big, at: at(0)) }
    moves += queue.advance(at: at(0), backlog: backlog).count
    #expect(moves == before && moves <= 24)
    #expect(queue.placesTaken == queue.limit || queue.waitingCount == 0)
  }

  @Test func whoHasWaitedLongGetsAPlaceBeyondTheLimit() {
    var queue = Queue(limit: 1)
    func keepAsking(_ readers: ClosedRange<Int>, until end: Int64, from start: Int64) -> [Int] {
      var chosen: [Int] = []
      for second in stride(from: start, through: end, by: 5) {
        for reader in readers {
          _ = queue.read(stream(reader, reader), length: 64 << 10, left: big, at: at(second))
        }
        chosen += queue.advance(at: at(second)) { _ in 1 }.map(\.reader)
      }
      return chosen
    }
    #expect(keepAsking(1...4, until: 115, from: 0) == [])
    #expect(keepAsking(1...4, until: 145, from: 120) == [2], "one after the other")
    #expect(keepAsking(1...4, until: 150, from: 150) == [3])
    #expect(queue.placesTaken == 3)
    // A place of those is free: the next need not wait longer.
    _ = queue.read(stream(2, 2), length: 1, left: 0, at: at(151))
    _ = queue.read(stream(3, 3), length: 1, left: 0, at: at(151))
    #expect(queue.advance(at: at(151)) { _ in 1 } == [stream(4, 4)])
    // It is not taken back, and does not count.
    _ = queue.read(stream(5, 5), length: 1, left: big, at: at(152))
    _ = queue.read(stream(1, 1), length: 1, left: 0, at: at(152))
    #expect(queue.advance(at: at(152)) { $0 == .numbered(5) ? 1 : 0 } == [stream(5, 5)])
    #expect(queue.read(stream(4, 4), length: 1, left: big, at: at(153)) == .serve)
  }

  @Test func itIsLookedAtAgainWhileSomebodyWaits() {
    var queue = Queue(limit: 1)
    _ = queue.read(stream(1, 1), length: 64 << 10, left: big, at: at(0))
    #expect(!queue.canAdvance(at: at(60)) && queue.nextDeadline == nil)
    _ = queue.read(stream(2, 2), length: 1, left: big, at: at(1))
    _ = queue.read(stream(3, 2), length: 1, left: big, at: at(1))
    #expect(queue.canAdvance(at: at(1)))
    #expect(queue.beginReview(at: at(1)) == [.numbered(2), .numbered(1)], "each once")
    #expect(!queue.canAdvance(at: at(2)) && queue.nextDeadline == at(6))
    // One that came meanwhile is not forgotten.
    _ = queue.read(stream(4, 4), length: 1, left: big, at: at(2))
    #expect(queue.canAdvance(at: at(2)))
    _ = queue.beginReview(at: at(2))
    #expect(!queue.canAdvance(at: at(6)) && queue.canAdvance(at: at(7)))
  }
}
