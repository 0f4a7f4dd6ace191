import ArgumentParser
import Foundation
import JudgeModel
import Messages
import SchedulerClient

/// The machines that judge.
struct Workers: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the workers that are connected.",
    discussion: """
      A worker is live; suspect when it has been silent for a while, which gives it nothing new; or \
      draining when it is about to leave. LOAD is the machine's load average and its number of \
      processors.

      Exit status: 0 listed, 2 the scheduler could not be asked, 64 wrong usage.
      """)

  @Option(help: "How to print it.")
  var format = ListFormat.table
  @OptionGroup var joinOption: JoinOption

  private struct Report: Encodable {
    struct Language: Encodable {
      var id: String
      var version: String
    }
    var name: String
    var host: String
    var state: String
    var slots: Int32
    var busySlots: Int32
    var languages: [Language]
    var labels: [String: String]
    var programVersion: String
    var sandbox: String
    var load: Double
    var processors: Int32
    var memoryTotalBytes: Int64
    var memoryAvailableBytes: Int64
    var diskFreeBytes: Int64
    var cacheUsedBytes: Int64
    var cacheBudgetBytes: Int64
    var cachedPackages: [String]
    var lastSeenMilliseconds: Int64
    var judged: Int64

    init(_ worker: WorkerStatus) {
      name = worker.worker.value
      host = worker.host
      state = worker.state.rawValue
      slots = worker.slots
      busySlots = min(worker.busySlots, worker.slots)
      languages = worker.languages.map { Language(id: $0.language.value, version: $0.version) }
      labels = Dictionary(worker.labels.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
      programVersion = worker.programVersion
      sandbox = worker.sandbox
      load = Double(worker.load.loadThousandths) / 1000
      processors = worker.load.processors
      memoryTotalBytes = worker.load.memoryTotalBytes
      memoryAvailableBytes = worker.load.memoryAvailableBytes
      diskFreeBytes = worker.load.diskFreeBytes
      cacheUsedBytes = worker.cache.usedBytes
      cacheBudgetBytes = worker.cache.budgetBytes
      cachedPackages = worker.cache.packages.map(\.hex)
      lastSeenMilliseconds = worker.lastSeenAgo.milliseconds
      judged = worker.judged
    }
  }

  func run() async throws {
    try await exitingWithReason {
      let status = try await joinOption.connected { try await $0.status() }
      let workers = status.workers.map { Report($0) }.sorted { $0.name < $1.name }
      if format == .json { return try printJSON(workers) }
      guard !workers.isEmpty else {
        return print("no worker is connected: start one with `assize worker JOINLINE`")
      }
      print(Self.table(workers))
    }
  }

  private static func table(_ workers: [Report]) -> String {
    var table = TextTable([
      ("NAME", .left), ("HOST", .left), ("STATE", .left), ("SLOTS", .right), ("LOAD", .right),
      ("MEMORY FREE", .right), ("DISK FREE", .right), ("CACHE", .right), ("PACKAGES", .right),
      ("JUDGED", .right), ("SEEN", .right), ("LANGUAGES", .left),
    ])
    for worker in workers {
      table.add([
        worker.name, worker.host, worker.state, "\(worker.busySlots)/\(worker.slots)",
        String(format: "%.2f/%d", worker.load, worker.processors),
        bytesText(worker.memoryAvailableBytes), bytesText(worker.diskFreeBytes),
        "\(bytesText(worker.cacheUsedBytes)) of \(bytesText(worker.cacheBudgetBytes))",
        "\(worker.cachedPackages.count)", "\(worker.judged)",
        durationText(.milliseconds(worker.lastSeenMilliseconds)),
        worker.languages.map(\.id).joined(separator: " "),
      ])
    }
    return table.text
  }
}
