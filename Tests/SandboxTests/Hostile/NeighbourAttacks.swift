import Foundation
import Testing

@testable import Sandbox

extension SandboxTests.Hostile {
  /// Two slots at once: while a program attacks in one, an honest one runs in the other.
  @Suite struct Neighbours {
    @Test(arguments: [
      ["fork_bomb"], ["ten_children"], ["kill_numbers"], ["large_pipes", "1"],
      ["ready_and_hold", "100"], ["ready_and_spin"], ["stubborn_flood", "1"],
    ])
    func honestRunBesideAnAttack(words: [String]) throws {
      try scene { sandbox in
        try Harness.withSecondSandbox { neighbour in
          // Some bombs never say a word.
          let shell = "echo ready; exec /app/program \(words.joined(separator: " "))"
          let seen = try Harness.perform(sandbox, ["/bin/sh", "-c", shell]) {
            for _ in 0..<3 { try Harness.expectHonestRun(neighbour) }
          }
          #expect(seen.output.hasPrefix("ready\n"))
          try Harness.expectHonestRun(neighbour)
        }
      }
    }

    /// What is sent out of memory is missing for everybody, and costs them time and memory.
    @Test func sharedFilesStayInMemory() throws {
      let directory = "/var/tmp/assize-shared-\(getpid())"
      mkdir(directory, 0o755)
      defer { try? FileManager.default.removeItem(atPath: directory) }
      let path = directory + "/library"
      try Data(repeating: 7, count: 8 << 20).write(to: URL(fileURLWithPath: path))
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      fsync(file.fileDescriptor)
      let mounts = [ReadOnlyMount(host: directory, inside: directory)]
      let options = SandboxOptions(slot: Harness.slot, readOnlyMounts: mounts)
      try Harness.withSandbox(options: options) { sandbox in
        let attack = try Harness.perform(sandbox, ["/app/program", "evict", path])
        #expect(attack.reasons == ["ok": ["evict"]])
        let before = Self.blocksRead
        try file.seek(toOffset: 0)
        #expect(try file.readToEnd()?.count == 8 << 20)
        #expect(Self.blocksRead == before)
      }
    }

    /// RUSAGE_THREAD, which is not imported.
    private static let thisThread: Int32 = 1

    /// By this thread, from disks.
    private static var blocksRead: Int {
      var usage = rusage()
      getrusage(thisThread, &usage)
      return usage.ru_inblock
    }
  }
}
