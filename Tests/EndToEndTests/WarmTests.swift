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

      // Only those that have it are given its judgings.
      let program = try scratch.file("right.c", OwnProblem.solution)
      let said = try cluster.run(["submit", program, "--problem", "count", "--watch"])
      #expect(said.status == 0, "\(said.output)\(said.errors)")
      #expect(!said.output.contains("small"))
    }
  }
}
