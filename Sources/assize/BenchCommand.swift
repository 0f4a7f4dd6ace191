import ArgumentParser
import Bench
import Foundation
import Sandbox

/// The figures of the README, measured here.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure what Assize costs on this machine.",
    subcommands: [
      BenchSandboxCommand.self, BenchCompareCommand.self, BenchPackagesCommand.self,
      BenchSchedulerCommand.self, BenchLocalityCommand.self,
    ])
}

/// What a run in the sandbox costs.
struct BenchSandboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sandbox",
    abstract: "Measure what a run in the sandbox costs, and how exactly limits are kept.",
    discussion: """
      Times a static hello, /bin/true and Python in the sandbox, in turn with a bare posix_spawn of \
      the same program, in one slot and in as many as there are processors. Then: how far beyond a \
      CPU limit of 1 s a spinning program and a fork bomb get, and what an honest program feels of \
      an attack in the next slot. Absolute figures are those of this machine; the ratios tell.

      With --endurance only: so many runs, and what this process and the kernel hold afterwards.

      Exit status: 0 measured, 2 it could not be done, 64 wrong usage.
      """)

  @Option(help: ArgumentHelp("How many runs of each program.", valueName: "n"))
  var runs = 400
  @Option(
    help: ArgumentHelp(
      "Only count what is left after so many runs, such as 100000.", valueName: "n"))
  var endurance: Int?
  @Option(help: "How to print the figures.")
  var format = ListFormat.table
  @OptionGroup var machineOptions: MachineOptions

  func validate() throws {
    if !(1...1_000_000).contains(runs) { throw ValidationError("--runs: 1 to 1000000") }
    if let endurance, !(10...100_000_000).contains(endurance) {
      throw ValidationError("--endurance: 10 to 100000000")
    }
  }

  func run() async throws {
    try await exitingWithReason {
      let cores = ProcessorTopology.ofThisMachine().cores.count
      let processors =
        machineOptions.pin ? cores : ProcessInfo.processInfo.activeProcessorCount
      // Two at least, for the neighbours, which a pinned slot has only where there is another core.
      let hasNeighbours = !machineOptions.pin || cores > 1
      let host = try SandboxHost.probe(
        try machineOptions.sandboxConfiguration(
          slots: hasNeighbours ? max(2, processors) : processors))
      let bench = try SandboxBench(host: host)
      var page = BenchPage(machine: host.summary, sections: [])
      if let endurance {
        page.sections.append(
          try bench.endurance(runs: endurance, slots: processors) { done in
            if done % max(1000, endurance / 20 / 1000 * 1000) == 0 {
              printToStandardError("\(done) of \(endurance) runs")
            }
          })
      } else {
        page.sections.append(try bench.overhead(runs: runs, slots: 1))
        if processors > 1 {
          page.sections.append(try bench.overhead(runs: runs, slots: processors))
        }
        page.sections.append(try bench.limits(runs: max(5, runs / 40)))
        if hasNeighbours {
          page.sections.append(try bench.neighbours(runs: max(5, runs / 40)))
        }
      }
      if format == .json { return try printJSON(page) }
      print(page.text)
    }
  }
}

/// What the built-in comparer reaches.
struct BenchCompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Measure how fast outputs are compared with answers.",
    discussion: """
      Compares files in memory, read as judging reads them: short and long tokens, numbers within a \
      tolerance, case and blanks that matter or differ, and one huge token. Beside each, what \
      memcmp reaches on the same bytes, and how much memory it took. Needs no sandbox.

      Exit status: 0 measured, 2 it could not be done, 64 wrong usage.
      """)

  @Option(help: ArgumentHelp("Size of each file.", valueName: "MiB"))
  var size = 100
  @Option(help: ArgumentHelp("How often each pair is compared.", valueName: "n"))
  var rounds = 5
  @Option(help: "How to print the figures.")
  var format = ListFormat.table

  func validate() throws {
    if !(1...4096).contains(size) { throw ValidationError("--size: 1 to 4096") }
    if !(1...1000).contains(rounds) { throw ValidationError("--rounds: 1 to 1000") }
  }

  func run() throws {
    do {
      let section = try CompareBench(bytes: size << 20, rounds: rounds).run()
      let processors = ProcessInfo.processInfo.activeProcessorCount
      let page = BenchPage(
        machine: "\(processors) processors, one of them used", sections: [section])
      if format == .json { return try printJSON(page) }
      print(page.text)
    } catch {
      printToStandardError("\(error)")
      throw ExitCode(2)
    }
  }
}

extension BenchPage {
  /// For people: a table for each section.
  var text: String {
    let tables = sections.map { section in
      var names: [String] = []
      for figure in section.rows.flatMap(\.figures) where !names.contains(figure.name) {
        names.append(figure.name)
      }
      var table = TextTable([(section.title, .left)] + names.map { ($0, .right) })
      for row in section.rows {
        let cells = names.map { name in row.figures.first { $0.name == name }?.text ?? "" }
        table.add([row.name] + cells)
      }
      return table.text + (section.note.isEmpty ? "" : "\n(\(section.note))")
    }
    return ([machine] + tables).joined(separator: "\n\n")
  }
}
