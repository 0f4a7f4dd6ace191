import ArgumentParser
import Bench
import Foundation
import JudgeModel
import Messages
import ProblemPackage
import Sandbox
import SchedulerClient
import Simulation

/// What the scheduler does by itself.
struct BenchSchedulerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scheduler",
    abstract: "Measure what the scheduler does by itself.",
    discussion: """
      A real scheduler with a record on the disk, and played workers over real sockets whose judgings \
      take no processor: how many judgings a second become durable verdicts, and how long one takes \
      from handing in to the verdict beside 1, 100 and 1000 idle workers. Then: 5100 operations of \
      0.1 s on 6 slots, as CMS measures itself (85 s at best); submissions that are printed by cat, \
      one time and three times each, through a real worker and its sandbox; and a simulated cluster of 10000 workers. Needs root.

      Exit status: 0 measured, 2 it could not be done, 64 wrong usage.
      """)

  @Option(help: ArgumentHelp("How many judgings without work.", valueName: "n"))
  var judgings = 20_000
  @Option(help: ArgumentHelp("How many operations of 0.1 s; 0 leaves them out.", valueName: "n"))
  var operations = 5_100
  @Option(help: ArgumentHelp("How many simulated judgings; 0 leaves them out.", valueName: "n"))
  var simulated = 1_000_000
  @Option(help: "How to print the figures.")
  var format = ListFormat.table
  @OptionGroup var machineOptions: MachineOptions

  func validate() throws {
    if !(100...10_000_000).contains(judgings) {
      throw ValidationError("--judgings: 100 to 10000000")
    }
    if !(0...1_000_000).contains(operations) {
      throw ValidationError("--operations: 0 to 1000000")
    }
    if !(0...10_000_000).contains(simulated) {
      throw ValidationError("--simulated: 0 to 10000000")
    }
  }

  func run() async throws {
    try await exitingWithReason {
      raiseDescriptorLimit()
      let slots = ProcessInfo.processInfo.activeProcessorCount
      let machine = try Machine.examine(
        machineOptions, slots: slots, wanted: [LanguageID("text")])
      let temporary = try TemporaryDirectory("assize-bench")
      defer { temporary.remove() }
      let place = temporary.path
      let sample = try PackageSample(directory: place + "/noop", bytes: 50_000, tests: 3)
      let archive = place + "/noop.tar.zst"
      try PackageArchive.write(try sample.manifest(), directory: sample.directory, to: archive)
      let trial = SchedulerTrial(archive: archive, place: place, machine: machine)
      var page = BenchPage(machine: machine.host.summary, sections: [])
      page.sections.append(try await trial.throughput(judgings))
      page.sections.append(try await trial.latency())
      if operations > 0 { page.sections.append(try await trial.operations(operations)) }
      page.sections.append(try await trial.printing(slots: slots, tests: [1, 3]))
      if simulated > 0 { page.sections.append(try simulatedCluster()) }
      if format == .json { return try printJSON(page) }
      print(page.text)
    }
  }

  private func simulatedCluster() throws -> BenchPage.Section {
    printToStandardError("simulating 10000 workers")
    let options = SimulationOptions.performance(
      seed: 1, workers: 10_000, slots: 16, judgings: simulated)
    let start = ContinuousClock.now
    let report = try simulate(options)
    let elapsed = start.nanosecondsSince
    return BenchPage.Section(
      "simulated cluster",
      [
        BenchPage.Row(
          "10000 workers of 16 slots",
          [
            BenchPage.Figure("judgings", report.judged, .count),
            BenchPage.Figure("time", elapsed, .nanoseconds),
            BenchPage.Figure("each judging", elapsed / max(1, report.judged), .nanoseconds),
            BenchPage.Figure("each event", elapsed / max(1, Int(report.steps)), .nanoseconds),
          ])
      ],
      note: "both cores and the simulated world on one processor")
  }
}

/// One scheduler after the other, each with workers of another kind.
private struct SchedulerTrial {
  var archive: String
  var place: String
  var machine: Machine

  private func with<Result: Sendable>(
    _ archive: String? = nil, _ body: (BenchCluster, Digest) async throws -> Result
  ) async throws -> Result {
    let archive = archive ?? self.archive
    return try await BenchCluster.with(place + "/cluster", isPlain: true, machine: machine) {
      cluster in
      let package = try PackageArchive.index(archive).manifest.digest
      _ = try await cluster.client.push(archive: archive, package: package)
      return try await body(cluster, package)
    }
  }

  /// Runs something beside played workers.
  private func beside<Result: Sendable>(
    _ cluster: BenchCluster, workers: Int, slots: Int, prefetch: Int = 0, _ package: Digest,
    workSpan: TimeSpan = .zero, _ body: () async throws -> Result
  ) async throws -> Result {
    let crowd = try PlayedCrowd(
      cluster.line, named: "played", count: workers, slots: slots, prefetch: prefetch,
      package: package, workSpan: workSpan)
    do {
      try await crowd.dial()
      try await cluster.waitForWorkers(workers)
      let result = try await body()
      await crowd.stop()
      return result
    } catch {
      await crowd.stop()
      throw error
    }
  }

  func throughput(_ judgings: Int) async throws -> BenchPage.Section {
    printToStandardError("judging \(judgings) times without work")
    let time = try await with { cluster, package in
      try await beside(cluster, workers: 4, slots: 16, prefetch: 16, package) {
        try await cluster.judgeBatch(judgings, package, language: "c")
      }
    }
    return BenchPage.Section(
      "judgings without work",
      [
        BenchPage.Row(
          "4 workers of 16 slots",
          [
            BenchPage.Figure("judgings", judgings, .count),
            BenchPage.Figure("time", time, .nanoseconds),
            BenchPage.Figure("per second", perSecond(judgings, time), .count),
          ])
      ],
      note: "one batch, from handing in to the last verdict, each durable and told to a client")
  }

  func latency() async throws -> BenchPage.Section {
    var rows: [BenchPage.Row] = []
    for workers in [1, 100, 1_000] {
      printToStandardError("judging one after the other beside \(workers) idle workers")
      let samples = try await with { cluster, package in
        try await beside(cluster, workers: workers, slots: 1, package) {
          var samples = Samples()
          for _ in 0..<500 { samples.add(try await cluster.judge(package).verdict) }
          return samples
        }
      }
      rows.append(
        BenchPage.Row(
          "\(workers) idle workers",
          [
            BenchPage.Figure("median", samples.median, .nanoseconds),
            BenchPage.Figure("p99", samples.percentile(perMille: 990), .nanoseconds),
          ]))
    }
    return BenchPage.Section(
      "from handing in to the verdict", rows,
      note: "one judging at a time; two commits to the disk lie in between")
  }

  func operations(_ count: Int) async throws -> BenchPage.Section {
    printToStandardError("\(count) operations of 0.1 s on 6 slots")
    let time = try await with { cluster, package in
      try await beside(
        cluster, workers: 3, slots: 2, package, workSpan: .milliseconds(100)
      ) { try await cluster.judgeBatch(count, package, language: "c") }
    }
    let best = (count + 5) / 6 * 100_000_000
    return BenchPage.Section(
      "operations of 0.1 s",
      [
        BenchPage.Row(
          "\(count) on 6 slots",
          [
            BenchPage.Figure("time", time, .nanoseconds),
            BenchPage.Figure("at best", best, .nanoseconds),
            BenchPage.Figure("ratio", time * 1_000 / max(1, best), .perMille),
          ])
      ])
  }

  func printing(slots: Int, tests: [Int]) async throws -> BenchPage.Section {
    var rows: [BenchPage.Row] = []
    for runs in tests {
      printToStandardError("judging what cat prints, in the sandbox, \(counted(runs, "run")) each")
      let sample = try PackageSample(
        directory: "\(place)/cat-\(runs)", bytes: 50_000, tests: runs)
      let archive = sample.directory + ".tar.zst"
      try PackageArchive.write(try sample.manifest(), directory: sample.directory, to: archive)
      let count = 300 * slots
      let time = try await with(archive) { cluster, package in
        try await cluster.startWorker(slots: slots)
        return try await cluster.judgeBatch(count, package, language: "text")
      }
      rows.append(
        BenchPage.Row(
          "\(counted(slots, "slot")), \(counted(runs, "run")) each",
          [
            BenchPage.Figure("judgings", count, .count),
            BenchPage.Figure("time", time, .nanoseconds),
            BenchPage.Figure("per second", perSecond(count, time), .count),
            BenchPage.Figure("runs per second", perSecond(runs * count, time), .count),
          ]))
    }
    return BenchPage.Section(
      "what cat prints, in the sandbox", rows,
      note: "a real worker: a sandbox for each submission, the runs in it")
  }
}
