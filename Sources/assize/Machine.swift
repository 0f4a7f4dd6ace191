import ArgumentParser
import Evaluation
import Foundation
import JudgeModel
import Sandbox
import Synchronization

/// Options of every command that runs programs on this machine.
struct MachineOptions: ParsableArguments {
  @Option(
    name: .customLong("box"),
    help: ArgumentHelp(
      "The assize-box program. Default: $ASSIZE_BOX, else beside this program.",
      valueName: "path"))
  var boxPath: String?

  @Option(
    help: ArgumentHelp("A language table to use instead of the built-in one.", valueName: "file"))
  var languages: String?

  @Flag(help: "Go on without control groups; results are marked and not to be relied on.")
  var allowDegraded = false

  @Flag(help: "Give each slot a physical core of its own.")
  var pin = false

  @Flag(help: "With --pin: leave the other hardware threads of each slot's core idle.")
  var idleSiblings = false

  @Option(
    help: ArgumentHelp(
      "First of the user numbers that programs run under, two per slot. Default: 60000, or others "
        + "when a worker of this machine has these.",
      valueName: "uid"))
  var uidBase: Int?

  static var defaultSlots: Int { max(1, ProcessInfo.processInfo.activeProcessorCount / 2) }

  func validate() throws {
    if idleSiblings && !pin { throw ValidationError("--idle-siblings needs --pin") }
    if let uidBase, !(1_000...2_000_000_000).contains(uidBase) {
      throw ValidationError(
        "--uid-base \(uidBase): it must be between 1000 and 2000000000, where no user of this "
          + "machine has a number")
    }
  }

  /// For so many programs at a time. Takes user numbers, and with `--pin` processors, for as long as
  /// this process lives.
  func sandboxConfiguration(slots: Int) throws -> SandboxConfiguration {
    guard geteuid() == 0 else {
      throw MachineError(
        "judging needs root, to run each program under a user number of its own: start it as root, "
          + "for example by `sudo -E`")
    }
    return SandboxConfiguration(
      helperPath: try Machine.boxPath(boxPath), stateDirectory: "/run/assize/sandbox",
      allowDegraded: allowDegraded,
      uidBase: try MachineClaims.userNumbers(first: uidBase, slots: slots),
      processors: pin ? try processors(slots: slots) : [])
  }

  private func processors(slots: Int) throws -> [[Int]] {
    let topology = ProcessorTopology.ofThisMachine()
    let all = try topology.assignment(slots: topology.cores.count, idleSiblings: idleSiblings)
    // Too many slots for the machine is said as such, before any core is taken.
    _ = try topology.assignment(slots: slots, idleSiblings: idleSiblings)
    var taken: [[Int]] = []
    for core in all where taken.count < slots {
      if try MachineClaims.takes(processors: core) { taken.append(core) }
    }
    guard taken.count == slots else {
      throw MachineError(
        "--pin gives each slot a physical core, and other pinned processes of this machine leave "
          + "\(taken.count) of \(all.count) for \(slots) slots: stop them, or use fewer slots")
    }
    return taken
  }
}

/// What this machine can judge, found out at start. The lines are for its operator.
struct Machine: Sendable {
  var host: SandboxHost
  var table: LanguageTable
  /// One per language of the table that was asked about, in the table's order.
  var probes: [ToolchainProbe]

  /// The languages that work, in the table's order.
  var working: [LanguageID] { probes.filter { $0.version != nil }.map(\.language) }

  func problem(with language: LanguageID) -> String? {
    if let probe = probes.first(where: { $0.language == language }) {
      return probe.version == nil ? probe.problem : nil
    }
    return table[language] == nil ? "\(language) is not in the language table" : nil
  }

  /// One line for each language.
  var languageLines: [String] {
    probes.map { probe in
      "\(probe.language): " + (probe.version ?? "not available: \(probe.problem)")
    }
  }

  /// Looks for everything that judging needs.
  ///
  /// - Parameters:
  ///   - slots: how many programs will run at a time.
  ///   - wanted: languages to try out; nil for all of the table.
  /// - Throws: `MachineError`, or a sandbox or table error that says what is missing.
  static func examine(
    _ options: MachineOptions, slots: Int, wanted: Set<LanguageID>? = nil
  ) throws -> Machine {
    let table =
      try options.languages.map { path in try LanguageTable.load(path) } ?? LanguageTable.builtIn()
    let host = try SandboxHost.probe(try options.sandboxConfiguration(slots: slots))
    let languages = table.languages.filter { wanted?.contains($0.id) ?? true }
    return Machine(host: host, table: table, probes: probe(languages, of: table, on: host))
  }

  /// The helper program: where somebody said, else beside the program that runs now.
  static func boxPath(_ given: String?) throws -> String {
    let environment = ProcessInfo.processInfo.environment["ASSIZE_BOX"]
    if let path = given ?? environment, !path.isEmpty {
      guard access(path, X_OK) == 0 else {
        throw MachineError(
          "\(path) is not a program (\(String(cString: strerror(errno)))): give the path of "
            + "assize-box with --box or ASSIZE_BOX")
      }
      return URL(fileURLWithPath: path).path
    }
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let path = URL(fileURLWithPath: own).deletingLastPathComponent().path + "/assize-box"
    guard access(path, X_OK) == 0 else {
      throw MachineError(
        "there is no assize-box at \(path): put it beside assize, or name it with --box or "
          + "ASSIZE_BOX")
    }
    return path
  }

  /// Tries the languages, as many at a time as there are processors: compilers of ten languages one
  /// after the other would hold up every start.
  static func probe(
    _ languages: [Language], of table: LanguageTable, on host: SandboxHost
  ) -> [ToolchainProbe] {
    let found = Mutex([Int: ToolchainProbe]())
    let next = Atomic(0)
    onThreads(min(languages.count, ProcessInfo.processInfo.activeProcessorCount)) { slot in
      let workshop = Workshop(host: host, languages: table, slot: slot) { _ in "" }
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < languages.count else { return }
        let probe = Toolchains.probe(languages[index], in: workshop)
        found.withLock { $0[index] = probe }
      }
    }
    return found.withLock { found in languages.indices.compactMap { found[$0] } }
  }
}

/// What is wrong with this machine and what to do about it.
struct MachineError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// Runs `body` on `count` threads of its own, numbered from 0, and waits for all of them. Judging
/// blocks, and blocked threads of the shared pool would hold up everybody else.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  let group = DispatchGroup()
  for index in 0..<count {
    group.enter()
    let thread = Thread {
      body(index)
      group.leave()
    }
    thread.name = "slot \(index)"
    thread.stackSize = 8 << 20
    thread.start()
  }
  group.wait()
}

/// Lets this process open as many files as it may at all. The usual limit is 1024, and every worker
/// costs a scheduler two connections.
func raiseDescriptorLimit() {
  var limit = rlimit()
  let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  guard getrlimit(kind, &limit) == 0 else { return }
  limit.rlim_cur = limit.rlim_max
  _ = setrlimit(kind, &limit)
}
