import ArgumentParser
import Bench
import JudgeModel
import SchedulerCore
import Simulation

/// How few bytes the scheduler moves, and what waiting that costs.
struct BenchLocalityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "locality",
    abstract: "Compare how well schedulers place judgings where their packages are.",
    discussion: """
      A model on a virtual clock: the same judgings of 200 packages (22 GB) come to 20 workers of 8 \
      slots with caches of 5 GB and links of 1 Gb/s, empty at the start, at three loads. What decides \
      is this program's own scheduler, or one of those that task engines have; the workers and their \
      caches are this program's own for all of them. Beside them, what nobody can do with less: bytes \
      of each package once, and of as many copies as are in use at once if nobody waits longer than 1 s.

      Nothing but the seed changes the figures: they are the same on every machine.

      Exit status: 0 compared, 64 wrong usage.
      """)

  @Option(help: ArgumentHelp("How many judgings at each load.", valueName: "n"))
  var judgings = 12_000
  @Option(help: ArgumentHelp("What the judgings are drawn from.", valueName: "n"))
  var seed: UInt64 = 1
  @Option(help: "How to print the figures.")
  var format = ListFormat.table

  func validate() throws {
    if !(1...1_000_000).contains(judgings) { throw ValidationError("--judgings: 1 to 1000000") }
  }

  func run() throws {
    var sections: [BenchPage.Section] = []
    for (title, demand, load) in Self.loads {
      var options = LocalityOptions(seed: seed)
      options.judgings = judgings
      options.demand = demand
      options.loadPerMille = load
      sections.append(section(title, options))
    }
    let page = BenchPage(machine: "virtual, seed \(seed)", sections: sections)
    if format == .json { return try printJSON(page) }
    print(page.text)
  }

  private static let loads: [(String, LocalityOptions.Demand, Int64)] = [
    ("load 0.85", .steady, 850), ("load 0.95", .steady, 950), ("load 0.80, bursts", .bursty, 800),
  ]

  private static let policies: [(String, LocalityPolicy)] = [
    ("first come, any worker", .random),
    ("least loaded worker", .leastLoaded),
    ("holder first", .cacheFirst(delayMilliseconds: 0)),
    ("holder first, else after 1 s", .cacheFirst(delayMilliseconds: 1_000)),
    // As real workers of so many slots are set up.
    ("assize", .assize(SchedulerPolicy(), prefetch: 1)),
  ]

  private func section(_ title: String, _ options: LocalityOptions) -> BenchPage.Section {
    let trace = LocalityTrace(options)
    let least = trace.leastBytes
    let patient = trace.leastBytes(patience: .seconds(1), slots: options.slots)
    let bounds = [("each package once", least), ("nobody waits longer than 1 s", patient)].map {
      BenchPage.Row("(at least: \($0))", Self.moved($1, least))
    }
    let rows = Self.policies.map { name, policy in
      let report = simulateLocality(trace, options, policy)
      return BenchPage.Row(
        name,
        [
          BenchPage.Figure("hits", report.hitsPerMille, .share),
          BenchPage.Figure("median", Self.wait(report, 500), .nanoseconds),
          BenchPage.Figure("p95", Self.wait(report, 950), .nanoseconds),
          BenchPage.Figure("p99", Self.wait(report, 990), .nanoseconds),
        ] + Self.moved(report.bytesMoved, least))
    }
    return BenchPage.Section(
      title, rows + bounds, note: "hits by judging; times from handing in to the start")
  }

  private static func wait(_ report: LocalityReport, _ perMille: Int) -> Int {
    Int(report.wait(perMille: perMille).nanoseconds)
  }

  private static func moved(_ bytes: Int64, _ least: Int64) -> [BenchPage.Figure] {
    [
      BenchPage.Figure("moved", Int(bytes), .bytes),
      BenchPage.Figure("of the least", Int(bytes * 1_000 / max(1, least)), .perMille),
    ]
  }
}
