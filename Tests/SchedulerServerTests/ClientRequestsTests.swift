import JudgeModel
import Messages
import SchedulerClient
import Store
import Testing

@testable import SchedulerServer

extension SchedulerServerTests {
  /// A request is repeated until it was answered, by a client that cannot know what became of it.
  @Suite struct ClientRequestsTests {
    @Test func aSingleRequestToAnEarlierSchedulerIsNotMadeTwice() async throws {
      var earlier: JudgingID?
      try await ServerBench.with { store in
        let submission = try store.addSubmissions(
          [NewSubmission(externalID: "k", problem: "hello", program: .sample)], at: 0)
        let judging = store.allocateJudgings(1)
        earlier = judging.first
        _ = try store.commit(
          [.created(ServerBench.order(judging[0], submission[0], batch: nil))], at: 0)
      } _: { bench in
        let client = try await bench.client()
        let found = try await answer {
          try await client.judge([bench.request("k"), bench.request("l"), bench.request("k")])
        }
        #expect(found.count == 3)
        #expect(found.first == earlier && found.last == earlier)
        #expect(found[1] != earlier)
        // The present scheduler has its own answer, too.
        let again = try await answer {
          try await client.judge([bench.request("l"), bench.request("k")])
        }
        #expect(again == [found[1], found[0]])
        await client.close()
      }
    }
  }
}
