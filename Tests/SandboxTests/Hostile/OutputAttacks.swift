import Foundation
import Testing

@testable import Sandbox

extension SandboxTests.Hostile {
  @Suite struct Output {
    static let short = Harness.limits(outputBytes: 100_000)

    @Test(arguments: [["flood", "1"], ["flood", "2"], ["stubborn_flood", "1"], ["sent_output"]])
    func floods(words: [String]) throws {
      try attack(words: words, limits: Self.short) { seen in
        #expect(seen.report.stop == .outputLimit)
        let isStubborn = words[0] == "stubborn_flood"
        #expect(seen.report.exit == .signalled(isStubborn ? SIGKILL : SIGXFSZ))
        // One byte more than allowed, so that exactly as much as allowed can be told from it.
        let length = seen.output.utf8.count + seen.error.utf8.count
        #expect(length == Self.short.outputBytes + 1)
      }
    }

    @Test func floodThatDoesNotEnd() throws {
      try attack("flood_by_children", limits: Self.short) { seen in
        #expect(seen.report.stop == .outputLimit)
        #expect(seen.report.exit == .signalled(SIGKILL))
        #expect(seen.output.utf8.count == Self.short.outputBytes + 1)
      }
    }

    @Test(arguments: ["file_flood", "sparse_file", "stretched_output"])
    func filesBeyondTheLimit(name: String) throws {
      try attack(name) { seen in
        #expect(seen.report.stop == .outputLimit)
        #expect(seen.report.exit == .signalled(SIGXFSZ))
        #expect(seen.report.memoryPeakBytes < Harness.usual.memoryBytes + Memory.slack)
      }
    }

    /// It would belong to a file of the worker's, and stay when the program is gone.
    @Test func memoryReservedBehindTheOutput() throws {
      try attack("reserved_output", limits: Harness.limits(megabytes: 32)) { seen in
        #expect(seen.report.memoryPeakBytes < 32 << 20 + Memory.slack)
        #expect(seen.report.exit == .signalled(SIGXFSZ) || seen.report.oomKills > 0, "\(seen)")
      }
    }

    @Test func streamsAreNotMapped() throws {
      try attack("mapped_output") { seen in
        #expect(seen.reasons == ["EACCES": ["map", "map input"]])
      }
    }

    @Test func outputCannotBeTakenBackNorInputChanged() throws {
      try attack("stream_games") { seen in
        #expect(seen.output.hasPrefix("first\n"))
        #expect(
          seen.reasons == [
            "ok": ["reopen for writing", "reopen stdin"],
            "EPERM": ["truncate", "chmod stdin", "owner of stdin", "unseal"],
            "EBADF": ["read", "write stdin"],
            "EACCES": ["reopen", "reopen stdin for writing"],
            "EINVAL": ["truncate stdin"],
            "EXDEV": ["link stdin"],
          ])
      }
    }

    @Test func closingEverything() throws {
      try attack("closed_streams", "5") { seen in
        #expect(seen.report.exit == .exited(5))
        #expect(seen.output == "")
      }
    }
  }
}
