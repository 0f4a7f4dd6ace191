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
      // Three of them fit.
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

    @Test("a flipped bit on a worker's disk is found, and only that file is fetched again")
    func flippedBit() throws {
      let scratch = try Scratch()
      let cluster = try Cluster(in: scratch)
      try cluster.startWorker("w")
      let program = try scratch.file("count.c", OwnProblem.solution)
      let problem = OwnProblem(name: "blob", bytes: 1_200_000, seed: 7)
      try problem.write(in: scratch.path)
      try #require(try cluster.run(["pack", "push", "\(scratch.path)/blob"]).status == 0)
      let submit = ["submit", program, "--problem", "blob", "--watch"]
      #expect(try cluster.run(submit).status == 0)

      let cache = cluster.cache(of: "w")
      let refused = try cluster.run(["cache", "verify", "--cache", cache])
      #expect(refused.status == 2)
      #expect(refused.errors.contains("a worker uses the cache directory \(cache): stop it first"))
      cluster.workers["w"]?.stop()

      #expect(try cluster.run(["cache", "verify", "--cache", cache]).status == 0)
      let largest = try #require(
        try FileManager.default.subpathsOfDirectory(atPath: cache + "/blobs")
          .map { "\(cache)/blobs/\($0)" }.max { sizeOfFile($0) < sizeOfFile($1) })
      try flipBit(of: largest)
      let found = try cluster.run(["cache", "verify", "--cache", cache, "--format", "json"])
      #expect(found.status == 1)
      #expect(found.output.contains(largest), "\(found.output)")
      #expect(!FileManager.default.fileExists(atPath: largest))
      let list = try cluster.run(["cache", "list", "--cache", cache])
      #expect(list.output.contains("unfinished"), "\(list.output)")

      try cluster.startWorker("w")
      #expect(try cluster.run(submit).status == 0)
      #expect(FileManager.default.fileExists(atPath: largest))
      #expect(cluster.workers["w"]?.errors.contains("members=1") == true)
      cluster.workers["w"]?.stop()
      #expect(try cluster.run(["cache", "verify", "--cache", cache]).status == 0)

      let pruned = try cluster.run(["cache", "prune", "--cache", cache, "--to", "1K"])
      #expect(pruned.status == 0 && pruned.output.contains("removed"), "\(pruned.output)")
      #expect(packageBytes(cache) == 0)
      let nowhere = try cluster.run(["cache", "list", "--cache", scratch.path + "/nowhere"])
      #expect(nowhere.status == 2 && nowhere.errors.contains("is no worker's cache directory"))
    }

    private func sizeOfFile(_ path: String) -> Int {
      (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    }

    private func flipBit(of path: String) throws {
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      bytes[bytes.count / 2] ^= 1
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      try file.write(contentsOf: bytes)
      try file.close()
    }

    /// Files of packages, those that are being written among them; manifests and the lock are small
    /// change. 0 when something came or went while they were counted.
    private func packageBytes(_ cache: String) -> Int64 {
      let names = {
        Set((try? FileManager.default.subpathsOfDirectory(atPath: cache + "/blobs")) ?? [])
      }
      let before = names()
      let bytes = byteCount(below: cache + "/blobs") + byteCount(below: cache + "/tmp")
      return names() == before ? bytes : 0
    }
  }
}
