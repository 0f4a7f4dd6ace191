import Foundation
import Testing

@testable import Sandbox

extension SandboxTests.Hostile {
  /// What a build step may leave instead of a program. The helper itself executes it.
  @Suite struct Executables {
    private static func execute(
      _ contents: [UInt8], _ check: (Harness.Outcome) throws -> Void
    ) throws {
      try scene { sandbox in
        try sandbox.put(.program, path: "main", contents: contents, mode: 0o755, owner: .builder)
        try check(Harness.perform(sandbox, ["/app/main"]))
      }
    }

    /// The offset of the first program header of this type in a 64-bit ELF file.
    private static func header(_ type: UInt8, in file: [UInt8]) throws -> Int {
      let count = Int(file[56])
      return try #require((0..<count).map { 64 + 56 * $0 }.first { file[$0] == type })
    }

    @Test(arguments: [
      ("#!/app/main\n", ELOOP), ("#!/box\n", EACCES), ("#!/nowhere\n", ENOENT),
      ("#!/dev/zero\n", EACCES), ("", ENOEXEC), ("\u{7F}ELF", ENOEXEC),
      ("#!" + String(repeating: "/", count: 100_000), ENOEXEC),
    ])
    func scripts(text: String, reason: Int32) throws {
      try Self.execute(Array(text.utf8)) { seen in
        #expect(seen.report.exit == .notStarted(reason))
        #expect(seen.report.stop == .none)
      }
    }

    @Test(arguments: [0, 100, 5000])
    func cutOff(length: Int) throws {
      let program = try Programs.compiled.get()
      try Self.execute(Array(program.prefix(length))) { seen in
        #expect(seen.report.exit != .exited(0))
        #expect(seen.report.stop == .none)
      }
    }

    /// A program that says it needs more memory than there are addresses.
    @Test func claimsTooMuch() throws {
      var program = try Programs.compiled.get()
      let loaded = try Self.header(1, in: program)
      for offset in 40..<47 { program[loaded + offset] = 0xFF }
      try Self.execute(program) { seen in
        #expect(
          [.signalled(SIGKILL), .signalled(SIGSEGV), .notStarted(ENOMEM), .notStarted(EINVAL)]
            .contains(seen.report.exit), "\(seen.report)")
        #expect(seen.report.oomKills == 0)
      }
    }

    @Test func startsNowhere() throws {
      var program = try Programs.compiled.get()
      for offset in 24..<32 { program[offset] = 0xFF }
      try Self.execute(program) { seen in
        #expect(seen.report.exit == .signalled(SIGSEGV))
      }
    }

    @Test func noFilesAtAll() throws {
      try scene { sandbox in
        let made = try Harness.perform(
          sandbox, ["/bin/sh", "-c", "mkfifo fifo; mkdir directory; ln -s loop loop"],
          in: .program, as: .builder)
        #expect(made.report.exit == .exited(0))
        for (name, reason) in [("fifo", EACCES), ("directory", EACCES), ("loop", ELOOP)] {
          let seen = try Harness.perform(sandbox, ["/app/\(name)"])
          #expect(seen.report.exit == .notStarted(reason))
        }
      }
    }
  }
}
