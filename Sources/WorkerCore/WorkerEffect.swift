public import JudgeModel
public import Messages

/// What the worker's shell shall do, in this order.
public enum WorkerEffect: Hashable, Sendable {
  case send(WorkerMessage)
  /// Say hello with these facts; the shell adds what it alone knows (token, host, languages).
  case sayHello(held: [HeldLease], cache: CacheReport, load: LoadReport, creditLimit: UInt64)
  /// Delete this package, or what is here of it, from the disk before anything that follows.
  case evict(Digest)
  /// Fetch what is missing of this package and report `packageDescribed`, `packageStartable` and
  /// `packageInstalled`, or at any point `packageFailed`. Judgings may wait for members meanwhile.
  case fetch(Digest, archiveBytes: Int64, unpackedBytes: Int64)
  /// Stop this transfer, if it is still under way: it reports `packageFailed`. Said again until it is
  /// over.
  case stopFetch(Digest)
  /// The transfer that failed is not tried again: whoever waits for a member shall hear why.
  case giveUp(Digest, reason: String)
  /// Judge in this slot and report `ran` for each run and `judged` or `stopped` at the end.
  /// - part: only these testcases, for somebody else.
  case start(slot: Int, LeaseName, package: Digest, mode: JudgingMode, part: [Int32]?)
  /// Give testcases of what runs in this slot to others and report them as `shared`.
  case share(slot: Int, parts: Int32)
  /// What others found out about what runs in this slot.
  case help(slot: Int, [Run])
  /// These are not with others: the slot runs them itself.
  case takeBack(slot: Int, [Int32])
  /// Stop what runs in this slot at once; it reports `stopped`.
  case abort(slot: Int)
  /// The shell may forget the program of this judging.
  case forget(JudgingID)
  /// Leave: everything is done, or the scheduler does not want us.
  case leave(reason: String?)
}
