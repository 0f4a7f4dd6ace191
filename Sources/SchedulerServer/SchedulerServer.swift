internal import Foundation
internal import JudgeModel
internal import Logging
public import Messages
internal import SchedulerCore
internal import Transport
internal import Wire

/// The loop around `Scheduler`: poll, decode, handle, record, send.
///
/// # Theory of operation
///
/// The actor lives on the control thread. Messages become events and are handled at once; what the
/// core decides collects in `pending`. At the end of each turn the whole of `pending` goes through
/// `pump`: its records are committed in one transaction on the store's thread, and only then is the
/// rest sent. While a commit is under way the next turns collect, so commits group themselves under
/// load and cost one disk flush each.
public actor SchedulerServer {
  nonisolated let reactor: Reactor
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    reactor.asUnownedSerialExecutor()
  }

  let settings: ServerSettings
  let identity: ServerIdentity
  let keeper: StoreKeeper
  let log: Logger
  private let context: ZMQContext
  private var authenticator: Authenticator?
  private(set) var bulk: BulkServer?
  var control: Socket?
  private var deadline: Deadline?
  /// Makes a turn when the outbox is to be tried again.
  var retry: Deadline?
  var sweep: Deadline?

  var core: Scheduler?
  var links = Links()
  var watchers = Watchers()
  var outbox = Outbox()
  var packages: [Digest: PackageSummary] = [:]
  /// Newest package of each problem.
  var newest: [String: Digest] = [:]
  /// The last change of the packages, which the next one waits for.
  var lastPackageChange: Task<Void, Never>?
  /// The client's key of each judging that is not final.
  var keyOf: [JudgingID: String] = [:]
  var known = KnownRequests()
  var lastRequest: Task<[JudgingID], any Error>?
  private(set) var generation: UInt32 = 0
  private var sessionCounter: UInt64 = 0
  var pending: [SchedulerEffect] = []
  /// Answers to clients that are true once `pending` is durable.
  var confirmations: [(ClientReply, RoutingID)] = []
  var isCommitting = false
  private(set) var isStopping = false
  private var failure: CheckedContinuation<any Error, Never>?
  private var failed: (any Error)?

  public init(_ settings: ServerSettings) throws {
    self.settings = settings
    log = settings.logger
    try Self.prepare(settings.stateDirectory)
    identity = try ServerIdentity.load(from: settings.stateDirectory)
    keeper = try StoreKeeper(path: RecordBackup.path(in: settings.stateDirectory))
    context = try ZMQContext(ioThreads: 2)
    reactor = try Reactor(name: "control")
  }

  private static func prepare(_ directory: String) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    } catch {
      throw ServerError(
        "cannot create the state directory \(directory): \(error.localizedDescription) Choose "
          + "another one with --state.")
    }
  }

  /// Opens the sockets and takes up what an earlier run left.
  /// - Parameter host: what the join line shall name.
  /// - Returns: the line that workers and clients join with.
  public func start(advertising host: String) async throws -> JoinLine {
    let bulk = try BulkServer(
      directory: settings.stateDirectory + "/packages", token: identity.token,
      fetchStreams: settings.fetchStreams, catalogue: self, log: log)
    try await takeUpPackages(bulk)
    if !settings.isPlain {
      let authenticator = Authenticator(context, on: reactor) { _ in true }
      try await authenticator.start()
      self.authenticator = authenticator
    }
    let bulkPort = try await bulk.start(
      context, listen: replacingPort(of: settings.listen, with: settings.bulkPort),
      security: security)
    self.bulk = bulk

    generation = try await keeper.nextGeneration()
    var core = Scheduler(
      generation: generation,
      identity: SchedulerIdentity(programVersion: settings.programVersion, bulkPort: bulkPort),
      policy: settings.policy, at: now)
    try await restore(into: &core)
    self.core = core

    var options = settings.control
    options.security = security
    let socket = try Socket(context, .router, options)
    let endpoint = try socket.bind(settings.listen)
    control = socket
    deadline = reactor.makeDeadline { self.handle(.timePassed) }
    retry = reactor.makeDeadline {}
    sweep = reactor.makeDeadline { self.sweepClients() }
    try reactor.register(
      socket, onMessage: { self.receive($0) }, onMalformed: { self.refuseFrames(of: $0) })
    reactor.afterTurn { self.endOfTurn() }
    endOfTurn()
    guard let port = portNumber(of: endpoint) else {
      throw ServerError("cannot tell the port of \(endpoint)")
    }
    log.notice(
      "listening",
      metadata: ["control": "\(endpoint)", "bulk": "\(bulkPort)", "generation": "\(generation)"])
    return JoinLine(
      host: host, port: port, serverKey: settings.isPlain ? nil : identity.keys.publicKey.hex,
      token: identity.token)
  }

  private func restore(into core: inout Scheduler) async throws {
    let unfinished = try await keeper.unfinished()
    guard !unfinished.isEmpty else { return }
    var effects: [SchedulerEffect] = []
    for item in unfinished { keyOf[item.order.judging] = item.key }
    let list = unfinished.map { RestoredJudging(order: $0.order, epoch: $0.epoch) }
    core.handle(.restored(list), at: now, into: &effects)
    pending += effects
    log.notice("took up unfinished judgings", metadata: ["count": "\(unfinished.count)"])
  }

  private var security: SocketOptions.Security {
    settings.isPlain
      ? .plain : .curveServer(secretKey: identity.keys.secretKey, domain: "assize")
  }

  /// Says what the server cannot go on after, and that nothing is told any more.
  func fail(_ what: Logger.Message, _ error: any Error) {
    log.critical(what, metadata: ["error": "\(error)"])
    failed = error
    failure?.resume(returning: error)
    failure = nil
  }

  /// The record and what is decided differ from now on.
  var hasFailed: Bool { failed != nil }

  /// Waits until something goes wrong that the server cannot go on after.
  public func failed() async -> any Error {
    if let failed { return failed }
    return await withCheckedContinuation { failure = $0 }
  }

  /// Stops taking and giving; what was decided is made durable.
  public func stop() async {
    isStopping = true
    control?.close()
    while isCommitting
      || !hasFailed
        && pending.contains(where: { if case .record = $0 { true } else { false } })
    {
      pump()
      try? await Task.sleep(for: .milliseconds(2))
    }
    await bulk?.stop()
    await authenticator?.stop()
    try? await keeper.close()
    reactor.stop()
    // For whoever asks later as well.
    if failed == nil { failed = CancellationError() }
    failure?.resume(returning: CancellationError())
    failure = nil
  }

  var now: Instant { Instant(nanoseconds: Reactor.now()) }
}

// MARK: - Events in

extension SchedulerServer {
  private func receive(_ message: borrowing InboundMessage) {
    guard let peer = message.sender, !message.isProbe else { return }
    do throws(UnreadableMessage) {
      switch try ControlCodec.decodeInbound(message.payload) {
      case .worker(let message): receive(message, from: peer)
      case .client(let message): receive(message, from: peer)
      }
    } catch {
      refuse(error, from: peer)
    }
  }

  private func receive(_ message: WorkerMessage, from peer: RoutingID) {
    if case .hello(let hello) = message { return greet(hello, from: peer) }
    guard let session = message.session, isCurrent(session, of: peer) else { return }
    switch message {
    case .hello: break
    case .sync(let sync): handle(.sync(sync))
    case .runs(_, let judging, let epoch, let runs): handle(.runs(session, judging, epoch, runs))
    case .finished(_, let judging, let epoch, let result):
      handle(.finished(session, judging, epoch, result))
    case .returned(_, let judging, let epoch, let reason):
      log.log(
        level: reason == .retracted ? .debug : .notice, "judging returned",
        metadata: ["judging": "\(judging)", "reason": "\(reason.text)"])
      handle(.returned(session, judging, epoch, reason))
    case .cancelled(_, let judging, let epoch):
      handle(.cancelConfirmed(session, judging, epoch))
    case .wishEnded(_, let package, let reason):
      handle(.wishEnded(session, package, reason: reason))
    case .goodbye: handle(.goodbye(session))
    }
  }

  private func greet(_ hello: WorkerHello, from peer: RoutingID) {
    guard identity.accepts(hello.token) else {
      complain("refused a worker with a wrong token", of: peer, ["worker": "\(hello.worker)"])
      return refuse(peer, Self.wrongToken)
    }
    guard hello.protocolVersion == ProtocolVersion.current else {
      complain("refused a worker of another version", of: peer, ["worker": "\(hello.worker)"])
      return refuse(peer, wrongVersion(hello.protocolVersion))
    }
    sessionCounter += 1
    let session = SessionID(UInt64(generation) << 32 | sessionCounter)
    if let old = links.bind(session, to: peer) { handle(.disconnected(old)) }
    handle(.hello(session, hello))
    log.notice(
      core?.hasJoined(session) == true
        ? "worker joined" : "a worker waits until it is known whether another has its name",
      metadata: [
        "worker": "\(hello.worker)", "host": "\(hello.host)", "slots": "\(hello.slots)",
        "session": "\(session.value)", "held": "\(hello.held.count)",
      ])
  }

  func handle(_ event: SchedulerEvent) {
    core?.handle(event, at: now, into: &pending)
  }

  private func endOfTurn() {
    flushOutbox()
    core?.schedule(at: now, into: &pending)
    pump()
    deadline?.instant = core?.nextDeadline?.nanoseconds
    if !outbox.isEmpty, retry?.instant == nil {
      retry?.instant = Reactor.now() + outbox.nextPause()
    }
  }
}

extension WorkerMessage {
  /// The session it claims; nil for hello.
  var session: SessionID? {
    switch self {
    case .hello: nil
    case .sync(let sync): sync.session
    case .runs(let session, _, _, _), .finished(let session, _, _, _),
      .returned(let session, _, _, _), .cancelled(let session, _, _),
      .wishEnded(let session, _, reason: _), .goodbye(let session):
      session
    }
  }
}

func portNumber(of endpoint: String) -> UInt16? {
  endpoint.lastIndex(of: ":").flatMap { UInt16(endpoint[endpoint.index(after: $0)...]) }
}

func replacingPort(of endpoint: String, with port: UInt16) -> String {
  guard let colon = endpoint.lastIndex(of: ":") else { return endpoint }
  return endpoint[...colon] + (port == 0 ? "*" : String(port))
}
