internal import CSandbox
import Glibc

// A command as the helper's request, and the helper's reply as a report.

extension Area {
  var code: UInt32 {
    switch self {
    case .program: UInt32(BOX_PROGRAM.rawValue)
    case .scratch: UInt32(BOX_SCRATCH.rawValue)
    }
  }
}

extension FileOwner {
  var code: UInt32 {
    switch self {
    case .root: UInt32(BOX_ROOT.rawValue)
    case .builder: UInt32(BOX_BUILDER.rawValue)
    case .runner: UInt32(BOX_RUNNER.rawValue)
    }
  }
}

extension ResidentSandbox {
  static func runRequest(_ command: Command, number: UInt64) -> box_request {
    let limits = command.limits
    var request = box_request()
    request.kind = UInt32(BOX_RUN.rawValue)
    request.area = command.workingDirectory.code
    switch command.identity {
    case .builder: request.identity = UInt32(BOX_BUILDER.rawValue)
    case .runner: request.identity = UInt32(BOX_RUNNER.rawValue)
    }
    if command.keepScratch { request.flags |= UInt32(BOX_KEEP_SCRATCH.rawValue) }
    if limits.boundsAddressSpace { request.flags |= UInt32(BOX_LIMIT_ADDRESS_SPACE.rawValue) }
    request.argument_count = UInt32(truncatingIfNeeded: command.arguments.count)
    request.environment_count = UInt32(truncatingIfNeeded: command.environment.count)
    request.open_files = UInt32(clamping: limits.openFiles)
    request.processes = UInt32(clamping: limits.processes)
    request.run_number = number
    request.cpu_ns = UInt64(clamping: limits.cpuNanoseconds)
    request.wall_ns = UInt64(clamping: limits.wallNanoseconds)
    request.memory_bytes = UInt64(clamping: limits.memoryBytes)
    request.output_bytes = UInt64(clamping: limits.outputBytes)
    request.stack_bytes = UInt64(clamping: limits.stackBytes)
    return request
  }

  /// Arguments, then environment, each string ended by a NUL.
  static func text(of command: Command) throws(SandboxError) -> [UInt8] {
    guard !command.arguments.isEmpty else { throw .misuse("a command needs a program") }
    let most = Int(BOX_STRINGS_MAX)
    guard command.arguments.count <= most, command.environment.count <= most else {
      throw .misuse("more than \(most) arguments or environment strings")
    }
    var text: [UInt8] = []
    for string in command.arguments + command.environment {
      guard !string.utf8.contains(0) else {
        throw .misuse("an argument or environment string contains a NUL")
      }
      text.append(contentsOf: string.utf8)
      text.append(0)
    }
    return text
  }

  /// - Throws: ``SandboxError/outOfMemory`` for a run that was ended by somebody else's need.
  func report(_ reply: box_reply) throws(SandboxError) -> RunReport {
    let exit: RunReport.Exit
    if reply.error == 0 {
      let signal = assize_exit_signal(reply.wait_status)
      exit = signal != 0 ? .signalled(signal) : .exited(assize_exit_code(reply.wait_status))
    } else if reply.stage == UInt32(BOX_STAGE_EXECUTE.rawValue) {
      exit = .notStarted(reply.error)
    } else {
      throw failure(reply)
    }
    let isCancelled = ResidentSandbox.stop(reply.stop) == .cancelled
    if reply.oom_kills > 0, reply.limit_reached == 0, !isDegraded, !isCancelled {
      throw .outOfMemory
    }
    return RunReport(
      exit: exit, stop: ResidentSandbox.stop(reply.stop),
      cpuNanoseconds: Int(clamping: reply.cpu_ns),
      wallNanoseconds: Int(clamping: reply.ended_ns) - Int(clamping: reply.started_ns),
      startedAt: Int(clamping: reply.started_ns), endedAt: Int(clamping: reply.ended_ns),
      memoryPeakBytes: Int(clamping: reply.memory_peak), oomKills: Int(clamping: reply.oom_kills),
      processLimitHits: Int(clamping: reply.process_hits), reaped: Int(reply.reaped),
      blocksRead: Int(clamping: reply.blocks_read), isDegraded: isDegraded)
  }

  private static func stop(_ code: UInt32) -> RunReport.Stop {
    switch code {
    case UInt32(BOX_STOP_CPU.rawValue): .cpuLimit
    case UInt32(BOX_STOP_WALL.rawValue): .wallLimit
    case UInt32(BOX_STOP_CANCELLED.rawValue): .cancelled
    case UInt32(BOX_STOP_OUTPUT.rawValue): .outputLimit
    default: .none
    }
  }

  static func stageName(_ stage: UInt32) -> String {
    switch stage {
    case UInt32(BOX_STAGE_REQUEST.rawValue): "request refused"
    case UInt32(BOX_STAGE_SEAL.rawValue): "sealing /app"
    case UInt32(BOX_STAGE_FORK.rawValue): "making a process"
    case UInt32(BOX_STAGE_CGROUP.rawValue): "entering the cgroup"
    case UInt32(BOX_STAGE_LIMITS.rawValue): "setting limits above those of the worker itself"
    case UInt32(BOX_STAGE_IDENTITY.rawValue): "changing the user"
    case UInt32(BOX_STAGE_FILTER.rawValue): "installing the seccomp filter"
    default: "stage \(stage)"
    }
  }
}
