import Foundation
import Testing

@testable import Sandbox

extension SandboxTests.Hostile {
  @Suite struct Escape {
    @Test(arguments: [Identity.builder, .runner])
    func noRightsAndNobodyElse(identity: Identity) throws {
      let builder = Harness.uidBase + 2 * Harness.slot
      let uid = identity == .builder ? builder : builder + 1
      try attack("self", as: identity) { seen in
        let lines = seen.output.split(separator: "\n")
        #expect(
          lines.prefix(4) == [
            "uid \(uid) gid \(uid) groups 0", "descriptors 3", "processes 1",
            "no_new_privs 1 thp 1",
          ])
        let capabilities = lines.dropFirst(4).filter { !$0.hasPrefix("CapBnd") }
        #expect(capabilities.count == 4)
        #expect(capabilities.allSatisfy { $0.hasSuffix("\t0000000000000000") }, "\(seen.output)")
      }
    }

    @Test(arguments: [Identity.builder, .runner])
    func rightsOfOthers(identity: Identity) throws {
      try attack("privileges", as: identity) { seen in
        #expect(
          seen.reasons == [
            "EPERM": [
              "setuid", "setgid", "setreuid", "other runner", "setgroups", "capset", "ambient",
              "bounding", "securebits", "fifo", "io priority", "core", "file size", "open files",
              "locked", "queues", "signals", "real time", "setfsuid",
            ],
            "EACCES": ["nice -5"],
          ])
      }
    }

    @Test(arguments: [Identity.builder, .runner])
    func attackingTheHelper(identity: Identity) throws {
      try attack("attack_helper", as: identity) { seen in
        #expect(seen.output.hasPrefix("parent 1, pidfd yes\n"))
        #expect(seen.answers.count == 20)
        #expect(Set(seen.reasons.keys) == ["EPERM"], "\(seen.output)")
      }
    }

    @Test func signalsByFileAndTimer() throws {
      try attack("signal_by_file") { seen in
        #expect(seen.report.exit == .exited(0))
        #expect(
          seen.reasons == [
            "ok": ["signal", "owner", "asynchronous", "write"], "EINVAL": ["timer"],
          ])
      }
    }

    /// With inotify it would see what runs in the other sandbox.
    @Test func watchingNeighbours() throws {
      try scene { sandbox in
        let watcher = try Harness.perform(sandbox, ["/app/program", "watch_others", "1"]) {
          try Harness.withSecondSandbox { neighbour in
            let env = try Harness.perform(neighbour, ["/usr/bin/env"])
            #expect(env.report.exit == .exited(0))
            usleep(100_000)
          }
        }
        #expect(watcher.reasons == ["ENOSYS": ["inotify"]])
      }
    }

    @Test func coreIsNotWritten() throws {
      try attack("core_dump") { seen in
        #expect(seen.output == "signal \(SIGABRT), files 0\n")
      }
    }

    /// Programs of the system that would run as root, and one that a builder left for the runner.
    @Test func setUidPrograms() throws {
      try scene { sandbox in
        let script = "cp program mine && cp /bin/sh sh && chmod 6755 mine sh"
        let left = try Harness.perform(
          sandbox, ["/bin/sh", "-c", script], in: .program, as: .builder)
        #expect(left.report.exit == .exited(0), "\(left.error)")
        let uid = Harness.uidBase + 2 * Harness.slot + 1
        for path in ["/app/mine", "/app/program"] {
          #expect(try Harness.perform(sandbox, [path, "who"]).output == "\(uid) \(uid)\n")
        }
        let shell = try Harness.perform(sandbox, ["/app/sh", "-p", "-c", "id -u; id -g"])
        #expect(shell.output == "\(uid)\n\(uid)\n")
        for command in [
          ["/usr/bin/su", "-c", "id"], ["/usr/bin/mount", "-o", "bind", "/usr", "/box"],
        ] {
          let seen = try Harness.perform(sandbox, command)
          #expect(seen.report.exit != .exited(0))
          #expect(seen.output == "")
        }
      }
    }

    /// A library of the builder's gets into programs of its own run, and into nothing else.
    @Test func preloadedLibrary() throws {
      try scene { sandbox in
        let source = """
          #include <stdlib.h>
          #include <unistd.h>
          __attribute__((constructor)) static void in(void) {
            write(2, "preloaded\\n", 10);
            _exit(geteuid() == 0);
          }
          """
        try sandbox.put(.program, path: "evil.c", contents: Array(source.utf8))
        let built = try Harness.perform(
          sandbox, ["/usr/bin/gcc", "-w", "-shared", "-fPIC", "-o", "evil.so", "evil.c"],
          in: .program, as: .builder, limits: Harness.generous)
        #expect(built.report.exit == .exited(0), "\(built.error)")
        let preload =
          Command.defaultEnvironment + ["LD_PRELOAD=/app/evil.so", "LD_AUDIT=/app/evil.so"]
        for program in ["/usr/bin/env", "/usr/bin/su"] {
          let seen = try Harness.perform(sandbox, [program], environment: preload)
          #expect(seen.report.exit == .exited(0))
          #expect(seen.error == "preloaded\n")
        }
        let after = try Harness.perform(sandbox, ["/usr/bin/env"])
        #expect(after.error == "")
        #expect(after.output.split(separator: "\n").map(String.init) == Command.defaultEnvironment)
      }
    }

    /// Names of sockets that stand in no directory: of the next run, and in another sandbox.
    @Test func abstractSocketsAreNotShared() throws {
      try scene { sandbox in
        for _ in 0..<2 {
          let listener = try Harness.perform(sandbox, ["/app/program", "listen_abstract"])
          #expect(listener.reasons == ["ok": ["bind"]])
          let next = try Harness.perform(sandbox, ["/app/program", "connect_abstract"])
          #expect(next.reasons == ["ECONNREFUSED": ["connect"]])
        }
        let listener = try Harness.perform(sandbox, ["/app/program", "listen_abstract", "1"]) {
          try Harness.withSecondSandbox { neighbour in
            let seen = try Harness.perform(neighbour, ["/app/program", "connect_abstract"])
            #expect(seen.reasons == ["ECONNREFUSED": ["connect"]])
          }
        }
        #expect(listener.report.stop == .cancelled)
      }
    }

    /// The kernel looks for such sockets only when another one is closed; see sockets.c of the helper.
    @Test func socketInACircleOfDescriptors() throws {
      try scene { sandbox in
        for _ in 0..<10 {
          let listener = try Harness.perform(sandbox, ["/app/program", "listen_in_circle"])
          #expect(listener.reasons == ["ok": ["bind", "send"]])
          let next = try Harness.perform(sandbox, ["/app/program", "connect_abstract"])
          #expect(next.reasons == ["ECONNREFUSED": ["connect"]])
        }
      }
    }
  }
}
