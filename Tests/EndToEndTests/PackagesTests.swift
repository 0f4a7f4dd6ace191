import Foundation
import Testing

extension EndToEnd {
  @Suite(.serialized) struct PackagesTests {
    private struct Pushed: Decodable {
      var digest: String
      var wasThere: Bool
      var sentBytes: Int
      var archiveBytes: Int
    }
    private struct Listed: Decodable {
      var problem: String
      var digest: String
      var archiveBytes: Int
      var unpackedBytes: Int
      var ownBytes: Int
      var isNewest: Bool
      var workers: [String]
      var addedMilliseconds: Int64
    }
    private struct Collected: Decodable {
      struct Package: Decodable { var digest: String }
      var isDryRun: Bool
      var dropped: [Package]
      var freedBytes: Int
      var keptBytes: Int
    }

    private func ask<Answer: Decodable>(
      _ cluster: Cluster, _ arguments: [String], as: Answer.Type = Answer.self
    ) throws -> Answer {
      let said = try cluster.run(arguments + ["--format", "json"])
      try #require(said.status == 0, "\(arguments): \(said.errors)")
      return try JSONDecoder().decode(Answer.self, from: Data(said.output.utf8))
    }

    private func shelfBytes(_ scratch: Scratch) -> Int64 {
      byteCount(below: scratch.path + "/state/packages")
    }

    @Test("one test changes, only it travels; the old version is dropped and the new one judged")
    func versions() throws {
      let scratch = try Scratch()
      let cluster = try Cluster(in: scratch)
      let directory = scratch.path + "/count"
      try OwnProblem(name: "count", bytes: 3_000_000).write(in: scratch.path)
      let empty = try cluster.run(["packages"])
      #expect(empty.status == 0 && empty.output.contains("pack push"))

      let first = try #require(
        try ask(cluster, ["pack", "push", directory], as: [Pushed].self).first)
      #expect(first.sentBytes == first.archiveBytes && first.archiveBytes > 3_000_000)
      _ = try scratch.file("count/data/secret/1-short.in", "abcd")
      _ = try scratch.file("count/data/secret/1-short.ans", "4\n")
      let second = try #require(
        try ask(cluster, ["pack", "push", directory], as: [Pushed].self).first)
      #expect(!second.wasThere && second.sentBytes < 10_000)
      #expect(second.archiveBytes > 3_000_000)
      #expect(shelfBytes(scratch) < 3_100_000, "the big test is stored once")
      let again = try cluster.run(["pack", "push", directory])
      #expect(again.output.contains("was there already"))

      // Also after a crash, which leaves what a push had not finished.
      try cluster.crashScheduler()
      _ = try scratch.file("count/data/secret/1-short.in", "abcde")
      _ = try scratch.file("count/data/secret/1-short.ans", "5\n")
      let third = try cluster.run(["pack", "push", directory])
      #expect(third.output.contains(": the scheduler had the rest"), "\(third.output)")

      let list = try ask(cluster, ["packages"], as: [Listed].self)
      #expect(list.map(\.digest).prefix(2) == [first.digest, second.digest])
      #expect(list.map(\.isNewest) == [false, false, true])
      #expect(list.allSatisfy { $0.ownBytes < 10_000 && $0.addedMilliseconds > 0 })
      let table = try cluster.run(["packages"]).output
      #expect(table.hasPrefix("PROBLEM") && table.contains("newest"))

      let plan = try ask(cluster, ["packages", "gc", "--dry-run"], as: Collected.self)
      #expect(plan.isDryRun && plan.dropped.map(\.digest) == [first.digest, second.digest])
      let done = try ask(cluster, ["packages", "gc"], as: Collected.self)
      #expect(done.dropped.map(\.digest) == plan.dropped.map(\.digest))
      #expect(done.freedBytes + done.keptBytes >= plan.freedBytes && plan.freedBytes > 0)
      #expect(try cluster.run(["packages", "gc"]).output.hasPrefix("0 packages dropped"))
      #expect(try ask(cluster, ["packages"], as: [Listed].self).count == 1)

      // What is left is a whole package: a worker fetches it and judges with every test of it.
      try cluster.crashScheduler()
      try cluster.startWorker("one")
      let program = try scratch.file("right.c", OwnProblem.solution)
      let said = try cluster.run(["submit", program, "--problem", "count", "--watch"])
      #expect(said.status == 0, "\(said.output)\(said.errors)")
      try waitUntil("the worker's cache is known") {
        try ask(cluster, ["packages"], as: [Listed].self).first?.workers == ["one"]
      }
    }
  }
}
