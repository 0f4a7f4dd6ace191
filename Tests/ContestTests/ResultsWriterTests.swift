import JudgeModel
import Testing

@testable import Contest

@Suite struct ResultsWriterTests {
  @Test func writesWhatReadsBack() throws {
    var (report, results) = try RegradeReportTests.sample()
    results["1"]?.judging = JudgingID(77)
    results["1"]?.startMilliseconds = 1_714_810_000_000
    results["1"]?.endMilliseconds = 1_714_810_001_250
    let out = try Folder()
    try ResultsWriter(report: report, results: results).write(to: out.path, contest: nil)
    #expect(
      out.names == [
        "other-systems", "other-systems/assize", "other-systems/assize/judgement-types.json",
        "other-systems/assize/judgements.json", "other-systems/assize/runs.json", "report.html",
        "report.txt", "regrade.ndjson",
      ])
    #expect(try out.text("report.html") == report.html)
    #expect(try out.text("report.txt") == report.terminalText)
    // As a contest of its own: the submissions of the first, the judgements of the second system.
    let contest = try TinyContest.make()
    for name in ["judgement-types", "judgements", "runs"] {
      try contest.write(
        name + ".json", try out.text("other-systems/assize/" + name + ".json"))
    }
    let reading = try ContestPackage.read(contest.path)
    #expect(reading.judgementTypes.count == 7)
    #expect(
      reading.judgements.mapValues(\.type) == ["1": "WA", "2": "AC", "3": "MLE", "4": "RTE"])
    let first = try #require(reading.judgements["1"])
    #expect(first.id == "j77" && first.maxRunMilliseconds == 901)
    #expect(first.startTime == "2024-05-04T08:06:40.000Z")
    #expect(first.endTime == "2024-05-04T08:06:41.250Z")
    #expect(reading.runs["j77"]?.map(\.type) == ["AC", "AC", "WA"])
    #expect(reading.runs["j77"]?.map(\.ordinal) == [1, 2, 3])
    // Judging again with the same outcome changes nothing.
    let again = RegradeReport(
      reading: reading, results: results.filter { $0.key != "10" }, selected: ["1", "2", "3", "4"],
      context: Made.context)
    #expect(again.conclusion == .unchanged)
  }

  @Test func judgeErrorsAreNotVerdicts() throws {
    let (report, results) = try RegradeReportTests.sample()
    let files = Dictionary(
      uniqueKeysWithValues: ResultsWriter(report: report, results: results).clicsFiles.map {
        ($0.name, $0.text)
      })
    #expect(!(files["judgement-types.json"] ?? "JE").contains("JE"))
    #expect(!(files["runs.json"] ?? "JE").contains("JE"))
    #expect(
      files["judgements.json"]?.contains(
        #""submission_id":"10","judgement_type_id":null,"current":true"#) == true)
  }

  @Test func replacesAnEarlierRegradeAsAWhole() throws {
    let (report, results) = try RegradeReportTests.sample()
    let out = try Folder()
    try out.write("other-systems/assize/stale.json", "[]")
    try out.write("other-systems/shadow/judgements.json", "[]")
    try out.write("report.html", "old")
    let writer = ResultsWriter(report: report, results: results)
    try writer.write(to: out.path + "/", contest: nil)
    #expect(!out.names.contains("other-systems/assize/stale.json"))
    #expect(out.names.contains("other-systems/shadow/judgements.json"))
    #expect(!out.names.contains { $0.hasPrefix(".assize") })
    #expect(try out.text("report.html") == report.html)
  }

  @Test func keepsTheContestAsItIsUnlessAsked() throws {
    let (report, results) = try RegradeReportTests.sample()
    let contest = try TinyContest.make()
    let before = contest.names
    let writer = ResultsWriter(report: report, results: results)
    for place in [contest.path, contest.path + "/submissions", contest.path + "/."] {
      #expect(throws: ResultsUnwritable.insideContest(place)) {
        try writer.write(to: place, contest: contest.path)
      }
    }
    #expect(contest.names == before)
    try writer.write(to: contest.path, contest: contest.path, intoContest: true)
    #expect(contest.names.contains("other-systems/assize/judgements.json"))
    // The archive still reads the same.
    #expect(try ContestPackage.read(contest.path).judgements.count == 5)
  }

  @Test func aFailureLeavesNothingBehind() throws {
    let (report, results) = try RegradeReportTests.sample()
    let out = try Folder()
    let elsewhere = try Folder()
    try out.write("file", "x")
    let writer = ResultsWriter(report: report, results: results)
    #expect(throws: ResultsUnwritable.self) {
      try writer.write(to: out.path + "/file", contest: nil)
    }
    #expect(throws: ResultsUnwritable.self) {
      try writer.write(to: out.path + "/none/deeper", contest: nil)
    }
    try out.link("other-systems", to: elsewhere.path)
    #expect(throws: ResultsUnwritable.self) { try writer.write(to: out.path, contest: nil) }
    #expect(out.names == ["file", "other-systems"] && elsewhere.names.isEmpty)
  }
}
