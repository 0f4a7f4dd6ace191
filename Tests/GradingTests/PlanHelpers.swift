import Grading
import JudgeModel
import Testing

// Short words for trees of tests, so that a test reads as the tree it is about.

func testcase(_ name: String) -> TestNode {
  .testcase(Testcase(name: name, input: name + ".in", answer: name + ".ans"))
}

func group(_ name: String, _ grading: GroupGrading, breaks: Bool = true, _ children: [TestNode])
  -> TestNode
{
  .group(TestGroup(name: name, children: children, grading: grading, breaksOnReject: breaks))
}

func group(_ name: String, breaks: Bool = true, _ children: [TestNode]) -> TestNode {
  group(name, legacy(), breaks: breaks, children)
}

func legacy(
  _ verdict: LegacyGrading.VerdictRule = .worstError, _ score: LegacyGrading.ScoreRule = .sum,
  accept: String = "1", reject: String = "0", any: Bool = false, ignoreSample: Bool = false
) -> GroupGrading {
  var rule = LegacyGrading()
  rule.verdict = verdict
  rule.score = score
  rule.acceptScore = Score(accept) ?? .one
  rule.rejectScore = Score(reject) ?? .zero
  rule.acceptsIfAnyAccepted = any
  rule.ignoresSample = ignoreSample
  return .legacy(rule)
}

func aggregate(
  _ rule: Aggregation.Rule, _ maximum: String? = nil, requires: [String] = []
) -> GroupGrading {
  .aggregate(
    Aggregation(rule: rule, maximum: maximum.flatMap { Score($0) }, requiredGroups: requires))
}

func grader(_ flags: [String] = []) -> GroupGrading {
  .program(
    ValidatorProgram(language: nil, folder: "graders", files: [], arguments: []), flags: flags)
}

func manifest(scoring: Bool = false, _ root: TestNode) -> PackageManifest {
  guard case .group(let tests) = root else { fatalError("the root is a group") }
  var kind = ProblemKind()
  kind.isScoring = scoring
  return PackageManifest(
    problem: "p", title: "P", sourceFormat: .legacy, kind: kind, limits: ProblemLimits(),
    check: .tokens(TokenComparison()), tests: tests, files: [])
}

/// What one whole judging did.
struct Walk {
  var ran: [Int32] = []
  var requests: [GradeRequest] = []
  var outcome: JudgingPlan.Outcome?

  var verdict: Verdict? { outcome?.verdict }
  var score: String? { outcome?.score?.description }
}

/// Judges one testcase at a time. `results` are the verdicts (and scores) in judging order.
func walk(
  _ manifest: PackageManifest, _ mode: JudgingMode, _ results: [(Verdict, Score?)],
  grade: (GradeRequest) -> GraderAnswer? = { _ in nil }
) -> Walk {
  var plan = JudgingPlan(manifest: manifest, mode: mode)
  var walk = Walk()
  // More steps than there can be mean a plan that does not end.
  for _ in 0..<(3 * plan.testcaseCount + 100) {
    switch plan.next() {
    case .run(let ordinal, let testcase):
      walk.ran.append(ordinal)
      let (verdict, score) = results[Int(ordinal) - 1]
      let run = Run(ordinal: ordinal, testcase: testcase.name, verdict: verdict, score: score)
      plan.expectTaken(run)
    case .grade(let request):
      walk.requests.append(request)
      let isTaken = plan.recordGrade(group: request.group, grade(request))
      #expect(isTaken)
    case .wait:
      Issue.record("nothing is under way, and the plan waits")
      return walk
    case .finished(let outcome):
      walk.outcome = outcome
      return walk
    }
  }
  Issue.record("the plan does not end")
  return walk
}

func walk(
  _ manifest: PackageManifest, _ mode: JudgingMode = .lazy, _ verdicts: Verdict...
) -> Walk {
  walk(manifest, mode, verdicts.map { ($0, nil) })
}

// Expectations about mutating calls, which the macro cannot hold.
extension JudgingPlan {
  mutating func expectTaken(_ run: Run, _ location: SourceLocation = #_sourceLocation) {
    let isTaken = record(run)
    #expect(isTaken, sourceLocation: location)
  }

  mutating func expectRefused(_ run: Run, _ location: SourceLocation = #_sourceLocation) {
    let isTaken = record(run)
    #expect(!isTaken, sourceLocation: location)
  }

  mutating func expectNext(_ expected: Step?, _ location: SourceLocation = #_sourceLocation) {
    let step = next()
    #expect(step == expected, sourceLocation: location)
  }

  /// Whatever the testcase is called.
  mutating func expectRun(_ expected: Int32, _ location: SourceLocation = #_sourceLocation) {
    guard case .run(let ordinal, _) = next() else {
      Issue.record("testcase \(expected) is to be run", sourceLocation: location)
      return
    }
    #expect(ordinal == expected, sourceLocation: location)
  }

  mutating func expectGradeRefused(
    _ group: String, _ location: SourceLocation = #_sourceLocation
  ) {
    let isTaken = recordGrade(group: group, GraderAnswer(verdict: .accepted, score: .one))
    #expect(!isTaken, sourceLocation: location)
  }
}
