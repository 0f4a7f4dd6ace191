public import JudgeModel

/// What a worker says to the scheduler on the control socket.
///
/// Every message but `hello` carries the session that `welcome` assigned; the scheduler ignores what
/// comes from an older one. Nothing but verdicts needs guaranteed delivery: `sync` repeats the
/// worker's whole state, so that a lost message heals within one interval.
public enum WorkerMessage: Hashable, Sendable {
  /// First message on every connection, and the answer to `who`.
  case hello(WorkerHello)
  /// The worker's state, every heartbeat interval and whenever its credit changes.
  case sync(WorkerSync)
  /// Results of single testcases, in the order they finished. May be lost: the verdict repeats them.
  case runs(SessionID, JudgingID, LeaseEpoch, [Run])
  /// A verdict. Repeated until acknowledged.
  case finished(SessionID, JudgingID, LeaseEpoch, JudgingResult)
  /// The worker gives the judging back without a verdict. Repeated until acknowledged.
  case returned(SessionID, JudgingID, LeaseEpoch, ReturnReason)
  /// The worker stopped a judging because it was told to. Repeated until acknowledged.
  case cancelled(SessionID, JudgingID, LeaseEpoch)
  /// A package that `SchedulerMessage.warm` asked for will not come, and why. Said once: what counts is
  /// `WorkerSync.warming`.
  case wishEnded(SessionID, Digest, reason: String)
  /// The worker leaves in peace and holds nothing any more.
  case goodbye(SessionID)
}

/// Who a worker is and what it can do.
public struct WorkerHello: Hashable, Sendable {
  public var protocolVersion: UInt32
  /// From the join line; the scheduler refuses the connection when it is not the enrolment token.
  public var token: String
  public var worker: WorkerID
  /// Distinguishes two processes that claim the same name: drawn anew by each process.
  public var instance: UInt64
  public var programVersion: String
  public var host: String
  public var slots: Int32
  /// Languages whose tool chains answered their version probe here, with what they answered.
  public var languages: [LanguageSupport]
  public var labels: [Label]
  /// The sandbox's one-line self-description.
  public var sandbox: String
  /// Leases of an earlier session that are still being worked on or not acknowledged.
  public var held: [HeldLease]
  public var cache: CacheReport
  public var load: LoadReport
  /// Absolute number of judgings that this session may be granted, see `WorkerSync.creditLimit`.
  public var creditLimit: UInt64
  /// Whether it knows `SchedulerMessage.warm`.
  public var takesWarm: Bool
  /// Whether it knows `SchedulerMessage.retract`.
  public var takesRetract: Bool
  /// Whether it knows `SchedulerMessage.share` and what belongs to it, and grants of parts.
  public var takesParts: Bool

  public init(
    protocolVersion: UInt32 = ProtocolVersion.current, token: String, worker: WorkerID,
    instance: UInt64, programVersion: String, host: String, slots: Int32,
    languages: [LanguageSupport], labels: [Label], sandbox: String, held: [HeldLease],
    cache: CacheReport, load: LoadReport, creditLimit: UInt64, takesWarm: Bool = true,
    takesRetract: Bool = true, takesParts: Bool = true
  ) {
    self.protocolVersion = protocolVersion
    self.token = token
    self.worker = worker
    self.instance = instance
    self.programVersion = programVersion
    self.host = host
    self.slots = slots
    self.languages = languages
    self.labels = labels
    self.sandbox = sandbox
    self.held = held
    self.cache = cache
    self.load = load
    self.creditLimit = creditLimit
    self.takesWarm = takesWarm
    self.takesRetract = takesRetract
    self.takesParts = takesParts
  }
}

public enum ProtocolVersion {
  /// Raised when an older program could misunderstand a message; adding fields does not.
  public static let current: UInt32 = 1
}

public struct LanguageSupport: Hashable, Sendable {
  public var language: LanguageID
  /// First line of what the version probe printed.
  public var version: String
  public init(language: LanguageID, version: String) {
    self.language = language
    self.version = version
  }
}

/// A lease as the worker that holds it sees it.
public struct HeldLease: Hashable, Sendable {
  public enum Phase: String, Hashable, Sendable, CaseIterable {
    /// Waits for its package or for a slot.
    case waiting
    case running
    /// Over, but the scheduler has not acknowledged it yet.
    case finished
  }
  public var judging: JudgingID
  public var epoch: LeaseEpoch
  public var phase: Phase
  /// Of a running judging, the testcases that are with others: this worker waits for their runs, or takes
  /// them off the list again.
  public var shared: [Int32]
  /// Of a running judging, what could be given away; nil when nothing is known yet.
  public var remaining: RemainingWork?
  public init(
    judging: JudgingID, epoch: LeaseEpoch, phase: Phase, shared: [Int32] = [],
    remaining: RemainingWork? = nil
  ) {
    self.judging = judging
    self.epoch = epoch
    self.phase = phase
    self.shared = shared
    self.remaining = remaining
  }
}

/// A heartbeat that carries everything the scheduler believes about a worker.
public struct WorkerSync: Hashable, Sendable {
  public var session: SessionID
  /// Grows by one with each sync of a session.
  public var sequence: UInt64
  /// Absolute number of judgings that this session may be granted since its welcome: those that came
  /// and went plus the free slots. Absolute, so that loss and repetition do no harm.
  public var creditLimit: UInt64
  /// Highest grant sequence seen in this session, so that the scheduler can tell a grant that was
  /// lost from one that is still on its way.
  public var grantsSeen: UInt64
  public var held: [HeldLease]
  /// nil: unchanged since the last sync.
  public var cache: CacheReport?
  public var load: LoadReport
  /// Packages that it fetches because it was asked to with `warm`.
  public var warming: [Digest]

  public init(
    session: SessionID, sequence: UInt64, creditLimit: UInt64, grantsSeen: UInt64,
    held: [HeldLease], cache: CacheReport?, load: LoadReport, warming: [Digest] = []
  ) {
    self.session = session
    self.sequence = sequence
    self.creditLimit = creditLimit
    self.grantsSeen = grantsSeen
    self.held = held
    self.cache = cache
    self.load = load
    self.warming = warming
  }
}

/// What lies in a worker's package cache.
public struct CacheReport: Hashable, Sendable {
  /// Complete, verified packages, sorted.
  public var packages: [Digest]
  public var usedBytes: Int64
  public var budgetBytes: Int64
  public init(packages: [Digest], usedBytes: Int64, budgetBytes: Int64) {
    self.packages = packages
    self.usedBytes = usedBytes
    self.budgetBytes = budgetBytes
  }
}

/// How busy the machine is.
public struct LoadReport: Hashable, Sendable {
  /// One-minute load average, thousandths.
  public var loadThousandths: Int64
  public var processors: Int32
  public var memoryTotalBytes: Int64
  public var memoryAvailableBytes: Int64
  /// Free on the file system of the cache.
  public var diskFreeBytes: Int64
  public init(
    loadThousandths: Int64 = 0, processors: Int32 = 0, memoryTotalBytes: Int64 = 0,
    memoryAvailableBytes: Int64 = 0, diskFreeBytes: Int64 = 0
  ) {
    self.loadThousandths = loadThousandths
    self.processors = processors
    self.memoryTotalBytes = memoryTotalBytes
    self.memoryAvailableBytes = memoryAvailableBytes
    self.diskFreeBytes = diskFreeBytes
  }
}

/// Why a judging comes back without a verdict. Whose fault it is decides what it costs.
public enum ReturnReason: Hashable, Sendable {
  /// The package, its validator or the program broke the judge's rules in a way that another worker
  /// will probably see too; two of these set the judging aside for a person.
  case judgeError(String)
  /// This worker cannot do it now: fetch failed, disk full, sandbox failed.
  case workerFault(String)
  /// The worker is leaving; nobody's fault.
  case draining
  /// The scheduler asked for it, and it had not begun; costs nothing.
  case retracted

  public var text: String {
    switch self {
    case .judgeError(let text), .workerFault(let text): text
    case .draining: "the worker is leaving"
    case .retracted: "taken back before it began, for an idle worker"
    }
  }
}
