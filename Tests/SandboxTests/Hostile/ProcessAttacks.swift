import Foundation
import Testing

@testable import Sandbox

extension SandboxTests.Hostile {
  @Suite struct Processes {
    static let bomb = Harness.limits(cpu: 0.5, processes: 32)
    static let brief = Harness.limits(cpu: 0.5)
    static let idle = Harness.limits(wall: 1)

    @Test(arguments: ["fork_bomb", "vfork_bomb", "thread_bomb"])
    func bombs(name: String) throws {
      try attack(name, limits: Self.bomb) { seen in
        #expect(seen.report.stop == .cpuLimit, "\(seen.report)")
        #expect(seen.report.exit == .signalled(SIGKILL))
        #expect(seen.report.processLimitHits > 0)
        // Those whose parents do not want to know of their end are not waited for by anybody.
        let reaped = ["fork_bomb": 2...32, "vfork_bomb": 32...32, "thread_bomb": 1...1]
        #expect(reaped[name]?.contains(seen.report.reaped) == true)
      }
    }

    @Test(arguments: ["silent_children", "siblings"])
    func childrenThatNobodyWaitsFor(name: String) throws {
      try attack(name) { seen in
        #expect(seen.report.exit == .exited(0))
        #expect(seen.reasons == ["ok": [String](repeating: "clone", count: 5)])
        #expect(seen.report.reaped == 6)
      }
    }

    @Test func childrenWhoseEndKills() throws {
      try attack("deadly_children") { seen in
        #expect(seen.report.exit == .exited(0))
        #expect(seen.reasons == ["ok": ["clone", "clone beside"]])
      }
    }

    @Test func executingItselfForEver() throws {
      try attack("exec_loop", limits: Self.brief) { seen in
        #expect(seen.report.stop == .cpuLimit)
        #expect(seen.report.reaped == 1)
      }
    }

    @Test func relayOfShortLives() throws {
      try attack("relay", limits: Self.brief) { seen in
        #expect(seen.report.stop == .cpuLimit)
        #expect(seen.report.cpuNanoseconds > Self.brief.cpuNanoseconds)
      }
    }

    @Test func chainOfDaemonsDiesWithItsRun() throws {
      try attack("daemon_chain") { seen in
        #expect(seen.report.exit == .exited(0))
        #expect(seen.report.stop == .none)
        #expect(seen.report.reaped >= 2)
      }
    }

    @Test func nothingIsWrittenAfterTheEnd() throws {
      try scene { sandbox in
        let file = try MemoryFile()
        let stream = try file.appendingDescriptor()
        let report = try sandbox.run(
          Command(
            ["/app/program", "late_writer"], standardInput: file.borrowed,
            standardOutput: stream.borrowed, standardError: stream.borrowed,
            limits: Harness.usual))
        #expect(report.exit == .exited(0))
        let size = file.size
        try Harness.expectHonestRun(sandbox)
        #expect(file.size == size)
        #expect(try file.readAll(limit: 7) == Array("parent\n".utf8))
      }
    }

    @Test(arguments: ["sleep", "deaf", "stopped", "sleeping_threads", "held_by_vfork"])
    func idlers(name: String) throws {
      try attack(name, limits: Self.idle) { seen in
        #expect(seen.report.stop == .wallLimit)
        #expect(seen.report.exit == .signalled(SIGKILL))
        #expect(seen.report.wallNanoseconds >= Self.idle.wallNanoseconds)
        #expect(seen.report.cpuNanoseconds < Self.idle.wallNanoseconds)
      }
    }

    @Test func threadsBehindADeadLeader() throws {
      try attack("dead_leader", limits: Self.brief) { seen in
        #expect(seen.report.stop == .cpuLimit)
        #expect(seen.report.exit == .signalled(SIGKILL))
        #expect(seen.report.reaped == 1)
      }
    }

    @Test func hoardOfTheDead() throws {
      try attack("zombies", limits: Self.bomb) { seen in
        #expect(seen.report.exit == .exited(0))
        #expect(seen.reasons == ["EAGAIN": ["fork"]])
        #expect(seen.report.reaped == 32)
        #expect(seen.report.processLimitHits == 1)
      }
    }

    @Test func orphansTakenFromTheHelper() throws {
      try attack("subreaper") { seen in
        #expect(seen.report.exit == .exited(0))
        #expect(seen.report.reaped == 4)
      }
    }

    @Test func killingEverybody() throws {
      try attack("kill_everybody") { seen in
        #expect(seen.report.exit == .exited(0))
        #expect(seen.reasons == ["ok": ["terminate group", "kill all"], "EPERM": ["kill 1"]])
        #expect(seen.report.reaped == 4)
      }
    }

    @Test func futexesThatLeadAstray() throws {
      try attack("robust_futexes") { seen in
        #expect(seen.report.exit == .exited(0))
        #expect(seen.report.stop == .none)
      }
    }

    @Test func timersAndSignalsInStore() throws {
      try attack("timers") { seen in
        #expect(seen.report.exit == .exited(0))
        #expect(seen.reasons == ["EAGAIN": ["timer_create", "sigqueue"], "ok": ["bounded"]])
      }
    }
  }
}
