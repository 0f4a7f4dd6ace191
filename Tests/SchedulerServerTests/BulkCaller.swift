import JudgeModel
import Messages
import SchedulerCore
import Testing
import Wire

@testable import SchedulerServer
@testable import Transport

/// A client on the bulk socket played by hand, which answers what it is asked for as the test says.
actor BulkCaller {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  private let socket: Socket
  private let token: String
  private let answer: @Sendable (_ offset: Int64, _ length: Int32) -> [UInt8]?
  /// What it was asked for, in order.
  private(set) var asked: [Range<Int64>] = []
  private(set) var pieces: [(offset: Int64, bytes: [UInt8])] = []
  /// What each of `pieces` brought.
  private(set) var origins: [[Origin]] = []
  private(set) var stored: [Digest] = []
  private(set) var failures: [String] = []
  /// What it was told to wait with, and to go on with.
  private(set) var waits: [Digest] = []
  private(set) var gone: [Digest] = []

  /// - Parameter answer: the bytes to send for a request; nil sends nothing.
  init(
    _ bench: ServerBench, answer: @escaping @Sendable (Int64, Int32) -> [UInt8]? = { _, _ in nil }
  ) async throws {
    token = bench.line.token
    self.answer = answer
    reactor = try Reactor(name: "bulk caller")
    ServerBench.callers?.add(reactor)
    var options = SocketOptions.bulk
    options.loseHeartbeats()
    socket = try Socket(ZMQContext(), .dealer, options)
    let port = try #require(await bench.server.core?.identity.bulkPort)
    try socket.connect(bench.line.endpoint(port: port))
    start()
  }

  private func start() {
    _ = try? reactor.register(socket, onMessage: { self.keep($0) })
  }

  /// Cuts the connection.
  func leave() { socket.close() }

  func send(_ request: BulkRequest) async throws {
    try await eventually("a connection") {
      if case .sent = try socket.send(BulkCodec.encode(request, ticket: token)) {
        true
      } else {
        false
      }
    }
  }

  private func keep(_ message: borrowing InboundMessage) {
    guard let reply = try? BulkCodec.decodeReply(message.payload) else { return }
    switch reply {
    case .send(let package, let offset, let length):
      asked.append(offset..<(offset + Int64(length)))
      guard let bytes = answer(offset, length) else { return }
      let piece = BulkRequest.piece(package: package, offset: offset, bytes: bytes)
      _ = try? socket.send(BulkCodec.encode(piece, ticket: token))
    case .piece(_, let offset, let bytes, let origins):
      pieces.append((offset, bytes))
      self.origins.append(origins)
    case .stored(let package): stored.append(package)
    case .failed(_, let reason): failures.append(reason)
    case .wait(let package): waits.append(package)
    case .go(let package): gone.append(package)
    }
  }

  /// Offers an archive and waits for the end of it: nil when it was stored, else the reason.
  func push(_ package: Digest, size: Int64) async throws -> String? {
    try await send(.offer(package: package, size: size))
    try await eventually("an end") { !stored.isEmpty || !failures.isEmpty }
    return failures.first
  }
}

extension BulkServer {
  /// Bytes that have come of a package that is on its way.
  func receivedBytes(of package: Digest) -> Int64 { uploads[package]?.receivedBytes ?? 0 }
  var uploadCount: Int { uploads.count }
}
