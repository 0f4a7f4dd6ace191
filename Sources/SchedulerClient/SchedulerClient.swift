public import JudgeModel
public import Messages
internal import Transport
internal import Wire

/// What keeps a client from getting an answer, with the remedy.
public struct ClientError: Error, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

/// Asks a scheduler and waits for its answers.
///
/// Survives broken connections: after a reconnect it introduces itself again and repeats what was not
/// answered, which the protocol makes harmless.
public actor SchedulerClient {
  nonisolated let reactor: Reactor
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    reactor.asUnownedSerialExecutor()
  }

  private struct Pending {
    var message: ClientMessage
    var waiter: CheckedContinuation<ClientReply, any Error>
  }

  let joinLine: JoinLine
  private let programVersion: String
  let context: ZMQContext
  let security: SocketOptions.Security
  private var control: Socket?
  private var retry: Deadline?
  private var redial: Deadline?
  /// Puts long replies together.
  private var reader = ReplyReader()
  private var isConnected = false
  private var isWelcome = false
  private var wasWelcome = false
  /// Why nothing can be asked any more.
  private var ended: ClientError?
  private var welcomeWaiters: [CheckedContinuation<Void, any Error>] = []
  private var counter: UInt64 = 0
  private var pending: [UInt64: Pending] = [:]
  private var watches:
    [UInt64: (Watched, AsyncThrowingStream<WatchEvent, any Error>.Continuation)] =
      [:]
  /// Port of the bulk socket, known after the welcome.
  public private(set) var bulkPort: UInt16 = 0
  /// Whether the scheduler may be asked to `warm` and to `setOrigins`, which came in the same version: an
  /// older one would refuse the connection.
  public private(set) var knowsWarm = false
  private var reasonForSilence = "no answer"
  private nonisolated let onNews: @Sendable (String) -> Void

  /// Pause before an endpoint is dialled again that libzmq has given up, nanoseconds.
  private static let redialPause: Int64 = 5_000_000_000

  /// What a watch tells.
  public enum WatchEvent: Hashable, Sendable {
    case happened(JudgingEvent)
    /// The past has been told; what follows is new.
    case caughtUp
  }

  /// - Parameter onNews: told in words when the connection is lost and when it is back; called on the
  ///   client's thread.
  public init(
    _ joinLine: JoinLine, programVersion: String,
    onNews: @escaping @Sendable (String) -> Void = { _ in }
  ) throws {
    self.onNews = onNews
    self.joinLine = joinLine
    self.programVersion = programVersion
    context = try ZMQContext(ioThreads: 1)
    reactor = try Reactor(name: "client")
    if let hex = joinLine.serverKey {
      guard let key = CurvePublicKey(hex: hex) else {
        throw ClientError("the join line's server key is damaged: copy the line again")
      }
      security = .curveClient(serverKey: key, keys: try CurveKeyPair.generate())
    } else {
      security = .plain
    }
  }

  /// Connects and waits until the scheduler has accepted the token.
  /// - Parameter seconds: how long to try before giving up.
  public func connect(seconds: Int64 = 15) async throws {
    var options = SocketOptions.control
    options.security = security
    let socket = try Socket(context, .dealer, options)
    control = socket
    retry = reactor.makeDeadline { self.flush() }
    redial = reactor.makeDeadline { self.dialAgain() }
    try reactor.register(socket, onMessage: { self.receive($0) })
    try reactor.monitor(socket) { event, _ in self.connectionChanged(event) }
    try socket.connect(joinLine.endpoint())
    let patience = reactor.makeDeadline {
      guard !self.isWelcome else { return }
      self.failAll(
        ClientError(
          "cannot reach the scheduler at \(self.joinLine.endpoint()): \(self.reasonForSilence). Is "
            + "it running, is the address right, and is the join line current?"))
    }
    patience.instant = Reactor.now() + seconds * 1_000_000_000
    if let ended { throw ended }
    try await withCheckedThrowingContinuation { waiter in
      if isWelcome { waiter.resume() } else { welcomeWaiters.append(waiter) }
    }
    patience.cancel()
  }

  public func close() {
    failAll(ClientError("the connection was closed"))
    control?.close()
    reactor.stop()
  }

  // MARK: Requests

  /// Those of the packages that the scheduler lacks.
  public func missing(of packages: [Digest]) async throws -> [Digest] {
    let reply = try await ask { .offerPackages($0, packages) }
    guard case .missingPackages(_, let missing) = reply else { throw unexpected(reply) }
    return missing
  }

  /// The newest package of a problem, or nil.
  public func findPackage(problem: String) async throws -> PackageSummary? {
    let reply = try await ask { .findPackage($0, problem: problem) }
    guard case .package(_, let package) = reply else { throw unexpected(reply) }
    return package
  }

  public func createBatch(name: String) async throws -> BatchID {
    let reply = try await ask { .createBatch($0, name: name) }
    guard case .batch(_, let batch) = reply else { throw unexpected(reply) }
    return batch
  }

  /// Makes judgings; as many requests in one message as fit.
  public func judge(_ requests: [JudgingRequest]) async throws -> [JudgingID] {
    var ids: [JudgingID] = []
    var rest = requests[...]
    while !rest.isEmpty {
      var bytes = 0
      let chunk = rest.prefix { request in
        let size = request.program.byteCount + 1_000
        defer { bytes += size }
        return bytes == 0 || bytes + size < 700_000
      }.prefix(500)
      rest = rest.dropFirst(chunk.count)
      let reply = try await ask { .judge($0, Array(chunk)) }
      guard case .judgings(_, let made) = reply else { throw unexpected(reply) }
      ids += made
    }
    return ids
  }

  public func cancel(_ watched: Watched) async throws {
    let reply = try await ask { .cancel($0, watched) }
    guard case .done = reply else { throw unexpected(reply) }
  }

  public func status() async throws -> ClusterStatus {
    let reply = try await ask { .status($0) }
    guard case .status(_, let status) = reply else { throw unexpected(reply) }
    return status
  }

  /// Why a judging is where it is, and where its time went.
  public func explain(_ judging: JudgingID) async throws -> Explanation {
    let reply = try await ask { .explain($0, judging) }
    guard case .explanation(_, let explanation) = reply else { throw unexpected(reply) }
    return explanation
  }

  /// The packages that the scheduler has, in the order of pushing.
  public func packages() async throws -> [ListedPackage] {
    let reply = try await ask { .listPackages($0) }
    guard case .packageList(_, let list) = reply else { throw unexpected(reply) }
    return list
  }

  /// Drops the packages that nothing needs any more, or with `isRehearsal` only finds them.
  public func collectPackages(isRehearsal: Bool) async throws -> PackageCollection {
    let reply = try await ask { .collectPackages($0, isRehearsal: isRehearsal) }
    guard case .packagesCollected(_, let collection) = reply else { throw unexpected(reply) }
    return collection
  }

  /// Asks for a package to be brought to workers before it is needed.
  /// - Parameter workers: to how many; nil for all that can hold it.
  /// - Returns: how far that is. Asking again goes on.
  public func warm(_ package: Digest, workers: Int32?) async throws -> Warmth {
    guard knowsWarm else {
      throw ClientError("the scheduler is of a version without warm-up: upgrade it")
    }
    let reply = try await ask { .warm($0, package, workers: workers) }
    guard case .warmth(_, let warmth) = reply else { throw unexpected(reply) }
    return warmth
  }

  /// Says where the archive of a package lies besides the scheduler: all such places, or none.
  public func setOrigins(_ origins: [Origin], of package: Digest) async throws {
    guard knowsWarm else {
      throw ClientError("the scheduler is of a version without origins: upgrade it")
    }
    let reply = try await ask { .setOrigins($0, package: package, origins) }
    guard case .done = reply else { throw unexpected(reply) }
  }

  /// News of a batch or a judging: first what has happened, then what happens. After a broken
  /// connection it begins again, so that an event may be told twice. Ends when the client is closed or the stream is dropped.
  public func watch(_ watched: Watched) -> AsyncThrowingStream<WatchEvent, any Error> {
    counter += 1
    let request = counter
    let (stream, continuation) = AsyncThrowingStream<WatchEvent, any Error>.makeStream()
    if let ended {
      continuation.finish(throwing: ended)
    } else {
      watches[request] = (watched, continuation)
      if isWelcome { send(.watch(request, watched)) }
    }
    return stream
  }

  private func ask(_ message: (UInt64) -> ClientMessage) async throws -> ClientReply {
    counter += 1
    let request = counter
    let message = message(request)
    if let ended { throw ended }
    return try await withCheckedThrowingContinuation { waiter in
      pending[request] = Pending(message: message, waiter: waiter)
      if isWelcome { send(message) }
    }
  }

  private func unexpected(_ reply: ClientReply) -> ClientError {
    ClientError("the scheduler gave an answer that fits no question: \(reply)")
  }

  // MARK: Messages

  private func connectionChanged(_ event: ConnectionEvent) {
    switch event {
    case .handshakeSucceeded:
      isConnected = true
      isWelcome = false
      reader = ReplyReader()
      introduce()
    case .disconnected:
      // Also follows each handshake that failed, whose reason says more.
      guard isConnected else { return }
      if isWelcome { onNews("the connection to the scheduler is lost; dialling again") }
      isConnected = false
      isWelcome = false
      reasonForSilence = "the connection was lost"
    case .handshakeFailed(let failure):
      reasonForSilence = "it does not accept the connection (\(failure))"
      if failure.isFinal { redial?.instant = Reactor.now() + Self.redialPause }
    case .connected, .retrying: break
    }
  }

  private func dialAgain() {
    guard let control, !control.isClosed else { return }
    do {
      try control.reconnect(joinLine.endpoint())
    } catch {
      failAll(ClientError("cannot dial the scheduler again: \(error)"))
    }
  }

  private func introduce() {
    send(
      .hello(
        protocolVersion: ProtocolVersion.current, token: joinLine.token,
        programVersion: programVersion))
  }

  private func send(_ message: ClientMessage) {
    guard let control, !control.isClosed else { return }
    do {
      // Without room the message stays in `pending` and is sent again shortly.
      if case .wouldBlock = try control.send(ControlCodec.encode(message)) {
        retry?.instant = Reactor.now() + 50_000_000
      }
    } catch {
      failAll(ClientError("cannot send: \(error)"))
    }
  }

  /// Sends again whatever has no answer yet.
  private func flush() {
    guard isWelcome else { return }
    for request in pending.keys.sorted() {
      if let message = pending[request]?.message { send(message) }
    }
    for request in watches.keys.sorted() {
      if let watched = watches[request]?.0 { send(.watch(request, watched)) }
    }
  }

  private func receive(_ message: borrowing InboundMessage) {
    let reply: ClientReply
    do {
      guard let whole = try reader.take(message.payload) else { return }
      reply = whole
    } catch {
      return failAll(
        ClientError("the scheduler's answer cannot be read: \(error). Are both of one version?"))
    }
    switch reply {
    case .welcome(_, let port, let knowsWarm):
      bulkPort = port
      self.knowsWarm = knowsWarm
      isWelcome = true
      if wasWelcome { onNews("connected to the scheduler again") }
      wasWelcome = true
      for waiter in welcomeWaiters { waiter.resume() }
      welcomeWaiters = []
      flush()
    case .refused(let reason): failAll(ClientError("the scheduler refuses: \(reason)"))
    case .who: introduce()
    case .failed(let request, let text):
      pending.removeValue(forKey: request)?.waiter.resume(throwing: ClientError(text))
      watches.removeValue(forKey: request)?.1.finish(throwing: ClientError(text))
    case .happened(let request, let event): watches[request]?.1.yield(.happened(event))
    case .caughtUp(let request): watches[request]?.1.yield(.caughtUp)
    case .missingPackages(let request, _), .package(let request, _), .batch(let request, _),
      .judgings(let request, _), .done(let request), .status(let request, _),
      .explanation(let request, _), .packageList(let request, _),
      .packagesCollected(let request, _), .warmth(let request, _):
      pending.removeValue(forKey: request)?.waiter.resume(returning: reply)
    }
  }

  private func failAll(_ error: ClientError) {
    if ended == nil { ended = error }
    for waiter in welcomeWaiters { waiter.resume(throwing: error) }
    welcomeWaiters = []
    for item in pending.values { item.waiter.resume(throwing: error) }
    pending = [:]
    for (_, continuation) in watches.values { continuation.finish(throwing: error) }
    watches = [:]
  }
}
