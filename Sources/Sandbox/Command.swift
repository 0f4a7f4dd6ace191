/// The two writable directories of a sandbox.
public enum Area: Sendable {
  /// `/app`: the submission and what was compiled from it. Lives as long as the sandbox and becomes
  /// read-only with the first run as ``Identity/runner``.
  case program
  /// `/box`, also reachable as `/tmp`: emptied after each run unless the command keeps it.
  case scratch
}

/// Under whose uid a program runs. Neither can signal or inspect the other or the helper.
public enum Identity: Sendable {
  /// Compilers and other tools that may write to the program area until it is sealed.
  case builder
  /// The program that is judged.
  case runner
}

public enum FileOwner: Sendable {
  case builder, runner, root
}

/// Bounds of one run. Reaching one is a fact in the report, not an error.
public struct RunLimits: Sendable, Equatable {
  /// CPU time of all processes and threads together.
  public var cpuNanoseconds: Int
  public var wallNanoseconds: Int
  /// Memory of all processes together, with what they write to `/box` and to memory files.
  public var memoryBytes: Int
  /// Largest size of any one file, standard output and error among them when they are files. Bytes
  /// through a pipe are the reader's to count.
  public var outputBytes: Int
  /// Processes and threads at a time.
  public var processes: Int
  public var openFiles: Int
  /// Stack of the main thread; 0 for no bound but memory.
  public var stackBytes: Int
  /// Whether ``memoryBytes`` may also bound the address space, which is all a degraded sandbox can
  /// do. Set it to false for runtimes that reserve far more than they use (Java, Node, Go).
  public var boundsAddressSpace: Bool

  public init(
    cpuNanoseconds: Int, wallNanoseconds: Int, memoryBytes: Int, outputBytes: Int = 64 << 20,
    processes: Int = 64, openFiles: Int = 256, stackBytes: Int = 0,
    boundsAddressSpace: Bool = true
  ) {
    self.cpuNanoseconds = cpuNanoseconds
    self.wallNanoseconds = wallNanoseconds
    self.memoryBytes = memoryBytes
    self.outputBytes = outputBytes
    self.processes = processes
    self.openFiles = openFiles
    self.stackBytes = stackBytes
    self.boundsAddressSpace = boundsAddressSpace
  }
}

/// One program to run.
public struct Command: Sendable {
  public static let defaultEnvironment = [
    "PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/box", "TMPDIR=/box",
  ]

  /// The first is the path of the program inside the sandbox, absolute or relative to the working
  /// directory; PATH is not searched.
  public var arguments: [String]
  /// `NAME=value` strings, all there are.
  public var environment: [String]
  public var workingDirectory: Area
  public var identity: Identity
  /// What the program gets as its standard streams. A file must not be writable for everybody, and
  /// should be readable for everybody when it is the input: some programs open `/dev/stdin`.
  public var standardInput: BorrowedDescriptor
  public var standardOutput: BorrowedDescriptor
  public var standardError: BorrowedDescriptor
  public var limits: RunLimits
  /// Leaves the scratch area as the program left it. To be emptied by a later run or
  /// ``ResidentSandbox/wipeScratch()``.
  public var keepScratch: Bool

  public init(
    _ arguments: [String], environment: [String] = Command.defaultEnvironment,
    workingDirectory: Area = .scratch, identity: Identity = .runner,
    standardInput: BorrowedDescriptor, standardOutput: BorrowedDescriptor,
    standardError: BorrowedDescriptor, limits: RunLimits, keepScratch: Bool = false
  ) {
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.identity = identity
    self.standardInput = standardInput
    self.standardOutput = standardOutput
    self.standardError = standardError
    self.limits = limits
    self.keepScratch = keepScratch
  }
}

/// What one run did: facts, from which the caller derives a verdict.
public struct RunReport: Sendable, Equatable {
  public enum Exit: Sendable, Equatable {
    case exited(Int32)
    case signalled(Int32)
    /// The kernel did not execute it: absent, not executable, or of an unknown format (an errno).
    case notStarted(Int32)
  }

  /// Why the helper ended the run, if it did; the first reason counts.
  public enum Stop: Sendable, Equatable {
    case none
    case cpuLimit
    case wallLimit
    case cancelled
    /// A standard stream that is a file outgrew the limit, or the program died of SIGXFSZ.
    case outputLimit
  }

  /// How the program itself ended; processes it left behind were killed.
  public var exit: Exit
  public var stop: Stop
  /// All processes and threads, loading of the program included. May be a little above the limit.
  public var cpuNanoseconds: Int
  public var wallNanoseconds: Int
  /// CLOCK_MONOTONIC of the machine, in nanoseconds: comparable between sandboxes.
  public var startedAt: Int
  public var endedAt: Int
  /// Highest memory of all processes together. It includes page cache, so reaching the limit means
  /// nothing: only ``oomKills`` does.
  public var memoryPeakBytes: Int
  /// Processes ended for want of memory. The program itself may have survived a child's end.
  public var oomKills: Int
  /// How often a process or thread was refused.
  public var processLimitHits: Int
  /// Processes collected, the program itself among them.
  public var reaped: Int
  /// Blocks of 512 bytes that had to come from a disk. Then the program waited for it, time went into
  /// reading, and what was read is counted in ``memoryPeakBytes``: the next run will do better.
  public var blocksRead: Int
  /// Measured without cgroups: CPU time and memory are lower bounds, and ``oomKills`` is unknown.
  public var isDegraded: Bool
}
