import GRDB
public import JudgeModel

/// Batches: the sets of judgings that regrades make.
extension Store {
  /// Makes an empty batch. `selection` says in words what was chosen; `total` how many judgings it
  /// is going to have, when that is known.
  public func createBatch(
    name: String, selection: String = "", total: Int64? = nil, at wallClockMilliseconds: Int64
  ) throws(StoreError) -> BatchID {
    try write("creating batch \(name)") { database in
      var insert = try Command(
        database, "INSERT INTO batches (name, selection, total, created_ms) VALUES (?, ?, ?, ?)")
      insert.bind(name)
      insert.bind(selection)
      insert.bind(total)
      insert.bind(wallClockMilliseconds)
      try insert.run()
      return BatchID(database.lastInsertedRowID)
    }
  }

  /// Says that every judging of the batch is in the record, and counts them. A batch that a crash left
  /// unsealed has only a part of its selection. Returns false when there is no such batch or it was
  /// sealed before.
  @discardableResult public func sealBatch(
    _ batch: BatchID, at wallClockMilliseconds: Int64
  ) throws(StoreError) -> Bool {
    try write("sealing \(batch)") { database in
      var update = try Command(
        database,
        """
        UPDATE batches SET sealed_ms = ?2,
          total = (SELECT count(*) FROM judgings WHERE batch = ?1)
        WHERE id = ?1 AND sealed_ms IS NULL
        """)
      update.bind(batch.value)
      update.bind(wallClockMilliseconds)
      return try update.run() == 1
    }
  }

  /// Records what a person decided about a sealed batch; the first decision stays. To apply one, each
  /// of its judgings must have ended. Returns false when nothing was decided by this call.
  public func decideBatch(
    _ batch: BatchID, _ decision: BatchDecision, at wallClockMilliseconds: Int64
  ) throws(StoreError) -> Bool {
    try write("deciding \(batch)") { database in
      var update = try Command(
        database,
        """
        UPDATE batches SET decision = ?2, decided_ms = ?3
        WHERE id = ?1 AND decision IS NULL AND sealed_ms IS NOT NULL
          AND (?2 = 'discarded' OR NOT EXISTS (
            SELECT 1 FROM judgings WHERE batch = ?1 AND state IN ('queued', 'leased')))
        """)
      update.bind(batch.value)
      update.bind(decision.rawValue)
      update.bind(wallClockMilliseconds)
      return try update.run() == 1
    }
  }

  public func batch(_ id: BatchID) throws(StoreError) -> (batch: StoredBatch, tally: Tally)? {
    try read("reading \(id)") { database -> (batch: StoredBatch, tally: Tally)? in
      var find = try Command(database, Query.batch)
      find.bind(id.value)
      guard let batch = try find.first(StoredBatch.decode) else { return nil }
      var count = try Command(database, Query.batchTally)
      count.bind(id.value)
      return (batch, try Tally.sum(&count))
    }
  }

  /// The newest batches first.
  public func batches(limit: Int = 100) throws(StoreError) -> [StoredBatch] {
    try read("listing batches") { database in
      var command = try Command(database, Query.batches)
      command.bind(Int64(max(0, limit)))
      return try command.all(StoredBatch.decode)
    }
  }

  /// Judgings of a batch with their submissions and earlier verdicts, by identifier, `limit` at a time:
  /// for the next page pass the last identifier of this one.
  public func entries(
    of batch: BatchID, after last: JudgingID? = nil, limit: Int = 500
  ) throws(StoreError) -> [BatchEntry] {
    try read("reading the judgings of \(batch)") { database in
      var command = try Command(database, Query.batchEntries)
      command.bind(batch.value)
      command.bind(last?.value ?? 0)
      command.bind(Int64(max(0, limit)))
      return try command.all { row in
        let judging = try StoredJudging.decode(&row)
        let submission = try StoredSubmission.decode(&row)
        let prior = row.optionalText()
        let priorScore = row.optionalInteger().map { Score(billionths: $0) }
        return BatchEntry(
          judging: judging, submission: submission,
          prior: prior.map { PriorVerdict(judging: judging.id, verdict: $0, score: priorScore) },
          slowest: row.optionalInteger().map { TimeSpan(nanoseconds: $0) })
      }
    }
  }

  /// Identifiers of a batch's judgings, optionally those in one state, in order: what a cancellation
  /// or a resumption goes through.
  public func judgingIDs(
    of batch: BatchID, in state: JudgingState? = nil
  ) throws(StoreError) -> [JudgingID] {
    try read("reading the judgings of \(batch)") { database in
      var command = try Command(database, Query.batchIDs)
      command.bind(batch.value)
      command.bind(state?.rawValue)
      return try command.all { JudgingID($0.integer()) }
    }
  }
}

extension StoredBatch {
  static func decode(_ row: inout Columns) throws -> StoredBatch {
    StoredBatch(
      id: BatchID(row.integer()), name: row.text(), selection: row.text(),
      total: row.optionalInteger(), createdMilliseconds: row.integer(),
      sealedMilliseconds: row.optionalInteger(),
      decision: try row.optionalWord(BatchDecision.self, "decision"),
      decidedMilliseconds: row.optionalInteger())
  }
}

extension Tally {
  /// From rows of state, verdict and count.
  static func sum(_ command: inout Command) throws -> Tally {
    var tally = Tally()
    for (state, verdict, count) in try command.all({ row in
      (
        try row.word(JudgingState.self, "state"), try row.optionalWord(Verdict.self, "verdict"),
        try row.narrow(Int.self, "count")
      )
    }) {
      tally.states[state, default: 0] += count
      if let verdict { tally.verdicts[verdict, default: 0] += count }
    }
    return tally
  }
}
