internal import JudgeModel
internal import Messages
internal import SchedulerCore
internal import Transport

/// News for those who watch. What is told when: see `Watchers`.
extension SchedulerServer {
  func watch(_ watched: Watched, _ request: UInt64, _ peer: RoutingID) {
    // Its first page is read with this turn's round.
    guard !watchers.add(Watchers.Watcher(peer: peer, request: request), to: watched) else { return }
    let reason = "a client watches at most \(Watchers.limitPerPeer) things: close some"
    reply(.failed(request, reason), to: peer)
  }

  /// The next page of the past whose reader has taken everything before.
  func nextPage() -> Watchers.PageRequest? {
    watchers.nextPage { !outbox.isWaiting($0) }
  }

  func tell(_ page: StoreKeeper.Page) {
    let (peer, request) = (page.request.watcher.peer, page.request.watcher.request)
    switch page.content {
    case .failure(let error):
      watchers.remove(page.request.watcher)
      reply(.failed(request, "\(error)"), to: peer)
    case .success(nil):
      watchers.remove(page.request.watcher)
      reply(.failed(request, "there is no \(page.request.watched.name)"), to: peer)
    case .success(let history?):
      guard watchers.took(page.request, upTo: history.end) else { return }
      for event in history.events { reply(.happened(request, event), to: peer) }
      guard history.end == nil else { return }
      reply(.caughtUp(request), to: peer)
      if case .judging(let id) = page.request.watched, history.events.allSatisfy(\.isFinal) {
        watchers.forget(id)
      }
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
    if news.isFinal { watchers.forget(judging) }
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

extension JudgingEvent {
  fileprivate var isFinal: Bool {
    switch self {
    case .judged, .ended: true
    case .queued, .started, .run: false
    }
  }
}
