internal import DequeModule
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
/// those pieces of it that the shelf has not yet. A package becomes visible only after every byte of
/// it was verified, on a thread of its own.
///
/// Of transfers of large packages only a few are served at the same time; `StreamQueue` says which.
///
/// What a connection cannot take at once is owed to it, in order: a piece that is not sent would cost
/// its reader the wait until it asks again. Only the request is kept and not the bytes.
actor BulkServer {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  nonisolated let shelf: PackageShelf
  private let token: String
  let log: Logger
  /// Where files are looked at and changed, one thing after the other.
  private let verifier = DispatchQueue(label: "verify")
  private var socket: Socket?
  /// Open segments of the shelf, as it was in this generation.
  private var segments: [SegmentName: ArchiveFile] = [:]
  private var generation = 0
  var uploads: [Digest: Upload] = [:]
  private var complaints = Complaints()
  private var owed: [RoutingID: Deque<Owed>] = [:]
  private(set) var streams: StreamQueue<RoutingID>
  private var isAdvancing = false
  /// When a place among the streams may become free by time.
  private var streamTurn: Deadline?
  var sweep: Deadline?
  private var retry: Deadline?
  /// Refers to the server, which refers to this: let go of when it stops.
  private(set) var catalogue: (any PackageCatalogue)?

  /// Where else the packages' archives lie, as the record has it: a copy, because a piece must not wait
  /// for the disk.
  private var origins: [Digest: [Origin]] = [:]

  /// Largest archive that is taken.
  static let archiveLimit: Int64 = 16 << 30
  /// Bytes of a seek table without frames: less cannot be an archive.
  static let smallestArchive = Int64(PackageArchive.seekTable(of: []).count)
  static let uploadLimit = 32
  /// An upload whose client fell silent is dropped after this time, nanoseconds.
  static let uploadTimeout: Int64 = 120_000_000_000
  static let openFiles = 64
  /// Answers owed to one connection; a worker that asks for more at once asks again.
  static let owedLimit = 1_024
  /// Nanoseconds after which a full connection is tried again. A router cannot be waited for.
  static let retryPause: Int64 = 1_000_000

  private enum Owed {
    case piece(Digest, offset: Int64, length: Int32, wantsOrigins: Bool)
    case reply(BulkReply)
  }

  init(
    directory: String, token: String, fetchStreams: Int, catalogue: any PackageCatalogue,
    log: Logger
  ) throws {
    self.catalogue = catalogue
    shelf = try PackageShelf(directory: directory)
    self.token = token
    streams = StreamQueue(limit: fetchStreams)
    self.log = log
    reactor = try Reactor(name: "bulk")
  }

  nonisolated func holds(_ package: Digest) -> Bool { shelf.holds(package) }

  func drop(_ packages: Set<Digest>) async throws -> PackageShelf.Dropped {
    for package in packages { origins[package] = nil }
    return try await onVerifier { try $0.drop(packages) }
  }

  func onVerifier<Result: Sendable>(
    _ work: @escaping @Sendable (PackageShelf) throws -> Result
  ) async throws -> Result {
    let shelf = shelf
    return try await withCheckedThrowingContinuation { continuation in
      verifier.async { continuation.resume(with: Swift.Result { try work(shelf) }) }
    }
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
    retry = reactor.makeDeadline { self.payOwed() }
    streamTurn = reactor.makeDeadline { self.endStreams() }
    guard let port = portNumber(of: endpoint) else {
      throw ServerError("cannot tell the port of \(endpoint)")
    }
    return port
  }

  func stop() {
    for package in uploads.keys { discard(package) }
    segments = [:]
    catalogue = nil
    socket?.close()
    reactor.stop()
  }

  private func receive(_ message: borrowing InboundMessage) {
    guard let peer = message.sender, !message.isProbe else { return }
    do {
      let (request, ticket) = try BulkCodec.decodeRequest(message.payload)
      guard ServerIdentity.matches(token, ticket) else {
        return complain("dropped a bulk request with a wrong token", of: peer)
      }
      switch request {
      case .read(let package, let offset, let length, let left, let wantsOrigins):
        let piece = Owed.piece(
          package, offset: offset, length: length, wantsOrigins: wantsOrigins)
        read(package, piece, length: length, left: left, peer)
      case .offer(let package, let size): offer(package, size, peer)
      case .piece(let package, let offset, let bytes): take(package, offset, bytes, peer)
      }
    } catch {
      complain("dropped a bulk message", of: peer, ["error": "\(error)"])
    }
  }

  /// Logs what a peer does wrong, the first time it does.
  private func complain(
    _ what: Logger.Message, of peer: RoutingID, _ particulars: Logger.Metadata = [:]
  ) {
    guard complaints.isFirst(about: peer) else { return }
    log.warning(what, metadata: particulars.merging(["peer": "\(peer)"]) { $1 })
  }

  func send(_ reply: BulkReply, to peer: RoutingID) { owe(.reply(reply), to: peer) }

  // MARK: Out

  private func read(
    _ package: Digest, _ piece: Owed, length: Int32, left: Int64?, _ peer: RoutingID
  ) {
    // What there is not is refused at once, and takes no place.
    let verdict =
      shelf.holds(package)
      ? streams.read(
        StreamQueue.Stream(reader: peer, package: package), length: Int64(length), left: left,
        at: now) : .serve
    switch verdict {
    case .serve: owe(piece, to: peer)
    case .wait: send(.wait(package: package), to: peer)
    case .ignore: break
    }
    advanceStreams()
  }

  private var now: Instant { Instant(nanoseconds: Reactor.now()) }

  private func endStreams() {
    streams.expire(at: now)
    advanceStreams()
  }

  /// Lets those go on for which there is a place. What waits for which package is asked for each time,
  /// on the control thread: that is seldom, and the queue changes all the time.
  private func advanceStreams() {
    guard !isAdvancing else { return }
    guard streams.canAdvance(at: now), let catalogue else {
      streamTurn?.instant = streams.nextDeadline?.nanoseconds
      return
    }
    isAdvancing = true
    // Set again afterwards: what is due now would be due all the time until then.
    streamTurn?.instant = nil
    let packages = streams.beginReview(at: now)
    Task {
      let backlog = await catalogue.backlog(of: packages)
      for stream in streams.advance(at: now, backlog: { backlog[$0] ?? 0 }) {
        log.info("a transfer that waited goes on", metadata: ["package": "\(stream.package)"])
        send(.go(package: stream.package), to: stream.reader)
      }
      isAdvancing = false
      advanceStreams()
    }
  }

  func note(origins: [Origin], of package: Digest) {
    self.origins[package] = origins.isEmpty ? nil : origins
  }

  private func owe(_ item: Owed, to peer: RoutingID) {
    // Behind what is owed already, or the pieces would change places.
    if owed[peer] == nil, pay(item, to: peer) { return }
    guard owed[peer, default: []].count < Self.owedLimit else { return }
    owed[peer, default: []].append(item)
    if retry?.instant == nil { retry?.instant = Reactor.now() + Self.retryPause }
  }

  private func payOwed() {
    for peer in Array(owed.keys) {
      while let item = owed[peer]?.first, pay(item, to: peer) { _ = owed[peer]?.popFirst() }
      if owed[peer]?.isEmpty ?? false { owed[peer] = nil }
    }
    if !owed.isEmpty { retry?.instant = Reactor.now() + Self.retryPause }
  }

  /// False when the connection has no room now. A peer that is gone is owed nothing.
  private func pay(_ item: Owed, to peer: RoutingID) -> Bool {
    do {
      guard let socket, !socket.isClosed else { return true }
      switch try socket.send(BulkCodec.encode(message(item)), to: peer) {
      case .sent: return true
      case .wouldBlock: return false
      case .unreachable:
        owed[peer] = nil
        streams.remove(peer)
        // Perhaps it had a place, whoever noticed that it is gone.
        advanceStreams()
        return true
      }
    } catch {
      log.error("cannot send", metadata: ["peer": "\(peer)", "error": "\(error)"])
      return true
    }
  }

  private func message(_ item: Owed) -> BulkReply {
    switch item {
    case .reply(let reply): return reply
    case .piece(let package, let offset, let length, let wantsOrigins):
      do {
        return .piece(
          package: package, offset: offset, bytes: try bytes(of: package, offset, length),
          origins: wantsOrigins ? origins[package] ?? [] : [])
      } catch {
        return .failed(package: package, reason: "\(error)")
      }
    }
  }

  /// Fewer than asked for only at the end of the archive.
  private func bytes(of package: Digest, _ offset: Int64, _ length: Int32) throws -> [UInt8] {
    let (end, overflow) = offset.addingReportingOverflow(Int64(length))
    guard !overflow, end >= offset else { throw ServerError("there is no offset \(offset)") }
    let (parts, generation) = try shelf.parts(of: package, offset..<end)
    if generation != self.generation {
      segments = [:]
      self.generation = generation
    }
    var bytes: [UInt8] = []
    for part in parts { bytes += try file(part.segment).readAll(part) }
    return bytes
  }

  private func file(_ segment: SegmentName) throws -> ArchiveFile {
    if let open = segments[segment] { return open }
    if segments.count >= Self.openFiles, let any = segments.keys.min() { segments[any] = nil }
    let file = try shelf.open(segment)
    segments[segment] = file
    return file
  }
}

/// Who keeps the record of packages.
protocol PackageCatalogue: Actor {
  /// Records a package; it is its problem's newest now.
  func add(_ package: PackageSummary) async throws
  /// Makes a recorded package its problem's newest; false when there is no record of it.
  func renew(_ package: Digest) async throws -> Bool
  /// How many judgings wait for each of these, which are named once each.
  func backlog(of packages: [Digest]) async -> [Digest: Int]
}

extension PackageSummary {
  init(_ manifest: PackageManifest, archiveBytes: Int64) {
    self.init(
      digest: manifest.digest, problem: manifest.problem, title: manifest.title,
      archiveBytes: archiveBytes, unpackedBytes: manifest.byteCount)
  }
}
