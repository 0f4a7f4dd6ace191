import Foundation
import Testing

extension EndToEnd {
  @Suite(.serialized) struct SplittingTests {
    private static let testcases = (1...20).map { $0 < 10 ? "0\($0)-x" : "\($0)-x" }

    /// Burns processor time with each testcase and is wrong about the eighteenth.
    private static let program = """
      #include <stdio.h>
      #include <time.h>
      int main(void) {
        long count = 0;
        while (getchar() != EOF) count++;
        while (clock() < CLOCKS_PER_SEC * 6 / 10) {}
        printf("%ld\\n", count == 18 ? 0 : count);
        return 0;
      }

      """

    private func write(in directory: String) throws {
      try OwnProblem(name: "burn", timeLimitSeconds: 20).write(in: directory)
      let data = directory + "/burn/data/secret"
      for name in try FileManager.default.contentsOfDirectory(atPath: data) {
        try FileManager.default.removeItem(atPath: "\(data)/\(name)")
      }
      for (index, name) in Self.testcases.enumerated() {
        let input = String(repeating: "x", count: index + 1)
        try input.write(toFile: "\(data)/\(name).in", atomically: false, encoding: .utf8)
        try "\(index + 1)\n".write(
          toFile: "\(data)/\(name).ans", atomically: false, encoding: .utf8)
      }
    }

    @Test("a long judging is split over idle workers, and comes to the same whoever dies")
    func split() throws {
      let scratch = try Scratch()
      let cluster = try Cluster(in: scratch)
      try write(in: scratch.path)
      #expect(try cluster.run(["pack", "push", scratch.path + "/burn"]).status == 0)
      for name in ["one", "two"] { try cluster.startWorker(name) }
      #expect(try cluster.run(["warm", "burn"]).status == 0)
      let program = try scratch.file("burn.c", Self.program)

      let undisturbed = try submit(program, to: cluster, as: "first")
      try expectWholeVector(undisturbed)
      try waitUntil("all slots are free", seconds: 20) { try cluster.status().busySlots == 0 }
      #expect(try cluster.status().judged == 1)

      let helperDied = try submit(program, to: cluster, as: "second") { owner in
        let helper = try #require(cluster.workers[owner == "one" ? "two" : "one"])
        helper.stop(SIGKILL)
      }
      try expectWholeVector(helperDied)
      let dead = helperDied.contains("judged on one") ? "two" : "one"
      try cluster.startWorker(dead)
      try waitUntil("it is back", seconds: 30) { try cluster.workerList().count == 2 }

      let ownerDied = try submit(program, to: cluster, as: "third") { owner in
        try #require(cluster.workers[owner]).stop(SIGKILL)
      }
      // Streamed once more by the second owner, so only the end is looked at.
      #expect(ownerDied.split(separator: "\n").last?.contains("WA") == true, "\(ownerDied)")
      #expect(try cluster.status().judged == 3)
    }

    /// Submits, does something once the judging is split, and waits for the verdict.
    private func submit(
      _ program: String, to cluster: Cluster, as name: String,
      _ disturb: (_ owner: String) throws -> Void = { _ in }
    ) throws -> String {
      let watching = try cluster.start(
        ["submit", program, "--problem", "burn", "--full", "--watch"], as: name)
      try waitUntil("it is split", seconds: 60) { try cluster.status().busySlots == 2 }
      #expect(try cluster.status().leased == 1)
      try disturb(watching.output.contains("judged on one") ? "one" : "two")
      #expect(try watching.wait(seconds: 120) == .exited(1))
      return watching.output
    }

    private func expectWholeVector(_ output: String) throws {
      let lines = output.split(separator: "\n")
      for (index, name) in Self.testcases.enumerated() {
        let mine = lines.filter { $0.contains(name) && !$0.hasPrefix("j") }
        let verdict = index == 17 ? "WA" : "AC"
        #expect(
          lines.count { $0.contains(name) && $0.contains(verdict) } >= 1, "\(name): \(mine)")
        if index != 17 { #expect(mine.count == 1, "\(mine)") }
      }
      #expect(lines.last?.contains("WA") == true, "\(output)")
    }
  }
}
