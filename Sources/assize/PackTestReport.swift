import Evaluation
import Foundation
import JudgeModel
import ProblemPackage
import Sandbox

/// Results of `assize pack test`, for people and for programs.
struct PackTestReport {
  var packages: [TestedPackage]
  var results: [[TestOutcome]]
  /// What the input validators said, by package; empty when they were not run.
  var inputs: [ValidationOutcome] = []

  private var all: [TestOutcome] { results.flatMap { $0 } }

  private var inputErrors: Int {
    inputs.reduce(0) { sum, outcome in
      sum + outcome.findings.count { $0.severity == .error }
    }
  }

  var isAsExpected: Bool {
    inputErrors == 0
      && all.allSatisfy { outcome in
        switch outcome {
        case .judged(_, let violations): violations.isEmpty
        case .failed: false
        case .skipped: true
        }
      }
  }

  var hasMachineTrouble: Bool {
    all.contains { outcome in
      if case .failed(.machine) = outcome { true } else { false }
    }
  }

  // MARK: Text

  var text: String {
    var lines: [String] = []
    for (index, (package, outcomes)) in zip(packages, results).enumerated() {
      lines.append(Self.heading(package))
      if inputs.indices.contains(index) { lines += Self.inputLines(package, inputs[index]) }
      lines += Self.table(package, outcomes)
      if let margins = TimeMargins(package, outcomes).text { lines.append("  \(margins)") }
      lines.append("")
    }
    lines.append(summary)
    return lines.joined(separator: "\n")
  }

  private static func heading(_ package: TestedPackage) -> String {
    let limits = package.manifest.limits
    let time = TimeSpan(nanoseconds: limits.timeNanoseconds.amount)
    let origin =
      switch limits.timeOrigin {
      case .explicit: ""
      case .derived: " (derived on this machine)"
      case .preset: " (nobody gave one)"
      }
    return "\(package.manifest.problem): \(counted(package.manifest.testcases.count, "testcase")), "
      + "\(time)\(origin), \(bytesText(limits.memoryBytes.amount))"
  }

  private static func table(_ package: TestedPackage, _ outcomes: [TestOutcome]) -> [String] {
    let limit = TimeSpan(nanoseconds: package.manifest.limits.timeNanoseconds.amount)
    let head = ["", "submission", "expected", "got", "slowest", "CPU s", "limit", "decided by"]
    var rows: [(cells: [String], notes: [String])] = [(head, [])]
    for (submission, outcome) in zip(package.submissions, outcomes) {
      rows.append(row(submission.submission, outcome, limit))
    }
    // Reasons why something was skipped are sentences and set no column's width.
    let widths = head.indices.map { column in
      rows.map { $0.cells.count > column ? $0.cells[column].count : 0 }.max() ?? 0
    }
    return rows.flatMap { row -> [String] in
      let cells = row.cells.enumerated().map { column, cell in
        column == 5 || column == 6
          ? String(repeating: " ", count: widths[column] - cell.count) + cell
          : cell + String(repeating: " ", count: widths[column] - cell.count)
      }
      var line = "  " + cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return [terminalSafe(line)] + row.notes.map { "          " + terminalSafe($0) }
    }
  }

  private static func row(
    _ submission: LabelledSubmission, _ outcome: TestOutcome, _ limit: TimeSpan
  ) -> (cells: [String], notes: [String]) {
    let whole = submission.expectedText
    let expected = whole.count > 32 ? whole.prefix(30) + " …" : whole
    switch outcome {
    case .skipped(let reason):
      return (["skip", submission.name, expected], ["skipped: \(reason)"])
    case .failed(let error):
      return (["FAIL", submission.name, expected, "no verdict"], ["\(error)"])
    case .judged(let result, let violations):
      let slowest = result.slowestRun
      var got = result.verdict.rawValue
      if let score = result.score { got += " \(score)" }
      let cells = [
        violations.isEmpty ? "ok" : "FAIL", submission.name, expected, got,
        slowest?.testcase ?? "", slowest.map { Self.seconds($0.facts.cpuTime) } ?? "",
        slowest.map { Self.share($0, of: limit) } ?? "",
        result.verdict == .accepted ? "" : result.message,
      ]
      return (cells, violations + (violations.isEmpty ? [] : explanation(result)))
    }
  }

  /// What helps to see why a verdict is another one than expected.
  private static func explanation(_ result: JudgingResult) -> [String] {
    if result.verdict == .compileError {
      let output = result.compilation?.output ?? ""
      return output.split(separator: "\n").prefix(5).map(String.init)
    }
    guard let run = result.runs.first(where: { $0.verdict != .accepted }) else { return [] }
    let detail = run.detail.map { " (\($0.rawValue))" } ?? ""
    let message = run.message.split(separator: "\n").prefix(3).joined(separator: " / ")
    return ["\(run.testcase): \(run.verdict)\(detail) \(message)"]
  }

  static func seconds(_ time: TimeSpan) -> String {
    String(format: "%.3f", Double(time.nanoseconds) / 1e9)
  }

  /// How much of the time limit a run used; a run that was ended has used more than can be told.
  static func share(_ run: Run, of limit: TimeSpan) -> String {
    if run.wasTooSlow { return "over" }
    guard limit > .zero else { return "" }
    let percent = Double(run.facts.cpuTime.nanoseconds) / Double(limit.nanoseconds) * 100
    return String(format: "%.0f %%", percent)
  }

  private var summary: String {
    var (good, bad, failed, skipped) = (0, 0, 0, 0)
    for outcome in all {
      switch outcome {
      case .judged(_, let violations) where violations.isEmpty: good += 1
      case .judged: bad += 1
      case .failed: failed += 1
      case .skipped: skipped += 1
      }
    }
    var parts = ["\(counted(all.count, "submission")): \(good) as expected"]
    if bad > 0 { parts.append("\(bad) not as expected") }
    if failed > 0 { parts.append("\(failed) without a verdict") }
    if skipped > 0 { parts.append("\(skipped) skipped") }
    if inputErrors > 0 { parts.append("\(counted(inputErrors, "complaint")) about inputs") }
    return parts.joined(separator: ", ")
  }
}

// MARK: - JSON

extension PackTestReport {
  struct Document: Encodable {
    struct Language: Encodable {
      var id: String
      var version: String?
      var problem: String?
    }
    struct Package: Encodable {
      var directory: String
      var problem: String
      var digest: String
      var testcases: Int
      var timeLimitNanoseconds: Int64
      var timeLimitOrigin: String
      var memoryLimitBytes: Int64
      /// nil when the input validators were not run.
      var inputValidation: InputValidation?
      var submissions: [Submission]
    }
    struct Submission: Encodable {
      var name: String
      var language: String?
      var expected: String
      /// `expected`, `violated`, `no verdict` or `skipped`
      var status: String
      var verdict: String?
      var score: String?
      var message: String
      var violations: [String]
      /// The run that took longest, and how much of the time limit it used.
      var slowestTestcase: String?
      var slowestCPUNanoseconds: Int64?
      var slowestPercentOfLimit: Double?
      /// What the verdict rests on, unless it is accepted.
      var decidingTestcase: String?
      var compileCPUNanoseconds: Int64?
      var compilerOutput: String?
      var runs: [TestedRun]
    }
    struct TestedRun: Encodable {
      var testcase: String
      var verdict: String
      var detail: String?
      var score: String?
      var cpuNanoseconds: Int64
      var wallNanoseconds: Int64
      var memoryPeakBytes: Int64
      var outputBytes: Int64
      var exitCode: Int32?
      var signal: Int32?
      var stop: String
      var oomKills: Int32
      var validatorExit: Int32?
      var interactorEndedFirst: Bool?
      var passes: Int32
      var isDegraded: Bool
      var message: String
    }
    var sandbox: String
    var languages: [Language]
    var isAsExpected: Bool
    var packages: [Package]
  }

  func document(machine: Machine) -> Document {
    Document(
      sandbox: machine.host.summary,
      languages: machine.probes.map {
        Document.Language(
          id: $0.language.value, version: $0.version, problem: $0.problem.isEmpty ? nil : $0.problem
        )
      },
      isAsExpected: isAsExpected,
      packages: zip(packages, results).enumerated().map { index, element in
        let (package, outcomes) = element
        let limits = package.manifest.limits
        return Document.Package(
          directory: package.directory, problem: package.manifest.problem,
          digest: package.manifest.digest.hex, testcases: package.manifest.testcases.count,
          timeLimitNanoseconds: limits.timeNanoseconds.amount,
          timeLimitOrigin: limits.timeOrigin.rawValue, memoryLimitBytes: limits.memoryBytes.amount,
          inputValidation: inputs.indices.contains(index)
            ? Document.InputValidation(inputs[index]) : nil,
          submissions: zip(package.submissions, outcomes).map {
            Self.entry($0.submission, $1, limits.timeNanoseconds.amount)
          })
      })
  }

  private static func entry(
    _ submission: LabelledSubmission, _ outcome: TestOutcome, _ limitNanoseconds: Int64
  ) -> Document.Submission {
    var entry = Document.Submission(
      name: submission.name, language: submission.language?.value,
      expected: submission.expectedText, status: "skipped", message: "", violations: [], runs: [])
    switch outcome {
    case .skipped(let reason):
      entry.message = reason
    case .failed(let error):
      entry.status = "no verdict"
      entry.message = "\(error)"
    case .judged(let result, let violations):
      entry.status = violations.isEmpty ? "expected" : "violated"
      entry.violations = violations
      entry.verdict = result.verdict.rawValue
      entry.score = result.score?.description
      entry.message = result.message
      entry.compileCPUNanoseconds = result.compilation?.cpuTime.nanoseconds
      entry.compilerOutput = result.compilation?.output
      entry.runs = result.runs.map(run)
      if let slowest = result.slowestRun {
        entry.slowestTestcase = slowest.testcase
        entry.slowestCPUNanoseconds = slowest.facts.cpuTime.nanoseconds
        entry.slowestPercentOfLimit =
          Double(slowest.facts.cpuTime.nanoseconds) / Double(max(1, limitNanoseconds)) * 100
      }
      if result.verdict != .accepted {
        entry.decidingTestcase =
          result.runs.first { $0.verdict == result.verdict }?.testcase
      }
    }
    return entry
  }

  private static func run(_ run: Run) -> Document.TestedRun {
    Document.TestedRun(
      testcase: run.testcase, verdict: run.verdict.rawValue, detail: run.detail?.rawValue,
      score: run.score?.description, cpuNanoseconds: run.facts.cpuTime.nanoseconds,
      wallNanoseconds: run.facts.wallTime.nanoseconds, memoryPeakBytes: run.facts.memoryPeakBytes,
      outputBytes: run.facts.outputBytes, exitCode: run.facts.exitCode, signal: run.facts.signal,
      stop: run.facts.stop.rawValue, oomKills: run.facts.oomKills,
      validatorExit: run.facts.validatorExit,
      interactorEndedFirst: run.facts.interactorEndedFirst, passes: run.facts.passes,
      isDegraded: run.facts.isDegraded, message: run.message)
  }
}

extension Run {
  /// Ended for that, so that nobody knows how long it would have taken.
  var wasTooSlow: Bool { [.cpuLimit, .wallLimit].contains(facts.stop) }

  func isFaster(than other: Run) -> Bool {
    (wasTooSlow ? 1 : 0, facts.cpuTime.nanoseconds)
      < (other.wasTooSlow ? 1 : 0, other.facts.cpuTime.nanoseconds)
  }
}

extension JudgingResult {
  var slowestRun: Run? { runs.max { $0.isFaster(than: $1) } }
}

extension LabelledSubmission {
  /// What it has to get, as short as a column: `AC`, `AC 40`, or for each set of testcases what they
  /// may get and, behind a plus sign, what one of them has to get.
  var expectedText: String {
    var parts: [String] = []
    for expectation in expectations {
      var part = ""
      if case .testcases(let glob) = expectation.scope, glob != .everything { part = "\(glob): " }
      let list = { (verdicts: Set<Verdict>) in
        Verdict.allCases.filter(verdicts.contains).map(\.rawValue).joined(separator: "/")
      }
      if let permitted = expectation.permitted { part += list(permitted) }
      if let required = expectation.required { part += "+" + list(required) }
      if let score = expectation.score {
        let isOne = score.lowerBound == score.upperBound
        part += part.isEmpty || part.hasSuffix(" ") ? "" : " "
        part += isOne ? "\(score.lowerBound)" : "\(score.lowerBound)..\(score.upperBound)"
      }
      if !part.isEmpty, !parts.contains(part) { parts.append(part) }
    }
    return parts.isEmpty ? "anything" : parts.joined(separator: ", ")
  }
}
