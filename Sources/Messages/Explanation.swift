public import JudgeModel

/// Why a judging is where it is, and where its time went: the answer to a person who asks about one.
public struct Explanation: Hashable, Sendable {
  public var judging: JudgingID
  public var state: JudgingState
  public var problem: String
  public var package: Digest
  public var language: LanguageID
  public var requires: [Label]
  public var priority: Priority
  public var mode: JudgingMode
  public var batch: BatchID?
  /// Who holds it, or held it last.
  public var worker: WorkerID?
  /// How many leases ended without a verdict.
  public var returns: Int64
  public var verdict: Verdict?
  /// What decided, why it came back last, or why it was set aside; may be empty.
  public var message: String
  public var course: Course
  /// Of one that waits.
  public var waiting: Waiting?

  public init(
    judging: JudgingID, state: JudgingState, problem: String, package: Digest,
    language: LanguageID, requires: [Label], priority: Priority, mode: JudgingMode,
    batch: BatchID?, worker: WorkerID?, returns: Int64, verdict: Verdict?, message: String,
    course: Course, waiting: Waiting?
  ) {
    self.judging = judging
    self.state = state
    self.problem = problem
    self.package = package
    self.language = language
    self.requires = requires
    self.priority = priority
    self.mode = mode
    self.batch = batch
    self.worker = worker
    self.returns = returns
    self.verdict = verdict
    self.message = message
    self.course = course
    self.waiting = waiting
  }

  /// When what happened, and how long it took. Each stage is measured where they happen, by that machine's
  /// clock; what is not known yet, or was not told by an older worker, is nil.
  public struct Course: Hashable, Sendable {
    /// Milliseconds since 1970, the scheduler's clock.
    public var createdMilliseconds: Int64
    public var leasedMilliseconds: Int64?
    public var finishedMilliseconds: Int64?
    /// Of the last lease, at the worker.
    public var spans: WorkerSpans?
    public var compiling: TimeSpan?
    /// Sum over the testcases so far, wall clock; more than the time that passed when other workers helped.
    public var running: TimeSpan
    public var testcases: Int64

    public init(
      createdMilliseconds: Int64, leasedMilliseconds: Int64?, finishedMilliseconds: Int64?,
      spans: WorkerSpans?, compiling: TimeSpan?, running: TimeSpan, testcases: Int64
    ) {
      self.createdMilliseconds = createdMilliseconds
      self.leasedMilliseconds = leasedMilliseconds
      self.finishedMilliseconds = finishedMilliseconds
      self.spans = spans
      self.compiling = compiling
      self.running = running
      self.testcases = testcases
    }
  }

  /// What it waits for.
  public struct Waiting: Hashable, Sendable {
    public var reason: String
    /// Judgings that a worker which could take any of them would take first: those of more urgent
    /// classes, and older ones of its own.
    public var ahead: Int64
    public var candidates: [Candidate]
    /// Workers that are not among `candidates`, because there are too many.
    public var unlisted: Int64

    public init(reason: String, ahead: Int64, candidates: [Candidate], unlisted: Int64) {
      self.reason = reason
      self.ahead = ahead
      self.candidates = candidates
      self.unlisted = unlisted
    }

    /// Workers in one explanation: people read these.
    public static let candidateLimit = 32
  }

  /// A worker that was considered.
  public struct Candidate: Hashable, Sendable {
    public enum Warmth: String, Hashable, Sendable, CaseIterable {
      /// It has the package.
      case here
      /// It is fetching it.
      case arriving
      case cold
    }
    public var worker: WorkerID
    public var free: Int64
    public var warmth: Warmth
    /// Why it has not taken the judging.
    public var obstacle: String

    public init(worker: WorkerID, free: Int64, warmth: Warmth, obstacle: String) {
      self.worker = worker
      self.free = free
      self.warmth = warmth
      self.obstacle = obstacle
    }
  }
}
