import Foundation
import Testing

@testable import Sandbox

extension SandboxTests {
  @Suite struct Containment {
    @Test func forkBombIsHeldAndLeavesNobody() throws {
      try Harness.withSandbox { sandbox in
        var limits = Harness.usual
        limits.cpuNanoseconds = Harness.second / 2
        limits.processes = 32
        let bomb = try Harness.perform(sandbox, ["/app/program", "forkbomb"], limits: limits)
        #expect(bomb.report.stop == .cpuLimit)
        #expect(bomb.report.processLimitHits > 0)
        #expect(bomb.report.reaped > 1)
        #expect(Harness.processes(withUidsFrom: Harness.uidBase).isEmpty)
        #expect(try Harness.perform(sandbox, ["/bin/true"]).report.exit == .exited(0))
      }
    }

    @Test func daemonDiesWithItsRun() throws {
      try Harness.withSandbox { sandbox in
        let daemon = try Harness.perform(sandbox, ["/app/program", "daemon"])
        #expect(daemon.report.exit == .exited(0))
        #expect(daemon.report.stop == .none)
        #expect(daemon.report.reaped >= 2)
        #expect(Harness.processes(withUidsFrom: Harness.uidBase).isEmpty)
      }
    }

    @Test func hostAndProgramAreaAreOutOfReach() throws {
      try Harness.withSandbox { sandbox in
        // A build step that opens a directory to everybody does not help the program later.
        let opened = try Harness.perform(
          sandbox, ["/bin/mkdir", "-m", "0777", "open"], in: .program, as: .builder)
        #expect(opened.report.exit == .exited(0))
        let answers = try Harness.perform(sandbox, ["/app/program", "files"]).answers
        #expect(answers.count == 21)
        #expect(answers.filter { $0.value == "ok" }.isEmpty)
        #expect(answers["/etc/shadow"] == "ENOENT")
        #expect(answers["/app/open/x"] == "EROFS")
        #expect(answers["overwrite program"] == "EACCES")
      }
    }

    @Test func systemCallsAreFilteredForBuildersAndRunners() throws {
      try Harness.withSandbox { sandbox in
        let expected = [
          "clone3": "ENOSYS", "clone NEWUSER": "EPERM", "unshare": "EPERM", "mount": "EPERM",
          "chroot": "EPERM", "keyctl": "ENOSYS", "io_uring": "ENOSYS", "bpf": "ENOSYS",
          "userfaultfd": "ENOSYS", "shmget": "ENOSYS", "flock": "ENOSYS", "setlk": "EPERM",
          "tiocsti": "EPERM", "tiocsti wide": "EPERM", "ptrace": "EPERM", "kill 1": "EPERM",
          "setuid": "EPERM", "nice": "EACCES", "core": "EPERM", "inet": "EAFNOSUPPORT",
          "inet6": "EAFNOSUPPORT", "netlink": "EAFNOSUPPORT", "vsock": "EAFNOSUPPORT",
          "unix": "ok", "thread": "ok",
        ]
        for identity in [Identity.builder, .runner] {
          let outcome = try Harness.perform(sandbox, ["/app/program", "calls"], as: identity)
          #expect(outcome.answers == expected)
        }
      }
    }

    #if arch(x86_64)
      @Test func foreignSystemCallTablesKill() throws {
        try Harness.withSandbox { sandbox in
          for name in ["int80", "x32"] {
            let outcome = try Harness.perform(sandbox, ["/app/program", name])
            #expect(outcome.report.exit == .signalled(SIGSYS))
          }
        }
      }
    #endif

    @Test func programsHaveNoRightsAndSeeOnlyThemselves() throws {
      try Harness.withSandbox { sandbox in
        let builder = Harness.uidBase + 2 * Harness.slot
        for (identity, uid) in [(Identity.builder, builder), (.runner, builder + 1)] {
          let outcome = try Harness.perform(sandbox, ["/app/program", "self"], as: identity)
          let lines = outcome.output.split(separator: "\n")
          #expect(lines.contains("uid \(uid) gid \(uid) groups 0"))
          #expect(lines.contains("descriptors 3"))
          #expect(lines.contains("processes 1"))
          #expect(lines.contains("no_new_privs 1 dumpable thp 1"))
          #expect(lines.contains("CapEff:\t0000000000000000"))
          #expect(lines.contains("CapPrm:\t0000000000000000"))
        }
      }
    }

    @Test func outputCannotBeTakenBack() throws {
      try Harness.withSandbox { sandbox in
        let outcome = try Harness.perform(sandbox, ["/app/program", "stdout-games"])
        #expect(outcome.output.hasPrefix("first\n"))
        #expect(
          outcome.answers == [
            "truncate": "EPERM", "reopen": "EACCES", "read": "EBADF",
            "reopen stdin": "ok",
            "reopen stdin for writing": "EACCES", "reopen for writing": "ok",
          ])
      }
    }

    @Test func builderCannotTouchFilesOfRoot() throws {
      try Harness.withSandbox { sandbox in
        let outcome = try Harness.perform(
          sandbox, ["/bin/sh", "-c", "echo x > program; echo y > other && cat other"],
          in: .program, as: .builder)
        #expect(outcome.error.contains("program"))
        #expect(outcome.output == "y\n")
        #expect(
          try Harness.perform(sandbox, ["/app/program", "exit", "0"]).report.exit == .exited(0))
      }
    }

    @Test func degradedModeBoundsAndSaysSo() throws {
      let host = try SandboxHost.probe(Harness.configuration(degraded: true))
      #expect(host.isDegraded)
      #expect(host.summary.contains("DEGRADED"))
      try Harness.withSandbox(host: host) { sandbox in
        let hog = try Harness.perform(sandbox, ["/app/program", "touch", "1000"])
        #expect(hog.report.exit == .exited(9))
        #expect(hog.report.isDegraded)
        var limits = Harness.usual
        limits.cpuNanoseconds = Harness.second / 5
        let spin = try Harness.perform(sandbox, ["/app/program", "spin", "60000"], limits: limits)
        #expect(spin.report.stop == .cpuLimit)
        limits.wallNanoseconds = Harness.second / 2
        limits.processes = 16
        let bomb = try Harness.perform(sandbox, ["/app/program", "forkbomb"], limits: limits)
        #expect(bomb.report.stop != .none)
        #expect(bomb.report.reaped > 1)
      }
    }

    @Test func degradedModeMustBeAskedFor() throws {
      var configuration = Harness.configuration(degraded: true)
      configuration.allowDegraded = false
      #expect(throws: SandboxError.self) { try SandboxHost.probe(configuration) }
    }
  }
}
