internal import JudgeModel
internal import Messages
internal import Store

/// The past of what is watched, read from the record a page at a time.
extension StoreKeeper {
  /// What has happened to some judgings of a watched subject so far.
  struct History: Sendable {
    var events: [JudgingEvent]
    /// The last of these judgings; nil when there are no more.
    var end: JudgingID?
  }

  struct Page: Sendable {
    var request: Watchers.PageRequest
    /// nil: there is no such subject.
    var content: Result<History?, any Error>
  }

  /// Judgings in a page, and bytes of what is told about them: the one bounds what a page costs to
  /// find, the other what it costs to keep. A page ends after the judging that exceeds the bytes.
  static let pageCount = 200
  static let pageBytes = 256 << 10

  func page(_ request: Watchers.PageRequest) -> Page {
    Page(
      request: request,
      content: Result { try history(of: request.watched, after: request.after) })
  }

  private func history(of watched: Watched, after last: JudgingID) throws -> History? {
    switch watched {
    case .judging(let id):
      guard let judging = try store.judging(id) else { return nil }
      let submission = try store.submission(judging.submission)
      return History(events: try events(judging, key: submission?.externalID ?? ""))
    case .batch(let id):
      if last == JudgingID(0), try store.batch(id) == nil { return nil }
      var history = History(events: [])
      let entries = try store.entries(of: id, after: last, limit: Self.pageCount)
      var bytes = 0
      for entry in entries {
        let events = try events(entry.judging, key: entry.submission.externalID ?? "")
        history.events += events
        bytes += events.reduce(0) { $0 + $1.approximateBytes }
        if bytes > Self.pageBytes {
          history.end = entry.judging.id
          return history
        }
      }
      if entries.count == Self.pageCount { history.end = entries.last?.judging.id }
      return history
    }
  }

  private func events(_ judging: StoredJudging, key: String) throws -> [JudgingEvent] {
    let (id, worker) = (judging.id, judging.worker ?? WorkerID("?"))
    return switch judging.state {
    case .queued: [.queued(id, key: key, note: judging.message)]
    case .leased:
      [.started(id, key: key, worker: worker)]
        + (try store.runs(of: id).map { .run(id, key: key, $0) })
    case .cancelled, .quarantined: [.ended(id, key: key, judging.state, reason: judging.message)]
    case .judged: [.judged(id, key: key, worker: worker, try result(of: judging))]
    }
  }

  /// - Parameter judging: one that was judged.
  func result(of judging: StoredJudging) throws -> JudgingResult {
    JudgingResult(
      verdict: judging.verdict ?? .judgeError, score: judging.score,
      compilation: judging.compilation, runs: try store.runs(of: judging.id),
      message: judging.message)
  }
}

extension JudgingEvent {
  /// About what it takes in memory and on the way.
  fileprivate var approximateBytes: Int {
    switch self {
    case .queued, .started, .ended: 200
    case .run(_, _, let run): run.approximateBytes
    case .judged(_, _, _, let result):
      result.runs.reduce(200 + (result.compilation?.output.utf8.count ?? 0)) {
        $0 + $1.approximateBytes
      }
    }
  }
}

extension Run {
  fileprivate var approximateBytes: Int { 100 + testcase.utf8.count + message.utf8.count }
}
