import GRDB
public import JudgeModel

extension Store {
  /// Every judging that has not ended, in the order of identifiers: what a scheduler that starts takes
  /// up again.
  public func unfinished() throws(StoreError) -> [UnfinishedJudging] {
    try read("reading unfinished judgings") { database in
      var command = try Command(database, Query.unfinished)
      return try command.all(UnfinishedJudging.decode)
    }
  }

  public func judging(_ id: JudgingID) throws(StoreError) -> StoredJudging? {
    try read("reading \(id)") { database in
      var command = try Command(database, Query.judging)
      command.bind(id.value)
      return try command.first(StoredJudging.decode)
    }
  }

  /// The runs there are, in judging order: those of the current lease, or the full vector of a judging
  /// that was judged.
  public func runs(of judging: JudgingID) throws(StoreError) -> [Run] {
    try read("reading the runs of \(judging)") { database in
      var command = try Command(database, Query.runs)
      command.bind(judging.value)
      return try command.all(Run.decode)
    }
  }

  /// Judgings that match, the newest first, `limit` at a time: for the next page pass the last
  /// identifier of this one.
  public func judgings(
    where filter: JudgingFilter = JudgingFilter(), before last: JudgingID? = nil, limit: Int = 100
  ) throws(StoreError) -> [StoredJudging] {
    try read("listing judgings") { database in
      var command = try Command(database, Query.judgings(filter))
      // In the order in which `Query.judgings` adds its conditions.
      command.bind(last?.value ?? Int64.max)
      if let verdict = filter.verdict { command.bind(verdict.rawValue) }
      if let submission = filter.submission { command.bind(submission.value) }
      if let batch = filter.batch { command.bind(batch.value) }
      if let package = filter.package { command.bind(package) }
      if let problem = filter.problem { command.bind(problem) }
      if let worker = filter.worker { command.bind(worker.value) }
      command.bind(Int64(max(0, limit)))
      return try command.all(StoredJudging.decode)
    }
  }

  /// How many judgings of the whole record stand where.
  public func counts() throws(StoreError) -> Tally {
    try read("counting judgings") { database in
      var command = try Command(database, Query.tally)
      return try Tally.sum(&command)
    }
  }
}

/// The reading statements that must stay quick in a record of millions. They are together so that the
/// tests can ask SQLite how it would carry them out.
enum Query {
  /// The columns of `StoredJudging`, in the order in which it decodes them.
  private static let judgingColumns = """
    j.id, j.submission, p.digest, j.batch, j.mode, j.priority, j.state, j.generation, j.counter,
    j.worker, j.returns, j.verdict, j.score, j.compiled, j.compile_detail, j.compile_cpu_ns,
    j.compile_wall_ns, j.compile_output, j.message, j.created_ms, j.leased_ms, j.finished_ms,
    j.requires, j.worker_waiting_ns, j.worker_judging_ns
    """

  private static let unfinishedColumns = """
    SELECT j.id, j.submission, p.digest, p.archive_bytes, p.unpacked_bytes, s.language, j.mode,
      j.priority, j.batch, j.requires, j.state, j.generation, j.counter, j.worker, j.returns
    """

  // CROSS JOIN keeps the order of the tables as written: the few open judgings first.
  static let unfinished = """
    \(unfinishedColumns) FROM judgings AS j INDEXED BY judgings_open
    CROSS JOIN packages AS p ON p.id = j.package
    CROSS JOIN submissions AS s ON s.id = j.submission
    WHERE j.state IN ('queued', 'leased') ORDER BY j.id
    """

  static let unfinishedOne = """
    \(unfinishedColumns) FROM judgings AS j
    CROSS JOIN packages AS p ON p.id = j.package
    CROSS JOIN submissions AS s ON s.id = j.submission
    WHERE j.id = ? AND j.state IN ('queued', 'leased')
    """

  static let judging = """
    SELECT \(judgingColumns) FROM judgings AS j CROSS JOIN packages AS p ON p.id = j.package
    WHERE j.id = ?
    """

  // The few open judgings are looked at once, however many packages there are.
  static let unneededPackages = """
    SELECT p.digest, p.problem, p.title, p.archive_bytes, p.unpacked_bytes FROM packages AS p
    WHERE p.dropped_ms IS NULL
      AND EXISTS (SELECT 1 FROM packages AS q INDEXED BY packages_by_problem
        WHERE q.problem = p.problem AND q.sequence > p.sequence AND q.dropped_ms IS NULL)
      AND p.id NOT IN (SELECT j.package FROM judgings AS j INDEXED BY judgings_open
        WHERE j.state IN ('queued', 'leased'))
    ORDER BY p.sequence
    """

  static let singleJudging = """
    SELECT j.id FROM submissions AS s INDEXED BY submissions_by_external_id
    CROSS JOIN judgings AS j INDEXED BY judgings_by_submission ON j.submission = s.id
    WHERE s.external_id = ? AND j.batch IS NULL ORDER BY s.id, j.id LIMIT 1
    """

  static let runs = """
    SELECT ordinal, testcase, verdict, detail, score, cpu_ns, wall_ns, memory_bytes, output_bytes,
      exit_code, signal, stop, oom_kills, validator_exit, passes, degraded,
      interactor_first, message
    FROM runs WHERE judging = ? ORDER BY ordinal
    """

  static let batch = """
    SELECT id, name, selection, total, created_ms, sealed_ms, decision, decided_ms
    FROM batches WHERE id = ?
    """

  static let batches = """
    SELECT id, name, selection, total, created_ms, sealed_ms, decision, decided_ms
    FROM batches ORDER BY id DESC LIMIT ?
    """

  static let batchTally = """
    SELECT state, verdict, count(*) FROM judgings WHERE batch = ? GROUP BY state, verdict
    """

  // In the index's own order inside, so that a million entries are counted without being sorted.
  static let tally = """
    SELECT state, verdict, sum(n) FROM (
      SELECT state, verdict, count(*) AS n FROM judgings GROUP BY batch, state, verdict)
    GROUP BY state, verdict
    """

  static let batchIDs = """
    SELECT id FROM judgings WHERE batch = ?1 AND (?2 IS NULL OR state = ?2) ORDER BY id
    """

  static let batchEntries = """
    SELECT \(judgingColumns),
      s.id, s.external_id, s.team, s.problem, s.contest_time, s.language, s.added_ms,
      i.prior_verdict, i.prior_score,
      (SELECT max(r.cpu_ns) FROM runs AS r WHERE r.judging = j.id)
    FROM judgings AS j INDEXED BY judgings_by_batch
    CROSS JOIN packages AS p ON p.id = j.package
    CROSS JOIN submissions AS s ON s.id = j.submission
    LEFT JOIN batch_items AS i ON i.judging = j.id
    WHERE j.batch = ? AND j.id > ? ORDER BY j.id LIMIT ?
    """

  /// A state is written out, not bound: only so can SQLite see that a partial index has all of them.
  static func judgings(_ filter: JudgingFilter) -> String {
    var conditions = ["j.id < ?"]
    switch filter.state {
    case nil: break
    case .queued: conditions.append("j.state IN ('queued', 'leased') AND j.state = 'queued'")
    case .leased: conditions.append("j.state IN ('queued', 'leased') AND j.state = 'leased'")
    case .judged: conditions.append("j.state = 'judged'")
    case .cancelled: conditions.append("j.state = 'cancelled'")
    case .quarantined: conditions.append("j.state = 'quarantined'")
    }
    if filter.verdict != nil { conditions.append("j.verdict = ?") }
    if filter.submission != nil { conditions.append("j.submission = ?") }
    if filter.batch != nil { conditions.append("j.batch = ?") }
    if filter.package != nil { conditions.append("p.digest = ?") }
    if filter.problem != nil { conditions.append("p.problem = ?") }
    if filter.worker != nil { conditions.append("j.worker = ?") }
    return """
      SELECT \(judgingColumns) FROM judgings AS j\(index(for: filter))
      CROSS JOIN packages AS p ON p.id = j.package
      WHERE \(conditions.joined(separator: " AND ")) ORDER BY j.id DESC LIMIT ?
      """
  }

  /// Without statistics SQLite would walk the table in the order asked for.
  private static func index(for filter: JudgingFilter) -> String {
    if filter.submission != nil { return " INDEXED BY judgings_by_submission" }
    switch filter.state {
    case .queued, .leased: return " INDEXED BY judgings_open"
    case .quarantined: return " INDEXED BY judgings_quarantined"
    case .judged, .cancelled, nil: return filter.batch == nil ? "" : " INDEXED BY judgings_by_batch"
    }
  }
}

extension UnfinishedJudging {
  /// Inside a writing transaction, so that what was just changed is seen.
  static func read(_ id: JudgingID, _ database: Database) throws -> UnfinishedJudging? {
    var command = try Command(database, Query.unfinishedOne)
    command.bind(id.value)
    return try command.first(decode)
  }

  static func decode(_ row: inout Columns) throws -> UnfinishedJudging {
    let order = JudgingOrder(
      judging: JudgingID(row.integer()), submission: SubmissionID(row.integer()),
      package: try row.digest(), archiveBytes: row.integer(), unpackedBytes: row.integer(),
      language: LanguageID(row.text()), mode: try row.word(JudgingMode.self, "mode"),
      priority: try row.priority(), batch: row.optionalInteger().map { BatchID($0) },
      requires: try row.labels())
    let state = try row.word(JudgingState.self, "state")
    let epoch = try row.epoch()
    let worker = row.optionalText().map { WorkerID($0) }
    let isLeased = state == .leased
    return UnfinishedJudging(
      order: order, epoch: isLeased ? epoch : nil, newestEpoch: epoch,
      worker: isLeased ? worker : nil, returns: row.integer())
  }
}

extension StoredJudging {
  static func decode(_ row: inout Columns) throws -> StoredJudging {
    let id = JudgingID(row.integer())
    let submission = SubmissionID(row.integer())
    let package = try row.digest()
    let batch = row.optionalInteger().map { BatchID($0) }
    let mode = try row.word(JudgingMode.self, "mode")
    let priority = try row.priority()
    let state = try row.word(JudgingState.self, "state")
    let epoch = try row.epoch()
    let worker = row.optionalText().map { WorkerID($0) }
    let returns = row.integer()
    let verdict = try row.optionalWord(Verdict.self, "verdict")
    let score = row.optionalInteger().map { Score(billionths: $0) }
    let compilation = try Compilation.decode(&row)
    return StoredJudging(
      id: id, submission: submission, package: package, batch: batch, mode: mode,
      priority: priority, state: state, epoch: epoch, worker: worker, returns: returns,
      verdict: verdict, score: score, compilation: compilation, message: row.text(),
      createdMilliseconds: row.integer(), leasedMilliseconds: row.optionalInteger(),
      finishedMilliseconds: row.optionalInteger(), requires: try row.labels(),
      spans: WorkerSpans.decode(&row))
  }
}

extension WorkerSpans {
  fileprivate static func decode(_ row: inout Columns) -> WorkerSpans? {
    let (waiting, judging) = (row.optionalInteger(), row.optionalInteger())
    guard let waiting, let judging else { return nil }
    return WorkerSpans(waiting: .nanoseconds(waiting), judging: .nanoseconds(judging))
  }
}

extension Label {
  /// As the column has them.
  static func text(_ labels: [Label]) -> String {
    labels.map(\.description).joined(separator: " ")
  }
}

extension Compilation {
  fileprivate static func decode(_ row: inout Columns) throws -> Compilation? {
    let succeeded = row.optionalInteger()
    let detail = try row.optionalWord(VerdictDetail.self, "compile_detail")
    let cpuTime = TimeSpan(nanoseconds: row.integer())
    let wallTime = TimeSpan(nanoseconds: row.integer())
    let output = row.text()
    return succeeded.map {
      Compilation(
        succeeded: $0 != 0, detail: detail, cpuTime: cpuTime, wallTime: wallTime, output: output)
    }
  }
}

extension Run {
  fileprivate static func decode(_ row: inout Columns) throws -> Run {
    let ordinal = try row.narrow(Int32.self, "ordinal")
    let testcase = row.text()
    let verdict = try row.word(Verdict.self, "verdict")
    let detail = try row.optionalWord(VerdictDetail.self, "detail")
    let score = row.optionalInteger().map { Score(billionths: $0) }
    var facts = RunFacts()
    facts.cpuTime = TimeSpan(nanoseconds: row.integer())
    facts.wallTime = TimeSpan(nanoseconds: row.integer())
    facts.memoryPeakBytes = row.integer()
    facts.outputBytes = row.integer()
    facts.exitCode = try row.optionalNarrow(Int32.self, "exit_code")
    facts.signal = try row.optionalNarrow(Int32.self, "signal")
    facts.stop = try row.word(RunStop.self, "stop")
    facts.oomKills = try row.narrow(Int32.self, "oom_kills")
    facts.validatorExit = try row.optionalNarrow(Int32.self, "validator_exit")
    facts.passes = try row.narrow(Int32.self, "passes")
    facts.isDegraded = row.integer() != 0
    facts.interactorEndedFirst = row.optionalInteger().map { $0 != 0 }
    return Run(
      ordinal: ordinal, testcase: testcase, verdict: verdict, detail: detail, score: score,
      facts: facts, message: row.text())
  }
}

extension Columns {
  fileprivate mutating func labels() throws -> [Label] {
    guard let text = optionalText() else { return [] }
    return try text.split(separator: " ").map {
      guard let label = Label(parsing: $0) else { throw Unreadable("requires", text) }
      return label
    }
  }

  fileprivate mutating func priority() throws -> Priority {
    let value = try narrow(Int32.self, "priority")
    guard let priority = Priority(rawValue: value) else { throw Unreadable("priority", "\(value)") }
    return priority
  }
}
