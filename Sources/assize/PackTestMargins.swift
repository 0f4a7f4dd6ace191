import Evaluation
import Foundation
import JudgeModel
import ProblemPackage

/// How far the jury's submissions stay away from the time limit: a limit between two submissions
/// that are close to each other decides by luck on another machine.
struct TimeMargins {
  struct Bound {
    var submission: String
    var run: Run
  }
  /// The slowest run of a submission that must not be too slow.
  private(set) var slowestFast: Bound?
  /// Among the submissions that have to be too slow, the one whose slowest run was the fastest.
  private(set) var fastestSlow: Bound?
  private let limit: TimeSpan

  init(_ package: TestedPackage, _ outcomes: [TestOutcome]) {
    limit = TimeSpan(nanoseconds: package.manifest.limits.timeNanoseconds.amount)
    for (submission, outcome) in zip(package.submissions, outcomes) {
      guard case .judged(let result, _) = outcome, let run = result.slowestRun else { continue }
      let bound = Bound(submission: submission.name, run: run)
      let label = submission.submission
      // One that has to be too slow somewhere may have to be fast elsewhere: it says nothing about
      // how slow the fast ones are.
      if label.boundsTimeLimitBelow, !label.boundsTimeLimitAbove,
        slowestFast?.run.isFaster(than: run) ?? true
      {
        slowestFast = bound
      }
      if label.boundsTimeLimitAbove, fastestSlow.map({ run.isFaster(than: $0.run) }) ?? true {
        fastestSlow = bound
      }
    }
  }

  /// One line; nil when no submission says anything about the limit.
  var text: String? {
    var parts: [String] = []
    if let slowestFast {
      parts.append("slowest that has to be fast enough: \(words(slowestFast))")
    }
    if let fastestSlow {
      parts.append("fastest that has to be too slow: \(words(fastestSlow))")
    }
    guard !parts.isEmpty else { return nil }
    return terminalSafe("time  " + parts.joined(separator: "; "))
  }

  private func words(_ bound: Bound) -> String {
    let share = PackTestReport.share(bound.run, of: limit)
    return "\(bound.submission) on \(bound.run.testcase), "
      + (bound.run.wasTooSlow
        ? "ended after \(PackTestReport.seconds(bound.run.facts.cpuTime)) s"
        : "\(PackTestReport.seconds(bound.run.facts.cpuTime)) s (\(share) of the limit)")
  }
}

// MARK: - Inputs

extension PackTestReport {
  static func inputLines(_ package: TestedPackage, _ outcome: ValidationOutcome) -> [String] {
    var lines = outcome.findings.map { "  " + terminalSafe(located($0, in: package.directory)) }
    let counts = outcome.counts
    if counts.inputs > 0 {
      let rejected = Set(outcome.findings.map(\.path)).count
      lines.append(
        "  inputs " + (rejected == 0 ? "as they should be: " : "not as they should be: ")
          + "\(counted(counts.inputValidators, "validator")) on \(counted(counts.inputs, "input"))")
    }
    return lines + outcome.notRun.map { "  not run: " + terminalSafe($0) }
  }
}

extension PackTestReport.Document {
  struct InputValidation: Encodable {
    var inputValidators: Int
    var inputs: Int
    var notRun: [String]
    var findings: [PackCheckReport.Package.Finding]

    init(_ outcome: ValidationOutcome) {
      inputValidators = outcome.counts.inputValidators
      inputs = outcome.counts.inputs
      notRun = outcome.notRun
      findings = outcome.findings.map(PackCheckReport.Package.Finding.init)
    }
  }
}
