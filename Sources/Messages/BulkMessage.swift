public import JudgeModel

/// What travels on the bulk socket: package archives in chunks.
///
/// Whoever receives bytes asks for each piece (`read` for a worker that fetches, `send` for a
/// scheduler that is being given a package) and so decides how many are on their way. The other side
/// keeps no state between two pieces; after a broken connection the receiver asks for what it lacks.
public enum BulkRequest: Hashable, Sendable {
  /// Worker or client: the bytes of this package's archive from `offset`, at most `length`, and with
  /// them, if it wants, where the archive lies besides.
  /// - left: bytes that this transfer will ask for afterwards; nil from one that does not know `wait`.
  case read(
    package: Digest, offset: Int64, length: Int32, left: Int64? = nil, wantsOrigins: Bool = false)
  /// Client: I have this package's archive of `size` bytes for you.
  case offer(package: Digest, size: Int64)
  /// Client: the piece you asked for.
  case piece(package: Digest, offset: Int64, bytes: [UInt8])
}

public enum BulkReply: Hashable, Sendable {
  /// `origins` are there when they were asked for, and the scheduler knows some.
  case piece(package: Digest, offset: Int64, bytes: [UInt8], origins: [Origin] = [])
  /// Client: send this piece next.
  case send(package: Digest, offset: Int64, length: Int32)
  /// The offered package is complete, verified and visible.
  case stored(package: Digest)
  case failed(package: Digest, reason: String)
  /// Other transfers come first: what was asked for of this package is forgotten. Ask again when told
  /// `go`, or after ``BulkLimits/waitSeconds``.
  case wait(package: Digest)
  case go(package: Digest)
}

public enum BulkLimits {
  /// Bytes of one piece. 256 KiB: two of them in flight fill a gigabit link, and a control message on
  /// a neighbouring connection waits for no more than one.
  public static let pieceBytes = 256 << 10
  /// Pieces on their way to one receiver.
  public static let window = 8
  /// Whoever was told to wait asks again after so long, to show that it still waits.
  public static let waitSeconds: Int64 = 5
}
