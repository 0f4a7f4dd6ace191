import JudgeModel
import ProblemPackage
import Testing

@testable import ProblemImport

@Suite struct DMOJTests {
  let folder: Folder
  init() throws { folder = try Folder() }

  static let tests = [
    "1.in": "1 2\r\n", "1.out": "3", "2.in": "4 5\n", "2.out": "9\n", "3.in": "10 7\n",
    "3.out": "17\n", "tests/good/test.yml": "language: C\nsource: a.c\nexpect: AC\n",
    "tests/good/a.c": Sum.good, "tests/bad/test.yml": "language: C\nsource: a.c\nexpect: WA\n",
    "tests/bad/a.c": Sum.bad,
  ]
  static let cases = "test_cases: [{in: 1.in, out: 1.out}, {in: 2.in, out: 2.out}]\n"

  private func source(_ text: String, _ more: [String: String] = [:]) throws -> String {
    try folder.source(Self.tests.merging(more) { $1 }.merging(["init.yml": text]) { $1 })
  }

  @Test func becomesAPackage() throws {
    let reading = try folder.imported(.dmoj, try source(Self.cases))
    let manifest = try #require(reading.manifest, "\(reading.diagnostics)")
    #expect(manifest.check == .layout(.dmojStandard))
    #expect(!manifest.kind.isScoring)
    #expect(manifest.limits.outputBytes.amount == 24 << 20)
    #expect(reading.submissions.map(\.name) == ["accepted/a.c", "wrong_answer/a.c"])
    // As DMOJ does it to everything that is not called binary.
    #expect(contents(folder.path + "/out/data/secret/01.in") == "1 2\n")
    #expect(contents(folder.path + "/out/data/secret/01.ans") == "3\n")
  }

  @Test func batchesPointsAndDependencies() throws {
    let reading = try folder.imported(
      .dmoj,
      try source(
        """
        pretest_test_cases: [{in: 1.in, out: 1.out}]
        test_cases:
          - {in: 1.in, out: 1.out, points: 5}
          - {batched: [{in: 1.in, out: 1.out}, {in: 2.in, out: 2.out}], points: 20}
          - {batched: [{in: 3.in, out: 3.out}], points: 70, dependencies: [1]}
          - {in: 2.in, out: 2.out, points: 5}
        """))
    let manifest = try #require(reading.manifest, "\(reading.diagnostics)")
    #expect(
      manifest.testcases.map(\.name) == [
        "sample/01", "secret/group01/01", "secret/group01/02", "secret/group02/01",
        "secret/group02/02", "secret/group03/01",
      ])
    let group = { (name: String) -> String in
      contents(folder.path + "/out/data/secret/\(name)/test_group.yaml")
    }
    #expect(group("group01").contains("score_aggregation: sum\nmax_score: 10"))
    #expect(group("group02").contains("score_aggregation: pass-fail\nmax_score: 20"))
    #expect(group("group03").contains("require_pass: [secret/group02]"))
  }

  @Test func casesGuessedFromAnArchive() throws {
    let path = try source("archive: data.zip\n")
    let names = ["p.1-1.in", "p.1-1.out", "p.1-2.in", "p.1-2.out", "p.2-1.in", "p.2-1.out"]
    try writeZip(path + "/data.zip", names.map { Member(name: $0) })
    let reading = try folder.imported(.dmoj, path)
    #expect(
      reading.manifest?.testcases.map(\.name) == [
        "secret/group01/01", "secret/group01/02", "secret/group02/01",
      ], "\(reading.diagnostics)")
  }

  @Test func positionsInNames() {
    #expect(DMOJCases.position("a.2-13.in").map { "\($0.batch ?? "") \($0.number)" } == "2 13")
    #expect(DMOJCases.position("aplusb.1.in").map { "\($0.batch ?? "") \($0.number)" } == " 1")
    #expect(DMOJCases.position("in07.txt").map { "\($0.batch ?? "") \($0.number)" } == " 7")
    #expect(DMOJCases.position("readme.in") == nil)
  }

  @Test(arguments: [
    "easy", "rstripped", "sorted", "{name: sorted, args: {split_on: whitespace}}", "unordered",
    "linecount", "floats", "{name: floats, args: {precision: 3, error_mode: relative}}",
    "floatsabs", "floatsrel", "{name: linematches, args: {point_distribution: [1]}}",
  ])
  func itsOwnCheckersBecomeAValidator(_ checker: String) throws {
    let reading = try folder.imported(.dmoj, try source(Self.cases + "checker: \(checker)\n"))
    guard case .validator(let program)? = reading.manifest?.check else {
      Issue.record("\(reading.diagnostics)")
      return
    }
    #expect(program.protocol == .ppf)
    #expect(program.files == ["output_validator/dmoj_checker.py"])
  }

  @Test(arguments: [
    ("default", ValidatorProtocol.dmoj), ("testlib", .testlib), ("coci", .coci), ("peg", .peg),
  ])
  func bridged(_ type: String, _ expected: ValidatorProtocol) throws {
    let reading = try folder.imported(
      .dmoj,
      try source(
        Self.cases + "checker: {name: bridged, args: {files: [c.cpp, numbers.h], type: \(type)}}\n",
        ["c.cpp": Sum.checker, "numbers.h": Sum.header]))
    guard case .validator(let program)? = reading.manifest?.check else {
      Issue.record("\(reading.diagnostics)")
      return
    }
    #expect(program.protocol == expected)
    #expect(program.files.count == 2)
  }

  @Test func interactive() throws {
    let reading = try folder.imported(
      .dmoj,
      try source(Self.cases + "interactive: {files: c.cpp, type: testlib}\n", ["c.cpp": "int x;\n"])
    )
    #expect(reading.manifest?.kind.isInteractive == true, "\(reading.diagnostics)")
  }

  @Test(arguments: [
    ("custom_judge: judge.py", "Python code"), ("generator: gen.py", "nothing is executed"),
    ("signature_grader: {entry: a.cpp}", "compiles submissions"),
    ("checker: own.py", "Python code"), ("checker: magic", "`magic` is not known"),
    ("checker: {name: bridged, args: {files: ../c.cpp}}", "leads out"),
    ("checker: {name: bridged, args: {files: /etc/hostname}}", "leads out"),
    ("checker: {name: bridged, args: {files: c.cpp, flags: [-DX]}}", "flags for its compiler"),
    ("checker: {name: bridged, args: {type: peg}}", "needs `files`"),
    ("interactive: {files: c.cpp, type: peg}", "`peg` is not known"),
    ("archive: ../../data.zip", "leads out"), ("archive: data.zip", "is missing"),
    ("points: 0.5\ntest_cases: [{batched: [{in: 1.in, out: 1.out}]}]", "whole, positive"),
    ("test_cases: [{in: 9.in, out: 1.out}]", "`9.in` is missing"),
    ("test_cases: [{in: 1.in, out: 1.out, generator_args: [1]}]", "run it yourself"),
    ("test_cases: {input_format: x}", "a pattern for file names is not read"),
    (
      "test_cases: [{batched: [{in: 1.in, out: 1.out}], points: 1, dependencies: [1]}]",
      "not before this one"
    ),
  ])
  func refused(_ text: String, _ expected: String) throws {
    let cases = text.contains("test_cases") ? "" : Self.cases
    let errors = folder.errors(
      .dmoj, try source(cases + text + "\n", ["c.cpp": "int main(){}\n", "c.txt": ""]))
    #expect(contains(errors, expected), "\(errors)")
  }

  @Test func limitsHaveToBeGiven() throws {
    let errors = folder.errors(.dmoj, try source(Self.cases), ImportOptions())
    #expect(contains(errors, "keeps them in its database", "--time-limit"))
    #expect(contains(errors, "--memory-limit"))
  }
}
