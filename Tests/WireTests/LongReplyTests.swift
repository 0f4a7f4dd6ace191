import Foundation
import JudgeModel
import Messages
import Testing

@testable import Wire

/// Replies that are longer than a frame are the same after their parts were put together, and what is
/// left of one that was lost harms no other.
@Suite struct LongReplyTests {
  private static let limit = 1 << 10

  private static func reply(_ request: UInt64, packages count: Int) -> ClientReply {
    let digest = ControlCodecTests.digest
    return .missingPackages(request, (0..<count).map { _ in digest })
  }

  private func read(_ frames: [[UInt8]], _ reader: inout ReplyReader) throws -> [ClientReply] {
    try frames.compactMap { frame in try frame.withUnsafeBytes { try reader.take($0) } }
  }

  @Test(arguments: [0, 1, 29, 30, 31, 32, 500, 10_000]) func survivesItsParts(_ count: Int) throws {
    let reply = Self.reply(.max, packages: count)
    let frames = ControlCodec.frames(reply, atMost: Self.limit)
    #expect(frames.allSatisfy { $0.count <= Self.limit })
    #expect((frames.count == 1) == (ControlCodec.encode(reply).count <= Self.limit))
    var reader = ReplyReader()
    #expect(try read(frames, &reader) == [reply])
  }

  @Test func aLostPartCostsThisReplyOnly() throws {
    let first = ControlCodec.frames(Self.reply(1, packages: 200), atMost: Self.limit)
    let second = ControlCodec.frames(Self.reply(2, packages: 300), atMost: Self.limit)
    for lost in first.indices {
      var some = first
      some.remove(at: lost)
      var reader = ReplyReader()
      #expect(try read(some + second, &reader) == [Self.reply(2, packages: 300)])
    }
    var reader = ReplyReader()
    let who = ControlCodec.encode(ClientReply.who)
    #expect(
      try read(first.prefix(3) + [who] + first.dropFirst(3) + second, &reader)
        == [.who, Self.reply(2, packages: 300)])
  }

  @Test func whatNobodyCouldKeepIsRefused() throws {
    let text = String(repeating: "t", count: ControlCodec.replyLimit)
    let frames = ControlCodec.frames(.failed(7, text), atMost: 1 << 20)
    var reader = ReplyReader()
    let replies = try read(frames, &reader)
    guard case .failed(7, let reason)? = replies.first, replies.count == 1 else {
      Issue.record("\(replies)")
      return
    }
    #expect(reason.contains("\(ControlCodec.replyLimit)"))
  }

  @Test func endlessPartsAreRefused() {
    var out = Assize_V1_FromScheduler()
    out.part.contents = Data(repeating: 1, count: 1 << 20)
    var reader = ReplyReader()
    let error = #expect(throws: WireError.self) {
      while true {
        _ = try read([serialized(out)], &reader)
        out.part.index += 1
      }
    }
    #expect(error?.field == "part.contents")
  }

  @Test func whatThePartsMakeIsCheckedToo() {
    var out = Assize_V1_FromScheduler()
    out.part.contents = Data([1, 2, 3])
    out.part.last = true
    var nested = Assize_V1_FromScheduler()
    nested.part.last = true
    nested.part.contents = Data(serialized(out))
    for message in [out, nested] {
      var reader = ReplyReader()
      let error = #expect(throws: WireError.self) { _ = try read([serialized(message)], &reader) }
      #expect(error?.field == "body")
    }
  }
}
