import JudgeModel
import Messages
import Testing

@testable import Wire

@Suite struct BulkCodecTests {
  static let digest = ControlCodecTests.digest

  @Test(arguments: [
    BulkRequest.read(package: digest, offset: 1 << 33, length: 262_144),
    .read(package: digest, offset: 0, length: 1, left: 0),
    .read(package: digest, offset: 0, length: 1, left: 1 << 40),
    .read(package: digest, offset: 0, length: 1, wantsOrigins: true),
    .offer(package: digest, size: 5), .piece(package: digest, offset: 3, bytes: [1, 2]),
  ])
  func requestsSurvive(_ request: BulkRequest) throws {
    let bytes = BulkCodec.encode(request, ticket: "t")
    let decoded = try bytes.withUnsafeBytes { try BulkCodec.decodeRequest($0) }
    #expect(decoded.0 == request)
    #expect(decoded.ticket == "t")
  }

  @Test(arguments: [
    BulkReply.piece(package: digest, offset: 3, bytes: [1, 2]),
    .piece(package: digest, offset: 3, bytes: [1, 2], origins: ControlCodecTests.origins),
    .send(package: digest, offset: 0, length: 1), .stored(package: digest),
    .failed(package: digest, reason: "no such package"), .wait(package: digest),
    .go(package: digest),
  ])
  func repliesSurvive(_ reply: BulkReply) throws {
    let bytes = BulkCodec.encode(reply)
    #expect(try bytes.withUnsafeBytes { try BulkCodec.decodeReply($0) } == reply)
  }

  /// The bytes count all the same: a later scheduler may name places that this worker cannot use.
  @Test func originsThatCannotBeUsedAreLeftOut() throws {
    var wire = Assize_V1_FromBulk()
    wire.piece.package = Self.digest.wire
    wire.piece.contents = .init(repeating: 7, count: 1)
    wire.piece.origins =
      ["ftp://a/b", "http://a/b", "http://u:p@a/"]
      + [String](repeating: "http://a/c", count: 20)
    let reply = try serialized(wire).withUnsafeBytes { try BulkCodec.decodeReply($0) }
    guard case .piece(_, 0, [7], let origins) = reply else {
      Issue.record("\(reply)")
      return
    }
    #expect(origins.map(\.url).first == "http://a/b")
    #expect(origins.count <= Origin.countLimit)
  }

  @Test(arguments: [0, -1, Int32(BulkLimits.pieceBytes) + 1])
  func unreasonablePiecesAreRefused(_ length: Int32) {
    let bytes = BulkCodec.encode(
      .read(package: Self.digest, offset: 0, length: length), ticket: "")
    #expect(throws: WireError.self) {
      try bytes.withUnsafeBytes { try BulkCodec.decodeRequest($0) }
    }
  }
}
