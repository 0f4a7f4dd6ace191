import GRDB

/// The tables, as a list of numbered steps. A step that was released is never edited: a file out
/// there has run it. Whatever changes later is a new step at the end.
///
/// `user_version` holds the number of the last step a file has run, `application_id` says that the
/// file is ours; both are readable with the `file` and `sqlite3` tools.
enum Schema {
  /// "ASZE".
  static let applicationID: Int64 = 0x4153_5A45

  static let steps: [String] = [step1, step2, step3, step4, step5]
  static var latest: Int64 { Int64(steps.count) }

  /// Runs the steps that a file has not run yet, each in a transaction of its own.
  static func migrate(_ database: Database, to latest: Int64 = latest) throws {
    var version = try number(database, "PRAGMA user_version")
    while version < latest {
      try database.inTransaction(.immediate) {
        try database.execute(sql: steps[Int(version)])
        try database.execute(sql: "PRAGMA application_id = \(applicationID)")
        try database.execute(sql: "PRAGMA user_version = \(version + 1)")
        return .commit
      }
      version += 1
    }
  }

  static func number(_ database: Database, _ sql: String) throws -> Int64 {
    var command = try Command(database, sql)
    return try command.first { $0.integer() } ?? 0
  }

  /// Texts for states, verdicts and the like, not numbers: the person on call reads this file with
  /// `sqlite3`. Times are milliseconds since 1970 (`_ms`) or nanoseconds of duration (`_ns`), scores
  /// billionths of a point.
  private static let step1 = """
    CREATE TABLE meta (
      key TEXT PRIMARY KEY,
      value ANY NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO meta (key, value) VALUES
      ('generation', 0),
      ('about', 'Record of an Assize scheduler. Change it only while no scheduler runs.');

    CREATE TABLE packages (
      id INTEGER PRIMARY KEY,
      digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
      problem TEXT NOT NULL,
      title TEXT NOT NULL,
      archive_bytes INTEGER NOT NULL,
      unpacked_bytes INTEGER NOT NULL,
      added_ms INTEGER NOT NULL,
      -- Counts pushes: the largest of a problem is its newest package. Not a time, because clocks
      -- are set back, and not the id, because judgings refer to that.
      sequence INTEGER NOT NULL UNIQUE
    ) STRICT;
    CREATE INDEX packages_by_problem ON packages (problem);

    CREATE TABLE submissions (
      id INTEGER PRIMARY KEY,
      external_id TEXT,
      team TEXT,
      problem TEXT NOT NULL,
      contest_time TEXT,
      language TEXT NOT NULL,
      entry_point TEXT,
      added_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX submissions_by_problem ON submissions (problem);
    -- Finds what an earlier scheduler made of a request that is repeated.
    CREATE INDEX submissions_by_external_id ON submissions (external_id)
      WHERE external_id IS NOT NULL;

    CREATE TABLE source_files (
      submission INTEGER NOT NULL REFERENCES submissions (id),
      position INTEGER NOT NULL,
      name TEXT NOT NULL,
      contents BLOB NOT NULL,
      PRIMARY KEY (submission, position)
    ) STRICT;

    CREATE TABLE batches (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      selection TEXT NOT NULL,
      total INTEGER,
      created_ms INTEGER NOT NULL,
      sealed_ms INTEGER,
      decision TEXT CHECK (decision IN ('applied', 'discarded')),
      decided_ms INTEGER,
      CHECK ((decision IS NULL) = (decided_ms IS NULL))
    ) STRICT;

    -- generation and counter are the epoch of the last lease, and stay when a lease ends.
    CREATE TABLE judgings (
      id INTEGER PRIMARY KEY,
      submission INTEGER NOT NULL REFERENCES submissions (id),
      package INTEGER NOT NULL REFERENCES packages (id),
      batch INTEGER REFERENCES batches (id),
      mode TEXT NOT NULL,
      priority INTEGER NOT NULL,
      state TEXT NOT NULL
        CHECK (state IN ('queued', 'leased', 'judged', 'cancelled', 'quarantined')),
      generation INTEGER,
      counter INTEGER,
      worker TEXT,
      returns INTEGER NOT NULL DEFAULT 0,
      created_ms INTEGER NOT NULL,
      leased_ms INTEGER,
      finished_ms INTEGER,
      verdict TEXT,
      score INTEGER,
      compiled INTEGER,
      compile_detail TEXT,
      compile_cpu_ns INTEGER,
      compile_wall_ns INTEGER,
      message TEXT NOT NULL DEFAULT '',
      compile_output TEXT,
      CHECK ((state = 'judged') = (verdict IS NOT NULL)),
      CHECK ((generation IS NULL) = (counter IS NULL)),
      CHECK (state <> 'leased' OR generation IS NOT NULL)
    ) STRICT;
    CREATE INDEX judgings_open ON judgings (id) WHERE state IN ('queued', 'leased');
    CREATE INDEX judgings_quarantined ON judgings (id) WHERE state = 'quarantined';
    CREATE INDEX judgings_by_submission ON judgings (submission);
    CREATE INDEX judgings_by_batch ON judgings (batch) WHERE batch IS NOT NULL;
    -- Covers every count that status asks for, so that no judging row is read for it.
    CREATE INDEX judgings_by_outcome ON judgings (batch, state, verdict);

    -- The conditional updates never get here; this is for everybody else who opens the file.
    CREATE TRIGGER judgings_have_one_verdict
    BEFORE UPDATE OF state, verdict, score ON judgings WHEN old.state = 'judged'
    BEGIN
      SELECT raise(ABORT, 'a judging has one verdict for ever: make a new judging');
    END;

    CREATE TABLE runs (
      judging INTEGER NOT NULL REFERENCES judgings (id),
      ordinal INTEGER NOT NULL,
      testcase TEXT NOT NULL,
      verdict TEXT NOT NULL,
      detail TEXT,
      score INTEGER,
      cpu_ns INTEGER NOT NULL,
      wall_ns INTEGER NOT NULL,
      memory_bytes INTEGER NOT NULL,
      output_bytes INTEGER NOT NULL,
      exit_code INTEGER,
      signal INTEGER,
      stop TEXT NOT NULL,
      oom_kills INTEGER NOT NULL,
      validator_exit INTEGER,
      passes INTEGER NOT NULL,
      degraded INTEGER NOT NULL,
      message TEXT NOT NULL,
      PRIMARY KEY (judging, ordinal)
    ) STRICT, WITHOUT ROWID;

    -- Verdicts that a contest archive brought along, to compare ours with.
    CREATE TABLE batch_items (
      judging INTEGER PRIMARY KEY REFERENCES judgings (id),
      prior_verdict TEXT NOT NULL,
      prior_score INTEGER
    ) STRICT;
    """

  /// Of interactive runs, who ended first: 1 the interactor, 0 the program.
  private static let step2 = """
    ALTER TABLE runs ADD COLUMN interactor_first INTEGER;
    """

  /// A package whose files are gone keeps its row: judgings refer to it.
  private static let step3 = """
    ALTER TABLE packages ADD COLUMN dropped_ms INTEGER;
    """

  /// Labels that the worker must have (`key=value`, blanks between), and where the time went there.
  private static let step5 = """
    ALTER TABLE judgings ADD COLUMN requires TEXT;
    ALTER TABLE judgings ADD COLUMN worker_waiting_ns INTEGER;
    ALTER TABLE judgings ADD COLUMN worker_judging_ns INTEGER;
    """

  /// Where else the archives of packages lie, the first to be tried first. Addresses may be signed: they
  /// are secrets, like much else in this file.
  private static let step4 = """
    CREATE TABLE package_origins (
      package INTEGER NOT NULL REFERENCES packages (id),
      place INTEGER NOT NULL,
      url TEXT NOT NULL,
      PRIMARY KEY (package, place)
    ) STRICT, WITHOUT ROWID;
    """
}
