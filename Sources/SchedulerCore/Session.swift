internal import JudgeModel
internal import Messages

/// What is held against a worker. Belongs to the process, so it outlives a broken connection.
struct Conduct {
  /// Somebody asked for it, or the worker is leaving.
  var isDraining = false
  var faultsInARow = 0
  /// Not to be given these packages before these times.
  var avoids: [Digest: Instant] = [:]
  /// Not to be given anything before this time.
  var restsUntil: Instant?
  /// What it was told to stop and did not confirm, see `Stop`.
  var stops: [JudgingID: Stop] = [:]
  /// It has not stopped in time what it was told to stop.
  var isStuck: Bool { !stops.isEmpty && stops.values.contains { $0.isOverdue } }

  var isWorthKeeping: Bool { isDraining || faultsInARow > 0 || !stops.isEmpty }

  /// Whether anything is held against it that ends with time.
  var hasPauses: Bool { restsUntil != nil || !avoids.isEmpty }

  mutating func forgetPauses(before now: Instant) {
    if let until = restsUntil, until <= now { restsUntil = nil }
    avoids = avoids.filter { $0.value > now }
  }

  mutating func noteFault(with package: Digest, at now: Instant, _ policy: SchedulerPolicy) {
    faultsInARow += 1
    forgetPauses(before: now)
    avoids[package] = now + policy.faultPause
    if faultsInARow >= policy.faultsUntilRest { restsUntil = now + policy.faultPause }
  }

  /// When this worker may be given the package, if not now.
  func pause(for package: Digest, at now: Instant) -> Instant? {
    let until = [restsUntil, avoids[package]].compactMap { $0 }.max()
    return until.flatMap { $0 > now ? $0 : nil }
  }
}

/// One registered worker as the scheduler sees it.
struct Session {
  let id: SessionID
  let worker: WorkerID
  let instance: UInt64
  var hello: WorkerHello
  let skills: Skills
  /// Number of the skills among all that workers have had.
  var skillSet = 0
  var cache: CacheReport
  var cached: Set<Digest>
  var load: LoadReport
  var lastSeen: Instant
  var probed = false
  /// Silent for so long that it gets nothing and nobody waits for it; as of the last look at the clock.
  var isSilent = false
  var conduct: Conduct
  /// Absolute, from the worker; see `WorkerSync.creditLimit`.
  var creditLimit: UInt64
  /// Judgings granted in this session; never above `creditLimit`.
  var granted: UInt64 = 0
  var lastGrant: UInt64 = 0
  /// What it holds, with the number of the grant that brought it (0: adopted).
  var leases: [JudgingID: UInt64] = [:]
  /// Leases per package. Those packages that are not cached here are being fetched.
  var fetching: [Digest: Int] = [:]
  /// Packages that it was asked to warm and that are neither here nor given up.
  var wishes: [Digest: Wish] = [:]
  /// Packages that it did not warm: why, and until when it is not asked again.
  var refusals: [Digest: (reason: String, until: Instant)] = [:]
  var judged: Int64 = 0
  /// What its last sync told of its leases.
  var told = ToldLeases()
  /// What it fetches for judgings; nil while it fetches nothing.
  private(set) var link: Link?
  /// Bytes per second of its transfers up to now; nil before the first.
  private(set) var fetchRate: Int64?
  /// Where the packages stand that it holds, in the list of holders; the table's own.
  var shelf: [Int] = []

  struct Link {
    var began: Instant
    var bytes: Int64 = 0
    /// When all of it should be here.
    var freeAt: Instant
  }

  struct Wish: Hashable {
    var unpackedBytes: Int64
    var sentAt: Instant
  }

  var free: UInt64 { creditLimit > granted ? creditLimit - granted : 0 }

  /// Slots that nothing is meant for, as far as its credit reaches.
  var idleSlots: Int {
    max(0, min(Int(clamping: free), Int(hello.slots) - leases.count))
  }

  /// Gets nothing new.
  var draining: Bool { conduct.isDraining || conduct.isStuck }

  /// Of its whole cache. A worker that does not say is taken to have room for everything; it gives
  /// back what is too large.
  var budgetBytes: Int64 { cache.budgetBytes > 0 ? cache.budgetBytes : .max }
  /// Whether a package of so many unpacked bytes could ever be fetched here: what the worker's cache
  /// asks, too, before it fetches one that it does not know.
  func canHold(_ unpackedBytes: Int64) -> Bool { unpackedBytes <= budgetBytes }

  func tooSmallText(for unpackedBytes: Int64) -> String {
    "its cache budget of \(sizeText(budgetBytes, rounded: .down)) is less than the "
      + "\(sizeText(unpackedBytes, rounded: .up)) of the package"
  }

  /// For a judging, or because it was asked to.
  func isFetching(_ package: Digest) -> Bool {
    fetching[package] != nil || wishes[package] != nil
  }
  func holds(_ package: Digest) -> Bool { warmth(of: package) != nil }
  /// Something is on its way to it.
  var isTransferring: Bool { !wishes.isEmpty || fetching.keys.contains { !cached.contains($0) } }
  /// It could begin with a judging at once; otherwise it only holds it until a slot is free.
  var hasFreeSlot: Bool { idleSlots > 0 }
  func warmth(of package: Digest) -> Rank.Warmth? {
    if cached.contains(package) { return .here }
    return isFetching(package) ? .arriving : nil
  }

  /// How long it would take until this worker had so many bytes more.
  func fetchEstimate(_ bytes: Int64, at now: Instant, _ policy: SchedulerPolicy) -> TimeSpan {
    let rate = max(1_000_000, fetchRate ?? policy.assumedFetchRate)
    let busy = link.map { max(.zero, $0.freeAt - now) } ?? .zero
    return busy + TimeSpan.microseconds(bytes / (rate / 1_000_000))
  }

  mutating func beginTransfer(_ bytes: Int64, at now: Instant, _ policy: SchedulerPolicy) {
    let end = now + fetchEstimate(bytes, at: now, policy)
    var link = link ?? Link(began: now, freeAt: now)
    link.bytes += bytes
    link.freeAt = end
    self.link = link
  }

  /// Learns from what has come, once nothing more is on its way. Includes what shares the link, and
  /// counts what need not travel as having travelled, since it need not the next time either.
  mutating func endTransfers(at now: Instant) {
    guard let link, !isTransferring else { return }
    self.link = nil
    let microseconds = max(1, (now - link.began).nanoseconds / 1_000)
    let rate = min(link.bytes / microseconds, 10_000) * 1_000_000
    fetchRate = fetchRate.map { $0 + (rate - $0) / 4 } ?? rate
  }

  /// Whether it gets work at all.
  var isServing: Bool { !draining && !isSilent && conduct.restsUntil == nil }

  func isSuspect(at now: Instant, _ policy: SchedulerPolicy) -> Bool {
    now - lastSeen > policy.suspectAfter
  }
}
