import JudgeModel
import Testing

@testable import Contest

@Suite struct EventFeedTests {
  /// A contest that has nothing but its feed and its sources.
  private func read(_ lines: [String]) throws -> ContestReading {
    let folder = try Folder()
    try TinyContest.writeSources(folder)
    try folder.write("event-feed.ndjson", lines.joined(separator: "\n") + "\n")
    return try ContestPackage.read(folder.path)
  }

  @Test func oldStyle() throws {
    var number = 0
    let event = { (type: String, operation: String, data: String) in
      number += 1
      return #"{"type":"\#(type)","id":"e\#(number)","op":"\#(operation)","data":\#(data)}"#
    }
    var lines = [
      event("contests", "create", TinyContest.contest),
      event("problems", "create", #"{"id":"hello","label":"A"}"#),
      event("problems", "create", #"{"id":"sum","label":"X"}"#),
      event("problems", "update", #"{"id":"sum","label":"B"}"#),
      "",
      event("teams", "create", #"{"id":"t1","name":"Ones"}"#),
      event("awards", "create", #"{"id":"gold"}"#),
    ]
    lines += TinyContest.submissions.map { event("submissions", "create", $0) }
    lines += [
      event("submissions", "delete", #"{"id":"10"}"#),
      event("judgements", "create", #"{"id":"j1","submission_id":"1"}"#),
      event("judgements", "update", TinyContest.judgement("1", "AC")),
      // PC² counts from zero.
      event(
        "runs", "create", #"{"id":"r1","judgement_id":"j1","ordinal":1,"judgement_type_id":"AC"}"#),
      event(
        "runs", "create",
        #"{"id":"r0","judgement_id":"j1","ordinal":0,"judgement_type_id":"AC","run_time":0.25}"#),
      "{\"type\":\"submissions\",\"id\":\"e99\",\"op\":\"cre",
    ]
    let reading = try read(lines)
    #expect(reading.contest.name == "Tiny Cup")
    #expect(reading.problems.map(\.label) == ["A", "B"])
    #expect(reading.submissions.map(\.id) == ["1", "2", "3", "4"])
    #expect(reading.judgements["1"]?.type == "AC")
    #expect(reading.runs["j1"]?.map(\.ordinal) == [1, 2])
    #expect(reading.runs["j1"]?.first?.runMilliseconds == 250)
    #expect(reading.defect("event-feed.ndjson: line 18: not JSON") != nil)
    #expect(reading.defect("languages.json: is not there") != nil)
  }

  @Test func newStyle() throws {
    var lines = [
      #"{"type":"contest","id":null,"data":\#(TinyContest.contest),"token":"1"}"#,
      #"{"type":"problems","data":[{"id":"gone","label":"Z"}],"token":"2"}"#,
      #"{"type":"problems","id":null,"data":[{"id":"hello","label":"A"},{"id":"sum","label":"B"}]}"#,
    ]
    lines += TinyContest.submissions.enumerated().map {
      #"{"type":"submissions","id":"x","data":\#($1),"token":"\#($0 + 10)"}"#
    }
    lines += [
      #"{"type":"submissions","id":"10","data":null}"#,
      #"{"type":"judgements","id":"j2","data":\#(TinyContest.judgement("2", "WA"))}"#,
      #"{"type":"judgements","id":"j3","data":7}"#,
      #"{"type":"submissions","id":"4","data":{"team_id":"t9","problem_id":"sum","language_id":"c"}}"#,
      #"{"id":"nothing"}"#,
    ]
    let reading = try read(lines)
    #expect(reading.problems.map(\.id) == ["hello", "sum"])
    #expect(reading.submissions.map(\.id) == ["1", "2", "3", "4"])
    #expect(reading.submissions.last?.team == "t9")
    #expect(reading.judgements["2"]?.type == "WA")
    #expect(reading.defect("line 11: its data is a number") != nil)
    #expect(reading.defect("line 13: names no type of event") != nil)
  }

  @Test func theFeedReplacesOnlyWhatIsAbsentOrBroken() throws {
    let folder = try TinyContest.make()
    try folder.write("judgements.json", "[")
    try folder.write(
      "event-feed.ndjson",
      #"{"type":"teams","id":"t1","data":{"id":"t1","name":"From the feed"}}"# + "\n"
        + #"{"type":"judgements","id":"j1","data":\#(TinyContest.judgement("1", "CE"))}"#)
    let reading = try ContestPackage.read(folder.path)
    #expect(reading.teams.first?.name == "Ones")
    #expect(reading.judgements.mapValues(\.type) == ["1": "CE"])
  }
}

@Suite struct JudgementReaderTests {
  private func current(_ judgements: [String]) throws -> (ContestReading, OldJudgement?) {
    let folder = try TinyContest.make()
    try folder.write("judgements.json", TinyContest.list(judgements))
    let reading = try ContestPackage.read(folder.path)
    return (reading, reading.judgements["1"])
  }
  private func judgement(_ id: String, _ type: String, end: String?, more: String = "") -> String {
    let end = end.map { "\"2024-05-04T\($0)\"" } ?? "null"
    return
      #"{"id":"\#(id)","submission_id":"1","judgement_type_id":\#(type),"end_time":\#(end)\#(more)}"#
  }

  @Test func withoutCurrentTheLastToEndCounts() throws {
    // The first ended last, an hour later than its clock time says.
    let (_, chosen) = try current([
      judgement("a", #""AC""#, end: "10:30:00-01"), judgement("b", #""WA""#, end: "11:29:59Z"),
    ])
    #expect(chosen?.id == "a")
    let (_, tie) = try current([
      judgement("a", #""AC""#, end: "10:30:00Z"), judgement("b", #""WA""#, end: "12:30:00+02:00"),
    ])
    #expect(tie?.id == "b")
  }

  @Test func currentDecides() throws {
    let (_, chosen) = try current([
      judgement("a", #""AC""#, end: "10:00:00Z", more: #","current":true"#),
      judgement("b", #""WA""#, end: "12:00:00Z", more: #","current":false"#),
      judgement("c", #""WA""#, end: "11:00:00Z", more: #","valid":false"#),
    ])
    #expect(chosen?.id == "a")
    let (reading, both) = try current([
      judgement("a", #""AC""#, end: "10:00:00Z", more: #","current":true"#),
      judgement("b", #""WA""#, end: "12:00:00Z", more: #","current":true"#),
      judgement("c", #""CE""#, end: "13:00:00Z"),
    ])
    #expect(both?.id == "b")
    #expect(reading.defect("2 judgements of submission 1 are current") != nil)
  }

  @Test func unfinishedAndUnknownOnes() throws {
    let (reading, pending) = try current([judgement("a", "null", end: nil)])
    #expect(pending == nil)
    #expect(reading.defect("is null: submission 1 had no verdict") != nil)
    let (other, odd) = try current([
      judgement("a", #""XX""#, end: "soon", more: #","max_run_time":"0.5","score":12.25"#)
    ])
    #expect(odd?.type == "XX" && odd?.maxRunMilliseconds == 500)
    #expect(odd?.score?.description == "12.25")
    #expect(other.defect("\"XX\" is not in judgement-types.json") != nil)
    #expect(other.defect("end_time: \"2024-05-04Tsoon\" is not a time") != nil)
  }
}
