import JudgeModel
import Testing

@testable import WorkerCore

/// The window on links made of numbers: a rate, and a time that an answer takes at least.
@Suite struct FetchWindowTests {
  private struct Link {
    var bytesPerSecond: Int64
    var roundTrip: TimeSpan
  }

  /// Asks for pieces as the fetcher does, for so long.
  private func run(
    _ link: Link, _ span: TimeSpan, _ window: inout FetchWindow, from start: Instant = .zero
  ) -> Instant {
    var now = start
    var free = start
    var underWay: [(askedAt: Instant, arrives: Instant, bytes: Int64, wasAlone: Bool)] = []
    while now < start + span {
      while underWay.reduce(0, { $0 + $1.bytes }) < window.bytes {
        let bytes = window.pieceBytes(atMost: 256 << 10)
        // The line sends one after the other.
        free =
          max(free, now + link.roundTrip)
          + TimeSpan(nanoseconds: bytes * 1_000_000_000 / link.bytesPerSecond)
        if underWay.isEmpty { window.began(at: now) }
        underWay.append((now, free, bytes, underWay.isEmpty))
      }
      let next = underWay.removeFirst()
      now = next.arrives
      window.received(next.bytes, askedAt: next.askedAt, wasAlone: next.wasAlone, at: now)
    }
    return now
  }

  @Test(arguments: [100_000, 1_000_000, 5_000_000, 40_000_000] as [Int64])
  func aQuarterOfASecondIsUnderWay(rate: Int64) {
    var window = FetchWindow()
    _ = run(Link(bytesPerSecond: rate, roundTrip: .milliseconds(20)), .seconds(60), &window)
    let milliseconds = window.bytes * 1000 / rate
    #expect((150...350).contains(milliseconds), "\(milliseconds) ms at \(rate) bytes/s")
  }

  @Test func aLongWayIsFilled() {
    // Six tenths of a second to a satellite and back.
    var window = FetchWindow()
    window.began(at: .zero)
    window.received(16 << 10, askedAt: .zero, wasAlone: true, at: .zero + .milliseconds(620))
    let link = Link(bytesPerSecond: 5_000_000, roundTrip: .milliseconds(600))
    _ = run(link, .seconds(60), &window, from: .zero + .seconds(1))
    #expect(window.bytes > 3_000_000, "at least what fits on the way")
    #expect((window.rate ?? 0) > 4_500_000)
  }

  @Test func itStaysWithinItsBounds() {
    var window = FetchWindow()
    #expect(window.bytes == 8 * (256 << 10))
    _ = run(Link(bytesPerSecond: 2_000_000_000, roundTrip: .zero), .seconds(5), &window)
    #expect(window.bytes == FetchWindow.maximumBytes)
    #expect(window.pieceBytes(atMost: 256 << 10) == 256 << 10)
    _ = run(
      Link(bytesPerSecond: 1000, roundTrip: .zero), .seconds(36_000), &window,
      from: .zero + .seconds(100))
    #expect(window.bytes == FetchWindow.minimumBytes)
    #expect(window.pieceBytes(atMost: 256 << 10) == 8 << 10)
    #expect(window.pieceBytes(atMost: 0) == 1)
    window.restart()
    #expect(window == FetchWindow())
  }

  @Test func eachPeriodChangesItByTwoAtMost() {
    var window = FetchWindow()
    window.began(at: .zero)
    window.received(1 << 30, askedAt: .zero, wasAlone: false, at: .zero + .milliseconds(100))
    #expect(window.bytes == 2 * FetchWindow.initialBytes)
    window.received(1, askedAt: .zero, wasAlone: false, at: .zero + .seconds(1000))
    window.received(1, askedAt: .zero, wasAlone: false, at: .zero + .seconds(9000))
    #expect(window.bytes >= FetchWindow.initialBytes / 2)
  }

  @Test func extremesDoNotTrap() {
    var window = FetchWindow()
    window.began(at: Instant(nanoseconds: .min))
    window.received(
      .max, askedAt: Instant(nanoseconds: .min), wasAlone: true, at: Instant(nanoseconds: .max))
    window.received(.max, askedAt: .zero, wasAlone: true, at: .zero)
    window.received(-1, askedAt: .zero, wasAlone: true, at: .zero + .seconds(1))
    #expect(window.bytes <= FetchWindow.maximumBytes)
  }
}
