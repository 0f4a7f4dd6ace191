public import JudgeModel
public import Messages

/// Everything that can happen to a scheduler. Identity checks (token, key) are over before an event
/// is made; whether an event still matters is decided here.
public enum SchedulerEvent: Hashable, Sendable {
  /// Unfinished judgings from the store, given once before any other event.
  case restored([RestoredJudging])
  /// New judgings, already durable.
  case submitted([JudgingOrder])
  /// A worker introduced itself on a connection; the shell numbered the session.
  case hello(SessionID, WorkerHello)
  case sync(WorkerSync)
  case runs(SessionID, JudgingID, LeaseEpoch, [Run])
  case finished(SessionID, JudgingID, LeaseEpoch, JudgingResult)
  case returned(SessionID, JudgingID, LeaseEpoch, ReturnReason)
  /// The worker confirms that it stopped a judging it was told to stop.
  case cancelConfirmed(SessionID, JudgingID, LeaseEpoch)
  case goodbye(SessionID)
  /// The transport knows that nobody is there any more.
  case disconnected(SessionID)
  case cancel([JudgingID])
  /// The record did not take what was decided about these. Nothing of it was told.
  case contradicted([Contradiction])
  /// Give this worker nothing more; what it has it may finish.
  case drain(WorkerID)
  /// Bring this package to so many workers, nil for all that can hold it.
  case warm(WarmOrder, workers: Int32?)
  /// The worker does not fetch what it was asked to `warm`, and why.
  case wishEnded(SessionID, Digest, reason: String)
  /// Nothing but the time.
  case timePassed
}

/// A judging as the store remembers it.
public struct RestoredJudging: Hashable, Sendable {
  public var order: JudgingOrder
  /// The lease that was current, if it was leased.
  public var epoch: LeaseEpoch?
  /// The newest lease of it in the record, also when it was returned since. A worker that claims an
  /// older one is not believed: the record would refuse its verdict.
  public var newestEpoch: LeaseEpoch?
  public init(order: JudgingOrder, epoch: LeaseEpoch?, newestEpoch: LeaseEpoch? = nil) {
    self.order = order
    self.epoch = epoch
    self.newestEpoch = newestEpoch ?? epoch
  }
}
