import Grading
import JudgeModel
import Testing

struct JudgingPlanTests {
  static func run(_ ordinal: Int32, _ verdict: Verdict) -> Run {
    Run(ordinal: ordinal, testcase: "", verdict: verdict)
  }

  @Test func severalTestcasesMayBeUnderWay() {
    var plan = JudgingPlan(manifest: LegacyPlanTests.plain(breaks: true), mode: .lazy)
    for ordinal in 1...5 as ClosedRange<Int32> {
      plan.expectRun(ordinal)
    }
    plan.expectNext(.wait)
    for (ordinal, verdict) in [(5, Verdict.runtimeError), (4, .wrongAnswer), (2, .accepted)] {
      plan.expectTaken(Self.run(Int32(ordinal), verdict))
      plan.expectNext(.wait)
    }
    plan.expectTaken(Self.run(3, .accepted))
    #expect(plan.outcome == nil)
    plan.expectTaken(Self.run(1, .accepted))
    #expect(plan.outcome?.verdict == .wrongAnswer && plan.outcome?.decidingOrdinal == 4)
    plan.expectNext(plan.outcome.map { .finished($0) })
  }

  @Test func lazyJudgingEndsBeforeRunsThatNoLongerCount() {
    var plan = JudgingPlan(manifest: LegacyPlanTests.plain(breaks: true), mode: .lazy)
    for _ in 0..<3 { _ = plan.next() }
    plan.expectTaken(Self.run(1, .timeLimit))
    guard case .finished(let outcome) = plan.next() else {
      Issue.record("nothing can change any more")
      return
    }
    #expect(outcome.verdict == .timeLimit)
    plan.expectTaken(Self.run(2, .judgeError))
    plan.expectNext(.finished(outcome))
  }

  @Test func fullJudgingWaitsForRunsThatDoNotCount() {
    var plan = JudgingPlan(manifest: LegacyPlanTests.plain(breaks: true), mode: .full)
    for _ in 0..<5 { _ = plan.next() }
    for ordinal in 1...4 as ClosedRange<Int32> {
      plan.expectTaken(Self.run(ordinal, .wrongAnswer))
      plan.expectNext(.wait)
    }
    plan.expectTaken(Self.run(5, .wrongAnswer))
    plan.expectNext(plan.outcome.map { .finished($0) })
  }

  @Test func aRequiredGroupUnderWayHoldsBackWhatNeedsIt() {
    var plan = JudgingPlan(manifest: AggregatePlanTests.chain, mode: .full)
    for _ in 0..<3 { _ = plan.next() }
    plan.expectNext(.wait)
    plan.expectTaken(Self.run(3, .accepted))
    plan.expectNext(.wait)
    plan.expectTaken(Self.run(2, .accepted))
    plan.expectTaken(Self.run(1, .accepted))
    plan.expectRun(4)
  }

  @Test func theFirstResultOfATestcaseStands() {
    var plan = JudgingPlan(manifest: manifest(group("", [testcase("1")])), mode: .lazy)
    for ordinal in [0, 2, -1, .min, .max] as [Int32] {
      plan.expectRefused(Self.run(ordinal, .wrongAnswer))
    }
    plan.expectTaken(Self.run(1, .accepted))
    plan.expectRefused(Self.run(1, .wrongAnswer))
    #expect(plan.outcome?.verdict == .accepted)
  }

  @Test func knownRunsAreNotAskedForAgain() {
    var plan = JudgingPlan(manifest: LegacyPlanTests.plain(breaks: true), mode: .full)
    for ordinal in [1, 2, 4] as [Int32] { plan.record(Self.run(ordinal, .accepted)) }
    guard case .run(3, let testcase) = plan.next() else {
      Issue.record("3 is next")
      return
    }
    #expect(testcase.name == "secret/1")
    plan.record(Self.run(3, .accepted))
    plan.expectRun(5)
    plan.record(Self.run(5, .accepted))
    plan.expectNext(plan.outcome.map { .finished($0) })
  }

  @Test func tensOfThousandsOfTestcases() {
    let groups = (0..<100).map { g in
      group("g\(g)", breaks: false, (0..<200).map { testcase("g\(g)/\($0)") })
    }
    let package = manifest(group("", breaks: false, groups))
    let results: [(Verdict, Score?)] = Array(repeating: (.accepted, nil), count: 20_000)
    let done = walk(package, .full, results)
    #expect(done.verdict == .accepted && done.ran.count == 20_000)
  }
}

/// Random trees: full and lazy judging, in order and out of order, against the rules of the legacy
/// format written down as a recursion.
struct RandomPlanTests {
  struct Expected {
    var verdict: Verdict
    var score: Score
    var ran: [Int32]
  }

  /// What the reference of the legacy format does: judge children in order, stop where the group
  /// says so, grade what was seen.
  static func reference(
    _ group: TestGroup, _ results: [(Verdict, Score?)], _ next: inout Int, isRoot: Bool = true
  ) -> Expected? {
    guard case .legacy(let rule) = group.grading else { return nil }
    var seen: [(Verdict, Score)] = []
    var ran: [Int32] = []
    var stopped = false
    for child in group.children {
      var outcome: (Verdict, Score)?
      switch child {
      case .testcase:
        defer { next += 1 }
        if stopped { continue }
        let (verdict, score) = results[next]
        ran.append(Int32(next + 1))
        outcome = (
          verdict, score ?? (verdict == .accepted ? rule.acceptScore : rule.rejectScore)
        )
      case .group(let inner):
        var position = next
        next += inner.testcases.count
        if stopped { continue }
        guard let grade = reference(inner, results, &position, isRoot: false) else { continue }
        ran += grade.ran
        outcome = (grade.verdict, grade.score)
      }
      guard let outcome else { continue }
      seen.append(outcome)
      if outcome.0 != .accepted && (group.breaksOnReject || outcome.0 == .judgeError) {
        stopped = true
      }
    }
    guard !seen.isEmpty else { return nil }
    if seen.contains(where: { $0.0 == .judgeError }) {
      return Expected(verdict: .judgeError, score: .zero, ran: ran)
    }
    if rule.ignoresSample && isRoot {
      if seen.count > 2 { return Expected(verdict: .judgeError, score: .zero, ran: ran) }
      seen = [seen[seen.count - 1]]
    }
    let order: [Verdict] = [
      .runtimeError, .memoryLimit, .timeLimit, .outputLimit, .wrongAnswer, .accepted,
    ]
    var verdict = Verdict.accepted
    switch rule.verdict {
    case .worstError:
      for v in order.reversed() where seen.contains(where: { $0.0 == v }) { verdict = v }
    case .firstError:
      for v in seen.reversed() where v.0 != .accepted { verdict = v.0 }
    case .alwaysAccept: break
    }
    if rule.acceptsIfAnyAccepted && seen.contains(where: { $0.0 == .accepted }) {
      verdict = .accepted
    }
    let scores = seen.map(\.1.billionths)
    let total: Int64
    switch rule.score {
    case .sum: total = scores.reduce(0, +)
    case .average: total = scores.reduce(0, +) / Int64(scores.count)
    case .minimum: total = scores.min() ?? 0
    case .maximum: total = scores.max() ?? 0
    }
    return Expected(verdict: verdict, score: Score(billionths: total), ran: ran)
  }

  static func tree(_ name: String, depth: Int, _ random: inout Generator) -> TestGroup {
    let children: [TestNode] = (0..<Int.random(in: 0...4, using: &random)).map { i in
      if depth > 0, Bool.random(using: &random) {
        return .group(tree("\(name)/\(i)", depth: depth - 1, &random))
      }
      return testcase("\(name)/\(i)")
    }
    let grading = legacy(
      LegacyGrading.VerdictRule.allCases.randomElement(using: &random) ?? .worstError,
      LegacyGrading.ScoreRule.allCases.randomElement(using: &random) ?? .sum,
      accept: String(Int.random(in: 0...9, using: &random)),
      reject: String(Int.random(in: -2...2, using: &random)),
      any: Int.random(in: 0..<4, using: &random) == 0,
      ignoreSample: Int.random(in: 0..<5, using: &random) == 0)
    return TestGroup(
      name: name, children: children, grading: grading,
      breaksOnReject: Bool.random(using: &random))
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>) func legacyTrees(seed: UInt64) {
    var random = Generator(state: seed)
    for round in 0..<100 {
      let root = Self.tree("", depth: 3, &random)
      let package = manifest(scoring: true, .group(root))
      let verdicts: [Verdict] = [
        .accepted, .accepted, .accepted, .accepted, .wrongAnswer, .timeLimit, .runtimeError,
        .outputLimit, .judgeError,
      ]
      let limit = Bool.random(using: &random) ? verdicts.count : verdicts.count - 1
      let results: [(Verdict, Score?)] = root.testcases.map { _ in
        let verdict = verdicts[..<limit].randomElement(using: &random) ?? .accepted
        let hasScore = verdict == .accepted && Int.random(in: 0..<4, using: &random) == 0
        return (verdict, hasScore ? Score("2.5") : nil)
      }
      var position = 0
      let expected = Self.reference(root, results, &position)
      let lazy = walk(package, .lazy, results)
      let full = walk(package, .full, results)
      let place = "seed \(seed) round \(round)"
      #expect(lazy.verdict == expected?.verdict ?? .accepted, "\(place)")
      if lazy.verdict == .judgeError {
        #expect(lazy.outcome?.score == nil, "\(place)")
      } else {
        #expect(lazy.outcome?.score == expected?.score ?? .zero, "\(place)")
        #expect(lazy.ran == expected?.ran ?? [], "\(place)")
      }
      #expect(full.outcome == lazy.outcome, "\(place)")
      #expect(full.ran == results.indices.map { Int32($0 + 1) }, "\(place)")
      // In any order, without being asked for.
      var plan = JudgingPlan(manifest: package, mode: .full)
      for index in results.indices.shuffled(using: &random) {
        let (verdict, score) = results[index]
        plan.record(
          Run(ordinal: Int32(index + 1), testcase: "", verdict: verdict, score: score))
      }
      #expect(plan.outcome == full.outcome, "\(place)")
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>) func aggregateTrees(seed: UInt64) {
    var random = Generator(state: seed)
    let rules: [GroupGrading] = [
      aggregate(.sum, "100"), aggregate(.passFail, "40"), aggregate(.minimum, "60"),
    ]
    for round in 0..<100 {
      var names = ["sample"]
      let groups: [TestNode] = (0..<Int.random(in: 1...5, using: &random)).map { g in
        let name = "secret/\(g)"
        var grading = rules.randomElement(using: &random) ?? rules[0]
        if case .aggregate(var rule) = grading, Bool.random(using: &random) {
          rule.requiredGroups = [names.randomElement(using: &random) ?? "sample"]
          grading = .aggregate(rule)
        }
        names.append(name)
        let count = Int.random(in: 1...4, using: &random)
        return group(name, grading, (0..<count).map { testcase("\(name)/\($0)") })
      }
      let isScoring = Int.random(in: 0..<4, using: &random) > 0
      let root = group(
        "", aggregate(.sum),
        [
          group("sample", aggregate(.passFail), [testcase("sample/1")]),
          group("secret", aggregate(.sum), groups),
        ])
      let package = manifest(scoring: isScoring, root)
      let results: [(Verdict, Score?)] = package.testcases.map { _ in
        switch Int.random(in: 0..<12, using: &random) {
        case 0: (.wrongAnswer, nil)
        case 1: (.timeLimit, nil)
        case 2 where round % 4 == 0: (.judgeError, nil)
        default: (.accepted, nil)
        }
      }
      let lazy = walk(package, .lazy, results)
      let full = walk(package, .full, results)
      #expect(lazy.outcome == full.outcome, "seed \(seed) round \(round)")
      #expect(lazy.ran.allSatisfy(Set(full.ran).contains), "seed \(seed) round \(round)")
      if results.allSatisfy({ $0.0 == .accepted }) {
        #expect(lazy.verdict == .accepted && lazy.ran.count == results.count)
      } else if !isScoring {
        let first = results.firstIndex { $0.0 != .accepted } ?? 0
        #expect(lazy.verdict == results[first].0 && lazy.ran.count == first + 1)
      }
    }
  }
}
