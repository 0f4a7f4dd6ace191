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
    guard links.isClient(peer) else { return reply(.who, to: peer) }
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
        return .done(request)
      }
    case .status(let request):
      guard let core else { return }
      reply(.status(request, core.status(at: now)), to: peer)
    }
  }

  private func greet(_ version: UInt32, _ token: String, _ peer: RoutingID) {
    guard identity.accepts(token) else {
      log.warning("refused a client with a wrong token")
      return reply(
        .refused("the enrolment token is wrong: use the scheduler's current join line"), to: peer)
    }
    guard version == ProtocolVersion.current else {
      return reply(
        .refused(
          "this scheduler (\(settings.programVersion)) speaks protocol \(ProtocolVersion.current), "
            + "the client speaks \(version): install the same version on both"), to: peer)
    }
    links.addClient(peer)
    guard let core else { return }
    reply(
      .welcome(programVersion: settings.programVersion, bulkPort: core.identity.bulkPort), to: peer)
  }

  private func answer(
    _ request: UInt64, _ peer: RoutingID, _ body: @escaping () async throws -> ClientReply
  ) {
    Task {
      do {
        reply(try await body(), to: peer)
      } catch {
        reply(.failed(request, "\(error)"), to: peer)
      }
    }
  }

  func reply(_ message: ClientReply, to peer: RoutingID) {
    transmit(ControlCodec.encode(message), to: peer, mayDrop: false)
  }

  /// Makes judgings of those requests that are new, and names all of them.
  private func judge(_ requests: [JudgingRequest]) async throws -> [JudgingID] {
    for batch in Set(requests.map(\.batch)) where judgingOf[batch] == nil {
      guard let batch else {
        judgingOf[nil] = [:]
        continue
      }
      guard let keys = try await keeper.keys(of: batch) else {
        throw ServerError("there is no batch \(batch.value)")
      }
      if judgingOf[batch] == nil { judgingOf[batch] = keys }
    }
    var new: [(JudgingRequest, PackageSummary)] = []
    var seen: Set<String> = []
    for request in requests where judgingOf[request.batch]?[request.key] == nil {
      guard let package = packages[request.package] else {
        throw ServerError(
          "the scheduler has no package \(request.package.hex): push it first")
      }
      if seen.insert("\(request.batch?.value ?? 0)/\(request.key)").inserted {
        new.append((request, package))
      }
    }
    if !new.isEmpty {
      // Claimed before the store is asked, so that the same request on another connection waits for
      // nothing and makes no second judging.
      let orders = try await keeper.create(new)
      for (order, (request, _)) in zip(orders, new) {
        judgingOf[request.batch, default: [:]][request.key] = order.judging
        keyOf[order.judging] = request.key
      }
      handle(.submitted(orders))
    }
    return try requests.map { request in
      guard let id = judgingOf[request.batch]?[request.key] else {
        throw ServerError("the request \(request.key) was lost on the way: ask again")
      }
      return id
    }
  }

  private func watch(_ watched: Watched, _ request: UInt64, _ peer: RoutingID) {
    // First listen, then tell the past: what happens in between is told twice, and nothing is missed.
    watchers.add(Watchers.Watcher(peer: peer, request: request), to: watched)
    answer(request, peer) {
      guard let events = try await self.keeper.history(of: watched) else {
        throw ServerError("there is no \(watched.name)")
      }
      for event in events { self.reply(.happened(request, event), to: peer) }
      return .caughtUp(request)
    }
  }

  func publish(_ judging: JudgingID, _ batch: BatchID?, _ news: JudgingNews) {
    let key = keyOf[judging] ?? ""
    if news.isFinal { keyOf[judging] = nil }
    guard !watchers.isEmpty else { return }
    let events = news.events(judging, key: key)
    for watcher in watchers.watchers(of: judging, in: batch) {
      for event in events { reply(.happened(watcher.request, event), to: watcher.peer) }
    }
  }
}

extension JudgingNews {
  var isFinal: Bool {
    switch self {
    case .judged, .ended: true
    case .queued, .started, .runs: false
    }
  }

  func events(_ id: JudgingID, key: String) -> [JudgingEvent] {
    switch self {
    case .queued(let note): [.queued(id, key: key, note: note)]
    case .started(let worker): [.started(id, key: key, worker: worker)]
    case .runs(let runs): runs.map { .run(id, key: key, $0) }
    case .judged(let worker, let result): [.judged(id, key: key, worker: worker, result)]
    case .ended(let state, let reason): [.ended(id, key: key, state, reason: reason)]
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
