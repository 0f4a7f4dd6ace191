import GRDB
import Glibc

/// What a backup holds.
public struct BackupReport: Hashable, Sendable {
  public var bytes: Int64
  public var submissions: Int64
  public var judgings: Int64
  /// How many of the judgings have a verdict.
  public var judged: Int64
}

/// Copies of the record, made while a scheduler works on it, and put back.
extension Store {
  /// Schedulers that may start on a record between a backup and its restoring. Their generations are
  /// left out then: workers may still hold leases of them, and a lease of the same name for something
  /// else must never be given.
  static let skippedGenerations: Int64 = 1 << 16

  /// Copies the record to a new file. A scheduler may work on it meanwhile: the copy is what was
  /// durable at one moment, and nobody waits for it.
  ///
  /// The copy is checked as a whole and on the disk before it gets its name.
  /// - Throws: `inaccessible` when there is no record, or something at `target` already.
  public static func backUp(_ path: String, to target: String) throws(StoreError) -> BackupReport {
    try requireFile(path)
    for taken in sideFiles(of: target) where access(taken, F_OK) == 0 {
      throw .refused("\(taken) is there already: name another file, or move it away")
    }
    return try copied(
      path, as: target, (blamed: target + ".part", "copying \(path)"),
      beforePublishing: { report throws(StoreError) in report })
  }

  /// Puts a backup in the place of a record. What was there is moved aside and not removed.
  ///
  /// - Returns: where the old record is now; nil when there was none.
  /// - Throws: `locked` while a scheduler runs on it; whatever is wrong with the backup.
  public static func restore(_ backup: String, to path: String) throws(StoreError) -> String? {
    try requireFile(backup)
    let lock = try FileLock(besides: path)
    defer { withExtendedLifetime(lock) {} }
    return try copied(
      backup, as: path, (blamed: backup, "reading the backup"),
      beforePublishing: { _ throws(StoreError) in try moveAside(path) })
  }

  // MARK: Steps

  /// Copies a record to a file beside `target` and gives that its name when it is complete and checked.
  /// - Parameters:
  ///   - attempted: the file that errors name, and what was being done.
  ///   - beforePublishing: what is to be done last before that.
  private static func copied<Result>(
    _ path: String, as target: String, _ attempted: (blamed: String, operation: String),
    beforePublishing: (BackupReport) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    let part = target + ".part"
    removeAll(sideFiles(of: part))
    defer { removeAll(sideFiles(of: part)) }
    try makePrivateFile(part)
    let report = try attempt(attempted.blamed, attempted.operation) {
      try copy(path, to: part)
      return try settle(part)
    }
    let result = try beforePublishing(report)
    try publish(part, as: target)
    return result
  }

  private static func requireFile(_ path: String) throws(StoreError) {
    guard access(path, F_OK) == 0 else {
      throw .inaccessible(path: path, reason: String(cString: strerror(errno)))
    }
  }

  private static func copy(_ path: String, to part: String) throws {
    var reading = Configuration()
    reading.readonly = true
    reading.busyMode = .timeout(5)
    let source = try DatabaseQueue(path: path, configuration: reading)
    defer { try? source.close() }
    let (owner, version) = try source.read {
      (
        try Schema.number($0, "PRAGMA application_id"), try Schema.number($0, "PRAGMA user_version")
      )
    }
    guard owner == Schema.applicationID else {
      throw StoreError.foreign(path: path, reason: "a database of another program")
    }
    guard version <= Schema.latest else {
      throw StoreError.newer(path: path, found: version, known: Schema.latest)
    }
    let copy = try DatabaseQueue(path: part)
    defer { try? copy.close() }
    try source.backup(to: copy)
  }

  /// Makes a copy a single file without a journal, moves its generation on, and checks all of it.
  private static func settle(_ part: String) throws -> BackupReport {
    let copy = try DatabaseQueue(path: part)
    defer { try? copy.close() }
    return try copy.writeWithoutTransaction { database in
      try database.execute(sql: "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL")
      var command = try Command(database, "PRAGMA integrity_check(3)")
      let findings = try command.all { $0.text() }
      guard findings == ["ok"] else {
        throw StoreError.damaged(path: part, reason: findings.joined(separator: "; "))
      }
      try database.execute(
        sql: "UPDATE meta SET value = value + ? WHERE key = 'generation'",
        arguments: [skippedGenerations])
      let number = { try Schema.number(database, $0) }
      return BackupReport(
        bytes: try number("PRAGMA page_count") * number("PRAGMA page_size"),
        submissions: try number("SELECT count(*) FROM submissions"),
        judgings: try number("SELECT count(*) FROM judgings"),
        judged: try number("SELECT count(*) FROM judgings WHERE state = 'judged'"))
    }
  }

  /// A journal that belongs to another file of this name would be taken for its own.
  private static func sideFiles(of path: String) -> [String] {
    ["", "-wal", "-shm", "-journal"].map { path + $0 }
  }

  private static func removeAll(_ paths: [String]) { for path in paths { unlink(path) } }

  /// Programs of contestants go in there.
  private static func makePrivateFile(_ path: String) throws(StoreError) {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw .inaccessible(path: path, reason: String(cString: strerror(errno)))
    }
    _ = Glibc.close(descriptor)
  }

  private static func moveAside(_ path: String) throws(StoreError) -> String? {
    guard access(path, F_OK) == 0 else { return nil }
    var aside = path + ".old"
    var number = 1
    while access(aside, F_OK) == 0 {
      number += 1
      aside = "\(path).old\(number)"
    }
    for (from, to) in zip(sideFiles(of: path), sideFiles(of: aside)).reversed()
    where access(from, F_OK) == 0 {
      guard rename(from, to) == 0 else {
        throw .inaccessible(path: from, reason: String(cString: strerror(errno)))
      }
    }
    return aside
  }

  /// Gives a file that is complete its name, for good.
  private static func publish(_ part: String, as target: String) throws(StoreError) {
    let folder = target.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    guard flush(part), rename(part, target) == 0, flush(folder.isEmpty ? "." : folder) else {
      throw .inaccessible(path: target, reason: String(cString: strerror(errno)))
    }
  }

  private static func flush(_ path: String) -> Bool {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { _ = Glibc.close(descriptor) }
    return fsync(descriptor) == 0
  }
}
