internal import DequeModule
public import JudgeModel
internal import Messages

/// Decides who judges what, and when.
///
/// # Theory of operation
///
/// Events come in through `handle`, decisions leave as effects; the shell makes `record`s durable
/// before it performs what follows them. Handlers only mark what is possible; one `schedule` pass
/// per round of events hands out work, so that a burst is decided as a whole. Time enters as an
/// argument, and `nextDeadline` says how long the shell may sleep.
///
/// A judging is known here from its creation to its final state:
///
///     submitted ─► queued ─► leased ─► judged
///                    ▲          │
///                    └──────────┘  returned, or its worker was lost
///
/// A lease is fenced by its epoch. When a connection breaks, the worker has a while to come back with
/// its leases. When a worker is lost its leases *lapse*: the judging waits again,
/// but as long as nobody else has been given it, the old worker's verdict still counts. Granting
/// anew draws a larger epoch, and from then on the old one is stale. So no work is thrown away that
/// need not be, and no judging has two verdicts.
///
/// State is level-triggered: every `sync` of a worker carries all it holds, and what does not agree
/// is put right (a lease it should not have is cancelled, a grant it never got is sent again).
public struct Scheduler: Sendable {
  public let policy: SchedulerPolicy
  let generation: UInt32
  public let identity: SchedulerIdentity
  let startedAt: Instant

  var queue = ReadyQueue()
  var sessions = SessionTable()
  var abilities = Abilities()
  var judgings: [JudgingID: Judging] = [:]
  var epochCounter: UInt64 = 0
  /// Running mean of judging times, per package, for the decision to open another replica.
  var meanDuration: [Digest: TimeSpan] = [:]
  var counts = Counts()
  /// Leases whose connection broke, the first to be given up first.
  var broken = Deque<Broken>()
  /// When the adoption grace of a restart ends; nil when nothing waits for it.
  var graceEnds: Instant?
  /// Who waits for a name that a connected process has, by that name.
  var newcomers: [WorkerID: Newcomer] = [:]
  /// What is held against workers that are not connected now.
  var parted: [WorkerID: (instance: UInt64, conduct: Conduct)] = [:]
  /// Earliest time at which a placement that was put off becomes allowed; set by `schedule`.
  var coldDeadline: Instant?
  var nextSessionCheck: Instant?
  var needsScheduling = false
  var stealing = Stealing()
  var splitting = Splitting()

  struct Broken {
    var due: Instant
    var judging: JudgingID
    var epoch: LeaseEpoch
    var worker: WorkerID
    var instance: UInt64
  }

  struct Counts: Hashable, Sendable {
    var judged: Int64 = 0
    var cancelled: Int64 = 0
    var quarantined: Int64 = 0
  }

  /// - Parameter generation: larger than that of every scheduler that used the same store before.
  public init(
    generation: UInt32, identity: SchedulerIdentity, policy: SchedulerPolicy = SchedulerPolicy(),
    at now: Instant
  ) {
    self.generation = generation
    self.identity = identity
    self.policy = policy
    startedAt = now
  }

  /// When `handle(.timePassed)` is due if nothing else happens.
  public var nextDeadline: Instant? {
    [nextSessionCheck, coldDeadline, graceEnds, broken.first?.due].compactMap { $0 }.min()
  }

  /// Takes one event. Call `schedule` after the last event of a round.
  public mutating func handle(
    _ event: SchedulerEvent, at now: Instant, into effects: inout [SchedulerEffect]
  ) {
    expire(at: now, into: &effects)
    switch event {
    case .restored(let list): restore(list, at: now)
    case .submitted(let orders): submit(orders, at: now)
    case .hello(let session, let hello): greet(session, hello, at: now, into: &effects)
    case .sync(let sync): synchronise(sync, at: now, into: &effects)
    case .runs(let session, let judging, let epoch, let runs):
      guard touch(session, at: now, into: &effects) else { return }
      let name = LeaseName(judging: judging, epoch: epoch)
      take(runs, of: name, from: session, at: now, into: &effects)
    case .finished(let session, let judging, let epoch, let result):
      guard touch(session, at: now, into: &effects) else { return }
      let name = LeaseName(judging: judging, epoch: epoch)
      finish(name, result, from: session, at: now, into: &effects)
    case .returned(let session, let judging, let epoch, let reason):
      guard touch(session, at: now, into: &effects) else { return }
      let name = LeaseName(judging: judging, epoch: epoch)
      takeBack(name, reason, from: session, at: now, into: &effects)
      effects.append(.send(session, .acknowledge([name])))
    case .cancelConfirmed(let session, let judging, let epoch):
      guard touch(session, at: now, into: &effects) else { return }
      splitting.yielding[judging] = nil
      let name = LeaseName(judging: judging, epoch: epoch)
      noteStopped(name, by: session, into: &effects)
      effects.append(.send(session, .acknowledge([name])))
      noteAnswer(name, from: session, into: &effects)
    case .goodbye(let session): end(session, mayReturn: false, at: now, into: &effects)
    case .disconnected(let session): end(session, mayReturn: true, at: now, into: &effects)
    case .cancel(let list):
      for judging in list { cancel(judging, at: now, into: &effects) }
    case .contradicted(let list):
      for contradiction in list { accept(contradiction, at: now, into: &effects) }
    case .drain(let worker):
      if let session = sessions.session(of: worker) {
        sessions.modify(session.id) { $0.conduct.isDraining = true }
      }
    case .warm(let order, let workers): warm(order, workers: workers, at: now, into: &effects)
    case .wishEnded(let session, let package, let reason):
      guard touch(session, at: now, into: &effects) else { return }
      endWish(session, package, reason: reason, at: now)
    case .timePassed: break
    }
  }
}

extension Scheduler {
  /// Whether the worker of this session was let in; otherwise it waits for its name, or is refused.
  public func hasJoined(_ session: SessionID) -> Bool {
    sessions.read(session) { _ in true } ?? false
  }
}

/// What a scheduler tells every worker about itself.
public struct SchedulerIdentity: Hashable, Sendable {
  public var programVersion: String
  public var bulkPort: UInt16
  public init(programVersion: String, bulkPort: UInt16) {
    self.programVersion = programVersion
    self.bulkPort = bulkPort
  }
}
