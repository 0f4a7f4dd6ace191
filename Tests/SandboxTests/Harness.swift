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

  /// The compiled ``misbehaviours``.
  static let program = Result { () throws -> [UInt8] in
    let sandbox = try ResidentSandbox(
      host: try host.get(), options: SandboxOptions(slot: slot))
    defer { sandbox.close() }
    try sandbox.put(.program, path: "program.c", contents: Array(misbehaviours.utf8))
    let built = try perform(
      sandbox,
      ["/usr/bin/gcc", "-O1", "-w", "-static", "-pthread", "-o", "program", "program.c"],
      in: .program, as: .builder, limits: generous)
    try #require(built.report.exit == .exited(0), "\(built.error)")
    let file = try sandbox.open(.program, path: "program")
    guard let file else { throw SandboxError.misuse("gcc made nothing") }
    return try file.readAll(limit: 64 << 20)
  }

  static let second = 1_000_000_000
  static let generous = RunLimits(
    cpuNanoseconds: 60 * second, wallNanoseconds: 120 * second, memoryBytes: 2 << 30,
    processes: 256, openFiles: 1024, boundsAddressSpace: false)
  static let usual = RunLimits(
    cpuNanoseconds: 5 * second, wallNanoseconds: 30 * second, memoryBytes: 128 << 20)

  struct Outcome {
    var report: RunReport
    var output: String
    var error: String

    /// The lines `what: reason` of a probe.
    var answers: [String: String] {
      var all: [String: String] = [:]
      for line in output.split(separator: "\n") {
        let parts = line.split(separator: ":", maxSplits: 1)
        if parts.count == 2 {
          all[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces)
        }
      }
      return all
    }
  }

  static func perform(
    _ sandbox: ResidentSandbox, _ arguments: [String], input: String = "",
    environment: [String] = Command.defaultEnvironment, in area: Area = .scratch,
    as identity: Identity = .runner, limits: RunLimits = usual, keepScratch: Bool = false
  ) throws -> Outcome {
    let inputFile = try MemoryFile(Array(input.utf8))
    let outputFile = try MemoryFile()
    let errorFile = try MemoryFile()
    let inputStream = try inputFile.readingDescriptor()
    let outputStream = try outputFile.appendingDescriptor()
    let errorStream = try errorFile.appendingDescriptor()
    let report = try sandbox.run(
      Command(
        arguments, environment: environment, workingDirectory: area, identity: identity,
        standardInput: inputStream.borrowed, standardOutput: outputStream.borrowed,
        standardError: errorStream.borrowed, limits: limits, keepScratch: keepScratch))
    return Outcome(
      report: report, output: String(decoding: try outputFile.readAll(), as: UTF8.self),
      error: String(decoding: try errorFile.readAll(), as: UTF8.self))
  }

  /// A sandbox that holds the compiled ``misbehaviours``, and the assertion that it leaves nothing.
  static func withSandbox(
    host: SandboxHost? = nil, options: SandboxOptions = SandboxOptions(slot: slot),
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (ResidentSandbox) throws -> Void
  ) throws {
    let program = try program.get()
    let host = try host ?? Self.host.get()
    let sandbox = try ResidentSandbox(host: host, options: options)
    defer {
      sandbox.close()
      expectNothingLeft(of: sandbox, sourceLocation)
    }
    try sandbox.put(.program, path: "program", contents: program, mode: 0o755)
    try body(sandbox)
  }

  static func expectNothingLeft(of sandbox: ResidentSandbox, _ sourceLocation: SourceLocation) {
    #expect(processes(withUidsFrom: uidBase).isEmpty, sourceLocation: sourceLocation)
    #expect(directoryNames(stateDirectory).isEmpty, sourceLocation: sourceLocation)
    rmdir(stateDirectory)
    let mounts = readText("/proc/self/mountinfo") ?? ""
    #expect(!mounts.contains(stateDirectory), sourceLocation: sourceLocation)
    #expect(leaves(of: sandbox).isEmpty, sourceLocation: sourceLocation)
  }

  /// Control groups of this sandbox that exist now.
  static func leaves(of sandbox: ResidentSandbox) -> [String] {
    guard let host = try? host.get(), let tree = host.tree else { return [] }
    let prefix = "\(RunLeaf.prefix)\(host.owner.text)-\(sandbox.serial)-"
    return tree.directories.flatMap { directory in
      directoryNames(directory).filter { $0.hasPrefix(prefix) }
    }
  }

  /// Processes of the uids our slots may have, and helpers of ours.
  static func processes(withUidsFrom base: Int) -> [String] {
    directoryNames("/proc").filter { name in
      guard Int(name) != nil, let status = readText("/proc/\(name)/status") else { return false }
      let line = status.split(separator: "\n").first { $0.hasPrefix("Uid:") } ?? ""
      let uid = line.split(separator: "\t").dropFirst().first.flatMap { Int($0) } ?? 0
      return (base..<base + 100).contains(uid)
    }
  }
}
