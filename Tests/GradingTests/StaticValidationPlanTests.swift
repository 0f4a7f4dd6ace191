import Grading
import JudgeModel
import Testing

struct StaticValidationPlanTests {
  private static func look(_ name: String, _ maximum: String?) -> TestNode {
    var testcase = Testcase(name: name, input: "", answer: "")
    testcase.staticValidation = StaticValidation(
      arguments: [], maximum: maximum.flatMap { Score($0) })
    return .testcase(testcase)
  }

  /// 10 of 40 points for the text, 30 for two testcases.
  private static let sum = AggregatePlanTests.package([
    group(
      "secret/a", aggregate(.sum, "40"),
      [look("secret/a/static_validation", "10"), testcase("secret/a/1"), testcase("secret/a/2")])
  ])

  @Test func itsPointsAreTakenFromTheShared() {
    let plan = JudgingPlan(manifest: Self.sum, mode: .full)
    #expect(
      (1...4).map { plan.scoring(ordinal: $0) } == [
        CaseScoring.none, .points(maximum: Score("10")), .points(maximum: Score("15")),
        .points(maximum: Score("15")),
      ])
    #expect(walk(Self.sum, .full, .accepted, .accepted, .accepted, .accepted).score == "40")
    #expect(walk(Self.sum, .full, .accepted, .wrongAnswer, .accepted, .accepted).score == "30")
    #expect(walk(Self.sum, .full, .accepted, .accepted, .wrongAnswer, .accepted).score == "25")
  }

  @Test func inAPassFailGroupItIsOneTestcaseOfSeveral() {
    let package = AggregatePlanTests.package([
      group(
        "secret/a", aggregate(.passFail, "40"),
        [Self.look("secret/a/static_validation", nil), testcase("secret/a/1")])
    ])
    #expect(JudgingPlan(manifest: package, mode: .full).scoring(ordinal: 2) == .passFail)
    let rejected = walk(package, .lazy, .accepted, .wrongAnswer, .accepted)
    #expect(rejected.score == "0" && rejected.ran == [1, 2])
    #expect(walk(package, .lazy, .accepted, .accepted, .accepted).score == "40")
  }
}
