import JudgeModel
import Messages
import SchedulerClient
import Testing

@testable import SchedulerServer

extension SchedulerServerTests {
  /// Budgets and warm-up over real sockets, with workers played by hand.
  @Suite struct WarmUpTests {
    @Test func aPackageIsForWorkersWithRoomForIt() async throws {
      try await ServerBench.with { bench in
        let client = try await bench.client()
        let small = try Caller(bench.line)
        try await small.joinAsWorker("small", slots: 4, budget: 4_999)
        let request = bench.request("one")
        _ = try await answer { try await client.judge([request]) }
        try await eventually("the reason is told") {
          try await client.status().waiting.first?.reason
            == "package hello 00000000 needs 4.9 KiB and the largest cache budget of the workers with "
            + "the language c is 4.8 KiB: raise --cache-budget on a worker"
        }
        let large = try Caller(bench.line)
        try await large.joinAsWorker("large", budget: 5_000)
        _ = try await large.nextGrant()
        #expect(await !small.orders.contains { if case .grant = $0 { true } else { false } })
        await client.close()
      }
    }

    @Test func packagesAreBroughtToWorkers() async throws {
      try await ServerBench.with { bench in
        let client = try await bench.client()
        let package = ServerBench.package.digest
        let workers = [try Caller(bench.line), try Caller(bench.line), try Caller(bench.line)]
        for (number, worker) in workers.enumerated() {
          try await worker.joinAsWorker("w\(number)", budget: 10_000)
        }
        var warmth = try await answer { try await client.warm(package, workers: nil) }
        #expect(warmth.wanted == 3 && warmth.coming.count == 3)
        for worker in workers {
          try await eventually("it is asked") {
            await worker.orders.contains {
              if case .warm(let order) = $0 { order.unpackedBytes == 5_000 } else { false }
            }
          }
        }
        await workers[0].haveWarmed()
        await workers[1].refuseToWarm("no room")
        try await eventually("what they say counts") {
          warmth = try await client.warm(package, workers: nil)
          return warmth.here.count == 1 && warmth.coming.count == 1
        }
        #expect(
          warmth.obstacles == [Warmth.Obstacle(worker: WorkerID("w1"), reason: "no room")])
        await #expect(throws: ClientError.self) {
          try await client.warm(.numbered(77), workers: nil)
        }
        await client.close()
      }
    }
  }
}
