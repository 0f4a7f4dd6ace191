internal import Foundation
public import JudgeModel
internal import Messages
internal import ProblemPackage
internal import Transport
internal import Wire

/// Reads the manifest of a package that the scheduler has: the beginning of its archive, piece by
/// piece, until the first member is there.
actor ManifestFetcher {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  private let ticket: String
  private let package: Digest
  private var socket: Socket?
  private var head: [UInt8] = []
  private var patience: Deadline?
  private var lastHeard = Reactor.now()
  private var waiter: CheckedContinuation<PackageManifest, any Error>?

  /// Silence after which the next piece is asked for again, and after which it is given up;
  /// nanoseconds.
  private static let silence: Int64 = 10_000_000_000
  private static let surrender: Int64 = 60_000_000_000

  init(package: Digest, ticket: String) throws {
    self.package = package
    self.ticket = ticket
    reactor = try Reactor(name: "manifest")
  }

  func fetch(
    _ context: ZMQContext, from endpoint: String, security: SocketOptions.Security
  ) async throws -> PackageManifest {
    defer {
      socket?.close()
      reactor.stop()
    }
    var options = SocketOptions.bulk
    options.security = security
    let socket = try Socket(context, .dealer, options)
    self.socket = socket
    try reactor.register(socket, onMessage: { self.receive($0) })
    try reactor.monitor(socket) { event, _ in
      if case .handshakeSucceeded = event { self.ask() }
    }
    try socket.connect(endpoint)
    let patience = reactor.makeDeadline { self.checkPatience() }
    patience.instant = Reactor.now() + Self.silence
    self.patience = patience
    return try await withCheckedThrowingContinuation { waiter = $0 }
  }

  private func ask() {
    let request = BulkRequest.read(
      package: package, offset: Int64(head.count), length: Int32(BulkLimits.pieceBytes),
      left: 0)
    _ = try? socket?.send(BulkCodec.encode(request, ticket: ticket))
  }

  private func receive(_ message: borrowing InboundMessage) {
    lastHeard = Reactor.now()
    do {
      switch try BulkCodec.decodeReply(message.payload) {
      case .piece(let package, let offset, let bytes, _):
        // A piece that was asked for twice comes twice.
        guard package == self.package, offset == Int64(head.count) else { return }
        guard !bytes.isEmpty else {
          return end(.failure(ClientError("the scheduler's archive of \(package) is cut off")))
        }
        head += bytes
        try useHead()
      case .failed(let package, let reason):
        if package == self.package { end(.failure(ClientError(reason))) }
      case .send, .stored, .wait, .go: break
      }
    } catch {
      end(.failure(ClientError("the scheduler's answer cannot be used: \(error)")))
    }
  }

  private func useHead() throws {
    guard let manifest = try PackageArchive.manifest(atHead: head) else { return ask() }
    guard manifest.digest == package else {
      return end(.failure(ClientError("the scheduler sent the manifest of another package")))
    }
    end(.success(manifest))
  }

  private func checkPatience() {
    let silence = Reactor.now() - lastHeard
    if silence > Self.surrender {
      return end(
        .failure(ClientError("the scheduler does not send the manifest: no word for a minute")))
    }
    if silence > Self.silence { ask() }
    patience?.instant = Reactor.now() + Self.silence
  }

  private func end(_ result: Result<PackageManifest, any Error>) {
    waiter?.resume(with: result)
    waiter = nil
  }
}

extension SchedulerClient {
  /// The manifest of a package that the scheduler has, checked against its digest.
  public func manifest(of package: Digest) async throws -> PackageManifest {
    let fetcher = try ManifestFetcher(package: package, ticket: joinLine.token)
    return try await fetcher.fetch(
      context, from: joinLine.endpoint(port: bulkPort), security: security)
  }
}
