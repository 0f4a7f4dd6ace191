import Foundation
import Testing

extension EndToEnd {
  @Suite(.serialized) struct CacheTests {
    @Test("a cache smaller than all packages judges everything and keeps to its budget")
    func budget() throws {
      let scratch = try Scratch()
      let cluster = try Cluster(in: scratch)
      let budget: Int64 = 4 << 20
      try cluster.startWorker("small", .init(cacheBudget: "4M"))
      let program = try scratch.file("count.c", OwnProblem.solution)
      // Two of them fit, and a third one's archive and files do not fit beside them.
      let names = (1...5).map { "blob\($0)" }
      for (seed, name) in names.enumerated() {
        let problem = OwnProblem(name: name, bytes: 1_200_000, seed: UInt8(seed + 1))
        try problem.write(in: scratch.path)
        let said = try cluster.run(["pack", "push", "\(scratch.path)/\(name)"])
        try #require(said.status == 0, "\(said.errors)")
      }
      var most: Int64 = 0
      for (round, name) in (names + names).enumerated() {
        let submission = try cluster.start(
          ["submit", program, "--problem", name, "--watch"], as: "submit-\(round)")
        while submission.isRunning {
          most = max(most, packageBytes(cluster.cache(of: "small")))
          usleep(2_000)
        }
        #expect(try submission.wait() == .exited(0), "\(submission.output)\(submission.errors)")
      }
      #expect(most > 1_200_000, "packages lie in the cache directory")
      #expect(most <= budget, "the cache had \(most) bytes")
      let worker = try #require(try cluster.workerList().first)
      #expect(worker.cacheBudgetBytes == budget)
      #expect(worker.cacheUsedBytes <= budget)
      #expect(worker.cachedPackages.count < names.count)
      #expect(worker.judged == 2 * names.count)
      #expect(cluster.workers["small"]?.errors.contains("evicted") == true)
    }

    /// Archives on their way and files of packages; manifests and the lock are small change.
    private func packageBytes(_ cache: String) -> Int64 {
      byteCount(below: cache + "/incoming") + byteCount(below: cache + "/blobs")
    }
  }
}
