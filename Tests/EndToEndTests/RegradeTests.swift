import Foundation
import Testing

extension EndToEnd {
  @Suite(.serialized) struct RegradeTests {
    /// What a regrade of the usual contest on this machine alone comes to; the clusters must agree.
    static let reference = Result { () throws -> Outcome in
      let scratch = try Scratch()
      let contest = try SmallContest(in: scratch.path)
      let before = try fingerprint(of: contest.contest)
      let said = try regradeHere(contest, to: scratch.path + "/out", in: scratch)
      try #require(said.status == 1, "\(said.output)\(said.errors)")
      #expect(try fingerprint(of: contest.contest) == before, "the contest was changed")
      return try Outcome(scratch.path + "/out")
    }

    static func regradeHere(
      _ contest: SmallContest, to out: String, in scratch: Scratch
    ) throws -> Said {
      let table = try scratch.file("languages.yaml", try Languages.table())
      return try assize(
        [
          "regrade", contest.contest, "--problems", contest.problems, "--local", "--slots", "2",
          "--output", out, "--languages", table, "--uid-base", "\(Cluster.firstUser)",
        ], environment: ["TMPDIR": scratch.path], in: scratch)
    }

    @Test("regrade --local finds exactly the planted differences, and runs everything")
    func local() throws {
      let outcome = try Self.reference.get()
      let scratch = try Scratch()
      let contest = try SmallContest(in: scratch.path)
      #expect(outcome.changed == contest.planted)
      #expect(outcome.lines.count == SmallContest.usual.count)
      for (id, line) in outcome.lines {
        #expect(line.state == "judged", "submission \(id)")
        let problem = try #require(contest.problemOf[id])
        let expected = line.new == "CE" ? 0 : contest.testcases[problem]
        #expect(line.runs.count == expected, "submission \(id) of \(problem)")
      }
    }

    @Test("a contest without changes ends with status 0 and leaves nothing but the report")
    func unchanged() throws {
      let scratch = try Scratch()
      let contest = try SmallContest(SmallContest.unchanged, in: scratch.path)
      let said = try Self.regradeHere(contest, to: scratch.path + "/out", in: scratch)
      #expect(said.status == 0, "\(said.output)\(said.errors)")
      #expect(try Outcome(scratch.path + "/out").changed.isEmpty)
      let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/out")
      #expect(Set(names) == ["other-systems", "regrade.ndjson", "report.html", "report.txt"])
      let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
      #expect(left.filter { $0.hasPrefix("assize-") } == [], "temporary directories are removed")
    }

    @Test(
      "three workers, one of which can only dial out, find what one machine finds",
      .enabled(if: NetworkNamespace.isAvailable, "needs ip, ss, nft and nsenter"))
    func cluster() throws {
      let reference = try Self.reference.get()
      let scratch = try Scratch()
      let contest = try SmallContest(in: scratch.path)
      let namespace = try NetworkNamespace(in: scratch)
      let cluster = try Cluster(listen: "*", in: scratch)
      try cluster.startWorker("near", .init(waits: false))
      try cluster.startWorker("next", .init(waits: false))
      try cluster.startWorker("far", .init(namespace: namespace, waits: false))
      for name in ["near", "next", "far"] { try cluster.waitForWorker(name) }

      let out = scratch.path + "/out"
      let regrade = try cluster.regrade(contest, to: out)
      #expect(try regrade.wait() == .exited(1), "\(regrade.errors)")
      #expect(try Outcome(out) == reference)
      for worker in try cluster.workerList() {
        #expect(worker.judged > 0, "worker \(worker.name) judged nothing")
      }
      let sockets = try namespace.command(namespace.prefix + ["ss", "-Htna"])
        .replacingOccurrences(of: "[::ffff:\(namespace.outside)]", with: namespace.outside)
        .split(separator: "\n")
      #expect(!sockets.isEmpty)
      #expect(sockets.allSatisfy { !$0.hasPrefix("LISTEN") }, "the worker listens: \(sockets)")
      #expect(
        sockets.allSatisfy {
          $0.contains(namespace.outside + ":\(cluster.controlPort)")
            || $0.contains(namespace.outside + ":\(cluster.bulkPort)")
        }, "other connections than to the scheduler: \(sockets)")
      for name in ["near", "next", "far"] {
        #expect(cluster.workers[name]?.stop() == .exited(0), "worker \(name) leaves in order")
      }
      #expect(cluster.scheduler.stop() == .exited(0), "\(cluster.scheduler.errors)")
    }

    @Test(
      "nothing can connect into the network that the worker above stands in",
      .enabled(if: NetworkNamespace.isAvailable, "needs ip, ss, nft and nsenter"))
    func onlyOutwards() throws {
      let scratch = try Scratch()
      let namespace = try NetworkNamespace(in: scratch)
      let server = "import socket; s = socket.create_server(('0.0.0.0', 7000)); s.settimeout(60); "
      let inner = try ChildProcess(
        namespace.prefix + ["python3", "-c", server + "print('ready', flush=True); s.accept()"],
        logs: scratch.path + "/inner")
      try waitUntil("the server listens") { inner.output.contains("ready") }
      let dial = "import socket; socket.create_connection(('\(namespace.inside)', 7000), 2)"
      let outer = try ChildProcess(["python3", "-c", dial], logs: scratch.path + "/outer")
      #expect(try outer.wait() == .exited(1))
      #expect(outer.errors.lowercased().contains("timed out") || outer.errors.contains("timeout"))
      #expect(inner.isRunning)
      inner.stop(SIGKILL)
    }
  }
}
