import ArgumentParser
import Foundation
import JudgeModel
import Messages
import SchedulerClient

/// Why a judging is where it is.
struct Explain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show why a judging is where it is, and where its time went.",
    discussion: """
      Of a judging that waits: what for, how many come before it, and of each worker what keeps it \
      from taking it. Of one that is judged: how long it waited, at the scheduler and at its worker, \
      was compiled and ran. `assize submit` prints the number of a judging.

      Example: assize explain j12

      Exit status: 0 shown, 2 there is no such judging or the scheduler could not be asked, 64 wrong \
      usage.
      """)

  @Argument(help: ArgumentHelp("Number of the judging, such as j12 or 12.", valueName: "id"))
  var judging: String

  @Option(help: "How to print it.")
  var format = ListFormat.table
  @OptionGroup var joinOption: JoinOption

  func validate() throws { _ = try identifierNumber(judging, "j", "a judging") }

  func run() async throws {
    try await exitingWithReason {
      let id = JudgingID(try identifierNumber(judging, "j", "a judging"))
      let explanation = try await joinOption.connected { try await $0.explain(id) }
      if format == .json { return try printJSON(ExplanationReport(explanation)) }
      for line in ExplanationText(explanation).lines { print(line) }
    }
  }
}

/// For programs.
private struct ExplanationReport: Encodable {
  struct Candidate: Encodable {
    var worker: String
    var freeSlots: Int64
    var package: String
    var obstacle: String
  }
  struct Waiting: Encodable {
    var reason: String
    var ahead: Int64
    var workers: [Candidate]
    var unlistedWorkers: Int64
  }
  struct Span: Encodable {
    var name: String
    var nanoseconds: Int64
  }

  var judging: Int64
  var state: String
  var problem: String
  var package: String
  var language: String
  var requires: [String]
  var priority: String
  var mode: String
  var batch: Int64?
  var worker: String?
  var returns: Int64
  var verdict: String?
  var message: String
  var createdMilliseconds: Int64
  var leasedMilliseconds: Int64?
  var finishedMilliseconds: Int64?
  var testcases: Int64
  var spans: [Span]
  var waiting: Waiting?

  init(_ explanation: Explanation) {
    judging = explanation.judging.value
    state = explanation.state.rawValue
    problem = explanation.problem
    package = explanation.package.hex
    language = explanation.language.value
    requires = explanation.requires.map(\.description)
    priority = "\(explanation.priority)"
    mode = explanation.mode.rawValue
    batch = explanation.batch?.value
    worker = explanation.worker?.value
    returns = explanation.returns
    verdict = explanation.verdict?.rawValue
    message = explanation.message
    createdMilliseconds = explanation.course.createdMilliseconds
    leasedMilliseconds = explanation.course.leasedMilliseconds
    finishedMilliseconds = explanation.course.finishedMilliseconds
    testcases = explanation.course.testcases
    spans = explanation.course.stages.map { Span(name: $0.name, nanoseconds: $0.span.nanoseconds) }
    waiting = explanation.waiting.map { waiting in
      Waiting(
        reason: waiting.reason, ahead: waiting.ahead,
        workers: waiting.candidates.map {
          Candidate(
            worker: $0.worker.value, freeSlots: $0.free, package: $0.warmth.rawValue,
            obstacle: $0.obstacle)
        }, unlistedWorkers: waiting.unlisted)
    }
  }
}

extension Explanation.Course {
  /// One after the other, as far as they are known, without gaps: what lies between two measured stages
  /// is one of its own.
  fileprivate var stages: [(name: String, span: TimeSpan)] {
    var stages: [(name: String, span: TimeSpan)] = []
    guard let leased = leasedMilliseconds else { return stages }
    stages.append(("queue", .milliseconds(max(0, leased - createdMilliseconds))))
    guard let finished = finishedMilliseconds else { return stages }
    let atWorker = TimeSpan.milliseconds(max(0, finished - leased))
    guard let spans else {
      stages.append(("worker", atWorker))
      return stages
    }
    stages.append(("package and slot", spans.waiting))
    if let compiling { stages.append(("compile", compiling)) }
    // Of a judging that others helped with, testcases ran at the same time.
    let left = max(.zero, spans.judging - (compiling ?? .zero))
    stages.append(("run", min(running, left)))
    if left > running { stages.append(("around the runs", left - running)) }
    let rest = atWorker - spans.waiting - spans.judging
    stages.append(("network and commit", max(.zero, rest)))
    return stages
  }
}

/// For people.
private struct ExplanationText {
  var lines: [String]

  init(_ explanation: Explanation) {
    lines = ["\(explanation.judging)  \(Self.state(explanation))"]
    let labels = explanation.requires.map { ", needs \($0)" }.joined()
    lines.append(
      "problem   \(terminalSafe(explanation.problem)), package \(explanation.package.short)")
    lines.append(
      "program   \(terminalSafe(explanation.language.value))\(labels); \(explanation.priority) "
        + "priority, \(explanation.mode.rawValue) judging"
        + (explanation.batch.map { ", batch \($0)" } ?? ""))
    if explanation.returns > 0 {
      lines.append(
        "returned  " + counted(Int(explanation.returns), "time") + " without a verdict")
    }
    if !explanation.message.isEmpty {
      lines.append("note      \(terminalSafe(explanation.message))")
    }
    lines += Self.course(explanation.course)
    if let waiting = explanation.waiting { lines += Self.waiting(waiting) }
  }

  private static func state(_ explanation: Explanation) -> String {
    let worker = explanation.worker.map { terminalSafe($0.value) }
    switch explanation.state {
    case .queued: return "waits"
    case .leased: return "is with worker \(worker ?? "?")"
    case .judged:
      return "judged \(explanation.verdict?.rawValue ?? "?") by worker \(worker ?? "?")"
    case .cancelled: return "cancelled"
    case .quarantined: return "set aside: a person has to look at it"
    }
  }

  private static func course(_ course: Explanation.Course) -> [String] {
    let stages = course.stages
    guard !stages.isEmpty else { return [] }
    let total = stages.reduce(TimeSpan.zero) { $0 + $1.span }
    var table = TextTable([("WHERE THE TIME WENT", .left), ("", .right), ("", .right)])
    for stage in stages {
      table.add([stage.name, millisecondsText(stage.span), share(stage.span, of: total)])
    }
    let count = course.testcases == 1 ? "1 testcase" : "\(course.testcases) testcases"
    table.add(["total (\(count))", millisecondsText(total), ""])
    if let ran = stages.first(where: { $0.name == "run" })?.span, ran < course.running {
      table.add(["testcases, some on other workers", millisecondsText(course.running), ""])
    }
    return [""] + table.text.split(separator: "\n").map(String.init)
  }

  private static func millisecondsText(_ span: TimeSpan) -> String {
    span < .seconds(10) ? "\(span.milliseconds) ms" : durationText(span)
  }

  private static func share(_ span: TimeSpan, of total: TimeSpan) -> String {
    guard total > .zero else { return "" }
    return "\(span.milliseconds * 100 / max(1, total.milliseconds)) %"
  }

  private static func waiting(_ waiting: Explanation.Waiting) -> [String] {
    var lines = ["", "waits     \(terminalSafe(waiting.reason))"]
    if waiting.ahead > 0 { lines.append("ahead     " + counted(Int(waiting.ahead), "judging")) }
    guard !waiting.candidates.isEmpty else { return lines }
    var table = TextTable([
      ("WORKER", .left), ("FREE", .right), ("PACKAGE", .left), ("WHY NOT", .left),
    ])
    for candidate in waiting.candidates {
      table.add([
        candidate.worker.value, "\(candidate.free)", candidate.warmth.rawValue, candidate.obstacle,
      ])
    }
    lines.append("")
    lines += table.text.split(separator: "\n").map(String.init)
    if waiting.unlisted > 0 {
      lines.append("and " + counted(Int(waiting.unlisted), "worker") + " more")
    }
    return lines
  }
}
