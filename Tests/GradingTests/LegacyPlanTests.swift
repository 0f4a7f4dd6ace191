import Grading
import JudgeModel
import Testing

struct LegacyPlanTests {
  /// sample/1, sample/2, secret/1, secret/2, secret/3
  static func plain(breaks: Bool, _ grading: GroupGrading = legacy()) -> PackageManifest {
    manifest(
      group(
        "", grading, breaks: breaks,
        [
          group(
            "sample", grading, breaks: breaks, [testcase("sample/1"), testcase("sample/2")]),
          group(
            "secret", grading, breaks: breaks,
            [testcase("secret/1"), testcase("secret/2"), testcase("secret/3")]),
        ]))
  }

  @Test func breakStopsAtTheFirstRejectedTestcase() {
    let package = Self.plain(breaks: true)
    let lazy = walk(package, .lazy, .accepted, .accepted, .accepted, .wrongAnswer, .runtimeError)
    #expect(lazy.ran == [1, 2, 3, 4])
    #expect(lazy.verdict == .wrongAnswer && lazy.outcome?.decidingOrdinal == 4)
    #expect(lazy.outcome?.message == "secret/2" && lazy.outcome?.score == nil)
    let full = walk(package, .full, .accepted, .accepted, .accepted, .wrongAnswer, .runtimeError)
    #expect(full.ran == [1, 2, 3, 4, 5])
    #expect(full.outcome == lazy.outcome)
    let sample = walk(package, .lazy, .accepted, .timeLimit, .accepted, .accepted, .accepted)
    #expect(sample.ran == [1, 2] && sample.verdict == .timeLimit)
    let good = walk(package, .lazy, .accepted, .accepted, .accepted, .accepted, .accepted)
    #expect(good.ran == [1, 2, 3, 4, 5] && good.verdict == .accepted)
    #expect(good.outcome?.decidingOrdinal == nil && good.outcome?.message == "")
  }

  @Test func continueGradesEverything() {
    let package = Self.plain(breaks: false)
    let run = walk(package, .lazy, .accepted, .wrongAnswer, .timeLimit, .runtimeError, .accepted)
    #expect(run.ran == [1, 2, 3, 4, 5])
    #expect(run.verdict == .runtimeError && run.outcome?.decidingOrdinal == 4)
    let first = walk(
      Self.plain(breaks: false, legacy(.firstError)), .lazy, .accepted, .wrongAnswer, .timeLimit,
      .runtimeError, .accepted)
    #expect(first.verdict == .wrongAnswer && first.outcome?.decidingOrdinal == 2)
    let always = walk(
      Self.plain(breaks: false, legacy(.alwaysAccept)), .lazy, .wrongAnswer, .wrongAnswer,
      .timeLimit, .runtimeError, .wrongAnswer)
    #expect(always.verdict == .accepted && always.outcome?.decidingOrdinal == nil)
  }

  @Test func worstErrorRanksVerdicts() {
    // From worst to best; each pair in both orders.
    let ranking: [Verdict] = [
      .runtimeError, .memoryLimit, .timeLimit, .outputLimit, .wrongAnswer, .accepted,
    ]
    let package = manifest(group("", breaks: false, [testcase("1"), testcase("2")]))
    for (rank, worse) in ranking.enumerated() {
      for better in ranking[rank...] {
        #expect(walk(package, .lazy, worse, better).verdict == worse)
        #expect(walk(package, .lazy, better, worse).verdict == worse)
      }
    }
  }

  @Test func aJudgeErrorBeatsEveryRule() {
    for grading in [legacy(), legacy(.firstError, any: true), legacy(.alwaysAccept)] {
      let package = Self.plain(breaks: false, grading)
      for mode in JudgingMode.allCases {
        let run = walk(
          package, mode, .accepted, .wrongAnswer, .accepted, .judgeError, .accepted)
        #expect(run.verdict == .judgeError && run.outcome?.decidingOrdinal == 4)
        #expect(run.ran.count == (mode == .lazy ? 4 : 5))
      }
    }
    // Behind the first rejected testcase it does not count.
    let run = walk(
      Self.plain(breaks: true), .full, .accepted, .wrongAnswer, .accepted, .judgeError, .accepted)
    #expect(run.verdict == .wrongAnswer)
    // A testcase is never compiled.
    #expect(
      walk(manifest(group("", [testcase("1")])), .lazy, .compileError).verdict == .judgeError)
  }

  @Test(arguments: [
    (LegacyGrading.ScoreRule.sum, "13"), (.average, "4.333333333"), (.minimum, "2"),
    (.maximum, "7"),
  ])
  func scoreRules(_ rule: LegacyGrading.ScoreRule, _ expected: String) {
    let package = manifest(
      scoring: true,
      group(
        "", legacy(.worstError, rule, accept: "7", reject: "2"), breaks: false,
        [testcase("1"), testcase("2"), testcase("3")]))
    let results: [(Verdict, Score?)] = [
      (.accepted, nil), (.accepted, Score("4")), (.wrongAnswer, nil),
    ]
    let run = walk(package, .lazy, results)
    #expect(run.verdict == .wrongAnswer && run.score == expected)
  }

  /// Two groups, the points of each for all of its testcases, the samples left out: what most scored
  /// problems of the format look like.
  static let oddecho = manifest(
    scoring: true,
    group(
      "", legacy(ignoreSample: true), breaks: false,
      [
        group("sample", legacy(accept: "0"), breaks: false, [testcase("sample/1")]),
        group(
          "secret", legacy(any: true), breaks: false,
          [
            group(
              "secret/group1", legacy(.worstError, .minimum, accept: "40"),
              [testcase("secret/group1/1"), testcase("secret/group1/2")]),
            group(
              "secret/group2", legacy(.worstError, .minimum, accept: "60"),
              [testcase("secret/group2/1"), testcase("secret/group2/2")]),
          ]),
      ]))

  @Test(arguments: JudgingMode.allCases) func groupsWithPartialScores(_ mode: JudgingMode) {
    let all = walk(
      Self.oddecho, mode, .accepted, .accepted, .accepted, .accepted, .accepted)
    #expect(all.verdict == .accepted && all.score == "100" && all.ran.count == 5)
    let half = walk(
      Self.oddecho, mode, .wrongAnswer, .wrongAnswer, .accepted, .accepted, .accepted)
    #expect(half.verdict == .accepted && half.score == "60")
    #expect(half.ran == (mode == .lazy ? [1, 2, 4, 5] : [1, 2, 3, 4, 5]))
    let none = walk(
      Self.oddecho, mode, .accepted, .timeLimit, .accepted, .accepted, .wrongAnswer)
    #expect(none.verdict == .timeLimit && none.score == "0")
    #expect(none.outcome?.decidingOrdinal == 2)
  }

  @Test func ignoringTheSampleNeedsARootOfTwo() {
    let package = manifest(
      scoring: true,
      group("", legacy(ignoreSample: true), [testcase("1"), testcase("2"), testcase("3")]))
    let run = walk(package, .lazy, .accepted, .accepted, .accepted)
    #expect(run.verdict == .judgeError && run.outcome?.score == nil)
    #expect(run.outcome?.message.contains("ignore_sample") == true)
  }

  @Test func groupsWithoutResultsDoNotCount() {
    let empty = walk(manifest(scoring: true, group("", [])), .lazy, [])
    #expect(empty.verdict == .accepted && empty.score == "0")
    #expect(walk(manifest(group("", [])), .full, []).outcome?.score == nil)
    let package = manifest(
      scoring: true,
      group(
        "", legacy(.worstError, .minimum),
        [group("a", grader(), []), group("b", legacy(accept: "5"), [testcase("b/1")])]))
    let run = walk(package, .lazy, .accepted)
    #expect(run.verdict == .accepted && run.score == "5" && run.requests.isEmpty)
  }

  @Test func aSumOutOfRangeIsAJudgeError() {
    let package = manifest(scoring: true, group("", legacy(), [testcase("1"), testcase("2")]))
    let huge = Score(billionths: .max)
    let run = walk(package, .lazy, [(.accepted, huge), (.accepted, huge)])
    #expect(run.verdict == .judgeError && run.outcome?.score == nil)
    #expect(run.outcome?.message.contains("out of range") == true)
  }
}

struct GraderProgramTests {
  static let package = manifest(
    scoring: true,
    group(
      "", grader(["root"]), breaks: true,
      [
        group("a", grader(["x", "y"]), breaks: false, [testcase("a/1"), testcase("a/2")]),
        group("b", legacy(accept: "3"), [testcase("b/1")]),
        testcase("c"),
      ]))

  @Test func childrenAreGradedBeforeTheirParents() {
    let run = walk(
      Self.package, .lazy,
      [(.accepted, Score("2.5")), (.wrongAnswer, nil), (.accepted, nil), (.accepted, nil)]
    ) { request in
      request.group == "a"
        ? GraderAnswer(verdict: .accepted, score: Score("10") ?? .zero)
        : GraderAnswer(verdict: .accepted, score: Score("14") ?? .zero)
    }
    #expect(run.requests.map(\.group) == ["a", ""])
    #expect(run.requests.first?.lines == ["AC 2.5", "WA 0"])
    #expect(run.requests.first?.flags == ["x", "y"])
    #expect(run.requests.last?.input == "AC 10\nAC 3\nAC 1\n")
    #expect(run.verdict == .accepted && run.score == "14" && run.ran == [1, 2, 3, 4])
  }

  @Test func aRejectedGroupBreaksItsParent() {
    for mode in JudgingMode.allCases {
      let run = walk(Self.package, mode, Array(repeating: (Verdict.timeLimit, nil), count: 4)) {
        GraderAnswer(verdict: .wrongAnswer, score: $0.group == "a" ? .one : .zero)
      }
      #expect(run.requests.map(\.lines) == [["TLE 0", "TLE 0"], ["WA 1"]])
      #expect(run.verdict == .wrongAnswer && run.score == "0")
      #expect(run.outcome?.decidingOrdinal == nil)
      #expect(run.ran == (mode == .lazy ? [1, 2] : [1, 2, 3, 4]))
    }
  }

  @Test func aFailedGraderIsAJudgeError() {
    let run = walk(Self.package, .lazy, Array(repeating: (Verdict.accepted, nil), count: 4))
    #expect(run.verdict == .judgeError && run.ran == [1, 2] && run.requests.count == 1)
    #expect(run.outcome?.message == "the grader of group a failed")
  }

  @Test func aJudgeErrorIsNotGraded() {
    let run = walk(
      Self.package, .lazy,
      [(.accepted, nil), (.judgeError, nil), (.accepted, nil), (.accepted, nil)])
    #expect(run.verdict == .judgeError && run.requests.isEmpty)
    #expect(run.outcome?.decidingOrdinal == 2)
  }

  @Test func gradesNobodyAskedForChangeNothing() {
    var plan = JudgingPlan(manifest: Self.package, mode: .lazy)
    plan.expectGradeRefused("a")
    plan.expectGradeRefused("b")
    plan.expectGradeRefused("nowhere")
    #expect(plan.outcome == nil)
  }

  @Test(arguments: [
    ("AC 1", Verdict.accepted, "1"), ("AC 100.0\n", .accepted, "100"),
    ("WA\t-2.5 \n\n", .wrongAnswer, "-2.5"), ("JE 0", .judgeError, "0"),
    ("TLE 0.12345678949", .timeLimit, "0.123456789"),
  ])
  func readsAnswers(_ text: String, _ verdict: Verdict, _ score: String) throws {
    let answer = try #require(GraderAnswer(output: text))
    #expect(answer.verdict == verdict && answer.score.description == score)
  }

  @Test(arguments: [
    "", "AC", "AC 1 2", " AC 1", "ac 1", "CE 0", "PE 0", "AC +1", "AC 1e2", "AC nan", "AC 1/2",
    "AC 1.2.3", "AC -", "AC 99999999999", "AC 1\nWA 0",
  ])
  func refusesAnswers(_ text: String) {
    #expect(GraderAnswer(output: text) == nil)
  }
}
