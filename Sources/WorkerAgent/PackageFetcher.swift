internal import Foundation
internal import JudgeModel
internal import Logging
internal import Messages
internal import ProblemPackage
internal import Transport
internal import Wire
internal import WorkerCore

/// Asks for bytes of package archives over the bulk socket, for all transfers of a worker.
///
/// # Theory of operation
///
/// There are two kinds of wishes: a range, for the two ends of an archive, and a stream, whose plan
/// says which piece is next. They are asked for in turn, as long as the window, the rate and what lies
/// unread in the pipes allow. What was asked for stands in one queue until it comes; pieces come in
/// the order of that queue, and any other one answers a request that was repeated since. After a
/// broken connection, or a long silence, the whole queue is asked for again: nothing that came is.
actor PackageFetcher {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  private struct Request {
    var package: Digest
    var offset: Int64
    var length: Int64
    /// Empty: a range that somebody waits for.
    var parts: [FetchPlan.Part] = []
    /// Bytes that its transfer asks for afterwards.
    var left: Int64 = 0
    var wantsOrigins = false
    var askedAt = Instant.zero
    var wasAlone = false
  }
  private struct Stream {
    var plan: FetchPlan
    var pipe: MemberPipe
    var waiter: CheckedContinuation<Void, any Error>
    /// Member by blob, for those that are waited for.
    var members: [Digest: Int]
    /// Not asked for yet.
    var left: Int64
  }
  /// Bytes of an archive, and where it lies besides if that was asked for.
  struct Answer: Sendable {
    var bytes: [UInt8]
    var origins: [Origin]
  }
  private typealias Waiter = CheckedContinuation<Answer, any Error>

  private let ticket: String
  private let log: Logger
  private var socket: Socket?
  private var registration: Registration?
  private var endpoint: String?
  private var streams: [Digest: Stream] = [:]
  /// By package: the one range that is wished for.
  private var ranges: [Digest: Waiter] = [:]
  /// Whose turn it is, the first next.
  private var turns: [Digest] = []
  private var unsent: [Request] = []
  private var asked: [Request] = []
  /// Packages that have to wait for other workers' transfers: what was asked for of them, and when to
  /// ask again. Then the first of the requests goes out, and the others when it was answered.
  private var waits: [Digest: (requests: [Request], until: Int64)] = [:]
  private var window = FetchWindow()
  private let rate: FetchRate
  private var lastHeard = Reactor.now()
  private var retries = 0
  private var isStopped = false
  private var patience: Deadline?
  private var redial: Deadline?
  private var throttle: Deadline?
  private var turn: Deadline?

  /// Silence after which missing pieces are asked for again, nanoseconds.
  static let silence: Int64 = 15_000_000_000
  static let retryLimit = 20
  private static let redialPause: Int64 = 5_000_000_000

  /// - Parameter rate: of all transfers together, those from origins too.
  init(
    ticket: String, rate: FetchRate = FetchRate(bytesPerSecond: nil), log: Logger
  ) throws {
    self.ticket = ticket
    self.log = log
    self.rate = rate
    reactor = try Reactor(name: "fetch")
  }

  // MARK: The connection

  /// Connects, or connects elsewhere when the scheduler came back on another port.
  func connect(
    _ context: ZMQContext, to endpoint: String, security: SocketOptions.Security
  ) throws {
    makeDeadlines()
    guard endpoint != self.endpoint, !isStopped else { return }
    socket?.close()
    var options = SocketOptions.bulk
    options.security = security
    let socket = try Socket(context, .dealer, options)
    registration = try reactor.register(
      socket, turnLimit: 16, onMessage: { self.receive($0) }, onWritable: { self.pump() })
    try reactor.monitor(socket) { event, endpoint in
      if case .handshakeSucceeded = event { self.resume() }
      if case .handshakeFailed(let failure) = event, failure.isFinal {
        self.log.warning("bulk connection refused", metadata: ["reason": "\(failure)"])
        // libzmq does not try again by itself after this.
        self.redial?.instant = Reactor.now() + Self.redialPause
      }
    }
    try socket.connect(endpoint)
    self.socket = socket
    self.endpoint = endpoint
  }

  /// Deadlines belong to the reactor's thread, where `init` does not run.
  private func makeDeadlines() {
    guard patience == nil else { return }
    patience = reactor.makeDeadline { self.checkPatience() }
    redial = reactor.makeDeadline { self.dialAgain() }
    throttle = reactor.makeDeadline { self.pump() }
    turn = reactor.makeDeadline { self.endWaits() }
  }

  private func dialAgain() {
    guard let socket, !socket.isClosed, let endpoint else { return }
    do {
      try socket.reconnect(endpoint)
    } catch {
      log.error("cannot dial the bulk socket again", metadata: ["error": "\(error)"])
      redial?.instant = Reactor.now() + Self.redialPause
    }
  }

  func stop() {
    isStopped = true
    for package in Array(ranges.keys) + Array(streams.keys) {
      end(package, AgentError("the worker stops"))
    }
    socket?.close()
    reactor.stop()
  }

  // MARK: Wishes

  /// Bytes of an archive. One range of a package at a time.
  /// - Parameters:
  ///   - length: at most one piece.
  ///   - wantsOrigins: ask where the archive lies besides.
  func read(
    _ package: Digest, at offset: Int64, length: Int64, wantsOrigins: Bool = false
  ) async throws -> Answer {
    try await withCheckedThrowingContinuation { waiter in
      ranges[package] = waiter
      unsent.append(
        Request(package: package, offset: offset, length: length, wantsOrigins: wantsOrigins))
      wish(package)
    }
  }

  /// Members of an archive into a pipe. Returns when all bytes have come.
  /// - Parameter members: indices by blob, for `prefer`.
  func stream(
    _ package: Digest, _ plan: FetchPlan, members: [Digest: Int], into pipe: MemberPipe
  ) async throws {
    try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
      streams[package] = Stream(
        plan: plan, pipe: pipe, waiter: waiter, members: members, left: plan.bytesLeft)
      turns.append(package)
      wish(package)
    }
  }

  private func wish(_ package: Digest) {
    guard !isStopped else { return end(package, AgentError("the worker stops")) }
    makeDeadlines()
    if asked.isEmpty { lastHeard = Reactor.now() }
    patience?.instant = Reactor.now() + Self.silence
    endIfDone(package)
    pump()
  }

  /// Somebody waits for this blob of a package now.
  func prefer(_ blob: Digest, of package: Digest) {
    guard let member = streams[package]?.members[blob] else { return }
    streams[package]?.plan.prefer(member)
  }

  /// Asks for nothing more of this package; its stream ends with this error.
  func cancel(_ package: Digest, _ reason: any Error) { end(package, reason) }

  /// Asks for what may be asked for now. Also called when a pipe was emptied.
  func pump() {
    guard let socket, !socket.isClosed else { return }
    while hasRoom {
      let now = Instant(nanoseconds: Reactor.now())
      guard rate.allows(at: now) else {
        throttle?.instant = rate.readyAt(after: now)?.nanoseconds
        // Silence of our own making is not the scheduler's.
        if asked.isEmpty { lastHeard = now.nanoseconds }
        return
      }
      guard var request = nextRequest() else { return }
      let message = BulkRequest.read(
        package: request.package, offset: request.offset, length: Int32(clamping: request.length),
        left: request.left, wantsOrigins: request.wantsOrigins)
      guard case .sent? = try? socket.send(BulkCodec.encode(message, ticket: ticket)) else {
        // No room, or no connection: then a new one asks for everything.
        unsent.insert(request, at: 0)
        registration?.notifyWhenWritable()
        return
      }
      request.askedAt = now
      request.wasAlone = asked.isEmpty
      if asked.isEmpty { window.began(at: now) }
      asked.append(request)
      rate.spend(request.length, at: now)
    }
  }

  /// What is under way, and what came and was not written yet, stays within the window.
  private var hasRoom: Bool {
    let underWay = asked.reduce(0) { $0 + $1.length }
    let unread = streams.values.reduce(0) { $0 + Int64($1.pipe.backlog) }
    return underWay + unread < window.bytes
  }

  /// Several pieces in a second, also at a low rate: other packages want their turn.
  private var pieceLimit: Int64 {
    let most = Int64(BulkLimits.pieceBytes)
    return rate.bytesPerSecond.map { min(most, max(4 << 10, $0 / 4)) } ?? most
  }

  private func nextRequest() -> Request? {
    if !unsent.isEmpty { return unsent.removeFirst() }
    for _ in turns.indices {
      let package = turns.removeFirst()
      turns.append(package)
      let limit = window.pieceBytes(atMost: pieceLimit)
      guard waits[package] == nil, let piece = streams[package]?.plan.next(atMost: limit) else {
        continue
      }
      let left = max(0, (streams[package]?.left ?? 0) - piece.length)
      streams[package]?.left = left
      return Request(
        package: package, offset: piece.offset, length: piece.length, parts: piece.parts,
        left: left)
    }
    return nil
  }

  // MARK: What comes

  private func receive(_ message: borrowing InboundMessage) {
    do {
      switch try BulkCodec.decodeReply(message.payload) {
      case .piece(let package, let offset, let bytes, let origins):
        take(package, offset, bytes, origins)
      case .failed(let package, let reason): end(package, AgentError(reason))
      case .wait(let package): wait(package)
      case .go(let package): go(package)
      case .send, .stored: break
      }
    } catch {
      log.warning("dropped a bulk message", metadata: ["error": "\(error)"])
    }
  }

  private func take(
    _ package: Digest, _ offset: Int64, _ bytes: [UInt8], _ origins: [Origin]
  ) {
    // Pieces come in order; any other one answers a request that was repeated since.
    guard let at = asked.firstIndex(where: { $0.package == package }), asked[at].offset == offset
    else { return }
    let request = asked.remove(at: at)
    let now = Instant(nanoseconds: Reactor.now())
    (lastHeard, retries) = (now.nanoseconds, 0)
    window.received(
      Int64(bytes.count), askedAt: request.askedAt, wasAlone: request.wasAlone, at: now)
    guard bytes.count == request.length else {
      return end(
        package,
        AgentError(
          "at byte \(offset) of the archive there are \(bytes.count) bytes, not "
            + "\(request.length): it is not what the scheduler announced"))
    }
    if request.parts.isEmpty {
      ranges.removeValue(forKey: package)?.resume(
        returning: Answer(bytes: bytes, origins: origins))
    } else {
      streams[package]?.pipe.push(request.parts, bytes)
    }
    endWait(package)
    endIfDone(package)
    pump()
  }

  // MARK: Waiting for other workers' transfers

  /// What was asked for is forgotten over there; it is kept here, and makes room in the window and in the
  /// rate.
  private func wait(_ package: Digest) {
    guard streams[package] != nil || ranges[package] != nil else { return }
    (lastHeard, retries) = (Reactor.now(), 0)
    let until = Reactor.now() + BulkLimits.waitSeconds * 1_000_000_000
    let refused = asked.filter { $0.package == package }
    rate.refund(
      refused.reduce(0) { $0 + $1.length }, at: Instant(nanoseconds: Reactor.now()))
    // When it was asked again, the first of them is here and the others wait already.
    let requests =
      refused + unsent.filter { $0.package == package } + (waits[package]?.requests ?? [])
    asked.removeAll { $0.package == package }
    unsent.removeAll { $0.package == package }
    waits[package] = (requests, until)
    setTurn()
    pump()
  }

  private func go(_ package: Digest) {
    endWait(package)
    pump()
  }

  /// It is served now.
  private func endWait(_ package: Digest) {
    guard let wait = waits.removeValue(forKey: package) else { return }
    unsent = wait.requests + unsent
    if asked.isEmpty { lastHeard = Reactor.now() }
    setTurn()
  }

  /// Asks again, which says that it still waits.
  private func endWaits() {
    let now = Reactor.now()
    for package in waits.keys.sorted() {
      guard var wait = waits[package], wait.until <= now else { continue }
      wait.until = now + BulkLimits.waitSeconds * 1_000_000_000
      let isAsked = (asked + unsent).contains { $0.package == package }
      if wait.requests.isEmpty, !isAsked {
        // Nothing to ask again with: on with the plan.
        waits[package] = nil
        continue
      }
      // Unless there is no answer yet to the last time.
      if !isAsked { unsent.append(wait.requests.removeFirst()) }
      waits[package] = wait
    }
    if asked.isEmpty { lastHeard = now }
    setTurn()
    pump()
  }

  private func setTurn() { turn?.instant = waits.values.map(\.until).min() }

  private func endIfDone(_ package: Digest) {
    guard let stream = streams[package], stream.plan.isExhausted, waits[package] == nil,
      !(asked + unsent).contains(where: { $0.package == package })
    else { return }
    forget(package)
    stream.pipe.finish()
    stream.waiter.resume()
  }

  private func end(_ package: Digest, _ error: any Error) {
    let stream = streams[package]
    let range = ranges.removeValue(forKey: package)
    forget(package)
    stream?.pipe.finish(.refused("\(error)"))
    stream?.waiter.resume(throwing: error)
    range?.resume(throwing: error)
    pump()
  }

  private func forget(_ package: Digest) {
    streams[package] = nil
    waits[package] = nil
    turns.removeAll { $0 == package }
    asked.removeAll { $0.package == package }
    unsent.removeAll { $0.package == package }
  }

  /// Everything that was on its way is lost with a connection. Nothing goes out before all of it is
  /// in one queue: it would be asked for twice.
  private func resume() {
    askAgain()
    for package in waits.keys.sorted() { unsent += waits[package]?.requests ?? [] }
    waits = [:]
    setTurn()
    window.restart()
    pump()
  }

  private func askAgain() {
    unsent = asked + unsent
    asked = []
  }

  private func checkPatience() {
    let now = Reactor.now()
    defer { if !streams.isEmpty || !ranges.isEmpty { patience?.instant = now + Self.silence } }
    guard !asked.isEmpty || !unsent.isEmpty, now - lastHeard >= Self.silence else { return }
    lastHeard = now
    retries += 1
    if retries > Self.retryLimit {
      retries = 0
      for package in Array(ranges.keys) + Array(streams.keys) {
        end(package, AgentError("the scheduler does not send package \(package.short)"))
      }
    } else {
      askAgain()
      pump()
    }
  }
}
