internal import CZeroMQ
internal import Glibc

/// What became of a message.
public enum SendResult: Sendable {
  /// libzmq has it. It may still be lost with the connection.
  case sent
  /// Nothing was taken: the queue to the peer is full or, on a dealer, there is no connection.
  /// Keep the message and try again.
  case wouldBlock
  /// Router: the connection with this id has gone and will not come back under it.
  case unreachable
}

/// What one call of ``Socket/receive(_:)`` found.
public enum ReceiveResult: Equatable, Sendable {
  case nothing
  case delivered
  /// A message that breaks the rules was thrown away; see ``Socket/dropped``. Names who may be told of
  /// it: a router's peer, unless it had to prove a key and did not.
  case dropped(from: RoutingID?)
}

/// A ROUTER or DEALER whose messages are one frame of payload.
///
/// A socket belongs to one thread. It is not `Sendable`, so one that is made in an actor stays
/// there; the actor's executor is the ``Reactor`` that it is registered with. No call blocks.
public final class Socket {
  public enum Kind: Sendable {
    /// Binds, and addresses each peer by its ``RoutingID``.
    case router
    /// Connects to one router.
    case dealer
  }

  /// Messages that were received and thrown away, since the socket was made.
  public struct Dropped: Equatable, Sendable {
    /// Not exactly one frame of payload.
    public var malformed = 0
    /// The socket asks for an admitted key and the message had none.
    public var unauthenticated = 0
  }

  public let kind: Kind
  public let options: SocketOptions
  public private(set) var dropped = Dropped()

  let context: ZMQContext
  private(set) var raw: UnsafeMutableRawPointer?
  // Reused for every message, so that receiving allocates nothing of ours.
  private let routingFrame = Frame()
  private let payloadFrame = Frame()
  // What has to end before the socket can be closed.
  weak var registration: Registration?
  weak var monitor: Registration?

  public init(
    _ context: ZMQContext, _ kind: Kind, _ options: SocketOptions = .control
  ) throws(TransportError) {
    self.context = context
    self.kind = kind
    self.options = options
    guard let raw = zmq_socket(context.raw, kind == .router ? ZMQ_ROUTER : ZMQ_DEALER) else {
      throw .last("make a socket")
    }
    do {
      try options.apply(to: raw, kind)
    } catch {
      zmq_close(raw)
      throw error
    }
    self.raw = raw
  }

  // Whoever is last to hold the socket closes it, on whatever thread that is. libzmq allows it:
  // a reactor that polls the socket would hold it too, so nobody else can be using it.
  deinit {
    if let raw { zmq_close(raw) }
  }

  public var isClosed: Bool { raw == nil }

  /// Ends registration and monitor, and closes. What was sent goes on for the linger time.
  public func close() {
    guard let raw else { return }
    registration?.cancel()
    monitor?.cancel()
    self.raw = nil
    zmq_close(raw)
  }

  /// - Returns: the endpoint as bound, with the real port where 0 or `*` was asked for.
  @discardableResult
  public func bind(_ endpoint: String) throws(TransportError) -> String {
    let raw = try open("bind", endpoint)
    guard zmq_bind(raw, endpoint) == 0 else { throw .last("bind", endpoint: endpoint) }
    var text = [UInt8](repeating: 0, count: 1024)
    var count = text.count
    guard zmq_getsockopt(raw, ZMQ_LAST_ENDPOINT, &text, &count) == 0 else {
      throw .last("ask for the port of", endpoint: endpoint)
    }
    return plainEndpoint(
      String(decoding: text.prefix(count).prefix { $0 != 0 }, as: UTF8.self))
  }

  public func unbind(_ endpoint: String) throws(TransportError) {
    guard zmq_unbind(try open("unbind", endpoint), endpoint) == 0 else {
      throw .last("unbind", endpoint: endpoint)
    }
  }

  /// Starts to connect, and to reconnect whenever the connection is lost. A host that does not answer or resolve is not
  /// an error here; a ``ConnectionEvent`` tells.
  public func connect(_ endpoint: String) throws(TransportError) {
    guard zmq_connect(try open("connect to", endpoint), endpoint) == 0 else {
      throw .last("connect to", endpoint: endpoint)
    }
  }

  /// Ends a connection and forgets what is queued for it.
  public func disconnect(_ endpoint: String) throws(TransportError) {
    guard zmq_disconnect(try open("disconnect from", endpoint), endpoint) == 0 else {
      throw .last("disconnect from", endpoint: endpoint)
    }
  }

  /// Connects anew. libzmq gives an endpoint up, without trying again, after a handshake that was
  /// refused or that failed by the protocol, and after a message above our own limit; see
  /// ``ConnectionEvent``. Without a reason to hope for better, wait before calling this.
  public func reconnect(_ endpoint: String) throws(TransportError) {
    // What libzmq has given up it may have forgotten as well.
    if zmq_disconnect(try open("reconnect to", endpoint), endpoint) != 0, zmq_errno() != ENOENT {
      throw .last("disconnect from", endpoint: endpoint)
    }
    try connect(endpoint)
  }

  private func open(
    _ operation: String, _ endpoint: String? = nil
  ) throws(TransportError) -> UnsafeMutableRawPointer {
    guard let raw else { throw TransportError(.closed, operation, endpoint: endpoint) }
    if let endpoint, !hasPortInRange(endpoint) {
      throw TransportError(.badEndpoint, operation, endpoint: endpoint)
    }
    return raw
  }
}

// MARK: - Sending

extension Socket {
  /// Sends a copy of `bytes`: from a dealer without, from a router with the peer's id.
  public func send(
    _ bytes: UnsafeRawBufferPointer, to peer: RoutingID? = nil
  ) throws(TransportError) -> SendResult {
    try checkSize(bytes.count)
    var frame = Frame(copying: bytes)
    return try send(&frame, to: peer)
  }

  public func send(
    _ bytes: [UInt8], to peer: RoutingID? = nil
  ) throws(TransportError) -> SendResult {
    try send(bytes.span.bytes, to: peer)
  }

  public func send(
    _ bytes: RawSpan, to peer: RoutingID? = nil
  ) throws(TransportError) -> SendResult {
    try bytes.withUnsafeBytes { (bytes) throws(TransportError) in try send(bytes, to: peer) }
  }

  /// Sends without copying. The frame is empty after ``SendResult/sent`` and unchanged otherwise,
  /// so it can be kept for another try.
  public func send(
    _ frame: inout Frame, to peer: RoutingID? = nil
  ) throws(TransportError) -> SendResult {
    precondition((peer != nil) == (kind == .router), "a router needs a peer, a dealer has only one")
    try checkSize(frame.byteCount)
    let raw = try open("send")
    if let peer {
      // Only this frame can be refused: once it is taken, the payload goes to the same queue.
      let status = peer.withUnsafeBytes { id in
        retrying { zmq_send(raw, id.baseAddress, id.count, ZMQ_DONTWAIT | ZMQ_SNDMORE) }
      }
      if status < 0 { return try refused() }
    }
    let message = frame.message
    guard retrying({ zmq_msg_send(message, raw, ZMQ_DONTWAIT) }) >= 0 else { return try refused() }
    return .sent
  }

  private func checkSize(_ byteCount: Int) throws(TransportError) {
    if byteCount == 0 { throw TransportError(.messageEmpty, "send") }
    if byteCount > options.maximumMessageBytes {
      throw TransportError(.messageTooLarge, "send \(byteCount) bytes")
    }
  }

  private func refused() throws(TransportError) -> SendResult {
    switch zmq_errno() {
    case EAGAIN: return .wouldBlock
    case EHOSTUNREACH: return .unreachable
    default: throw .last("send")
    }
  }
}

// MARK: - Receiving

extension Socket {
  /// Lends the next message to `body`, if one is there.
  public func receive(
    _ body: (borrowing InboundMessage) -> Void
  ) throws(TransportError) -> ReceiveResult {
    let raw = try open("receive")
    var sender: RoutingID?
    if kind == .router {
      guard try receiveFrame(routingFrame.message, from: raw) else { return .nothing }
      sender = routingFrame.withUnsafeBytes { RoutingID($0) }
      guard zmq_msg_more(routingFrame.message) != 0 else {
        dropped.malformed += 1
        return .dropped(from: options.requiresClientKey ? nil : sender)
      }
    }
    // Frames after the first are there as soon as the first is: libzmq delivers whole messages.
    guard try receiveFrame(payloadFrame.message, from: raw) else { return .nothing }
    let malformed = zmq_msg_more(payloadFrame.message) != 0
    if malformed {
      while zmq_msg_more(payloadFrame.message) != 0 {
        guard try receiveFrame(payloadFrame.message, from: raw) else { break }
      }
    }
    let message = InboundMessage(payloadFrame.message, from: sender)
    let isStranger = options.requiresClientKey && message.clientKey == nil
    if malformed || (kind == .router && sender == nil) {
      dropped.malformed += 1
      return .dropped(from: isStranger ? nil : sender)
    }
    if isStranger {
      dropped.unauthenticated += 1
      return .dropped(from: nil)
    }
    body(message)
    return .delivered
  }

  private func receiveFrame(
    _ frame: UnsafeMutablePointer<zmq_msg_t>, from raw: UnsafeMutableRawPointer
  ) throws(TransportError) -> Bool {
    if retrying({ zmq_msg_recv(frame, raw, ZMQ_DONTWAIT) }) >= 0 { return true }
    if zmq_errno() == EAGAIN { return false }
    throw .last("receive")
  }
}

/// libzmq takes a port modulo 65,536.
private func hasPortInRange(_ endpoint: String) -> Bool {
  guard endpoint.hasPrefix("tcp://"), let colon = endpoint.lastIndex(of: ":") else { return true }
  let port = endpoint[endpoint.index(after: colon)...]
  return port == "*" || UInt16(port) != nil
}

/// Repeats a call that a signal interrupted.
func retrying(_ call: () -> Int32) -> Int32 {
  while true {
    let status = call()
    if status >= 0 || zmq_errno() != EINTR { return status }
  }
}
