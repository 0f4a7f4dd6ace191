import Foundation
import JudgeModel

@testable import Contest

/// A directory that goes when the test does.
final class Folder {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory.appendingPathComponent(
        "contest-\(UUID().uuidString)"
      ).path
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    let url = URL(fileURLWithPath: path).appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: path + "/" + name)
  }

  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: path + "/" + name, withDestinationPath: target)
  }

  func text(_ name: String) throws -> String {
    String(
      decoding: try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)), as: UTF8.self)
  }

  var names: Set<String> {
    Set((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? [])
  }
}

/// A zip file with stored members, written byte by byte so that a test can say anything in it.
struct Zip {
  struct Member {
    var name: [UInt8]
    var contents: [UInt8]
    var mode: UInt32 = 0o100644
    var flags: UInt16 = 0
    /// What the central directory claims about the size; nil for the truth.
    var claimedSize: UInt32?
    /// What stands before the contents, where the central directory has `name`; nil for the same.
    var localName: [UInt8]?
  }
  var members: [Member] = []

  init(_ files: [String: String] = [:]) {
    for (name, text) in files.sorted(by: { $0.key < $1.key }) { add(name, text) }
  }

  mutating func add(_ name: String, _ text: String, mode: UInt32 = 0o100644, flags: UInt16 = 0) {
    members.append(
      Member(name: Array(name.utf8), contents: Array(text.utf8), mode: mode, flags: flags))
  }

  var bytes: [UInt8] {
    var out: [UInt8] = []
    var central: [UInt8] = []
    for member in members {
      let offset = UInt32(out.count)
      let crc = Self.crc(member.contents)
      let size = UInt32(member.contents.count)
      out += Self.u32(0x0403_4b50) + Self.u16(20) + Self.u16(member.flags) + Self.u16(0)
      out += Self.u32(0) + Self.u32(crc) + Self.u32(size) + Self.u32(size)
      let local = member.localName ?? member.name
      out += Self.u16(UInt16(local.count)) + Self.u16(0) + local + member.contents
      let claimed = member.claimedSize ?? size
      central += Self.u32(0x0201_4b50) + Self.u16(0x031E) + Self.u16(20) + Self.u16(member.flags)
      central += Self.u16(0) + Self.u32(0) + Self.u32(crc) + Self.u32(claimed) + Self.u32(claimed)
      central += Self.u16(UInt16(member.name.count)) + Self.u16(0) + Self.u16(0) + Self.u16(0)
      central += Self.u16(0) + Self.u32(member.mode << 16) + Self.u32(offset) + member.name
    }
    let start = UInt32(out.count)
    out += central + Self.u32(0x0605_4b50) + Self.u16(0) + Self.u16(0)
    out += Self.u16(UInt16(members.count)) + Self.u16(UInt16(members.count))
    out += Self.u32(UInt32(central.count)) + Self.u32(start) + Self.u16(0)
    return out
  }

  private static func u16(_ v: UInt16) -> [UInt8] { [UInt8(v & 255), UInt8(v >> 8)] }
  private static func u32(_ v: UInt32) -> [UInt8] {
    u16(UInt16(v & 0xFFFF)) + u16(UInt16(v >> 16))
  }
  private static func crc(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }
}

/// A small contest as it should be: two problems, two teams, five submissions.
enum TinyContest {
  static let contest = """
    {"id":"tiny","name":"Tiny Cup","start_time":"2024-05-04T10:00:00.000+02:00","duration":"5:00:00"}
    """
  static let problems = """
    [{"id":"hello","label":"A","name":"Hello","ordinal":1,"time_limit":1.0,"test_data_count":3},
     {"id":"sum","label":"B","name":"Sum","ordinal":2,"time_limit":2,"test_data_count":2}]
    """
  static let languages = """
    [{"id":"cpp","name":"C++","extensions":["cc","cpp"]},{"id":"python3","name":"Python 3"}]
    """
  static let teams = """
    [{"id":"t1","name":"Ones"},{"id":"t2","name":"Twos","display_name":"The Twos"}]
    """
  static let types = """
    [{"id":"AC","name":"yes","penalty":false,"solved":true},
     {"id":"WA","name":"wrong","penalty":true,"solved":false},
     {"id":"TLE","name":"slow","penalty":true,"solved":false},
     {"id":"RTE","name":"crash","penalty":true,"solved":false},
     {"id":"CE","name":"compile","penalty":false,"solved":false}]
    """
  static func submission(
    _ id: String, team: String = "t1", problem: String = "hello", language: String = "cpp",
    time: String = "0:10:00.000", more: String = ""
  ) -> String {
    """
    {"id":"\(id)","team_id":"\(team)","problem_id":"\(problem)","language_id":"\(language)",\
    "contest_time":"\(time)","time":"2024-05-04T10:10:00+02"\(more)}
    """
  }
  static let submissions = [
    submission("1"),
    submission("2", team: "t2", time: "0:20:00.500"),
    submission("3", problem: "sum", time: "01:05:07.250"),
    submission(
      "4", team: "t2", problem: "sum", language: "python3", time: "2:00:00",
      more: #","entry_point":"main.py""#),
    submission("10", team: "t2", problem: "sum", time: "4:59:59.999"),
  ]
  static func judgement(_ submission: String, _ type: String, more: String = "") -> String {
    #"{"id":"j\#(submission)","submission_id":"\#(submission)","judgement_type_id":"\#(type)""#
      + #","start_time":"2024-05-04T10:11:00+02","end_time":"2024-05-04T10:12:00+02""#
      + #","max_run_time":0.123\#(more)}"#
  }
  static let judgements = [
    judgement("1", "AC"), judgement("2", "WA"), judgement("3", "RTE"), judgement("4", "TLE"),
    judgement("10", "AC"),
  ]

  static func list(_ objects: [String]) -> String {
    "[" + objects.joined(separator: ",\n") + "]"
  }

  static func make(sources: Bool = true) throws -> Folder {
    let folder = try Folder()
    try folder.write("contest.json", contest)
    try folder.write("problems.json", problems)
    try folder.write("languages.json", languages)
    try folder.write("teams.json", teams)
    try folder.write("judgement-types.json", types)
    try folder.write("submissions.json", list(submissions))
    try folder.write("judgements.json", list(judgements))
    if sources { try writeSources(folder) }
    return folder
  }

  /// The three places where exporters put source text.
  static func writeSources(_ folder: Folder) throws {
    try folder.write("submissions/1/files.zip", Zip(["a.cpp": "int main() {}"]).bytes)
    try folder.write("submissions/2.zip", Zip(["b.cpp": "int main() { return 1; }"]).bytes)
    try folder.write("submissions/3/c.cpp", "int main() { return 2; }")
    try folder.write("submissions/3/lib/c.h", "#pragma once")
    try folder.write(
      "submissions/4/files.zip", Zip(["main.py": "print(1)", "help.py": "pass"]).bytes)
    try folder.write("submissions/10/files.zip", Zip(["d.cpp": "int main() {}"]).bytes)
  }
}

extension ContestReading {
  func defect(_ part: String) -> Defect? { defects.first { "\($0)".contains(part) } }
}

/// Results as a cluster would hand them back.
enum Made {
  static func run(
    _ ordinal: Int32, _ verdict: Verdict, milliseconds: Int64 = 10, message: String = "",
    stop: RunStop = .none, signal: Int32? = nil
  ) -> Run {
    var facts = RunFacts()
    facts.cpuTime = .milliseconds(milliseconds)
    facts.wallTime = .milliseconds(milliseconds + 3)
    facts.stop = stop
    facts.signal = signal
    return Run(
      ordinal: ordinal, testcase: "secret/0\(ordinal)", verdict: verdict, facts: facts,
      message: message)
  }

  static func result(_ runs: [Run], _ verdict: Verdict? = nil, message: String = "") -> NewResult {
    let worst = runs.first { $0.verdict != .accepted }?.verdict ?? .accepted
    return NewResult(JudgingResult(verdict: verdict ?? worst, runs: runs, message: message))
  }

  static func digest(_ byte: UInt8) -> Digest {
    Digest(bytes: [UInt8](repeating: byte, count: 32)) ?? Digest(bytes: [])!
  }

  static var context: RegradeContext {
    RegradeContext(
      tool: "assize 1.0", archive: "tiny.zip", archiveDigest: nil,
      startMilliseconds: 1_714_810_000_000, endMilliseconds: 1_714_810_060_500,
      host: "x86_64, 2 cores", selection: "problem = A",
      policy: ["every testcase is run"],
      toolchains: [.init(language: LanguageID("cpp"), version: "g++ 12.2")],
      packages: [
        .init(
          problem: "sum", name: "sum", digest: digest(2), timeLimit: .seconds(2),
          timeOrigin: .derived, memoryBytes: 1 << 30, testcaseCount: 2),
        .init(
          problem: "hello", name: "hello", digest: digest(1), previousDigest: digest(9),
          timeLimit: .seconds(1), memoryBytes: 1 << 28, testcaseCount: 3),
      ])
  }
}
