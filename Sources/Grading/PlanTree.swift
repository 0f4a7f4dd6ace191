import JudgeModel

/// The groups of a package in a flat array, parents before children, with what a judging has learned
/// about each.
struct PlanTree {
  enum Child {
    /// Index into the testcases.
    case testcase(Int)
    /// Index into the groups.
    case group(Int)
  }

  enum State {
    /// Next: awaitingGrade, settled.
    case open
    /// Its children are known and its program has to be asked. Next: settled.
    case awaitingGrade
    /// Final. nil: nothing in it was judged, so it does not count for its parent.
    case settled(Grade?)
  }

  struct Group {
    let name: String
    let grading: GroupGrading
    let breaksOnReject: Bool
    let parent: Int?
    var children: [Child] = []
    /// The testcases below, as indices.
    var cases = 0..<0
    /// Number of testcases that are direct children, static validation apart: among these the points
    /// of a group are shared.
    var ownCases = 0
    /// Points that static validation takes from what is shared.
    var staticPoints = Score.zero
    /// Groups that have to be passed before this one is run.
    var required: [Int] = []
    var state = State.open
    /// Children before this one are known and count.
    var scanned = 0
    var isClosed = false
    /// Never run, because a required group was not passed.
    var isSkipped = false
  }

  /// One testcase and where it hangs.
  struct Leaf {
    let testcase: Testcase
    let group: Int
    /// Among the direct testcases of its group, from 0.
    let position: Int
  }

  var groups: [Group] = []
  var leaves: [Leaf] = []
  /// What makes the tree unusable; a fault of the package.
  var defect: String?

  init(_ root: TestGroup) {
    add(root, parent: nil)
    resolveRequirements(root)
  }

  @discardableResult
  private mutating func add(_ group: TestGroup, parent: Int?) -> Int {
    let index = groups.count
    groups.append(
      Group(
        name: group.name, grading: group.grading, breaksOnReject: group.breaksOnReject,
        parent: parent))
    let firstCase = leaves.count
    for child in group.children {
      switch child {
      case .testcase(let testcase):
        groups[index].children.append(.testcase(leaves.count))
        leaves.append(
          Leaf(testcase: testcase, group: index, position: groups[index].ownCases))
        if let check = testcase.staticValidation {
          groups[index].staticPoints =
            groups[index].staticPoints.adding(check.maximum ?? .zero) ?? groups[index].staticPoints
        } else {
          groups[index].ownCases += 1
        }
      case .group(let inner):
        let innerIndex = add(inner, parent: index)
        groups[index].children.append(.group(innerIndex))
      }
    }
    groups[index].cases = firstCase..<leaves.count
    return index
  }

  /// Turns names into indices. A requirement has to come earlier in judging order; anything else
  /// could make a group wait for itself.
  private mutating func resolveRequirements(_ root: TestGroup) {
    var indices: [String: Int] = [:]
    for (index, group) in groups.enumerated() { indices[group.name] = index }
    for index in groups.indices {
      guard case .aggregate(let rule) = groups[index].grading else { continue }
      for name in rule.requiredGroups {
        guard let required = indices[name] else {
          defect = "group \(groups[index].name) requires \(name), which is no group of the package"
          return
        }
        guard required < index, !isAncestor(required, of: index) else {
          defect = "group \(groups[index].name) requires \(name), which does not come before it"
          return
        }
        groups[index].required.append(required)
      }
    }
  }

  private func isAncestor(_ ancestor: Int, of group: Int) -> Bool {
    var current = groups[group].parent
    while let index = current {
      if index == ancestor { return true }
      current = groups[index].parent
    }
    return false
  }

  /// The samples of the package, which the 2025-09 format never counts towards a score.
  func isSample(_ group: Int) -> Bool {
    groups[group].parent == 0 && groups[group].name == "sample"
  }

  enum Requirement {
    case met
    case failed(Grade)
    case undecided
  }

  func requirement(of group: Int) -> Requirement {
    for required in groups[group].required {
      guard case .settled(let grade) = groups[required].state else { return .undecided }
      if let grade, grade.verdict != .accepted { return .failed(grade) }
    }
    return .met
  }
}
