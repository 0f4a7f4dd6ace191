internal import Foundation
internal import JudgeModel
internal import Logging
internal import Messages
internal import ProblemPackage
internal import Transport
internal import Wire

/// The bulk socket: package archives out to workers, and in from clients.
///
/// # Theory of operation
///
/// Reading keeps no state: each request names a package, an offset and a length, and is answered with
/// those bytes. A worker asks for a few pieces at a time, so it is the worker who bounds what is on
/// its way, and a worker that comes back after a broken connection just asks for the rest.
///
/// Writing is the same with the roles changed: a client offers an archive, and the server asks for
/// its pieces. A package becomes visible only after every byte of it was verified, on a thread of
/// its own.
actor BulkServer {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  private nonisolated let shelf: PackageShelf
  private let token: String
  private let log: Logger
  private let verifier = DispatchQueue(label: "verify")
  private var socket: Socket?
  private var readers: [Digest: ArchiveFile] = [:]
  private var uploads: [Digest: Upload] = [:]
  private var sweep: Deadline?
  // Set once before the server starts.
  private nonisolated let whenStored: Lock<(@Sendable (PackageSummary) async throws -> Void)?>

  /// Largest archive that is taken.
  static let archiveLimit: Int64 = 16 << 30
  static let uploadLimit = 32
  /// An upload whose client fell silent is dropped after this time, nanoseconds.
  static let uploadTimeout: Int64 = 120_000_000_000
  static let openFiles = 64

  init(directory: String, token: String, log: Logger) throws {
    shelf = try PackageShelf(directory: directory)
    self.token = token
    self.log = log
    reactor = try Reactor(name: "bulk")
    whenStored = Lock(nil)
  }

  nonisolated func holds(_ package: Digest) -> Bool { shelf.holds(package) }
  nonisolated func onStored(_ body: @escaping @Sendable (PackageSummary) async throws -> Void) {
    whenStored.withLock { $0 = body }
  }

  /// - Returns: the port.
  func start(
    _ context: ZMQContext, listen: String, security: SocketOptions.Security
  ) throws -> UInt16 {
    var options = SocketOptions.bulk
    options.security = security
    let socket = try Socket(context, .router, options)
    let endpoint = try socket.bind(listen)
    self.socket = socket
    try reactor.register(socket, turnLimit: 16, onMessage: { self.receive($0) })
    sweep = reactor.makeDeadline { self.dropSilentUploads() }
    guard let port = portNumber(of: endpoint) else {
      throw ServerError("cannot tell the port of \(endpoint)")
    }
    return port
  }

  func stop() {
    for upload in uploads.values { upload.discard() }
    uploads = [:]
    readers = [:]
    socket?.close()
    reactor.stop()
  }

  private func receive(_ message: borrowing InboundMessage) {
    guard let peer = message.sender, !message.isProbe else { return }
    do {
      let (request, ticket) = try BulkCodec.decodeRequest(message.payload)
      guard ServerIdentity.matches(token, ticket) else {
        log.warning("dropped a bulk request with a wrong token", metadata: ["peer": "\(peer)"])
        return
      }
      switch request {
      case .read(let package, let offset, let length): read(package, offset, length, peer)
      case .offer(let package, let size): offer(package, size, peer)
      case .piece(let package, let offset, let bytes): take(package, offset, bytes, peer)
      }
    } catch {
      log.warning("dropped a bulk message", metadata: ["peer": "\(peer)", "error": "\(error)"])
    }
  }

  /// A message that cannot be sent is dropped: whoever needs it asks again.
  private func send(_ reply: BulkReply, to peer: RoutingID) {
    do {
      _ = try socket?.send(BulkCodec.encode(reply), to: peer)
    } catch {
      log.error("cannot send", metadata: ["peer": "\(peer)", "error": "\(error)"])
    }
  }

  // MARK: Out

  private func read(_ package: Digest, _ offset: Int64, _ length: Int32, _ peer: RoutingID) {
    do {
      let file = try reader(package)
      let bytes = try file.read(at: offset, count: Int(length))
      send(.piece(package: package, offset: offset, bytes: bytes), to: peer)
    } catch {
      send(.failed(package: package, reason: "\(error)"), to: peer)
    }
  }

  private func reader(_ package: Digest) throws -> ArchiveFile {
    if let open = readers[package] { return open }
    guard shelf.holds(package) else {
      throw ServerError("the scheduler has no package \(package.hex)")
    }
    if readers.count >= Self.openFiles, let any = readers.keys.min() { readers[any] = nil }
    let file = try ArchiveFile(reading: shelf.path(package))
    readers[package] = file
    return file
  }

  // MARK: In

  private func offer(_ package: Digest, _ size: Int64, _ peer: RoutingID) {
    if shelf.holds(package) { return send(.stored(package: package), to: peer) }
    do {
      guard size > 0, size <= Self.archiveLimit else {
        throw ServerError(
          "an archive of \(size) bytes is not taken, the limit is \(Self.archiveLimit)")
      }
      if uploads[package] == nil {
        guard uploads.count < Self.uploadLimit else {
          throw ServerError("\(uploads.count) uploads are under way: try again in a minute")
        }
        uploads[package] = try Upload(
          size: size, file: ArchiveFile(creating: shelf.temporaryPath(package)), from: peer)
        sweep?.instant = Reactor.now() + Self.uploadTimeout
      }
      guard let upload = uploads[package] else { return }
      guard upload.size == size else {
        throw ServerError("another client is uploading it with another size")
      }
      // A client that offers again has lost its connection: what was asked for is asked for again.
      upload.restart(from: peer)
      ask(package, upload)
    } catch {
      send(.failed(package: package, reason: "\(error)"), to: peer)
    }
  }

  private func ask(_ package: Digest, _ upload: Upload) {
    while let (offset, length) = upload.nextRequest(window: BulkLimits.window) {
      send(.send(package: package, offset: offset, length: length), to: upload.peer)
    }
  }

  private func take(_ package: Digest, _ offset: Int64, _ bytes: [UInt8], _ peer: RoutingID) {
    guard let upload = uploads[package], upload.peer == peer, !upload.isComplete else { return }
    do {
      try upload.take(offset, bytes)
      ask(package, upload)
      if upload.isComplete { verify(package, upload) }
    } catch {
      uploads[package] = nil
      upload.discard()
      send(.failed(package: package, reason: "\(error)"), to: peer)
    }
  }

  private func verify(_ package: Digest, _ upload: Upload) {
    let (shelf, path, peer, size) = (shelf, upload.file.path, upload.peer, upload.size)
    Task {
      do {
        let manifest = try await withCheckedThrowingContinuation { continuation in
          verifier.async {
            continuation.resume(with: Result { try shelf.publish(path, as: package) })
          }
        }
        let summary = PackageSummary(
          digest: package, problem: manifest.problem, title: manifest.title, archiveBytes: size,
          unpackedBytes: manifest.byteCount)
        try await whenStored.withLock { $0 }?(summary)
        send(.stored(package: package), to: peer)
      } catch {
        upload.discard()
        send(.failed(package: package, reason: "\(error)"), to: peer)
      }
      uploads[package] = nil
    }
  }

  private func dropSilentUploads() {
    let now = Reactor.now()
    for (package, upload) in uploads where !upload.isComplete {
      guard now - upload.lastHeard > Self.uploadTimeout else { continue }
      log.notice("dropped an upload that stopped", metadata: ["package": "\(package)"])
      upload.discard()
      uploads[package] = nil
    }
    if !uploads.isEmpty { sweep?.instant = now + Self.uploadTimeout }
  }
}
