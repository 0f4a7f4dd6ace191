import JudgeModel
import Messages
import Testing
import Transport
import Wire

/// A scheduler played by hand: it grants what it is told to, serves archives from memory, writes down
/// what it was asked for, and can hold pieces back.
actor PlayedScheduler {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  struct Asked: Equatable {
    var package: Digest
    var range: Range<Int64>
  }

  private let control: Socket
  private let context: ZMQContext
  private var bulk: Socket
  private(set) var bulkPort: UInt16 = 0
  nonisolated let joinLine: JoinLine
  private var worker: RoutingID?
  /// The bulk connection that asked last.
  private var bulkPeer: RoutingID?
  private var session: UInt64 = 0
  private var sequence: UInt64 = 0
  private var archives: [Digest: [UInt8]] = [:]
  private var origins: [Digest: [Origin]] = [:]
  /// Pieces that overlap these are not sent, nor what is asked for after them.
  private var held: [Digest: Range<Int64>] = [:]
  private var owed: [(BulkReply, RoutingID)] = []
  private var retry: Deadline?
  private(set) var asked: [Asked] = []
  private(set) var cached: [Digest] = []
  private(set) var usedBytes: Int64 = 0
  private var runs: [JudgingID: [Run]] = [:]
  private var outcomes: [JudgingID: Outcome] = [:]

  enum Outcome: Equatable {
    case judged(JudgingResult)
    case returned(ReturnReason)
  }

  init() async throws {
    reactor = try Reactor(name: "played")
    context = try ZMQContext()
    control = try Socket(context, .router, .control)
    bulk = try Socket(context, .router, .bulk)
    let endpoint = try control.bind("tcp://127.0.0.1:0")
    let bulkEndpoint = try bulk.bind("tcp://127.0.0.1:0")
    let port = { (endpoint: String) in
      UInt16(endpoint.split(separator: ":").last.map(String.init) ?? "") ?? 0
    }
    bulkPort = port(bulkEndpoint)
    joinLine = JoinLine(host: "127.0.0.1", port: port(endpoint), serverKey: nil, token: "token")
    try listen()
  }

  /// Loses every bulk connection, and takes new ones at the same place.
  func breakBulk() async throws {
    bulk.close()
    bulk = try Socket(context, .router, .bulk)
    // The old one lets go of the port a little later.
    try await eventually("the port is free") {
      (try? bulk.bind("tcp://127.0.0.1:\(bulkPort)")) != nil
    }
    try reactor.register(bulk, onMessage: { self.serve($0) })
  }

  private func listen() throws {
    try reactor.register(control, onMessage: { self.hear($0) })
    try reactor.register(bulk, onMessage: { self.serve($0) })
    retry = reactor.makeDeadline { self.pay() }
  }

  /// It refers to itself through its thread, so somebody has to end it.
  nonisolated func stop() { reactor.stop() }

  // MARK: Playing

  func put(_ archive: [UInt8], as package: Digest) { archives[package] = archive }

  func put(origins urls: [String], of package: Digest) throws {
    origins[package] = try urls.map { try Origin($0) }
  }

  func holdBack(_ range: Range<Int64>, of package: Digest) { held[package] = range }

  func release() {
    held = [:]
    pay()
  }

  /// Sends what may be sent, in order, as far as the connection has room.
  private func pay() {
    while let (reply, peer) = owed.first, !isHeld(reply) {
      // A worker that has left is owed nothing.
      if case .wouldBlock? = try? bulk.send(BulkCodec.encode(reply), to: peer) {
        retry?.instant = Reactor.now() + 1_000_000
        return
      }
      owed.removeFirst()
    }
  }

  private func isHeld(_ reply: BulkReply) -> Bool {
    guard case .piece(let package, let offset, let bytes, _) = reply else { return false }
    return held[package]?.overlaps(offset..<(offset + Int64(bytes.count))) == true
  }

  var owedCount: Int { owed.count }

  /// Says that a package cannot be sent.
  func fail(_ package: Digest, _ reason: String) {
    let peers = owed.map(\.1)
    owed = []
    if let peer = peers.first { send(.failed(package: package, reason: reason), to: peer) }
  }

  func forgetAsked() { asked = [] }

  /// Packages whose transfers are told to wait.
  private var waiting: Set<Digest> = []
  private(set) var wishesEnded: [(package: Digest, reason: String)] = []

  func makeWait(_ package: Digest) { waiting.insert(package) }

  /// Serves it from now on, without a word.
  func stopWaiting(_ package: Digest) { waiting.remove(package) }

  func letGo(_ package: Digest) {
    waiting.remove(package)
    if let bulkPeer { send(.go(package: package), to: bulkPeer) }
  }

  func warm(_ package: Digest, unpacked: Int64) throws {
    try say(
      .warm(
        WarmOrder(
          package: package, archiveBytes: Int64(archives[package]?.count ?? 0),
          unpackedBytes: unpacked)))
  }

  func bytesAsked(_ package: Digest) -> Int64 {
    asked.filter { $0.package == package }.reduce(0) { $0 + Int64($1.range.count) }
  }

  func grant(_ judging: Int64, _ package: Digest, unpacked: Int64, _ program: Program) throws {
    sequence += 1
    let name = LeaseName(
      judging: JudgingID(judging), epoch: LeaseEpoch(generation: 1, counter: sequence))
    let order = GrantOrder(
      name: name, sequence: sequence, package: package,
      archiveBytes: Int64(archives[package]?.count ?? 0), unpackedBytes: unpacked, mode: .full)
    try say(.grant([Grant(order: order, program: program)]))
  }

  func cancel(_ judging: Int64) throws {
    try say(.cancel(JudgingID(judging), LeaseEpoch(generation: 1, counter: sequence)))
  }

  func runCount(_ judging: Int64) -> Int { runs[JudgingID(judging)]?.count ?? 0 }
  func outcome(_ judging: Int64) -> Outcome? { outcomes[JudgingID(judging)] }
  var isJoined: Bool { worker != nil }
  func waitForAnotherWorker() { worker = nil }

  private func say(_ message: SchedulerMessage) throws {
    let worker = try #require(worker, "a worker has joined")
    _ = try control.send(ControlCodec.encode(message), to: worker)
  }

  // MARK: Hearing

  private func hear(_ message: borrowing InboundMessage) {
    guard let sender = message.sender,
      case .worker(let said)? = try? ControlCodec.decodeInbound(message.payload)
    else { return }
    switch said {
    case .hello(let hello):
      worker = sender
      session += 1
      sequence = 0
      note(hello.cache)
      let welcome = Welcome(
        session: SessionID(session), programVersion: "played", heartbeat: .milliseconds(200),
        bulkPort: bulkPort)
      _ = try? control.send(ControlCodec.encode(SchedulerMessage.welcome(welcome)), to: sender)
    case .sync(let sync): if let cache = sync.cache { note(cache) }
    case .runs(_, let judging, _, let new): runs[judging, default: []] += new
    case .finished(_, let judging, let epoch, let result):
      over(judging, epoch, .judged(result), sender)
    case .returned(_, let judging, let epoch, let reason):
      over(judging, epoch, .returned(reason), sender)
    case .wishEnded(_, let package, let reason): wishesEnded.append((package, reason))
    case .cancelled, .goodbye: break
    }
  }

  private func note(_ report: CacheReport) {
    cached = report.packages
    usedBytes = report.usedBytes
  }

  private func over(
    _ judging: JudgingID, _ epoch: LeaseEpoch, _ outcome: Outcome, _ sender: RoutingID
  ) {
    outcomes[judging] = outcome
    let name = LeaseName(judging: judging, epoch: epoch)
    _ = try? control.send(ControlCodec.encode(SchedulerMessage.acknowledge([name])), to: sender)
  }

  private func serve(_ message: borrowing InboundMessage) {
    guard let sender = message.sender,
      let (request, _) = try? BulkCodec.decodeRequest(message.payload),
      case .read(let package, let offset, let length, let left, let wantsOrigins) = request
    else { return }
    bulkPeer = sender
    let range = offset..<(offset + Int64(length))
    asked.append(Asked(package: package, range: range))
    if waiting.contains(package), left ?? 0 > 0 {
      return send(.wait(package: package), to: sender)
    }
    guard let archive = archives[package], range.upperBound <= archive.count else {
      return send(.failed(package: package, reason: "no such bytes"), to: sender)
    }
    let reply = BulkReply.piece(
      package: package, offset: offset, bytes: Array(archive[Int(offset)..<Int(range.upperBound)]),
      origins: wantsOrigins ? origins[package] ?? [] : [])
    send(reply, to: sender)
  }

  private func send(_ reply: BulkReply, to peer: RoutingID) {
    owed.append((reply, peer))
    pay()
  }
}

/// Waits for something that has to come; the bound is for tests that fail.
func eventually(
  _ what: String, seconds: Int64 = 60, sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () async throws -> Bool
) async throws {
  let end = Reactor.now() + seconds * 1_000_000_000
  while try await !condition() {
    if Reactor.now() > end {
      Issue.record("never came: \(what)", sourceLocation: sourceLocation)
      throw NeverCame(what: what)
    }
    try await Task.sleep(for: .milliseconds(5))
  }
}

struct NeverCame: Error {
  let what: String
}
