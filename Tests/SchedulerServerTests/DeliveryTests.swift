import JudgeModel
import Messages
import SchedulerClient
import Testing
import Wire

@testable import SchedulerServer
@testable import Transport

/// All suites of this target, one test at a time: they share the processors with what they test.
@Suite(.serialized) struct SchedulerServerTests {}

extension SchedulerServer {
  /// From now on nothing but what other peers do makes the scheduler look at its outbox.
  fileprivate func loseTheRetry() { retry?.cancel() }

  /// As if somebody had not read for long.
  fileprivate func keepLittle() { outbox.byteLimit = 4 << 20 }
}

extension SocketOptions {
  /// Whoever does not read does not answer pings either, and would be dropped for that on a machine so
  /// slow that the test takes longer than they wait.
  mutating func loseHeartbeats() {
    (heartbeatInterval, heartbeatTimeout, heartbeatTimeToLive) = (0, 0, 0)
  }

  /// Of a scheduler whose queues are soon full, but for what the kernel takes.
  fileprivate static let short: SocketOptions = {
    var options = SocketOptions.control
    options.sendHighWaterMark = 2
    options.loseHeartbeats()
    return options
  }()
}

extension SchedulerServerTests {
  /// Replies arrive whole, however long they are and however slow their reader is.
  @Suite struct DeliveryTests {
    /// What a worker holds, in digests of 32 bytes: more than a frame has in three workers' lines, and
    /// more than the queues of a connection take in a thousand answers with one worker's.
    private static let long = (0..<12_000).map { Digest.numbered($0) }
    private static let medium = (0..<1_000).map { Digest.numbered($0) }

    @Test func aStatusLongerThanAFrameArrives() async throws {
      try await ServerBench.with { bench in
        let workers = try [Caller(bench.line), Caller(bench.line), Caller(bench.line)]
        for (index, worker) in workers.enumerated() {
          try await worker.joinAsWorker("lab-\(index)", packages: Self.long)
        }
        let client = try await bench.client()
        let status = try await answer { try await client.status() }
        #expect(status.workers.map(\.worker.value).sorted() == ["lab-0", "lab-1", "lab-2"])
        #expect(status.workers.allSatisfy { $0.cache.packages == Self.long })
        await client.close()
      }
    }

    @Test func aVerdictThatFillsAFrameIsTold() async throws {
      try await ServerBench.with { bench in
        let worker = try Caller(bench.line)
        let session = try await worker.joinAsWorker("lab-\(String(repeating: "n", count: 60))")
        let client = try await bench.client()
        // What the news adds to the result: more than the frame has left.
        let key = String(repeating: "k", count: 400)
        let judging = try #require(try await client.judge([bench.request(key)]).first)
        let name = try await worker.nextGrant()
        let result = Self.largestResult(session, name)
        try await worker.send(.finished(session, name.judging, name.epoch, result))
        let told = try await answer {
          for try await event in await client.watch(.judging(judging)) {
            if case .happened(.judged(_, _, _, let result)) = event { return result }
          }
          throw NeverCame()
        }
        #expect(told.runs == result.runs)
        await client.close()
      }
    }

    /// The longest outcome that a worker can send. Encoded a few times only: while this goes on the
    /// worker says nothing, and whoever is silent for long is lost.
    private static func largestResult(_ session: SessionID, _ name: LeaseName) -> JudgingResult {
      func run(_ ordinal: Int) -> Run {
        Run(
          ordinal: Int32(ordinal), testcase: "secret/case", verdict: .accepted,
          message: String(repeating: "m", count: 900))
      }
      var result = JudgingResult(verdict: .accepted, runs: [])
      func length() -> Int {
        ControlCodec.encode(.finished(session, name.judging, name.epoch, result)).count
      }
      let limit = SocketOptions.control.maximumMessageBytes
      let empty = length()
      result.runs = [run(1)]
      let count = limit / (length() - empty) - 10
      result.runs = (1...count).map(run)
      while length() < limit - 1_000 { result.runs.append(run(result.runs.count + 1)) }
      // The rest in a name, which may have 1,024 bytes; it takes one more to say its length.
      result.runs[count - 1].testcase += String(repeating: "n", count: limit - 20 - length())
      return result
    }

    /// What waits for a slow peer goes out with the next turns; no pause has to pass.
    @Test func aBusySchedulerFlushesInItsTurns() async throws {
      try await ServerBench.with(control: .short) { bench in
        let worker = try Caller(bench.line)
        try await worker.joinAsWorker("lab", packages: Self.medium)
        let slow = try Caller(bench.line)
        try await slow.joinAsClient()
        await slow.stopReading()
        let count: UInt64 = 600
        for request in 1...count { try await slow.send(.status(request)) }
        let other = try await bench.client()
        try await eventually("the queues are full") { await !bench.server.outbox.isEmpty }
        await bench.server.loseTheRetry()
        try await slow.read()
        try await eventually("everything is there") {
          _ = try await other.findPackage(problem: "none")
          return await slow.replies.count == Int(count)
        }
        #expect(await slow.replies.compactMap(\.request) == Array(1...count))
        #expect(await bench.server.outbox.isEmpty)
        await other.close()
      }
    }

    /// Whoever is given up because it does not read learns that it has to ask again.
    @Test func aPeerThatWasGivenUpIsAskedToSayHello() async throws {
      try await ServerBench.with(control: .short) { bench in
        let worker = try Caller(bench.line)
        try await worker.joinAsWorker("lab", packages: Self.medium)
        await bench.server.keepLittle()
        let slow = try Caller(bench.line)
        try await slow.joinAsClient()
        await slow.stopReading()
        for request in 1...600 as ClosedRange<UInt64> { try await slow.send(.status(request)) }
        try await eventually("it is given up") {
          !bench.log.containing("gave up a peer that does not read").isEmpty
        }
        try await slow.read()
        try await eventually("who") { await slow.replies.contains(.who) }
        #expect(await slow.unreadable == [])
      }
    }
  }
}
