internal import CSandbox
import Glibc
import Synchronization

/// What this machine can do, found out by doing it.
public struct SandboxHost: Sendable {
  let configuration: SandboxConfiguration
  let tree: CgroupTree?
  let owner: ProcessMark
  let bwrapVersion: String
  private let degradedReason: String?

  /// How programs are walled in and counted here.
  public struct Measures: Sendable, Equatable {
    public enum Accounting: Sendable, Equatable {
      case v1
      /// `hasPeak`: the kernel counts the highest memory of a whole run (Linux 5.19).
      case v2(hasPeak: Bool)
      /// Without control groups, and why.
      case degraded(String)
    }
    public var bubblewrapVersion: String
    public var accounting: Accounting
  }

  public var measures: Measures {
    let accounting: Measures.Accounting =
      if let tree {
        tree.isV2 ? .v2(hasPeak: tree.countsPeak) : .v1
      } else {
        .degraded(degradedReason ?? "")
      }
    return Measures(bubblewrapVersion: bwrapVersion, accounting: accounting)
  }

  /// Where mount points of sandboxes are made.
  public var stateDirectory: String { configuration.stateDirectory }

  /// Control groups of this process's runs that exist now, each counted once for each hierarchy.
  public var leafCount: Int {
    guard let tree else { return 0 }
    let prefix = RunLeaf.prefix + owner.text + "-"
    return tree.directories.reduce(0) { sum, directory in
      sum + directoryNames(directory).count { $0.hasPrefix(prefix) }
    }
  }

  /// What this machine's own state means for measuring.
  public var facts: MachineFacts { MachineFacts.read(tree: tree) }

  /// One line for the worker's log.
  public let summary: String

  /// Whether programs run without cgroups, so that every figure is a lower bound.
  public var isDegraded: Bool { tree == nil }

  /// Checks the parts, removes what dead workers left behind, and runs `/bin/true` the whole way:
  /// launcher, bubblewrap, leaf, filter, counters.
  ///
  /// - Throws: ``SandboxError/unusableHost(_:)`` that says what is missing and what to do.
  public static func probe(_ configuration: SandboxConfiguration) throws(SandboxError)
    -> SandboxHost
  {
    guard geteuid() == 0 else {
      throw .unusableHost(
        "sandbox: the worker must be root to give programs users of their own; start it as root")
    }
    guard access(configuration.helperPath, X_OK) == 0 else {
      throw .unusableHost(
        """
        sandbox: no assize-box at \(configuration.helperPath) (\(errorText(errno))); \
        put it beside the assize program
        """)
    }
    let version = try bwrapVersion(configuration.bwrapPath)
    guard let owner = ProcessMark(pid: getpid()) else {
      throw .unusableHost("sandbox: /proc is not mounted; mount it")
    }
    let made = makeDirectories(configuration.stateDirectory, mode: 0o700)
    guard made == 0 else {
      throw .unusableHost(
        "sandbox: cannot make \(configuration.stateDirectory) (\(errorText(made)))")
    }
    SandboxHost.sweepDirectories(configuration.stateDirectory)
    var refusal = "cgroups switched off"
    if configuration.accounting == .automatic {
      do throws(SandboxError) {
        let tree = try CgroupTree.prepare()
        tree.sweep()
        let host = SandboxHost(configuration, tree: tree, owner: owner, version: version)
        try host.tryOut()
        return host
      } catch {
        guard configuration.allowDegraded else { throw error }
        refusal = error.description
      }
    }
    guard configuration.allowDegraded else {
      throw .unusableHost("sandbox: \(refusal), and degraded runs are not allowed")
    }
    let host = SandboxHost(
      configuration, tree: nil, owner: owner, version: version, degradedReason: refusal)
    try host.tryOut()
    return host
  }

  private init(
    _ configuration: SandboxConfiguration, tree: CgroupTree?, owner: ProcessMark, version: String,
    degradedReason: String? = nil
  ) {
    self.configuration = configuration
    self.tree = tree
    self.owner = owner
    self.degradedReason = degradedReason
    bwrapVersion = version
    summary =
      if let tree {
        "sandbox: bwrap \(version), \(tree.summary), seccomp"
      } else {
        """
        sandbox: DEGRADED (\(degradedReason ?? "")): bwrap \(version), CPU and memory from rusage, \
        memory limits by RLIMIT_AS, results marked
        """
      }
  }

  private func tryOut() throws(SandboxError) {
    let sandbox = try ResidentSandbox(
      host: self, options: SandboxOptions(slot: 0, scratchBytes: 1 << 20, programBytes: 1 << 20))
    defer { sandbox.close() }
    let input = try MemoryFile()
    let report = try sandbox.run(
      Command(
        ["/bin/true"], standardInput: input.borrowed, standardOutput: input.borrowed,
        standardError: input.borrowed,
        limits: RunLimits(
          cpuNanoseconds: 10_000_000_000, wallNanoseconds: 30_000_000_000,
          memoryBytes: 256 << 20)))
    guard report.exit == .exited(0), report.stop == .none else {
      throw .unusableHost("sandbox: /bin/true did not run inside: \(report)")
    }
    guard report.cpuNanoseconds > 0, report.memoryPeakBytes > 0 else {
      throw .unusableHost(
        """
        sandbox: counters of a run stay at zero (\(report.cpuNanoseconds) ns of CPU, \
        \(report.memoryPeakBytes) bytes); the kernel lacks cgroup accounting
        """)
    }
  }

  private static func bwrapVersion(_ path: String) throws(SandboxError) -> String {
    let output = try MemoryFile()
    let stream = output.borrowed.rawValue
    let (pidfd, result) = spawnProcess(
      path, arguments: ["--version"], environment: [], descriptors: [stream, stream, stream])
    guard result >= 0 else {
      throw .unusableHost(
        """
        sandbox: cannot run bubblewrap at \(path) (\(errorText(-result))); install it, on Debian \
        by `apt install bubblewrap`
        """)
    }
    let status = assize_wait(pidfd)
    Glibc.close(pidfd)
    let said = String(decoding: try output.readAll(limit: 256), as: UTF8.self)
    let words = said.split { $0 == " " || $0 == "\n" }
    guard status == 0, words.count == 2, words[0] == "bubblewrap" else {
      throw .unusableHost("sandbox: \(path) is not bubblewrap: \(said)")
    }
    return String(words[1])
  }

  // MARK: Names

  private static let serials = Atomic<UInt64>(0)
  private static let directoryPrefix = "slot-"

  /// A number for each sandbox of this process, so that its directory and leaves have own names.
  static func nextSerial() -> UInt64 {
    serials.wrappingAdd(1, ordering: .relaxed).newValue
  }

  func directoryName(slot: Int, sandbox: UInt64) -> String {
    let name = "\(owner.text)-\(slot)-\(sandbox)"
    return "\(configuration.stateDirectory)/\(SandboxHost.directoryPrefix)\(name)"
  }

  /// Removes mount points of dead workers; they are empty directories once the mounts are gone.
  private static func sweepDirectories(_ state: String) {
    for name in directoryNames(state) where name.hasPrefix(directoryPrefix) {
      let rest = name.dropFirst(directoryPrefix.count)
      guard let dash = rest.firstIndex(of: "-"), let owner = ProcessMark(rest[..<dash]),
        !owner.isAlive
      else { continue }
      rmdir("\(state)/\(name)")
    }
  }
}
