import JudgeModel
import Testing

@testable import Contest

@Suite struct VerdictMapTests {
  private let big5 = ["AC", "WA", "TLE", "RTE", "CE"].map {
    JudgementType(id: $0, solved: $0 == "AC", penalty: true)
  }

  @Test func knowsTheWholeRegistry() {
    let ids =
      "AC RE WA TLE RTE CE APE OLE PE EO IO NO WTL ILE TCO TWA TPE TEO TIO TNO MLE SV IF RCO RWA RPE "
      + "REO RIO RNO CTL JE SE CS"
    #expect(ids.split(separator: " ").count == 33)
    for id in ids.split(separator: " ") {
      #expect(VerdictMap.standard(String(id)) != nil, "\(id)")
    }
    for verdict in Verdict.allCases where verdict != .judgeError {
      #expect(VerdictMap.standard(verdict.rawValue) == .verdict(verdict))
      #expect(VerdictMap.standard(verdict.name) == .verdict(verdict))
    }
  }

  @Test(
    arguments: [
      ("correct", .verdict(.accepted)), ("wrong-answer", .verdict(.wrongAnswer)),
      ("run-error", .verdict(.runtimeError)), ("timelimit", .verdict(.timeLimit)),
      ("memory-limit", .verdict(.memoryLimit)), ("aborted", .none), ("JU", .none),
      ("TIME_LIMIT_EXCEEDED", .verdict(.timeLimit)), ("OK", .verdict(.accepted)),
      ("No - Compilation Error", .verdict(.compileError)), ("IOF", .verdict(.wrongAnswer)),
      ("tle", .verdict(.timeLimit)), ("NO", .verdict(.wrongAnswer)), ("Yes", .verdict(.accepted)),
    ] as [(String, OldOutcome)]) func otherSystems(id: String, outcome: OldOutcome)
  {
    #expect(VerdictMap.standard(id) == outcome)
  }

  @Test func exactWhereTheOldSystemHasAWord() {
    let coarse = VerdictMap(types: big5, used: ["RTE"])
    #expect(coarse.isSame(.verdict(.runtimeError), .memoryLimit) == true)
    #expect(coarse.isSame(.verdict(.wrongAnswer), .outputLimit) == true)
    #expect(coarse.isSame(.verdict(.wrongAnswer), .memoryLimit) == false)
    #expect(coarse.isSame(.verdict(.timeLimit), .runtimeError) == false)
    let fine = VerdictMap(
      types: big5 + [JudgementType(id: "MLE", solved: false, penalty: true)], used: [])
    #expect(fine.isSame(.verdict(.runtimeError), .memoryLimit) == false)
    #expect(fine.isSame(.verdict(.memoryLimit), .memoryLimit) == true)
    #expect(fine.isSame(.verdict(.memoryLimit), .runtimeError) == false)
    // Without a list of types, what was given to somebody counts.
    let listless = VerdictMap(types: [], used: ["AC", "MLE"])
    #expect(listless.isSame(.verdict(.runtimeError), .memoryLimit) == false)
    #expect(listless.isSame(.verdict(.wrongAnswer), .outputLimit) == true)
  }

  @Test func whatIsNoStatementComparesWithNothing() {
    let map = VerdictMap(types: big5, used: [])
    #expect(map.isSame(.none, .accepted) == nil && map.isSame(.unknown, .accepted) == nil)
    #expect(map.isSame(.verdict(.accepted), .judgeError) == nil)
    #expect(map.isSame(.rejected, .timeLimit) == true)
    #expect(map.isSame(.rejected, .accepted) == false)
  }

  @Test func typesOfTheSitesOwn() {
    let map = VerdictMap(
      types: [
        JudgementType(id: "YAY", solved: true, penalty: false),
        JudgementType(id: "SLW", solved: false, penalty: true, simplified: "TLE"),
        JudgementType(id: "WRG", name: "Wrong Answer", solved: false, penalty: true),
        JudgementType(id: "NAY", name: "Nope", solved: false, penalty: true),
      ], used: [])
    #expect(map.outcome(of: "YAY") == .verdict(.accepted))
    #expect(map.outcome(of: "SLW") == .verdict(.timeLimit))
    #expect(map.outcome(of: "WRG") == .verdict(.wrongAnswer))
    #expect(map.outcome(of: "NAY") == .rejected)
    #expect(map.outcome(of: "???") == .unknown)
  }
}

@Suite struct ProblemMatchingTests {
  private func match(
    _ problems: [ContestProblem], _ names: [String], assigned: [String: String] = [:]
  ) -> ProblemMatching {
    ProblemMatching(
      problems: problems, packages: names.map { AvailablePackage(name: $0) }, assigned: assigned)
  }

  @Test func byEveryRule() {
    let matching = ProblemMatching(
      problems: [
        ContestProblem(id: "1", label: "A", name: "Hello World"),
        ContestProblem(id: "asteroids", label: "B"), ContestProblem(id: "Bottles", label: "C"),
        ContestProblem(id: "4", label: "D"), ContestProblem(id: "5", label: "E", shortName: "echo"),
        ContestProblem(id: "6", label: "F", uuid: "ABC"), ContestProblem(id: "golf", label: "G"),
        ContestProblem(id: "8", label: "H"),
      ],
      packages: [
        AvailablePackage(name: "hw", title: "Hello, World!"), AvailablePackage(name: "asteroids"),
        AvailablePackage(name: "bottles"), AvailablePackage(name: "d"),
        AvailablePackage(name: "echo"), AvailablePackage(name: "f-x", uuid: "abc"),
        AvailablePackage(name: "G-golf"), AvailablePackage(name: "spare"),
      ])
    #expect(
      matching.rows.map { $0.package?.name }
        == ["hw", "asteroids", "bottles", "d", "echo", "f-x", "G-golf", nil])
    #expect(
      matching.rows.compactMap(\.rule)
        == [.title, .id, .similarID, .label, .shortName, .uuid, .labelAndName])
    #expect(matching.unmatched.map(\.reason) == ["no package is named 8 or H"])
    #expect(matching.unused.map(\.name) == ["spare"])
  }

  @Test func nothingIsGuessed() {
    let two = match([ContestProblem(id: "sum")], ["SUM", "Sum"])
    #expect(two.rows[0].reason == "several packages fit by id, ignoring case: SUM, Sum")
    let shared = match([ContestProblem(id: "Sum"), ContestProblem(id: "SUM")], ["sum"])
    #expect(shared.unmatched.count == 2)
    #expect(shared.rows[0].reason == "package sum fits problems Sum, SUM by id, ignoring case")
    // The surer rule wins: the package named "a" is problem "a", not the problem labelled A.
    let surer = match([ContestProblem(id: "x", label: "A"), ContestProblem(id: "a")], ["a"])
    #expect(surer.rows.map { $0.package?.name } == [nil, "a"])
    #expect(match([ContestProblem(id: "x")], []).rows[0].reason.contains("there are no packages"))
  }

  @Test func aPersonDecides() {
    let problems = [ContestProblem(id: "x", label: "A"), ContestProblem(id: "y", label: "B")]
    let matching = match(problems, ["x", "z"], assigned: ["x": "z", "B": "z"])
    #expect(matching.rows.map { $0.package?.name } == ["z", "z"])
    let wrong = match(problems, ["x"], assigned: ["x": "nothing"])
    #expect(wrong.rows[0].reason == "it is assigned to package nothing, which is not there")
  }
}
