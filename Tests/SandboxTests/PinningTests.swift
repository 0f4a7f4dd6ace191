import Foundation
import Testing

@testable import Sandbox

extension SandboxTests {
  @Suite struct Pinning {
    /// A host whose slot 7, the tests' own, may use one processor only.
    private func pinnedHost(_ processor: Int) throws -> SandboxHost {
      var configuration = Harness.configuration()
      configuration.processors = Array(repeating: [], count: Harness.slot) + [[processor]]
      return try SandboxHost.probe(configuration)
    }

    private let last = ProcessorTopology.ofThisMachine().cores.last?.last ?? 0

    private let question = """
      import os
      print(sorted(os.sched_getaffinity(0)))
      try:
          os.sched_setaffinity(0, range(64))
          print("moved")
      except PermissionError:
          print("stays")
      """

    @Test func aPinnedSlotStaysOnItsProcessor() throws {
      try Harness.withSandbox(host: try pinnedHost(last)) { sandbox in
        for identity in [Identity.builder, .runner] {
          let outcome = try Harness.perform(
            sandbox, ["/usr/bin/python3", "-c", question], as: identity)
          #expect(outcome.output == "[\(last)]\nstays\n", "\(outcome.error)")
        }
      }
    }

    @Test func threadsOnOneProcessorAreCountedAndStoppedAllTheSame() throws {
      try Harness.withSandbox(host: try pinnedHost(last)) { sandbox in
        var limits = Harness.usual
        limits.cpuNanoseconds = Harness.second / 5
        let outcome = try Harness.perform(
          sandbox, ["/app/program", "in_threads", "60000"], limits: limits)
        #expect(outcome.report.stop == .cpuLimit)
        #expect(outcome.report.wallNanoseconds >= limits.cpuNanoseconds)
      }
    }

    @Test func otherSlotsMayGoEverywhere() throws {
      try Harness.withSandbox { sandbox in
        let outcome = try Harness.perform(
          sandbox,
          ["/usr/bin/python3", "-c", "import os; print(len(os.sched_getaffinity(0)))"])
        let all = ProcessorTopology.ofThisMachine().cores.reduce(0) { $0 + $1.count }
        #expect(outcome.output == "\(all)\n")
      }
    }

    @Test func aProcessorThatIsNotThereIsSaid() throws {
      let host = try pinnedHost(1000)
      do throws(SandboxError) {
        _ = try ResidentSandbox(host: host, options: SandboxOptions(slot: Harness.slot))
        Issue.record("it started")
      } catch {
        #expect(error.description.contains("processors 1000"))
      }
      rmdir(Harness.stateDirectory)
    }
  }
}
