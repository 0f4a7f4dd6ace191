import Grading
import JudgeModel
import Testing

/// Testcases of a plan that others run.
@Suite struct SharingPlanTests {
  private func plan(_ count: Int = 10, _ mode: JudgingMode = .full) -> JudgingPlan {
    JudgingPlan(
      manifest: manifest(
        group("", [group("secret", (1...count).map { testcase("secret/\($0)") })])),
      mode: mode)
  }
  private func run(_ ordinal: Int32, _ verdict: Verdict = .accepted) -> Run {
    Run(ordinal: ordinal, testcase: "secret/\(ordinal)", verdict: verdict)
  }
  /// A plan that an expectation may change.
  private final class Walk {
    var plan: JudgingPlan
    init(_ plan: JudgingPlan) { self.plan = plan }
    func next() -> Int32? { if case .run(let ordinal, _) = plan.next() { ordinal } else { nil } }
    func step() -> JudgingPlan.Step { plan.next() }
    func share(_ parts: Int) -> [Int32] { plan.share(parts: parts) }
    func count() -> Int { plan.sharableCount() }
    func record(_ run: Run) -> Bool { plan.record(run) }
  }
  private func next(_ plan: inout JudgingPlan) -> Int32? {
    if case .run(let ordinal, _) = plan.next() { ordinal } else { nil }
  }

  @Test func theLastOfWhatWasNotBegunAreShared() {
    let walk = Walk(plan())
    #expect(walk.next() == 1)
    #expect(walk.count() == 9)
    #expect(walk.share(2) == [5, 6, 7, 8, 9, 10])
    #expect(walk.count() == 3)
    #expect(walk.share(0) == [])
    #expect(walk.record(run(1)))
    #expect([walk.next(), walk.next(), walk.next(), walk.next()] == [2, 3, 4, nil])
    #expect(walk.share(3) == [])
    #expect(walk.step() == .wait)
    for ordinal in 2...10 as ClosedRange<Int32> { #expect(walk.record(run(ordinal))) }
    #expect(walk.next() == nil)
    #expect(walk.plan.outcome?.verdict == .accepted)
  }

  @Test func oneTestcaseIsKept() {
    let walk = Walk(plan(1))
    #expect(walk.share(4) == [])
    #expect(walk.next() == 1)
  }

  @Test func whatIsTakenBackIsHandedOutAgainOnce() {
    let walk = Walk(plan(4))
    #expect(walk.share(1) == [3, 4])
    #expect([walk.next(), walk.next()] == [1, 2])
    for ordinal in 1...3 as ClosedRange<Int32> { #expect(walk.record(run(ordinal))) }
    for ordinal in [3, 4, 4, 9] as [Int32] { walk.plan.takeBack(ordinal) }
    #expect(walk.next() == 4)
    #expect(walk.step() == .wait)
    // Both have run it: the first counts.
    #expect(walk.record(run(4, .wrongAnswer)))
    #expect(!walk.record(run(4)))
    #expect(walk.plan.outcome?.verdict == .wrongAnswer)
    #expect(walk.plan.outcome?.decidingOrdinal == 4)
  }

  /// Whatever the order in which shared runs come in, the outcome is that of the walk without others.
  @Test(arguments: [JudgingMode.full, .lazy]) func theOutcomeIsThatOfOneWalk(_ mode: JudgingMode) {
    for failing in 0...10 as ClosedRange<Int32> {
      let verdict = { (ordinal: Int32) in
        ordinal == failing || ordinal == 9 && failing > 0 ? Verdict.wrongAnswer : .accepted
      }
      var alone = plan(10, mode)
      while let ordinal = next(&alone) { alone.record(run(ordinal, verdict(ordinal))) }
      var split = plan(10, mode)
      let shared = split.share(parts: 3)
      var waiting = Array(shared.reversed())
      loop: while true {
        switch split.next() {
        case .run(let ordinal, _): split.record(run(ordinal, verdict(ordinal)))
        case .wait: split.record(run(waiting[0], verdict(waiting.removeFirst())))
        case .grade, .finished: break loop
        }
      }
      #expect(split.outcome == alone.outcome, "\(failing)")
    }
  }

  /// What may turn out not to count stays here.
  @Test func aGroupThatDependsOnAnotherIsNotShared() {
    let walk = Walk(
      JudgingPlan(
        manifest: manifest(
          scoring: true,
          group(
            "", aggregate(.sum),
            [
              group("a", aggregate(.passFail, "10"), [testcase("a/1"), testcase("a/2")]),
              group("b", aggregate(.passFail, "10", requires: ["a"]), [testcase("b/1")]),
            ])),
        mode: .full))
    #expect(walk.count() == 2)
    #expect(walk.share(1) == [2])
    #expect(walk.next() == 1)
    #expect(walk.record(run(1)))
    #expect(walk.step() == .wait)
    walk.plan.takeBack(2)
    #expect(walk.next() == 2)
  }

  @Test func testcasesAreFoundByOrdinal() {
    let plan = plan(2)
    #expect(plan.testcase(2)?.name == "secret/2")
    #expect(plan.testcase(0) == nil && plan.testcase(3) == nil)
  }
}
