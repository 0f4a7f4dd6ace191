public import JudgeModel
public import Messages

/// What the shell shall do, in this order. Made of ids and values, so that tests compare them and a
/// simulator replays them.
public enum SchedulerEffect: Hashable, Sendable {
  /// Make this durable. Everything after it in the list waits until it is.
  case record(Record)
  /// Send these leases; the shell adds the program's text to each.
  case grant(SessionID, [GrantOrder], submissions: [SubmissionID])
  case send(SessionID, SchedulerMessage)
  /// The session is over: forget its connection.
  case close(SessionID)
  /// Tell the person who looks after the cluster something about a worker.
  case note(WorkerID, String)
  /// Tell whoever watches.
  case publish(JudgingID, BatchID?, JudgingNews)
}

/// News of a judging as the core knows it; the shell adds names for people.
public enum JudgingNews: Hashable, Sendable {
  case queued(note: String)
  case started(WorkerID)
  case runs([Run])
  case judged(WorkerID, JudgingResult)
  case ended(JudgingState, reason: String)
}
