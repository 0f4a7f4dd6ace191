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
  }
}
