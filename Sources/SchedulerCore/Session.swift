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

  var isWorthKeeping: Bool { isDraining || faultsInARow > 0 }

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
  /// Leases per package that is not cached here yet: those packages are being fetched.
  var fetching: [Digest: Int] = [:]
  /// Packages that it was asked to warm and that are neither here nor given up.
  var wishes: [Digest: Wish] = [:]
  /// Packages that it did not warm: why, and until when it is not asked again.
  var refusals: [Digest: (reason: String, until: Instant)] = [:]
  var judged: Int64 = 0
  /// Where the packages stand that it holds, in the list of holders; the table's own.
  var shelf: [Int] = []

  struct Wish: Hashable {
    var unpackedBytes: Int64
    var sentAt: Instant
  }

  var free: UInt64 { creditLimit > granted ? creditLimit - granted : 0 }

  var draining: Bool { conduct.isDraining }

  /// Of its whole cache. A worker that does not say is taken to have room for everything; it gives
  /// back what is too large.
  var budgetBytes: Int64 { cache.budgetBytes > 0 ? cache.budgetBytes : .max }
  /// Whether a package of so many unpacked bytes could ever be fetched here: what the worker's cache
  /// asks, too, before it fetches one that it does not know.
  func canHold(_ unpackedBytes: Int64) -> Bool { unpackedBytes <= budgetBytes }

  /// For a judging, or because it was asked to.
  func isFetching(_ package: Digest) -> Bool {
    fetching[package] != nil || wishes[package] != nil
  }
  func holds(_ package: Digest) -> Bool { warmth(of: package) != nil }
  func warmth(of package: Digest) -> Rank.Warmth? {
    if cached.contains(package) { return .here }
    return isFetching(package) ? .arriving : nil
  }

  /// Whether it gets work at all.
  var isServing: Bool { !draining && !isSilent && conduct.restsUntil == nil }

  func isSuspect(at now: Instant, _ policy: SchedulerPolicy) -> Bool {
    now - lastSeen > policy.suspectAfter
  }
}
