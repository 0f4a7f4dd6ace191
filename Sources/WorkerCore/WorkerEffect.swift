public import JudgeModel
public import Messages

/// What the worker's shell shall do, in this order.
public enum WorkerEffect: Hashable, Sendable {
  case send(WorkerMessage)
  /// Say hello with these facts; the shell adds what it alone knows (token, host, languages).
  case sayHello(held: [HeldLease], cache: CacheReport, load: LoadReport, creditLimit: UInt64)
  /// Delete this package from the disk before anything that follows.
  case evict(Digest)
  /// Fetch this package, install it and report `packageInstalled` or `packageFailed`.
  case fetch(Digest, archiveBytes: Int64)
  /// Judge in this slot and report `ran` for each run and `judged` or `stopped` at the end.
  case start(slot: Int, LeaseName, package: Digest, mode: JudgingMode)
  /// Stop what runs in this slot at once; it reports `stopped`.
  case abort(slot: Int)
  /// The shell may forget the program of this judging.
  case forget(JudgingID)
  /// Leave: everything is done, or the scheduler does not want us.
  case leave(reason: String?)
}
