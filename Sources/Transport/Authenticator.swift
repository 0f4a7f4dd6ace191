internal import CZeroMQ

/// A client that has proved to own a key and asks to be let in.
public struct AuthenticationRequest: Sendable {
  /// The ``SocketOptions/Security/curveServer(secretKey:domain:)`` domain of the server socket.
  public let domain: String
  public let clientKey: CurvePublicKey
  /// The client's IP address.
  public let address: String
}

/// Answers libzmq's question who may connect (the ZAP protocol, RFC 27), for all sockets of one
/// context.
///
/// Start it before the first server socket is bound: while nobody answers, libzmq admits everybody
/// (and ``Socket`` then drops what they send). The policy runs on the reactor's thread for each new
/// connection, so it looks something up and does not wait for anything. Only CURVE clients are
/// ever admitted.
public actor Authenticator {
  public typealias Policy = @Sendable (AuthenticationRequest) -> Bool

  /// Requests answered so far.
  public struct Counts: Equatable, Sendable {
    public var admitted = 0
    public var denied = 0
    /// Not a request that libzmq would make; not answered, or denied when there is an address.
    public var malformed = 0
  }

  public private(set) var counts = Counts()

  private nonisolated let reactor: Reactor
  private let context: ZMQContext
  private let policy: Policy
  private var socket: RawSocket?
  private var registration: Registration?

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    reactor.asUnownedSerialExecutor()
  }

  public init(_ context: ZMQContext, on reactor: Reactor, policy: @escaping Policy) {
    self.context = context
    self.reactor = reactor
    self.policy = policy
  }

  /// Takes the context's place for authentication, of which there is one.
  public func start() throws(TransportError) {
    guard registration == nil else { return }
    let socket = try RawSocket(context, ZMQ_ROUTER)
    socket.unlimitQueues()
    try socket.bind("inproc://zeromq.zap.01")
    let registration = Registration(reactor, socket: socket.raw, interest: .readable)
    self.registration = registration
    self.socket = socket
    registration.handle(ready: { _ in self.answer() }, end: { _ in self.close() })
    reactor.add(registration)
  }

  /// Stops answering. Connections that exist stay; servers with a domain hear no new ones.
  public func stop() {
    registration?.cancel()
  }

  private func close() {
    socket?.close()
    socket = nil
    registration = nil
  }

  private func answer() {
    // A bounded number in a turn; libzmq keeps the rest waiting.
    for _ in 0..<64 {
      guard let frames = socket?.receive(limit: 12) else { break }
      if let reply = reply(to: frames) { socket?.send(reply) }
    }
  }

  /// A request is: who asks, an empty frame, version, request id, domain, address, routing id,
  /// mechanism, and for CURVE the client's key.
  private func reply(to request: [[UInt8]]) -> [[UInt8]]? {
    guard request.count >= 8, request[1].isEmpty, request[2] == Array("1.0".utf8) else {
      counts.malformed += 1
      return nil
    }
    var userID: [UInt8] = []
    if request[7] == Array("CURVE".utf8), request.count == 9,
      let key = CurvePublicKey(request[8])
    {
      let question = AuthenticationRequest(
        domain: String(decoding: request[4], as: UTF8.self), clientKey: key,
        address: plainAddress(String(decoding: request[5], as: UTF8.self)))
      if policy(question) {
        userID = Array(key.z85.utf8)
        counts.admitted += 1
      } else {
        counts.denied += 1
      }
    } else {
      counts.malformed += 1
    }
    let (status, text) = userID.isEmpty ? ("400", "not admitted") : ("200", "OK")
    return [
      request[0], [], request[2], request[3], Array(status.utf8), Array(text.utf8), userID, [],
    ]
  }
}
