import JudgeModel
import Messages
import SchedulerClient
import Testing

@testable import SchedulerServer

extension SchedulerServerTests {
  /// Where else packages lie: what clients say, workers are told.
  @Suite struct OriginsTests {
    private let scratch: Scratch
    init() throws { scratch = try Scratch() }

    private func listed(_ client: SchedulerClient, _ package: Digest) async throws -> [Origin]? {
      try await answer { try await client.packages() }
        .first { $0.package.digest == package }?.origins
    }

    @Test func whoAsksForThemGetsThemWithThePiece() async throws {
      try await ServerBench.with { bench in
        let client = try await bench.client()
        let built = try SamplePackage().build(in: scratch, "first")
        _ = try await answer {
          try await client.push(archive: built.archive, package: built.digest)
        }
        let origins = try ["http://b/p.tar.zst", "https://a/p?signature=secret"]
          .map { try Origin($0) }
        let reader = try await BulkCaller(bench)
        var count = 0
        func ask(_ wantsOrigins: Bool) async throws -> [Origin]? {
          count += 1
          let wanted = count
          try await reader.send(
            .read(package: built.digest, offset: 0, length: 10, wantsOrigins: wantsOrigins))
          try await eventually("a piece") { await reader.pieces.count == wanted }
          #expect(await reader.pieces.last?.bytes == Array(try built.bytes.prefix(10)))
          return await reader.origins.last
        }
        #expect(try await ask(true) == [])
        try await answer { try await client.setOrigins(origins, of: built.digest) }
        #expect(try await ask(true) == origins)
        #expect(try await ask(false) == [], "nobody else is bothered with them")
        #expect(try await listed(client, built.digest) == origins)
        #expect(
          bench.log.containing("origins set").allSatisfy { !$0.contains("secret") }
            && !bench.log.containing("https://a/p").isEmpty)

        try await answer { try await client.setOrigins([], of: built.digest) }
        #expect(try await ask(true) == [])
        #expect(try await listed(client, built.digest) == [])
        await client.close()
      }
    }

    @Test func theyGoWithThePackage() async throws {
      try await ServerBench.with { bench in
        let client = try await bench.client()
        var package = SamplePackage()
        let first = try package.build(in: scratch, "first")
        package.seeds[0] = 11
        let second = try package.build(in: scratch, "second")
        let push = { (built: SamplePackage.Built) in
          _ = try await answer {
            try await client.push(archive: built.archive, package: built.digest)
          }
        }
        try await push(first)
        let origins = [try Origin("http://a/p.tar.zst")]
        try await answer { try await client.setOrigins(origins, of: first.digest) }
        try await push(second)
        #expect(try await listed(client, first.digest) == origins)
        _ = try await answer { try await client.collectPackages(isRehearsal: false) }
        let error = await #expect(throws: ClientError.self) {
          try await answer { try await client.setOrigins(origins, of: first.digest) }
        }
        #expect(error.map { "\($0)".contains("push it first") } == true)
        try await push(first)
        #expect(try await listed(client, first.digest) == [])
        let reader = try await BulkCaller(bench)
        try await reader.send(
          .read(package: first.digest, offset: 0, length: 1, wantsOrigins: true))
        try await eventually("a piece") { await reader.pieces.count == 1 }
        #expect(await reader.origins == [[]])
        await client.close()
      }
    }
  }
}
