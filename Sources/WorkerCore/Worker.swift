public import JudgeModel
internal import Messages

/// Decides what one worker does next: slots, package cache, reporting.
///
/// # Theory of operation
///
/// A grant is a lease that is here. It waits for its package, then for a slot, runs, and ends in an
/// outcome that is repeated until the scheduler acknowledges it:
///
///     granted ─► fetching ─► ready ─► running ─► finished ─► (acknowledged, gone)
///
/// Ready does not mean that the whole package is here: a judging begins when what it needs first has
/// come, and waits in its slot for each further member. Packages that are complete go before those.
///
/// Losing the connection changes none of that: work goes on, and the next `hello` says what is held.
/// The credit that is told to the scheduler is an absolute number of grants for the session, so that
/// messages may be lost or doubled.
public struct Worker: Sendable {
  public struct Settings: Hashable, Sendable {
    public var slots: Int
    /// Judgings held beyond the slots, so that a package can arrive and a slot never waits for the
    /// network between two judgings.
    public var prefetch: Int
    /// Runs are reported at least this often.
    public var reportEvery = TimeSpan.milliseconds(100)
    /// An outcome that was not acknowledged is repeated after this time.
    public var repeatAfter = TimeSpan.seconds(5)
    /// A hello that was not answered is said again after this time. Longer than any round trip that
    /// can be worked with: each hello makes a session, and the answer to the last one counts.
    public var helloAfter = TimeSpan.seconds(15)
    /// Leases that came later may take room in the cache before one that is blocked, but only for so
    /// long: then pins only go, until the blocked one fits.
    public var blockedPatience = TimeSpan.seconds(10)
    /// What was used or brought so lately is not evicted to fetch what was only wished for: it is
    /// about as likely to be needed, and several wishes would evict each other's packages in turn.
    public var sparedAfterUse = TimeSpan.seconds(600)
    /// Transfers at a time that nobody waits for. More would be done no sooner, would take places that
    /// judgings' transfers could have, and each has threads and buffers of its own.
    public var wishTransfers = 2
    public init(slots: Int, prefetch: Int) {
      self.slots = slots
      self.prefetch = prefetch
    }
  }

  struct Held {
    enum Phase {
      /// Not even the beginning of its package is here. Next: ready, finished (fetch failed), gone
      /// (cancelled).
      case fetching
      /// The cache is to be asked at the end of the round, or was and is full of packages in use. Next:
      /// fetching, ready, gone.
      case blocked(since: Instant)
      /// Next: running, finished (the rest of its package does not come), gone.
      case ready
      /// Next: finished, gone.
      case running(slot: Int)
      /// Told to stop, has not stopped yet. Next: gone, or ready when it was granted anew meanwhile.
      case stopping(slot: Int, isGrantedAnew: Bool)
      /// Not sent in this session when `sentAt` is nil. Next: gone.
      case finished(Outcome, sentAt: Instant?)
    }
    var order: GrantOrder
    var phase: Phase
    /// Order of arrival, over sessions.
    var arrival: UInt64
    let arrivedAt: Instant
    /// When it was last given a slot.
    var startedAt: Instant?
    var unreported: [Run] = []
    /// What the slot said last, while it runs.
    var shared: [Int32] = []
    var remaining: RemainingWork?
    var isPinned = false
  }

  enum Outcome: Hashable {
    case judged(JudgingResult)
    case returned(ReturnReason)
  }

  let settings: Settings
  public internal(set) var cache: PackageCache
  var held: [JudgingID: Held] = [:]
  struct Wish {
    var order: WarmOrder
    /// Order of arrival.
    var arrival: UInt64
    /// Its turn has not come. Next: on its way, gone.
    var isWaiting = true
  }

  /// Packages that were wished for and are not here yet, whoever else waits for them.
  var wishes: [Digest: Wish] = [:]
  /// Transfers that nobody waits for and that were told to stop.
  var stopping: Set<Digest> = []
  /// When each package was last granted, judged with or brought; nothing older than what is spared,
  /// give or take.
  private(set) var lastUses: [Digest: Instant]
  /// What runs in each slot.
  var slots: [JudgingID?]
  var session: SessionID?
  var heartbeat = TimeSpan.seconds(2)
  var grantsSeen: UInt64 = 0
  var syncs: UInt64 = 0
  var arrivals: UInt64 = 0
  var load = LoadReport()
  var isDraining = false
  var hasLeft = false
  var nextSync: Instant?
  /// When to say hello again; nil while there is a session, or no connection.
  var nextHello: Instant?
  var nextReport: Instant?
  /// The credit or the cache changed since the last sync.
  var mustSync = false
  var cacheChanged = false

  /// - Parameter lastUses: of packages in the cache, by an earlier process too.
  public init(settings: Settings, cache: PackageCache, lastUses: [Digest: Instant] = [:]) {
    self.settings = settings
    self.cache = cache
    self.lastUses = lastUses
    slots = Array(repeating: nil, count: settings.slots)
  }

  /// When `handle(.timePassed)` is due if nothing else happens.
  public var nextDeadline: Instant? {
    [nextSync, nextReport, nextHello].compactMap { $0 }.min()
  }

  /// Takes one event. Call `settle` after the last event of a round.
  public mutating func handle(
    _ event: WorkerEvent, at now: Instant, into effects: inout [WorkerEffect]
  ) {
    switch event {
    case .connected: introduce(at: now, into: &effects)
    case .who:
      // Each message of a session that is over is answered by one; the first is enough.
      if session != nil { introduce(at: now, into: &effects) }
    case .disconnected:
      session = nil
      wishes = [:]
      nextSync = nil
      nextHello = nil
    case .welcomed(let welcome): begin(welcome, at: now)
    case .refused(let reason):
      hasLeft = true
      effects.append(.leave(reason: reason))
    case .granted(let orders):
      // Without a session it was meant for an older one, which did not survive: it is given anew.
      guard session != nil else { return }
      for order in orders { take(order, at: now, into: &effects) }
    case .cancelled(let judging, let epoch): cancel(judging, epoch, into: &effects)
    case .retracted(let judging, let epoch): retract(judging, epoch, at: now, into: &effects)
    case .shareAsked(let judging, let epoch, let parts):
      share(judging, epoch, parts: parts, into: &effects)
    case .helped(let judging, let epoch, let runs): help(judging, epoch, runs, into: &effects)
    case .unshared(let judging, let epoch, let ordinals):
      unshare(judging, epoch, ordinals, into: &effects)
    case .wished(let order): warm(order)
    case .acknowledged(let names):
      for name in names { acknowledge(name, into: &effects) }
    case .packageDescribed(let digest, let blobs): cache.describe(digest, blobs)
    case .packageStartable(let digest):
      cache.markStartable(digest)
      release(digest)
    case .packageInstalled(let digest):
      cache.complete(digest)
      wishes[digest] = nil
      stopping.remove(digest)
      noteUse(of: digest, at: now)
      cacheChanged = true
      mustSync = true
      release(digest)
    case .packageFailed(let digest, let failure, let kept):
      fail(digest, failure, kept, at: now, into: &effects)
    case .packageDamaged(let digest): repair(digest, into: &effects)
    case .ran(let judging, let run): report(run, of: judging, at: now)
    case .shared(let judging, let ordinals): noteShared(judging, ordinals)
    case .remaining(let judging, let work): noteRemaining(judging, work)
    case .judged(let slot, let judging, let result):
      end(slot, judging, .judged(result), at: now, into: &effects)
    case .stopped(let slot, let judging, let reason):
      end(slot, judging, .returned(reason), at: now, into: &effects)
    case .loadChanged(let report): load = report
    case .drain: drain(at: now, into: &effects)
    case .timePassed: break
    }
  }

  /// What follows from the events of a round: start what can start, say what is due. Once per round,
  /// so that a burst of events is answered by one `sync`.
  public mutating func settle(at now: Instant, into effects: inout [WorkerEffect]) {
    for victim in cache.trim() {
      effects.append(.evict(victim))
      cacheChanged = true
    }
    unblock(at: now, into: &effects)
    startWishes(at: now, into: &effects)
    startReady(at: now, into: &effects)
    if let due = nextHello, now >= due { introduce(at: now, into: &effects) }
    if let due = nextReport, now >= due { sendRuns(into: &effects) }
    if let due = nextSync, now >= due || mustSync {
      repeatOutcomes(at: now, into: &effects)
      synchronise(at: now, into: &effects)
    }
    if isDraining, held.isEmpty, !hasLeft {
      hasLeft = true
      if let session { effects.append(.send(.goodbye(session))) }
      effects.append(.leave(reason: nil))
    }
  }

  mutating func noteUse(of package: Digest, at now: Instant) {
    // It grows only with a new one.
    if lastUses[package] == nil { lastUses = lastUses.filter { isSpared($0.value, at: now) } }
    lastUses[package] = now
  }

  /// Packages that are not evicted for what was only wished for.
  func spared(at now: Instant) -> Set<Digest> {
    Set(lastUses.filter { isSpared($0.value, at: now) }.keys)
  }

  private func isSpared(_ use: Instant, at now: Instant) -> Bool {
    now - use < settings.sparedAfterUse
  }

  /// Leases that are not over.
  var active: Int {
    held.values.count {
      if case .finished = $0.phase { false } else { true }
    }
  }

  /// See `WorkerSync.creditLimit`.
  var creditLimit: UInt64 {
    if isDraining { return grantsSeen }
    // What was seen is a number from the network.
    let room = UInt64(max(0, settings.slots + settings.prefetch - active))
    let (sum, overflow) = grantsSeen.addingReportingOverflow(room)
    return overflow ? .max : sum
  }

  /// Whether a judging is here, in whatever phase: then its program is needed.
  public func holds(_ judging: JudgingID) -> Bool { held[judging] != nil }

  public func checkInvariants() {
    cache.checkInvariants()
    precondition(slots.count == settings.slots)
    for (slot, judging) in slots.enumerated() {
      guard let judging else { continue }
      switch held[judging]?.phase {
      case .running(slot), .stopping(slot, _): break
      default: preconditionFailure("a busy slot runs a held judging")
      }
    }
    for held in held.values {
      if case .running = held.phase { precondition(cache.isPinned(held.order.package)) }
      if case .finished = held.phase { precondition(!held.isPinned) }
    }
  }
}
