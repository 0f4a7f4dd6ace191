import Foundation
import Testing

extension EndToEnd {
  /// A regrade goes on while somebody does his worst on both sockets.
  @Suite(.serialized) struct HostilePeerTests {
    /// Most bytes that a process has had in memory.
    private func mostMemory(of pid: pid_t) throws -> Int {
      let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
      return 1024 * (try #require(line.split(separator: " ").compactMap { Int($0) }.first))
    }

    /// Encrypted, he gets no further than the handshake; in the clear everything he says is heard.
    @Test(
      "a hostile peer changes no verdict and costs a bounded amount of memory",
      arguments: [false, true])
    func hostilePeer(isPlain: Bool) throws {
      let reference = try RegradeTests.reference.get()
      let scratch = try Scratch()
      let contest = try SmallContest(in: scratch.path)
      let cluster = try Cluster(options: isPlain ? ["--plain"] : [], in: scratch)
      let tap = try Tap(ports: [cluster.controlPort, cluster.bulkPort])
      defer { tap.stop() }
      try cluster.startWorker("honest", .init(slots: 2, dials: Tap.host))
      let out = scratch.path + "/out"
      let regrade = try cluster.regrade(contest, to: out)
      try cluster.waitUntilJudged(3, regrade)
      let before = try mostMemory(of: cluster.scheduler.pid)

      var peer = HostilePeer(
        control: cluster.controlPort, bulk: cluster.bulkPort, tap: tap, seed: 1)
      #expect(regrade.isRunning)
      try peer.replay()
      var turns = 0
      repeat {
        try peer.loiter()
        try peer.babble()
        try peer.lie()
        try peer.parrot()
        if turns < 4 { try peer.flood(megabytes: 32) }
        if isPlain { peer.forge() }
        turns += 1
      } while regrade.isRunning && turns < 200
      // What was said about a batch that is over by now.
      try peer.replay()
      try peer.parrot()

      #expect(try regrade.wait() == .exited(1), "\(regrade.errors)")
      #expect(try Outcome(out) == reference)
      let status = try cluster.status()
      #expect(status.judged == SmallContest.usual.count)
      #expect(status.queued + status.leased + status.cancelled + status.quarantined == 0)
      #expect(cluster.scheduler.isRunning)
      for worker in cluster.workers.values { #expect(worker.isRunning, "\(worker.errors)") }
      let growth = try mostMemory(of: cluster.scheduler.pid) - before
      #expect(
        growth < (64 << 20) + peer.sentBytes / 2,
        "\(peer.sentBytes) bytes were sent and the scheduler grew by \(growth)")
      let lines = cluster.scheduler.errors.count { $0 == "\n" }
      #expect(
        lines < 500 + 2 * peer.connections, "one complaint about a connection is enough")
    }
  }
}
