import Fuzzing
import JudgeModel
import Messages
import Testing

@testable import Wire

/// Whatever arrives at a socket is refused, or is a message that survives its own bytes.
@Suite struct FuzzTests {
  static let words = ["secret/02", "AC", "WA", "\u{0}", "../", "\u{1b}[2J"]
  private static let attempts = 2_000

  private func fuzz<Value: Equatable>(
    _ name: String, _ corpus: [[UInt8]], encode: (Value) -> [UInt8],
    decode: ([UInt8]) throws -> Value
  ) {
    let report = Fuzz(name, corpus: corpus, words: Self.words).run(Self.attempts) { bytes in
      try Fuzz.expectStable(try decode(bytes), encode: encode, decode: decode)
    }
    #expect(report.faults == [])
    #expect(report.sawBothSides, "\(report.accepted) accepted, \(report.rejected) rejected")
  }

  @Test func whatASchedulerReceives() {
    let corpus =
      ControlCodecTests.workerMessages.map { ControlCodec.encode($0) }
      + ControlCodecTests.clientMessages.map { ControlCodec.encode($0) }
    fuzz("to-scheduler", corpus) { (message: ControlCodec.Inbound) in
      switch message {
      case .worker(let message): ControlCodec.encode(message)
      case .client(let message): ControlCodec.encode(message)
      }
    } decode: { bytes in
      try bytes.withUnsafeBytes { try ControlCodec.decodeInbound($0) }
    }
  }

  @Test func whatAWorkerReceives() {
    let corpus = ControlCodecTests.schedulerMessages.map { ControlCodec.encode($0) }
    fuzz("to-worker", corpus) {
      ControlCodec.encode($0)
    } decode: { (bytes: [UInt8]) -> SchedulerMessage in
      try bytes.withUnsafeBytes { try ControlCodec.decodeForWorker($0) }
    }
  }

  /// Also in parts, of which some are lost.
  @Test func whatAClientReceives() {
    var corpus = ControlCodecTests.replies.map { ControlCodec.encode($0) }
    let long = ClientReply.failed(7, String(repeating: "x", count: 3_000))
    corpus += ControlCodec.frames(long, atMost: 1 << 10)
    fuzz("to-client", corpus) {
      ControlCodec.encode($0)
    } decode: { (bytes: [UInt8]) -> ClientReply in
      var reader = ReplyReader()
      guard let reply = try bytes.withUnsafeBytes({ try reader.take($0) }) else { throw Refusal() }
      return reply
    }
  }

  @Test func partsInAnyOrder() {
    let long = ClientReply.failed(7, String(repeating: "x", count: 3_000))
    let corpus = ControlCodec.frames(long, atMost: 1 << 10)
    var reader = ReplyReader()
    let report = Fuzz("parts", corpus: corpus).run(Self.attempts) { bytes in
      guard try bytes.withUnsafeBytes({ try reader.take($0) }) != nil else { throw Refusal() }
    }
    #expect(report.faults == [] && report.rejected > 0)
  }

  @Test func whatTheBulkSocketsReceive() {
    let digest = ControlCodecTests.digest
    let requests: [BulkRequest] = [
      .read(package: digest, offset: 5, length: 4_096, left: 9_000, wantsOrigins: true),
      .read(package: digest, offset: 0, length: 1, left: nil, wantsOrigins: false),
      .offer(package: digest, size: 1 << 20),
      .piece(package: digest, offset: 77, bytes: [UInt8](repeating: 3, count: 200)),
    ]
    struct Request: Equatable {
      var request: BulkRequest
      var ticket: String
    }
    fuzz("to-bulk", requests.map { BulkCodec.encode($0, ticket: "token") }) { (value: Request) in
      BulkCodec.encode(value.request, ticket: value.ticket)
    } decode: { bytes in
      let (request, ticket) = try bytes.withUnsafeBytes { try BulkCodec.decodeRequest($0) }
      return Request(request: request, ticket: ticket)
    }
    let replies: [BulkReply] = [
      .piece(
        package: digest, offset: 1 << 33, bytes: [UInt8](repeating: 5, count: 200),
        origins: ControlCodecTests.origins),
      .send(package: digest, offset: 5, length: 4_096), .stored(package: digest),
      .failed(package: digest, reason: "no room"), .wait(package: digest), .go(package: digest),
    ]
    fuzz("from-bulk", replies.map { BulkCodec.encode($0) }) {
      BulkCodec.encode($0)
    } decode: { (bytes: [UInt8]) -> BulkReply in
      try bytes.withUnsafeBytes { try BulkCodec.decodeReply($0) }
    }
  }
}
