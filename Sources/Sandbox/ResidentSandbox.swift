internal import CSandbox
import Glibc

/// One sandbox: bubblewrap's walls around a helper that runs one program after another.
///
/// Made once per submission, it holds the compilation and all test runs. Files go in and out only
/// while no program runs in it. All calls block and belong to one thread; ``canceller`` is for the
/// others. An error of ``SandboxError/lost(_:)`` or ``SandboxError/notClean`` ends its use.
public final class ResidentSandbox {
  private enum State {
    case idle
    case running(UInt64, deadline: Int)
    case unusable(SandboxError)
    case closed
  }

  /// How long the helper may take beyond a run's wall limit to end and clean up a run. Generous:
  /// passing it means that the machine is broken, not that the program was slow.
  private static let graceNanoseconds = 20_000_000_000
  private static let answerMilliseconds: Int32 = 60_000

  public let canceller: Canceller
  private let host: SandboxHost
  private let process: BoxProcess
  private let directory: String
  /// Unique among the sandboxes of this process.
  let serial: UInt64
  private var leavesMade: UInt64 = 0
  private var state = State.idle
  private var runs: UInt64 = 0
  /// Of the run in progress; then of the runs before, to be removed when there is time.
  private var leaf: RunLeaf?
  private var retired: [RunLeaf] = []
  /// Made ready for a next run like the last one.
  private var prepared: RunLeaf?

  /// Starts a sandbox, which takes some milliseconds.
  public init(host: SandboxHost, options: SandboxOptions) throws(SandboxError) {
    let slot = options.slot
    guard slot >= 0, slot < 10_000 else { throw .misuse("slot \(slot) is not in 0..<10000") }
    let serial = SandboxHost.nextSerial()
    let path = host.directoryName(slot: slot, sandbox: serial)
    // With its parents: cleaners of temporary directories take away what looks empty.
    let made = makeDirectories(path, mode: 0o700)
    guard made == 0 else {
      throw .startFailed(slot: slot, diagnosis: "\(path): \(errorText(made))")
    }
    do throws(SandboxError) {
      process = try BoxProcess(
        try ResidentSandbox.launchArguments(host, options, directory: path), slot: slot,
        helperPath: host.configuration.helperPath)
    } catch {
      rmdir(path)
      throw error
    }
    self.host = host
    self.serial = serial
    directory = path
    canceller = Canceller(socket: process.socket)
  }

  deinit { close() }

  private static func launchArguments(
    _ host: SandboxHost, _ options: SandboxOptions, directory: String
  ) throws(SandboxError) -> [String] {
    let builder = host.configuration.uidBase + 2 * options.slot
    guard builder > 0, builder < Int(Int32.max) else {
      throw .misuse("uid \(builder) cannot belong to a program")
    }
    let mode: box_mode =
      if let tree = host.tree {
        tree.isV2 ? BOX_CGROUP_V2 : BOX_CGROUP_V1
      } else {
        BOX_DEGRADED
      }
    let table = host.configuration.processors
    let processors = table.indices.contains(options.slot) ? table[options.slot] : []
    var modes = mode.rawValue
    if !processors.isEmpty { modes |= BOX_PINNED.rawValue }
    let list = processors.map(String.init).joined(separator: ",")
    var arguments = ["launch", "3", directory, "\(builder)", "\(builder + 1)", "\(modes)"]
    arguments.append(list.isEmpty ? "-" : list)
    let sizes = [
      options.scratchBytes, options.scratchFiles, options.programBytes, options.programFiles,
    ]
    for size in sizes {
      // 0 would mean no bound at all.
      guard size > 0 else { throw .misuse("the areas of a sandbox must be bounded") }
      arguments.append(String(size))
    }
    arguments.append(host.configuration.bwrapPath)
    for mount in options.readOnlyMounts {
      guard mount.host.hasPrefix("/"), mount.inside.hasPrefix("/") else {
        throw .misuse("mount \(mount.host) on \(mount.inside): both paths must be absolute")
      }
      arguments += [mount.host, mount.inside]
    }
    return arguments
  }

  // MARK: Files

  /// Makes a new file of the bytes from the start of `contents`, with the missing parents.
  ///
  /// - Parameter path: relative, without `.` and `..`. An existing name is an error (EEXIST), and
  ///   so is a link among the parents.
  public func put(
    _ area: Area, path: String, contents: BorrowedDescriptor, mode: Int = 0o644,
    owner: FileOwner = .root
  ) throws(SandboxError) {
    var request = ResidentSandbox.fileRequest(BOX_PUT, area)
    request.identity = owner.code
    request.file_mode = UInt32(truncatingIfNeeded: mode & 0o777)
    _ = try exchange(request, "put", path, descriptors: [contents.rawValue])
  }

  public func put(
    _ area: Area, path: String, contents: [UInt8], mode: Int = 0o644, owner: FileOwner = .root
  ) throws(SandboxError) {
    let file = try MemoryFile(contents)
    try put(area, path: path, contents: file.borrowed, mode: mode, owner: owner)
  }

  /// Makes a directory and its missing parents; one that exists is left as it is.
  public func makeDirectory(
    _ area: Area, path: String, owner: FileOwner = .root
  ) throws(SandboxError) {
    var request = ResidentSandbox.fileRequest(BOX_MKDIR, area)
    request.identity = owner.code
    _ = try exchange(request, "make directory", path, descriptors: [])
  }

  /// Opens a regular file for reading; nil when there is none of this name. Links are not followed.
  /// A later run may still change the file when it is in the scratch area.
  public func open(_ area: Area, path: String) throws(SandboxError) -> OwnedDescriptor? {
    let request = ResidentSandbox.fileRequest(BOX_GET, area)
    do throws(SandboxError) {
      let descriptor = try exchange(request, "open", path, descriptors: [])
      guard descriptor >= 0 else { throw .lost("no descriptor came with an opened file") }
      return OwnedDescriptor(owning: descriptor)
    } catch {
      if case .file(_, _, ENOENT) = error { return nil }
      throw error
    }
  }

  public func wipeScratch() throws(SandboxError) {
    var request = box_request()
    request.kind = UInt32(BOX_WIPE.rawValue)
    _ = try exchange(request, "wipe", "/box", descriptors: [], text: [])
  }

  /// Makes the program area read-only for good, as the first run of a runner does by itself.
  public func seal() throws(SandboxError) {
    var request = box_request()
    request.kind = UInt32(BOX_SEAL.rawValue)
    _ = try exchange(request, "seal", "/app", descriptors: [], text: [])
  }

  private static func fileRequest(_ kind: box_kind, _ area: Area) -> box_request {
    var request = box_request()
    request.kind = UInt32(kind.rawValue)
    request.area = area.code
    return request
  }

  /// One request and its reply. Returns the descriptor that came with it, or -1.
  private func exchange(
    _ request: box_request, _ operation: String, _ path: String, descriptors: [Int32],
    text: [UInt8]? = nil
  ) throws(SandboxError) -> Int32 {
    try requireIdle()
    let text = text ?? Array(path.utf8)
    var request = request
    let sent = assize_send(
      process.socket, &request, text, text.count, descriptors, descriptors.count)
    if sent == -E2BIG { throw .file(operation: operation, path: path, errno: ENAMETOOLONG) }
    guard sent == 0 else { throw lost("request not sent: \(errorText(-sent))") }
    guard assize_wait_readable(process.socket, ResidentSandbox.answerMilliseconds) == 1 else {
      throw lost("no answer to \(operation) \(path)")
    }
    let (reply, descriptor) = try receive()
    guard reply.error == 0 else {
      if reply.stage == UInt32(BOX_STAGE_WIPE.rawValue) {
        state = .unusable(.notClean)
        throw .notClean
      }
      throw .file(operation: operation, path: path, errno: reply.error)
    }
    return descriptor
  }

  // MARK: Runs

  /// Runs one program to its end.
  public func run(_ command: Command) throws(SandboxError) -> RunReport {
    try start(command)
    return try finish()
  }

  /// Starts a program; ``finish()`` must follow. For two sandboxes whose programs talk to each
  /// other. The command's descriptors are the program's from here on: the caller closes its own ends
  /// of pipes so that their ends are seen.
  public func start(_ command: Command) throws(SandboxError) {
    try requireIdle()
    let text = try ResidentSandbox.text(of: command)
    let limits = command.limits
    let leafLimits = RunLeaf.Limits(
      memoryBytes: limits.memoryBytes, processes: limits.processes)
    var descriptors = [
      command.standardInput.rawValue, command.standardOutput.rawValue,
      command.standardError.rawValue,
    ]
    runs += 1
    var request = ResidentSandbox.runRequest(command, number: runs)
    if let leaf = try takeLeaf(leafLimits) {
      descriptors += leaf.descriptors
      request.counters = leaf.counters
    }
    let number = runs
    let sent = try canceller.begin(number) {
      assize_send(process.socket, &request, text, text.count, descriptors, descriptors.count)
    }
    if sent == -E2BIG { throw .misuse("arguments and environment are too long") }
    guard sent == 0 else { throw lost("run not sent: \(errorText(-sent))") }
    let (deadline, overflow) = monotonicNanoseconds().addingReportingOverflow(
      max(0, limits.wallNanoseconds))
    state = .running(number, deadline: overflow ? .max : deadline)
    keepHouse(leafLimits)
  }

  /// Waits for the end of the program that ``start(_:)`` started.
  public func finish() throws(SandboxError) -> RunReport {
    guard case .running(let number, let deadline) = state else {
      throw .misuse("finish without start")
    }
    let (last, overflow) = deadline.addingReportingOverflow(ResidentSandbox.graceNanoseconds)
    while assize_wait_readable(process.socket, 1_000) == 0 {
      if !overflow && monotonicNanoseconds() > last {
        throw lost(
          "no report \(ResidentSandbox.graceNanoseconds / 1_000_000_000) s after the limit")
      }
    }
    canceller.ended()
    let (reply, _) = try receive()
    guard reply.kind == UInt32(BOX_RUN.rawValue), reply.run_number == number else {
      throw lost("a report of another run")
    }
    state = .idle
    if let leaf { retired.append(leaf) }
    leaf = nil
    return try report(reply)
  }

  /// The worker's child, whose end is the end of all processes inside.
  var processIdentifier: Int32 { process.pid }

  /// Readable when ``finish()`` has something to return at once. For `poll`, nothing else.
  public var socketDescriptor: Int32 { process.socket }

  /// Ends the run in progress; its report still has to be fetched. Unlike ``Canceller/cancel()`` it
  /// leaves the sandbox usable.
  public func cancelRun() { canceller.cancelRun() }

  /// Ends every process in the sandbox and frees all it used. Nothing works afterwards.
  public func close() {
    if case .closed = state { return }
    state = .closed
    canceller.detach()
    process.end()
    for leaf in [leaf, prepared].compactMap({ $0 }) + retired { leaf.remove() }
    (leaf, prepared, retired) = (nil, nil, [])
    host.tree?.removeFolders()
    rmdir(directory)
  }

  var isDegraded: Bool { host.isDegraded }

  /// The error of a run that the helper could not carry out.
  func failure(_ reply: box_reply) -> SandboxError {
    guard reply.stage == UInt32(BOX_STAGE_WIPE.rawValue) else {
      return .runFailed(stage: ResidentSandbox.stageName(reply.stage), errno: reply.error)
    }
    state = .unusable(.notClean)
    return .notClean
  }

  private func requireIdle() throws(SandboxError) {
    switch state {
    case .idle: return
    case .running: throw .misuse("a program is running; finish() first")
    case .unusable(let error): throw error
    case .closed: throw .misuse("the sandbox is closed")
    }
  }

  /// Sends all processes to their end: a helper that broke the conversation is not trusted again.
  private func lost(_ text: String) -> SandboxError {
    canceller.detach()
    process.end()
    state = .unusable(.lost(text))
    return .lost(text)
  }

  private func receive() throws(SandboxError) -> (box_reply, Int32) {
    var reply = box_reply()
    var descriptor: Int32 = -1
    let received = assize_receive(process.socket, &reply, &descriptor)
    guard received == 0 else {
      throw lost(
        received == -EPIPE
          ? "the helper ended unexpectedly (was it killed?)" : errorText(-received))
    }
    return (reply, descriptor)
  }

  // MARK: Leaves

  private func takeLeaf(_ limits: RunLeaf.Limits) throws(SandboxError) -> RunLeaf? {
    guard let tree = host.tree else { return nil }
    if leaf == nil {
      leaf = prepared
      prepared = nil
    }
    if let leaf {
      try leaf.set(limits)
      return leaf
    }
    let fresh = try makeLeaf(tree, limits)
    leaf = fresh
    return fresh
  }

  /// While the program runs: the next leaf is made and the last one removed, so that neither costs
  /// a run its time. A failure shows when the next run makes its leaf itself.
  private func keepHouse(_ limits: RunLeaf.Limits) {
    guard let tree = host.tree else { return }
    retired.removeAll { $0.remove() }
    if prepared == nil {
      prepared = try? makeLeaf(tree, limits)
    }
  }

  private func makeLeaf(
    _ tree: CgroupTree, _ limits: RunLeaf.Limits
  ) throws(SandboxError) -> RunLeaf {
    leavesMade += 1
    let name = RunLeaf.name(owner: host.owner, sandbox: serial, serial: leavesMade)
    return try RunLeaf(in: tree, name: name, limits: limits)
  }
}

func monotonicNanoseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
}
