import ArgumentParser
import Bench
import Foundation
import Sandbox

/// The figures of the README, measured here.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure what Assize costs on this machine.",
    subcommands: [BenchSandboxCommand.self, BenchCompareCommand.self])
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
      let processors = ProcessInfo.processInfo.activeProcessorCount
      // Two at least, for the neighbours.
      let host = try SandboxHost.probe(
        try machineOptions.sandboxConfiguration(slots: max(2, processors)))
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
        page.sections.append(try bench.neighbours(runs: max(5, runs / 40)))
      }
      try page.print(format)
    }
  }
}

/// How fast outputs are compared.
struct BenchCompareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Measure how fast outputs are compared with answers.",
    discussion: """
      Compares files in memory by the default rules, kind by kind, in turn with a bare memcmp of the \
      same bytes.

      Exit status: 0 measured, 2 it could not be done, 64 wrong usage.
      """)

  @Option(help: ArgumentHelp("How often to compare each kind.", valueName: "n"))
  var runs = 9
  @Option(help: "How to print the figures.")
  var format = ListFormat.table

  func validate() throws {
    if !(1...10_000).contains(runs) { throw ValidationError("--runs: 1 to 10000") }
  }

  func run() async throws {
    try await exitingWithReason {
      let page = BenchPage(machine: "", sections: [try CompareBench().run(runs: runs)])
      try page.print(format)
    }
  }
}

extension BenchPage {
  func print(_ format: ListFormat) throws {
    if format == .json { return try printJSON(self) }
    Swift.print(text)
  }

  private var text: String {
    let sections = sections.map { section in
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
    return ([machine] + sections).filter { !$0.isEmpty }.joined(separator: "\n\n")
  }
}
