import ArgumentParser
import Foundation
import JudgeModel
import Simulation
import Synchronization

/// The real deciders on a virtual clock.
struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Run whole clusters on a virtual clock, with faults, and hold them to their promises.",
    discussion: """
      Scheduler and workers decide with the code that runs in production; network, disks, programs \
      and time are simulated. While connections break, one way or both, processes die or stand still, \
      disks fill up and messages are lost, nothing wrong may be done (two verdicts for a judging, a \
      verdict under a stale lease, a cache beyond its budget, ...); then everything heals, and \
      everything must get done. Each seed is another cluster with other misfortunes, and repeats \
      exactly: its trace hash is printed, and which misfortunes were felt.

      swarm draws cluster and faults from the seed; lite has crashes only, and every judging has to \
      get its verdict; performance has no faults, and what counts is the report.

      Example: assize simulate --seeds 1000
      Example: assize simulate --mode performance --workers 1000 --slots 16 --judgings 200000

      Exit status: 0 all promises kept, 1 one was broken, 64 wrong usage.
      """)

  @Option(help: "The first seed.")
  var seed: UInt64 = 1
  @Option(help: "How many seeds, one after the other.")
  var seeds: UInt64 = 1
  @Option(help: "What the seeds are made into.")
  var mode = Choice(SimulationOptions.Mode.swarm)
  @Option(help: "Number of workers. Default: drawn from the seed; 100 with --mode performance.")
  var workers: Int?
  @Option(help: "Slots of each worker. Default: drawn from the seed; 4 with --mode performance.")
  var slots: Int?
  @Option(help: "Number of judgings. Default: drawn from the seed; 10000 with --mode performance.")
  var judgings: Int?
  @Option(
    help: ArgumentHelp("Make this mistake on purpose: it has to be noticed.", valueName: "bug"))
  var plant: Choice<PlantedBug>?
  @Option(help: "How to print the reports.")
  var format = ListFormat.table

  func validate() throws {
    if !(1...100_000_000).contains(seeds) { throw ValidationError("--seeds: 1 to 100000000") }
    if seed.addingReportingOverflow(seeds).overflow {
      throw ValidationError("--seed \(seed): there are not \(seeds) seeds behind it")
    }
    for (name, value, most) in [
      ("--workers", workers, 100_000), ("--slots", slots, 1_000),
      ("--judgings", judgings, 10_000_000),
    ] {
      if let value, !(1...most).contains(value) { throw ValidationError("\(name): 1 to \(most)") }
    }
  }

  func options(seed: UInt64) -> SimulationOptions {
    var options =
      switch mode.value {
      case .swarm: SimulationOptions.swarm(seed: seed)
      case .lite: SimulationOptions.lite(seed: seed)
      case .performance:
        SimulationOptions.performance(
          seed: seed, workers: workers ?? 100, slots: slots ?? 4, judgings: judgings ?? 10_000)
      }
    options.workers = workers ?? options.workers
    options.slots = slots ?? options.slots
    options.judgings = judgings ?? options.judgings
    options.planted = plant?.value
    return options
  }

  func run() async throws {
    let last = seed + seeds
    let next = Mutex(seed)
    let failures = Mutex(0)
    // One thread each: a simulation never waits.
    let threads = min(Int(clamping: seeds), ProcessInfo.processInfo.activeProcessorCount)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      while true {
        let seed = next.withLock { next -> UInt64? in
          guard next < last else { return nil }
          defer { next += 1 }
          return next
        }
        guard let seed else { return }
        let (isKept, text) = simulateOne(seed)
        failures.withLock { failures in
          if !isKept { failures += 1 }
          if let text { print(text) }
        }
      }
    }
    let failed = failures.withLock { $0 }
    if seeds > 1 {
      printToStandardError("\(counted(Int(seeds), "seed")), \(failed) broke a promise")
    }
    if failed > 0 { throw ExitCode(1) }
  }

  /// - Returns: whether it kept its promises, and what is to be printed.
  private func simulateOne(_ seed: UInt64) -> (Bool, String?) {
    let options = options(seed: seed)
    let start = ContinuousClock.now
    do {
      let report = try simulate(options)
      let elapsed = start.nanosecondsSince
      switch format {
      case .json: return (true, line(SimulatedSeed(report, nanoseconds: elapsed)))
      case .table:
        // Of many only those that failed are of interest.
        guard seeds == 1 else { return (true, nil) }
        let perStep = elapsed / max(1, Int(report.steps))
        return (true, "\(report)\n\(elapsed / 1_000_000) ms, \(perStep) ns for each step")
      }
    } catch {
      switch format {
      case .json: return (false, line(SimulatedSeed(error)))
      case .table:
        let given = [
          ("--workers", workers), ("--slots", slots), ("--judgings", judgings),
        ].compactMap { name, value in value.map { " \(name) \($0)" } }
        let bug = plant.map { " --plant \($0.value.rawValue)" } ?? ""
        let again =
          "again: assize simulate --mode \(mode.value.rawValue) --seed \(seed)" + given.joined()
          + bug
        return (false, "\(error)\n\(again)")
      }
    }
  }

  /// One object a line, as they come.
  private func line(_ value: SimulatedSeed) -> String? {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) }
  }
}

/// What became of a seed, for programs.
private struct SimulatedSeed: Encodable {
  var seed: UInt64
  var failure: String?
  var failedAtNanoseconds: Int64?
  var judged: Int?
  var cancelled: Int?
  var quarantined: Int?
  var makespanNanoseconds: Int64?
  var waitMedianNanoseconds: Int64?
  var wait99Nanoseconds: Int64?
  var hitsPerMille: Int64?
  var bytesMoved: Int64?
  var faults: Int?
  /// How often each kind was felt.
  var felt: [String: Int]?
  var notes: Int?
  var steps: Int64?
  var nanosecondsPerStep: Int64?
  var traceHash: String?

  init(_ report: SimulationReport, nanoseconds: Int) {
    seed = report.seed
    judged = report.judged
    cancelled = report.cancelled
    quarantined = report.quarantined
    makespanNanoseconds = report.makespan.nanoseconds
    waitMedianNanoseconds = report.waitMedian.nanoseconds
    wait99Nanoseconds = report.wait99.nanoseconds
    hitsPerMille = report.hitsPerMille
    bytesMoved = report.bytesMoved
    faults = report.faults
    felt = Dictionary(report.mishaps.map { ($0.name, $0.count) }, uniquingKeysWith: +)
    notes = report.notes
    steps = report.steps
    nanosecondsPerStep = Int64(nanoseconds) / max(1, report.steps)
    traceHash = String(report.traceHash, radix: 16)
  }

  init(_ failure: SimulationFailure) {
    seed = failure.options.seed
    self.failure = failure.reason
    failedAtNanoseconds = failure.at.nanoseconds
  }
}

/// One of a type's cases, by its raw value.
struct Choice<Value: RawRepresentable & CaseIterable & Sendable>: ExpressibleByArgument
where Value.RawValue == String {
  var value: Value
  init(_ value: Value) { self.value = value }
  init?(argument: String) {
    guard let value = Value(rawValue: argument) else { return nil }
    self.value = value
  }
  static var allValueStrings: [String] { Value.allCases.map(\.rawValue) }
  var defaultValueDescription: String { value.rawValue }
}
