internal import Evaluation
internal import Foundation
internal import JudgeModel
internal import Logging
internal import Messages
internal import ProblemPackage
internal import Sandbox
internal import Transport
internal import Wire
internal import WorkerCore

/// The loop around `Worker`: what the scheduler says and what the slots did goes into the core, and
/// what the core decides is done.
///
/// # Theory of operation
///
/// The actor lives on the control thread, which never blocks: judging has a thread per slot, fetching
/// and the cache's files one each, and a transfer one that unpacks and one that asks origins. They report
/// through `mailbox`, in order, and wake the control thread. A slot may judge while its package arrives;
/// it waits for members at `gate`. The worker only ever dials out; while the connection is down it goes
/// on with what it holds.
public actor WorkerAgent {
  nonisolated let reactor: Reactor
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    reactor.asUnownedSerialExecutor()
  }

  private let settings: AgentSettings
  private let log: Logger
  private let context: ZMQContext
  private let security: SocketOptions.Security
  private let cache: CacheKeeper
  private let fetcher: PackageFetcher
  private let origins: OriginDesk
  private let gate: MemberGate
  private let slots: [SlotRunner]
  private let mailbox = Mailbox()
  private let instance: UInt64
  private var core: Worker
  private var control: Socket?
  private var deadline: Deadline?
  private var loadTimer: Deadline?
  private var programs: [JudgingID: Program] = [:]
  /// Ends when everything that was to be evicted is gone.
  private var evictions: Task<Void, Never>?
  private var cancellations: [Int: Cancellation] = [:]
  private var sharings: [Int: CaseSharing] = [:]
  private var leaving: CheckedContinuation<String?, Never>?
  private var left: String??
  private var redial: Deadline?
  private var isConnected = false
  /// When a refused connection was last complained about.
  private var complainedAt: Int64?
  /// That one side cannot read the other was said on this connection.
  private var saidUnreadable = false
  /// Nanoseconds between two complaints about the same, and before an endpoint is dialled again that
  /// libzmq has given up.
  private static let complaintPause: Int64 = 60_000_000_000
  private static let redialPause: Int64 = 5_000_000_000

  public init(_ settings: AgentSettings) async throws {
    self.settings = settings
    log = settings.logger
    context = try ZMQContext(ioThreads: 2)
    reactor = try Reactor(name: "control")
    instance = UInt64.random(in: 1...UInt64.max)
    security = try Self.security(settings.joinLine)
    let directory = settings.cacheDirectory
    let cache = try CacheKeeper(directory: directory)
    let rate = FetchRate(bytesPerSecond: settings.fetchBytesPerSecond)
    let fetcher = try PackageFetcher(ticket: settings.joinLine.token, rate: rate, log: log)
    let origins = OriginDesk(
      rate: rate, limits: settings.originLimits, log: log, choice: settings.knownOrigins)
    (self.cache, self.fetcher, self.origins) = (cache, fetcher, origins)
    gate = MemberGate(
      onWanted: { package, blob in
        origins.prefer(blob, of: package)
        Task { await fetcher.prefer(blob, of: package) }
      },
      onVanished: { [mailbox] in mailbox.post(.packageDamaged($0)) })
    slots = try (0..<settings.slots).map { slot in
      try SlotRunner(
        Workshop(
          host: settings.host, languages: settings.languageTable, slot: slot,
          blobPath: { BlobStore.path(of: $0, in: directory) }))
    }
    var packages = PackageCache(
      budgetBytes: settings.cacheBudgetBytes, found: await cache.found())
    for victim in packages.trim() { try await cache.evict(victim) }
    core = Worker(
      settings: Worker.Settings(slots: settings.slots, prefetch: max(1, settings.slots / 8)),
      cache: packages, lastUses: await cache.lastUses())
  }

  static func security(_ line: JoinLine) throws -> SocketOptions.Security {
    guard let hex = line.serverKey else { return .plain }
    guard let key = CurvePublicKey(hex: hex) else {
      throw AgentError("the join line's server key is damaged: copy the line again")
    }
    return .curveClient(serverKey: key, keys: try CurveKeyPair.generate())
  }

  /// Works until the worker was drained or the scheduler refused it.
  /// - Returns: why it was refused; nil after a drain.
  public func run() async throws -> String? {
    var options = SocketOptions.control
    options.security = security
    let socket = try Socket(context, .dealer, options)
    control = socket
    mailbox.onMail { [weak self] in Task { await self?.takeMail() } }
    deadline = reactor.makeDeadline { self.handle(.timePassed) }
    loadTimer = reactor.makeDeadline { self.measureLoad() }
    redial = reactor.makeDeadline { self.dialAgain() }
    try reactor.register(socket, onMessage: { self.receive($0) })
    try reactor.monitor(socket) { event, _ in self.connectionChanged(event) }
    reactor.afterTurn { self.endOfTurn() }
    measureLoad()
    try socket.connect(settings.joinLine.endpoint())
    log.notice(
      "connecting",
      metadata: [
        "scheduler": "\(settings.joinLine.endpoint())", "worker": "\(settings.worker)",
        "slots": "\(settings.slots)",
      ])
    if let left { return left }
    let reason = await withCheckedContinuation { leaving = $0 }
    await shutDown()
    return reason
  }

  /// Takes nothing more; `run` returns when everything that runs is over.
  public func drain() { handle(.drain) }

  /// Stops now; what runs is given up and will be judged elsewhere.
  public func stop() {
    // First nothing new: a slot that becomes free would take the next lease at once.
    handle(.drain)
    for cancellation in cancellations.values { cancellation.cancel() }
    leave(nil)
  }

  private func shutDown() async {
    for cancellation in cancellations.values { cancellation.cancel() }
    for slot in slots { await slot.stop() }
    origins.stop()
    await fetcher.stop()
    await cache.stop()
    control?.close()
    reactor.stop()
  }

  private func leave(_ reason: String?) {
    guard left == nil else { return }
    left = .some(reason)
    leaving?.resume(returning: reason)
    leaving = nil
  }

  private var now: Instant { Instant(nanoseconds: Reactor.now()) }
}

// MARK: - Events in

extension WorkerAgent {
  private func handle(_ event: WorkerEvent) {
    var effects: [WorkerEffect] = []
    core.handle(event, at: now, into: &effects)
    perform(effects)
  }

  private func endOfTurn() {
    var effects: [WorkerEffect] = []
    core.settle(at: now, into: &effects)
    perform(effects)
    deadline?.instant = core.nextDeadline?.nanoseconds
  }

  private func takeMail() {
    for event in mailbox.takeAll() { handle(event) }
  }

  /// From any thread, in order.
  private nonisolated func post(_ event: WorkerEvent) { mailbox.post(event) }

  private func connectionChanged(_ event: ConnectionEvent) {
    switch event {
    case .handshakeSucceeded:
      isConnected = true
      complainedAt = nil
      saidUnreadable = false
      log.info("connected")
      handle(.connected)
    case .disconnected:
      // Also follows each handshake that failed.
      guard isConnected else { return }
      isConnected = false
      log.notice("connection lost; work goes on, and the scheduler is dialled again")
      handle(.disconnected)
    case .handshakeFailed(let failure):
      if failure.isFinal { redial?.instant = Reactor.now() + Self.redialPause }
      complain(about: failure)
    case .connected, .retrying: break
    }
  }

  /// A wrong key is refused several times a second: say it now and then.
  private func complain(about failure: ConnectionEvent.HandshakeFailure) {
    let now = Reactor.now()
    if let complainedAt, now - complainedAt < Self.complaintPause { return }
    complainedAt = now
    log.error(
      "the scheduler does not accept the connection; trying on",
      metadata: ["reason": "\(failure)", "remedy": "check that the join line is current"])
  }

  private func dialAgain() {
    guard let control, !control.isClosed else { return }
    do {
      try control.reconnect(settings.joinLine.endpoint())
    } catch {
      log.error("cannot dial the scheduler again", metadata: ["error": "\(error)"])
      redial?.instant = Reactor.now() + Self.redialPause
    }
  }

  private func receive(_ message: borrowing InboundMessage) {
    do {
      switch try ControlCodec.decodeForWorker(message.payload) {
      case .welcome(let welcome): begin(welcome)
      case .who: handle(.who)
      case .refused(let reason): handle(.refused(reason))
      case .grant(let grants):
        for grant in grants { programs[grant.order.name.judging] = grant.program }
        handle(.granted(grants.map(\.order)))
        // A grant that came too late is not taken, and nobody will say to forget it.
        for grant in grants where !core.holds(grant.order.name.judging) {
          programs[grant.order.name.judging] = nil
        }
      case .cancel(let judging, let epoch): handle(.cancelled(judging, epoch))
      case .retract(let judging, let epoch): handle(.retracted(judging, epoch))
      case .share(let judging, let epoch, let parts):
        handle(.shareAsked(judging, epoch, parts: parts))
      case .helped(let judging, let epoch, let runs): handle(.helped(judging, epoch, runs))
      case .unshare(let judging, let epoch, let ordinals):
        handle(.unshared(judging, epoch, ordinals))
      case .warm(let order):
        log.info("asked for ahead of need", metadata: ["package": "\(order.package)"])
        handle(.wished(order))
      case .acknowledge(let names): handle(.acknowledged(names))
      case .unreadable(let reason): sayOnce("the scheduler cannot read this worker", reason)
      }
    } catch {
      sayOnce("cannot read the scheduler; are both of one version?", "\(error)")
    }
  }

  /// Logs what will be the same with every further message, the first time on a connection.
  private func sayOnce(_ what: Logger.Message, _ reason: String) {
    guard !saidUnreadable else { return }
    saidUnreadable = true
    log.error(what, metadata: ["reason": "\(reason)"])
  }

  private func begin(_ welcome: Welcome) {
    log.notice("joined", metadata: ["session": "\(welcome.session.value)"])
    let endpoint = settings.joinLine.endpoint(port: welcome.bulkPort)
    let (context, security) = (context, security)
    Task {
      do {
        try await fetcher.connect(context, to: endpoint, security: security)
      } catch {
        log.error("cannot open the bulk connection", metadata: ["error": "\(error)"])
      }
    }
    handle(.welcomed(welcome))
  }

  private func measureLoad() {
    handle(.loadChanged(MachineLoad.read(cacheDirectory: settings.cacheDirectory)))
    loadTimer?.instant = Reactor.now() + 2_000_000_000
  }
}

// MARK: - Effects out

extension WorkerAgent {
  private func perform(_ effects: [WorkerEffect]) {
    for effect in effects {
      switch effect {
      case .send(let message): send(message)
      case .sayHello(let held, let cache, let load, let credit):
        send(.hello(hello(held, cache, load, credit)))
      case .evict(let package): evict(package)
      case .fetch(let package, let archiveBytes, let unpackedBytes):
        fetch(package, archiveBytes, unpackedBytes)
      case .stopFetch(let package):
        origins.stop(package)
        Task { await fetcher.cancel(package, OriginDesk.noRoom) }
      case .giveUp(let package, let reason): gate.fail(package, reason: reason)
      case .start(let slot, let name, let package, let mode, let part):
        start(slot, name, package, mode, part)
      case .share(let slot, let parts): sharings[slot]?.share(parts: Int(parts))
      case .help(let slot, let runs): sharings[slot]?.helped(runs)
      case .takeBack(let slot, let ordinals): sharings[slot]?.takeBack(ordinals)
      case .abort(let slot): cancellations[slot]?.cancel()
      case .forget(let judging): programs[judging] = nil
      case .leave(let reason): leave(reason)
      }
    }
  }

  private func hello(
    _ held: [HeldLease], _ cache: CacheReport, _ load: LoadReport, _ credit: UInt64
  ) -> WorkerHello {
    WorkerHello(
      token: settings.joinLine.token, worker: settings.worker, instance: instance,
      programVersion: settings.programVersion, host: ProcessInfo.processInfo.hostName,
      slots: Int32(clamping: settings.slots), languages: settings.languages,
      labels: settings.labels, sandbox: settings.host.summary, held: held, cache: cache,
      load: load, creditLimit: credit)
  }

  /// What cannot be sent now is not kept: outcomes and state are repeated by the core.
  private func send(_ message: WorkerMessage) {
    guard let control, !control.isClosed else { return }
    do {
      _ = try control.send(
        message.encoded(atMost: SocketOptions.control.maximumMessageBytes))
    } catch {
      log.error("cannot send", metadata: ["error": "\(error)"])
    }
  }

  private func evict(_ package: Digest) {
    gate.forget(package)
    let earlier = evictions
    evictions = Task {
      await earlier?.value
      do {
        try await cache.evict(package)
        log.info("evicted", metadata: ["package": "\(package)"])
      } catch {
        log.warning("cannot evict", metadata: ["package": "\(package)", "error": "\(error)"])
      }
    }
  }

  private func fetch(_ package: Digest, _ archiveBytes: Int64, _ unpackedBytes: Int64) {
    log.info("fetching", metadata: ["package": "\(package)", "bytes": "\(archiveBytes)"])
    let transfer = PackageTransfer(
      package: package, archiveBytes: archiveBytes, unpackedBytes: unpackedBytes,
      directory: settings.cacheDirectory, cache: cache, fetcher: fetcher, origins: origins,
      gate: gate, log: log,
      post: { [mailbox] in mailbox.post($0) })
    // Now, because it may be told to stop before it does anything.
    origins.begin(package)
    // What has to go goes first, or the disk would hold both for a moment.
    let room = evictions
    Task {
      await room?.value
      await transfer.run()
    }
  }

  /// - Parameter part: only these testcases, for another slot.
  private func start(
    _ slot: Int, _ name: LeaseName, _ package: Digest, _ mode: JudgingMode, _ part: [Int32]?
  ) {
    let judging = name.judging
    guard left == nil else { return post(.stopped(slot: slot, judging, .draining)) }
    guard let program = programs[judging] else {
      return post(.stopped(slot: slot, judging, .workerFault("the program was lost")))
    }
    let cancellation = Cancellation()
    cancellations[slot] = cancellation
    let sharing = CaseSharing(
      onShared: { self.post(.shared(judging, $0)) },
      onRemaining: { self.post(.remaining(judging, $0)) })
    sharings[slot] = part == nil ? sharing : nil
    let runner = slots[slot]
    Task {
      let manifest: PackageManifest
      do {
        manifest = try await cache.manifest(of: package)
      } catch {
        return post(.stopped(slot: slot, judging, .workerFault("\(error)")))
      }
      let result = await runner.judge(
        program, package: manifest, mode: mode, cancellation: cancellation,
        arriving: ArrivingPackage(gate: gate, package: package),
        extent: part.map { .part($0) } ?? .whole(sharing),
        onRun: { self.post(.ran(judging, $0)) })
      switch result {
      case .success(let result): post(.judged(slot: slot, judging, result))
      case .failure(let error):
        if error != .cancelled {
          log.warning("not judged", metadata: ["judging": "\(judging)", "reason": "\(error)"])
        }
        post(.stopped(slot: slot, judging, ReturnReason(error)))
      }
    }
  }
}
