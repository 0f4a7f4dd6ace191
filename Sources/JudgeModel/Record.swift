/// Durable facts. The scheduler decides them, the store writes them, and nobody is told before they
/// are written: *record, then tell*.
public enum Record: Hashable, Sendable {
  /// A judging exists and waits.
  case created(JudgingOrder)
  /// A worker holds a lease. Lost in a crash without harm: the worker claims it again.
  case leased(JudgingID, LeaseEpoch, WorkerID)
  /// Results of single testcases of the current lease, as they stream in.
  case runs(JudgingID, LeaseEpoch, [Run])
  /// The verdict; the only record that ends a judging with one. Written by one conditional update,
  /// so that a judging can have no second verdict whatever the memory of the scheduler says.
  case judged(JudgingID, LeaseEpoch, WorkerID, JudgingResult)
  /// The lease is over without a verdict and the judging waits again; the runs of that lease go.
  case returned(JudgingID, LeaseEpoch, reason: String)
  /// Somebody cancelled it.
  case cancelled(JudgingID)
  /// It failed for reasons of ours too often and now waits for a person.
  case quarantined(JudgingID, reason: String)
}

/// Everything the scheduler has to know about a judging to place it; the program itself stays in the
/// store until it is granted.
public struct JudgingOrder: Hashable, Sendable {
  public var judging: JudgingID
  public var submission: SubmissionID
  public var package: Digest
  /// Bytes of the package's archive: what a worker without it has to fetch.
  public var archiveBytes: Int64
  /// Bytes of the package's files in a cache, unpacked.
  public var unpackedBytes: Int64
  public var language: LanguageID
  public var mode: JudgingMode
  public var priority: Priority
  public var batch: BatchID?
  /// Labels that its worker must have, sorted.
  public var requires: [Label]

  public init(
    judging: JudgingID, submission: SubmissionID, package: Digest, archiveBytes: Int64,
    unpackedBytes: Int64, language: LanguageID, mode: JudgingMode, priority: Priority,
    batch: BatchID?, requires: [Label] = []
  ) {
    self.judging = judging
    self.submission = submission
    self.package = package
    self.archiveBytes = archiveBytes
    self.unpackedBytes = unpackedBytes
    self.language = language
    self.mode = mode
    self.priority = priority
    self.batch = batch
    self.requires = requires
  }
}

/// Where a judging stands.
public enum JudgingState: String, Hashable, Sendable, CaseIterable {
  /// Next: leased, cancelled.
  case queued
  /// Next: judged, queued (returned or lost), cancelled, quarantined.
  case leased
  /// Final: it has its one verdict.
  case judged
  /// Final.
  case cancelled
  /// Next: queued, when a person says so. Reported as "not judged", never as a verdict.
  case quarantined

  public var isFinal: Bool { self == .judged || self == .cancelled || self == .quarantined }
}
