import GRDB
import GRDBSQLite
public import JudgeModel
import Synchronization

/// The durable record of a scheduler: packages, submissions, judgings, runs and batches in one SQLite
/// file.
///
/// Theory of operation. There is one writer connection and a few readers, in WAL mode: readers see
/// the last commit and never wait for the writer, the writer never waits for them. `commit` puts all
/// records of one round of the scheduler into one transaction and returns when they are on the disk
/// (`synchronous = FULL`), so that whoever is told afterwards is told the truth. What keeps a judging
/// to one verdict is not the scheduler's memory but the condition in the update itself.
///
/// Every call blocks; call from a thread that may. Writing calls queue up behind each other, reading
/// calls may come from any thread at any time.
///
/// Identifiers of judgings are handed out from memory, starting above the highest in the file. One
/// that was handed out and never committed was never told to anybody, so it may come again after a
/// restart.
public final class Store: Sendable {
  /// The file, as it was given to `open`.
  public let path: String
  private let pool: DatabasePool
  private let lock: Mutex<FileLock?>
  private let lastJudging: Mutex<Int64>

  /// How thoroughly `open` looks at a file before it trusts it. All of them read headers and schema.
  public enum Check: Sendable {
    case none
    /// `PRAGMA quick_check`: every page and row, not the agreement of indexes with their tables.
    case quick
    /// `PRAGMA integrity_check`: that, too. Takes several times as long.
    case full
  }

  /// How the writing connection is set up; `open` has refused anything weaker than WAL and FULL.
  public struct Settings: Hashable, Sendable {
    public var journalMode: String
    /// 2 is FULL: a commit is on the disk before the call that made it returns.
    public var synchronous: Int64
    public var foreignKeys: Bool
    public var schema: Int64
    public var sqliteVersion: String
  }

  /// Opens the record at `path`, made if there is none, and brings its schema up to date.
  ///
  /// The lock beside the file (`path` with `.lock` appended) keeps a second scheduler out until `close`
  /// or the end of the process, in whatever way it ends. What an unclean end left in the `-wal` file
  /// is read back by SQLite; a transaction is there completely or not at all.
  public static func open(_ path: String, check: Check = .quick) throws(StoreError) -> Store {
    let lock = try FileLock(besides: path)
    try Gate.admit(path)
    let pool = try attempt(path, "opening") {
      let pool = try DatabasePool(path: path, configuration: configuration)
      // Only now: GRDB sets NORMAL itself while it opens a pool.
      try pool.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA synchronous = FULL")
      }
      return pool
    }
    try Gate.check(path, pool, check)
    try attempt(path, "bringing the schema up to date") {
      try pool.writeWithoutTransaction { try Schema.migrate($0) }
    }
    let last = try attempt(path, "reading") {
      try pool.read { try Schema.number($0, "SELECT max(id) FROM judgings") }
    }
    let store = Store(path: path, pool: pool, lock: lock, lastJudging: last)
    let settings = try store.settings()
    guard settings.journalMode == "wal", settings.synchronous == 2, settings.foreignKeys else {
      throw .failed(
        path: path, operation: "opening",
        reason: "SQLite did not accept the settings that durability needs: \(settings)")
    }
    return store
  }

  private init(path: String, pool: DatabasePool, lock: consuming FileLock, lastJudging: Int64) {
    self.path = path
    self.pool = pool
    self.lock = Mutex(lock)
    self.lastJudging = Mutex(lastJudging)
  }

  deinit { try? close() }

  /// Writes the `-wal` file back, closes the database and gives up the lock. Calls that are under way
  /// end first, calls that come later throw `closed`. Closing twice is harmless.
  public func close() throws(StoreError) {
    let isOpen = lock.withLock { $0 != nil }
    guard isOpen else { return }
    try Self.attempt(path, "closing") {
      // SQLite would do it for the last connection, but that is a reader, which may not. A reader that
      // is still at work stops it half way; then the next opening does the rest.
      _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
      try pool.close()
    }
    lock.withLock { $0 = nil }
  }

  public func settings() throws(StoreError) -> Settings {
    try writeWithoutTransaction("reading the settings") { database in
      let text = { (sql: String) throws -> String in
        var command = try Command(database, sql)
        return try command.first { $0.text() } ?? ""
      }
      return Settings(
        journalMode: try text("PRAGMA journal_mode"),
        synchronous: try Schema.number(database, "PRAGMA synchronous"),
        foreignKeys: try Schema.number(database, "PRAGMA foreign_keys") == 1,
        schema: try Schema.number(database, "PRAGMA user_version"),
        sqliteVersion: try text("SELECT sqlite_version()"))
    }
  }

  /// The generation for the leases of the scheduler that starts now: larger than any before, and on
  /// the disk before this returns.
  public func nextGeneration() throws(StoreError) -> UInt32 {
    let path = path
    return try write("counting the start") { database in
      var command = try Command(
        database, "UPDATE meta SET value = value + 1 WHERE key = 'generation' RETURNING value")
      // To the end, because the first row alone does not end the statement's part in the transaction.
      guard let value = try command.all({ $0.integer() }).first,
        let generation = UInt32(exactly: value), generation > 0
      else {
        throw StoreError.damaged(path: path, reason: "table meta holds no usable generation")
      }
      return generation
    }
  }

  /// Identifiers for new judgings, each larger than all before.
  public func allocateJudgings(_ count: Int) -> [JudgingID] {
    guard count > 0 else { return [] }
    return lastJudging.withLock { last in
      let first = last + 1
      last += Int64(count)
      return (first...last).map { JudgingID($0) }
    }
  }

  // MARK: Plumbing of the other files of this target

  func read<T>(_ operation: String, _ body: (Database) throws -> T) throws(StoreError) -> T {
    try requireOpen()
    return try Self.attempt(path, operation) { try pool.read(body) }
  }

  /// One transaction; whatever `body` throws undoes all of it.
  func write<T>(_ operation: String, _ body: (Database) throws -> T) throws(StoreError) -> T {
    try requireOpen()
    return try Self.attempt(path, operation) { try pool.write(body) }
  }

  private func writeWithoutTransaction<T>(
    _ operation: String, _ body: (Database) throws -> T
  ) throws(StoreError) -> T {
    try requireOpen()
    return try Self.attempt(path, operation) { try pool.writeWithoutTransaction(body) }
  }

  private func requireOpen() throws(StoreError) {
    let isOpen = lock.withLock { $0 != nil }
    guard isOpen else { throw .closed(path: path) }
  }

  private static var configuration: Configuration {
    var configuration = Configuration()
    configuration.label = "record"
    configuration.foreignKeysEnabled = true
    // For a person with `sqlite3` who holds a transaction; another scheduler is kept out by the lock.
    configuration.busyMode = .timeout(5)
    configuration.maximumReaderCount = 4
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY")
    }
    return configuration
  }

  /// Says what happened in the words of this target.
  static func attempt<T>(
    _ path: String, _ operation: String, _ body: () throws -> T
  ) throws(StoreError) -> T {
    do {
      return try body()
    } catch let error as StoreError {
      throw error
    } catch let error as Unreadable {
      throw .damaged(
        path: path, reason: "column \(error.column) holds \(error.value.debugDescription)")
    } catch let error as DatabaseError {
      throw translate(error, path, operation)
    } catch {
      throw .failed(path: path, operation: operation, reason: "\(error)")
    }
  }

  private static func translate(
    _ error: DatabaseError, _ path: String, _ operation: String
  ) -> StoreError {
    let reason = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
    switch error.resultCode {
    case .SQLITE_NOTADB: return .foreign(path: path, reason: reason)
    case .SQLITE_CORRUPT: return .damaged(path: path, reason: reason)
    case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
      return .inaccessible(path: path, reason: reason)
    case .SQLITE_FULL: return .full(path: path)
    case .SQLITE_BUSY, .SQLITE_LOCKED: return .busy(path: path)
    case .SQLITE_MISUSE where operation != "opening": return .closed(path: path)
    default: return .failed(path: path, operation: operation, reason: reason)
    }
  }
}
