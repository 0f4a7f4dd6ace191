import Foundation
import Grading
import JudgeModel
import Testing

/// Whole trees against the default grader of problemtools, group by group as problemtools calls it.
/// Only where `ASSIZE_DEFAULT_GRADER` names that program; `tools/package-oracle grader` sets it.
struct GraderDifferentialTests {
  static let program = ProcessInfo.processInfo.environment["ASSIZE_DEFAULT_GRADER"]
  static let trees = Int(ProcessInfo.processInfo.environment["ASSIZE_GRADER_TREES"] ?? "") ?? 200

  /// What problemtools knows of a testcase or a group.
  struct Result {
    var verdict: String
    var score: String
  }

  static func ask(_ lines: [String], _ flags: [String]) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program ?? "")
    process.arguments = flags
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    input.fileHandleForWriting.write(Data(lines.map { $0 + "\n" }.joined().utf8))
    try input.fileHandleForWriting.close()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let words = said.split(whereSeparator: \.isWhitespace).map(String.init)
    return try #require(
      words.count == 2 ? Result(verdict: words[0], score: words[1]) : nil, "\(said)")
  }

  /// The other judge's walk over a group; nil when nothing in it was judged.
  static func theirs(
    _ group: TestGroup, flags: [String: [String]], runs: [String: (Verdict, String)]
  ) throws -> Result? {
    guard case .legacy(let rule) = group.grading else { return nil }
    var results: [Result] = []
    for child in group.children {
      switch child {
      case .testcase(let testcase):
        let (verdict, score) = try #require(runs[testcase.name])
        let preset = verdict == .accepted ? rule.acceptScore : rule.rejectScore
        results.append(
          Result(verdict: verdict.rawValue, score: score.isEmpty ? "\(preset)" : score))
      case .group(let inner):
        guard let result = try theirs(inner, flags: flags, runs: runs) else { continue }
        results.append(result)
      }
      if let last = results.last, last.verdict != "AC", group.breaksOnReject { break }
    }
    if results.isEmpty { return nil }
    if let error = results.first(where: { $0.verdict == "JE" }) { return error }
    return try ask(results.map { "\($0.verdict) \($0.score)" }, flags[group.name] ?? [])
  }

  /// A random package with the flags of each group and the results of its testcases.
  struct Tree {
    var random: Generator
    var flags: [String: [String]] = [:]
    var runs: [String: (Verdict, String)] = [:]
    var results: [(Verdict, Score?)] = []

    mutating func group(_ name: String, depth: Int) -> TestNode {
      var children: [TestNode] = []
      for number in 0..<Int.random(in: depth == 0 ? 0...3 : 0...4, using: &random) {
        let child = "\(name)/\(number)"
        if depth < 2, Bool.random(using: &random) {
          children.append(group(child, depth: depth + 1))
        } else {
          children.append(testcase(child))
          addRun(child)
        }
      }
      return node(name, children)
    }

    mutating func node(_ name: String, _ children: [TestNode]) -> TestNode {
      var words = [
        "worst_error", "first_error", "always_accept", "no_errors", "accept_if_any_accepted",
      ]
      .filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
      words += ["sum", "avg", "min", "max"].filter { _ in Int.random(in: 0..<4, using: &random) == 0
      }
      words.shuffle(using: &random)
      if name.isEmpty, Bool.random(using: &random) { words.append("ignore_sample") }
      flags[name] = words
      var rule = LegacyGrading()
      for word in words {
        if let verdict = LegacyGrading.VerdictRule(rawValue: word) { rule.verdict = verdict }
        if word == "no_errors" { rule.verdict = .worstError }
        if let score = LegacyGrading.ScoreRule(rawValue: word) { rule.score = score }
      }
      rule.ignoresSample = words.contains("ignore_sample")
      rule.acceptsIfAnyAccepted = words.contains("accept_if_any_accepted")
      rule.acceptScore = Score(points: Int64.random(in: 0...9, using: &random)) ?? .one
      rule.rejectScore = Score(points: Int64.random(in: -2...2, using: &random)) ?? .zero
      return GradingTests.group(
        name, .legacy(rule), breaks: Bool.random(using: &random), children)
    }

    mutating func addRun(_ name: String) {
      let verdicts: [Verdict] = [
        .accepted, .accepted, .accepted, .wrongAnswer, .timeLimit, .runtimeError, .memoryLimit,
        .outputLimit,
      ]
      let verdict = verdicts.randomElement(using: &random) ?? .accepted
      var score = ""
      if verdict == .accepted, Bool.random(using: &random) {
        score =
          "\(Int.random(in: 0...40, using: &random)).\(Int.random(in: 0...99, using: &random))"
      }
      runs[name] = (verdict, score)
      results.append((verdict, Score(score)))
    }
  }

  @Test(.enabled(if: program != nil)) func agreesOnRandomTrees() throws {
    var compared = 0
    for seed in 1...UInt64(Self.trees) {
      var tree = Tree(random: Generator(state: seed))
      var children = [tree.group("secret", depth: 0)]
      if Bool.random(using: &tree.random) {
        tree.results.removeAll()
        tree.runs.removeAll()
        children = [tree.group("sample", depth: 2), tree.group("secret", depth: 0)]
      }
      let root = tree.node("", children)
      guard case .group(let tests) = root, !tests.testcases.isEmpty else { continue }
      let expected = try Self.theirs(tests, flags: tree.flags, runs: tree.runs)
      for isScoring in [true, false] {
        let package = manifest(scoring: isScoring, root)
        for mode in JudgingMode.allCases {
          let ours = walk(package, mode, tree.results).outcome
          #expect(
            ours?.verdict.rawValue == expected?.verdict ?? "AC", "seed \(seed), \(mode)")
          guard isScoring, let score = ours?.score, let expected else { continue }
          // Theirs has six places and went through binary numbers on each level.
          let difference = abs(
            (Double(score.description) ?? .nan) - (Double(expected.score) ?? .nan))
          #expect(difference < 1e-5, "seed \(seed): \(score), theirs \(expected.score)")
        }
      }
      compared += 1
    }
    print("compared \(compared) trees")
  }
}
