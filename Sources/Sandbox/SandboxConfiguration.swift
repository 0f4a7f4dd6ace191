/// What a worker knows about its machine before the first sandbox.
public struct SandboxConfiguration: Sendable {
  public enum Accounting: Sendable {
    /// cgroup v2 where its controllers are, else v1.
    case automatic
    /// No cgroup, even where there is one. Only together with ``allowDegraded``.
    case none
  }

  /// Path of the `assize-box` program.
  public var helperPath: String
  public var bwrapPath: String
  /// A directory for empty mount points, one per sandbox; made when it is missing. Nothing is ever
  /// written below it.
  public var stateDirectory: String
  /// Whether to go on without cgroups. CPU time and memory then come from `rusage`, which a program
  /// can cheat, memory is bounded per process only, and every report says so.
  public var allowDegraded: Bool
  /// First of the uids programs run under: slot n uses `uidBase + 2n` to build and the next to run.
  /// No other user of the machine may have them.
  public var uidBase: Int
  public var accounting: Accounting
  /// Where the programs of each slot may run, by number of processor; from
  /// ``ProcessorTopology/assignment(slots:idleSiblings:)``. A slot without an entry may use all
  /// processors of the machine.
  public var processors: [[Int]]

  public init(
    helperPath: String, bwrapPath: String = "/usr/bin/bwrap", stateDirectory: String,
    allowDegraded: Bool = false, uidBase: Int = 60000, accounting: Accounting = .automatic,
    processors: [[Int]] = []
  ) {
    self.helperPath = helperPath
    self.bwrapPath = bwrapPath
    self.stateDirectory = stateDirectory
    self.allowDegraded = allowDegraded
    self.uidBase = uidBase
    self.accounting = accounting
    self.processors = processors
  }
}

/// A directory or file of the host that programs may read, beyond `/usr`.
public struct ReadOnlyMount: Sendable, Hashable {
  public var host: String
  /// Absolute path inside; its parents are made.
  public var inside: String

  public init(host: String, inside: String) {
    self.host = host
    self.inside = inside
  }
}

/// One sandbox's size and surroundings.
public struct SandboxOptions: Sendable {
  /// Index of the worker's slot, from 0: it selects the uids.
  public var slot: Int
  /// Room in `/box`, the scratch area, in bytes and in files and directories.
  public var scratchBytes: Int
  public var scratchFiles: Int
  /// Room in `/app`, the program area.
  public var programBytes: Int
  public var programFiles: Int
  public var readOnlyMounts: [ReadOnlyMount]

  public init(
    slot: Int, scratchBytes: Int = 256 << 20, scratchFiles: Int = 4096,
    programBytes: Int = 256 << 20, programFiles: Int = 4096, readOnlyMounts: [ReadOnlyMount] = []
  ) {
    self.slot = slot
    self.scratchBytes = scratchBytes
    self.scratchFiles = scratchFiles
    self.programBytes = programBytes
    self.programFiles = programFiles
    self.readOnlyMounts = readOnlyMounts
  }
}
