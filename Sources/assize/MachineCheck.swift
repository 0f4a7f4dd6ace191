import ArgumentParser
import Foundation
import Sandbox

/// `assize worker --check`: what this machine can and cannot measure fairly.
struct MachineCheck {
  private let host: SandboxHost
  private let report: FairnessReport

  /// Runs a program the whole way through the sandbox, as a worker does at its start.
  init(_ options: MachineOptions, slots: Int?) throws {
    let slots = slots ?? MachineOptions.defaultSlots
    host = try SandboxHost.probe(try options.sandboxConfiguration(slots: slots))
    report = FairnessReport(
      host.facts, measures: host.measures, slots: slots, pinned: options.pin)
  }

  private struct Finding: Encodable {
    var topic: String
    var rating: String
    var text: String
    var remedy: String
  }

  private struct Page: Encodable {
    var sandbox: String
    var rating: String
    var findings: [Finding]
  }

  /// - Throws: `ExitCode` 1 when something is not fair.
  func print(_ format: ListFormat) throws {
    if format == .json {
      try printJSON(
        Page(
          sandbox: host.summary, rating: report.worst.rawValue,
          findings: report.findings.map {
            Finding(
              topic: $0.topic, rating: $0.rating.rawValue, text: $0.text, remedy: $0.remedy)
          }))
    } else {
      Swift.print(host.summary)
      for finding in report.findings {
        let mark =
          switch finding.rating {
          case .fine: "ok     "
          case .note: "note   "
          case .unfair: "UNFAIR "
          }
        Swift.print(mark + terminalSafe(finding.text))
        if !finding.remedy.isEmpty { Swift.print("       remedy: " + terminalSafe(finding.remedy)) }
      }
    }
    if report.worst == .unfair { throw ExitCode(1) }
  }
}
