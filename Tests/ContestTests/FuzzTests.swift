import Foundation
import Fuzzing
import JudgeModel
import Testing

@testable import Contest

/// Contest archives that are nearly right.
@Suite struct FuzzTests {
  private func expectGood(_ report: Fuzz.Report) {
    #expect(report.faults == [])
    #expect(report.sawBothSides, "\(report.accepted) accepted, \(report.rejected) rejected")
  }

  @Test func json() {
    let corpus = [
      TinyContest.contest, TinyContest.problems, TinyContest.list(TinyContest.judgements),
    ]
    .map { Array($0.utf8) }
    let words = ["\\ud800", "\\u0000", "[[[[[[[[", "{\"\":", "null", "1e", "-", "\u{FEFF}", "true"]
    expectGood(
      Fuzz("json", corpus: corpus, words: words).run(4_000) { bytes in
        _ = try JSONParser.parse(bytes)
      })
  }

  /// Headers of zip files are lengths and offsets all over.
  @Test func zipFiles() {
    var zip = Zip(["a.cpp": "int main() {}", "b/c.h": "#pragma once"])
    zip.add("link", "a.cpp", mode: 0o120777)
    let words = ["PK\u{1}\u{2}", "PK\u{3}\u{4}", "PK\u{5}\u{6}", "../", "a.cpp"]
    let report = Fuzz("zip", corpus: [zip.bytes, Zip(["x": ""]).bytes], words: words)
      .run(4_000) { bytes in
        var reader = try ZipReader.reading(bytes)
        var members = 0
        while let entry = try reader.next() {
          members += 1
          // What each of the readers asks for before it goes on.
          guard members < 1_000, entry.kind == .file else { continue }
          if let contents = try reader.contents(limit: 4_096), contents.count > 4_096 {
            throw Fault("\(contents.count) bytes of at most 4096")
          }
        }
      }
    expectGood(report)
  }

  @Test func times() {
    let corpus = ["2024-05-04T10:10:00.123+02:00", "-1:05:07.250", "5:00:00", "0.123", "1e-3"]
      .map { Array($0.utf8) }
    let report = Fuzz("times", corpus: corpus, words: [":", ".", "-", "+", "Z"]).run(4_000) {
      bytes in
      let text = String(decoding: bytes, as: UTF8.self)
      let found = [ClicsTime.milliseconds(ofTime: text), ClicsTime.milliseconds(ofSeconds: text)]
      guard let time = found[0] else {
        if found[1] == nil { throw Refusal() }
        return
      }
      guard ClicsTime.milliseconds(ofTime: ClicsTime.time(ofMilliseconds: time)) == time else {
        throw Fault("\(text) is \(time) ms, which is \(ClicsTime.time(ofMilliseconds: time))")
      }
    }
    expectGood(report)
  }

  /// Each file of an archive, in turn.
  @Test func archives() throws {
    let folder = try TinyContest.make()
    let files = [
      "contest.json", "problems.json", "languages.json", "teams.json", "judgement-types.json",
      "submissions.json", "judgements.json", "submissions/1/files.zip",
    ]
    let words = ["\"id\":", "\"1\"", "null", "[]", "{}", "\"files\":", "../", "\"time_limit\":"]
    var (accepted, rejected) = (0, 0)
    for (at, name) in files.enumerated() {
      let original = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(name)")))
      let report = Fuzz("contest-\(at)", corpus: [original], words: words).run(80) { bytes in
        try folder.write(name, bytes)
        let reading = try ContestPackage.read(folder.path)
        if !reading.skipped.isEmpty { throw Refusal() }
      }
      try folder.write(name, original)
      #expect(report.faults == [])
      (accepted, rejected) = (accepted + report.accepted, rejected + report.rejected)
    }
    #expect(accepted > 0 && rejected > 0, "\(accepted) accepted, \(rejected) rejected")
  }

  @Test func tables() throws {
    let folder = try Folder()
    try folder.write("a.cpp", "int main() {}")
    let corpus = [
      "submission_id,problem,language,path,old_verdict\n1,sum,cpp,a.cpp,AC\n2,sum,cpp,a.cpp,\"W\"\"A\"\n",
      "path;problem;language;submission_id;contest_time\na.cpp;sum;cpp;1;0:01:02\n",
    ].map { Array($0.utf8) }
    let words = ["\"", "\"\"", ",", ";", "\r\n", "../", "submission_id", "entry_point"]
    let report = Fuzz("table", corpus: corpus, words: words).run(600) { bytes in
      try folder.write("contest.csv", bytes)
      _ = try ContestTable.read(folder.path + "/contest.csv")
    }
    expectGood(report)
  }
}
