internal import Glibc
internal import Sandbox

/// One sandbox with the programs of a bench in it, and the streams all their runs share.
final class BenchSlot {
  let sandbox: ResidentSandbox
  private let input: OwnedDescriptor
  private let output: OwnedDescriptor

  /// Generous bounds that no honest program meets.
  static let limits = RunLimits(
    cpuNanoseconds: 60_000_000_000, wallNanoseconds: 120_000_000_000, memoryBytes: 256 << 20)

  init(_ programs: BenchPrograms, host: SandboxHost, slot: Int) throws {
    sandbox = try ResidentSandbox(host: host, options: SandboxOptions(slot: slot))
    try sandbox.put(.program, path: "hello", contents: programs.hello, mode: 0o755)
    try sandbox.put(.program, path: "worker", contents: programs.worker, mode: 0o755)
    input = try Self.null(O_RDONLY)
    output = try Self.null(O_WRONLY)
  }

  deinit { sandbox.close() }

  static func null(_ mode: Int32) throws -> OwnedDescriptor {
    let descriptor = open("/dev/null", mode | O_CLOEXEC)
    guard descriptor >= 0 else { throw BenchError("cannot open /dev/null") }
    return OwnedDescriptor(owning: descriptor)
  }

  func command(_ arguments: [String], _ limits: RunLimits) -> Command {
    Command(
      arguments, standardInput: input.borrowed, standardOutput: output.borrowed,
      standardError: output.borrowed, limits: limits)
  }

  func run(_ arguments: [String], limits: RunLimits = limits) throws -> RunReport {
    try sandbox.run(command(arguments, limits))
  }

  /// Runs something that has to end well.
  func runWell(_ arguments: [String]) throws -> RunReport {
    let report = try run(arguments)
    guard report.exit == .exited(0), report.stop == .none else {
      throw BenchError(
        "\(arguments.joined(separator: " ")) ended as \(report.exit), \(report.stop)")
    }
    return report
  }
}

/// CLOCK_MONOTONIC in nanoseconds.
func now() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
}
