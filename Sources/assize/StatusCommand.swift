import ArgumentParser
import Foundation
import JudgeModel
import Messages
import SchedulerClient

/// The cluster at a glance.
struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what the cluster is doing, and why judgings wait.",
    discussion: "Exit status: 0 shown, 2 the scheduler could not be asked, 64 wrong usage.")

  @Option(help: "How to print it.")
  var format = ListFormat.table
  @OptionGroup var joinOption: JoinOption

  private struct Report: Encodable {
    struct Waiting: Encodable {
      var count: Int64
      var reason: String
    }
    var programVersion: String
    var uptimeSeconds: Int64
    var queued: Int64
    var leased: Int64
    var judged: Int64
    var cancelled: Int64
    var quarantined: Int64
    var workers: Int
    var slots: Int64
    var busySlots: Int64
    var waiting: [Waiting]

    init(_ status: ClusterStatus) {
      programVersion = status.programVersion
      uptimeSeconds = status.uptime.milliseconds / 1000
      queued = status.queued
      leased = status.leased
      judged = status.judged
      cancelled = status.cancelled
      quarantined = status.quarantined
      workers = status.workers.count
      slots = status.workers.reduce(0) { $0 + Int64($1.slots) }
      busySlots = status.workers.reduce(0) { $0 + Int64(min($1.busySlots, $1.slots)) }
      waiting = status.waiting.map { Waiting(count: $0.count, reason: $0.reason) }
    }

    var lines: [String] {
      var lines = [
        "scheduler  \(terminalSafe(programVersion)), up "
          + durationText(.seconds(uptimeSeconds)),
        "workers    \(workers), \(busySlots) of \(counted(Int(slots), "slot")) busy",
        "judgings   \(queued) waiting, \(leased) at workers",
        "finished   \(judged) judged, \(cancelled) cancelled, \(quarantined) set aside "
          + "(since the start)",
      ]
      for note in waiting {
        lines.append("waiting    \(note.count): \(terminalSafe(note.reason))")
      }
      return lines
    }
  }

  func run() async throws {
    try await exitingWithReason {
      let report = Report(try await joinOption.connected { try await $0.status() })
      if format == .json { return try printJSON(report) }
      for line in report.lines { print(line) }
    }
  }
}
