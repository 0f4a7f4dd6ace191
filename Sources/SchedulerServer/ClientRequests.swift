internal import JudgeModel
internal import Logging
internal import Messages
internal import SchedulerCore
internal import Transport
internal import Wire

/// What clients ask for. Requests that need the store are answered when it has answered; repeating a
/// request is harmless.
extension SchedulerServer {
  func receive(_ message: ClientMessage, from peer: RoutingID) {
    if case .hello(let version, let token, _) = message {
      return greet(version, token, peer)
    }
    guard links.touch(peer, at: Reactor.now()) else {
      return transmit(ControlCodec.encode(ClientReply.who), to: peer, mayDrop: true)
    }
    switch message {
    case .hello: break
    case .offerPackages(let request, let digests):
      reply(.missingPackages(request, digests.filter { packages[$0] == nil }), to: peer)
    case .findPackage(let request, let problem):
      reply(.package(request, newest[problem].flatMap { packages[$0] }), to: peer)
    case .createBatch(let request, let name):
      answer(request, peer) { .batch(request, try await self.keeper.createBatch(name: name)) }
    case .judge(let request, let judgings):
      answer(request, peer) { .judgings(request, try await self.judge(judgings)) }
    case .watch(let request, let watched): watch(watched, request, peer)
    case .cancel(let request, let watched):
      answer(request, peer) {
        guard let open = try await self.keeper.open(watched) else {
          throw ServerError("there is no \(watched.name)")
        }
        self.handle(.cancel(open))
        self.confirmations.append((.done(request), peer))
        return nil
      }
    case .status(let request):
      guard let core else { return }
      reply(.status(request, core.status(at: now) { self.name(of: $0) }), to: peer)
    case .explain(let request, let judging):
      answer(request, peer) {
        guard var explanation = try await self.keeper.explain(judging) else {
          throw ServerError("there is no judging \(judging.value)")
        }
        explanation.waiting = self.core?.explainWaiting(judging, at: self.now) {
          self.name(of: $0)
        }
        return .explanation(request, explanation)
      }
    case .warm(let request, let package, let workers): warm(package, workers, request, peer)
    case .listPackages(let request):
      answer(request, peer) { .packageList(request, try await self.listPackages()) }
    case .collectPackages(let request, let isRehearsal):
      answer(request, peer) {
        .packagesCollected(request, try await self.collectPackages(isRehearsal: isRehearsal))
      }
    case .setOrigins(let request, let package, let origins):
      answer(request, peer) {
        try await self.setOrigins(origins, of: package)
        return .done(request)
      }
    }
  }

  private func greet(_ version: UInt32, _ token: String, _ peer: RoutingID) {
    guard identity.accepts(token) else {
      complain("refused a client with a wrong token", of: peer)
      return refuse(peer, Self.wrongToken)
    }
    guard version == ProtocolVersion.current else {
      complain("refused a client of another version", of: peer, ["protocol": "\(version)"])
      return refuse(peer, wrongVersion(version))
    }
    links.addClient(peer, at: Reactor.now())
    if sweep?.instant == nil { sweep?.instant = Reactor.now() + Self.sweepInterval }
    guard let core else { return }
    reply(
      .welcome(
        programVersion: settings.programVersion, bulkPort: core.identity.bulkPort, knowsWarm: true),
      to: peer)
  }

  /// Nanoseconds of silence after which a client is looked after, and between two looks.
  static let sweepInterval: Int64 = 60_000_000_000

  /// Clients leave without a word. What is sent to one that is gone is refused, and an answer to the
  /// request 0, which nobody asks, is ignored by one that is there.
  func sweepClients() {
    for peer in links.clients(silentSince: Reactor.now() - Self.sweepInterval) {
      reply(.caughtUp(0), to: peer)
    }
    if links.hasClients { sweep?.instant = Reactor.now() + Self.sweepInterval }
  }

  /// - Parameter body: gives the answer, or nil when it has seen to it that there will be one.
  private func answer(
    _ request: UInt64, _ peer: RoutingID, _ body: @escaping () async throws -> ClientReply?
  ) {
    Task {
      do {
        if let message = try await body() { reply(message, to: peer) }
      } catch {
        reply(.failed(request, "\(error)"), to: peer)
      }
    }
  }

  /// Makes judgings of those requests that are new, and names all of them. One call after the other:
  /// the same request on a new connection must find what the first one made.
  private func judge(_ requests: [JudgingRequest]) async throws -> [JudgingID] {
    let previous = lastRequest
    let task = Task {
      _ = await previous?.result
      return try await makeJudgings(requests)
    }
    lastRequest = task
    return try await task.value
  }

  private func makeJudgings(_ requests: [JudgingRequest]) async throws -> [JudgingID] {
    defer { known.trim() }
    for batch in Set(requests.compactMap(\.batch)) where !known.covers(batch) {
      guard let keys = try await keeper.keys(of: batch) else {
        throw ServerError("there is no batch \(batch.value)")
      }
      known.load(keys, of: batch)
    }
    let singles = requests.filter { $0.batch == nil && known[$0] == nil }
    // A client whose answer was lost in a crash asks the next scheduler again. A batch is many calls,
    // which have nothing to look up: each would wait once more for the store's thread.
    if !singles.isEmpty {
      for (key, judging) in try await keeper.singleJudgings(singles.map(\.key)) {
        known.note(judging, single: key)
      }
    }
    var new: [(JudgingRequest, PackageSummary)] = []
    var seen: Set<String> = []
    for request in requests where known[request] == nil {
      guard let package = packages[request.package] else {
        throw ServerError(
          "the scheduler has no package \(request.package.hex): push it first")
      }
      if seen.insert("\(request.batch?.value ?? 0)/\(request.key)").inserted {
        new.append((request, package))
      }
    }
    if !new.isEmpty {
      let orders = try await keeper.create(new)
      for (order, (request, _)) in zip(orders, new) {
        known[request] = order.judging
        keyOf[order.judging] = request.key
      }
      handle(.submitted(orders))
    }
    return try requests.map { request in
      guard let id = known[request] else {
        throw ServerError("the request \(request.key) was lost on the way: ask again")
      }
      return id
    }
  }
}

extension Watched {
  var name: String {
    switch self {
    case .batch(let id): "batch \(id.value)"
    case .judging(let id): "judging \(id.value)"
    }
  }
}
