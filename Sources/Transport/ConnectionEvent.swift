internal import CZeroMQ
internal import Glibc

/// What happened to the connection of a dealer.
public enum ConnectionEvent: Equatable, Sendable, CustomStringConvertible {
  /// TCP is there; the handshake follows. Nothing can be sent yet.
  case connected
  /// The connection is usable: a new one, so the router knows nothing about us.
  case handshakeSucceeded
  /// The connection is lost. libzmq reconnects by itself, and says so by ``retrying(milliseconds:)``,
  /// unless the peer sent a message above our limit: then only ``Socket/reconnect(_:)`` helps.
  case disconnected
  /// The next attempt follows after this pause.
  case retrying(milliseconds: Int)
  /// The handshake failed. libzmq tries again by itself unless ``HandshakeFailure/isFinal``.
  case handshakeFailed(HandshakeFailure)

  /// Why there was no connection although somebody answered.
  public enum HandshakeFailure: Equatable, Sendable, CustomStringConvertible {
    /// The server's authenticator refused our key; the status is 400 (denied), 300 or 500.
    case refused(status: Int)
    /// The server hung up, or did not speak at all. This is how a CURVE server answers a client
    /// that expects another server key.
    case hungUp(code: Int)
    /// The other side broke the protocol, or uses another security mechanism.
    case protocolError(code: Int)

    /// libzmq gives this connection up; ``Socket/reconnect(_:)`` tries again.
    public var isFinal: Bool {
      switch self {
      case .refused, .protocolError: true
      case .hungUp: false
      }
    }

    public var description: String {
      switch self {
      case .refused(let status):
        "the server refused our key (status \(status)); enrol this machine again"
      case .hungUp:
        "the server hung up during the handshake; is its key the one in the join line?"
      case .protocolError(let code):
        "the other side is not what was expected (\(hexText(code))); is it the right port, and are "
          + "both sides encrypted or both plain?"
      }
    }

    private func hexText(_ code: Int) -> String { "0x" + String(code, radix: 16) }
  }

  public var description: String {
    switch self {
    case .connected: "connected"
    case .handshakeSucceeded: "handshake succeeded"
    case .disconnected: "disconnected"
    case .retrying(let milliseconds): "next attempt in \(milliseconds) ms"
    case .handshakeFailed(let failure): "handshake failed: \(failure)"
    }
  }

  init?(code: Int32, value: Int) {
    switch code {
    case ZMQ_EVENT_CONNECTED: self = .connected
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: self = .handshakeSucceeded
    case ZMQ_EVENT_DISCONNECTED: self = .disconnected
    case ZMQ_EVENT_CONNECT_RETRIED: self = .retrying(milliseconds: value)
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: self = .handshakeFailed(.refused(status: value))
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: self = .handshakeFailed(.hungUp(code: value))
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: self = .handshakeFailed(.protocolError(code: value))
    default: return nil
    }
  }

  static let mask: Int32 =
    ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED
    | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
    | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
}

extension Reactor {
  /// Reports each change of a dealer's connection, with its endpoint. Start it before connecting,
  /// so that no event is missed; it ends with the socket.
  ///
  /// On a router the events would name the local endpoint and not the peer: a scheduler judges by
  /// the messages of its workers.
  @discardableResult
  public func monitor(
    _ socket: Socket, onEvent: @escaping (ConnectionEvent, _ endpoint: String) -> Void
  ) throws(TransportError) -> Registration {
    checkIsolated()
    guard let raw = socket.raw else { throw TransportError(.closed, "monitor a socket") }
    precondition(socket.kind == .dealer && socket.monitor == nil, "a dealer has one monitor")
    let pair = try RawSocket(socket.context, ZMQ_PAIR)
    // Libzmq's I/O thread writes the events and would wait when the queue is full. Nobody can make
    // it long: there is a pause before each reconnect.
    pair.unlimitQueues()
    let endpoint = "inproc://monitor-\(UInt(bitPattern: raw))"
    // Nothing may come in between: until the pair is connected the first event blocks that thread.
    guard zmq_socket_monitor(raw, endpoint, ConnectionEvent.mask) == 0 else {
      throw .last("monitor a socket")
    }
    do {
      try pair.connect(endpoint)
    } catch {
      zmq_socket_monitor(raw, nil, 0)
      throw error
    }
    let registration = Registration(self, socket: pair.raw, interest: .readable)
    registration.handle { [unowned registration] _ in
      while registration.isActive, let frames = pair.receive(limit: 2) {
        guard let (event, endpoint) = decodeEvent(frames) else { continue }
        onEvent(event, endpoint)
      }
    } end: { _ in
      socket.monitor = nil
      if let raw = socket.raw { zmq_socket_monitor(raw, nil, 0) }
      pair.close()
    }
    socket.monitor = registration
    add(registration)
    return registration
  }
}

/// An event is a 16-bit code and a 32-bit value in the machine's order, then the endpoint.
private func decodeEvent(_ frames: [[UInt8]]) -> (ConnectionEvent, endpoint: String)? {
  guard frames.count == 2, frames[0].count == 6 else { return nil }
  let (code, value) = frames[0].withUnsafeBytes { bytes in
    (
      bytes.loadUnaligned(as: UInt16.self),
      bytes.loadUnaligned(fromByteOffset: 2, as: Int32.self)
    )
  }
  guard let event = ConnectionEvent(code: Int32(code), value: Int(value)) else { return nil }
  return (event, String(decoding: frames[1], as: UTF8.self))
}
