public import JudgeModel
public import Messages

/// Everything that can happen to a worker.
public enum WorkerEvent: Hashable, Sendable {
  /// The control connection is up (again): time to introduce ourselves.
  case connected
  case disconnected
  /// From the scheduler; a grant comes without its programs, which the shell keeps by judging.
  case welcomed(Welcome)
  case who
  case refused(String)
  case granted([GrantOrder])
  case cancelled(JudgingID, LeaseEpoch)
  /// Give this back if it has not begun.
  case retracted(JudgingID, LeaseEpoch)
  /// Of a split judging: give to so many others, use what they found out, run these yourself.
  case shareAsked(JudgingID, LeaseEpoch, parts: Int32)
  case helped(JudgingID, LeaseEpoch, [Run])
  case unshared(JudgingID, LeaseEpoch, [Int32])
  /// Fetch a package before a judging needs it, if it takes room from nothing that is in use.
  case wished(WarmOrder)
  case acknowledged([LeaseName])
  /// From the shell's own hands.
  /// The manifest of a package on its way is here: this is what it is made of.
  case packageDescribed(Digest, [CachedBlob])
  /// What is needed to begin a judging is here; the rest is on its way.
  case packageStartable(Digest)
  case packageInstalled(Digest)
  /// The transfer ended early.
  /// - kept: what is on the disk of this package.
  case packageFailed(Digest, FetchFailure, kept: [CachedBlob])
  /// A blob of a complete package is not on the disk any more.
  case packageDamaged(Digest)
  case ran(JudgingID, Run)
  /// These testcases of a running judging are with others, and no more.
  case shared(JudgingID, [Int32])
  /// So much of a running judging could be given away.
  case remaining(JudgingID, RemainingWork)
  case judged(slot: Int, JudgingID, JudgingResult)
  /// The judging in this slot ended without a result.
  case stopped(slot: Int, JudgingID, ReturnReason)
  case loadChanged(LoadReport)
  /// Take nothing more, finish what is here, then leave.
  case drain
  case timePassed
}

/// Why a package did not arrive.
public struct FetchFailure: Hashable, Sendable {
  public var reason: String
  /// There was no room on the disk: with some more it might have gone well.
  public var isDiskFull: Bool
  public init(_ reason: String, isDiskFull: Bool = false) {
    self.reason = reason
    self.isDiskFull = isDiskFull
  }
}
