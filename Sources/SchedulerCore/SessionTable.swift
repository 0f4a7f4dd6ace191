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

  mutating func noteFault(with package: Digest, at now: Instant, _ policy: SchedulerPolicy) {
    faultsInARow += 1
    avoids = avoids.filter { $0.value > now }
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
  let languages: Set<LanguageID>
  var cache: CacheReport
  var cached: Set<Digest>
  var load: LoadReport
  var lastSeen: Instant
  var probed = false
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
  var judged: Int64 = 0

  var free: UInt64 { creditLimit > granted ? creditLimit - granted : 0 }

  var draining: Bool { conduct.isDraining }

  func isSuspect(at now: Instant, _ policy: SchedulerPolicy) -> Bool {
    now - lastSeen > policy.suspectAfter
  }
}

/// All sessions, and who holds which package.
struct SessionTable {
  private(set) var byID: [SessionID: Session] = [:]
  private var byWorker: [WorkerID: SessionID] = [:]
  /// Sessions that hold or are fetching a package, sorted.
  private var holders: [Digest: [SessionID]] = [:]
  /// Sorted, for walks in a repeatable order.
  private(set) var ids: [SessionID] = []

  subscript(id: SessionID) -> Session? { byID[id] }
  func session(of worker: WorkerID) -> Session? { byWorker[worker].flatMap { byID[$0] } }
  func holders(of package: Digest) -> [SessionID] { holders[package] ?? [] }
  var isEmpty: Bool { ids.isEmpty }

  mutating func add(_ session: Session) {
    byID[session.id] = session
    byWorker[session.worker] = session.id
    Self.insert(session.id, into: &ids)
    for package in session.cached { addHolder(session.id, package) }
  }

  mutating func remove(_ id: SessionID) {
    guard let session = byID.removeValue(forKey: id) else { return }
    if byWorker[session.worker] == id { byWorker[session.worker] = nil }
    Self.remove(id, from: &ids)
    for package in session.cached { removeHolder(id, package) }
    for package in session.fetching.keys where !session.cached.contains(package) {
      removeHolder(id, package)
    }
  }

  mutating func modify(_ id: SessionID, _ change: (inout Session) -> Void) {
    // Taken out and put back, so that its tables are changed in place.
    guard var session = byID.removeValue(forKey: id) else { return }
    change(&session)
    byID[id] = session
  }

  mutating func replaceCache(_ id: SessionID, with report: CacheReport) {
    guard let session = byID[id] else { return }
    let packages = Set(report.packages)
    for gone in session.cached.subtracting(packages) where session.fetching[gone] == nil {
      removeHolder(id, gone)
    }
    for new in packages.subtracting(session.cached) where session.fetching[new] == nil {
      addHolder(id, new)
    }
    modify(id) {
      $0.cache = report
      $0.cached = packages
    }
  }

  mutating func addLease(_ id: SessionID, _ judging: JudgingID, package: Digest, grant: UInt64) {
    guard let session = byID[id] else { return }
    if !session.cached.contains(package), session.fetching[package] == nil {
      addHolder(id, package)
    }
    modify(id) {
      $0.leases[judging] = grant
      $0.fetching[package, default: 0] += 1
    }
  }

  mutating func removeLease(_ id: SessionID, _ judging: JudgingID, package: Digest) {
    guard let session = byID[id], session.leases[judging] != nil else { return }
    let last = session.fetching[package] == 1
    modify(id) {
      $0.leases[judging] = nil
      if last { $0.fetching[package] = nil } else { $0.fetching[package]? -= 1 }
    }
    if last, !session.cached.contains(package) { removeHolder(id, package) }
  }

  private mutating func addHolder(_ id: SessionID, _ package: Digest) {
    Self.insert(id, into: &holders[package, default: []])
  }
  private mutating func removeHolder(_ id: SessionID, _ package: Digest) {
    guard var list = holders.removeValue(forKey: package) else { return }
    Self.remove(id, from: &list)
    if !list.isEmpty { holders[package] = list }
  }
  private static func insert(_ id: SessionID, into list: inout [SessionID]) {
    let at = list.firstIndex { $0 >= id } ?? list.count
    if at == list.count || list[at] != id { list.insert(id, at: at) }
  }
  private static func remove(_ id: SessionID, from list: inout [SessionID]) {
    if let at = list.firstIndex(of: id) { list.remove(at: at) }
  }

  func checkInvariants() {
    precondition(ids == byID.keys.sorted(), "ids lists every session in order")
    for id in ids {
      guard let session = byID[id] else { continue }
      precondition(
        session.fetching.values.reduce(0, +) == session.leases.count,
        "every lease is counted at its package")
      for package in session.cached { precondition(holders(of: package).contains(id)) }
      for package in session.fetching.keys { precondition(holders(of: package).contains(id)) }
    }
    for (package, list) in holders {
      precondition(!list.isEmpty && list == list.sorted())
      for id in list {
        let session = byID[id]
        let holds = session?.cached.contains(package) ?? false
        precondition(holds || session?.fetching[package] != nil, "a holder holds")
      }
    }
  }
}
