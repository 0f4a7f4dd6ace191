public import JudgeModel
public import Messages
import Transport
import Wire
import WorkerCore

/// Workers that decide and speak as real ones do, over sockets of their own, and whose judgings take a
/// given time and no processor: what a scheduler does by itself shows only beside such workers.
///
/// All of them share one thread, so that a thousand are no burden to the machine they measure.
public actor PlayedCrowd {
  private nonisolated let reactor: Reactor
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    reactor.asUnownedSerialExecutor()
  }

  private struct Member {
    let socket: Socket
    var core: Worker
    var isDirty = false
  }
  private struct Work {
    var end: Instant
    var member: Int
    var slot: Int
    var judging: JudgingID
  }

  private let context: ZMQContext
  private let line: JoinLine
  private let name: String
  private let slots: Int
  private let workSpan: TimeSpan
  private var members: [Member] = []
  private var dirty: [Int] = []
  /// In no order: there are as many as slots are busy.
  private var work: [Work] = []
  private var wake: Deadline?
  private var heartbeatWake: Deadline?

  /// - Parameters:
  ///   - line: of a scheduler that does not encrypt.
  ///   - package: every worker holds it from the start.
  ///   - workSpan: what each judging takes; zero ends it in the turn in which it was granted.
  public init(
    _ line: JoinLine, named name: String, count: Int, slots: Int, prefetch: Int = 0,
    package: Digest, workSpan: TimeSpan = .zero
  ) throws {
    self.line = line
    self.name = name
    self.slots = slots
    self.workSpan = workSpan
    // Each of them is three: itself and the two ends of its monitor.
    context = try ZMQContext(
      ioThreads: 1, maximumSockets: Int32(clamping: 4 * count + 64))
    reactor = try Reactor(name: "crowd")
    for _ in 0..<count {
      members.append(
        Member(
          socket: try Socket(context, .dealer, .control),
          core: Worker(
            settings: Worker.Settings(slots: slots, prefetch: prefetch),
            cache: PackageCache(
              budgetBytes: 1 << 40,
              found: [
                FoundPackage(package: package, blobs: [CachedBlob(digest: package, size: 1)])
              ]))))
    }
  }

  /// Dials with all of them. They are welcome some time later.
  public func dial() throws {
    wake = reactor.makeDeadline { self.finishWork() }
    heartbeatWake = reactor.makeDeadline { self.passTime() }
    reactor.afterTurn { self.settle() }
    for index in members.indices {
      let socket = members[index].socket
      try reactor.register(socket, onMessage: { self.receive($0, index) })
      try reactor.monitor(socket) { event, _ in
        switch event {
        case .handshakeSucceeded: self.tell(index, .connected)
        case .disconnected: self.tell(index, .disconnected)
        case .handshakeFailed, .connected, .retrying: break
        }
      }
      try socket.connect(line.endpoint())
    }
    heartbeatWake?.instant = Reactor.now() + Self.tick
  }

  /// How often it is looked who wants to say something by himself, nanoseconds.
  private static let tick: Int64 = 50_000_000

  public func stop() {
    for member in members { member.socket.close() }
    reactor.stop()
  }

  private var now: Instant { Instant(nanoseconds: Reactor.now()) }

  private func receive(_ message: borrowing InboundMessage, _ index: Int) {
    guard let order = try? ControlCodec.decodeForWorker(message.payload) else { return }
    switch order {
    case .welcome(let welcome): tell(index, .welcomed(welcome))
    case .who: tell(index, .who)
    case .refused(let reason): tell(index, .refused(reason))
    case .grant(let grants): tell(index, .granted(grants.map(\.order)))
    case .cancel(let judging, let epoch): tell(index, .cancelled(judging, epoch))
    case .retract(let judging, let epoch): tell(index, .retracted(judging, epoch))
    case .acknowledge(let names): tell(index, .acknowledged(names))
    case .warm, .share, .helped, .unshare, .unreadable: break
    }
  }

  private func tell(_ index: Int, _ event: WorkerEvent) {
    var effects: [WorkerEffect] = []
    members[index].core.handle(event, at: now, into: &effects)
    mark(index)
    perform(effects, index)
  }

  private func mark(_ index: Int) {
    guard !members[index].isDirty else { return }
    members[index].isDirty = true
    dirty.append(index)
  }

  private func settle() {
    while let index = dirty.popLast() {
      members[index].isDirty = false
      var effects: [WorkerEffect] = []
      members[index].core.settle(at: now, into: &effects)
      perform(effects, index)
    }
  }

  private func perform(_ effects: [WorkerEffect], _ index: Int) {
    for effect in effects {
      switch effect {
      case .send(let message): send(message, index)
      case .sayHello(let held, let cache, let load, let credit):
        send(
          .hello(
            WorkerHello(
              token: line.token, worker: WorkerID("\(name)-\(index)"), instance: 1,
              programVersion: "played", host: "played", slots: Int32(clamping: slots),
              languages: [LanguageSupport(language: LanguageID("c"), version: "played")],
              labels: [], sandbox: "none", held: held, cache: cache, load: load,
              creditLimit: credit)), index)
      case .start(let slot, let name, package: _, mode: _, part: _):
        start(Work(end: now + workSpan, member: index, slot: slot, judging: name.judging))
      case .share, .help, .takeBack, .evict, .fetch, .stopFetch, .giveUp, .abort, .forget, .leave:
        break
      }
    }
  }

  private func send(_ message: WorkerMessage, _ index: Int) {
    // What cannot go out now is repeated by the core.
    _ = try? members[index].socket.send(ControlCodec.encode(message))
  }

  private func start(_ item: Work) {
    guard workSpan > .zero else { return finish(item) }
    work.append(item)
    wake?.instant = min(wake?.instant ?? .max, item.end.nanoseconds)
  }

  private func finish(_ item: Work) {
    let run = Run(ordinal: 1, testcase: "1", verdict: .accepted)
    tell(
      item.member,
      .judged(
        slot: item.slot, item.judging, JudgingResult(verdict: .accepted, runs: [run])))
  }

  private func finishWork() {
    let now = now
    let over = work.filter { $0.end <= now }
    work.removeAll { $0.end <= now }
    for item in over { finish(item) }
    wake?.instant = work.map(\.end.nanoseconds).min()
  }

  private func passTime() {
    let now = now
    for index in members.indices {
      if let due = members[index].core.nextDeadline, due <= now { tell(index, .timePassed) }
    }
    heartbeatWake?.instant = Reactor.now() + Self.tick
  }
}
