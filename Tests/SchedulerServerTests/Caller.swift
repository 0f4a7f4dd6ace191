import CZeroMQ
import JudgeModel
import Messages
import Testing
import Wire

@testable import Transport

/// A worker or client played by hand: one dealer that says what the test tells it to, and that can
/// leave what it is sent unread.
actor Caller {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  private let socket: Socket
  private let token: String
  private var registration: Registration?
  private var reader = ReplyReader()
  /// What a client was told.
  private(set) var replies: [ClientReply] = []
  /// What a worker was told.
  private(set) var orders: [SchedulerMessage] = []
  private var isWorker = false
  private(set) var session = SessionID(0)
  private(set) var unreadable: [WireError] = []
  private var onOrder: (@Sendable (isolated Caller, SchedulerMessage) -> Void)?
  /// What a worker says in its syncs.
  private var held: [LeaseName] = []
  private var grantsSeen: UInt64 = 0
  private var creditLimit: UInt64 = 0
  private var syncs: UInt64 = 0
  private var heartbeat: Deadline?
  /// What a worker fetches because it was asked to.
  private var warming: [Digest] = []
  /// Of its cache, once it is something else than at the hello.
  private var cache: CacheReport?

  init(_ line: JoinLine) throws {
    token = line.token
    reactor = try Reactor(name: "caller")
    ServerBench.callers?.add(reactor)
    var options = SocketOptions.control
    // The least that may be on its way, so that not reading is noticed soon.
    options.receiveHighWaterMark = 1
    options.loseHeartbeats()
    socket = try Socket(ZMQContext(), .dealer, options)
    try socket.connect(line.endpoint())
  }

  func read() throws {
    registration = try reactor.register(socket, onMessage: { self.keep($0) })
  }

  /// What comes from now on stays in the queues, and then with the scheduler.
  func stopReading() {
    registration?.cancel()
    registration = nil
  }

  private func keep(_ message: borrowing InboundMessage) {
    do {
      if isWorker {
        let order = try ControlCodec.decodeForWorker(message.payload)
        note(order)
        orders.append(order)
        onOrder?(self, order)
      } else if let reply = try reader.take(message.payload) {
        replies.append(reply)
      }
    } catch {
      unreadable.append(error)
    }
  }

  private func note(_ order: SchedulerMessage) {
    switch order {
    case .welcome(let welcome):
      session = welcome.session
      beat()
    case .grant(let grants):
      held += grants.map(\.order.name)
      grantsSeen = max(grantsSeen, grants.map(\.order.sequence).max() ?? 0)
    case .acknowledge(let names): held.removeAll { names.contains($0) }
    case .warm(let order): warming.append(order.package)
    default: break
    }
  }

  /// From the reactor's own thread, because the test's may come late on a busy machine, and a worker
  /// that is silent is lost.
  private func beat() {
    let deadline = heartbeat ?? reactor.makeDeadline { self.beat() }
    heartbeat = deadline
    deadline.instant = Reactor.now() + 1_000_000_000
    sync()
  }

  private func sync() {
    syncs += 1
    say(
      .sync(
        WorkerSync(
          session: session, sequence: syncs, creditLimit: creditLimit, grantsSeen: grantsSeen,
          held: held.map { HeldLease(judging: $0.judging, epoch: $0.epoch, phase: .running) },
          cache: cache, load: LoadReport(), warming: warming)))
  }

  /// What it was asked to warm is there.
  func haveWarmed() {
    cache = CacheReport(packages: warming.sorted(), usedBytes: 0, budgetBytes: 0)
    warming = []
    sync()
  }

  func refuseToWarm(_ reason: String) {
    let packages = warming
    warming = []
    for package in packages { say(.wishEnded(session, package, reason: reason)) }
  }

  // MARK: Saying something

  func send(_ bytes: [UInt8]) async throws {
    try await eventually("a connection") {
      if case .sent = try socket.send(bytes) { true } else { false }
    }
  }

  func send(_ message: ClientMessage) async throws { try await send(ControlCodec.encode(message)) }
  func send(_ message: WorkerMessage) async throws { try await send(ControlCodec.encode(message)) }

  /// One message of several frames.
  func send(frames: [[UInt8]]) async throws {
    try await eventually("a connection") {
      for (index, frame) in frames.enumerated() {
        let more = index < frames.count - 1 ? ZMQ_SNDMORE : 0
        let sent = zmq_send(socket.raw, frame, frame.count, ZMQ_DONTWAIT | more)
        if sent < 0 { return false }
      }
      return true
    }
  }

  /// For handlers: what cannot go out now is lost.
  func say(_ message: WorkerMessage) { _ = try? socket.send(ControlCodec.encode(message)) }

  // MARK: Being somebody

  /// Is welcomed as a client.
  func joinAsClient() async throws {
    try read()
    try await send(
      .hello(protocolVersion: ProtocolVersion.current, token: token, programVersion: "test"))
    try await eventually("the welcome") { !replies.isEmpty }
    replies = []
  }

  /// Is welcomed as a worker.
  /// - Returns: the session.
  @discardableResult func joinAsWorker(
    _ name: String, slots: Int32 = 1, packages: [Digest] = [], budget: Int64 = 0,
    onOrder: (@Sendable (isolated Caller, SchedulerMessage) -> Void)? = nil
  ) async throws -> SessionID {
    isWorker = true
    creditLimit = UInt64(slots)
    self.onOrder = onOrder
    try read()
    try await send(.hello(hello(name, slots: slots, packages: packages, budget: budget)))
    try await eventually("the welcome") { !orders.isEmpty }
    #expect(session != SessionID(0))
    return session
  }

  func hello(
    _ name: String, slots: Int32 = 1, packages: [Digest] = [], budget: Int64 = 0
  ) -> WorkerHello {
    WorkerHello(
      token: token, worker: WorkerID(name), instance: 1, programVersion: "test", host: "host",
      slots: slots, languages: [LanguageSupport(language: LanguageID("c"), version: "1")],
      labels: [], sandbox: "none", held: [],
      cache: CacheReport(packages: packages, usedBytes: 0, budgetBytes: budget), load: LoadReport(),
      creditLimit: UInt64(slots))
  }

  /// Is welcomed as a worker that judges whatever it is granted, at once.
  func judgeEverything(_ name: String, slots: Int32 = 16) async throws {
    try await joinAsWorker(name, slots: slots) { caller, order in
      guard case .grant(let grants) = order else { return }
      for grant in grants {
        let (judging, epoch) = (grant.order.name.judging, grant.order.name.epoch)
        let run = Run(ordinal: 1, testcase: "1", verdict: .accepted)
        caller.say(.runs(caller.session, judging, epoch, [run]))
        let result = JudgingResult(verdict: .accepted, runs: [run])
        caller.say(.finished(caller.session, judging, epoch, result))
      }
      caller.creditLimit = caller.grantsSeen + UInt64(slots)
      caller.sync()
    }
  }

  /// The next grant, which is taken off the list.
  func nextGrant() async throws -> LeaseName {
    var name: LeaseName?
    try await eventually("a grant") {
      for (index, order) in orders.enumerated() {
        guard case .grant(let grants) = order, let grant = grants.first else { continue }
        orders.remove(at: index)
        name = grant.order.name
        return true
      }
      return false
    }
    return try #require(name)
  }
}
