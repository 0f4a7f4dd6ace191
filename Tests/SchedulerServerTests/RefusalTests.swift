import JudgeModel
import Messages
import SchedulerClient
import SwiftProtobuf
import Testing
import Transport

@testable import Wire

extension SchedulerServerTests {
  /// Whoever says something that cannot be read is told so and why; the log says it once.
  @Suite struct RefusalTests {
    /// Says something as a stranger.
    private func refusals(
      of bytes: [[UInt8]], _ bench: ServerBench
    ) async throws -> [String] {
      let stranger = try Caller(bench.line)
      try await stranger.read()
      for message in bytes { try await stranger.send(message) }
      try await eventually("answers") { await stranger.replies.count == bytes.count }
      return await stranger.replies.compactMap {
        if case .refused(let reason) = $0 { reason } else { nil }
      }
    }

    @Test func whatIsNoMessageIsRefusedAndLoggedOnce() async throws {
      try await ServerBench.with { bench in
        let rubbish =
          [[0xFF, 0xFF, 0xFF], Array("GET / HTTP/1.1".utf8), [0x08, 0x01]] as [[UInt8]]
        let reasons = try await refusals(of: rubbish + rubbish + rubbish, bench)
        #expect(reasons.count == 9)
        for reason in reasons {
          #expect(reason.contains("message field body") && reason.contains("version"))
        }
        #expect(bench.log.containing("cannot be read").count == 1)
        _ = try await refusals(of: rubbish, bench)
        #expect(bench.log.containing("cannot be read").count == 2)
      }
    }

    @Test func aHelloIsRefusedByItsFieldOrItsVersion() async throws {
      try await ServerBench.with { bench in
        var worker = Assize_V1_ToScheduler()
        worker.workerHello.protocolVersion = ProtocolVersion.current
        worker.workerHello.worker = "lab"
        var later = worker
        later.workerHello.protocolVersion = ProtocolVersion.current + 6
        var client = Assize_V1_ToScheduler()
        client.clientHello.protocolVersion = ProtocolVersion.current + 6
        client.clientHello.token = bench.line.token
        let reasons = try await refusals(of: [worker, later, client].map { serialized($0) }, bench)
        try #require(reasons.count == 3)
        #expect(reasons[0].contains("worker_hello.slots"))
        for reason in reasons[1...] {
          #expect(reason.contains("protocol 1, not 7") && reason.contains("install"))
        }
      }
    }

    @Test func severalFramesAreRefused() async throws {
      try await ServerBench.with { bench in
        let stranger = try Caller(bench.line)
        try await stranger.read()
        try await stranger.send(frames: [[], ControlCodec.encode(ClientMessage.status(1))])
        try await eventually("an answer") { await !stranger.replies.isEmpty }
        guard case .refused(let reason)? = await stranger.replies.first else {
          Issue.record("\(await stranger.replies)")
          return
        }
        #expect(reason.contains("one frame"))
      }
    }

    @Test func aRequestFailsByItselfAndNamesItsField() async throws {
      try await ServerBench.with { bench in
        let client = try await bench.client()
        var bad = bench.request("17")
        bad.program.files[0].name = ""
        let judgings = [bad]
        let cases: [(field: String, ask: @Sendable () async throws -> Void)] = [
          ("create_batch.name", { _ = try await client.createBatch(name: "") }),
          ("find_package.problem", { _ = try await client.findPackage(problem: "a\u{1b}[2J") }),
          ("program.files.name", { _ = try await client.judge(judgings) }),
        ]
        for (field, ask) in cases {
          let error = await #expect(throws: ClientError.self) {
            try await answer { try await ask() }
          }
          #expect(error?.description.contains(field) == true, "\(field): \(error as Any)")
        }
        #expect(try await answer { try await client.status() }.queued == 0)
        await client.close()
      }
    }

    /// It may be the submission that makes workers say such things: the judging goes to others, and
    /// after a while to a person, and no worker is stopped by it.
    @Test func anOutcomeThatCannotBeReadGivesItsJudgingBack() async throws {
      try await ServerBench.with { bench in
        let client = try await bench.client()
        let judging = try #require(try await client.judge([bench.request("17")]).first)
        let worker = try Caller(bench.line)
        let session = try await worker.joinAsWorker("anna")
        let name = try await worker.nextGrant()
        #expect(name.judging == judging)
        var runs = Assize_V1_ToScheduler()
        runs.runs.session = session.value
        runs.runs.lease = name.wire
        runs.runs.runs = [Assize_V1_Run()]
        try await worker.send(serialized(runs))
        var finished = Assize_V1_ToScheduler()
        finished.finished.session = session.value
        finished.finished.lease = name.wire
        finished.finished.result.verdict = "MAYBE"
        try await worker.send(serialized(finished))
        try await eventually("it may forget the judging") {
          await worker.orders.contains(.acknowledge([name]))
        }
        let reasons = await worker.orders.compactMap {
          if case .unreadable(let reason) = $0 { reason } else { nil }
        }
        try #require(reasons.count == 2)
        #expect(reasons[0].contains("run.stop") && reasons[1].contains("result.verdict"))
        let other = try Caller(bench.line)
        try await other.joinAsWorker("berta")
        let again = try await other.nextGrant()
        #expect(again.judging == judging && again.epoch > name.epoch)
        #expect(try await client.status().workers.count == 2)
        await client.close()
      }
    }
  }
}
