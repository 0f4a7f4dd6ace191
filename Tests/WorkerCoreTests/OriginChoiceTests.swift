import JudgeModel
import Testing

@testable import WorkerCore

@Suite struct OriginChoiceTests {
  let near: Origin
  let far: Origin
  let third: Origin
  var choice = OriginChoice()

  init() throws {
    near = try Origin("http://near/p")
    far = try Origin("http://far/p")
    third = try Origin("https://third/p")
  }

  private func at(_ seconds: Int64) -> Instant { .zero + .seconds(seconds) }

  private mutating func answered(
    _ origin: Origin, milliseconds: Int64, rate: Int64, at now: Instant
  ) {
    choice.answered(
      origin, latency: .milliseconds(milliseconds), bytes: rate, duration: .seconds(1), at: now)
  }

  private func next(
    _ origins: [Origin], except: Set<Origin> = [], bytes: Int64 = 10 << 20, at now: Instant
  ) -> Origin? {
    choice.next(of: origins, except: except, bytes: bytes, at: now)?.origin
      ?? choice.unmeasured(of: origins, except: except, at: now).first
  }

  private func isMeasuring(_ origins: [Origin], at now: Instant) -> Bool {
    !choice.unmeasured(of: origins, at: now).isEmpty
  }

  @Test mutating func theNearestOfThoseThatHaveAnsweredIsTaken() {
    let all = [far, near, third]
    let turn = OriginChoice.Turn.init
    #expect(choice.unmeasured(of: all, at: at(0)) == all)
    #expect(choice.unmeasured(of: all, except: [near], at: at(0)) == [far, third])
    #expect(choice.next(of: all, bytes: 1 << 30, at: at(0)) == nil)
    answered(far, milliseconds: 200, rate: 1 << 20, at: at(1))
    #expect(choice.unmeasured(of: all, at: at(1)) == [near, third])
    #expect(choice.next(of: all, bytes: 1 << 30, at: at(1)) == turn(far, 20 << 20))
    answered(near, milliseconds: 1, rate: 100 << 20, at: at(2))
    answered(third, milliseconds: 10, rate: 2 << 20, at: at(3))
    #expect(choice.unmeasured(of: all, at: at(3)) == [])
    #expect(choice.next(of: all, bytes: 1 << 30, at: at(3)) == turn(near, 64 << 20))
    #expect(
      choice.next(of: all, except: [near], bytes: 1 << 30, at: at(3)) == turn(third, 40 << 20),
      "for twenty seconds")
    #expect(next(all, except: [near, third], at: at(3)) == far)
    #expect(next(all, except: Set(all), at: at(3)) == nil)
    #expect(next([], at: at(3)) == nil)
  }

  @Test mutating func whatIsTooSlowIsOfNoUse() {
    answered(near, milliseconds: 1, rate: 16 << 10, at: at(0))
    choice.answered(
      far, latency: .zero, bytes: 64 << 10, duration: .milliseconds(4_001), at: at(0))
    #expect(choice.next(of: [near], bytes: 9, at: at(1)) == .init(near, bytes: 1 << 20))
    #expect(next([far], at: at(1)) == nil)
    #expect(next([far, near], at: at(1)) == near)
    #expect(isMeasuring([far], at: at(600)), "links get better")
    // Of a few bytes nothing is concluded.
    choice.answered(third, latency: .zero, bytes: 1000, duration: .seconds(9), at: at(1))
    #expect(next([third], at: at(2)) == third)
  }

  @Test func whatBecomesTooSlowIsSaidWhateverItWas() {
    #expect(choice.isTooSlow(bytes: 64 << 10, duration: .milliseconds(4_001)))
    #expect(!choice.isTooSlow(bytes: 64 << 10, duration: .milliseconds(4_000)))
    #expect(!choice.isTooSlow(bytes: 1000, duration: .seconds(9)), "too few to tell")
    #expect(!choice.isTooSlow(bytes: 1 << 20, duration: .zero))
    let exacting = OriginChoice(usefulRate: 1 << 20)
    #expect(exacting.isTooSlow(bytes: 1 << 19, duration: .seconds(1)))
  }

  @Test mutating func littleComesFromWhereTheWayIsShortAndMuchFromWhereTheLinkIsFast() {
    answered(near, milliseconds: 1, rate: 1 << 20, at: at(0))
    answered(far, milliseconds: 300, rate: 100 << 20, at: at(0))
    #expect(next([far, near], bytes: 1000, at: at(1)) == near)
    #expect(next([far, near], bytes: 100 << 20, at: at(1)) == far)
    #expect(next([near, far], bytes: .max, at: at(1)) == far)
  }

  @Test mutating func aMeasurementGetsOld() {
    answered(near, milliseconds: 1, rate: 1 << 20, at: at(0))
    answered(far, milliseconds: 300, rate: 1 << 20, at: at(300))
    #expect(next([far, near], at: at(599)) == near)
    #expect(choice.unmeasured(of: [far, near], at: at(600)) == [near])
    #expect(next([far, near], at: at(600)) == far, "meanwhile")
    answered(near, milliseconds: 500, rate: 1 << 20, at: at(601))
    #expect(next([far, near], at: at(602)) == far, "what was near before is forgotten")
  }

  @Test mutating func ofAServerOneFileIsEnoughToKnowIt() throws {
    let other = try Origin("http://near/q")
    answered(near, milliseconds: 1, rate: 1 << 20, at: at(0))
    #expect(choice.unmeasured(of: [other, far], at: at(1)) == [far])
    answered(far, milliseconds: 20, rate: 1 << 20, at: at(1))
    #expect(next([far, other], at: at(2)) == other)
  }

  @Test mutating func whatFailsIsLeftAloneTwiceAsLongEachTime() {
    var now: Int64 = 0
    for pause in [60, 120, 240, 480, 960, 1920, 3600, 3600] as [Int64] {
      choice.failed(near, .server, at: at(now))
      #expect(next([near, far], at: at(now + pause - 1)) == far)
      #expect(next([near], at: at(now + pause - 1)) == nil)
      #expect(next([near], at: at(now + pause)) == near)
      now += pause
    }
    choice.verified(near)
    choice.failed(near, .server, at: at(now))
    #expect(next([near], at: at(now + 60)) == near, "one that works again begins anew")
  }

  @Test mutating func answersDoNotClearAServerThatThenStalls() {
    choice.failed(near, .server, at: at(0))
    answered(near, milliseconds: 1, rate: 1 << 20, at: at(60))
    choice.failed(near, .server, at: at(61))
    #expect(next([near], at: at(61 + 119)) == nil)
  }

  @Test mutating func aFaultOfAFileIsNotTheServers() throws {
    let other = try Origin("http://near/q")
    choice.failed(near, .file, at: at(0))
    #expect(next([near], at: at(1)) == nil)
    #expect(next([other], at: at(1)) == other)
    choice.failed(other, .server, at: at(1))
    #expect(next([other], at: at(60)) == nil)
    choice.failed(third, .lie, at: at(0))
    #expect(next([third], at: at(599)) == nil)
    #expect(next([third], at: at(600)) == third)
  }

  @Test mutating func requestsAreForTwoSeconds() {
    #expect(choice.requestBytes(near) == 256 << 10, "nothing is known yet")
    answered(near, milliseconds: 1, rate: 3 << 20, at: at(0))
    #expect(choice.requestBytes(near) == 6 << 20)
    #expect(choice.requestBytes(near, atMost: 1 << 20) == 2 << 20)
    #expect(choice.requestBytes(near, atMost: 1) == 256 << 10)
    answered(far, milliseconds: 1, rate: .max, at: at(0))
    #expect(choice.requestBytes(far) == 16 << 20)
  }

  @Test mutating func littleSaysNothingAboutTheRate() {
    answered(near, milliseconds: 1, rate: 100 << 20, at: at(0))
    let before = choice.requestBytes(near)
    choice.answered(
      near, latency: .milliseconds(1), bytes: 1000, duration: .seconds(10), at: at(1))
    #expect(choice.requestBytes(near) == before)
    choice.answered(near, latency: .zero, bytes: 1 << 20, duration: .zero, at: at(1))
    #expect(choice.requestBytes(near) > 0, "nothing is divided by zero")
  }

  @Test mutating func theMemoryIsBounded() throws {
    for number in 0..<1000 {
      let origin = try Origin("http://host\(number)/p")
      choice.failed(origin, .server, at: at(Int64(number)))
      answered(origin, milliseconds: 1, rate: 1 << 20, at: at(Int64(number)))
    }
    let size = Mirror(reflecting: choice).children.reduce(0) {
      $0 + Mirror(reflecting: $1.value).children.count
    }
    #expect(size == 2 * OriginChoice.memory)
    let last = try Origin("http://host999/p")
    #expect(next([last], at: at(1000)) == nil, "the latest are remembered")
  }
}
