import Foundation
import Testing

@testable import Sandbox

/// All sandbox tests share machine-wide things (processes, mounts, control groups) and assert that
/// none is left, so they run one after the other.
@Suite(.serialized) struct SandboxTests {}

enum Harness {
  /// Not the default, so that a worker on the same machine is not disturbed.
  static let uidBase = 61000
  static let slot = 7

  static var helperPath: String {
    let me = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return (me as NSString).deletingLastPathComponent + "/assize-box"
  }

  static let stateDirectory = NSTemporaryDirectory() + "assize-sandbox-tests-\(getpid())"

  static func configuration(degraded: Bool = false) -> SandboxConfiguration {
    SandboxConfiguration(
      helperPath: helperPath, stateDirectory: stateDirectory, allowDegraded: degraded,
      uidBase: uidBase, accounting: degraded ? .none : .automatic)
  }

  static let host = Result { () throws(SandboxError) in try SandboxHost.probe(configuration()) }

  static let generous = RunLimits(
    cpuNanoseconds: 600 * second, wallNanoseconds: 1200 * second, memoryBytes: 2 << 30,
    processes: 256, openFiles: 1024, boundsAddressSpace: false)
  static let usual = limits()
  static let second = 1_000_000_000

  /// Times in seconds. The usual ones are far off also on a machine that is emulated.
  static func limits(
    cpu: Double = 20, wall: Double = 120, megabytes: Int = 128, outputBytes: Int = 64 << 20,
    processes: Int = 64, openFiles: Int = 256, stackBytes: Int = 0
  ) -> RunLimits {
    RunLimits(
      cpuNanoseconds: Int(cpu * Double(second)), wallNanoseconds: Int(wall * Double(second)),
      memoryBytes: megabytes << 20, outputBytes: outputBytes, processes: processes,
      openFiles: openFiles, stackBytes: stackBytes)
  }

  struct Outcome {
    var report: RunReport
    var output: String
    var error: String

    /// The lines `what: reason` of a probe.
    var answers: [(what: String, reason: String)] {
      output.split(separator: "\n").compactMap { line in
        guard let colon = line.range(of: ": ") else { return nil }
        return (String(line[..<colon.lowerBound]), String(line[colon.upperBound...]))
      }
    }

    /// What was answered with each reason, in the order of the attempts.
    var reasons: [String: [String]] {
      Dictionary(grouping: answers, by: \.reason).mapValues { $0.map(\.what) }
    }
  }

  /// - Parameter meanwhile: what to do once the program has said something, before it is waited for.
  static func perform(
    _ sandbox: ResidentSandbox, _ arguments: [String], input: String = "",
    environment: [String] = Command.defaultEnvironment, in area: Area = .scratch,
    as identity: Identity = .runner, limits: RunLimits = usual, keepScratch: Bool = false,
    meanwhile: (() throws -> Void)? = nil
  ) throws -> Outcome {
    let inputFile = try MemoryFile(Array(input.utf8))
    let outputFile = try MemoryFile()
    let errorFile = try MemoryFile()
    let inputStream = try inputFile.readingDescriptor()
    let outputStream = try outputFile.appendingDescriptor()
    let errorStream = try errorFile.appendingDescriptor()
    try sandbox.start(
      Command(
        arguments, environment: environment, workingDirectory: area, identity: identity,
        standardInput: inputStream.borrowed, standardOutput: outputStream.borrowed,
        standardError: errorStream.borrowed, limits: limits, keepScratch: keepScratch))
    if let meanwhile {
      var patience = 60_000
      while outputFile.size == 0, patience > 0 {
        usleep(1000)
        patience -= 1
      }
      try meanwhile()
      sandbox.cancelRun()
    }
    let report = try sandbox.finish()
    return Outcome(
      report: report, output: String(decoding: try outputFile.readAll(), as: UTF8.self),
      error: String(decoding: try errorFile.readAll(), as: UTF8.self))
  }

  /// A sandbox that holds ``Programs/compiled``, and the assertion that it leaves nothing.
  static func withSandbox(
    host: SandboxHost? = nil, options: SandboxOptions = SandboxOptions(slot: slot),
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (ResidentSandbox) throws -> Void
  ) throws {
    let program = try Programs.compiled.get()
    let host = try host ?? Self.host.get()
    let sandbox = try ResidentSandbox(host: host, options: options)
    defer {
      sandbox.close()
      expectNothingLeft(of: sandbox, sourceLocation)
    }
    try sandbox.put(.program, path: "program", contents: program, mode: 0o755)
    try body(sandbox)
  }

  /// A second one beside another, of the next slot.
  static func withSecondSandbox(_ body: (ResidentSandbox) throws -> Void) throws {
    let program = try Programs.compiled.get()
    let sandbox = try ResidentSandbox(
      host: try host.get(), options: SandboxOptions(slot: slot + 1))
    defer { sandbox.close() }
    try sandbox.put(.program, path: "program", contents: program, mode: 0o755)
    try body(sandbox)
  }
}
