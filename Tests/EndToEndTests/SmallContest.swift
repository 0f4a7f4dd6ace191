import Foundation
import Testing

/// A contest package with a few submissions of `problems/contest`, and the problem packages it needs,
/// so that a regrade takes seconds.
struct SmallContest {
  let contest: String
  let problems: String
  /// Problem by submission.
  private(set) var problemOf: [String: String] = [:]
  /// Old and true verdict of each selected submission that the old system got wrong.
  private(set) var planted: [String: [String]] = [:]
  /// Testcases by problem.
  private(set) var testcases: [String: Int] = [:]

  /// No submission that ends by a time limit, which would cost it for each testcase; and nothing
  /// whose verdict depends on how busy the machine is.
  static let usual = [
    "1001", "1008", "1013", "1031", "1033", "1064", "1156",  // meanfloat
    "1003", "1006", "1016", "1053",  // pairsum
    "1004", "1017", "1038", "1054",  // echocase
    "1020", "1025", "1057", "1084",  // guessnum
    "1066", "1072", "1111",  // relay
    "1018", "1030", "1041",  // sumlines
  ]
  /// Of two problems, without a mistake of the old system.
  static let unchanged = ["1001", "1013", "1031", "1003", "1006", "1016"]

  init(_ ids: [String] = usual, in directory: String) throws {
    contest = directory + "/contest"
    problems = directory + "/problems"
    let wanted = Set(ids)
    let source = Place.problems + "/contest"
    let files = FileManager.default
    for folder in [contest + "/submissions", problems] {
      try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    for name in try files.contentsOfDirectory(atPath: source)
    where name.hasSuffix(".json") && name != "scoreboard.json" {
      try files.copyItem(atPath: "\(source)/\(name)", toPath: "\(contest)/\(name)")
    }
    for id in ids {
      try files.copyItem(
        atPath: "\(source)/submissions/\(id)", toPath: "\(contest)/submissions/\(id)")
    }
    let kept = try keep("submissions.json") { wanted.contains($0["id"] as? String ?? "") }
    for row in kept { problemOf[try #require(row["id"] as? String)] = row["problem_id"] as? String }
    try #require(Set(problemOf.keys) == wanted)
    try keep("judgements.json") { wanted.contains($0["submission_id"] as? String ?? "") }
    let names = Set(problemOf.values)
    for row in try keep("problems.json", where: { names.contains($0["id"] as? String ?? "") }) {
      testcases[try #require(row["id"] as? String)] = row["test_data_count"] as? Int
    }
    for name in names.sorted() {
      try files.copyItem(atPath: "\(Place.problems)/\(name)", toPath: "\(problems)/\(name)")
    }
    let list = try String(contentsOfFile: Place.problems + "/planted.tsv", encoding: .utf8)
    for line in list.split(separator: "\n") {
      let fields = line.split(separator: "\t").map(String.init)
      if fields.count > 2, wanted.contains(fields[0]) { planted[fields[0]] = Array(fields[1...2]) }
    }
  }

  @discardableResult
  private func keep(
    _ name: String, where isWanted: ([String: Any]) -> Bool
  ) throws -> [[String: Any]] {
    let path = "\(contest)/\(name)"
    let rows = try readObjects(path).filter(isWanted)
    try JSONSerialization.data(withJSONObject: rows).write(to: URL(fileURLWithPath: path))
    return rows
  }
}

func readObjects(_ path: String) throws -> [[String: Any]] {
  let data = try Data(contentsOf: URL(fileURLWithPath: path))
  return try #require(
    JSONSerialization.jsonObject(with: data) as? [[String: Any]], "\(path) is no list of objects")
}

/// What a regrade came to, without everything that two regrades of one contest may differ in: times,
/// machines, and words about them.
struct Outcome: Equatable {
  struct Line: Equatable {
    var state: String
    var old: String
    var new: String
    var isChanged: Bool
    /// Verdicts by testcase.
    var runs: [String]
  }
  var lines: [String: Line] = [:]

  /// Old and new verdict of every submission whose verdict changed.
  var changed: [String: [String]] {
    lines.filter(\.value.isChanged).mapValues { [$0.old, $0.new] }
  }

  /// Reads an output directory, and checks on the way that everything is there once.
  init(_ directory: String) throws {
    var runs: [String: [Int: String]] = [:]
    let clics = directory + "/other-systems/assize/"
    for row in try readObjects(clics + "runs.json") {
      let judgement = try #require(row["judgement_id"] as? String)
      let ordinal = try #require(row["ordinal"] as? Int)
      let former = runs[judgement, default: [:]].updateValue(
        try #require(row["judgement_type_id"] as? String), forKey: ordinal)
      #expect(former == nil, "testcase \(ordinal) of \(judgement) is there twice")
    }
    var judgements: [String: (id: String, verdict: String)] = [:]
    for row in try readObjects(clics + "judgements.json") {
      let id = try #require(row["id"] as? String)
      let submission = try #require(row["submission_id"] as? String)
      #expect(judgements[submission] == nil, "submission \(submission) has two judgements")
      judgements[submission] = (id, row["judgement_type_id"] as? String ?? "none")
    }
    #expect(
      Set(runs.keys).isSubset(of: judgements.values.map(\.id)), "a run belongs to no judgement")
    let text = try String(contentsOfFile: directory + "/regrade.ndjson", encoding: .utf8)
    for line in text.split(separator: "\n") {
      let row = try #require(
        JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let id = try #require(row["submission_id"] as? String)
      #expect(lines[id] == nil, "submission \(id) is reported twice")
      let judgement = judgements[id]
      let new = row["new"] as? String ?? "none"
      #expect(judgement?.verdict ?? "none" == new, "the two files differ about submission \(id)")
      let own = judgement.flatMap { runs[$0.id] } ?? [:]
      #expect(own.keys.sorted() == Array(1..<own.count + 1), "gaps among the runs of \(id)")
      lines[id] = Line(
        state: row["state"] as? String ?? "none", old: row["old"] as? String ?? "none", new: new,
        isChanged: row["changed"] as? Bool ?? false,
        runs: own.sorted { $0.key < $1.key }.map(\.value))
    }
  }
}
