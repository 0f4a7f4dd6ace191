import GRDB
import JudgeModel
import Messages
import SchedulerClient
import Testing

@testable import SchedulerServer

extension SchedulerServerTests {
  /// Somebody changes the file behind the scheduler's back: the record counts, and nobody is told what
  /// it does not say.
  @Suite struct ContradictionTests {
    private func change(_ bench: ServerBench, _ sql: String) throws {
      let queue = try DatabaseQueue(path: bench.database)
      try queue.write { try $0.execute(sql: sql) }
      try queue.close()
    }

    /// A judging that runs, and somebody who watches it.
    private func begin(
      _ bench: ServerBench
    ) async throws -> (SchedulerClient, watcher: Caller, worker: Caller, LeaseName) {
      let client = try await bench.client()
      let judging = try #require(try await client.judge([bench.request("17")]).first)
      let worker = try Caller(bench.line)
      try await worker.joinAsWorker("lab")
      let name = try await worker.nextGrant()
      let watcher = try Caller(bench.line)
      try await watcher.joinAsClient()
      try await watcher.send(.watch(1, .judging(judging)))
      try await eventually("the past") { await watcher.replies.contains(.caughtUp(1)) }
      return (client, watcher, worker, name)
    }

    private func finish(_ worker: Caller, _ name: LeaseName) async throws {
      let result = JudgingResult(verdict: .accepted)
      try await worker.send(.finished(worker.session, name.judging, name.epoch, result))
      try await eventually("it may forget the judging") {
        await worker.orders.contains(.acknowledge([name]))
      }
    }

    private func isFinal(_ reply: ClientReply) -> Bool {
      switch reply {
      case .happened(_, .judged), .happened(_, .ended): true
      default: false
      }
    }

    @Test func whatTheRecordHasEndedIsOver() async throws {
      try await ServerBench.with { bench in
        let (client, watcher, worker, name) = try await begin(bench)
        try change(
          bench, "UPDATE judgings SET state = 'cancelled', finished_ms = 1, message = 'by hand'")
        try await finish(worker, name)
        try await eventually("the end") { await watcher.replies.contains { isFinal($0) } }
        #expect(
          await watcher.replies.filter { isFinal($0) } == [
            .happened(1, .ended(name.judging, key: "17", .cancelled, reason: "by hand"))
          ])
        let status = try await client.status()
        #expect(status.judged == 0 && status.cancelled == 1 && status.leased == 0)
        let lines = bench.log.containing("the record knows better")
        #expect(lines.count == 1 && lines[0].contains("cancelled: by hand"), "\(lines)")
        await client.close()
      }
    }

    @Test func whatTheRecordLetsWaitIsJudgedUnderANewerLease() async throws {
      try await ServerBench.with { bench in
        let (client, watcher, worker, name) = try await begin(bench)
        try change(bench, "UPDATE judgings SET state = 'queued', counter = counter + 5")
        try await finish(worker, name)
        let other = try Caller(bench.line)
        try await other.joinAsWorker("other")
        let again = try await other.nextGrant()
        #expect(again.judging == name.judging)
        #expect(again.epoch.counter > name.epoch.counter + 5)
        #expect(await !watcher.replies.contains { isFinal($0) }, "nothing false is told")
        try await finish(other, again)
        try await eventually("the verdict") { await watcher.replies.contains { isFinal($0) } }
        #expect(try await client.status().judged == 1)
        await client.close()
      }
    }

    @Test func aSecondSchedulerEndsTheFirst() async throws {
      try await ServerBench.with { bench in
        let (client, watcher, worker, name) = try await begin(bench)
        try change(bench, "UPDATE judgings SET generation = generation + 1")
        let result = JudgingResult(verdict: .accepted)
        try await worker.send(.finished(worker.session, name.judging, name.epoch, result))
        let failure = try await answer { [server = bench.server] in "\(await server.failed())" }
        #expect(failure.contains("two schedulers") && failure.contains("\(name.judging)"))
        #expect(await !worker.orders.contains(.acknowledge([name])))
        #expect(await !watcher.replies.contains { isFinal($0) })
        #expect(bench.log.containing("another scheduler works with this record").count == 1)
        await client.close()
      }
    }
  }
}
