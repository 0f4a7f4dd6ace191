import Foundation
import Testing

extension EndToEnd {
  @Suite(.serialized) struct WarmTests {
    private struct Report: Decodable {
      struct Obstacle: Decodable {
        var worker: String
        var reason: String
      }
      var problem: String
      var digest: String
      var wanted: Int
      var here: [String]
      var coming: [String]
      var obstacles: [Obstacle]
    }

    @Test("packages are brought to those who can hold them, and it is said who cannot")
    func warm() throws {
      let scratch = try Scratch()
      let cluster = try Cluster(in: scratch)
      try OwnProblem(name: "count", bytes: 3_000_000).write(in: scratch.path)
      #expect(try cluster.run(["pack", "push", scratch.path + "/count"]).status == 0)
      let nobody = try cluster.run(["warm", "count"])
      #expect(nobody.status == 1 && nobody.output.contains("no worker can hold it"))
      #expect(try cluster.run(["warm", "sum"]).status == 2)
      #expect(try cluster.run(["warm"]).status == 64)

      try cluster.startWorker("small", Cluster.WorkerPlan(cacheBudget: "1M"))
      try cluster.startWorker("one")
      try cluster.startWorker("two")
      let all = try cluster.run(["warm", "count"])
      #expect(all.status == 0, "\(all.output)\(all.errors)")
      #expect(all.output.contains("2 workers have it"))
      #expect(all.errors.contains("of 2 workers"))
      let digest = try #require(try cluster.workerList().flatMap(\.cachedPackages).first)
      for worker in try cluster.workerList() {
        #expect(worker.cachedPackages.isEmpty == (worker.name == "small"))
      }

      let three = try cluster.run(
        ["warm", String(digest.prefix(10)), "--workers", "3", "--format", "json"])
      #expect(three.status == 1)
      let reports = try JSONDecoder().decode([Report].self, from: Data(three.output.utf8))
      let report = try #require(reports.first)
      #expect(report.wanted == 3 && report.here.sorted() == ["one", "two"])
      #expect(report.problem == "count" && report.coming.isEmpty)
      #expect(report.obstacles.map(\.worker) == ["small"])
      #expect(report.obstacles.first?.reason.contains("--cache-budget") == true)

      let four = try cluster.run(["warm", "count", "--workers", "4"])
      #expect(four.status == 1 && four.output.contains("2 of 4 workers have it"))
      #expect(four.output.contains("\n  only 3 workers are connected"), "\(four.output)")

      // Only those that have it are given its judgings.
      let program = try scratch.file("right.c", OwnProblem.solution)
      let said = try cluster.run(["submit", program, "--problem", "count", "--watch"])
      #expect(said.status == 0, "\(said.output)\(said.errors)")
      #expect(!said.output.contains("small"))
    }

    @Test("a regrade has its packages brought to workers before it hands in its judgings")
    func regrade() throws {
      let scratch = try Scratch()
      let contest = try SmallContest(SmallContest.unchanged, in: scratch.path)
      let cluster = try Cluster(in: scratch)
      let workers = try ["one", "two"].map { try cluster.startWorker($0) }
      let regrade = try cluster.regrade(contest, to: scratch.path + "/out")
      try waitUntil("the regrade ends", seconds: 240) { !regrade.isRunning }
      #expect(try Outcome(scratch.path + "/out").changed.isEmpty, "\(regrade.errors)")
      // Of two problems with three submissions each, one goes to each worker.
      for worker in workers {
        let asked = worker.errors.split(separator: "\n").count { $0.contains("asked for ahead") }
        #expect(asked == 1, "\(worker.errors)")
      }
    }

    @Test("of several workers that fetch one goes first, and all get there")
    func streams() throws {
      let scratch = try Scratch()
      let cluster = try Cluster(options: ["--fetch-streams", "1"], in: scratch)
      try OwnProblem(name: "count", bytes: 4_000_000).write(in: scratch.path)
      #expect(try cluster.run(["pack", "push", scratch.path + "/count"]).status == 0)
      // So slow that they meet.
      for name in ["one", "two", "three"] {
        try cluster.startWorker(name, Cluster.WorkerPlan(fetchRate: "2M"))
      }
      let said = try cluster.run(["warm", "count"])
      #expect(said.status == 0 && said.output.contains("3 workers have it"), "\(said.errors)")
      let turns = cluster.scheduler.errors.split(separator: "\n")
        .count { $0.contains("a transfer that waited goes on") }
      #expect(turns >= 2)
      #expect(try cluster.run(["scheduler", "--fetch-streams", "0"]).status == 64)
    }
  }
}
