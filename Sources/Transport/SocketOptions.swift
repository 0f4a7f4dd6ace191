internal import CZeroMQ

/// Everything that is set on a socket before it is bound or connected.
///
/// Start from ``control`` or ``bulk``: the values there are the project's, and both ends should
/// agree on them. Options that a kind of socket does not have are skipped.
public struct SocketOptions: Sendable {
  /// Who may talk, and whether it is encrypted.
  public enum Security: Sendable {
    /// In the clear, no authentication: for loopback, or when asked for by name.
    case plain
    /// CURVE, our side holds the server key.
    ///
    /// With a `domain` every message must come from a key that an ``Authenticator`` of the same
    /// context has admitted; others are dropped and counted. libzmq itself admits everybody while
    /// no authenticator answers, so this check is what makes a missing one harmless. With nil any
    /// client that knows the server key is heard.
    case curveServer(secretKey: CurveSecretKey, domain: String?)
    /// CURVE, our side connects and expects the other to own `serverKey`.
    case curveClient(serverKey: CurvePublicKey, keys: CurveKeyPair)
  }

  public var security: Security = .plain

  /// Largest payload in bytes in either direction; whoever sends a larger one is disconnected
  /// (and reconnects, and sends again), so our own sends are checked against it.
  public var maximumMessageBytes: Int
  /// Messages queued for one peer before a send answers ``SendResult/wouldBlock``. Kernel buffers
  /// come on top, so bound bytes by credit and not by this.
  public var sendHighWaterMark: Int32
  /// Messages of one peer queued before its connection is no longer read.
  public var receiveHighWaterMark: Int32
  /// How long a closed socket may go on sending, milliseconds.
  public var linger: Int32
  /// I/O threads of the context that serve this socket, one bit each; 0 means all.
  public var affinity: UInt64 = 0

  /// Dealer: queue nothing while there is no connection, so that nothing older than the
  /// registration reaches a restarted router under a new routing id.
  public var immediate = true
  /// Dealer: send an empty message upon each connection, so that the router knows of it.
  public var probeRouter = true
  /// First pause before a reconnect, milliseconds; libzmq adds a random part.
  public var reconnectInterval: Int32 = 100
  /// The pause doubles up to this, milliseconds.
  public var reconnectIntervalMaximum: Int32 = 10_000

  /// Milliseconds for a new connection to finish its handshake.
  public var handshakeInterval: Int32 = 5_000
  /// Milliseconds between ZMTP pings, 0 for none. Only for sockets with small messages: libzmq
  /// counts whole messages as signs of life, so a long one at a slow link would be cut.
  public var heartbeatInterval: Int32
  /// Milliseconds without an answer after which we drop the connection.
  public var heartbeatTimeout: Int32
  /// Milliseconds without traffic after which the peer should drop it.
  public var heartbeatTimeToLive: Int32
  /// Accepted connections waiting in the kernel.
  public var backlog: Int32 = 1_024

  /// Small messages: heartbeats, assignments, verdicts. A dead connection is noticed in 15 s.
  public static let control = SocketOptions(
    maximumMessageBytes: 1 << 20, highWaterMark: 200, linger: 1_000,
    heartbeat: (5_000, 15_000, 20_000))

  /// Package data under byte credit. No ZMTP heartbeat, nothing lingers.
  public static let bulk = SocketOptions(
    maximumMessageBytes: 2 << 20, highWaterMark: 8, linger: 0, heartbeat: (0, 0, 0))

  private init(
    maximumMessageBytes: Int, highWaterMark: Int32, linger: Int32,
    heartbeat: (interval: Int32, timeout: Int32, timeToLive: Int32)
  ) {
    self.maximumMessageBytes = maximumMessageBytes
    self.sendHighWaterMark = highWaterMark
    self.receiveHighWaterMark = highWaterMark
    self.linger = linger
    self.heartbeatInterval = heartbeat.interval
    self.heartbeatTimeout = heartbeat.timeout
    self.heartbeatTimeToLive = heartbeat.timeToLive
  }

  /// Messages must carry a key that was admitted.
  var requiresClientKey: Bool {
    if case .curveServer(_, .some) = security { true } else { false }
  }

  func apply(to socket: UnsafeMutableRawPointer, _ kind: Socket.Kind) throws(TransportError) {
    try set(ZMQ_LINGER, linger, "linger", on: socket)
    try set(ZMQ_MAXMSGSIZE, Int64(maximumMessageBytes), "message size limit", on: socket)
    try set(ZMQ_SNDHWM, sendHighWaterMark, "send high-water mark", on: socket)
    try set(ZMQ_RCVHWM, receiveHighWaterMark, "receive high-water mark", on: socket)
    try set(ZMQ_AFFINITY, affinity, "I/O thread affinity", on: socket)
    try set(ZMQ_HANDSHAKE_IVL, handshakeInterval, "handshake interval", on: socket)
    try set(ZMQ_HEARTBEAT_IVL, heartbeatInterval, "heartbeat interval", on: socket)
    if heartbeatInterval > 0 {
      try set(ZMQ_HEARTBEAT_TIMEOUT, heartbeatTimeout, "heartbeat timeout", on: socket)
      try set(ZMQ_HEARTBEAT_TTL, heartbeatTimeToLive, "heartbeat time to live", on: socket)
    }
    try set(ZMQ_RECONNECT_IVL, reconnectInterval, "reconnect interval", on: socket)
    try set(ZMQ_RECONNECT_IVL_MAX, reconnectIntervalMaximum, "reconnect maximum", on: socket)
    try set(ZMQ_BACKLOG, backlog, "backlog", on: socket)
    try set(ZMQ_IPV6, Int32(1), "IPv6", on: socket)
    // Keeps NAT mappings alive and finds dead peers where no ZMTP heartbeat runs: 30 s idle, then
    // three probes 10 s apart.
    try set(ZMQ_TCP_KEEPALIVE, Int32(1), "TCP keepalive", on: socket)
    try set(ZMQ_TCP_KEEPALIVE_IDLE, Int32(30), "TCP keepalive idle", on: socket)
    try set(ZMQ_TCP_KEEPALIVE_INTVL, Int32(10), "TCP keepalive interval", on: socket)
    try set(ZMQ_TCP_KEEPALIVE_CNT, Int32(3), "TCP keepalive count", on: socket)
    switch kind {
    case .router:
      // Otherwise messages to unknown or slow peers vanish while the send reports success.
      try set(ZMQ_ROUTER_MANDATORY, Int32(1), "mandatory routing", on: socket)
    case .dealer:
      try set(ZMQ_IMMEDIATE, Int32(immediate ? 1 : 0), "immediate", on: socket)
      try set(ZMQ_PROBE_ROUTER, Int32(probeRouter ? 1 : 0), "probe", on: socket)
    }
    try applySecurity(to: socket)
  }

  private func applySecurity(to socket: UnsafeMutableRawPointer) throws(TransportError) {
    switch security {
    case .plain:
      break
    case .curveServer(let secretKey, let domain):
      try set(ZMQ_CURVE_SERVER, Int32(1), "CURVE server", on: socket)
      try set(ZMQ_CURVE_SECRETKEY, secretKey.storage, "CURVE secret key", on: socket)
      if let domain, zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, domain, domain.utf8.count) != 0 {
        throw .last("set the authentication domain '\(domain)'")
      }
    case .curveClient(let serverKey, let keys):
      try set(ZMQ_CURVE_SERVERKEY, serverKey.storage, "CURVE server key", on: socket)
      try set(ZMQ_CURVE_PUBLICKEY, keys.publicKey.storage, "CURVE public key", on: socket)
      try set(ZMQ_CURVE_SECRETKEY, keys.secretKey.storage, "CURVE secret key", on: socket)
    }
  }

  private func set<Value: BitwiseCopyable>(
    _ option: Int32, _ value: Value, _ name: String, on socket: UnsafeMutableRawPointer
  ) throws(TransportError) {
    let status = withUnsafeBytes(of: value) {
      zmq_setsockopt(socket, option, $0.baseAddress, $0.count)
    }
    if status != 0 { throw .last("set the \(name) of a socket") }
  }
}
