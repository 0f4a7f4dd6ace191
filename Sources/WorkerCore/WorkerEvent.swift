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
  case acknowledged([LeaseName])
  /// From the shell's own hands.
  case packageInstalled(Digest, bytes: Int64)
  case packageFailed(Digest, reason: String)
  case ran(JudgingID, Run)
  case judged(slot: Int, JudgingID, JudgingResult)
  /// The judging in this slot ended without a result.
  case stopped(slot: Int, JudgingID, ReturnReason)
  case loadChanged(LoadReport)
  /// Take nothing more, finish what is here, then leave.
  case drain
  case timePassed
}
