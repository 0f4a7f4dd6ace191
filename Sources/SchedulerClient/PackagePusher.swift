internal import Foundation
public import JudgeModel
internal import Messages
internal import Transport
internal import Wire

/// Gives the scheduler a package archive over the bulk socket.
///
/// The scheduler asks for each piece, so this side only answers; what the scheduler has already, of this
/// package or of another one, it does not ask for. After a broken connection the offer is repeated and
/// the scheduler asks for what it lacks.
actor PackagePusher {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  private let ticket: String
  private let package: Digest
  private let size: Int64
  /// Nil when nothing is to be sent.
  private let descriptor: Int32?
  private let onProgress: @Sendable (Int64) -> Void
  private var socket: Socket?
  private var patience: Deadline?
  private var waiter: CheckedContinuation<Void, any Error>?
  private var registration: Registration?
  /// Pieces that were asked for and have not been sent, in order.
  private var wanted: [(offset: Int64, length: Int32)] = []
  private var lastHeard = Reactor.now()
  /// Bytes of pieces, those that had to be sent again included.
  private var sentBytes: Int64 = 0

  /// Silence after which the offer is repeated, and after which the push is given up; nanoseconds.
  static let silence: Int64 = 20_000_000_000
  static let surrender: Int64 = 180_000_000_000
  /// More pieces than this nobody asks for at once.
  static let wantedLimit = 256

  init(
    archive: String, package: Digest, ticket: String,
    onProgress: @escaping @Sendable (Int64) -> Void
  ) throws {
    let descriptor = open(archive, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw ClientError("cannot read \(archive): \(String(cString: strerror(errno)))")
    }
    self.descriptor = descriptor
    size = Int64(lseek(descriptor, 0, SEEK_END))
    self.package = package
    self.ticket = ticket
    self.onProgress = onProgress
    reactor = try Reactor(name: "push")
  }

  /// Offers a package that the scheduler has, without an archive of it.
  init(renewing package: Digest, ticket: String) throws {
    descriptor = nil
    // Not looked at by a scheduler that has the package.
    size = 1
    self.package = package
    self.ticket = ticket
    onProgress = { _ in }
    reactor = try Reactor(name: "push")
  }

  func push(
    _ context: ZMQContext, to endpoint: String, security: SocketOptions.Security
  ) async throws -> PushReport {
    defer {
      socket?.close()
      reactor.stop()
      if let descriptor { close(descriptor) }
    }
    var options = SocketOptions.bulk
    options.security = security
    let socket = try Socket(context, .dealer, options)
    self.socket = socket
    registration = try reactor.register(
      socket, turnLimit: 16, onMessage: { self.receive($0) }, onWritable: { self.sendPieces() })
    try reactor.monitor(socket) { event, _ in
      if case .handshakeSucceeded = event { self.offer() }
    }
    try socket.connect(endpoint)
    let patience = reactor.makeDeadline { self.checkPatience() }
    patience.instant = Reactor.now() + Self.silence
    self.patience = patience
    try await withCheckedThrowingContinuation { waiter = $0 }
    return PushReport(sentBytes: sentBytes, archiveBytes: size)
  }

  private func offer() {
    // A new offer is answered by asking anew.
    wanted = []
    _ = try? socket?.send(BulkCodec.encode(.offer(package: package, size: size), ticket: ticket))
  }

  /// Sends as many pieces as the connection takes now.
  private func sendPieces() {
    while let (offset, length) = wanted.first {
      guard let descriptor else {
        return end(ClientError("the scheduler no longer has the package: push it again"))
      }
      var bytes = [UInt8](repeating: 0, count: Int(min(Int64(length), size - offset)))
      let count = bytes.count
      guard pread(descriptor, &bytes, count, off_t(offset)) == count else {
        return end(ClientError("the archive cannot be read any more"))
      }
      let piece = BulkRequest.piece(package: package, offset: offset, bytes: bytes)
      guard let socket, let result = try? socket.send(BulkCodec.encode(piece, ticket: ticket))
      else { return }
      guard case .sent = result else {
        registration?.notifyWhenWritable()
        return
      }
      wanted.removeFirst()
      sentBytes += Int64(count)
      onProgress(sentBytes)
    }
  }

  private func receive(_ message: borrowing InboundMessage) {
    lastHeard = Reactor.now()
    do {
      switch try BulkCodec.decodeReply(message.payload) {
      case .send(let package, let offset, let length):
        guard package == self.package, (0..<size).contains(offset), length > 0,
          wanted.count < Self.wantedLimit
        else { return }
        wanted.append((offset, min(length, Int32(BulkLimits.pieceBytes))))
        sendPieces()
      case .stored(let package): if package == self.package { end(nil) }
      case .failed(let package, let reason):
        if package == self.package { end(ClientError(reason)) }
      case .piece, .wait, .go: break
      }
    } catch {
      end(ClientError("the scheduler's answer cannot be read: \(error)"))
    }
  }

  private func checkPatience() {
    let silence = Reactor.now() - lastHeard
    if silence > Self.surrender {
      return end(ClientError("the scheduler does not take the package: no word for 3 minutes"))
    }
    if silence > Self.silence { offer() }
    patience?.instant = Reactor.now() + Self.silence
  }

  private func end(_ failure: ClientError?) {
    if let failure { waiter?.resume(throwing: failure) } else { waiter?.resume() }
    waiter = nil
  }
}

/// What a push cost.
public struct PushReport: Hashable, Sendable {
  /// Bytes of the archive that were sent; those that a broken connection lost count again.
  public var sentBytes: Int64
  /// Bytes of the whole archive.
  public var archiveBytes: Int64
}

extension SchedulerClient {
  /// Sends what the scheduler lacks of an archive, and waits until it has verified the package.
  /// - Parameter onProgress: called with the bytes sent so far.
  @discardableResult
  public func push(
    archive: String, package: Digest, onProgress: @escaping @Sendable (Int64) -> Void = { _ in }
  ) async throws -> PushReport {
    let pusher = try PackagePusher(
      archive: archive, package: package, ticket: joinLine.token, onProgress: onProgress)
    return try await pusher.push(
      context, to: joinLine.endpoint(port: bulkPort), security: security)
  }

  /// Makes a package that the scheduler has its problem's newest; nothing of it is sent.
  public func renew(package: Digest) async throws {
    let pusher = try PackagePusher(renewing: package, ticket: joinLine.token)
    _ = try await pusher.push(
      context, to: joinLine.endpoint(port: bulkPort), security: security)
  }
}
