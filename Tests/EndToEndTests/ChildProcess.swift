import Foundation
import Testing

/// A program that a test started, with its output in files. It never outlives its owner.
final class ChildProcess {
  enum Ending: Equatable {
    case exited(Int32)
    case signalled(Int32)
  }
  let pid: pid_t
  private let outputPath: String
  private let errorPath: String
  private(set) var ending: Ending?

  /// - Parameter logs: output goes to `<logs>.out` and `<logs>.err`.
  init(_ arguments: [String], environment: [String: String] = [:], logs: String) throws {
    outputPath = logs + ".out"
    errorPath = logs + ".err"
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let mode = O_WRONLY | O_CREAT | O_APPEND
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, outputPath, mode, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errorPath, mode, 0o600)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A group of its own keeps a terminal's Ctrl-C with the tests; and no mask of ours is inherited.
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))

    var variables = ProcessInfo.processInfo.environment
    for name in ["ASSIZE_JOIN", "ASSIZE_BOX"] { variables[name] = nil }
    variables.merge(environment) { $1 }
    var argv = arguments.map { strdup($0) } + [nil]
    var envp = variables.map { strdup("\($0)=\($1)") } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var pid: pid_t = 0
    let code = posix_spawnp(&pid, arguments[0], &actions, &attributes, &argv, &envp)
    try #require(code == 0, "cannot start \(arguments[0]): \(String(cString: strerror(code)))")
    self.pid = pid
  }

  deinit {
    if isRunning {
      kill(pid, SIGKILL)
      _ = reap(options: 0)
    }
  }

  var isRunning: Bool { ending == nil && !reap(options: WNOHANG) }
  var output: String { Self.text(outputPath) }
  var errors: String { Self.text(errorPath) }

  private static func text(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }

  private func reap(options: Int32) -> Bool {
    guard ending == nil else { return true }
    var status: Int32 = 0
    var got = waitpid(pid, &status, options)
    while got < 0, errno == EINTR { got = waitpid(pid, &status, options) }
    guard got == pid else { return false }
    ending = status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .signalled(status & 0x7F)
    return true
  }

  func signal(_ number: Int32) { if isRunning { kill(pid, number) } }

  func wait(seconds: Int = 150) throws -> Ending {
    let end = ContinuousClock.now + .seconds(seconds)
    while isRunning {
      if ContinuousClock.now > end {
        kill(pid, SIGKILL)
        _ = reap(options: 0)
        Issue.record("ended after \(seconds) s; it had said:\n\(output)\(errors)")
      }
      usleep(10_000)
    }
    return try #require(ending)
  }

  /// Asks it to stop, and insists.
  @discardableResult
  func stop(_ number: Int32 = SIGTERM) -> Ending? {
    signal(number)
    return try? wait(seconds: 30)
  }
}

/// What a command said and how it ended.
struct Said {
  var status: Int32
  var output: String
  var errors: String
}

/// Runs `assize` with these arguments to its end.
func assize(
  _ arguments: [String], environment: [String: String] = [:], in scratch: Scratch,
  seconds: Int = 150
) throws -> Said {
  let logs = "\(scratch.path)/run-\(UInt64.random(in: 0...UInt64.max))"
  let child = try ChildProcess([Place.assize] + arguments, environment: environment, logs: logs)
  guard case .exited(let status) = try child.wait(seconds: seconds) else {
    throw Unexpected("assize \(arguments) was ended by a signal:\n\(child.errors)")
  }
  return Said(status: status, output: child.output, errors: child.errors)
}

struct Unexpected: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
