import CArchive
import JudgeModel
import Testing

@testable import Contest

@Suite struct ContestPackageTests {
  @Test func readsAWholeContest() throws {
    let folder = try TinyContest.make()
    let reading = try ContestPackage.read(folder.path)
    #expect(reading.contest.id == "tiny" && reading.contest.name == "Tiny Cup")
    #expect(reading.problems.map(\.label) == ["A", "B"])
    #expect(reading.problems.map(\.timeLimitMilliseconds) == [1000, 2000])
    #expect(reading.teams.map(\.name) == ["Ones", "The Twos"])
    // By contest time; "10" is the last although "1" is a prefix of it.
    #expect(reading.submissions.map(\.id) == ["1", "2", "3", "4", "10"])
    #expect(reading.submissions[2].contestTime?.milliseconds == 3_907_250)
    #expect(reading.submissions[2].contestTime?.text == "01:05:07.250")
    #expect(reading.submissions[2].program.files.map(\.name) == ["c.cpp", "lib/c.h"])
    #expect(reading.submissions[3].entryPoint == "main.py")
    #expect(reading.submissions[3].program.language == LanguageID("python3"))
    #expect(reading.submissions[1].program.files.first?.contents.count == 24)
    #expect(reading.judgements.mapValues(\.type)["3"] == "RTE")
    #expect(reading.judgements["1"]?.maxRunMilliseconds == 123)
    #expect(reading.skipped.isEmpty && reading.defects.isEmpty)
  }

  @Test(arguments: ["", "tiny/"]) func readsAZipOfIt(prefix: String) throws {
    let folder = try TinyContest.make()
    var zip = Zip()
    for name in folder.names.sorted() where name.contains(".") {
      zip.members.append(
        .init(
          name: Array((prefix + name).utf8),
          contents: Array(try bytes(folder, name))))
    }
    let place = try Folder()
    try place.write("cup.zip", zip.bytes)
    let reading = try ContestPackage.read(place.path + "/cup.zip")
    let plain = try ContestPackage.read(folder.path)
    #expect(reading.submissions == plain.submissions)
    #expect(reading.judgements == plain.judgements)
    #expect(reading.defects.isEmpty)
  }

  private func bytes(_ folder: Folder, _ name: String) throws -> [UInt8] {
    try DirectoryFiles(folder.path)?.contents(name, limit: 1 << 20) ?? []
  }

  @Test func nothingAtAllIsFatalAndSaysEverything() throws {
    let folder = try Folder()
    try folder.write("problems.json", "[{")
    let error = #expect(throws: ContestUnreadable.self) {
      try ContestPackage.read(folder.path)
    }
    let text = "\(error.map { "\($0)" } ?? "")"
    #expect(text.contains("submissions.json"))
    #expect(text.contains("problems.json: line 1, column 3: not JSON"))
    #expect(error?.defects.last?.severity == .fatal)
    for path in ["/nonexistent/place", folder.path + "/problems.json"] {
      #expect(throws: ContestUnreadable.self) { try ContestPackage.read(path) }
    }
  }

  @Test func everyDefectIsNamedAndNoSubmissionIsLost() throws {
    let folder = try TinyContest.make()
    try folder.write("contest.json", "")
    try folder.write("teams.json", #"{"id":"t1"}"#)
    try folder.write(
      "problems.json",
      #"[{"id":"hello","time_limit":"soon"},{"id":"hello"},{"label":"C"},7,{"id":"sum","label":[1]}]"#
    )
    let bad = [
      TinyContest.submission("20", team: "ghost"),
      TinyContest.submission("21", problem: "nope", language: "cobol"),
      #"{"id":"22","problem_id":"hello"}"#,
      #"{"problem_id":"hello","language_id":"cpp"}"#,
      TinyContest.submission("23", time: "soon"),
      TinyContest.submission("24"), TinyContest.submission("24", team: "t2"),
      TinyContest.submission("25"), TinyContest.submission("25"),
      TinyContest.submission("../26"),
      "false",
      #"{"id":27,"team_id":{},"problem_id":"hello","language_id":"cpp","contest_time":"0:00:01"}"#,
    ]
    try folder.write("submissions.json", TinyContest.list(TinyContest.submissions + bad))
    for id in ["20", "23", "24", "25", "27"] {
      try folder.write("submissions/\(id)/x.cpp", "int main() {}")
    }
    let reading = try ContestPackage.read(folder.path)
    #expect(
      Set(reading.submissions.map(\.id))
        == ["1", "2", "3", "4", "10", "20", "23", "25", "27"])
    #expect(
      Set(reading.skipped.map(\.id)) == ["21", "22", "(entry 9)", "24", "../26", "(entry 16)"])
    #expect(
      reading.skipped.first { $0.id == "21" }?.reason
        == "problem_id names no problem (nope); has no files")
    for part in [
      "contest.json: line 1, column 1: not JSON", "teams.json: holds an object where an array",
      "problem hello: time_limit: \"soon\" is not a number of seconds",
      "problem hello: id: is used twice", "entry 3: id: is missing", "entry 4: is a number",
      "problem sum: label: is an array where a string belongs",
      "submission 21: problem_id: names no problem (nope)", "language_id: \"cobol\" is not in",
      "submission 22: language_id: is missing", "submissions.json: entry 9: id: is missing",
      "submission 23: contest_time: \"soon\" is not a time",
      "submission 24: id: 2 different submissions have this id",
      "submission 25: id: is listed 2 times, always the same",
      "submission ../26: id: cannot be the name of a folder",
      "submissions.json: entry 16: is a boolean where an object belongs",
      "submission 27: team_id: is an object where a string belongs",
    ] { #expect(reading.defect(part) != nil, "\(part)") }
    #expect(reading.defects.allSatisfy { !$0.remedy.isEmpty && !$0.file.isEmpty })
  }

  @Test func whatASchedulerWouldRefuseIsSkippedWithAReason() throws {
    let folder = try TinyContest.make()
    let long = String(repeating: "x", count: 200)
    try folder.write(
      "submissions.json",
      TinyContest.list([
        TinyContest.submission("1", language: long), TinyContest.submission("2", team: "a\\u0007"),
        TinyContest.submission(long), TinyContest.submission("3"),
      ]))
    let reading = try ContestPackage.read(folder.path)
    #expect(reading.submissions.map(\.id) == ["3"])
    let reasons = Dictionary(uniqueKeysWithValues: reading.skipped.map { ($0.id, $0.reason) })
    #expect(reasons["1"]?.contains("language_id is not printable text of at most 64") == true)
    #expect(reasons["2"]?.contains("team_id is not printable text of at most 512") == true)
    #expect(reasons[long]?.contains("id cannot be the name of a folder") == true)
  }

  @Test func unknownTeamsAreNotedAndJudged() throws {
    let folder = try TinyContest.make()
    try folder.write(
      "submissions.json", TinyContest.list([TinyContest.submission("1", team: "ghost")]))
    try folder.write("judgements.json", TinyContest.list(TinyContest.judgements))
    let reading = try ContestPackage.read(folder.path)
    #expect(reading.submissions.map(\.team) == ["ghost"])
    #expect(reading.defect("names no team (ghost)") != nil)
    #expect(reading.defect("judgement j2: submission_id: names no submission (2)") != nil)
  }

  @Test func aMissingTimeIsComputed() throws {
    let folder = try TinyContest.make()
    try folder.write(
      "submissions.json",
      #"[{"id":"1","problem_id":"hello","language_id":"cpp","time":"2024-05-04T08:30:00.5Z"}]"#)
    let reading = try ContestPackage.read(folder.path)
    #expect(reading.submissions.first?.contestTime?.text == "0:30:00.500")
  }

  @Test func absentFilesAreSaidAndTheRestIsRead() throws {
    let folder = try TinyContest.make()
    for name in ["contest", "teams", "languages", "problems", "judgement-types", "judgements"] {
      try folder.remove(name + ".json")
    }
    try folder.write("problems.yaml", "- id: hello")
    let reading = try ContestPackage.read(folder.path)
    #expect(reading.submissions.count == 5)
    #expect(reading.problems.map(\.id) == ["hello", "sum"])
    #expect(reading.defect("problems.json: is not there")?.remedy.contains("problems.yaml") == true)
    #expect(reading.defect("judgements.json: is not there") != nil)
    #expect(reading.contest.id.hasPrefix("contest-"))
  }

  @Test func linksThatLeaveTheArchiveAreNotFollowed() throws {
    let outside = try Folder()
    try outside.write("secret.cpp", "int secret;")
    let folder = try TinyContest.make()
    try folder.remove("submissions/3/c.cpp")
    try folder.link("submissions/3/c.cpp", to: outside.path + "/secret.cpp")
    try folder.remove("teams.json")
    try folder.link("teams.json", to: outside.path + "/secret.cpp")
    try folder.link("submissions/3/dangling.cpp", to: "nowhere")
    let reading = try ContestPackage.read(folder.path)
    #expect(
      reading.skipped.map(\.reason) == ["\"c.cpp\" is a link that leads out of the archive"])
    #expect(reading.defect("teams.json: is a link that leads out") != nil)
    #expect(!reading.defects.contains { "\($0)".contains("secret") })
  }

  @Test func anotherSystemMayLinkToThePrimaryOne() throws {
    let folder = try TinyContest.make()
    try folder.write("other-systems/shadow/judgements.json", "[]")
    for name in ["submissions.json", "problems.json", "submissions"] {
      try folder.link("other-systems/shadow/" + name, to: "../../" + name)
    }
    let reading = try ContestPackage.read(folder.path + "/other-systems/shadow")
    #expect(reading.submissions.count == 5 && reading.judgements.isEmpty)
  }

  @Test func readsATable() throws {
    let folder = try Folder()
    try folder.write("src/1.cpp", "int main() {}")
    try folder.write("src/two/main.py", "print(2)")
    try folder.write("src/3.zip", Zip(["x.cpp": "int x;"]).bytes)
    try folder.write(
      "old.csv",
      #"""
      Submission_ID,team_id,problem,language,contest_time,old_verdict,path\#r
      2,"Ann ""B"", Bob",sum,python3,0:20:00,wrong answer,src/two\#r
      1,t1,hello,cpp,0:10:00,AC,src/1.cpp
      3,t1,hello,cpp,,TLE,src/3.zip
      4,t1,hello,cpp,0:10:00,AC,../etc/passwd
      5,t1,hello,cpp,0:10:00,AC,src/none.cpp
      3,t1,hello,cpp,0:10:00,AC,src/1.cpp

      """#)
    let reading = try ContestPackage.read(folder.path + "/old.csv")
    #expect(reading.submissions.map(\.id) == ["1", "2", "3"])
    #expect(reading.submissions[1].team == "Ann \"B\", Bob")
    #expect(reading.submissions[1].program.files.map(\.name) == ["main.py"])
    #expect(reading.judgements["2"]?.type == "wrong answer")
    #expect(reading.skipped.map(\.id) == ["4", "5", "3"])
    #expect(reading.defect("line 5: path \"../etc/passwd\" leads out") != nil)
    try folder.write("bad.csv", "a,b\n1,2\n")
    #expect(throws: ContestUnreadable.self) { try ContestPackage.read(folder.path + "/bad.csv") }
  }
}
