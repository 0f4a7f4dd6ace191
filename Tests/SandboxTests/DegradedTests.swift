import Foundation
import Testing

@testable import Sandbox

extension SandboxTests {
  /// Without control groups.
  @Suite struct Degraded {
    @Test func boundsAndSaysSo() throws {
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
        let bomb = try Harness.perform(sandbox, ["/app/program", "fork_bomb"], limits: limits)
        #expect(bomb.report.stop != .none)
        #expect(bomb.report.reaped > 1)
      }
    }

    @Test func mustBeAskedFor() throws {
      var configuration = Harness.configuration(degraded: true)
      configuration.allowDegraded = false
      #expect(throws: SandboxError.self) { try SandboxHost.probe(configuration) }
    }
  }
}
