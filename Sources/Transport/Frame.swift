internal import CZeroMQ

/// The payload of one message, owned by libzmq's allocator.
///
/// Use it where copying matters: bulk data is read from a file straight into the frame, and a
/// received frame can be handed to a disk thread as it is.
public struct Frame: ~Copyable, @unchecked Sendable {
  // Safe to send: the struct is the only owner of `message`, which lives on the heap because
  // libzmq may keep short payloads inside it, and libzmq ties a message to no thread.
  let message: UnsafeMutablePointer<zmq_msg_t>

  /// An empty frame, to receive into.
  init() {
    message = .allocate(capacity: 1)
    zmq_msg_init(message)
  }

  /// A frame of `byteCount` bytes written in place by `fill`; all of them have to be written.
  public init<Failure: Error>(
    byteCount: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    self.init()
    if byteCount > 0 {
      // Fails only when there is no memory, where Swift's own allocations end the process too.
      let status = zmq_msg_init_size(message, byteCount)
      precondition(status == 0, "no memory for a frame of \(byteCount) bytes")
    }
    try fill(UnsafeMutableRawBufferPointer(start: zmq_msg_data(message), count: byteCount))
  }

  /// A frame with a copy of `bytes`.
  public init(copying bytes: UnsafeRawBufferPointer) {
    self.init(byteCount: bytes.count) { $0.copyMemory(from: bytes) }
  }

  deinit {
    zmq_msg_close(message)
    message.deallocate()
  }

  public var byteCount: Int { zmq_msg_size(message) }

  /// Lends the bytes for the duration of `body`.
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message)))
  }
}

/// A received message, lent to the closure that handles it.
public struct InboundMessage: ~Copyable {
  private let message: UnsafeMutablePointer<zmq_msg_t>

  /// The connection it came by; nil on a dealer.
  public let sender: RoutingID?

  init(_ message: UnsafeMutablePointer<zmq_msg_t>, from sender: RoutingID?) {
    self.message = message
    self.sender = sender
  }

  /// The bytes, valid until the handler returns or calls ``takeFrame()``. Hostile until decoded.
  public var payload: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message))
  }

  /// The peer has just connected and says nothing else. Dealers send one on the first connection
  /// of an endpoint and on each reconnect.
  public var isProbe: Bool { zmq_msg_size(message) == 0 }

  /// The key that the peer proved and the ``Authenticator`` admitted; nil without CURVE or without
  /// an authenticator.
  public var clientKey: CurvePublicKey? {
    // Set by the authenticator's reply. libzmq 4.3.4 loses it on the routing id's frame after a
    // poll, so it is read from the payload's.
    property("User-Id").flatMap { CurvePublicKey(z85: $0) }
  }

  /// The peer's IP address as the kernel gives it; nil when the transport has none.
  public var peerAddress: String? { property("Peer-Address").map(plainAddress) }

  /// Takes the payload out without copying; ``payload`` is empty afterwards, and pointers taken
  /// from it before are no longer valid.
  public borrowing func takeFrame() -> Frame {
    let frame = Frame()
    zmq_msg_move(frame.message, message)
    return frame
  }

  private func property(_ name: String) -> String? {
    zmq_msg_gets(message, name).map { String(cString: $0) }
  }
}
