import Foundation
import Testing

@testable import Sandbox

extension SandboxTests {
  @Suite struct Runs {
    @Test func outputAndExitCodeAreReported() throws {
      try Harness.withSandbox { sandbox in
        let cat = try Harness.perform(sandbox, ["/app/program", "cat"], input: "hello\n")
        #expect(cat.output == "hello\n")
        #expect(cat.report.exit == .exited(0))
        #expect(cat.report.stop == .none)
        #expect(cat.report.reaped == 1)
        #expect(cat.report.cpuNanoseconds > 0)
        #expect(cat.report.memoryPeakBytes > 0)
        #expect(cat.report.startedAt > 0)
        #expect(cat.report.endedAt - cat.report.startedAt == cat.report.wallNanoseconds)
        #expect(!cat.report.isDegraded)
        let exit = try Harness.perform(sandbox, ["/app/program", "exit", "42"])
        #expect(exit.report.exit == .exited(42))
        let abort = try Harness.perform(sandbox, ["/app/program", "abort"])
        #expect(abort.report.exit == .signalled(SIGABRT))
      }
    }

    @Test func argumentsEnvironmentAndDirectoryArePassed() throws {
      try Harness.withSandbox { sandbox in
        let shown = try Harness.perform(
          sandbox, ["./program", "show", "a b"], environment: ["GREETING=hé"], in: .program)
        #expect(shown.output == "a b hé /app no path\n")
      }
    }

    @Test func programThatCannotBeExecutedIsAFact() throws {
      try Harness.withSandbox { sandbox in
        try sandbox.put(.program, path: "text", contents: Array("no program".utf8), mode: 0o755)
        try sandbox.put(.program, path: "locked", contents: Programs.compiled.get(), mode: 0o644)
        #expect(
          try Harness.perform(sandbox, ["/app/absent"]).report.exit == .notStarted(ENOENT))
        #expect(
          try Harness.perform(sandbox, ["/app/locked"]).report.exit == .notStarted(EACCES))
        #expect(
          try Harness.perform(sandbox, ["/app/text"]).report.exit == .notStarted(ENOEXEC))
      }
    }

    @Test func wrongUseIsRefused() throws {
      try Harness.withSandbox { sandbox in
        #expect(throws: SandboxError.self) { try Harness.perform(sandbox, []) }
        #expect(throws: SandboxError.self) { try Harness.perform(sandbox, ["/app/a\0b"]) }
        let long = [String](repeating: String(repeating: "x", count: 1000), count: 100)
        #expect(throws: SandboxError.self) { try Harness.perform(sandbox, ["/bin/true"] + long) }
        #expect(throws: SandboxError.self) { try sandbox.finish() }
        let after = try Harness.perform(sandbox, ["/bin/true"])
        #expect(after.report.exit == .exited(0))
      }
    }

    @Test func cpuLimitEndsASpinningProgram() throws {
      try Harness.withSandbox { sandbox in
        var limits = Harness.usual
        limits.cpuNanoseconds = Harness.second / 5
        let outcome = try Harness.perform(
          sandbox, ["/app/program", "spin", "60000"], limits: limits)
        #expect(outcome.report.stop == .cpuLimit)
        #expect(outcome.report.exit == .signalled(SIGKILL))
        #expect(outcome.report.cpuNanoseconds > limits.cpuNanoseconds)
      }
    }

    /// The limit of the group all leaves are in stands for a machine that is full: both end a run that
    /// did nothing wrong.
    @Test func aFullMachineIsNotTheProgramsFault() throws {
      let tree = try #require(try Harness.host.get().tree)
      try Harness.withSandbox { sandbox in
        var limits = Harness.usual
        limits.memoryBytes = 2 << 30
        let before = try Harness.perform(
          sandbox, ["/app/program", "touch", "1200"], limits: limits)
        #expect(before.report.exit == .exited(0))
        let path =
          switch tree.version {
          case .v1(let memory, _, _): "\(memory)/memory.limit_in_bytes"
          case .v2(let directory): "\(directory)/memory.max"
          }
        let usual = try #require(readText(path)).trimmingCharacters(in: .whitespacesAndNewlines)
        // Other tests have leaves in this group too: there must be room for them, and for what compiling
        // left in the page cache.
        #expect(writeText(path, "\(700 << 20)") == 0)
        defer { #expect(writeText(path, usual) == 0) }
        #expect(throws: SandboxError.outOfMemory) {
          try Harness.perform(sandbox, ["/app/program", "touch", "1200"], limits: limits)
        }
        let modest = try Harness.perform(
          sandbox, ["/app/program", "touch", "20"], limits: limits)
        #expect(modest.report.exit == .exited(0))
        limits.memoryBytes = 32 << 20
        let greedy = try Harness.perform(
          sandbox, ["/app/program", "touch", "200"], limits: limits)
        #expect(greedy.report.oomKills > 0)
      }
    }

    @Test func memoryLimitFollowsTheCommand() throws {
      try Harness.withSandbox { sandbox in
        for megabytes in [64, 256, 32, 512] {
          var limits = Harness.usual
          limits.memoryBytes = megabytes << 20
          let below = try Harness.perform(
            sandbox, ["/app/program", "touch", "\(megabytes / 2)"], limits: limits)
          #expect(below.report.exit == .exited(0))
          let above = try Harness.perform(
            sandbox, ["/app/program", "touch", "\(megabytes + 32)"], limits: limits)
          #expect(above.report.oomKills > 0)
        }
      }
    }

    @Test func outputLimitIsExact() throws {
      try Harness.withSandbox { sandbox in
        var limits = Harness.usual
        limits.outputBytes = 100_000
        let long = try Harness.perform(
          sandbox, ["/app/program", "output", "200000"], limits: limits)
        #expect(long.report.stop == .outputLimit)
        #expect(long.report.exit == .signalled(SIGXFSZ))
        #expect(long.output.utf8.count == 100_001)
        let exact = try Harness.perform(
          sandbox, ["/app/program", "output", "100000"], limits: limits)
        #expect(exact.report.stop == .none)
        #expect(exact.report.exit == .exited(0))
        #expect(exact.output.utf8.count == 100_000)
      }
    }
  }
}
