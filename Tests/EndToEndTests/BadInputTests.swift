import Foundation
import Testing

extension EndToEnd {
  /// What people and strangers get wrong: the message names the thing and the remedy, and nothing is
  /// written.
  @Suite(.serialized) struct BadInputTests {
    private func refused(
      _ said: Said, status: Int32 = 2, naming words: String..., scratch: Scratch,
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(said.status == status, "\(said.output)\(said.errors)", sourceLocation: sourceLocation)
      for word in words {
        #expect(
          said.errors.contains(word), "\(word) is missing in: \(said.errors)",
          sourceLocation: sourceLocation)
      }
      let out = scratch.path + "/out"
      #expect(
        !FileManager.default.fileExists(atPath: out), "an output directory was made",
        sourceLocation: sourceLocation)
    }

    private func regrade(
      _ contest: String, _ problems: String, _ scratch: Scratch, _ more: [String] = ["--local"]
    ) throws -> Said {
      try assize(
        ["regrade", contest, "--problems", problems, "--output", scratch.path + "/out"] + more,
        environment: ["TMPDIR": scratch.path], in: scratch)
    }

    @Test("contests that are missing or damaged")
    func contests() throws {
      let scratch = try Scratch()
      let small = try SmallContest(SmallContest.unchanged, in: scratch.path)
      let missing = scratch.path + "/nowhere"
      refused(
        try regrade(missing, small.problems, scratch), naming: missing, scratch: scratch)
      refused(
        try regrade(small.contest, missing, scratch), naming: missing, scratch: scratch)
      for damage in ["", "[{\"id\": \"1\"", "{}", "[1, 2]", "\u{0}\u{1}"] {
        _ = try scratch.file("contest/submissions.json", damage)
        refused(
          try regrade(small.contest, small.problems, scratch), naming: "submissions.json",
          scratch: scratch)
      }
    }

    @Test("a problem package that is damaged or missing")
    func packages() throws {
      let scratch = try Scratch()
      let small = try SmallContest(SmallContest.unchanged, in: scratch.path)
      _ = try scratch.file("problems/pairsum/problem.yaml", "name: [unclosed\nlimits: {")
      refused(
        try regrade(small.contest, small.problems, scratch), naming: "pairsum", "problem.yaml",
        "--keep-going", scratch: scratch)
      try FileManager.default.removeItem(atPath: small.problems + "/pairsum")
      refused(
        try regrade(small.contest, small.problems, scratch), naming: "pairsum", "--keep-going",
        scratch: scratch)
    }

    @Test("a directory that already holds something else, and the contest itself, as output")
    func outputs() throws {
      let scratch = try Scratch()
      let small = try SmallContest(["1016"], in: scratch.path)
      let before = try fingerprint(of: small.contest)
      let said = try assize(
        [
          "regrade", small.contest, "--problems", small.problems, "--local", "--output",
          small.contest, "--languages", try scratch.file("l.yaml", try Languages.table()),
          "--uid-base", "\(Cluster.firstUser)",
        ], in: scratch)
      #expect(said.status == 2)
      #expect(said.errors.contains(small.contest))
      #expect(try fingerprint(of: small.contest) == before)
    }

    @Test("join lines that are damaged, wrong or lead nowhere")
    func joinLines() throws {
      let scratch = try Scratch()
      let cluster = try Cluster(in: scratch)
      let small = try SmallContest(SmallContest.unchanged, in: scratch.path)
      let line = cluster.joinLine
      let token = try #require(line.split(separator: "/").last)
      let cut = String(line.dropLast(40))
      let wrongToken = String(line.dropLast(4)) + (line.hasSuffix("0000") ? "1111" : "0000")
      let key = try #require(line.split(separator: "/").dropFirst().dropFirst().first)
      let strangeKey = String(key.reversed())
      let wrongKey = line.replacingOccurrences(of: key, with: strangeKey)
      let free = try Listener(port: 0).port
      let nobody = line.replacingOccurrences(of: ":\(cluster.controlPort)/", with: ":\(free)/")
      let cases: [(line: String, words: [String])] = [
        (cut, ["join line"]), ("garbage", ["join line"]), ("@/nowhere/join", ["/nowhere/join"]),
        (wrongToken, ["token", "join line"]),
        (wrongKey, [":\(cluster.controlPort)", "join line"]),
        (nobody, [":\(free)", "running"]),
      ]
      for (line, words) in cases {
        let said = try regrade(small.contest, small.problems, scratch, ["--scheduler", line])
        refused(said, naming: words[0], scratch: scratch)
        for word in words { #expect(said.errors.contains(word), "\(line): \(said.errors)") }
        #expect(!said.errors.contains(token), "the secret is shown: \(said.errors)")
      }
      #expect(try cluster.status().workers == 0, "the scheduler is well")
    }

    @Test("a worker with a wrong token is refused and says so")
    func refusedWorker() throws {
      let scratch = try Scratch()
      let cluster = try Cluster(in: scratch)
      let table = try scratch.file("c.yaml", try Languages.table(["c"]))
      let said = try assize(
        [
          "worker", String(cluster.joinLine.dropLast(4)) + "zzzz", "--cache",
          scratch.path + "/cache", "--languages", table, "--uid-base", "\(Cluster.firstUser)",
        ], in: scratch)
      #expect(said.status == 1, "\(said.errors)")
      #expect(said.errors.contains("token") && said.errors.contains("join line"))
      #expect(try cluster.status().workers == 0)
      #expect(cluster.scheduler.errors.contains("wrong token"))
    }

    @Test("a request that the scheduler cannot read fails with the name of the field")
    func unreadableRequest() throws {
      let scratch = try Scratch()
      let cluster = try Cluster(in: scratch)
      let program = try scratch.file("right.c", OwnProblem.solution)
      for problem in ["", "count\u{1b}[2J", String(repeating: "n", count: 600)] {
        let said = try cluster.run(["submit", program, "--problem", problem])
        refused(said, naming: "find_package.problem", scratch: scratch)
      }
      #expect(cluster.scheduler.errors.contains("find_package.problem"))
      #expect(try cluster.status().workers == 0, "the scheduler is well")
    }

    @Test("hostile bytes on both ports do the scheduler no harm")
    func hostileBytes() throws {
      let scratch = try Scratch()
      let cluster = try Cluster(in: scratch)
      try OwnProblem(name: "count").write(in: scratch.path)
      // How a ZeroMQ peer begins: signature, version 3.1, a mechanism, padding; then what it likes.
      let greeting = [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 1] as [UInt8]
      let mechanisms = ["NULL", "CURVE", "PLAIN"].map { name in
        greeting + Array(name.utf8) + [UInt8](repeating: 0, count: 52 - name.utf8.count)
      }
      let longFrame = [0x02] + [UInt8](repeating: 0xFF, count: 8)
      var attacks: [[UInt8]] = [
        [], [0], Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8),
        [UInt8](repeating: 0xFF, count: 100_000), (0..<100_000).map { UInt8($0 * 7919 % 251) },
      ]
      for begin in mechanisms {
        attacks += [
          begin, begin + longFrame, begin + [0x04, 0xFF] + [UInt8](repeating: 0x41, count: 255),
          begin + [0x04, 0] + longFrame + [UInt8](repeating: 0, count: 5_000),
        ]
      }
      var open: [RawConnection] = []
      for port in [cluster.controlPort, cluster.bulkPort] {
        for bytes in attacks {
          let connection = try RawConnection(port: port)
          connection.send(bytes)
          // Some stay and say nothing more, the others hang up.
          if open.count < 20 { open.append(connection) }
        }
      }
      #expect(cluster.scheduler.isRunning, "\(cluster.scheduler.errors)")
      try cluster.startWorker("one", .init(languages: ["c"]))
      try #require(try cluster.run(["pack", "push", scratch.path + "/count"]).status == 0)
      let program = try scratch.file("right.c", OwnProblem.solution)
      let said = try cluster.run(["submit", program, "--problem", "count", "--watch"])
      #expect(said.status == 0, "\(said.errors)")
      #expect(cluster.scheduler.isRunning && !open.isEmpty)
    }
  }
}
