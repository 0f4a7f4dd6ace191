import Foundation
import Testing

@testable import Sandbox

extension SandboxTests.Hostile {
  @Suite struct Memory {
    /// Kernels go a little beyond a limit for what is dying.
    static let slack = 4 << 20
    static let little = Harness.limits(megabytes: 32, openFiles: 1024)

    @Test func hog() throws {
      try attack("touch", "1000") { seen in
        #expect(seen.report.exit == .signalled(SIGKILL))
        #expect(seen.report.oomKills == 1)
        #expect(seen.report.stop == .none)
      }
    }

    /// The program itself ends well, so only the counter tells.
    @Test(arguments: [["child_hog", "1000"], ["ten_children"]])
    func hogsAmongTheChildren(words: [String]) throws {
      try attack(words: words) { seen in
        #expect(seen.report.exit == .exited(0))
        #expect(seen.report.oomKills > 0)
        #expect(seen.report.stop == .none)
      }
    }

    @Test(arguments: [
      ["memory_files"], ["memory_file_heirs"], ["scratch_hog"], ["mapped_file", "60"],
      ["shared_zero"], ["pipes"], ["sockets", "1"], ["sockets", "2"], ["page_tables"],
      ["recursion", "64"],
    ])
    func placesToHideIt(words: [String]) throws {
      try attack(words: words, limits: Self.little) { seen in
        #expect(seen.report.exit == .signalled(SIGKILL), "\(seen.output)")
        #expect(seen.report.oomKills > 0)
        #expect(seen.report.memoryPeakBytes < Self.little.memoryBytes + Self.slack)
      }
    }

    @Test func socketsInsideOfSockets() throws {
      try attack("passed_sockets", "100000", limits: Self.little) { seen in
        let isBounded = seen.reasons["ETOOMANYREFS"] == ["send"]
        #expect(isBounded || seen.report.oomKills > 0, "\(seen)")
        #expect(seen.report.stop == .none)
      }
    }

    @Test func scratchAreaIsSmallerThanMemory() throws {
      try scene(SandboxOptions(slot: Harness.slot, scratchBytes: 1 << 20)) { sandbox in
        let hog = try Harness.perform(sandbox, ["/app/program", "scratch_hog"])
        #expect(hog.reasons == ["ENOSPC": ["write"]])
        // Room that is promised and not there when it is touched.
        let mapped = try Harness.perform(sandbox, ["/app/program", "mapped_file", "2"])
        #expect(mapped.report.exit == .signalled(SIGBUS))
        #expect(mapped.report.oomKills == 0)
      }
    }

    @Test func argumentsWithoutEnd() throws {
      try attack("long_arguments") { seen in
        #expect(seen.reasons == ["E2BIG": ["300 MB"]])
        #expect(seen.report.exit == .exited(7))
        #expect(seen.report.oomKills == 0)
      }
    }

    @Test func recursionIsLegalUpToTheLimit() throws {
      try attack("recursion", "96") { seen in
        #expect(seen.report.exit == .exited(0))
        #expect(seen.report.oomKills == 0)
        #expect(seen.report.memoryPeakBytes >= 96 << 20)
      }
    }

    @Test func recursionBeyondABoundOfTheStack() throws {
      try attack("recursion", "64", limits: Harness.limits(stackBytes: 16 << 20)) { seen in
        #expect(seen.report.exit == .signalled(SIGSEGV))
        #expect(seen.report.oomKills == 0)
      }
    }

    @Test(arguments: ["untouched", "huge_pages"])
    func whatOnlyLooksLarge(name: String) throws {
      try attack(name) { seen in
        #expect(seen.report.exit == .exited(0))
        #expect(seen.report.oomKills == 0)
        #expect(seen.report.memoryPeakBytes < 32 << 20)
      }
    }

    @Test func hugePagesOfTheMachine() throws {
      try attack("pool_of_huge_pages") { seen in
        #expect(seen.reasons == ["ENOMEM": ["MAP_HUGETLB", "MFD_HUGETLB"]])
      }
    }

    /// The helper shares its memory with a run until that is executed, and must not share its fate.
    @Test(arguments: [64 << 10, 256 << 10, 512 << 10, 1 << 20])
    func limitsTooSmallForAnything(bytes: Int) throws {
      try scene { sandbox in
        var limits = Harness.usual
        limits.memoryBytes = bytes
        let padding = [String](repeating: String(repeating: "x", count: 1000), count: 50)
        for arguments in [["/app/program", "exit", "0"], ["/app/program", "exit", "0"] + padding] {
          let seen = try Harness.perform(sandbox, arguments, limits: limits)
          let isHeld = seen.report.oomKills > 0 || seen.report.exit == .notStarted(E2BIG)
          #expect(isHeld || seen.report.exit == .exited(0), "\(seen.report)")
        }
      }
    }

    @Test func memoryIsNotLocked() throws {
      try attack("locked_memory") { seen in
        #expect(
          seen.reasons == ["EPERM": ["mlock", "mlock2", "mlockall", "MAP_LOCKED"]])
      }
    }

    /// Kernels differ in whether there are any; what they take is bounded in any case.
    @Test func attributesOfFiles() throws {
      try attack("attributes", limits: Self.little) { seen in
        #expect(seen.report.exit == .exited(0) || seen.report.oomKills > 0)
        #expect(seen.report.memoryPeakBytes < Self.little.memoryBytes + Self.slack)
      }
    }

    @Test func openFiles() throws {
      try attack("open_files") { seen in
        #expect(seen.reasons == ["EMFILE": ["open"], "256": ["count"]])
      }
    }

    @Test func budgetsOfItsUser() throws {
      try attack("large_pipes") { seen in
        #expect(seen.reasons == ["EMFILE": ["pipe"], "ok": ["bounded"]])
        #expect(seen.report.exit == .exited(0))
      }
    }
  }
}
