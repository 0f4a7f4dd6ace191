internal import Foundation
internal import JudgeModel
internal import Messages
internal import SchedulerCore
internal import Store
internal import Transport

/// The store on a thread of its own: a commit waits for the disk, and the control thread must not.
actor StoreKeeper {
  private nonisolated let thread: Reactor
  let store: Store

  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  init(path: String) throws {
    store = try Store.open(path)
    thread = try Reactor(name: "store")
  }

  /// Wall clock, milliseconds since 1970: for people who read the record, never for decisions.
  static func wallClock() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

  func close() throws {
    try store.close()
    thread.stop()
  }

  func nextGeneration() throws -> UInt32 { try store.nextGeneration() }

  /// What came of a round.
  struct Committed: Sendable {
    /// What the store knew better, with what it knows.
    var contradictions: [Contradiction]
    /// What the round's grants need.
    var programs: [SubmissionID: Program]
    var page: Page?
  }

  /// Writes a round of records, and then reads what is to be told together with it.
  /// - Parameter page: read last, so that it holds what these records say and nothing later.
  func commit(
    _ records: [JudgeModel.Record], programsOf submissions: [SubmissionID],
    page: Watchers.PageRequest?
  ) throws -> Committed {
    let report = try store.commit(records, at: Self.wallClock())
    return Committed(
      contradictions: try contradictions(report.stale.map { records[$0] }),
      programs: try store.programs(of: submissions),
      page: page.map { self.page($0) })
  }

  /// What the record says of the judgings that these stale records are about.
  private func contradictions(_ stale: [JudgeModel.Record]) throws -> [Contradiction] {
    guard !stale.isEmpty else { return [] }
    let open = Dictionary(
      try store.unfinished().map { ($0.order.judging, $0) }, uniquingKeysWith: { first, _ in first }
    )
    return try Contradiction.grouped(stale) { id in
      guard let judging = try store.judging(id) else { return .missing }
      switch judging.state {
      case .queued, .leased:
        guard let item = open[id] else { return .missing }
        return .open(
          RestoredJudging(order: item.order, epoch: item.epoch, newestEpoch: item.newestEpoch))
      case .judged:
        return .judged(judging.batch, judging.worker ?? WorkerID("?"), try result(of: judging))
      case .cancelled, .quarantined:
        return .ended(judging.batch, judging.state, reason: judging.message)
      }
    }
  }

  struct Unfinished: Sendable {
    var order: JudgingOrder
    var epoch: LeaseEpoch?
    var key: String
  }

  func unfinished() throws -> [Unfinished] {
    try store.unfinished().map {
      let submission = try store.submission($0.order.submission)
      return Unfinished(
        order: $0.order, epoch: $0.epoch,
        key: submission?.externalID ?? "\($0.order.judging.value)")
    }
  }

  func createBatch(name: String) throws -> BatchID {
    try store.createBatch(name: name, at: Self.wallClock())
  }

  /// The judgings that a batch has already, by the client's key: what makes a repeated request
  /// harmless also after a restart.
  func keys(of batch: BatchID) throws -> [String: JudgingID]? {
    guard try store.batch(batch) != nil else { return nil }
    var keys: [String: JudgingID] = [:]
    try forEachEntry(of: batch) { entry in
      if let key = entry.submission.externalID { keys[key] = entry.judging.id }
    }
    return keys
  }

  /// Of these keys of single requests, those that were asked for before, by an earlier scheduler too.
  func singleJudgings(_ keys: [String]) throws -> [(String, JudgingID)] {
    try keys.compactMap { key in try store.singleJudging(externalID: key).map { (key, $0) } }
  }

  private func forEachEntry(of batch: BatchID, _ body: (BatchEntry) throws -> Void) throws {
    var last: JudgingID?
    while true {
      let page = try store.entries(of: batch, after: last)
      for entry in page { try body(entry) }
      guard let end = page.last else { return }
      last = end.judging.id
    }
  }

  /// Makes submissions and judgings of requests whose packages are known.
  func create(
    _ requests: [(JudgingRequest, PackageSummary)]
  ) throws -> [JudgingOrder] {
    // Here, where nothing can come between: a package may have been dropped since it was looked up.
    for package in Set(requests.map(\.1.digest)) where try store.package(package) == nil {
      throw ServerError("the scheduler has dropped package \(package.hex): push it again")
    }
    let now = Self.wallClock()
    let submissions = try store.addSubmissions(
      requests.map { request, package in
        NewSubmission(
          externalID: request.key, team: request.team, problem: package.problem,
          program: request.program)
      }, at: now)
    let judgings = store.allocateJudgings(requests.count)
    var orders: [JudgingOrder] = []
    for (index, (request, package)) in requests.enumerated() {
      orders.append(
        JudgingOrder(
          judging: judgings[index], submission: submissions[index], package: package.digest,
          archiveBytes: package.archiveBytes, unpackedBytes: package.unpackedBytes,
          language: request.program.language, mode: request.mode, priority: request.priority,
          batch: request.batch, requires: request.requires))
    }
    _ = try store.commit(orders.map { .created($0) }, at: now)
    return orders
  }

  /// What the record knows of a judging, for whoever asks why it is where it is.
  func explain(_ id: JudgingID) throws -> Explanation? {
    guard let judging = try store.judging(id),
      let submission = try store.submission(judging.submission)
    else { return nil }
    let runs = try store.runs(of: id)
    return Explanation(
      judging: id, state: judging.state, problem: submission.problem, package: judging.package,
      language: submission.language, requires: judging.requires, priority: judging.priority,
      mode: judging.mode, batch: judging.batch, worker: judging.worker, returns: judging.returns,
      verdict: judging.verdict, message: judging.message,
      course: Explanation.Course(
        createdMilliseconds: judging.createdMilliseconds,
        leasedMilliseconds: judging.leasedMilliseconds,
        finishedMilliseconds: judging.finishedMilliseconds, spans: judging.spans,
        compiling: judging.compilation?.wallTime,
        running: runs.reduce(TimeSpan.zero) { $0 + $1.facts.wallTime },
        testcases: Int64(runs.count)),
      waiting: nil)
  }

  /// Judgings of a watched subject that may still be cancelled.
  func open(_ watched: Watched) throws -> [JudgingID]? {
    switch watched {
    case .judging(let id):
      guard let judging = try store.judging(id) else { return nil }
      return judging.state.isFinal ? [] : [id]
    case .batch(let id):
      guard try store.batch(id) != nil else { return nil }
      return try store.judgingIDs(of: id, in: .queued) + store.judgingIDs(of: id, in: .leased)
    }
  }
}
