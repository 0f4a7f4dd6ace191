import Foundation
import Testing

@testable import Sandbox

extension SandboxTests.Hostile {
  @Suite struct Files {
    /// Lets a program fill the scratch area, sees that it did, and leaves the rest to ``scene``.
    private static func expectWiped(
      _ words: String..., atLeast names: Int, in options: SandboxOptions? = nil,
      _ check: (Harness.Outcome) -> Void = { _ in }
    ) throws {
      try scene(options ?? SandboxOptions(slot: Harness.slot)) { sandbox in
        let seen = try Harness.perform(sandbox, ["/app/program"] + words, keepScratch: true)
        #expect(seen.report.exit == .exited(0), "\(seen.output)")
        check(seen)
        let count = try Harness.perform(sandbox, ["/app/program", "count"], keepScratch: true)
        #expect(Int(count.output.dropLast()) ?? 0 >= names)
        let again = try Harness.perform(sandbox, ["/app/program", "exit", "0"])
        #expect(again.report.exit == .exited(0))
        #expect(try Harness.perform(sandbox, ["/app/program", "count"]).output == "0\n")
      }
    }

    @Test func litter() throws { try Self.expectWiped("litter", atLeast: 7) }

    @Test func specialFiles() throws {
      try Self.expectWiped("special_files", atLeast: 1007) { seen in
        #expect(seen.reasons == ["ok": ["socket", "set-uid", "hard link"]])
      }
    }

    @Test func strangeNames() throws {
      try Self.expectWiped("strange_names", atLeast: 256) { seen in
        #expect(seen.reasons == ["ok": ["invalid UTF-8", "newlines", "option"]])
      }
    }

    @Test func directoriesNestedVeryDeeply() throws {
      let options = SandboxOptions(slot: Harness.slot, scratchFiles: 30_000)
      try Self.expectWiped("deep", "20000", atLeast: 1, in: options) { seen in
        #expect(seen.output == "20000\n")
      }
    }

    @Test func asManyFilesAsThereCanBe() throws {
      let options = SandboxOptions(slot: Harness.slot, scratchFiles: 1000)
      try Self.expectWiped("many", atLeast: 990, in: options) { seen in
        #expect(seen.output.hasSuffix(" ENOSPC\n"))
      }
    }

    @Test func scratchIsBoundedForTheWorkerToo() throws {
      try scene(SandboxOptions(slot: Harness.slot, scratchBytes: 16 << 20)) { sandbox in
        #expect(throws: SandboxError.file(operation: "put", path: "big", errno: ENOSPC)) {
          try sandbox.put(.scratch, path: "big", contents: [UInt8](repeating: 1, count: 17 << 20))
        }
        try sandbox.put(.scratch, path: "big", contents: [1])
        try sandbox.wipeScratch()
      }
    }

    @Test func removedAndStillHeld() throws {
      try attack("removed_files") { seen in
        #expect(seen.report.exit == .exited(0))
        #expect(seen.reasons == ["ENOENT": ["mkdir"]])
        #expect(seen.report.memoryPeakBytes >= 16 << 20)
      }
    }

    /// Files of a builder that a runner may not remove.
    @Test func filesOfAnotherUser() throws {
      try scene { sandbox in
        let script = "mkdir -m 700 closed && touch closed/file && mkdir -m 1777 sticky && id -u"
        let builder = try Harness.perform(
          sandbox, ["/bin/sh", "-c", script], as: .builder, keepScratch: true)
        #expect(builder.report.exit == .exited(0), "\(builder.error)")
        let runner = try Harness.perform(
          sandbox, ["/bin/sh", "-c", "cat closed/file; rm -rf closed sticky; ls"])
        #expect(runner.output == "closed\nsticky\n")
        #expect(runner.error.contains("Permission denied"))
      }
    }

    @Test func marksThatWouldLast() throws {
      try attack("lasting_marks") { seen in
        // A tmpfs had no such flags before Linux 6.0, and no attributes before 6.6.
        let output = seen.output.replacing("ENOTTY", with: "EPERM")
          .replacing("ENOTSUP", with: "EPERM").replacing("EOPNOTSUPP", with: "EPERM")
        let old = Harness.Outcome(report: seen.report, output: output, error: "")
        #expect(
          old.reasons == [
            "EPERM": [
              "immutable", "chmod /box", "attribute of /box", "times of /box", "block device",
              "character device",
            ],
            "EROFS": ["rename /box", "rmdir /box", "attribute of /app"],
            "EXDEV": ["link to the host"],
          ])
      }
    }

    @Test func readingWhatIsNotForIt() throws {
      try attack("reads") { seen in
        #expect(seen.answers.count == 31)
        #expect(Set(seen.reasons.keys).isSubset(of: ["ENOENT", "EACCES"]), "\(seen.output)")
      }
    }

    @Test(arguments: [Identity.runner, .builder])
    func writingWhatIsNotForIt(identity: Identity) throws {
      try scene { sandbox in
        // A build step that opens a directory to everybody does not help the program later.
        let opened = try Harness.perform(
          sandbox, ["/bin/mkdir", "-m", "0777", "open"], in: .program, as: .builder)
        #expect(opened.report.exit == .exited(0))
        try sandbox.seal()
        let seen = try Harness.perform(sandbox, ["/app/program", "writes"], as: identity)
        #expect(seen.answers.count == 25)
        #expect(
          Set(seen.reasons.keys).isSubset(of: ["EROFS", "EACCES", "EPERM", "ENOENT", "EXDEV"]),
          "\(seen.output)")
      }
    }

    @Test func whereThingsComeFrom() throws {
      try attack("origins") { seen in
        #expect(seen.output.contains("fd/0 -> /memfd:data (deleted)"))
        #expect(seen.output.contains("exe -> /app/program"))
        for name in [Harness.stateDirectory, "assize-box", "slot-", Harness.helperPath] {
          #expect(!seen.output.contains(name))
        }
      }
    }
  }
}
