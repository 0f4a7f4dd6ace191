import GRDB
import JudgeModel
import Messages
import SchedulerClient
import Testing

@testable import SchedulerServer

extension SchedulerServerTests {
  @Suite struct RoundsTests {
    private func change(_ bench: ServerBench, _ sql: String) throws {
      let queue = try DatabaseQueue(path: bench.database)
      try queue.write { try $0.execute(sql: sql) }
      try queue.close()
    }

    /// A full disk that has room again a moment later: what was decided meanwhile rests on a verdict
    /// that is not recorded. The worker would forget it.
    @Test func afterACommitThatFailedNothingIsTold() async throws {
      try await ServerBench.with { bench in
        let client = try await bench.client()
        _ = try await client.judge([bench.request("17")])
        let worker = try Caller(bench.line)
        try await worker.joinAsWorker("lab")
        let name = try await worker.nextGrant()
        try change(
          bench,
          "CREATE TRIGGER full BEFORE UPDATE ON judgings BEGIN SELECT RAISE(ABORT, 'full'); END")
        let verdict = WorkerMessage.finished(
          await worker.session, name.judging, name.epoch, JudgingResult(verdict: .accepted))
        try await worker.send(verdict)
        #expect(!(await bench.server.failed() is CancellationError))
        try change(bench, "DROP TRIGGER full")
        try await worker.send(verdict)
        // Answered at once, so that what was said before has been heard.
        try await worker.send(.goodbye(SessionID(7)))
        try await eventually("an answer") { await worker.orders.contains(.who) }
        #expect(await !worker.orders.contains(.acknowledge([name])))
      }
    }
  }
}
