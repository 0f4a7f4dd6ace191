import Foundation
import Testing

extension EndToEnd {
  @Suite(.serialized) struct SubmitTests {
    @Test("submit, cancel and the listings, one after the other on one small cluster")
    func commands() throws {
      let scratch = try Scratch()
      let cluster = try Cluster(in: scratch)
      try OwnProblem(name: "count", timeLimitSeconds: 60).write(in: scratch.path)
      let early = try cluster.run(["submit", #filePath, "--problem", "count", "--language", "c"])
      #expect(early.status == 2)
      #expect(early.errors.contains("count") && early.errors.contains("pack push"))
      let push = try cluster.run(["pack", "push", scratch.path + "/count"])
      try #require(push.status == 0, "\(push.errors)")
      try cluster.startWorker("one")

      try accepted(cluster, scratch)
      try rejected(cluster, scratch)
      try cancelled(cluster, scratch)
      try listed(cluster)
      try explained(cluster, scratch)
    }

    private struct Explained: Decodable {
      struct Span: Decodable {
        var name: String
        var nanoseconds: Int64
      }
      struct Waiting: Decodable {
        struct Worker: Decodable {
          var worker: String
          var obstacle: String
        }
        var reason: String
        var ahead: Int64
        var workers: [Worker]
      }
      var state: String
      var verdict: String?
      var worker: String?
      var requires: [String]
      var testcases: Int64
      var spans: [Span]
      var waiting: Waiting?
    }

    private func explained(_ cluster: Cluster, _ scratch: Scratch) throws {
      let explain = { (id: Substring) in
        let said = try cluster.run(["explain", String(id), "--format", "json"])
        try #require(said.status == 0, "\(said.errors)")
        return try JSONDecoder().decode(Explained.self, from: Data(said.output.utf8))
      }
      // Judged, with a label that the worker has: the spans are those of its course.
      let program = try scratch.file("again.c", OwnProblem.solution)
      let submit = ["submit", program, "--problem", "count"]
      let said = try cluster.run(submit + ["--watch", "--require", "room=one"])
      let judged = try explain(try #require(said.output.split(separator: "\n").first))
      #expect(judged.state == "judged" && judged.verdict == "AC" && judged.worker == "one")
      #expect(judged.requires == ["room=one"] && judged.testcases == 2 && judged.waiting == nil)
      let names = judged.spans.map(\.name)
      #expect(names.starts(with: ["queue", "package and slot", "compile", "run"]), "\(names)")
      #expect(judged.spans.contains { $0.name == "compile" && $0.nanoseconds > 0 })
      let text = try cluster.run(["explain", String(said.output.prefix { $0 != "\n" })]).output
      #expect(text.contains("WHERE THE TIME WENT") && text.contains("compile"), "\(text)")

      // Waits for a label that nobody has.
      let waiting = try cluster.run(submit + ["--require", "room=two"])
      let id = try #require(waiting.output.split(separator: "\n").first)
      let waits = try explain(id)
      #expect(waits.state == "queued" && waits.spans.isEmpty)
      #expect(waits.waiting?.reason.contains("room=two") == true)
      #expect(
        waits.waiting?.workers.map(\.obstacle) == ["it has not the label room=two"])
      #expect(try cluster.run(["cancel", String(id)]).status == 0)
      let unknown = try cluster.run(["explain", "j999999"])
      #expect(unknown.status == 2 && unknown.errors.contains("999999"))
      let bad = try cluster.run(submit + ["--require", "room"])
      #expect(bad.status == 64 && bad.errors.contains("room=b12"))
    }

    private func accepted(_ cluster: Cluster, _ scratch: Scratch) throws {
      let program = try scratch.file("right.c", OwnProblem.solution)
      let said = try cluster.run(["submit", program, "--problem", "count", "--watch"])
      #expect(said.status == 0, "\(said.errors)")
      let lines = said.output.split(separator: "\n")
      #expect(lines.first?.hasPrefix("j") == true)
      #expect(lines.contains("judged on one"))
      for test in ["1-short", "2-long"] {
        #expect(lines.count { $0.contains(test) && $0.contains("AC") } == 1, "\(said.output)")
      }
      #expect(lines.last?.contains("AC") == true)
    }

    private func rejected(_ cluster: Cluster, _ scratch: Scratch) throws {
      let wrong = try scratch.file(
        "wrong.py", "import sys\nprint(len(sys.stdin.buffer.read()) // 4 * 4)\n")
      let answer = try cluster.run(["submit", wrong, "--problem", "count", "--full", "--watch"])
      #expect(answer.status == 1)
      #expect(answer.output.split(separator: "\n").last?.contains("WA") == true)
      #expect(answer.output.contains("2-long"), "every testcase is run: \(answer.output)")

      let broken = try scratch.file("broken.c", "int main(void) { return undeclared_thing; }\n")
      let said = try cluster.run(["submit", broken, "--problem", "count", "--watch"])
      #expect(said.status == 1)
      #expect(said.output.contains("undeclared_thing"), "the compiler's words are shown")
      #expect(said.output.split(separator: "\n").last?.contains("CE") == true)
    }

    private func cancelled(_ cluster: Cluster, _ scratch: Scratch) throws {
      let endless = try scratch.file("endless.c", "int main(void) { for (;;) ; }\n")
      let watching = try cluster.start(
        ["submit", endless, "--problem", "count", "--watch"], as: "endless")
      try waitUntil("it is judged") { watching.output.contains("judged on one") }
      #expect(try cluster.status().busySlots == 1)
      let id = try #require(watching.output.split(separator: "\n").first)
      let said = try cluster.run(["cancel", String(id)])
      #expect(said.status == 0, "\(said.errors)")
      // Far below the two tests' limits of a minute each.
      #expect(try watching.wait(seconds: 30) == .exited(2))
      #expect(watching.output.contains("cancelled"))
      try waitUntil("the slot is free", seconds: 20) { try cluster.status().busySlots == 0 }
      #expect(try cluster.status().cancelled == 1)
      try accepted(cluster, scratch)
      #expect(try cluster.run(["cancel", String(id)]).status == 0, "over already")
      let unknown = try cluster.run(["cancel", "j999999"])
      #expect(unknown.status == 2 && unknown.errors.contains("999999"))
    }

    private func listed(_ cluster: Cluster) throws {
      let worker = try #require(try cluster.workerList().first)
      #expect(worker.name == "one" && worker.state == "live" && worker.slots == 1)
      #expect(worker.labels == ["room": "one"])
      #expect(Set(worker.languages.map(\.id)) == ["c", "cpp", "python3"])
      #expect(worker.languages.allSatisfy { !$0.version.isEmpty })
      #expect(worker.processors > 0 && worker.load >= 0)
      #expect(worker.memoryAvailableBytes > 0)
      #expect(worker.memoryAvailableBytes <= worker.memoryTotalBytes)
      #expect(worker.diskFreeBytes > 0 && worker.cacheBudgetBytes > 0)
      #expect(worker.cacheUsedBytes > 0 && worker.cachedPackages.count == 1)
      let table = try cluster.run(["workers"]).output
      for word in ["LOAD", "MEMORY", "DISK", "SLOTS", "CACHE", "0/1"] {
        #expect(table.contains(word))
      }
    }

    @Test("a language that no worker has is named; a worker that has it gets the judging")
    func missingLanguage() throws {
      let scratch = try Scratch()
      let cluster = try Cluster(in: scratch)
      try OwnProblem(name: "count").write(in: scratch.path)
      try #require(try cluster.run(["pack", "push", scratch.path + "/count"]).status == 0)
      try cluster.startWorker("compiler", .init(languages: ["c"]))
      let program = try scratch.file(
        "right.py", "import sys\nprint(len(sys.stdin.buffer.read()))\n")
      let submission = try cluster.start(
        ["submit", program, "--problem", "count", "--watch"], as: "submit")
      // 1038 is in Python, 1017 is not.
      let contest = try SmallContest(["1017", "1038"], in: scratch.path + "/small")
      let regrade = try cluster.regrade(contest, to: scratch.path + "/out")
      for child in [submission, regrade] {
        try waitUntil("the language is named") {
          try #require(child.isRunning, "\(child.output)\(child.errors)")
          return child.errors.contains("python3")
        }
      }
      #expect(try cluster.status().waiting.contains { $0.reason.contains("python3") })
      try cluster.startWorker("snake", .init(languages: ["python3"]))
      #expect(try submission.wait() == .exited(0), "\(submission.errors)")
      #expect(submission.output.contains("judged on snake"))
      #expect(try regrade.wait() == .exited(1), "\(regrade.errors)")
      #expect(try Outcome(scratch.path + "/out").changed == contest.planted)
    }
  }
}
