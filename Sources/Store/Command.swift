import GRDB
import GRDBSQLite
import JudgeModel

/// One use of a prepared statement from the connection's cache.
///
/// Values are bound and columns read here by hand. That is several times faster than going through
/// boxed arguments and rows, and it keeps a NUL inside a text: what validators and compilers say may
/// hold any byte, and GRDB's own binding would cut it there without a word.
///
/// Statements are stepped beside GRDB, which sees transactions but none of the rows. Nothing here
/// observes rows, so nothing is missed.
struct Command: ~Copyable {
  private let database: Database
  private let statement: Statement
  private var bound: CInt = 0
  private var bindingError = SQLITE_OK

  /// `sql` is made of this program's literals only; values that came from outside are bound.
  init(_ database: Database, _ sql: String) throws {
    self.database = database
    statement = try database.cachedStatement(sql: sql)
  }

  deinit {
    // Ends the statement's hold on the transaction, also when a decoder threw half way.
    sqlite3_reset(statement.sqliteStatement)
    sqlite3_clear_bindings(statement.sqliteStatement)
  }

  /// Binds the next parameter.
  mutating func bind(_ value: Int64?) {
    bound += 1
    note(
      value.map { sqlite3_bind_int64(statement.sqliteStatement, bound, $0) }
        ?? sqlite3_bind_null(statement.sqliteStatement, bound))
  }

  mutating func bind(_ value: Int32?) { bind(value.map(Int64.init)) }
  mutating func bind(_ value: Bool?) { bind(value.map { $0 ? 1 : 0 as Int64 }) }
  mutating func bind(_ value: Digest) { bind(value.bytes) }

  mutating func bind(_ value: String?) {
    bound += 1
    guard var value else {
      return note(sqlite3_bind_null(statement.sqliteStatement, bound))
    }
    let code = value.withUTF8 { text in
      text.withMemoryRebound(to: CChar.self) {
        // A nil pointer would bind NULL; the empty text has an address of its own.
        guard let start = $0.baseAddress, let count = CInt(exactly: $0.count) else {
          return $0.isEmpty
            ? sqlite3_bind_text(statement.sqliteStatement, bound, "", 0, Self.copied)
            : SQLITE_TOOBIG
        }
        return sqlite3_bind_text(statement.sqliteStatement, bound, start, count, Self.copied)
      }
    }
    note(code)
  }

  mutating func bind(_ value: [UInt8]) {
    bound += 1
    let code = value.withUnsafeBytes {
      guard let start = $0.baseAddress, let count = CInt(exactly: $0.count), count > 0 else {
        return $0.isEmpty
          ? sqlite3_bind_zeroblob(statement.sqliteStatement, bound, 0) : SQLITE_TOOBIG
      }
      return sqlite3_bind_blob(statement.sqliteStatement, bound, start, count, Self.copied)
    }
    note(code)
  }

  /// Runs to the end and makes the statement ready for the next set of values.
  /// Returns the number of rows that an insert, update or delete changed.
  @discardableResult mutating func run() throws -> Int {
    while try step() {}
    let changed = database.changesCount
    rewind()
    return changed
  }

  /// Runs and reads the first row, nil when there is none.
  mutating func first<T>(_ decode: (inout Columns) throws -> T) throws -> T? {
    defer { rewind() }
    guard try step() else { return nil }
    var columns = Columns(statement.sqliteStatement)
    return try decode(&columns)
  }

  /// Runs and reads every row.
  mutating func all<T>(_ decode: (inout Columns) throws -> T) throws -> [T] {
    defer { rewind() }
    var rows: [T] = []
    while try step() {
      var columns = Columns(statement.sqliteStatement)
      rows.append(try decode(&columns))
    }
    return rows
  }

  private mutating func note(_ code: CInt) { if code != SQLITE_OK { bindingError = code } }

  private mutating func rewind() {
    sqlite3_reset(statement.sqliteStatement)
    bound = 0
  }

  private func step() throws -> Bool {
    let code = bindingError == SQLITE_OK ? sqlite3_step(statement.sqliteStatement) : bindingError
    switch code {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default:
      let connection = sqlite3_db_handle(statement.sqliteStatement)
      throw DatabaseError(
        resultCode: ResultCode(rawValue: code),
        message: sqlite3_errmsg(connection).map { String(cString: $0) }, sql: statement.sql)
    }
  }

  // SQLITE_TRANSIENT, a cast that the importer of C macros leaves out: SQLite makes its own copy.
  private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}

/// The columns of the current row, read from left to right.
struct Columns {
  private let row: OpaquePointer
  private var next: CInt = 0

  init(_ row: OpaquePointer) { self.row = row }

  mutating func integer() -> Int64 {
    defer { next += 1 }
    return sqlite3_column_int64(row, next)
  }

  mutating func optionalInteger() -> Int64? {
    defer { next += 1 }
    return sqlite3_column_type(row, next) == SQLITE_NULL ? nil : sqlite3_column_int64(row, next)
  }

  mutating func text() -> String { optionalText() ?? "" }

  mutating func optionalText() -> String? {
    defer { next += 1 }
    guard let start = sqlite3_column_text(row, next) else { return nil }
    let count = Int(sqlite3_column_bytes(row, next))
    return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  mutating func bytes() -> [UInt8] {
    defer { next += 1 }
    guard let start = sqlite3_column_blob(row, next) else { return [] }
    let count = Int(sqlite3_column_bytes(row, next))
    return Array(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// A value that this program wrote in a narrower type; anything else means a damaged file.
  mutating func narrow<T: FixedWidthInteger>(_ type: T.Type, _ name: StaticString) throws -> T {
    let value = integer()
    guard let exact = T(exactly: value) else { throw Unreadable(name, "\(value)") }
    return exact
  }

  mutating func optionalNarrow<T: FixedWidthInteger>(
    _ type: T.Type, _ name: StaticString
  ) throws -> T? {
    guard let value = optionalInteger() else { return nil }
    guard let exact = T(exactly: value) else { throw Unreadable(name, "\(value)") }
    return exact
  }

  mutating func word<T: RawRepresentable<String>>(_ type: T.Type, _ name: StaticString) throws -> T
  {
    let text = text()
    guard let value = T(rawValue: text) else { throw Unreadable(name, text) }
    return value
  }

  mutating func optionalWord<T: RawRepresentable<String>>(
    _ type: T.Type, _ name: StaticString
  ) throws -> T? {
    guard let text = optionalText() else { return nil }
    guard let value = T(rawValue: text) else { throw Unreadable(name, text) }
    return value
  }

  mutating func digest() throws -> Digest {
    let bytes = bytes()
    guard let digest = Digest(bytes: bytes) else {
      throw Unreadable("digest", "\(bytes.count) bytes")
    }
    return digest
  }

  mutating func epoch() throws -> LeaseEpoch? {
    guard let generation = try optionalNarrow(UInt32.self, "generation") else {
      next += 1
      return nil
    }
    return LeaseEpoch(generation: generation, counter: UInt64(bitPattern: integer()))
  }
}

/// A stored value that no version of this program writes.
struct Unreadable: Error {
  let column: StaticString
  let value: String
  init(_ column: StaticString, _ value: String) {
    self.column = column
    self.value = value
  }
}
