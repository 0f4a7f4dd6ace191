import JudgeModel
import Testing

@testable import Contest

@Suite struct RegradeReportTests {
  /// Every kind of line once: a lost and a won solution, another rejection, a judge error, one close
  /// to the limit, one not judged and one that cannot be.
  static func sample() throws -> (report: RegradeReport, results: [String: NewResult]) {
    let folder = try TinyContest.make()
    try folder.write(
      "submissions.json",
      TinyContest.list(
        TinyContest.submissions + [
          TinyContest.submission("11", time: "3:00:00"),
          TinyContest.submission("12", team: "t2", time: "3:10:00"),
          TinyContest.submission("13", time: "3:20:00"),
        ]))
    for id in ["11", "13"] { try folder.write("submissions/\(id)/x.cpp", "int main() {}") }
    try folder.write(
      "runs.json",
      #"[{"id":"1","judgement_id":"j1","ordinal":1,"judgement_type_id":"AC"},"#
        + #"{"id":"2","judgement_id":"j1","ordinal":2,"judgement_type_id":"AC"},"#
        + #"{"id":"3","judgement_id":"j1","ordinal":3,"judgement_type_id":"AC"}]"#)
    let reading = try ContestPackage.read(folder.path)
    let results = [
      "1": Made.result([
        Made.run(1, .accepted), Made.run(2, .accepted, milliseconds: 901),
        Made.run(3, .wrongAnswer, message: "line 4:\n expected 7, found 8"),
      ]),
      "2": Made.result([Made.run(1, .accepted), Made.run(2, .accepted), Made.run(3, .accepted)]),
      "3": Made.result([Made.run(1, .memoryLimit)]),
      "4": Made.result([
        Made.run(1, .accepted, milliseconds: 1999), Made.run(2, .runtimeError, signal: 11),
      ]),
      "10": Made.result(
        [Made.run(1, .accepted), Made.run(2, .judgeError, message: "validator crashed")],
        .judgeError),
      "11": Made.result([Made.run(1, .accepted, milliseconds: 1100)]),
    ]
    let report = RegradeReport(
      reading: reading, results: results, notJudged: ["13": "no package for problem A"],
      context: Made.context)
    return (report, results)
  }

  @Test func totalsAndClasses() throws {
    let report = try Self.sample().report
    let totals = report.totals
    #expect(totals.submissions == 8 && totals.judged == 5 && totals.changed == 3)
    #expect(totals.acceptedToRejected == 1 && totals.rejectedToAccepted == 1)
    #expect(totals.rejectedToRejected == 1 && totals.same == 1 && totals.withoutOldVerdict == 1)
    #expect(totals.judgeErrors == 1 && totals.notJudged == 1 && totals.skipped == 1)
    #expect(report.conclusion == .incomplete)
    #expect(report.changed.map(\.id) == ["1", "2", "4"])
    // 901 ms and 1100 ms of 1000 ms are; a run of 10 ms is not; 1999 ms of 2 s is.
    #expect(report.closeToLimit.map(\.id) == ["1", "4", "11"])
    #expect(report.judgeErrors.map(\.reason) == ["secret/02: validator crashed"])
    #expect(report.notJudged.map(\.id) == ["12", "13"])
    #expect(report.context.packages.map(\.problem) == ["hello", "sum"])
    // The old system has no MLE: RTE it is. So 3 has not changed.
    #expect(report.lines.first { $0.id == "3" }?.change == .same)
    #expect(report.reducedVerdicts == [.memoryLimit])
  }

  @Test func goldenText() throws {
    let text = try Self.sample().report.terminalText
    let expected = """
      Regrade of Tiny Cup

      contest       tiny
      archive       tiny.zip
      judged by     assize 1.0
      machines      x86_64, 2 cores
      time          2024-05-04T08:06:40.000Z to 2024-05-04T08:07:40.500Z
      selection     problem = A
      policy        every testcase is run
      toolchain     cpp: g++ 12.2

      3 of 5 verdicts changed: 1 accepted to rejected, 1 rejected to accepted, 1 rejected differently. \
      3 of 8 submissions have no new verdict: this regrade is incomplete. \
      1 had no old verdict to compare with.

      Old verdicts (rows) and new ones (columns), * changed
        old    AC   WA   RTE   MLE   JE   not judged   total
        AC      .    1*    .     .    1            .       2
        WA      1*   .     .     .    .            .       1
        TLE     .    .     1*    .    .            .       1
        RTE     .    .     .     1    .            .       1
        none    1    .     .     .    .            2       3
        total   2    1     1     1    1            2       8

      The old system does not know MLE (counts as RTE here).

      Changed submissions
        AC -> WA  submission 1  problem A  cpp  0:10:00.000  Ones (t1)
            secret/03 (test 3): AC -> WA; slowest run 0.901 s; line 4: expected 7, found 8
        WA -> AC  submission 2  problem A  cpp  0:20:00.500  The Twos (t2)
            slowest run 0.010 s; all 3 testcases accepted
        TLE -> RTE  submission 4  problem B  python3  2:00:00  The Twos (t2)
            secret/02 (test 2): RTE; slowest run 1.999 s; signal 11

      Close to the time limit: repeat these before deciding
        1   A  0.901 s of 1.000 s in secret/02  WA
        4   B  1.999 s of 2.000 s in secret/01  RTE
        11  A  1.100 s of 1.000 s in secret/01  AC

      Judge errors: our fault, not a verdict
        10  B  secret/02: validator crashed

      Not judged
        12  A  has no files
        13  A  no package for problem A

      Problem packages
        A  hello  010101010101  was 090909090909  1.000 s, 256 MiB             3 tests
        B  sum    020202020202                    2.000 s (derived), 1024 MiB  2 tests

      Notes about the archive
        submissions/12/files.zip: submission 12: has no files; add submissions/12/files.zip (URLs in \
      the archive are never followed)

      """
    #expect(
      text.split(separator: "\n", omittingEmptySubsequences: false)
        == expected.split(separator: "\n", omittingEmptySubsequences: false))
  }

  @Test func linesForPrograms() throws {
    let ndjson = try Self.sample().report.ndjson
    let lines = ndjson.split(separator: "\n")
    #expect(lines.count == 8)
    let objects = try lines.map { line -> [String: JSONValue] in
      guard case .object(let members) = try JSONParser.parse(Array(line.utf8)) else { return [:] }
      return members
    }
    #expect(objects[0]["change"] == .string("accepted-to-rejected"))
    #expect(objects[0]["max_run_ms"] == .number("901"))
    #expect(objects[0]["close_to_limit"] == .bool(true))
    #expect(
      objects[0]["testcase"]
        == .object([
          "ordinal": .number("3"), "name": .string("secret/03"), "old": .string("AC"),
          "new": .string("WA"),
        ]))
    #expect(objects.compactMap { $0["state"] }.filter { $0 == .string("skipped") }.count == 1)
    #expect(objects.allSatisfy { $0.keys.count == objects[0].keys.count })
  }

  @Test func hostileTextStaysText() throws {
    let attack = "<script>alert('x')</script>\"&\u{1B}[31m\u{202E}\u{0}"
    var reading = ContestReading(contest: ContestInfo(id: "c", name: attack))
    reading.problems = [ContestProblem(id: attack, label: attack)]
    reading.teams = [ContestTeam(id: "t", name: attack)]
    reading.submissions = [
      ContestSubmission(
        id: "1", team: "t", problem: attack, language: attack, contestTime: nil,
        program: Program(language: LanguageID("c"), files: []))
    ]
    reading.skipped = [SkippedSubmission(id: attack, team: attack, reason: attack)]
    reading.judgements = ["1": OldJudgement(id: "j", submission: "1", type: "AC")]
    reading.defects = [Defect(.note, file: attack, object: attack, problem: attack, remedy: attack)]
    var run = Made.run(1, .wrongAnswer, message: attack)
    run.testcase = attack
    var context = Made.context
    context.archive = attack
    context.packages[0].problem = attack
    context.packages[0].name = attack
    let report = RegradeReport(
      reading: reading, results: ["1": Made.result([run])], context: context)
    #expect(!report.html.contains("<script"))
    #expect(report.html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;"))
    for text in [report.html, report.terminalText, report.ndjson] {
      #expect(!text.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
    }
    #expect(!(report.html + report.terminalText).unicodeScalars.contains("\u{202E}"))
  }

  @Test func htmlIsOnePageWithEverything() throws {
    let html = try Self.sample().report.html
    for part in [
      "<!DOCTYPE html>", "<caption>", "scope=\"col\"", "scope=\"row\"",
      "prefers-color-scheme: dark",
      "default-src &#39;none&#39;".replacingQuotes, "secret/03 (test 3): AC -&gt; WA",
      "<bdi>The Twos</bdi> <span class=\"id\">t2</span>",
      "validator crashed", "no package for problem A", "010101010101",
      "<td class=\"changed\">1<span class=\"hidden\"> changed</span></td>",
    ] { #expect(html.contains(part), "\(part)") }
    for part in ["<script", "http://", "https://", "url(", "onclick"] {
      #expect(!html.contains(part), "\(part)")
    }
    for tag in ["table", "tr", "td", "th", "div", "ul", "li", "dl", "bdi", "span", "code", "p"] {
      let opened = html.components("<\(tag)>") + html.components("<\(tag) ")
      #expect(opened == html.components("</\(tag)>"), "\(tag)")
    }
  }

  @Test func equalInputsGiveEqualReports() throws {
    let first = try Self.sample().report
    for _ in 0..<5 {
      let again = try Self.sample().report
      #expect(again == first && again.html == first.html && again.ndjson == first.ndjson)
    }
  }

  @Test func testsThatMovedAreNotCompared() throws {
    // The old problem had three testcases, the new one has two: positions mean nothing.
    var (reading, context) = (
      ContestReading(contest: ContestInfo(id: "c", name: "c")), Made.context
    )
    reading.problems = [ContestProblem(id: "sum", testcaseCount: 3)]
    reading.submissions = [
      ContestSubmission(
        id: "1", team: nil, problem: "sum", language: "c", contestTime: nil,
        program: Program(language: LanguageID("c"), files: []))
    ]
    reading.judgements = ["1": OldJudgement(id: "j", submission: "1", type: "WA")]
    reading.runs = ["j": [OldRun(ordinal: 1, type: "WA")]]
    let results = [
      "1": Made.result([Made.run(1, .accepted), Made.run(2, .timeLimit, milliseconds: 1)])
    ]
    let moved = RegradeReport(reading: reading, results: results, context: context)
    #expect(moved.lines[0].deciding?.ordinal == 2 && moved.lines[0].deciding?.oldType == nil)
    context.packages[0].testcaseCount = 3
    let same = RegradeReport(reading: reading, results: results, context: context)
    #expect(same.lines[0].deciding?.ordinal == 1 && same.lines[0].deciding?.oldType == "WA")
  }

  @Test func resultsWithoutControlGroupsAreMarkedEverywhere() throws {
    var reading = ContestReading(contest: ContestInfo(id: "c", name: "c"))
    reading.submissions = ["1", "2"].map {
      ContestSubmission(
        id: $0, team: nil, problem: "sum", language: "c", contestTime: nil,
        program: Program(language: LanguageID("c"), files: []))
    }
    var run = Made.run(1, .accepted)
    run.facts.isDegraded = true
    let report = RegradeReport(
      reading: reading,
      results: ["1": Made.result([Made.run(1, .accepted)]), "2": Made.result([run])],
      context: Made.context)
    #expect(report.degraded.map(\.id) == ["2"])
    let caution = "1 of 2 submissions were measured without control groups"
    #expect(report.terminalText.contains(caution))
    #expect(report.html.contains(caution))
    let lines = report.ndjson.split(separator: "\n")
    #expect(lines[0].contains("\"degraded\":false"))
    #expect(lines[1].contains("\"degraded\":true"))
    #expect(lines[1].contains("measured without control groups; all 1 testcases accepted"))
  }

  @Test func aStoppedRunIsNotCloseToTheLimit() throws {
    var reading = ContestReading(contest: ContestInfo(id: "c", name: "c"))
    reading.submissions = [
      ContestSubmission(
        id: "1", team: nil, problem: "sum", language: "c", contestTime: nil,
        program: Program(language: LanguageID("c"), files: []))
    ]
    for (stop, isClose) in [(RunStop.cpuLimit, false), (.none, true)] {
      let report = RegradeReport(
        reading: reading,
        results: ["1": Made.result([Made.run(1, .timeLimit, milliseconds: 2010, stop: stop)])],
        context: Made.context)
      #expect(report.lines[0].isCloseToLimit == isClose)
    }
  }

  @Test func selectionAndScores() throws {
    let folder = try TinyContest.make()
    try folder.write(
      "judgements.json", TinyContest.list([TinyContest.judgement("1", "AC", more: ",\"score\":50")])
    )
    let reading = try ContestPackage.read(folder.path)
    var result = Made.result([Made.run(1, .accepted)])
    result.result.score = Score(points: 60)
    let report = RegradeReport(
      reading: reading, results: ["1": result], selected: ["1"], context: Made.context)
    #expect(report.lines.map(\.id) == ["1"])
    #expect(report.lines[0].change == .score && report.conclusion == .changed)
    #expect(report.terminalText.contains("AC 50 -> 60  submission 1"))
    result.result.score = Score(points: 50)
    let same = RegradeReport(
      reading: reading, results: ["1": result], selected: ["1"], context: Made.context)
    #expect(same.conclusion == .unchanged && same.html.contains("No verdict changed."))
  }
}

extension String {
  fileprivate func components(_ part: String) -> Int {
    split(separator: part, omittingEmptySubsequences: false).count - 1
  }
  /// The page's own markup has plain quotes.
  fileprivate var replacingQuotes: String { split(separator: "&#39;").joined(separator: "'") }
}
