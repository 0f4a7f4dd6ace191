import Grading
import JudgeModel
import Testing

struct AggregatePlanTests {
  static func package(_ groups: [TestNode]) -> PackageManifest {
    package(aggregate(.sum, "100"), groups)
  }

  static func package(_ secret: GroupGrading, _ groups: [TestNode]) -> PackageManifest {
    manifest(
      scoring: true,
      group(
        "", aggregate(.sum),
        [
          group("sample", aggregate(.passFail), [testcase("sample/1")]),
          group("secret", secret, groups),
        ]))
  }

  /// 20 points for all of the first, up to 80 for the second.
  static let two = package([
    group(
      "secret/a", aggregate(.passFail, "20"), [testcase("secret/a/1"), testcase("secret/a/2")]),
    group("secret/b", aggregate(.sum, "80"), (1...3).map { testcase("secret/b/\($0)") }),
  ])

  @Test func passFailProblemsStopAtTheFirstRejected() {
    let package = manifest(
      group(
        "", aggregate(.passFail),
        [
          group("sample", aggregate(.passFail), [testcase("sample/1")]),
          group(
            "secret", aggregate(.passFail),
            [
              group("secret/a", aggregate(.passFail), [testcase("secret/a/1")]),
              group(
                "secret/b", aggregate(.passFail),
                [testcase("secret/b/1"), testcase("secret/b/2")]),
            ]),
        ]))
    let lazy = walk(package, .lazy, .accepted, .wrongAnswer, .runtimeError, .judgeError)
    #expect(lazy.ran == [1, 2] && lazy.verdict == .wrongAnswer && lazy.outcome?.score == nil)
    let full = walk(package, .full, .accepted, .wrongAnswer, .runtimeError, .judgeError)
    #expect(full.ran == [1, 2, 3, 4] && full.outcome == lazy.outcome)
    #expect(full.outcome?.decidingOrdinal == 2)
    let good = walk(package, .lazy, .accepted, .accepted, .accepted, .accepted)
    #expect(good.verdict == .accepted && good.outcome?.score == nil)
  }

  @Test(arguments: JudgingMode.allCases) func groupsAddUp(_ mode: JudgingMode) {
    let all = walk(
      Self.two, mode, .accepted, .accepted, .accepted, .accepted, .accepted, .accepted)
    // Thirds of 80 add up to 80 nonetheless.
    #expect(all.verdict == .accepted && all.score == "100" && all.ran.count == 6)
    let some = walk(
      Self.two, mode, .wrongAnswer, .timeLimit, .accepted, .runtimeError, .accepted, .accepted)
    #expect(some.verdict == .wrongAnswer && some.outcome?.decidingOrdinal == 1)
    #expect(some.score == "53.333333333")
    #expect(some.ran == (mode == .lazy ? [1, 2, 4, 5, 6] : [1, 2, 3, 4, 5, 6]))
  }

  @Test func samplesGiveNoPointsButAVerdict() {
    let run = walk(
      Self.two, .lazy, .runtimeError, .accepted, .accepted, .accepted, .accepted, .accepted)
    #expect(run.verdict == .runtimeError && run.score == "100")
  }

  @Test func minimumOfATestcasesScores() {
    let package = Self.package([
      group(
        "secret/a", aggregate(.minimum, "100"), (1...3).map { testcase("secret/a/\($0)") })
    ])
    let results: [(Verdict, Score?)] = [
      (.accepted, nil), (.accepted, nil), (.accepted, Score("30")), (.accepted, Score("40")),
    ]
    #expect(walk(package, .lazy, results).score == "30")
    let rejected = walk(package, .lazy, .accepted, .accepted, .wrongAnswer, .judgeError)
    #expect(rejected.ran == [1, 2, 3] && rejected.score == "0")
    #expect(
      rejected.outcome
        == walk(
          package, .full, .accepted, .accepted, .wrongAnswer,
          .judgeError
        ).outcome)
  }

  @Test func secretMayBeGradedAsAWholeOrByItsWeakestGroup() {
    let groups: (Aggregation.Rule) -> [TestNode] = { rule in
      [
        group("secret/a", aggregate(rule, "60"), [testcase("secret/a/1")]),
        group("secret/b", aggregate(rule, "50"), [testcase("secret/b/1")]),
      ]
    }
    let whole = Self.package(aggregate(.passFail, "100"), groups(.passFail))
    #expect(walk(whole, .lazy, .accepted, .accepted, .accepted).score == "100")
    let failed = walk(whole, .lazy, .accepted, .wrongAnswer, .accepted)
    #expect(failed.score == "0" && failed.ran == [1, 2])
    let weakest = Self.package(aggregate(.minimum, "100"), groups(.sum))
    #expect(walk(weakest, .lazy, .accepted, .accepted, .accepted).score == "50")
  }

  /// b needs a, c needs b, d needs the sample.
  static let chain = package([
    group(
      "secret/a", aggregate(.passFail, "10"), [testcase("secret/a/1"), testcase("secret/a/2")]),
    group(
      "secret/b", aggregate(.passFail, "20", requires: ["secret/a"]), [testcase("secret/b/1")]),
    group("secret/c", aggregate(.sum, "30", requires: ["secret/b"]), [testcase("secret/c/1")]),
    group("secret/d", aggregate(.sum, "40", requires: ["sample"]), [testcase("secret/d/1")]),
  ])

  @Test(arguments: JudgingMode.allCases) func requiredGroups(_ mode: JudgingMode) {
    let ac = Verdict.accepted
    #expect(walk(Self.chain, mode, ac, ac, ac, ac, ac, ac).score == "100")
    let first = walk(Self.chain, mode, ac, .timeLimit, ac, ac, ac, ac)
    #expect(first.ran == (mode == .lazy ? [1, 2, 6] : [1, 2, 3, 6]))
    #expect(first.verdict == .timeLimit && first.score == "40")
    #expect(first.outcome?.decidingOrdinal == 2)
    let sample = walk(Self.chain, mode, .wrongAnswer, ac, ac, ac, ac, ac)
    #expect(sample.ran == [1, 2, 3, 4, 5] && sample.score == "60")
    #expect(sample.verdict == .wrongAnswer)
    let error = walk(Self.chain, mode, .judgeError, ac, ac, ac, ac, ac)
    #expect(error.verdict == .judgeError)
    #expect(error.ran == (mode == .lazy ? [1] : [1, 2, 3, 4, 5]))
  }

  @Test func requirementsThatCannotBeMetAreAJudgeError() {
    let bad: [(String, [TestNode])] = [
      ("no group", [group("secret/a", aggregate(.sum, "9", requires: ["x"]), [testcase("1")])]),
      (
        "before",
        [
          group("secret/a", aggregate(.sum, "9", requires: ["secret/b"]), [testcase("1")]),
          group("secret/b", aggregate(.passFail, "9"), [testcase("2")]),
        ]
      ),
      ("before", [group("secret/a", aggregate(.sum, "9", requires: ["secret"]), [testcase("1")])]),
      ("before", [group("secret/a", aggregate(.sum, "9", requires: ["secret/a"]), [])]),
    ]
    for (reason, groups) in bad {
      let run = walk(Self.package(groups), .full, [])
      #expect(run.verdict == .judgeError && run.ran.isEmpty)
      #expect(run.outcome?.message.contains(reason) == true)
    }
  }

  @Test func scoresAgainstTheRulesAreJudgeErrors() {
    let unbounded = Self.package(
      aggregate(.sum), [group("secret/a", aggregate(.sum), [testcase("secret/a/1")])])
    #expect(walk(unbounded, .lazy, [(.accepted, nil), (.accepted, Score("7"))]).score == "7")
    let missing = walk(unbounded, .lazy, .accepted, .accepted)
    #expect(missing.verdict == .judgeError && missing.outcome?.score == nil)
    let whole = Self.package([group("secret/a", aggregate(.passFail), [testcase("secret/a/1")])])
    #expect(walk(whole, .lazy, .accepted, .accepted).verdict == .judgeError)
    let tooMuch = walk(Self.two, .lazy, Array(repeating: (.accepted, Score("90")), count: 6))
    #expect(tooMuch.verdict == .judgeError)
    #expect(tooMuch.outcome?.message.contains("max_score") == true)
    let huge = Self.package(
      aggregate(.sum), [group("secret/a", aggregate(.sum), [testcase("1"), testcase("2")])])
    let overflow = walk(
      huge, .lazy, Array(repeating: (.accepted, Score(billionths: .max)), count: 3))
    #expect(overflow.verdict == .judgeError)
  }

  @Test func testcasesAreScoredAsTheirGroupsSay() {
    let plan = JudgingPlan(manifest: Self.two, mode: .full)
    #expect(plan.testcaseCount == 6)
    #expect(plan.scoring(ordinal: 1) == CaseScoring.none)
    #expect(plan.scoring(ordinal: 2) == .passFail)
    let parts = (4...6).compactMap { plan.scoring(ordinal: $0) }
    #expect(
      parts
        == ["26.666666667", "26.666666667", "26.666666666"].map { .points(maximum: Score($0)) })
    #expect(plan.scoring(ordinal: 0) == nil && plan.scoring(ordinal: 7) == nil)
    let legacy = JudgingPlan(manifest: LegacyPlanTests.oddecho, mode: .full)
    #expect(legacy.scoring(ordinal: 1) == .legacy)
    let passFail = JudgingPlan(manifest: LegacyPlanTests.plain(breaks: true), mode: .full)
    #expect(passFail.scoring(ordinal: 1) == CaseScoring.none)
  }
}
