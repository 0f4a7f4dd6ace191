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
    #expect(!queue.canAdvance && queue.advance(at: at(5)) { _ in 0 }.isEmpty)
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
    let backlog = [2: 3, 3: 7, 4: 7]
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
}
