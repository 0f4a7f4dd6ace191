internal import Foundation
internal import JudgeModel
internal import Logging
internal import Messages
internal import Transport
internal import Wire

/// Fetches package archives over the bulk socket into files.
///
/// Asks for a few pieces ahead and writes them as they come. A broken connection costs the pieces
/// that were on their way: what is missing is asked for again.
actor PackageFetcher {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  private struct Fetch {
    var package: Digest
    var size: Int64
    var path: String
    var descriptor: Int32
    /// All bytes before this are in the file.
    var received: Int64 = 0
    var asked: Int64 = 0
    var lastHeard = Reactor.now()
    var retries = 0
    var waiter: CheckedContinuation<Void, any Error>
  }

  private let directory: String
  private let ticket: String
  private let log: Logger
  private var socket: Socket?
  private var registration: Registration?
  private var endpoint: String?
  private var fetches: [Digest: Fetch] = [:]
  private var patience: Deadline?
  private var redial: Deadline?

  /// Silence after which missing pieces are asked for again, nanoseconds.
  static let silence: Int64 = 15_000_000_000
  static let retryLimit = 20

  init(directory: String, ticket: String, log: Logger) throws {
    self.directory = directory
    self.ticket = ticket
    self.log = log
    reactor = try Reactor(name: "fetch")
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
      unlink(directory + "/" + name)
    }
  }

  /// Connects, or connects elsewhere when the scheduler came back on another port.
  func connect(
    _ context: ZMQContext, to endpoint: String, security: SocketOptions.Security
  ) throws {
    makeDeadlines()
    guard endpoint != self.endpoint else { return }
    socket?.close()
    var options = SocketOptions.bulk
    options.security = security
    let socket = try Socket(context, .dealer, options)
    registration = try reactor.register(
      socket, turnLimit: 16, onMessage: { self.receive($0) }, onWritable: { self.askAll() })
    try reactor.monitor(socket) { event, endpoint in
      if case .handshakeSucceeded = event { self.resume() }
      if case .handshakeFailed(let failure) = event, failure.isFinal {
        self.log.warning("bulk connection refused", metadata: ["reason": "\(failure)"])
        // libzmq does not try again by itself after this.
        self.redial?.instant = Reactor.now() + 5_000_000_000
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
  }

  private func dialAgain() {
    guard let socket, !socket.isClosed, let endpoint else { return }
    do {
      try socket.reconnect(endpoint)
    } catch {
      log.error("cannot dial the bulk socket again", metadata: ["error": "\(error)"])
      redial?.instant = Reactor.now() + 5_000_000_000
    }
  }

  func stop() {
    for fetch in fetches.values { end(fetch, AgentError("the worker stops")) }
    fetches = [:]
    socket?.close()
    reactor.stop()
  }

  /// The package's archive as a file, which is the caller's to remove.
  func fetch(_ package: Digest, size: Int64) async throws -> String {
    makeDeadlines()
    let path = "\(directory)/\(package.hex)"
    let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw AgentError("cannot create \(path): \(String(cString: strerror(errno)))")
    }
    try await withCheckedThrowingContinuation { waiter in
      fetches[package] = Fetch(
        package: package, size: size, path: path, descriptor: descriptor, waiter: waiter)
      ask(package)
      patience?.instant = Reactor.now() + Self.silence
    }
    return path
  }

  private func ask(_ package: Digest) {
    guard var fetch = fetches[package], let socket, !socket.isClosed else { return }
    let window = Int64(BulkLimits.window * BulkLimits.pieceBytes)
    while fetch.asked < fetch.size, fetch.asked - fetch.received < window {
      let length = Int32(min(Int64(BulkLimits.pieceBytes), fetch.size - fetch.asked))
      let request = BulkRequest.read(package: package, offset: fetch.asked, length: length)
      guard case .sent? = try? socket.send(BulkCodec.encode(request, ticket: ticket)) else {
        // No room, or no connection: then a new one asks for everything.
        registration?.notifyWhenWritable()
        break
      }
      fetch.asked += Int64(length)
    }
    fetches[package] = fetch
  }

  private func receive(_ message: borrowing InboundMessage) {
    do {
      switch try BulkCodec.decodeReply(message.payload) {
      case .piece(let package, let offset, let bytes): take(package, offset, bytes)
      case .failed(let package, let reason):
        if let fetch = fetches.removeValue(forKey: package) { end(fetch, AgentError(reason)) }
      case .send, .stored: break
      }
    } catch {
      log.warning("dropped a bulk message", metadata: ["error": "\(error)"])
    }
  }

  private func take(_ package: Digest, _ offset: Int64, _ bytes: [UInt8]) {
    // Pieces come in order; any other one answers a request that was repeated since.
    guard var fetch = fetches[package], offset == fetch.received, !bytes.isEmpty,
      Int64(bytes.count) <= fetch.size - offset
    else { return }
    let written = bytes.withUnsafeBytes {
      pwrite(fetch.descriptor, $0.baseAddress, bytes.count, off_t(offset))
    }
    guard written == bytes.count else {
      fetches[package] = nil
      let reason = written < 0 ? String(cString: strerror(errno)) : "no room"
      return end(fetch, AgentError("cannot write \(fetch.path): \(reason)"))
    }
    fetch.received += Int64(bytes.count)
    fetch.asked = max(fetch.asked, fetch.received)
    fetch.lastHeard = Reactor.now()
    fetch.retries = 0
    if fetch.received == fetch.size {
      fetches[package] = nil
      end(fetch, nil)
    } else {
      fetches[package] = fetch
      ask(package)
    }
  }

  private func askAll() {
    for package in fetches.keys.sorted() { ask(package) }
  }

  /// Everything that was on its way is lost with a connection.
  private func resume() {
    for package in fetches.keys.sorted() {
      if let received = fetches[package]?.received { fetches[package]?.asked = received }
      ask(package)
    }
  }

  private func checkPatience() {
    let now = Reactor.now()
    for package in fetches.keys.sorted() {
      guard var fetch = fetches[package], now - fetch.lastHeard >= Self.silence else { continue }
      fetch.retries += 1
      fetch.lastHeard = now
      fetch.asked = fetch.received
      fetches[package] = fetch
      if fetch.retries > Self.retryLimit {
        fetches[package] = nil
        end(fetch, AgentError("the scheduler does not send package \(package.short)"))
      } else {
        ask(package)
      }
    }
    if !fetches.isEmpty { patience?.instant = now + Self.silence }
  }

  private func end(_ fetch: Fetch, _ failure: (any Error)?) {
    close(fetch.descriptor)
    if let failure {
      unlink(fetch.path)
      fetch.waiter.resume(throwing: failure)
    } else {
      fetch.waiter.resume()
    }
  }
}
