import Foundation
import JudgeModel
import ProblemPackage

/// Findings of `assize pack check`, for people and for programs.
struct PackCheckReport {
  var packages: [CheckedPackage]

  var hasErrors: Bool { packages.contains(where: \.hasErrors) }

  /// Findings with the same words are listed up to this many times.
  private static let listed = 5

  // MARK: Text

  /// - Parameter all: also what has been said of many other files.
  func text(all: Bool) -> String {
    packages.map { Self.text($0, all: all) }.joined(separator: "\n")
  }

  private static func text(_ package: CheckedPackage, all: Bool) -> String {
    var lines: [String] = []
    var counts: [String: Int] = [:]
    var unlisted: [(finding: Diagnostic, count: Int)] = []
    for finding in package.findings {
      let words = finding.severity.rawValue + finding.message
      counts[words, default: 0] += 1
      if all || counts[words, default: 0] <= listed {
        lines.append(terminalSafe(located(finding, in: package.directory)))
      } else if let at = unlisted.firstIndex(where: {
        $0.finding.severity == finding.severity && $0.finding.message == finding.message
      }) {
        unlisted[at].count += 1
      } else {
        unlisted.append((finding, 1))
      }
    }
    for (finding, count) in unlisted {
      lines.append(
        terminalSafe(
          "\(package.directory): \(finding.severity.rawValue): so do \(counted(count, "more file")) "
            + "(--all lists them): \(finding.message)"))
    }
    lines.append(summary(package))
    if let manifest = package.reading.manifest { lines += limits(manifest.limits) }
    lines += validation(package)
    return lines.joined(separator: "\n")
  }

  private static func summary(_ package: CheckedPackage) -> String {
    let findings = package.findings
    let errors = findings.filter { $0.severity == .error }.count
    let warnings = findings.count - errors
    var line = "\(package.directory): "
    if let manifest = package.reading.manifest {
      line += "\(counted(manifest.testcases.count, "testcase")), "
    }
    line += "\(counted(package.reading.submissions.count, "submission")), "
    line += findings.isEmpty ? "no findings" : counted(errors, "error")
    if warnings > 0 { line += ", " + counted(warnings, "warning") }
    let notRun = package.validation?.notRun.count ?? 0
    if notRun > 0 { line += ", \(notRun) not run" }
    return line
  }

  /// Which limits the author gave and which the judge chose: a default is easily taken for a choice.
  private static func limits(_ limits: ProblemLimits) -> [String] {
    let all = limits.named
    let list = { (isExplicit: Bool) in
      all.filter { $0.limit.isExplicit == isExplicit }.map { "\($0.title) \($0.text)" }
        .joined(separator: ", ")
    }
    let (given, defaults) = (list(true), list(false))
    var lines: [String] = []
    if !given.isEmpty { lines.append("  limits given    \(given)") }
    if !defaults.isEmpty { lines.append("  by default      \(defaults)") }
    return lines
  }

  private static func validation(_ package: CheckedPackage) -> [String] {
    if let reason = package.reasonNotRun { return ["  validators      not run: \(reason)"] }
    guard let outcome = package.validation else { return [] }
    let counts = outcome.counts
    var parts: [String] = []
    if counts.inputs + counts.junkInputs > 0 {
      parts.append(
        "\(counted(counts.inputValidators, "input validator")) on \(counted(counts.inputs, "input"))"
          + (counts.junkInputs > 0 ? " and \(counts.junkInputs) of junk" : ""))
    }
    if counts.labelledOutputs > 0 {
      parts.append("\(counted(counts.labelledOutputs, "output")) with a label")
    }
    if counts.nastyOutputs > 0 {
      parts.append("the output validator on \(counts.nastyOutputs) outputs of junk")
    }
    let ran = parts.isEmpty ? [] : ["  validators      " + parts.joined(separator: "; ")]
    return ran + outcome.notRun.map { "  not run         " + terminalSafe($0) }
  }

  // MARK: JSON

  struct Package: Encodable {
    struct Finding: Encodable {
      var severity: String
      var path: String
      var line: Int?
      var message: String

      init(_ finding: Diagnostic) {
        severity = finding.severity.rawValue
        path = finding.path
        line = finding.line
        message = finding.message
      }
    }
    struct Limit: Encodable {
      var name: String
      var amount: Int64
      var isExplicit: Bool
    }
    struct Validation: Encodable {
      var ran: Bool
      var reason: String?
      var counts: ValidationOutcome.Counts?
      var notRun: [String]
    }
    var directory: String
    var problem: String?
    var digest: String?
    var testcases: Int?
    var submissions: Int
    var timeLimitOrigin: String?
    var limits: [Limit]
    var validation: Validation
    var findings: [Finding]
  }

  var document: [Package] {
    packages.map { package in
      let manifest = package.reading.manifest
      return Package(
        directory: package.directory, problem: manifest?.problem, digest: manifest?.digest.hex,
        testcases: manifest?.testcases.count, submissions: package.reading.submissions.count,
        timeLimitOrigin: manifest?.limits.timeOrigin.rawValue,
        limits: (manifest?.limits.named ?? []).map {
          Package.Limit(name: $0.key, amount: $0.limit.amount, isExplicit: $0.limit.isExplicit)
        },
        validation: Package.Validation(
          ran: package.validation != nil, reason: package.reasonNotRun,
          counts: package.validation?.counts, notRun: package.validation?.notRun ?? []),
        findings: package.findings.map(Package.Finding.init))
    }
  }
}

extension NamedLimit {
  /// The amount as people write it.
  var text: String {
    if key.hasSuffix("Nanoseconds") { return "\(TimeSpan(nanoseconds: limit.amount))" }
    if key.hasSuffix("Bytes") { return bytesText(limit.amount) }
    return "\(limit.amount)"
  }
}
