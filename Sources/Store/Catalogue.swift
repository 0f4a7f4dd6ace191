import GRDB
public import JudgeModel

/// Submissions: what there is to judge.
extension Store {
  /// Records submissions, all or none, and names them in the same order. Throws `refused` for a program
  /// above `Program.byteLimit`.
  public func addSubmissions(
    _ submissions: [NewSubmission], at wallClockMilliseconds: Int64
  ) throws(StoreError) -> [SubmissionID] {
    for (index, submission) in submissions.enumerated()
    where submission.program.byteCount > Program.byteLimit {
      throw .refused(
        "submission \(submission.externalID ?? "number \(index + 1)") has "
          + "\(submission.program.byteCount) bytes of source, \(Program.byteLimit) are allowed")
    }
    return try write("adding submissions") { database in
      try submissions.map { try Self.add($0, at: wallClockMilliseconds, to: database) }
    }
  }

  private static func add(
    _ submission: NewSubmission, at now: Int64, to database: Database
  ) throws -> SubmissionID {
    var insert = try Command(
      database,
      """
      INSERT INTO submissions
        (external_id, team, problem, contest_time, language, entry_point, added_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """)
    insert.bind(submission.externalID)
    insert.bind(submission.team)
    insert.bind(submission.problem)
    insert.bind(submission.contestTime)
    insert.bind(submission.program.language.value)
    insert.bind(submission.program.entryPoint)
    insert.bind(now)
    try insert.run()
    let id = SubmissionID(database.lastInsertedRowID)
    var file = try Command(
      database,
      "INSERT INTO source_files (submission, position, name, contents) VALUES (?, ?, ?, ?)")
    for (position, source) in submission.program.files.enumerated() {
      file.bind(id.value)
      file.bind(Int64(position))
      file.bind(source.name)
      file.bind(source.contents)
      try file.run()
    }
    return id
  }

  public func submission(_ id: SubmissionID) throws(StoreError) -> StoredSubmission? {
    try read("reading \(id)") { database in
      var command = try Command(
        database,
        """
        SELECT id, external_id, team, problem, contest_time, language, added_ms
        FROM submissions WHERE id = ?
        """)
      command.bind(id.value)
      return try command.first(StoredSubmission.decode)
    }
  }

  /// The judging outside of any batch that was made of the submission with this external identifier;
  /// of several the first.
  public func singleJudging(externalID: String) throws(StoreError) -> JudgingID? {
    try read("looking for submission \(externalID)") { database in
      var command = try Command(database, Query.singleJudging)
      command.bind(externalID)
      return try command.first { JudgingID($0.integer()) }
    }
  }

  /// Submissions by identifier, those of one problem or all, `limit` at a time: for the next page pass
  /// the last identifier of this one.
  public func submissions(
    problem: String? = nil, after last: SubmissionID? = nil, limit: Int = 500
  ) throws(StoreError) -> [StoredSubmission] {
    try read("listing submissions") { database in
      if let problem {
        var some = try Command(
          database,
          """
          SELECT id, external_id, team, problem, contest_time, language, added_ms
          FROM submissions WHERE problem = ? AND id > ? ORDER BY id LIMIT ?
          """)
        some.bind(problem)
        some.bind(last?.value ?? 0)
        some.bind(Int64(max(0, limit)))
        return try some.all(StoredSubmission.decode)
      }
      var all = try Command(
        database,
        """
        SELECT id, external_id, team, problem, contest_time, language, added_ms
        FROM submissions WHERE id > ? ORDER BY id LIMIT ?
        """)
      all.bind(last?.value ?? 0)
      all.bind(Int64(max(0, limit)))
      return try all.all(StoredSubmission.decode)
    }
  }

  /// What was handed in; nil when there is no such submission.
  public func program(of submission: SubmissionID) throws(StoreError) -> Program? {
    try programs(of: [submission])[submission]
  }

  /// The programs of these submissions, those that are not there left out. All in one transaction: what
  /// beginning and ending one takes is more than reading a program.
  public func programs(
    of submissions: [SubmissionID]
  ) throws(StoreError) -> [SubmissionID: Program] {
    guard !submissions.isEmpty else { return [:] }
    return try read("reading programs") { database in
      var find = try Command(database, "SELECT language, entry_point FROM submissions WHERE id = ?")
      var files = try Command(
        database,
        "SELECT name, contents FROM source_files WHERE submission = ? ORDER BY position")
      var programs: [SubmissionID: Program] = [:]
      for submission in submissions where programs[submission] == nil {
        find.bind(submission.value)
        guard
          var program = try find.first({
            Program(language: LanguageID($0.text()), entryPoint: $0.optionalText(), files: [])
          })
        else { continue }
        files.bind(submission.value)
        program.files = try files.all { SourceFile(name: $0.text(), contents: $0.bytes()) }
        programs[submission] = program
      }
      return programs
    }
  }
}

extension StoredSubmission {
  static func decode(_ row: inout Columns) throws -> StoredSubmission {
    StoredSubmission(
      id: SubmissionID(row.integer()), externalID: row.optionalText(), team: row.optionalText(),
      problem: row.text(), contestTime: row.optionalText(), language: LanguageID(row.text()),
      addedMilliseconds: row.integer())
  }
}
