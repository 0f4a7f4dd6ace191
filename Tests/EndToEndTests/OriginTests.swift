import Foundation
import Testing
import WebServers

extension EndToEnd {
  @Suite(.serialized) struct OriginTests {
    private struct Told: Decodable {
      var problem: String
      var digest: String
      var origins: [String]
    }
    private struct Listed: Decodable {
      var digest: String
      var origins: [String]
    }

    private func ask<Answer: Decodable>(
      _ cluster: Cluster, _ arguments: [String], as: Answer.Type = Answer.self
    ) throws -> Answer {
      let said = try cluster.run(arguments + ["--format", "json"])
      try #require(said.status == 0, "\(arguments): \(said.errors)")
      return try JSONDecoder().decode(Answer.self, from: Data(said.output.utf8))
    }

    /// A package of 3 MB that the scheduler has and `count.tar.zst` beside it holds.
    private func push(_ cluster: Cluster, _ scratch: Scratch) throws -> (archive: String, Told) {
      try OwnProblem(name: "count", bytes: 3_000_000).write(in: scratch.path)
      let archive = scratch.path + "/count.tar.zst"
      for command in [
        ["pack", "build", scratch.path + "/count", "-o", archive],
        ["pack", "push", scratch.path + "/count"],
      ] {
        let said = try cluster.run(command)
        try #require(said.status == 0, "\(said.output)\(said.errors)")
      }
      return (archive, try ask(cluster, ["packages", "origin", "count"]))
    }

    @Test(
      "a worker fetches a package from nginx, and the scheduler sends its head only",
      .enabled(if: Nginx.isInstalled, "\(Nginx.reason)"))
    func nginx() throws {
      let scratch = try Scratch()
      let cluster = try Cluster(in: scratch)
      let (archive, package) = try push(cluster, scratch)
      let nginx = try Nginx(in: scratch.path + "/web")
      let url = try nginx.serve(archive, as: "count.tar.zst")
      let set = try cluster.run(["packages", "origin", "count", url + "?signature=secret"])
      #expect(set.status == 0 && set.output.contains(url) && !set.output.contains("secret"))

      // Also after a crash.
      try cluster.crashScheduler()
      let list = try ask(cluster, ["packages"], as: [Listed].self)
      #expect(list.map(\.origins) == [[url + "?signature=secret"]])
      try cluster.startWorker("one")
      let program = try scratch.file("right.c", OwnProblem.solution)
      let submit = ["submit", program, "--problem", "count", "--watch"]
      let said = try cluster.run(submit)
      #expect(said.status == 0, "\(said.output)\(said.errors)")
      let log = try nginx.log()
      #expect(log.allSatisfy { $0.status == 206 } && log.first?.range.hasPrefix("bytes=-") == true)
      #expect(log.reduce(0) { $0 + $1.bytes } > 3_000_000)
      let errors = try #require(cluster.workers["one"]?.errors)
      #expect(errors.contains("from=\(url)") && !errors.contains("from=scheduler"), "\(errors)")
      #expect(!errors.contains("secret"), "what signs an address is not logged")
      #expect(!cluster.scheduler.errors.contains("secret"))

      // Without it, another worker takes everything from the scheduler.
      let removed = try cluster.run(["packages", "origin", "count", "--remove"])
      #expect(removed.output.contains("from the scheduler only"))
      #expect(
        try ask(cluster, ["packages", "origin", package.digest], as: Told.self).origins == [])
      cluster.workers["one"]?.stop()
      try cluster.startWorker("two")
      #expect(try cluster.run(submit).status == 0)
      #expect(cluster.workers["two"]?.errors.contains("from=scheduler") == true)
      #expect(try nginx.log().count == log.count)
    }

    @Test("what an origin spoils, another one or the scheduler mends, and the log says so")
    func liar() throws {
      let scratch = try Scratch()
      let cluster = try Cluster(in: scratch)
      let (archive, package) = try push(cluster, scratch)
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: archive)))
      let liar = try WebServer(bytes, .lies(at: bytes.count / 2))
      let broken = try WebServer(bytes) { $0 == 0 ? .honest : .cutsOff(after: 10_000) }
      defer {
        liar.stop()
        broken.stop()
      }
      let set = try cluster.run([
        "packages", "origin", String(package.digest.prefix(8)), try nobodysURL(), liar.url,
        broken.url,
      ])
      #expect(set.status == 0, "\(set.errors)")
      let list = try cluster.run(["packages"]).output
      #expect(list.contains("ORIGINS") && list.split(separator: "\n").last?.hasSuffix(" 3") == true)
      let worker = try cluster.startWorker("one")
      let program = try scratch.file("right.c", OwnProblem.solution)
      let said = try cluster.run(["submit", program, "--problem", "count", "--watch"])
      #expect(said.status == 0, "\(said.output)\(said.errors)")
      for reason in ["it cannot be reached", "it is not the file that", "the connection ended"] {
        #expect(worker.errors.contains(reason), "\(reason): \(worker.errors)")
      }
      #expect(worker.errors.contains("from=scheduler"))
      worker.stop()
      let cache = cluster.cache(of: "one")
      #expect(try cluster.run(["cache", "verify", "--cache", cache]).status == 0)
    }

    @Test("what is no origin is refused with the reason")
    func mistakes() throws {
      let scratch = try Scratch()
      let cluster = try Cluster(in: scratch)
      let (_, package) = try push(cluster, scratch)
      func origin(_ arguments: String...) throws -> Said {
        try cluster.run(["packages", "origin"] + arguments)
      }
      let password = try origin("count", "http://user:word@host/x")
      #expect(password.status == 64 && password.errors.contains("names a user"))
      #expect(!password.errors.contains("word@"))
      #expect(try origin("count", "ftp://host/x").status == 64)
      #expect(try origin("count", "--remove", "http://host/x").status == 64)
      let many = (0..<9).map { "http://host/\($0)" }
      #expect(try cluster.run(["packages", "origin", "count"] + many).status == 64)
      let unknown = try origin("nothing", "http://host/x")
      #expect(unknown.status == 2 && unknown.errors.contains("`assize packages` lists"))
      #expect(try origin("012345").status == 2)
      // Whoever names a package does it in the same way everywhere.
      for words in [["packages", "origin"], ["warm", "--no-wait"]] {
        let short = try cluster.run(words + [String(package.digest.prefix(5))])
        #expect(short.status == 2 && short.errors.contains("at least 6 digits"), "\(short.errors)")
      }
    }
  }
}
