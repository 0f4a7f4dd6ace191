internal import Foundation
public import Messages

/// Replies to clients that are longer than a frame: cut into parts here, and put together again.
extension ControlCodec {
  /// Longest reply, bytes, however many frames it takes: what a client has to keep in memory, and half
  /// of what the scheduler keeps for a client that is slow.
  public static let replyLimit = 32 << 20

  /// The frames of one reply, each of at most `limit` bytes (1 KiB or more). They are to be sent one
  /// directly after the other. A reply above ``replyLimit`` is replaced by the refusal to send it.
  public static func frames(_ reply: ClientReply, atMost limit: Int) -> [[UInt8]] {
    let whole = encode(reply)
    guard whole.count > limit else { return [whole] }
    let request = reply.request ?? 0
    guard whole.count <= replyLimit else {
      let reason =
        "the answer has \(whole.count) bytes, at most \(replyLimit) are sent: ask for less"
      return [encode(.failed(request, reason))]
    }
    let size = limit - partOverhead
    return stride(from: 0, to: whole.count, by: size).enumerated().map { index, start in
      var out = Assize_V1_FromScheduler()
      out.part.request = request
      out.part.index = UInt32(index)
      out.part.last = start + size >= whole.count
      out.part.contents = Data(whole[start..<min(start + size, whole.count)])
      return serialized(out)
    }
  }

  /// Bytes of a part that are not contents, at most: five tags of up to two bytes, two lengths, two
  /// numbers and a flag.
  private static let partOverhead = 64
}

/// Reads what a client receives on one connection.
public struct ReplyReader: Sendable {
  private var request: UInt64 = 0
  private var nextIndex: UInt32 = 0
  private var contents: [UInt8] = []

  public init() {}

  /// Takes the next frame.
  /// - Returns: the reply that is complete with it; nil when more parts are to come, or when it is a
  ///   part of a reply whose beginning was lost.
  public mutating func take(_ frame: UnsafeRawBufferPointer) throws(WireError) -> ClientReply? {
    let wire: Assize_V1_FromScheduler = try parsed(frame)
    guard case .part(let part) = wire.body else {
      self = ReplyReader()
      return try ControlCodec.reply(wire)
    }
    if part.index == 0 {
      self = ReplyReader()
      request = part.request
    }
    guard part.index == nextIndex, part.request == request else {
      self = ReplyReader()
      return nil
    }
    guard contents.count + part.contents.count <= ControlCodec.replyLimit else {
      throw WireError("part.contents", "the reply has more than \(ControlCodec.replyLimit) bytes")
    }
    nextIndex += 1
    contents += part.contents
    guard part.last else { return nil }
    let whole = contents
    self = ReplyReader()
    return try ControlCodec.reply(try parsed(whole))
  }
}
