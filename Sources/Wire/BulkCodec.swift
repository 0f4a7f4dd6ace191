internal import Foundation
internal import JudgeModel
public import Messages

/// Bytes of the bulk socket.
public enum BulkCodec {
  /// A request with the token that every bulk message carries.
  public static func encode(_ request: BulkRequest, ticket: String) -> [UInt8] {
    var out = Assize_V1_ToBulk()
    out.ticket = ticket
    switch request {
    case .read(let package, let offset, let length, let left, let wantsOrigins):
      out.read.package = package.wire
      out.read.offset = offset
      out.read.length = length
      if let left { out.read.left = left }
      out.read.wantsOrigins = wantsOrigins
    case .offer(let package, let size):
      out.offer.package = package.wire
      out.offer.size = size
    case .piece(let package, let offset, let bytes):
      out.piece.package = package.wire
      out.piece.offset = offset
      out.piece.contents = Data(bytes)
    }
    return serialized(out)
  }

  public static func decodeRequest(
    _ bytes: UnsafeRawBufferPointer
  ) throws(WireError) -> (BulkRequest, ticket: String) {
    let wire: Assize_V1_ToBulk = try parsed(bytes)
    let request: BulkRequest
    switch wire.body {
    case .read(let read):
      request = .read(
        package: try Digest(from: read.package, "read.package"),
        offset: try natural(read.offset, "read.offset"),
        length: try pieceLength(read.length, "read.length"),
        left: read.hasLeft ? try natural(read.left, "read.left") : nil,
        wantsOrigins: read.wantsOrigins)
    case .offer(let offer):
      request = .offer(
        package: try Digest(from: offer.package, "offer.package"),
        size: try natural(offer.size, "offer.size"))
    case .piece(let piece):
      request = .piece(
        package: try Digest(from: piece.package, "piece.package"),
        offset: try natural(piece.offset, "piece.offset"), bytes: [UInt8](piece.contents))
    case nil: throw WireError("body", "missing or unknown")
    }
    return (request, wire.ticket)
  }

  public static func encode(_ reply: BulkReply) -> [UInt8] {
    var out = Assize_V1_FromBulk()
    switch reply {
    case .piece(let package, let offset, let bytes, let origins):
      out.piece.package = package.wire
      out.piece.offset = offset
      out.piece.contents = Data(bytes)
      out.piece.origins = origins.map(\.url)
    case .send(let package, let offset, let length):
      out.send.package = package.wire
      out.send.offset = offset
      out.send.length = length
    case .stored(let package): out.stored = package.wire
    case .failed(let package, let reason):
      out.failed.package = package.wire
      out.failed.reason = reason
    case .wait(let package): out.wait = package.wire
    case .go(let package): out.go = package.wire
    }
    return serialized(out)
  }

  public static func decodeReply(
    _ bytes: UnsafeRawBufferPointer
  ) throws(WireError) -> BulkReply {
    let wire: Assize_V1_FromBulk = try parsed(bytes)
    switch wire.body {
    case .piece(let piece):
      return .piece(
        package: try Digest(from: piece.package, "piece.package"),
        offset: try natural(piece.offset, "piece.offset"), bytes: [UInt8](piece.contents),
        // The piece counts without them: a later scheduler may know of places that this reader does not.
        origins: usableOrigins(piece.origins))
    case .send(let send):
      return .send(
        package: try Digest(from: send.package, "send.package"),
        offset: try natural(send.offset, "send.offset"),
        length: try pieceLength(send.length, "send.length"))
    case .wait(let digest): return .wait(package: try Digest(from: digest, "wait"))
    case .go(let digest): return .go(package: try Digest(from: digest, "go"))
    case .stored(let digest): return .stored(package: try Digest(from: digest, "stored"))
    case .failed(let failed):
      return .failed(
        package: try Digest(from: failed.package, "failed.package"),
        reason: try boundedText(failed.reason, "failed.reason"))
    case nil: throw WireError("body", "missing or unknown")
    }
  }

  private static func pieceLength(_ length: Int32, _ field: String) throws(WireError) -> Int32 {
    guard length > 0, Int(length) <= BulkLimits.pieceBytes else {
      throw WireError(field, "\(length) is not between 1 and \(BulkLimits.pieceBytes)")
    }
    return length
  }
}
