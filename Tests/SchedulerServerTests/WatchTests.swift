import JudgeModel
import Messages
import SchedulerClient
import Testing

@testable import SchedulerServer

extension SchedulerServerTests {
  /// Whoever watches is told everything once: the past in bounded pages, then what happens.
  @Suite struct WatchTests {
    private static let request: UInt64 = 7

    private func news(_ caller: Caller) async -> [JudgingEvent] {
      await caller.replies.compactMap {
        if case .happened(Self.request, let event) = $0 { event } else { nil }
      }
    }

    private func verdicts(_ caller: Caller) async -> [JudgingID] {
      await news(caller).compactMap { if case .judged(let id, _, _, _) = $0 { id } else { nil } }
    }

    /// Thirty megabytes of history, and a reader that sleeps: the scheduler keeps a page of it.
    @Test func aLongPastIsReadAsItsReaderTakesIt() async throws {
      var made: (batch: BatchID, judgings: [JudgingID])?
      try await ServerBench.with { store in
        let (batch, judgings) = try store.makeBatch(3_000)
        try store.judge(judgings)
        made = (batch, judgings)
      } _: { bench in
        let (batch, judgings) = try #require(made)
        let slow = try Caller(bench.line)
        try await slow.joinAsClient()
        await slow.stopReading()
        try await slow.send(.watch(Self.request, .batch(batch)))
        let other = try await bench.client()
        try await eventually("the queues are full") { await !bench.server.outbox.isEmpty }
        for _ in 0..<300 {
          _ = try await other.findPackage(problem: "none")
          #expect(await bench.server.outbox.byteCount < 2 * StoreKeeper.pageBytes)
        }
        try await slow.read()
        try await eventually("the end") { await slow.replies.last == .caughtUp(Self.request) }
        #expect(await verdicts(slow) == judgings)
        #expect(await slow.replies.count == judgings.count + 1)
        await other.close()
      }
    }

    /// Verdicts come in while the past is told: at first to a reader that sleeps, then to one that
    /// reads on.
    @Test func thePastAndThePresentMeetWithoutGapOrOverlap() async throws {
      var made: (batch: BatchID, judgings: [JudgingID])?
      let waiting = 2_000
      try await ServerBench.with { store in
        let (batch, judgings) = try store.makeBatch(2_000 + waiting)
        try store.judge(Array(judgings.prefix(2_000)))
        made = (batch, judgings)
      } _: { bench in
        let (batch, judgings) = try #require(made)
        let watchers = try [Caller(bench.line), Caller(bench.line)]
        for watcher in watchers {
          try await watcher.joinAsClient()
          await watcher.stopReading()
          try await watcher.send(.watch(Self.request, .batch(batch)))
        }
        try await eventually("the queues are full") { await !bench.server.outbox.isEmpty }
        let worker = try Caller(bench.line)
        try await worker.judgeEverything("lab")
        let client = try await bench.client()
        try await eventually("some verdicts") {
          try await client.status().judged >= waiting / 4
        }
        for watcher in watchers { try await watcher.read() }
        try await eventually("all verdicts") {
          for watcher in watchers where await verdicts(watcher).count < judgings.count {
            return false
          }
          return true
        }
        // Whatever was still on its way has arrived with an answer to a later question.
        for watcher in watchers {
          try await watcher.send(.status(99))
          try await eventually("the status") { await watcher.replies.last?.request == 99 }
          #expect(await verdicts(watcher).sorted() == judgings)
          #expect(await watcher.replies.count { $0 == .caughtUp(Self.request) } == 1)
        }
        await client.close()
      }
    }

    /// A watch that begins in the middle of a judging is told the runs there are.
    @Test func aJudgingThatRunsIsToldFromItsBeginning() async throws {
      try await ServerBench.with { bench in
        let client = try await bench.client()
        let judging = try #require(try await client.judge([bench.request("17")]).first)
        let worker = try Caller(bench.line)
        let session = try await worker.joinAsWorker("lab")
        let name = try await worker.nextGrant()
        let runs = (1...3 as ClosedRange<Int32>).map {
          Run(ordinal: $0, testcase: "\($0)", verdict: .accepted)
        }
        try await worker.send(.runs(session, judging, name.epoch, Array(runs.prefix(2))))
        let first = try Caller(bench.line)
        try await first.joinAsClient()
        try await first.send(.watch(Self.request, .judging(judging)))
        try await eventually("two runs") { await news(first).count == 3 }
        let second = try Caller(bench.line)
        try await second.joinAsClient()
        // Asked for twice, told once.
        try await second.send(.watch(Self.request, .judging(judging)))
        try await second.send(.watch(Self.request, .judging(judging)))
        try await eventually("the past") { await second.replies.last == .caughtUp(Self.request) }
        try await worker.send(.runs(session, judging, name.epoch, Array(runs.suffix(1))))
        let result = JudgingResult(verdict: .accepted, runs: runs)
        try await worker.send(.finished(session, judging, name.epoch, result))
        let lab = WorkerID("lab")
        let expected: [JudgingEvent] =
          [.started(judging, key: "17", worker: lab)]
          + runs.map { .run(judging, key: "17", $0) }
          + [.judged(judging, key: "17", worker: lab, result)]
        for watcher in [first, second] {
          try await eventually("the verdict") { await !verdicts(watcher).isEmpty }
          #expect(await news(watcher) == expected)
        }
        await client.close()
      }
    }

    @Test func whatThereIsNotCannotBeWatched() async throws {
      try await ServerBench.with { bench in
        let client = try await bench.client()
        for watched in [Watched.batch(BatchID(9)), .judging(JudgingID(9))] {
          let error = await #expect(throws: ClientError.self) {
            try await answer { for try await _ in await client.watch(watched) {} }
          }
          #expect(error?.description == "there is no \(watched.name)")
        }
        await client.close()
      }
    }
  }
}
