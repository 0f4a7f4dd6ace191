public import JudgeModel

/// A submission on its way into the record.
public struct NewSubmission: Hashable, Sendable {
  /// What the contest or site it came from calls it. Unique there, not here.
  public var externalID: String?
  public var team: String?
  /// Label or short name of the problem, as the contest calls it.
  public var problem: String
  /// As the contest archive wrote it (`1:23:45.678`).
  public var contestTime: String?
  public var program: Program

  public init(
    externalID: String? = nil, team: String? = nil, problem: String, contestTime: String? = nil,
    program: Program
  ) {
    self.externalID = externalID
    self.team = team
    self.problem = problem
    self.contestTime = contestTime
    self.program = program
  }
}

/// A submission in the record; its files are read with `Store.program(of:)`.
public struct StoredSubmission: Hashable, Sendable {
  public var id: SubmissionID
  public var externalID: String?
  public var team: String?
  public var problem: String
  public var contestTime: String?
  public var language: LanguageID
  /// Milliseconds since 1970.
  public var addedMilliseconds: Int64
}

/// A judging as the record has it. Its runs are read with `Store.runs(of:)`.
public struct StoredJudging: Hashable, Sendable {
  public var id: JudgingID
  public var submission: SubmissionID
  public var package: Digest
  public var batch: BatchID?
  public var mode: JudgingMode
  public var priority: Priority
  public var state: JudgingState
  /// Of the last lease, also when that is over.
  public var epoch: LeaseEpoch?
  /// Who holds the lease, or held the last one when the judging has ended; nil while it waits.
  public var worker: WorkerID?
  /// How many leases ended without a verdict.
  public var returns: Int64
  public var verdict: Verdict?
  public var score: Score?
  public var compilation: Compilation?
  /// Of the jury's concern: what decided, why it came back, why it waits for a person.
  public var message: String
  /// Milliseconds since 1970, as all of these.
  public var createdMilliseconds: Int64
  public var leasedMilliseconds: Int64?
  public var finishedMilliseconds: Int64?
  /// Labels that its worker must have, sorted.
  public var requires: [Label]
  /// Of the verdict's worker.
  public var spans: WorkerSpans?
}

/// What a scheduler that starts has to take up again.
public struct UnfinishedJudging: Hashable, Sendable {
  public var order: JudgingOrder
  /// The lease that was recorded; nil when the judging waits.
  public var epoch: LeaseEpoch?
  /// Of the last lease, also when that is over: the verdict of an older one would be refused.
  public var newestEpoch: LeaseEpoch?
  public var worker: WorkerID?
  /// How many leases ended without a verdict so far.
  public var returns: Int64
}

/// How many judgings stand where. States and verdicts that do not occur are absent.
public struct Tally: Hashable, Sendable {
  public var states: [JudgingState: Int] = [:]
  public var verdicts: [Verdict: Int] = [:]
  public init() {}

  public func count(_ state: JudgingState) -> Int { states[state] ?? 0 }
  public func count(_ verdict: Verdict) -> Int { verdicts[verdict] ?? 0 }
  public var total: Int { states.values.reduce(0, +) }
  /// Judgings that will not change by themselves any more.
  public var finished: Int { states.reduce(0) { $0 + ($1.key.isFinal ? $1.value : 0) } }
}

/// What a person decided about the results of a batch.
public enum BatchDecision: String, Hashable, Sendable, CaseIterable {
  case applied
  case discarded
}

/// A batch without its judgings.
public struct StoredBatch: Hashable, Sendable {
  public var id: BatchID
  public var name: String
  /// What was selected, in the words of whoever asked: a contest archive, a filter.
  public var selection: String
  /// How many judgings it is to have; exact once sealed.
  public var total: Int64?
  public var createdMilliseconds: Int64
  /// When all its judgings were in the record; nil when that was interrupted.
  public var sealedMilliseconds: Int64?
  public var decision: BatchDecision?
  public var decidedMilliseconds: Int64?
}

/// The verdict that a contest archive brought for a submission that is judged again.
public struct PriorVerdict: Hashable, Sendable {
  public var judging: JudgingID
  /// In the archive's own identifiers, which may be finer or coarser than ours.
  public var verdict: String
  public var score: Score?
  public init(judging: JudgingID, verdict: String, score: Score? = nil) {
    self.judging = judging
    self.verdict = verdict
    self.score = score
  }
}

/// One line of a batch's report.
public struct BatchEntry: Hashable, Sendable {
  public var judging: StoredJudging
  public var submission: StoredSubmission
  public var prior: PriorVerdict?
  /// CPU time of the slowest run; nil when nothing ran.
  public var slowest: TimeSpan?
}

/// Which judgings to list. Everything that is set must hold.
public struct JudgingFilter: Hashable, Sendable {
  public var state: JudgingState?
  public var verdict: Verdict?
  public var submission: SubmissionID?
  public var batch: BatchID?
  public var package: Digest?
  public var problem: String?
  public var worker: WorkerID?

  public init(
    state: JudgingState? = nil, verdict: Verdict? = nil, submission: SubmissionID? = nil,
    batch: BatchID? = nil, package: Digest? = nil, problem: String? = nil, worker: WorkerID? = nil
  ) {
    self.state = state
    self.verdict = verdict
    self.submission = submission
    self.batch = batch
    self.package = package
    self.problem = problem
    self.worker = worker
  }
}
