import Foundation
import Testing

@testable import Sandbox

extension SandboxTests.Hostile {
  /// Work that a naive judge would not count.
  @Suite struct Numbers {
    @Test(arguments: [
      (["in_threads", "50"], 200), (["in_reaped_children", "100"], 100),
      (["in_orphans", "50"], 200),
      (["in_many_children", "50"], 100), (["before_exec", "100"], 100),
    ])
    func timeIsCounted(words: [String], milliseconds: Int) throws {
      try attack(words: words) { seen in
        #expect(seen.report.exit == .exited(0))
        #expect(seen.report.cpuNanoseconds >= milliseconds * 1_000_000)
      }
    }

    @Test(arguments: [["memory_of_the_dead", "40"], ["memory_in_file", "40"]])
    func memoryIsCounted(words: [String]) throws {
      try attack(words: words) { seen in
        #expect(seen.report.exit == .exited(0))
        #expect(seen.report.oomKills == 0)
        #expect(seen.report.memoryPeakBytes >= 40 << 20)
      }
    }

    /// Signals that the judge and the kernel use, sent by the program to itself.
    @Test(arguments: [SIGKILL, SIGXCPU, SIGSYS, SIGSEGV, SIGPIPE, SIGALRM, 64])
    func ownSignalsAreNoLimits(signal: Int32) throws {
      try attack("raise", "\(signal)") { seen in
        #expect(seen.report.exit == .signalled(signal))
        #expect(seen.report.stop == .none)
        #expect(seen.report.oomKills == 0)
      }
    }

    @Test(arguments: [137, 255, -1, 256])
    func exitCodesAreNoSignals(code: Int32) throws {
      try attack("exit", "\(code)") { seen in
        #expect(seen.report.exit == .exited(code & 255))
        #expect(seen.report.stop == .none)
      }
    }
  }
}
