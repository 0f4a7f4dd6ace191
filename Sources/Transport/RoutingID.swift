/// The name a router gives to one connection of a peer.
///
/// Peers are expected to leave their id unset: the router then invents five bytes for every
/// connection, so that a reconnect is a new, clearly distinct peer and nobody can take over the
/// messages of somebody else. An id says nothing about who the peer is (the CURVE key does), and
/// is never told to a peer, because a peer that knows a coming id could claim it first.
public struct RoutingID: Hashable, Sendable, CustomStringConvertible {
  // Up to seven bytes are packed with their count, so the usual id is copied and hashed as one
  // word. A peer may insist on an id of its own of up to 255 bytes; those are kept as they are.
  private let packed: UInt64
  private let long: [UInt8]?

  /// libzmq's bound on a routing id.
  public static let maximumByteCount = 255

  /// - Returns: nil for an empty id or one longer than ``maximumByteCount``.
  public init?(_ bytes: some Collection<UInt8>) {
    let count = bytes.count
    guard (1...Self.maximumByteCount).contains(count) else { return nil }
    if count < 8 {
      packed = bytes.reduce(UInt64(count)) { $0 << 8 | UInt64($1) }
      long = nil
    } else {
      packed = 0
      long = Array(bytes)
    }
  }

  public var bytes: [UInt8] {
    withUnsafeBytes { Array($0) }
  }

  func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    if let long { return long.withUnsafeBytes(body) }
    // The count is the highest byte that is not zero; the id follows it, most significant first.
    let leadingZeroBytes = packed.leadingZeroBitCount / 8
    return Swift.withUnsafeBytes(of: packed.bigEndian) { all in
      body(UnsafeRawBufferPointer(rebasing: all.dropFirst(leadingZeroBytes + 1)))
    }
  }

  public var description: String { hexText(bytes) }
}
