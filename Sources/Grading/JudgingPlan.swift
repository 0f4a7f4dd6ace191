public import JudgeModel

// Theory of operation
//
// The tree of groups is walked in judging order. A group reads its children from the left, each once
// and only when it is known; a child that ends the group (`closes`) makes those behind it not count.
// When its last child that counts is known, the group is settled and its parent reads on. So a result
// is looked at once, whatever the order in which results come in, and the work for one of them is the
// depth of the tree.
//
// Full and lazy judging differ in one place only, in which testcases are handed out. What counts is
// decided while reading, so the two cannot disagree.

/// Which testcase to run next, and what all of them came to.
///
/// A loop obeys it: take `next()`, do it, `record` what came of it, until it says `finished`. One
/// testcase at a time gives exactly the testcases that are needed. Several may be under way at once;
/// in lazy mode some of them may then turn out not to count. Runs that are known already (of an
/// earlier attempt, or from a store, to apply the rules again) can be recorded without being asked
/// for. Testcases can be given to somebody else, whose runs are recorded as they come, and taken back.
public struct JudgingPlan: Sendable {
  public enum Step: Hashable, Sendable {
    /// Run this testcase. Given once for each.
    case run(ordinal: Int32, Testcase)
    /// Call this grader and `recordGrade`. Given once for each; children before parents.
    case grade(GradeRequest)
    /// Something under way has to be recorded first.
    case wait
    /// Nothing is left to do.
    case finished(Outcome)
  }

  /// What a judging came to.
  public struct Outcome: Hashable, Sendable {
    public var verdict: Verdict
    /// Only in scoring problems; nil beside a judge error.
    public var score: Score?
    /// Ordinal of the run that the verdict comes from. nil when accepted, when a grader program
    /// decided alone, or when grading itself failed.
    public var decidingOrdinal: Int32?
    /// The deciding testcase's name, or why there is no verdict; empty when accepted.
    public var message: String
  }

  private let mode: JudgingMode
  private let isScoring: Bool
  private var tree: PlanTree
  private var runs: [Run?]
  private var isHandedOut: [Bool]
  /// First testcase that was neither handed out nor passed over.
  private var cursor = 0
  private var underWay = 0
  private var gradesToRequest: [Int] = []

  /// A package whose groups contradict each other gives a plan that is finished at once, with a judge
  /// error.
  public init(manifest: PackageManifest, mode: JudgingMode) {
    self.mode = mode
    isScoring = manifest.kind.isScoring
    tree = PlanTree(manifest.tests)
    runs = Array(repeating: nil, count: tree.leaves.count)
    isHandedOut = Array(repeating: false, count: tree.leaves.count)
    if let defect = tree.defect {
      tree.groups[0].state = .settled(.judgeError(defect))
      cursor = tree.leaves.count
    }
    settle(0)
  }

  /// Number of testcases of the package.
  public var testcaseCount: Int { runs.count }

  /// What to do next.
  public mutating func next() -> Step {
    while let group = gradesToRequest.first {
      gradesToRequest.removeFirst()
      if let request = request(for: group) { return .grade(request) }
    }
    if mode == .lazy, let outcome { return .finished(outcome) }
    while cursor < runs.count {
      if runs[cursor] == nil, !isHandedOut[cursor] {
        switch need(of: cursor) {
        case .undecided: return gradesToRequest.isEmpty ? .wait : next()
        case .needed: return handOut()
        case .notNeeded: break
        }
      }
      cursor += 1
    }
    if underWay == 0, let outcome { return .finished(outcome) }
    return .wait
  }

  private mutating func handOut() -> Step {
    isHandedOut[cursor] = true
    underWay += 1
    cursor += 1
    return .run(ordinal: Int32(cursor), tree.leaves[cursor - 1].testcase)
  }

  /// Takes the result of a testcase. False, and nothing changes, when the ordinal is not in the
  /// package or has a result already: the first one stands.
  @discardableResult
  public mutating func record(_ run: Run) -> Bool {
    let index = Int(run.ordinal) - 1
    guard runs.indices.contains(index), runs[index] == nil else { return false }
    runs[index] = run
    if isHandedOut[index] { underWay -= 1 }
    settle(0)
    return true
  }

  /// What could be shared: testcases that are needed as far as is known and were not begun, in order.
  private mutating func sharable() -> [Int] {
    guard mode == .full || outcome == nil else { return [] }
    return (cursor..<runs.count).filter { index in
      runs[index] == nil && !isHandedOut[index] && need(of: index) == .needed
    }
  }

  /// How many testcases could be shared.
  public mutating func sharableCount() -> Int { sharable().count }

  /// Gives some of the testcases that were not begun to so many others, for each as many as are kept:
  /// the last ones, for the first are more likely to decide. They count as under way, and each run is
  /// recorded when it comes.
  /// - Returns: their ordinals, in order; none when all that is left is one testcase.
  public mutating func share(parts: Int) -> [Int32] {
    let open = sharable()
    let parts = max(0, min(parts, open.count))
    let given = open.suffix(open.count * parts / (parts + 1))
    for index in given { isHandedOut[index] = true }
    underWay += given.count
    return given.map { Int32($0 + 1) }
  }

  /// A shared testcase is not under way any more; `next` hands it out again where it is needed. Nothing
  /// changes when its run is known. Only for what `share` gave.
  public mutating func takeBack(_ ordinal: Int32) {
    let index = Int(ordinal) - 1
    guard runs.indices.contains(index), runs[index] == nil, isHandedOut[index] else { return }
    isHandedOut[index] = false
    underWay -= 1
    cursor = min(cursor, index)
  }

  /// A testcase by its ordinal.
  public func testcase(_ ordinal: Int32) -> Testcase? {
    let index = Int(ordinal) - 1
    return runs.indices.contains(index) ? tree.leaves[index].testcase : nil
  }

  /// Takes what the grader of a group said; nil when it failed or left its protocol, which makes a
  /// judge error. False when that group awaits no grade.
  @discardableResult
  public mutating func recordGrade(group name: String, _ answer: GraderAnswer?) -> Bool {
    let awaiting = tree.groups.firstIndex { group in
      if case .awaitingGrade = group.state { return group.name == name }
      return false
    }
    guard let index = awaiting else { return false }
    let grade = grader(of: index).program(answer, countedGrades(of: index))
    tree.groups[index].state = .settled(grade)
    settle(0)
    return true
  }

  /// The result as far as it cannot change any more; nil until then. In full mode testcases that do
  /// not count may still be missing.
  public var outcome: Outcome? {
    guard case .settled(let grade) = tree.groups[0].state else { return nil }
    guard let grade else {
      return Outcome(
        verdict: .accepted, score: isScoring ? .zero : nil, decidingOrdinal: nil, message: "")
    }
    var message = grade.reason
    if message.isEmpty, let ordinal = grade.decider {
      message = tree.leaves[Int(ordinal) - 1].testcase.name
    }
    return Outcome(
      verdict: grade.verdict, score: grade.verdict == .judgeError ? nil : grade.score,
      decidingOrdinal: grade.decider, message: message)
  }

  /// Scores of the groups whose results are final, by name; only in scoring problems.
  public var groupScores: [String: Score] {
    guard isScoring else { return [:] }
    var scores: [String: Score] = [:]
    for group in tree.groups where !group.name.isEmpty {
      if case .settled(let grade?) = group.state { scores[group.name] = grade.score }
    }
    return scores
  }

  /// How the run with this ordinal gets its score; nil when there is no such testcase.
  public func scoring(ordinal: Int32) -> CaseScoring? {
    let index = Int(ordinal) - 1
    guard runs.indices.contains(index) else { return nil }
    return scoring(of: tree.leaves[index])
  }
}

// MARK: - What to run

extension JudgingPlan {
  private enum Need { case needed, notNeeded, undecided }

  private mutating func need(of testcase: Int) -> Need {
    var need = Need.needed
    var current: Int? = tree.leaves[testcase].group
    while let index = current {
      let group = tree.groups[index]
      if group.isSkipped { return .notNeeded }
      if mode == .lazy {
        guard case .open = group.state else { return .notNeeded }
      }
      settleRequired(by: index)
      switch tree.requirement(of: index) {
      case .met: break
      case .failed: return .notNeeded
      case .undecided: need = .undecided
      }
      current = group.parent
    }
    return need
  }
}

// MARK: - Reading results

extension JudgingPlan {
  /// Reads on where results have come in. True when the group is settled.
  @discardableResult
  private mutating func settle(_ index: Int) -> Bool {
    switch tree.groups[index].state {
    case .settled: return true
    case .awaitingGrade: return false
    case .open: break
    }
    settleRequired(by: index)
    switch tree.requirement(of: index) {
    case .met: break
    case .undecided: return false
    case .failed(let grade):
      // Its testcases count as not accepted, for the reason that the required one has.
      tree.groups[index].isSkipped = true
      tree.groups[index].state = .settled(
        Grade(verdict: grade.verdict, score: .zero, decider: grade.decider))
      return true
    }
    while !tree.groups[index].isClosed,
      tree.groups[index].scanned < tree.groups[index].children.count
    {
      let child = tree.groups[index].children[tree.groups[index].scanned]
      if case .group(let inner) = child {
        guard settle(inner) else { return false }
      }
      if case .testcase(let leaf) = child, runs[leaf] == nil { return false }
      tree.groups[index].scanned += 1
      if let grade = grade(of: child) {
        tree.groups[index].isClosed = closes(tree.groups[index], index, after: grade)
      }
    }
    return finish(index)
  }

  /// A required group that no longer counts for its parent is not read through it, but still decides
  /// here.
  private mutating func settleRequired(by index: Int) {
    for required in tree.groups[index].required { settle(required) }
  }

  /// Whether the children behind this one no longer count.
  private func closes(_ group: PlanTree.Group, _ index: Int, after grade: Grade) -> Bool {
    // Nothing makes up for a judge error.
    if grade.verdict == .judgeError { return true }
    guard grade.verdict != .accepted else { return false }
    switch group.grading {
    case .legacy, .program:
      return group.breaksOnReject
    case .aggregate(let rule):
      guard isScoring else { return true }
      guard index != 0 else { return false }
      switch rule.rule {
      case .passFail: return true
      case .sum: return false
      // Scores are not negative, so the minimum is known.
      case .minimum: return (grade.score ?? .zero) == .zero
      }
    }
  }

  /// All children that count are known.
  private mutating func finish(_ index: Int) -> Bool {
    let grades = countedGrades(of: index)
    let group = tree.groups[index]
    if grades.isEmpty {
      tree.groups[index].state = .settled(nil)
      return true
    }
    if let error = grades.first(where: { $0.verdict == .judgeError }) {
      tree.groups[index].state = .settled(error)
      return true
    }
    let grader = grader(of: index)
    switch group.grading {
    case .legacy(let rule):
      tree.groups[index].state = .settled(grader.legacy(rule, grades))
    case .aggregate(let rule):
      tree.groups[index].state = .settled(aggregate(rule, index, grades, grader))
    case .program:
      tree.groups[index].state = .awaitingGrade
      gradesToRequest.append(index)
      return false
    }
    return true
  }

  private func aggregate(
    _ rule: Aggregation, _ index: Int, _ grades: [Grade], _ grader: GroupGrader
  ) -> Grade {
    if tree.isSample(index) {
      var unscored = grader
      unscored.isScoring = false
      return unscored.aggregate(rule, grades)
    }
    // The score of a 2025-09 submission is that of `secret`; the root only holds it.
    if index == 0, tree.groups[0].ownCases == 0 {
      return grader.aggregate(Aggregation(rule: .sum, maximum: nil), grades)
    }
    return grader.aggregate(rule, grades)
  }

  private func grader(of index: Int) -> GroupGrader {
    GroupGrader(name: tree.groups[index].name, isScoring: isScoring, isRoot: index == 0)
  }

  private func countedGrades(of index: Int) -> [Grade] {
    let group = tree.groups[index]
    return group.children[..<group.scanned].compactMap { grade(of: $0) }
  }

  /// The grade of a child that is known; nil for a group in which nothing was judged.
  private func grade(of child: PlanTree.Child) -> Grade? {
    switch child {
    case .group(let index):
      guard case .settled(let grade) = tree.groups[index].state else { return nil }
      return grade
    case .testcase(let index):
      guard let run = runs[index] else { return nil }
      // A testcase is not compiled, so the word makes no sense here and must not count as rejected.
      let verdict = run.verdict == .compileError ? .judgeError : run.verdict
      let decider = verdict == .accepted ? nil : Int32(index + 1)
      guard let score = score(of: run, tree.leaves[index]) else {
        return .judgeError(
          "testcase \(tree.leaves[index].testcase.name) is accepted without a score, and its "
            + "group has no max_score")
      }
      return Grade(verdict: verdict, score: score.value, decider: decider)
    }
  }

  /// A score that may be absent by the rules, as opposed to one that is missing.
  private struct OptionalScore { var value: Score? }

  private func score(of run: Run, _ leaf: PlanTree.Leaf) -> OptionalScore? {
    let isAccepted = run.verdict == .accepted
    switch scoring(of: leaf) {
    case .none, .passFail:
      return OptionalScore(value: nil)
    case .legacy:
      return OptionalScore(value: run.score ?? defaultScore(isAccepted, leaf))
    case .points(let maximum):
      guard isAccepted else { return OptionalScore(value: .zero) }
      guard let score = run.score ?? maximum else { return nil }
      return OptionalScore(value: score)
    }
  }

  private func defaultScore(_ isAccepted: Bool, _ leaf: PlanTree.Leaf) -> Score {
    guard case .legacy(let rule) = tree.groups[leaf.group].grading else {
      return isAccepted ? .one : .zero
    }
    return isAccepted ? rule.acceptScore : rule.rejectScore
  }

  private func scoring(of leaf: PlanTree.Leaf) -> CaseScoring {
    guard isScoring else { return .none }
    let group = tree.groups[leaf.group]
    guard case .aggregate(let rule) = group.grading else { return .legacy }
    if tree.isSample(leaf.group) { return .none }
    if rule.rule != .passFail, let check = leaf.testcase.staticValidation {
      return .points(maximum: check.maximum)
    }
    switch rule.rule {
    case .passFail: return .passFail
    case .minimum: return .points(maximum: rule.maximum)
    case .sum:
      let share = rule.maximum.map { maximum in
        // The reader refuses a package in which static validation takes more than there is.
        GroupGrader.share(
          of: max(.zero, maximum.subtracting(group.staticPoints) ?? .zero),
          position: leaf.position, count: group.ownCases)
      }
      return .points(maximum: share)
    }
  }

  private func request(for index: Int) -> GradeRequest? {
    let group = tree.groups[index]
    guard case .program(let program, let flags) = group.grading else { return nil }
    // A grader always reads a number, also where scores mean nothing.
    let lines = group.children[..<group.scanned].compactMap { child -> String? in
      guard let grade = grade(of: child) else { return nil }
      var score = grade.score
      if score == nil, case .testcase = child, grade.verdict == .accepted { score = .one }
      // The format tells graders of AC, WA, RTE and TLE only; they may fail on any other word.
      return "\(grade.verdict.reduced) \(score ?? .zero)"
    }
    return GradeRequest(group: group.name, program: program, flags: flags, lines: lines)
  }
}
