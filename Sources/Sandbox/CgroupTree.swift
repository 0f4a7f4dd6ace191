import Glibc

/// The place under which this worker makes one control group, a leaf, per run.
///
/// Version 1: a directory `assize` below our own position in each of three hierarchies. Version 2:
/// below our own group, which must have been delegated to us; since an inner group may hold no
/// processes, the worker itself moves to a sibling of the leaves, `supervisor`.
///
/// Our own position, not the root: whatever bounds were set for the worker hold for its runs too.
struct CgroupTree: Sendable, Equatable {
  enum Version: Sendable, Equatable {
    case v1(memory: String, pids: String, cpu: String)
    case v2(String)
  }

  let version: Version
  /// Whether a limit of memory is one of memory and swap together.
  let boundsSwap: Bool
  /// Whether the kernel keeps the highest memory of a group.
  let countsPeak: Bool
  private static let folder = "assize"
  private static let supervisor = "supervisor"

  var isV2: Bool {
    if case .v2 = version { true } else { false }
  }

  var summary: String { isV2 ? "cgroup v2 (memory,pids,cpu)" : "cgroup v1 (memory,pids,cpuacct)" }

  /// Looks at the directories at once: they come and go with the leaves in them.
  private init(_ version: Version) {
    self.version = version
    switch version {
    case .v2(let directory):
      boundsSwap = access("\(directory)/memory.swap.max", F_OK) == 0
      countsPeak = access("\(directory)/memory.peak", F_OK) == 0
    case .v1(let memory, _, _):
      boundsSwap = access("\(memory)/memory.memsw.limit_in_bytes", F_OK) == 0
      countsPeak = true
    }
  }

  /// The directories that hold leaves, each once: controllers may share a hierarchy.
  var directories: [String] {
    switch version {
    case .v2(let directory):
      return [directory]
    case .v1(let memory, let pids, let cpu):
      var all: [String] = []
      for directory in [memory, pids, cpu] where !all.contains(directory) { all.append(directory) }
      return all
    }
  }

  /// Finds a usable place and prepares it. The error says why there is none.
  static func prepare() throws(SandboxError) -> CgroupTree {
    let location = CgroupLocation(
      mountinfo: readText("/proc/self/mountinfo") ?? "", cgroup: readText("/proc/self/cgroup") ?? ""
    )
    if let own = location.v2, hasControllers(own) {
      // Where a cgroup namespace begins looks like the root, but the rule against processes in inner
      // groups holds there; only groups have a type.
      let isRoot = location.v2IsRoot && access("\(own)/cgroup.type", F_OK) != 0
      return try prepareV2(own, isRoot: isRoot)
    }
    guard let memory = location.v1["memory"], let pids = location.v1["pids"],
      let cpu = location.v1["cpuacct"]
    else {
      throw .unusableHost(
        """
        sandbox: no cgroup hierarchy with the memory and pids controllers is mounted; mount cgroup \
        v2 on /sys/fs/cgroup, or run the worker as a systemd service with Delegate=yes
        """)
    }
    let directories = ["\(memory)/\(folder)", "\(pids)/\(folder)", "\(cpu)/\(folder)"]
    for directory in directories { try makeFolder(directory) }
    return CgroupTree(.v1(memory: directories[0], pids: directories[1], cpu: directories[2]))
  }

  private static func hasControllers(_ directory: String) -> Bool {
    let controllers = (readText("\(directory)/cgroup.controllers") ?? "")
      .split { $0 == " " || $0 == "\n" }
    return controllers.contains("memory") && controllers.contains("pids")
  }

  private static func prepareV2(_ position: String, isRoot: Bool) throws(SandboxError) -> CgroupTree
  {
    var own = position
    // A second worker of this process tree, or a second probe, finds itself moved already.
    if own.hasSuffix("/" + supervisor) { own.removeLast(supervisor.count + 1) }
    if isRoot {
      try enableControllers(own)
      try makeFolder("\(own)/\(folder)")
      try enableControllers("\(own)/\(folder)")
      return CgroupTree(.v2("\(own)/\(folder)"))
    }
    let home = "\(own)/\(supervisor)"
    try makeFolder(home)
    let moved = writeText("\(home)/cgroup.procs", "\(getpid())")
    guard moved == 0 else { throw unwritable("\(home)/cgroup.procs", moved) }
    try enableControllers(own)
    return CgroupTree(.v2(own))
  }

  private static func enableControllers(_ directory: String) throws(SandboxError) {
    let path = "\(directory)/cgroup.subtree_control"
    let result = writeText(path, "+memory +pids")
    if result == EBUSY {
      throw .unusableHost(
        """
        sandbox: \(directory) holds other processes than the worker, so runs cannot be measured \
        below it; start the worker as a systemd service with Delegate=yes, or by \
        `systemd-run --scope -p Delegate=yes`
        """)
    }
    guard result == 0 else { throw unwritable(path, result) }
    // CPU time is counted without it; a kernel without the controller is no obstacle.
    _ = writeText(path, "+cpu")
  }

  private static func makeFolder(_ path: String) throws(SandboxError) {
    if mkdir(path, 0o755) != 0 && errno != EEXIST { throw unwritable(path, errno) }
  }

  private func makeFolders() throws(SandboxError) {
    for directory in directories { try CgroupTree.makeFolder(directory) }
  }

  static func unwritable(_ path: String, _ error: Int32) -> SandboxError {
    .unusableHost(
      """
      sandbox: cgroups are not writable (\(path): \(errorText(error))); run the worker as root, \
      and with Delegate=yes under systemd
      """)
  }

  // MARK: Sweeping

  /// Removes leaves of workers that no longer live, and only those.
  ///
  /// - Returns: how many directories were removed.
  @discardableResult
  func sweep() -> Int {
    var removed = 0
    for directory in directories {
      for name in directoryNames(directory) where name.hasPrefix(RunLeaf.prefix) {
        guard let owner = RunLeaf.owner(of: name), !owner.isAlive else { continue }
        let path = "\(directory)/\(name)"
        // The sandboxes of a dead worker ended with it; this is for what a crash of the kernel's
        // or ours may have left against all expectation.
        for line in (readText("\(path)/cgroup.procs") ?? "").split(separator: "\n") {
          if let pid = pid_t(line), pid > 1, pid != getpid() { kill(pid, SIGKILL) }
        }
        if removeGroup(path) { removed += 1 }
      }
    }
    return removed
  }

  /// Takes back the `assize` directories when nobody uses them. Leaves are made with their parents,
  /// so this is right at any time.
  func removeFolders() {
    for directory in directories where directory.hasSuffix("/" + CgroupTree.folder) {
      rmdir(directory)
    }
  }

  /// Makes what ``removeFolders()`` took back.
  func restoreFolders() throws(SandboxError) {
    switch version {
    case .v1:
      try makeFolders()
    case .v2(let directory) where directory.hasSuffix("/" + CgroupTree.folder):
      try CgroupTree.makeFolder(directory)
      try CgroupTree.enableControllers(directory)
    case .v2:
      return
    }
  }
}

/// Removes an empty control group. For a moment after its last process was collected the kernel may
/// still call it busy.
func removeGroup(_ path: String) -> Bool {
  for _ in 0..<200 {
    if rmdir(path) == 0 || errno == ENOENT { return true }
    guard errno == EBUSY else { return false }
    usleep(500)
  }
  return false
}

/// A process that cannot be mistaken for a later one with the same pid.
struct ProcessMark: Equatable, Sendable {
  let pid: Int32
  /// Clock ticks since boot (field 22 of `/proc/PID/stat`).
  let startTime: UInt64

  init?(pid: Int32) {
    guard let text = readText("/proc/\(pid)/stat"),
      // The second field is a name in parentheses that may itself contain anything.
      let end = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 19, let time = UInt64(fields[19]) else { return nil }
    self.pid = pid
    startTime = time
  }

  /// Reads back ``text``.
  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let pid = Int32(parts[0]), pid > 0, let time = UInt64(parts[1]) else {
      return nil
    }
    self.pid = pid
    startTime = time
  }

  var text: String { "\(pid).\(startTime)" }
  var isAlive: Bool { ProcessMark(pid: pid) == self }
}
