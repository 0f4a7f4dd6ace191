import JudgeModel
import Messages
import SchedulerClient
import Testing
import Transport
import Wire

/// A scheduler of an older version, played by hand: it welcomes clients, and refuses whoever says
/// anything else.
private actor OldScheduler {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
  nonisolated let joinLine: JoinLine
  private let socket: Socket
  private(set) var refusals = 0

  init() async throws {
    reactor = try Reactor(name: "old")
    socket = try Socket(try ZMQContext(), .router, .control)
    let endpoint = try socket.bind("tcp://127.0.0.1:0")
    let port = try #require(endpoint.split(separator: ":").last.flatMap { UInt16($0) })
    joinLine = JoinLine(host: "127.0.0.1", port: port, serverKey: nil, token: "token")
    try listen()
  }

  private func listen() throws { try reactor.register(socket, onMessage: { self.hear($0) }) }

  private func hear(_ message: borrowing InboundMessage) {
    guard let sender = message.sender,
      case .client(let said)? = try? ControlCodec.decodeInbound(message.payload)
    else { return }
    var reply = ClientReply.welcome(programVersion: "old", bulkPort: 1, knowsWarm: false)
    if case .hello = said {
    } else {
      refusals += 1
      reply = .refused("cannot read that")
    }
    _ = try? socket.send(ControlCodec.encode(reply), to: sender)
  }

  nonisolated func stop() { reactor.stop() }
}

@Suite struct SchedulerClientTests {
  @Test func whatAnOlderSchedulerCannotReadIsNotSaid() async throws {
    let scheduler = try await OldScheduler()
    defer { scheduler.stop() }
    let client = try SchedulerClient(scheduler.joinLine, programVersion: "test")
    try await client.connect()
    let package = try #require(Digest(bytes: [UInt8](repeating: 1, count: 32)))
    let origins = try await #require(throws: ClientError.self) {
      try await client.setOrigins([], of: package)
    }
    #expect(origins.description.contains("without origins: upgrade it"))
    let warm = try await #require(throws: ClientError.self) {
      try await client.warm(package, workers: nil)
    }
    #expect(warm.description.contains("without warm-up: upgrade it"))
    #expect(await scheduler.refusals == 0, "and the connection stands")
    await client.close()
  }
}
