import JudgeModel
import Messages
import SchedulerClient
import Testing
import Wire

@testable import SchedulerServer
@testable import Transport

/// All suites of this target, one test at a time: they share the processors with what they test.
@Suite(.serialized) struct SchedulerServerTests {}

extension SchedulerServerTests {
  /// Replies arrive whole, however long they are and however slow their reader is.
  @Suite struct DeliveryTests {
    /// Some hundreds of packages are common; so many make one worker's line as long as a frame.
    private static let cache = (0..<30_000).map { Digest.numbered($0) }

    @Test func aStatusLongerThanAFrameArrives() async throws {
      try await ServerBench.with { bench in
        let workers = try [Caller(bench.line), Caller(bench.line), Caller(bench.line)]
        for (index, worker) in workers.enumerated() {
          try await worker.joinAsWorker("lab-\(index)", packages: Self.cache)
        }
        let client = try await bench.client()
        let status = try await answer { try await client.status() }
        #expect(status.workers.map(\.worker.value).sorted() == ["lab-0", "lab-1", "lab-2"])
        #expect(status.workers.allSatisfy { $0.cache.packages == Self.cache })
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

    /// The longest outcome that a worker can send.
    private static func largestResult(_ session: SessionID, _ name: LeaseName) -> JudgingResult {
      let runs = (1...1_000).map {
        Run(
          ordinal: $0, testcase: "secret/\($0)", verdict: .accepted,
          message: String(repeating: "m", count: 960))
      }
      var result = JudgingResult(verdict: .accepted, runs: runs)
      func length() -> Int {
        ControlCodec.encode(.finished(session, name.judging, name.epoch, result)).count
      }
      let limit = SocketOptions.control.maximumMessageBytes
      while length() < limit - 1_200 {
        result.runs.append(
          Run(
            ordinal: Int32(result.runs.count + 1), testcase: "last", verdict: .accepted,
            message: String(repeating: "m", count: 960)))
      }
      while length() < limit - 20 { result.runs[result.runs.count - 1].testcase += "n" }
      return result
    }
  }
}
