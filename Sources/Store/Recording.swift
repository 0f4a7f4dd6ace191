import GRDB
public import JudgeModel

/// What a commit did besides what it was asked to.
public struct CommitReport: Hashable, Sendable {
  /// Indices of the records that found their judging gone on without them and changed nothing: a
  /// verdict, run or return of an older lease or of a judging that has ended. Whoever decided them
  /// has to look up what the record says instead, and must not tell what they say.
  public var stale: [Int] = []
}

extension Store {
  /// Writes all records in one transaction, in order, and returns when they are on the disk. When it
  /// throws, none of them was written.
  ///
  /// `priors` go into the same transaction, after the records: the verdicts that judgings created
  /// there are to be compared with.
  public func commit(
    _ records: [JudgeModel.Record], priors: [PriorVerdict] = [], at wallClockMilliseconds: Int64
  ) throws(StoreError) -> CommitReport {
    guard !(records.isEmpty && priors.isEmpty) else { return CommitReport() }
    return try write("writing the record") { database in
      let recording = Recording(database: database, now: wallClockMilliseconds)
      var report = CommitReport()
      for (index, record) in records.enumerated() {
        if try !recording.apply(record) { report.stale.append(index) }
      }
      for prior in priors { try recording.note(prior) }
      return report
    }
  }

  /// Puts a quarantined judging back into the queue, because a person said so. Returns what the
  /// scheduler needs to take it up again; nil when it was not quarantined.
  public func release(_ judging: JudgingID) throws(StoreError) -> JudgingOrder? {
    try write("releasing \(judging)") { database -> JudgingOrder? in
      let recording = Recording(database: database, now: 0)
      guard try recording.release(judging) else { return nil }
      return try UnfinishedJudging.read(judging, database)?.order
    }
  }
}

/// One transaction's writing. Every function returns whether it changed anything.
///
/// A lease is current when its epoch is the one in the row. The epoch outlives the lease, so that the
/// verdict of a lease that was given up still counts as long as no newer one was recorded.
private struct Recording {
  let database: Database
  let now: Int64

  func apply(_ record: JudgeModel.Record) throws -> Bool {
    switch record {
    case .created(let order): try create(order)
    case .leased(let judging, let epoch, let worker): try lease(judging, epoch, worker)
    case .runs(let judging, let epoch, let runs): try stream(judging, epoch, runs)
    case .judged(let judging, let epoch, let worker, let result):
      try judge(judging, epoch, worker, result)
    case .returned(let judging, let epoch, let reason): try giveBack(judging, epoch, reason)
    case .cancelled(let judging): try end(judging, "cancelled", nil)
    case .quarantined(let judging, let reason): try end(judging, "quarantined", reason)
    }
  }

  private func create(_ order: JudgingOrder) throws -> Bool {
    var find = try Command(database, "SELECT id FROM packages WHERE digest = ?")
    find.bind(order.package)
    guard let package = try find.first({ $0.integer() }) else {
      throw StoreError.refused("\(order.judging): package \(order.package) is not in the record")
    }
    var insert = try Command(
      database,
      """
      INSERT INTO judgings
        (id, submission, package, batch, mode, priority, state, created_ms, requires)
      VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?)
      """)
    insert.bind(order.judging.value)
    insert.bind(order.submission.value)
    insert.bind(package)
    insert.bind(order.batch?.value)
    insert.bind(order.mode.rawValue)
    insert.bind(order.priority.rawValue)
    insert.bind(now)
    insert.bind(order.requires.isEmpty ? nil : Label.text(order.requires))
    do {
      return try insert.run() == 1
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
      throw StoreError.refused(
        "\(order.judging) of \(order.submission) cannot be recorded: "
          + "\(error.message ?? "constraint failed")")
    }
  }

  private func lease(_ judging: JudgingID, _ epoch: LeaseEpoch, _ worker: WorkerID) throws -> Bool {
    // Runs belong to the lease in the row: those of an older one go when a newer one comes.
    var clear = try Command(
      database,
      """
      DELETE FROM runs WHERE judging = ?1 AND EXISTS (
        SELECT 1 FROM judgings WHERE id = ?1 AND state IN ('queued', 'leased')
          AND (generation, counter) < (?2, ?3))
      """)
    clear.bind(judging.value)
    clear.bind(epoch)
    try clear.run()
    var update = try Command(
      database,
      """
      UPDATE judgings SET state = 'leased', generation = ?2, counter = ?3, worker = ?4,
        leased_ms = ?5
      WHERE id = ?1 AND state IN ('queued', 'leased')
        AND (generation IS NULL OR (generation, counter) <= (?2, ?3))
      """)
    update.bind(judging.value)
    update.bind(epoch)
    update.bind(worker.value)
    update.bind(now)
    return try update.run() == 1
  }

  private func stream(_ judging: JudgingID, _ epoch: LeaseEpoch, _ runs: [Run]) throws -> Bool {
    var find = try Command(
      database,
      """
      SELECT 1 FROM judgings
      WHERE id = ? AND generation = ? AND counter = ? AND state = 'leased'
      """)
    find.bind(judging.value)
    find.bind(epoch)
    guard try find.first({ $0.integer() }) != nil else { return false }
    try write(runs, of: judging)
    return true
  }

  private func judge(
    _ judging: JudgingID, _ epoch: LeaseEpoch, _ worker: WorkerID, _ result: JudgingResult
  ) throws -> Bool {
    var update = try Command(
      database,
      """
      UPDATE judgings SET state = 'judged', worker = ?4, finished_ms = ?5, verdict = ?6, score = ?7,
        compiled = ?8, compile_detail = ?9, compile_cpu_ns = ?10, compile_wall_ns = ?11,
        compile_output = ?12, message = ?13, worker_waiting_ns = ?14, worker_judging_ns = ?15
      WHERE id = ?1 AND generation = ?2 AND counter = ?3 AND state IN ('queued', 'leased')
      """)
    update.bind(judging.value)
    update.bind(epoch)
    update.bind(worker.value)
    update.bind(now)
    update.bind(result.verdict.rawValue)
    update.bind(result.score?.billionths)
    let compilation = result.compilation
    update.bind(compilation?.succeeded)
    update.bind(compilation?.detail?.rawValue)
    update.bind(compilation?.cpuTime.nanoseconds)
    update.bind(compilation?.wallTime.nanoseconds)
    update.bind(compilation?.output.clipped(to: Compilation.outputLimit))
    update.bind(result.message.clipped(to: Self.messageLimit))
    update.bind(result.spans?.waiting.nanoseconds)
    update.bind(result.spans?.judging.nanoseconds)
    guard try update.run() == 1 else { return false }
    try dropRuns(of: judging)
    try write(result.runs, of: judging)
    return true
  }

  private func giveBack(_ judging: JudgingID, _ epoch: LeaseEpoch, _ reason: String) throws -> Bool
  {
    var update = try Command(
      database,
      """
      UPDATE judgings SET state = 'queued', worker = NULL, leased_ms = NULL, returns = returns + 1,
        message = ?4
      WHERE id = ?1 AND generation = ?2 AND counter = ?3 AND state = 'leased'
      """)
    update.bind(judging.value)
    update.bind(epoch)
    update.bind(reason.clipped(to: Self.messageLimit))
    guard try update.run() == 1 else { return false }
    try dropRuns(of: judging)
    return true
  }

  /// `state` ends it without a verdict. Runs that were there stay: they are what a person looks at.
  private func end(_ judging: JudgingID, _ state: String, _ reason: String?) throws -> Bool {
    var update = try Command(
      database,
      """
      UPDATE judgings SET state = ?2, finished_ms = ?3, message = coalesce(?4, message)
      WHERE id = ?1 AND state IN ('queued', 'leased')
      """)
    update.bind(judging.value)
    update.bind(state)
    update.bind(now)
    update.bind(reason?.clipped(to: Self.messageLimit))
    return try update.run() == 1
  }

  func release(_ judging: JudgingID) throws -> Bool {
    var update = try Command(
      database,
      """
      UPDATE judgings SET state = 'queued', worker = NULL, leased_ms = NULL, finished_ms = NULL,
        returns = 0
      WHERE id = ? AND state = 'quarantined'
      """)
    update.bind(judging.value)
    guard try update.run() == 1 else { return false }
    try dropRuns(of: judging)
    return true
  }

  func note(_ prior: PriorVerdict) throws {
    var insert = try Command(
      database, "INSERT INTO batch_items (judging, prior_verdict, prior_score) VALUES (?, ?, ?)")
    insert.bind(prior.judging.value)
    insert.bind(prior.verdict)
    insert.bind(prior.score?.billionths)
    do {
      try insert.run()
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
      throw StoreError.refused(
        "the earlier verdict of \(prior.judging) cannot be recorded: "
          + "\(error.message ?? "constraint failed")")
    }
  }

  // MARK: Runs

  private func dropRuns(of judging: JudgingID) throws {
    var delete = try Command(database, "DELETE FROM runs WHERE judging = ?")
    delete.bind(judging.value)
    try delete.run()
  }

  /// Of two runs with one ordinal the later one stays. Workers number them, so that two are no
  /// reason to lose the records of everybody else in the transaction.
  private func write(_ runs: [Run], of judging: JudgingID) throws {
    guard !runs.isEmpty else { return }
    var insert = try Command(
      database,
      """
      INSERT OR REPLACE INTO runs (judging, ordinal, testcase, verdict, detail, score, cpu_ns,
        wall_ns, memory_bytes, output_bytes, exit_code, signal, stop, oom_kills, validator_exit,
        passes, degraded, interactor_first, message)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    for run in runs {
      insert.bind(judging.value)
      insert.bind(run.ordinal)
      insert.bind(run.testcase)
      insert.bind(run.verdict.rawValue)
      insert.bind(run.detail?.rawValue)
      insert.bind(run.score?.billionths)
      insert.bind(run.facts.cpuTime.nanoseconds)
      insert.bind(run.facts.wallTime.nanoseconds)
      insert.bind(run.facts.memoryPeakBytes)
      insert.bind(run.facts.outputBytes)
      insert.bind(run.facts.exitCode)
      insert.bind(run.facts.signal)
      insert.bind(run.facts.stop.rawValue)
      insert.bind(run.facts.oomKills)
      insert.bind(run.facts.validatorExit)
      insert.bind(run.facts.passes)
      insert.bind(run.facts.isDegraded)
      insert.bind(run.facts.interactorEndedFirst.map { $0 ? Int32(1) : 0 })
      insert.bind(run.message.clipped(to: Run.messageLimit))
      try insert.run()
    }
  }

  /// Bytes of a judging's message. The record must not grow by what somebody chose to say.
  private static let messageLimit = 4096
}

extension Command {
  fileprivate mutating func bind(_ epoch: LeaseEpoch) {
    bind(Int64(epoch.generation))
    // Every pattern of bits is a value here; the scheduler never counts to where the sign is.
    bind(Int64(bitPattern: epoch.counter))
  }
}

extension String {
  /// At most `limit` bytes of UTF-8, cut between characters.
  func clipped(to limit: Int) -> String {
    guard utf8.count > limit else { return self }
    var end = utf8.index(utf8.startIndex, offsetBy: max(0, limit))
    while end > startIndex, end.samePosition(in: unicodeScalars) == nil {
      end = utf8.index(before: end)
    }
    return String(self[..<end])
  }
}
