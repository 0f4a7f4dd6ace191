import ArgumentParser
import Foundation
import JudgeModel
import Logging
import Messages
import Sandbox
import WorkerAgent

/// A machine that judges.
struct WorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Judge on this machine for a scheduler.",
    discussion: """
      Dials the scheduler named by the join line, fetches packages as they are needed, and runs \
      submissions in a sandbox. Nothing has to be opened in a firewall on this side. Needs root, \
      because every slot's programs run under a user number of their own.

      The join line is a secret. Everybody on this machine can see it in the process list when it is \
      written on the command line; `assize worker @FILE` or $ASSIZE_JOIN keeps it out of there.

      The first SIGINT or SIGTERM finishes what runs and then leaves; the second leaves at once, and \
      what was running is judged elsewhere. Exit status: 0 left in order, 1 the scheduler refused \
      this worker, 2 this machine cannot judge, 64 wrong usage.
      """)

  @Argument(
    help: ArgumentHelp(
      "The join line, or @FILE with the line in it. Default: $ASSIZE_JOIN.",
      valueName: "join line|@file"))
  var joinLine: String?

  @Option(
    help: ArgumentHelp(
      "Name of this worker. Default: the host's name and a suffix that is kept in the cache "
        + "directory.",
      valueName: "name"))
  var name: String?

  @Option(
    help: ArgumentHelp(
      "Programs to judge at the same time. Default: half of the processors.", valueName: "n"))
  var slots: Int?

  @Option(help: ArgumentHelp("Where fetched packages are kept.", valueName: "dir"))
  var cache = DefaultPaths.cache

  @Option(
    help: ArgumentHelp(
      "Room for packages, such as 20G. Default: 20G, at most three quarters of the disk's room.",
      valueName: "size"))
  var cacheBudget: ByteSize?

  @Option(
    help: ArgumentHelp(
      "Package data per second at most, such as 5M. Default: as fast as the link allows.",
      valueName: "size"))
  var fetchRate: ByteSize?

  @Option(
    name: .customLong("label"),
    help: ArgumentHelp(
      "A fact about this machine, shown in listings and asked for with --require; up to "
        + "\(Label.countLimit), of printable characters without blanks.", valueName: "key=value"),
    transform: Label.init(argument:))
  var labels: [Label] = []

  @Flag(
    help: ArgumentHelp(
      "Only say what this machine can and cannot measure fairly, with a remedy for each fault. Needs "
        + "no join line. Exit status: 0 fair, 1 not, 2 it cannot judge at all."))
  var check = false

  @Option(help: "With --check: how to print it.")
  var format = ListFormat.table

  @OptionGroup var machineOptions: MachineOptions
  @OptionGroup var logOptions: LogOptions

  private static let gibibyte: Int64 = 1 << 30
  /// As long as a name may be on the wire.
  private static let nameLimit = 64

  func validate() throws {
    if let slots, !(1...256).contains(slots) {
      throw ValidationError("--slots \(slots): it must be between 1 and 256")
    }
    if let cacheBudget, cacheBudget.bytes < 1 << 20 {
      throw ValidationError("--cache-budget: it must be at least 1M")
    }
    if let fetchRate, fetchRate.bytes < 1 << 10 {
      throw ValidationError("--fetch-rate: it must be at least 1K, in bytes per second")
    }
    if labels.count > Label.countLimit {
      throw ValidationError("--label: a worker has at most \(Label.countLimit) labels")
    }
    if let name, !Self.isUsable(name) {
      throw ValidationError(
        "--name: it must have 1 to \(Self.nameLimit) letters, digits, dots, dashes or underscores")
    }
  }

  private static func isUsable(_ name: String) -> Bool {
    (1...nameLimit).contains(name.utf8.count)
      && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
  }

  func run() async throws {
    let log = logOptions.logger("worker")
    try await exitingWithReason {
      if check { return try MachineCheck(machineOptions, slots: slots).print(format) }
      guard let line = try JoinLines.find(joinLine) else {
        throw CommandFailure(
          "no scheduler named: give the join line that `assize scheduler` prints, as an argument, "
            + "as @FILE or in $\(JoinLines.variable)")
      }
      let slots = slots ?? MachineOptions.defaultSlots
      let directory = try CacheDirectory(URL(fileURLWithPath: cache).path)
      defer { directory.release() }
      let settings = try settings(line, slots, directory, try examine(slots), log)
      let stops = try Signals.requestsToStop()
      let agent = try await WorkerAgent(settings)
      let stopping = Task { await Self.obey(stops, agent, log) }
      defer { stopping.cancel() }
      if let reason = try await agent.run() {
        warn("the scheduler refused this worker: \(terminalSafe(reason))")
        throw ExitCode(1)
      }
      log.notice("left")
    }
  }

  private static func obey(_ stops: AsyncStream<Void>, _ agent: WorkerAgent, _ log: Logger) async {
    var count = 0
    for await _ in stops {
      count += 1
      switch count {
      case 1:
        log.notice("leaving after what runs now; the same signal again leaves at once")
        await agent.drain()
      case 2:
        log.notice("leaving at once")
        await agent.stop()
      default: Foundation.exit(0)
      }
    }
  }

  private func examine(_ slots: Int) throws -> Machine {
    let machine = try Machine.examine(machineOptions, slots: slots)
    printToStandardError(machine.host.summary)
    for line in machine.languageLines { printToStandardError(terminalSafe(line)) }
    guard !machine.support.isEmpty else {
      throw CommandFailure(
        "none of the languages works here, see above: install a compiler or an interpreter")
    }
    return machine
  }

  private func settings(
    _ line: JoinLine, _ slots: Int, _ directory: CacheDirectory, _ machine: Machine, _ log: Logger
  ) throws -> AgentSettings {
    AgentSettings(
      joinLine: line, worker: WorkerID(try name ?? directory.workerName()), slots: slots,
      cacheDirectory: directory.path,
      cacheBudgetBytes: cacheBudget?.bytes
        ?? min(20 * Self.gibibyte, directory.roomBytes / 4 * 3),
      fetchBytesPerSecond: fetchRate?.bytes, labels: labels.sorted(),
      host: machine.host, languageTable: machine.table, languages: machine.support,
      programVersion: Assize.programVersion, logger: log)
  }
}
