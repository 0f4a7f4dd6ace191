public import JudgeModel

/// What a client (command line, web page) asks the scheduler on the control socket. Every request
/// has a number that its answer repeats; asking again with the same content is harmless.
public enum ClientMessage: Hashable, Sendable {
  /// First message on every connection.
  case hello(protocolVersion: UInt32, token: String, programVersion: String)
  /// Which of these packages does the scheduler lack? Those are to be pushed on the bulk socket.
  case offerPackages(UInt64, [Digest])
  /// The package whose problem has this short name, most recently pushed first.
  case findPackage(UInt64, problem: String)
  /// A new, empty batch.
  case createBatch(UInt64, name: String)
  /// Judge these programs. `JudgingRequest.key` makes a repeated request harmless.
  case judge(UInt64, [JudgingRequest])
  /// Tell me what happens to these from now on, after what has happened already.
  case watch(UInt64, Watched)
  case cancel(UInt64, Watched)
  case status(UInt64)
  /// Why is this judging where it is, and where did its time go?
  case explain(UInt64, JudgingID)
  case listPackages(UInt64)
  /// Drop the packages that nothing needs any more, or only say which those are.
  case collectPackages(UInt64, isRehearsal: Bool)
  /// Bring this package to so many workers, nil for all that can hold it, and say how far that is. The
  /// answer comes at once: asking again goes on where workers have dropped it or have left.
  case warm(UInt64, Digest, workers: Int32?)
  /// Where the archive of a package lies besides the scheduler, from now on: all such places.
  case setOrigins(UInt64, package: Digest, [Origin])
}

/// What a watch or a cancellation is about.
public enum Watched: Hashable, Sendable {
  case batch(BatchID)
  case judging(JudgingID)
}

/// One program to judge.
public struct JudgingRequest: Hashable, Sendable {
  /// Unique within its batch (the contest's submission id), or drawn at random for a single one.
  public var key: String
  public var team: String
  public var program: Program
  public var package: Digest
  public var mode: JudgingMode
  public var priority: Priority
  public var batch: BatchID?
  /// Labels that its worker must have.
  public var requires: [Label]
  public init(
    key: String, team: String, program: Program, package: Digest, mode: JudgingMode,
    priority: Priority, batch: BatchID?, requires: [Label] = []
  ) {
    self.key = key
    self.team = team
    self.program = program
    self.package = package
    self.mode = mode
    self.priority = priority
    self.batch = batch
    self.requires = requires
  }
}

/// What the scheduler answers to a client.
public enum ClientReply: Hashable, Sendable {
  /// - knowsWarm: whether it may be asked `warm`; one of an older version would refuse the connection.
  case welcome(programVersion: String, bulkPort: UInt16, knowsWarm: Bool)
  /// The connection is not welcome: wrong token or protocol.
  case refused(String)
  /// The scheduler does not know this connection: say hello, then ask again.
  case who
  /// The request cannot be done; says what, where and what to do.
  case failed(UInt64, String)
  case missingPackages(UInt64, [Digest])
  case package(UInt64, PackageSummary?)
  case batch(UInt64, BatchID)
  case judgings(UInt64, [JudgingID])
  case done(UInt64)
  case status(UInt64, ClusterStatus)
  case explanation(UInt64, Explanation)
  /// In the order of pushing.
  case packageList(UInt64, [ListedPackage])
  case packagesCollected(UInt64, PackageCollection)
  case warmth(UInt64, Warmth)
  /// Something happened to a watched judging.
  case happened(UInt64, JudgingEvent)
  /// Everything that was known when the watch began has been told.
  case caughtUp(UInt64)

  /// The request that it answers; nil when it speaks of the connection.
  public var request: UInt64? {
    switch self {
    case .welcome, .refused, .who: nil
    case .failed(let request, _), .missingPackages(let request, _), .package(let request, _),
      .batch(let request, _), .judgings(let request, _), .done(let request),
      .status(let request, _), .explanation(let request, _), .packageList(let request, _),
      .packagesCollected(let request, _),
      .warmth(let request, _), .happened(let request, _), .caughtUp(let request):
      request
    }
  }
}

/// News of one judging.
public enum JudgingEvent: Hashable, Sendable {
  case queued(JudgingID, key: String, note: String)
  case started(JudgingID, key: String, worker: WorkerID)
  case run(JudgingID, key: String, Run)
  case judged(JudgingID, key: String, worker: WorkerID, JudgingResult)
  /// Final without a verdict: cancelled, or set aside for a person.
  case ended(JudgingID, key: String, JudgingState, reason: String)

  public var judging: JudgingID {
    switch self {
    case .queued(let id, _, _), .started(let id, _, _), .run(let id, _, _),
      .judged(let id, _, _, _), .ended(let id, _, _, _):
      id
    }
  }
  public var key: String {
    switch self {
    case .queued(_, let key, _), .started(_, let key, _), .run(_, let key, _),
      .judged(_, let key, _, _), .ended(_, let key, _, _):
      key
    }
  }
}

/// The whole cluster at a glance.
public struct ClusterStatus: Hashable, Sendable {
  public var programVersion: String
  public var uptime: TimeSpan
  public var queued: Int64
  public var leased: Int64
  public var judged: Int64
  public var cancelled: Int64
  public var quarantined: Int64
  public var workers: [WorkerStatus]
  /// Why judgings wait although a worker has room, most numerous first: a person reads these.
  public var waiting: [WaitingNote]
  public init(
    programVersion: String, uptime: TimeSpan, queued: Int64, leased: Int64, judged: Int64,
    cancelled: Int64, quarantined: Int64, workers: [WorkerStatus], waiting: [WaitingNote]
  ) {
    self.programVersion = programVersion
    self.uptime = uptime
    self.queued = queued
    self.leased = leased
    self.judged = judged
    self.cancelled = cancelled
    self.quarantined = quarantined
    self.workers = workers
    self.waiting = waiting
  }
}

public struct WaitingNote: Hashable, Sendable {
  public var count: Int64
  public var reason: String
  public init(count: Int64, reason: String) {
    self.count = count
    self.reason = reason
  }
}

public struct WorkerStatus: Hashable, Sendable {
  public enum State: String, Hashable, Sendable, CaseIterable {
    case live
    /// Silent for three heartbeats: gets nothing new.
    case suspect
    case draining
  }
  public var worker: WorkerID
  public var session: SessionID
  public var state: State
  public var host: String
  public var programVersion: String
  public var sandbox: String
  public var slots: Int32
  public var busySlots: Int32
  public var languages: [LanguageSupport]
  public var labels: [Label]
  public var cache: CacheReport
  public var load: LoadReport
  public var lastSeenAgo: TimeSpan
  public var judged: Int64
  public init(
    worker: WorkerID, session: SessionID, state: State, host: String, programVersion: String,
    sandbox: String, slots: Int32, busySlots: Int32, languages: [LanguageSupport],
    labels: [Label], cache: CacheReport, load: LoadReport, lastSeenAgo: TimeSpan, judged: Int64
  ) {
    self.worker = worker
    self.session = session
    self.state = state
    self.host = host
    self.programVersion = programVersion
    self.sandbox = sandbox
    self.slots = slots
    self.busySlots = busySlots
    self.languages = languages
    self.labels = labels
    self.cache = cache
    self.load = load
    self.lastSeenAgo = lastSeenAgo
    self.judged = judged
  }
}
