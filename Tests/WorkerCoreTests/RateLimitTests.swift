import JudgeModel
import Testing

@testable import WorkerCore

@Suite struct RateLimitTests {
  private let start = Instant(nanoseconds: 5_000_000_000)

  @Test func withoutALimitEverythingIsAllowed() {
    var rate = RateLimit(bytesPerSecond: nil)
    rate.spend(.max, at: start)
    #expect(rate.allows(at: start))
    #expect(rate.readyAt(after: start) == nil)
  }

  @Test func theAverageIsKept() {
    var rate = RateLimit(bytesPerSecond: 1_000_000)
    var now = start
    var bytes: Int64 = 0
    while now < start + .seconds(10) {
      if rate.allows(at: now) {
        rate.spend(100_000, at: now)
        bytes += 100_000
      } else if let ready = rate.readyAt(after: now) {
        #expect(ready > now)
        now = ready
        #expect(rate.allows(at: now), "who waits as long as was said need not wait again")
      }
    }
    // What was saved up at the start, and the debt of the last piece.
    #expect((10_000_000...10_350_000).contains(bytes))
  }

  @Test func aPieceLargerThanASecondIsOnlyLate() {
    var rate = RateLimit(bytesPerSecond: 1000)
    #expect(rate.allows(at: start))
    rate.spend(10_250, at: start)
    #expect(!rate.allows(at: start + .seconds(10)))
    #expect(rate.allows(at: start + .milliseconds(10_001)))
  }

  @Test func idleTimeSavesUpAQuarterOfASecond() {
    var rate = RateLimit(bytesPerSecond: 1000)
    #expect(rate.allows(at: start + .seconds(3600)))
    rate.spend(250, at: start + .seconds(3600))
    #expect(!rate.allows(at: start + .seconds(3600)))
  }

  @Test func aClockThatAsksOftenLosesNothing() {
    var rate = RateLimit(bytesPerSecond: 10)
    rate.spend(12, at: start)
    // A thousand looks in each tenth of a second, none of which gains a whole byte by itself.
    for step in 1...10_000 as ClosedRange<Int64> {
      _ = rate.allows(at: start + .microseconds(step * 100))
    }
    #expect(!rate.allows(at: start + .seconds(1)))
    #expect(rate.allows(at: start + .milliseconds(1100)))
  }

  @Test(arguments: [1, 1000, Int64.max]) func extremesDoNotTrap(rate: Int64) {
    var limit = RateLimit(bytesPerSecond: rate)
    _ = limit.allows(at: Instant(nanoseconds: .min))
    limit.spend(.max, at: start)
    limit.spend(.max, at: start)
    _ = limit.readyAt(after: start)
    _ = limit.allows(at: Instant(nanoseconds: .max))
    limit.spend(-5, at: Instant(nanoseconds: .max))
  }

  @Test func whatDoesNotComeIsNotPaidFor() {
    var limit = RateLimit(bytesPerSecond: 1_000)
    let now = Instant.zero + .seconds(1)
    limit.spend(4_000, at: now)
    limit.spend(4_000, at: now)
    #expect(!limit.allows(at: now + .seconds(7)))
    limit.refund(4_000, at: now)
    limit.refund(3_900, at: now)
    #expect(limit.allows(at: now))
    // Never more than is saved up while nothing is fetched.
    limit.refund(1 << 40, at: now)
    limit.spend(250, at: now)
    #expect(!limit.allows(at: now))
  }
}
