import JudgeModel
import Testing

@testable import WorkerCore

@Suite struct FetchPlanTests {
  /// Members of these sizes, one after the other from byte 100.
  private func ranges(_ sizes: Int64...) -> [Range<Int64>] {
    var at: Int64 = 100
    return sizes.map { size in
      defer { at += size }
      return at..<(at + size)
    }
  }

  private func all(_ plan: inout FetchPlan, atMost limit: Int64) -> [String] {
    var texts: [String] = []
    while let piece = plan.next(atMost: limit) {
      #expect(piece.length == piece.parts.reduce(0) { $0 + $1.length })
      #expect(piece.length <= max(1, limit))
      let members = piece.parts.map { part in
        (part.member.map { "\($0)" } ?? "-\(part.length)") + (part.isLast ? "" : "…")
      }
      texts.append("\(piece.offset)+\(piece.length) " + members.joined(separator: " "))
    }
    #expect(plan.isExhausted && plan.bytesLeft == 0)
    return texts
  }

  @Test func neighboursShareAPiece() {
    // An answer lies before its input, and the input is needed first.
    var plan = FetchPlan(order: [1, 0, 3, 2, 5, 4], ranges: ranges(5, 10, 5, 10, 5, 10))
    #expect(plan.bytesLeft == 45)
    #expect(all(&plan, atMost: 30) == ["100+30 0 1 2 3", "130+15 4 5"])
  }

  @Test func whatIsHereIsLeftOut() {
    var plan = FetchPlan(order: [0, 2, 3], ranges: ranges(5, 10, 5, 10))
    #expect(all(&plan, atMost: 100) == ["100+5 0", "115+15 2 3"])
  }

  @Test func aLargeMemberComesInParts() {
    var plan = FetchPlan(order: [1, 0], ranges: ranges(5, 25, 5))
    let first = plan.next(atMost: 10)
    #expect(first?.parts == [.init(member: 1, length: 10, isLast: false)])
    #expect(plan.bytesLeft == 20)
    #expect(all(&plan, atMost: 10) == ["115+10 1…", "125+5 1", "100+5 0"])
  }

  @Test func whatSomebodyWaitsForGoesToTheFront() {
    var plan = FetchPlan(order: [0, 1, 2, 3, 4], ranges: ranges(20, 20, 20, 20, 20))
    let first = plan.next(atMost: 10)
    #expect(first?.offset == 100)
    plan.prefer(3)
    plan.prefer(3)
    plan.prefer(0)
    plan.prefer(77)
    // The member that has begun is finished first.
    #expect(
      all(&plan, atMost: 20) == ["110+10 0", "160+20 3", "120+20 1", "140+20 2", "180+20 4"])
    plan.prefer(3)
    let none = plan.next(atMost: 20)
    #expect(none == nil)
  }

  @Test func whereLongPiecesAreCheapAllThatLiesBehindComesAlong() {
    let count = 100
    let ranges = (0..<count).map { Int64($0 * 10)..<Int64($0 * 10 + 10) }
    // What is needed first lies in the middle; what lies before it waits for its turn.
    let order = [60] + (0..<count).filter { $0 != 60 && $0 != 95 }
    var plan = FetchPlan(order: order, ranges: ranges, lookaheadBehind: count)
    #expect(
      all(&plan, atMost: 10_000) == [
        "600+350 " + (60..<95).map { "\($0)" }.joined(separator: " "),
        "0+600 " + (0..<60).map { "\($0)" }.joined(separator: " "),
        "960+40 96 97 98 99",
      ])
  }

  @Test func whatNobodyNeedsComesAlongWhereAskingCostsMore() {
    // Every other one is here already.
    let sizes = ranges(10, 3, 10, 3, 10, 4, 10, 3, 3, 10)
    let order = [0, 2, 4, 6, 9]
    var plan = FetchPlan(order: order, ranges: sizes, gapBytes: 3)
    #expect(all(&plan, atMost: 100) == ["100+36 0 -3 2 -3 4", "140+10 6", "156+10 9"])
    plan = FetchPlan(order: order, ranges: sizes, gapBytes: 6)
    #expect(all(&plan, atMost: 50) == ["100+50 0 -3 2 -3 4 -4 6", "156+10 9"])
    plan = FetchPlan(order: order, ranges: sizes, gapBytes: 6)
    #expect(all(&plan, atMost: 22) == ["100+10 0", "113+10 2", "126+10 4", "140+10 6", "156+10 9"])
    plan = FetchPlan(order: order, ranges: sizes)
    #expect(all(&plan, atMost: 100).count == 5)
  }

  @Test func betweenMembers() {
    var plan = FetchPlan(order: [1, 0], ranges: ranges(5, 25, 5))
    #expect(plan.isBetweenMembers)
    _ = plan.next(atMost: 10)
    #expect(!plan.isBetweenMembers)
    _ = plan.next(atMost: 15)
    #expect(plan.isBetweenMembers)
  }

  @Test func aNeighbourThatIsNeededMuchLaterWaits() {
    let count = 100
    let order = [50] + (0..<count).filter { $0 != 50 && $0 != 51 } + [51]
    let ranges = (0..<count).map { Int64($0 * 10)..<Int64($0 * 10 + 10) }
    var plan = FetchPlan(order: order, ranges: ranges)
    let first = plan.next(atMost: 1000)
    #expect(first?.parts.map(\.member) == [50])
    _ = all(&plan, atMost: 1000)
  }

  @Test func sillyPlansDoNotTrap() {
    var plan = FetchPlan(order: [9, -1, 0, 0, 1], ranges: [5..<5, 5..<8])
    #expect(all(&plan, atMost: 0) == ["5+1 1…", "6+1 1…", "7+1 1"])
  }

  /// Every byte of every member that is wanted, once, whatever is preferred when.
  @Test(arguments: 1...20) func everyByteOnce(seed: UInt64) {
    var state = seed
    func below(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    var at: Int64 = 0
    let ranges = (0..<40).map { _ in
      let start = at
      at += Int64(1 + below(50))
      return start..<at
    }
    let order = (0..<40).filter { _ in below(3) > 0 }.map { ($0, below(1000)) }
      .sorted { $0.1 < $1.1 }.map(\.0)
    var plan = FetchPlan(order: order, ranges: ranges)
    var seen = [Int](repeating: 0, count: Int(at))
    var finished: [Int] = []
    while let piece = plan.next(atMost: Int64(1 + below(60))) {
      for byte in piece.offset..<(piece.offset + piece.length) { seen[Int(byte)] += 1 }
      finished += piece.parts.filter(\.isLast).compactMap(\.member)
      if below(3) == 0 { plan.prefer(below(40)) }
    }
    #expect(finished.sorted() == order.sorted())
    for member in ranges.indices {
      for byte in ranges[member] {
        #expect(seen[Int(byte)] == (order.contains(member) ? 1 : 0))
      }
    }
  }

  @Test func programsTravelFirstAndThenTestcasesInJudgingOrder() {
    let file = { (path: String, role: PackageFile.Role, n: UInt8) in
      PackageFile(path: path, size: 1, digest: .numbered(n), role: role)
    }
    let files = [
      file("data/a.ans", .answer, 1), file("data/a.in", .input, 2), file("data/b.ans", .answer, 1),
      file("data/b.in", .input, 3), file("extra", .caseFile, 4), file("graders/g.py", .grader, 5),
      file("include/c/x.h", .include, 6), file("unused", .caseFile, 7),
      file("validators/v.py", .validator, 8),
    ]
    let cases = ["b", "a"].map {
      Testcase(
        name: $0, input: "data/\($0).in", answer: "data/\($0).ans",
        files: [CaseFile(name: "extra", path: "extra")])
    }
    let manifest = PackageManifest(
      problem: "p", title: "P", sourceFormat: .ppf2025, kind: ProblemKind(),
      limits: ProblemLimits(), check: .tokens(TokenComparison()),
      tests: TestGroup(
        name: "", children: cases.map { .testcase($0) }, grading: .legacy(LegacyGrading())),
      files: files)
    let order = TravelOrder(manifest) { $0.digest != .numbered(6) }
    #expect(order.members == [8, 5, 3, 2, 4, 1, 7], "what two share travels once")
    #expect(order.neededToStart == 2)
  }
}
