import Grading
import JudgeModel
import Testing

struct TimeLimitRulesTests {
  static func legacy(_ multiplier: Int64 = 5, resolution: TimeSpan = .seconds(1)) -> TimeLimitRules
  {
    var rules = TimeLimitRules()
    rules.multiplierBillionths = multiplier * 1_000_000_000
    rules.resolution = resolution
    return rules
  }

  static func modern(resolution: TimeSpan = .seconds(1)) -> TimeLimitRules {
    var rules = legacy(2, resolution: resolution)
    rules.marginBillionths = 1_500_000_000
    rules.hasUpperBound = true
    return rules
  }

  static func bounds(lower: [Int64], upper: [Int64]) -> [TimeLimitBound] {
    lower.map { TimeLimitBound("fast\($0)", .lower, slowest: .milliseconds($0)) }
      + upper.map { TimeLimitBound("slow\($0)", .upper, slowest: .milliseconds($0)) }
  }

  @Test(
    arguments: [
      // Slowest run, multiplier, resolution and limit in milliseconds.
      (0, 5, 1000, 1000), (1, 5, 1000, 1000), (200, 5, 1000, 1000), (201, 5, 1000, 2000),
      (400, 5, 1000, 2000), (1234, 5, 1000, 7000), (1234, 2, 1000, 3000), (1234, 2, 100, 2500),
      (1250, 2, 100, 2500), (1251, 2, 100, 2600), (70, 1, 1, 70), (-5, 5, 1000, 1000),
    ] as [(Int64, Int64, Int64, Int64)])
  func leavesRoomForTheSlowest(
    _ slowest: Int64, _ multiplier: Int64, _ resolution: Int64, _ limit: Int64
  ) throws {
    let rules = Self.legacy(multiplier, resolution: .milliseconds(resolution))
    let bounds = Self.bounds(lower: [0, slowest], upper: [])
    #expect(try rules.limit(from: bounds) == .milliseconds(limit))
  }

  @Test func aNanosecondTooMuchIsAnotherStep() throws {
    let rules = Self.legacy(5)
    #expect(rules.limit(for: TimeSpan(nanoseconds: 200_000_000)) == .seconds(1))
    #expect(rules.limit(for: TimeSpan(nanoseconds: 200_000_001)) == .seconds(2))
  }

  @Test func fractionsOfTheMultiplierCount() throws {
    var rules = Self.legacy(1, resolution: .nanoseconds(1))
    rules.multiplierBillionths = 1_333_333_333
    #expect(rules.limit(for: .nanoseconds(3)) == .nanoseconds(4))
    #expect(rules.limit(for: .seconds(3)) == .nanoseconds(3_999_999_999))
  }

  @Test func theOlderFormatsKnowNoUpperBound() throws {
    let bounds = Self.bounds(lower: [900], upper: [1000])
    #expect(try Self.legacy().limit(from: bounds) == .seconds(5))
  }

  @Test(
    arguments: [
      // The slow one has to take 1.5 times the limit.
      ([400], [1500], 1000), ([400, 100], [9000, 1500], 1000), ([500], [1500], 1000),
      ([501], [3000], 2000), ([501], [10_000], 2000),
    ] as [([Int64], [Int64], Int64)])
  func theLeastThatFits(_ lower: [Int64], _ upper: [Int64], _ limit: Int64) throws {
    let bounds = Self.bounds(lower: lower, upper: upper)
    #expect(try Self.modern().limit(from: bounds) == .milliseconds(limit))
  }

  @Test func noMultipleFits() {
    // 501 ms needs 1.002 s, so 2 s; 2999 ms is too slow up to 1.999 s, so 1 s.
    let error = TimeLimitError.noMultipleFits(
      least: .seconds(2), slow: "fast501", most: .seconds(1), fast: "slow2999")
    #expect(throws: error) {
      try Self.modern().limit(from: Self.bounds(lower: [100, 501], upper: [2999, 4000]))
    }
    #expect(error.description.contains("fast501 needs at least 2.000 s"))
    // With finer steps there is one.
    #expect(throws: Never.self) {
      try Self.modern(resolution: .milliseconds(100)).limit(
        from: Self.bounds(lower: [501], upper: [2999]))
    }
    // Not even one step.
    #expect(throws: TimeLimitError.self) {
      try Self.modern().limit(from: Self.bounds(lower: [1], upper: [1499]))
    }
  }

  @Test func nothingToDeriveFrom() {
    for bounds in [[], Self.bounds(lower: [], upper: [5000])] {
      #expect(throws: TimeLimitError.nothingToDeriveFrom) { try Self.modern().limit(from: bounds) }
    }
  }

  @Test func anExplicitLimitIsAMultiple() throws {
    try Self.modern().check(explicit: .seconds(3))
    try Self.modern(resolution: .milliseconds(250)).check(explicit: .milliseconds(1250))
    #expect(
      throws: TimeLimitError.notAMultiple(limit: .milliseconds(1500), resolution: .seconds(1))
    ) {
      try Self.modern().check(explicit: .milliseconds(1500))
    }
  }

  @Test func theMarginIsWhatASlowRunMayTake() {
    #expect(Self.modern().surelyTooSlow(for: .seconds(2)) == .seconds(3))
    #expect(Self.legacy().surelyTooSlow(for: .seconds(2)) == .seconds(4))
  }

  @Test func hugeTimesSaturate() {
    var rules = Self.legacy(1000)
    rules.resolution = .seconds(1)
    let limit = rules.limit(for: TimeSpan(nanoseconds: .max))
    #expect(limit == TimeSpan(nanoseconds: Int64.max / 1_000_000_000 * 1_000_000_000))
    #expect(rules.surelyTooSlow(for: TimeSpan(nanoseconds: .max)).nanoseconds == .max)
    rules.resolution = .zero
    #expect(rules.limit(for: .nanoseconds(1)) == .nanoseconds(1000))
  }
}
