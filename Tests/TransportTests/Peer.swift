import Glibc
import Testing

@testable import Transport

/// All suites of this target, one test at a time: they count threads and descriptors of the
/// process, and share its processors with the sockets under test.
@Suite(.serialized) struct TransportTests {}

/// A received message, kept.
struct Received: Equatable, Sendable {
  var sender: RoutingID?
  var bytes: [UInt8]
  var clientKey: CurvePublicKey?
  var isProbe: Bool { bytes.isEmpty }
}

/// An actor on a reactor of its own with one socket; it keeps whatever comes.
actor Peer {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  let socket: Socket
  private(set) var received: [Received] = []
  private(set) var events: [ConnectionEvent] = []
  private(set) var failures: [TransportError] = []
  private var onMessage: (@Sendable (isolated Peer, Received) -> Void)?
  private var outgoing: ArraySlice<[UInt8]> = []
  private var destination: RoutingID?
  private var registration: Registration?
  private var retry: Deadline?
  private var kept: [RawSocket] = []

  init(
    _ context: ZMQContext, _ kind: Socket.Kind, _ options: SocketOptions = .control,
    name: String = "peer"
  ) throws {
    reactor = try Reactor(name: name)
    do {
      socket = try Socket(context, kind, options)
    } catch {
      reactor.stop()
      throw error
    }
  }

  func receive(
    turnLimit: Int = 256, _ onMessage: (@Sendable (isolated Peer, Received) -> Void)? = nil
  ) throws {
    self.onMessage = onMessage
    registration = try reactor.register(
      socket, turnLimit: turnLimit,
      onMessage: { self.keep($0) }, onWritable: { self.flush() },
      onFailure: { self.failures.append($0) })
    retry = reactor.makeDeadline { self.flush() }
  }

  func stopReceiving() { registration?.cancel() }

  private func keep(_ message: borrowing InboundMessage) {
    let copy = Received(
      sender: message.sender, bytes: Array(message.payload), clientKey: message.clientKey)
    received.append(copy)
    onMessage?(self, copy)
  }

  func bind(_ endpoint: String = "tcp://127.0.0.1:0") throws -> String {
    try socket.bind(endpoint)
  }

  /// Receives, watches the connection and connects.
  func join(
    _ endpoint: String, _ onMessage: (@Sendable (isolated Peer, Received) -> Void)? = nil
  ) throws {
    try receive(onMessage)
    try reactor.monitor(socket) { event, _ in self.events.append(event) }
    try socket.connect(endpoint)
  }

  func send(_ bytes: [UInt8], to peer: RoutingID? = nil) throws -> SendResult {
    try socket.send(bytes, to: peer)
  }

  /// Sends until the socket does not take more, or `limit` is reached.
  func flood(_ bytes: [UInt8], to peer: RoutingID? = nil, limit: Int) throws -> Int {
    var sent = 0
    while sent < limit, try socket.send(bytes, to: peer) == .sent { sent += 1 }
    return sent
  }

  /// Sends all in order, waiting for the queue where it is full.
  func sendAll(_ messages: [[UInt8]], to peer: RoutingID? = nil) {
    outgoing = messages[...]
    destination = peer
    flush()
  }

  private func flush() {
    do {
      while let next = outgoing.first {
        guard try socket.send(next, to: destination) == .sent else { break }
        outgoing.removeFirst()
      }
    } catch {
      failures.append(error)
      return
    }
    if outgoing.isEmpty { return }
    if socket.kind == .dealer {
      registration?.notifyWhenWritable()
    } else {
      retry?.instant = Reactor.now() + 1_000_000
    }
  }

  func perform<Result: Sendable>(
    _ body: @Sendable (isolated Peer) throws -> Result
  ) rethrows -> Result {
    try body(self)
  }

  /// Keeps something that belongs to this thread until the end.
  func keepAlive(_ socket: RawSocket) { kept.append(socket) }

  func closeSocket() { socket.close() }

  nonisolated func stop() async {
    reactor.stop()
    await reactor.stopped()
  }
}

/// Waits for something that has to come; the bound is for tests that fail.
func eventually(
  _ what: String, seconds: Int64 = 30, sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () async throws -> Bool
) async throws {
  let end = Reactor.now() + seconds * 1_000_000_000
  while try await !condition() {
    if Reactor.now() > end {
      Issue.record("never came: \(what)", sourceLocation: sourceLocation)
      throw NeverCame(what: what)
    }
    try await Task.sleep(for: .milliseconds(2))
  }
}

struct NeverCame: Error {
  let what: String
}

/// How many entries a directory such as /proc/self/fd has.
func entries(_ directory: String) -> Int {
  guard let listing = opendir(directory) else { return -1 }
  defer { closedir(listing) }
  var count = 0
  while readdir(listing) != nil { count += 1 }
  return count - 2
}

func number(_ value: Int) -> [UInt8] {
  withUnsafeBytes(of: UInt32(value).bigEndian) { Array($0) }
}
