/// Why the record could not be opened, read or written. Each case names the file or thing and, in
/// its description, what to do about it. None of them says anything about a submission.
public enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Another scheduler holds the file. `holder` is what its lock file says about it.
  case locked(path: String, holder: String?)
  /// Written by a later release of this program.
  case newer(path: String, found: Int64, known: Int64)
  /// Not a database, or the database of some other program.
  case foreign(path: String, reason: String)
  /// The database is ours and its content is broken.
  case damaged(path: String, reason: String)
  /// The file or its directory cannot be opened, read or written.
  case inaccessible(path: String, reason: String)
  /// The file system is full; nothing of the transaction was kept.
  case full(path: String)
  /// Another program kept the database locked for longer than the busy timeout.
  case busy(path: String)
  /// The store was closed before this call.
  case closed(path: String)
  /// The call refers to something that is not in the record, or breaks a bound.
  case refused(String)
  /// Anything else that SQLite reports.
  case failed(path: String, operation: String, reason: String)

  public var description: String {
    switch self {
    case .locked(let path, let holder):
      "\(path) is in use by another scheduler\(holder.map { " (\($0))" } ?? ""): "
        + "stop that one, or start this one with another state directory"
    case .newer(let path, let found, let known):
      "\(path) has schema \(found) and this program knows schemas up to \(known): "
        + "install the release that wrote it, or a later one"
    case .foreign(let path, let reason):
      "\(path) is not a record of this program (\(reason)): "
        + "move it away, or choose another state directory"
    case .damaged(let path, let reason):
      "\(path) is damaged (\(reason)): keep a copy of it together with its -wal file, "
        + "then restore a backup or recover it with `sqlite3 \(path) .recover`"
    case .inaccessible(let path, let reason):
      "\(path) cannot be opened (\(reason)): "
        + "make its directory and give this user the right to read and write there"
    case .full(let path):
      "no space left to write \(path): free some on its file system; nothing was half written"
    case .busy(let path):
      "\(path) is locked by another program: end the one that holds a transaction open on it"
    case .closed(let path):
      "\(path) was closed already"
    case .refused(let reason):
      reason
    case .failed(let path, let operation, let reason):
      "\(path): \(operation) failed: \(reason)"
    }
  }
}
