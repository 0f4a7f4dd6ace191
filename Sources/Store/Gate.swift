import GRDB
import Glibc

/// Decides whether a file may be used as the record, before anything in it is changed.
enum Gate {
  /// Refuses files that are not ours or too new. Looks with a connection of its own that is gone
  /// afterwards, because merely opening a pool turns a stranger's database into a WAL one.
  static func admit(_ path: String) throws(StoreError) {
    try prepareFile(path)
    try Store.attempt(path, "opening") {
      var configuration = Configuration()
      configuration.busyMode = .timeout(5)
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      defer { try? queue.close() }
      try queue.inDatabase { database in
        let owner = try Schema.number(database, "PRAGMA application_id")
        let version = try Schema.number(database, "PRAGMA user_version")
        let objects = try Schema.number(database, "SELECT count(*) FROM sqlite_schema")
        if owner == 0, version == 0, objects == 0 { return }
        guard owner == Schema.applicationID else {
          throw StoreError.foreign(path: path, reason: "a database of another program")
        }
        guard version <= Schema.latest else {
          throw StoreError.newer(path: path, found: version, known: Schema.latest)
        }
        guard version > 0 else {
          throw StoreError.damaged(path: path, reason: "it claims schema \(version)")
        }
      }
    }
  }

  static func check(_ path: String, _ pool: DatabasePool, _ check: Store.Check) throws(StoreError) {
    let pragma: String
    switch check {
    case .none: return
    case .quick: pragma = "PRAGMA quick_check(3)"
    case .full: pragma = "PRAGMA integrity_check(3)"
    }
    let findings = try Store.attempt(path, "checking") {
      try pool.writeWithoutTransaction { database in
        var command = try Command(database, pragma)
        return try command.all { $0.text() }
      }
    }
    guard findings == ["ok"] else {
      throw .damaged(path: path, reason: findings.joined(separator: "; "))
    }
  }

  /// Makes an empty file when there is none, readable by this user alone: programs of contestants
  /// go in there. SQLite gives its side files the same mode.
  private static func prepareFile(_ path: String) throws(StoreError) {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw .inaccessible(path: path, reason: String(cString: strerror(errno)))
    }
    defer { _ = Glibc.close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .inaccessible(path: path, reason: "it is not a regular file")
    }
  }
}
