import Foundation
import Testing

@testable import Sandbox

extension SandboxTests {
  @Suite struct Lifecycle {
    @Test func probeDescribesTheMachine() throws {
      let host = try Harness.host.get()
      #expect(!host.isDegraded)
      #expect(host.summary.hasPrefix("sandbox: bwrap "))
      #expect(host.summary.contains("cgroup v"))
      var configuration = Harness.configuration()
      configuration.helperPath = "/nowhere/assize-box"
      #expect(throws: SandboxError.self) { try SandboxHost.probe(configuration) }
      configuration = Harness.configuration()
      configuration.bwrapPath = "/bin/true"
      #expect(throws: SandboxError.self) { try SandboxHost.probe(configuration) }
    }

    @Test func aSandboxThatCannotStartSaysWhy() throws {
      let host = try Harness.host.get()
      let options = SandboxOptions(
        slot: Harness.slot, readOnlyMounts: [ReadOnlyMount(host: "/no/such/place", inside: "/x")])
      do throws(SandboxError) {
        _ = try ResidentSandbox(host: host, options: options)
        Issue.record("it started")
      } catch {
        #expect(error.description.contains("/no/such/place"))
      }
      #expect(Harness.processes().isEmpty)
      #expect(directoryNames(Harness.stateDirectory).isEmpty)
      rmdir(Harness.stateDirectory)
    }

    @Test func extraMountsAreReadable() throws {
      let mounts = [
        ReadOnlyMount(host: "/etc/hostname", inside: "/etc/some/where/name"),
        ReadOnlyMount(host: "/etc/default", inside: "/opt/defaults"),
      ]
      try Harness.withSandbox(
        options: SandboxOptions(slot: Harness.slot, readOnlyMounts: mounts)
      ) { sandbox in
        let outcome = try Harness.perform(
          sandbox, ["/bin/sh", "-c", "cat /etc/some/where/name && ls -d /opt/defaults"])
        #expect(outcome.report.exit == .exited(0), "\(outcome.error)")
      }
    }

    @Test func twoHundredRunsInOneSandbox() throws {
      try Harness.withSandbox { sandbox in
        for i in 0..<200 {
          let outcome = try Harness.perform(sandbox, ["/app/program", "exit", "\(i)"])
          #expect(outcome.report.exit == .exited(Int32(i)))
          #expect(outcome.report.oomKills == 0)
        }
        // The leaf of the last run and the one for the next, each with its descriptors: no pile.
        let names = Harness.leaves(of: sandbox).map { ($0 as NSString).lastPathComponent }
        #expect(Set(names).count <= 2)
        let leaf = "/run-\(try Harness.host.get().owner.text)-\(sandbox.serial)-"
        let open = directoryNames("/proc/self/fd").filter { name in
          let link = "/proc/self/fd/\(name)"
          let target = try? FileManager.default.destinationOfSymbolicLink(atPath: link)
          return target?.contains(leaf) == true
        }
        #expect((1...20).contains(open.count))
      }
    }

    @Test func anotherThreadCancels() throws {
      try Harness.withSandbox { sandbox in
        let canceller = sandbox.canceller
        Thread.detachNewThread {
          usleep(100_000)
          canceller.cancel()
        }
        let outcome = try Harness.perform(sandbox, ["/app/program", "sleep"])
        #expect(outcome.report.stop == .cancelled)
        #expect(outcome.report.exit == .signalled(SIGKILL))
        #expect(canceller.isCancelled)
        #expect(throws: SandboxError.cancelled) {
          try Harness.perform(sandbox, ["/app/program", "exit", "0"])
        }
      }
    }

    @Test func cancellingOneRunLeavesTheNextAlone() throws {
      try Harness.withSandbox { sandbox in
        let null = try MemoryFile()
        for i in 0..<20 {
          sandbox.cancelRun()
          let arguments = ["/app/program", i % 2 == 0 ? "sleep" : "exit", "0"]
          try sandbox.start(
            Command(
              arguments, standardInput: null.borrowed, standardOutput: null.borrowed,
              standardError: null.borrowed, limits: Harness.usual))
          if i % 2 == 0 { sandbox.cancelRun() }
          let report = try sandbox.finish()
          // May arrive after the end of the run it is meant for: then it must change nothing.
          sandbox.cancelRun()
          #expect(report.stop == (i % 2 == 0 ? .cancelled : .none))
        }
        #expect(null.size == 0)
      }
    }

    @Test func twoProgramsTalkThroughPipes() throws {
      try Harness.withSandbox { first in
        try Harness.withSecondSandbox { second in
          let error = try MemoryFile()
          var there: [Int32] = [-1, -1]
          var back: [Int32] = [-1, -1]
          try #require(pipe(&there) == 0 && pipe(&back) == 0)
          let command = { (script: String, input: Int32, output: Int32) in
            Command(
              ["/bin/sh", "-c", script], standardInput: BorrowedDescriptor(input),
              standardOutput: BorrowedDescriptor(output), standardError: error.borrowed,
              limits: Harness.usual)
          }
          try first.start(
            command("echo 20; read x; test $x = 41 && ! read rest", back[0], there[1]))
          try second.start(command("read x; echo $((2 * x + 1))", there[0], back[1]))
          for descriptor in there + back { close(descriptor) }
          var wait = [
            pollfd(fd: first.socketDescriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: second.socketDescriptor, events: Int16(POLLIN), revents: 0),
          ]
          #expect(poll(&wait, 2, 20_000) > 0)
          let reports = (try first.finish(), try second.finish())
          #expect(reports.0.exit == .exited(0))
          #expect(reports.1.exit == .exited(0))
          #expect(reports.0.startedAt < reports.1.endedAt)
          #expect(reports.1.startedAt < reports.0.endedAt)
        }
      }
    }

    @Test func leavesOfDeadWorkersAreSweptAndOthersKept() throws {
      let host = try Harness.host.get()
      guard let tree = host.tree else { return }
      try tree.restoreFolders()
      // Our pid, but another start: a worker before us that happened to have the same pid.
      let dead = "run-\(getpid()).1-5"
      let parent = try #require(ProcessMark(pid: getppid()))
      let alive = RunLeaf.name(owner: parent, sandbox: 1, serial: 1)
      let foreign = "run-something"
      for directory in tree.directories {
        for name in [dead, alive, foreign] { mkdir("\(directory)/\(name)", 0o755) }
      }
      #expect(tree.sweep() == tree.directories.count)
      for directory in tree.directories {
        let names = directoryNames(directory)
        #expect(!names.contains(dead))
        #expect(names.contains(alive))
        #expect(names.contains(foreign))
        for name in [alive, foreign] { rmdir("\(directory)/\(name)") }
      }
      tree.removeFolders()
    }

    @Test func aLostHelperIsAnErrorAndLeavesNothing() throws {
      try Harness.withSandbox { sandbox in
        let null = try MemoryFile()
        try sandbox.start(
          Command(
            ["/app/program", "sleep"], standardInput: null.borrowed,
            standardOutput: null.borrowed, standardError: null.borrowed, limits: Harness.usual))
        kill(sandbox.processIdentifier, SIGKILL)
        #expect(throws: SandboxError.self) { try sandbox.finish() }
        #expect(throws: SandboxError.self) { try Harness.perform(sandbox, ["/bin/true"]) }
        #expect(null.size == 0)
      }
    }

    @Test func closingIsFinal() throws {
      try Harness.withSandbox { sandbox in
        let canceller = sandbox.canceller
        sandbox.close()
        sandbox.close()
        canceller.cancel()
        #expect(throws: SandboxError.self) { try sandbox.wipeScratch() }
      }
    }

    @Test func closingEndsARunningProgram() throws {
      try Harness.withSandbox { sandbox in
        let null = try MemoryFile()
        try sandbox.start(
          Command(
            ["/app/program", "sleep"], standardInput: null.borrowed,
            standardOutput: null.borrowed, standardError: null.borrowed, limits: Harness.usual))
        sandbox.close()
        #expect(null.size == 0)
      }
    }
  }
}
