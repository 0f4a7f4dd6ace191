internal import CSandbox
import Glibc

/// The control group of one run: made and opened ahead of it, used once, removed after it.
///
/// Fresh for each run because a kernel's peak counter cannot be reset everywhere. The files are
/// opened here and their descriptors sent along: no control group file system is visible inside a
/// sandbox, and the permission to use them is that of the opener.
final class RunLeaf {
  static let prefix = "run-"

  struct Limits: Equatable {
    var memoryBytes: Int
    var processes: Int
  }

  private let paths: [String]
  private let isV2: Bool
  private let memory: String
  private let pids: String
  private var limits: Limits
  /// In the order of a BOX_RUN request, first those that admit a process, then the counters.
  private(set) var descriptors: [Int32] = []
  private(set) var counters: UInt32 = 0

  /// - Parameter name: from ``name(owner:sandbox:serial:)``.
  init(in tree: CgroupTree, name: String, limits: Limits) throws(SandboxError) {
    self.limits = limits
    paths = tree.directories.map { "\($0)/\(name)" }
    isV2 = tree.isV2
    let cpu: String
    switch tree.version {
    case .v2(let directory):
      memory = "\(directory)/\(name)"
      pids = memory
      cpu = memory
    case .v1(let memoryRoot, let pidsRoot, let cpuRoot):
      memory = "\(memoryRoot)/\(name)"
      pids = "\(pidsRoot)/\(name)"
      cpu = "\(cpuRoot)/\(name)"
    }
    do throws(SandboxError) {
      try make(tree)
      try write(limits)
      try open(cpu: cpu)
    } catch {
      remove()
      throw error
    }
  }

  deinit { closeDescriptors() }

  static func name(owner: ProcessMark, sandbox: UInt64, serial: UInt64) -> String {
    "\(prefix)\(owner.text)-\(sandbox)-\(serial)"
  }

  /// The process that made the leaf of this name; nil when the name is not one of ours.
  static func owner(of name: String) -> ProcessMark? {
    guard name.hasPrefix(prefix) else { return nil }
    let rest = name.dropFirst(prefix.count)
    guard let dash = rest.firstIndex(of: "-") else { return nil }
    return ProcessMark(rest[..<dash])
  }

  func set(_ wanted: Limits) throws(SandboxError) {
    guard wanted != limits else { return }
    try write(wanted)
    limits = wanted
  }

  /// - Returns: false when the kernel still calls it busy.
  @discardableResult
  func remove() -> Bool {
    closeDescriptors()
    var all = true
    for path in paths where !removeGroup(path) { all = false }
    return all
  }

  private func make(_ tree: CgroupTree) throws(SandboxError) {
    for path in paths {
      // Another worker below the same position may take back the common parent at any moment.
      for attempt in 1...8 {
        if mkdir(path, 0o755) == 0 { break }
        guard errno == ENOENT, attempt < 8 else { throw CgroupTree.unwritable(path, errno) }
        try tree.restoreFolders()
      }
    }
  }

  private func write(_ limits: Limits) throws(SandboxError) {
    let bytes = String(max(0, limits.memoryBytes))
    if isV2 {
      try require("\(memory)/memory.max", bytes)
      optional("\(memory)/memory.swap.max", "0")
    } else {
      // The bound with swap must never be below the one without: lift it first, set it last.
      optional("\(memory)/memory.memsw.limit_in_bytes", "-1")
      try require("\(memory)/memory.limit_in_bytes", bytes)
      optional("\(memory)/memory.memsw.limit_in_bytes", bytes)
      optional("\(memory)/memory.swappiness", "0")
    }
    try require("\(pids)/pids.max", String(max(1, limits.processes)))
  }

  private func require(_ path: String, _ value: String) throws(SandboxError) {
    let result = writeText(path, value)
    if result != 0 { throw CgroupTree.unwritable(path, result) }
  }

  /// Swap accounting is a kernel option; where there is no file there is nothing to bound.
  private func optional(_ path: String, _ value: String) { _ = writeText(path, value) }

  private func open(cpu: String) throws(SandboxError) {
    if isV2 {
      try append(assize_open_directory(memory), memory)
    } else {
      for directory in [memory, pids, cpu] {
        let path = "\(directory)/cgroup.procs"
        try append(assize_open_for_writing(path), path)
      }
    }
    try count(BOX_COUNTER_CPU, isV2 ? "\(cpu)/cpu.stat" : "\(cpu)/cpuacct.usage", isRequired: true)
    // Linux before 5.19 has no memory.peak; the helper then reports the largest process instead.
    try count(
      BOX_COUNTER_MEMORY_PEAK,
      isV2 ? "\(memory)/memory.peak" : "\(memory)/memory.max_usage_in_bytes", isRequired: !isV2)
    try count(
      BOX_COUNTER_OOM, isV2 ? "\(memory)/memory.events" : "\(memory)/memory.oom_control",
      isRequired: true)
    try count(BOX_COUNTER_PROCESSES, "\(pids)/pids.events", isRequired: false)
  }

  private func count(
    _ counter: box_counter, _ path: String, isRequired: Bool
  ) throws(SandboxError) {
    let descriptor = assize_open_for_reading(path)
    if descriptor < 0 && !isRequired { return }
    try append(descriptor, path)
    counters |= UInt32(counter.rawValue)
  }

  private func append(_ descriptor: Int32, _ path: String) throws(SandboxError) {
    guard descriptor >= 0 else { throw CgroupTree.unwritable(path, -descriptor) }
    descriptors.append(descriptor)
  }

  private func closeDescriptors() {
    for descriptor in descriptors { close(descriptor) }
    descriptors = []
  }
}
