import JudgeModel
import Messages
import Testing
import Transport
import Wire

@testable import Bench

/// As much of a scheduler as played workers need: it grants judgings within their credit and keeps what
/// comes back.
private actor GrantingScheduler {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
  nonisolated let joinLine: JoinLine
  private let socket: Socket
  private let package: Digest
  private var waiting: [Int64]
  private var workers: [SessionID: (peer: RoutingID, credit: UInt64, granted: UInt64)] = [:]
  private(set) var hellos: [WorkerHello] = []
  private(set) var results: [JudgingID: [JudgingResult]] = [:]
  /// Most judgings that were granted and not over, of any worker.
  private(set) var mostHeld = 0
  private var held: [SessionID: Int] = [:]

  init(judgings: Int64, package: Digest) async throws {
    self.package = package
    waiting = Array(1...judgings)
    reactor = try Reactor(name: "granting")
    socket = try Socket(try ZMQContext(), .router, .control)
    let endpoint = try socket.bind("tcp://127.0.0.1:0")
    let port = try #require(endpoint.split(separator: ":").last.flatMap { UInt16($0) })
    joinLine = JoinLine(host: "127.0.0.1", port: port, serverKey: nil, token: "token")
    try listen()
  }

  private func listen() throws { try reactor.register(socket, onMessage: { self.hear($0) }) }

  private func hear(_ message: borrowing InboundMessage) {
    guard let peer = message.sender,
      case .worker(let said)? = try? ControlCodec.decodeInbound(message.payload)
    else { return }
    switch said {
    case .hello(let hello):
      hellos.append(hello)
      let session = SessionID(UInt64(hellos.count))
      workers[session] = (peer, hello.creditLimit, 0)
      send(
        .welcome(
          Welcome(
            session: session, programVersion: "test", heartbeat: .seconds(2), bulkPort: 1)),
        to: session)
      grant(session)
    case .sync(let sync):
      workers[sync.session]?.credit = sync.creditLimit
      grant(sync.session)
    case .finished(let session, let judging, let epoch, let result):
      results[judging, default: []].append(result)
      held[session, default: 0] -= 1
      send(.acknowledge([LeaseName(judging: judging, epoch: epoch)]), to: session)
    default: break
    }
  }

  private func grant(_ session: SessionID) {
    while let worker = workers[session], worker.granted < worker.credit, let next = waiting.first {
      waiting.removeFirst()
      workers[session]?.granted += 1
      held[session, default: 0] += 1
      mostHeld = max(mostHeld, held[session] ?? 0)
      let name = LeaseName(
        judging: JudgingID(next), epoch: LeaseEpoch(generation: 1, counter: UInt64(next)))
      let order = GrantOrder(
        name: name, sequence: worker.granted + 1, package: package, archiveBytes: 1,
        unpackedBytes: 1, mode: .full)
      let program = Program(language: LanguageID("c"), files: [])
      send(.grant([Grant(order: order, program: program)]), to: session)
    }
  }

  private func send(_ message: SchedulerMessage, to session: SessionID) {
    guard let peer = workers[session]?.peer else { return }
    _ = try? socket.send(ControlCodec.encode(message), to: peer)
  }

  func waitForResults(_ count: Int) async throws {
    while results.count < count { try await Task.sleep(for: .milliseconds(5)) }
  }

  nonisolated func stop() { reactor.stop() }
}

@Suite(.timeLimit(.minutes(2))) struct PlayedCrowdTests {
  private static let package = Digest(bytes: [UInt8](repeating: 7, count: 32))

  @Test(arguments: [TimeSpan.zero, .milliseconds(20)])
  func everyJudgingIsFinishedOnce(workSpan: TimeSpan) async throws {
    let package = try #require(Self.package)
    let scheduler = try await GrantingScheduler(judgings: 24, package: package)
    defer { scheduler.stop() }
    let crowd = try PlayedCrowd(
      scheduler.joinLine, named: "played", count: 3, slots: 2, package: package,
      workSpan: workSpan)
    try await crowd.dial()
    try await scheduler.waitForResults(24)
    let results = await scheduler.results
    #expect(results.keys.sorted() == (1...24).map { JudgingID($0) })
    #expect(results.values.allSatisfy { $0.map(\.verdict) == [.accepted] })
    #expect(await scheduler.mostHeld <= 2, "no more than it has slots")
    await crowd.stop()
  }

  @Test func theyAreWorkersLikeOthers() async throws {
    let package = try #require(Self.package)
    let scheduler = try await GrantingScheduler(judgings: 1, package: package)
    defer { scheduler.stop() }
    let crowd = try PlayedCrowd(
      scheduler.joinLine, named: "played", count: 2, slots: 3, prefetch: 1, package: package)
    try await crowd.dial()
    try await scheduler.waitForResults(1)
    while await scheduler.hellos.count < 2 { try await Task.sleep(for: .milliseconds(5)) }
    let hellos = await scheduler.hellos
    #expect(Set(hellos.map(\.worker)) == [WorkerID("played-0"), WorkerID("played-1")])
    for hello in hellos {
      #expect(hello.token == "token")
      #expect(hello.slots == 3)
      #expect(hello.creditLimit == 4)
      #expect(hello.cache.packages == [package])
    }
    await crowd.stop()
  }
}
