import Foundation
import Testing

@testable import Sandbox

extension SandboxTests {
  /// Programs that are not meant to be judged but to do harm: a file per theme, a test per program.
  ///
  /// Each test states what is known of the attack itself. What must be true after any attack is
  /// stated once, by ``attack(_:as:limits:_:)`` and ``scene(_:_:)``: the machine has no trace of it,
  /// and in the same sandbox an honest program finds everything as it was, with figures of its own.
  @Suite struct Hostile {}
}

/// One program of `Programs`, alone in a fresh sandbox.
func attack(
  _ words: String..., as identity: Identity = .runner, limits: RunLimits = Harness.usual,
  sourceLocation: SourceLocation = #_sourceLocation, _ check: (Harness.Outcome) throws -> Void
) throws {
  try attack(words: words, as: identity, limits: limits, sourceLocation: sourceLocation, check)
}

func attack(
  words: [String], as identity: Identity = .runner, limits: RunLimits = Harness.usual,
  sourceLocation: SourceLocation = #_sourceLocation, _ check: (Harness.Outcome) throws -> Void
) throws {
  try scene(sourceLocation: sourceLocation) { sandbox in
    try check(
      Harness.perform(
        sandbox, ["/app/program"] + words, input: "42\n", as: identity, limits: limits))
  }
}

/// Several runs in a fresh sandbox.
func scene(
  _ options: SandboxOptions = SandboxOptions(slot: Harness.slot),
  sourceLocation: SourceLocation = #_sourceLocation, _ body: (ResidentSandbox) throws -> Void
) throws {
  _ = try Harness.surroundings.get()
  try Harness.withSandbox(options: options, sourceLocation: sourceLocation) { sandbox in
    try body(sandbox)
    try Harness.expectUnharmed(sandbox, sourceLocation)
  }
}

extension Harness {
  /// What the honest program sees in a sandbox where nothing has happened.
  static let surroundings = Result { () throws -> [Substring] in
    var lines: [Substring] = []
    try withSandbox { sandbox in
      lines = try honestRun(sandbox).output.split(separator: "\n")
      try #require(lines.contains("input: 42") && lines.contains("pipe size: ok"))
    }
    return lines
  }

  private static func honestRun(_ sandbox: ResidentSandbox) throws -> Outcome {
    try perform(sandbox, ["/app/program", "honest", "8"], input: "42\n")
  }

  /// An open sandbox after an attack.
  static func expectUnharmed(_ sandbox: ResidentSandbox, _ sourceLocation: SourceLocation) throws {
    expectNoTraces(sourceLocation)
    for directory in directoryNames(stateDirectory) {
      #expect(
        directoryNames("\(stateDirectory)/\(directory)") == [], sourceLocation: sourceLocation)
    }
    for leaf in leaves(of: sandbox) {
      #expect(readText("\(leaf)/cgroup.procs") ?? "" == "", sourceLocation: sourceLocation)
    }
    let lines = try expectHonestRun(sandbox, sourceLocation)
    let usual = try surroundings.get()
    #expect(lines.filter { !usual.contains($0) } == [], sourceLocation: sourceLocation)
    #expect(usual.filter { !lines.contains($0) } == [], sourceLocation: sourceLocation)
  }

  /// The honest program's figures are its own: 8 MB, one child, and the CPU time that its own clock
  /// showed, but for what starting and ending takes.
  @discardableResult
  static func expectHonestRun(
    _ sandbox: ResidentSandbox, _ sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [Substring] {
    let honest = try honestRun(sandbox)
    let report = honest.report
    #expect(report.exit == .exited(0), sourceLocation: sourceLocation)
    #expect(report.stop == .none, sourceLocation: sourceLocation)
    #expect(report.oomKills == 0, sourceLocation: sourceLocation)
    #expect(report.processLimitHits == 0, sourceLocation: sourceLocation)
    #expect(report.reaped == 1, sourceLocation: sourceLocation)
    #expect((8 << 20..<24 << 20).contains(report.memoryPeakBytes), sourceLocation: sourceLocation)
    let own = try #require(
      Int(honest.error.dropLast()), "\(honest.error)", sourceLocation: sourceLocation)
    let added = report.cpuNanoseconds - own
    #expect((0..<second / 3).contains(added), sourceLocation: sourceLocation)
    return honest.output.split(separator: "\n")
  }
}
