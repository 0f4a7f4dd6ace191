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
  /// Number of the set of languages among all sets there are.
  var languageSet = 0
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
  /// Packages that it was asked to warm and that are neither here nor given up.
  var wishes: [Digest: Wish] = [:]
  /// Packages that it did not warm: why, and until when it is not asked again.
  var refusals: [Digest: (reason: String, until: Instant)] = [:]
  var judged: Int64 = 0
  /// What its last sync told of its leases.
  var told = ToldLeases()

  struct Wish: Hashable {
    var unpackedBytes: Int64
    var sentAt: Instant
  }

  var free: UInt64 { creditLimit > granted ? creditLimit - granted : 0 }

  /// Slots that nothing is meant for, as far as its credit reaches.
  var idleSlots: Int {
    max(0, min(Int(clamping: free), Int(hello.slots) - leases.count))
  }

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

  func isSuspect(at now: Instant, _ policy: SchedulerPolicy) -> Bool {
    now - lastSeen > policy.suspectAfter
  }
}

/// All sessions, who has room, and who holds which package.
struct SessionTable {
  /// A session with unused credit.
  struct Room: Hashable, Comparable {
    var free: UInt64
    var id: SessionID
    /// Most room first.
    static func < (a: Self, b: Self) -> Bool { (b.free, a.id) < (a.free, b.id) }
  }

  /// In no order; `places` finds them. Changed in place, never taken out.
  private var rows: [Session] = []
  private var places: [SessionID: Int] = [:]
  private var byWorker: [WorkerID: SessionID] = [:]
  /// Sessions that hold or are fetching a package, sorted.
  private var holders: [Digest: [SessionID]] = [:]
  /// Sorted, for walks in a repeatable order.
  private(set) var ids: [SessionID] = []
  /// Sets of languages that workers have had, numbered.
  private var numbers: [Set<LanguageID>: Int] = [:]
  /// Sorted.
  private(set) var room: [Room] = []
  /// Sessions that have told of leases that wait there, sorted.
  private(set) var withWaiting: [SessionID] = []
  /// Sessions that have told of leases of which something could be given away, sorted.
  private(set) var withLong: [SessionID] = []
  /// Budgets of the sessions in `room`, each once and sorted, by the number of their set of languages.
  private var roomBudgets: [[Budget]] = []
  /// Sets of languages of the sessions in `room`.
  private(set) var languageSetsWithRoom = 0

  subscript(id: SessionID) -> Session? { places[id].map { rows[$0] } }
  func session(of worker: WorkerID) -> Session? { byWorker[worker].flatMap { self[$0] } }
  func holders(of package: Digest) -> [SessionID] { holders[package] ?? [] }
  var isEmpty: Bool { ids.isEmpty }

  /// As the subscript, without a copy.
  func read<Result>(_ id: SessionID, _ body: (borrowing Session) -> Result) -> Result? {
    guard let place = places[id] else { return nil }
    return body(rows[place])
  }

  mutating func add(_ session: Session) {
    var session = session
    session.languageSet = numbers[session.languages] ?? numbers.count
    numbers[session.languages] = session.languageSet
    if session.languageSet == roomBudgets.count { roomBudgets.append([]) }
    places[session.id] = rows.count
    rows.append(session)
    byWorker[session.worker] = session.id
    Self.insert(session.id, into: &ids)
    noteRoom(nil, Self.place(of: session))
    for package in session.cached { addHolder(session.id, package) }
  }

  mutating func remove(_ id: SessionID) {
    guard let place = places.removeValue(forKey: id) else { return }
    let session = rows[place]
    let last = rows.removeLast()
    if last.id != id {
      rows[place] = last
      places[last.id] = place
    }
    if byWorker[session.worker] == id { byWorker[session.worker] = nil }
    Self.remove(id, from: &ids)
    noteRoom(Self.place(of: session), nil)
    noteTold(id, ToldLeases.Kinds())
    for package in session.cached { removeHolder(id, package) }
    for package in session.fetching.keys { removeHolder(id, package) }
    for package in session.wishes.keys { removeHolder(id, package) }
  }

  mutating func modify(_ id: SessionID, _ change: (inout Session) -> Void) {
    guard let place = places[id] else { return }
    let before = Self.place(of: rows[place])
    let told = rows[place].told.kinds
    change(&rows[place])
    if told != rows[place].told.kinds { noteTold(id, rows[place].told.kinds) }
    let after = Self.place(of: rows[place])
    if before != after { noteRoom(before, after) }
  }

  private mutating func noteTold(_ id: SessionID, _ kinds: ToldLeases.Kinds) {
    if kinds.hasWaiting { Self.insert(id, into: &withWaiting) }
    if !kinds.hasWaiting { Self.remove(id, from: &withWaiting) }
    if kinds.hasLong { Self.insert(id, into: &withLong) }
    if !kinds.hasLong { Self.remove(id, from: &withLong) }
  }

  /// Largest budget of those sessions with room that have this set of languages.
  func largestBudgetWithRoom(_ languageSet: Int) -> Int64 {
    roomBudgets[languageSet].last?.bytes ?? 0
  }

  private struct Budget: Hashable, Comparable {
    var bytes: Int64
    var sessions = 0
    static func < (a: Self, b: Self) -> Bool { a.bytes < b.bytes }
  }

  /// What the lists of who has room know of a session.
  private struct Place: Hashable {
    var room: Room
    var languageSet: Int
    var budgetBytes: Int64
  }

  private static func place(of session: borrowing Session) -> Place {
    Place(
      room: Room(free: session.free, id: session.id), languageSet: session.languageSet,
      budgetBytes: session.budgetBytes)
  }

  private mutating func noteRoom(_ before: Place?, _ after: Place?) {
    if let before, before.room.free > 0 { Self.remove(before.room, from: &room) }
    if let after, after.room.free > 0 { Self.insert(after.room, into: &room) }
    // Most changes are of how much room there is.
    let (had, has) = (before.flatMap(Self.budget), after.flatMap(Self.budget))
    guard had?.set != has?.set || had?.bytes != has?.bytes else { return }
    if let had { countBudget(had.bytes, of: had.set, by: -1) }
    if let has { countBudget(has.bytes, of: has.set, by: 1) }
  }

  /// Nil without room.
  private static func budget(_ place: Place) -> (set: Int, bytes: Int64)? {
    place.room.free > 0 ? (place.languageSet, place.budgetBytes) : nil
  }

  private mutating func countBudget(_ bytes: Int64, of set: Int, by change: Int) {
    let at = Self.position(of: Budget(bytes: bytes), in: roomBudgets[set])
    if at == roomBudgets[set].count || roomBudgets[set][at].bytes != bytes {
      if roomBudgets[set].isEmpty { languageSetsWithRoom += 1 }
      roomBudgets[set].insert(Budget(bytes: bytes), at: at)
    }
    roomBudgets[set][at].sessions += change
    if roomBudgets[set][at].sessions == 0 {
      roomBudgets[set].remove(at: at)
      if roomBudgets[set].isEmpty { languageSetsWithRoom -= 1 }
    }
  }

  mutating func replaceCache(_ id: SessionID, with report: CacheReport) {
    guard let session = self[id] else { return }
    let packages = Set(report.packages)
    for gone in session.cached.subtracting(packages) where !session.isFetching(gone) {
      removeHolder(id, gone)
    }
    for new in packages.subtracting(session.cached) { addHolder(id, new) }
    modify(id) {
      $0.cache = report
      $0.cached = packages
      $0.wishes = $0.wishes.filter { !packages.contains($0.key) }
    }
  }

  mutating func addLease(_ id: SessionID, _ judging: JudgingID, package: Digest, grant: UInt64) {
    guard places[id] != nil else { return }
    addHolder(id, package)
    modify(id) {
      $0.leases[judging] = grant
      $0.fetching[package, default: 0] += 1
    }
  }

  mutating func removeLease(_ id: SessionID, _ judging: JudgingID, package: Digest) {
    let count = read(id) { $0.leases[judging] == nil ? nil : $0.fetching[package] }
    guard case .some(.some(let count)) = count else { return }
    modify(id) {
      $0.leases[judging] = nil
      $0.fetching[package] = count > 1 ? count - 1 : nil
    }
    removeUnlessHeld(id, package)
  }

  mutating func addWish(_ id: SessionID, _ package: Digest, _ wish: Session.Wish) {
    guard places[id] != nil else { return }
    addHolder(id, package)
    modify(id) { $0.wishes[package] = wish }
  }

  mutating func removeWish(_ id: SessionID, _ package: Digest) {
    modify(id) { $0.wishes[package] = nil }
    removeUnlessHeld(id, package)
  }

  private mutating func removeUnlessHeld(_ id: SessionID, _ package: Digest) {
    if read(id, { $0.holds(package) }) != true { removeHolder(id, package) }
  }

  private mutating func addHolder(_ id: SessionID, _ package: Digest) {
    Self.insert(id, into: &holders[package, default: []])
  }
  private mutating func removeHolder(_ id: SessionID, _ package: Digest) {
    guard var list = holders.removeValue(forKey: package) else { return }
    Self.remove(id, from: &list)
    if !list.isEmpty { holders[package] = list }
  }
  private static func insert<Value: Comparable>(_ value: Value, into list: inout [Value]) {
    let at = position(of: value, in: list)
    if at == list.count || list[at] != value { list.insert(value, at: at) }
  }
  private static func remove<Value: Comparable>(_ value: Value, from list: inout [Value]) {
    let at = position(of: value, in: list)
    if at < list.count, list[at] == value { list.remove(at: at) }
  }
  private static func position<Value: Comparable>(of value: Value, in list: [Value]) -> Int {
    var low = 0
    var high = list.count
    while low < high {
      let middle = (low + high) / 2
      if list[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func checkInvariants() {
    precondition(ids == places.keys.sorted(), "ids lists every session in order")
    precondition(rows.allSatisfy { places[$0.id].map { rows[$0].id } == $0.id })
    precondition(
      room == rows.filter { $0.free > 0 }.map { Room(free: $0.free, id: $0.id) }.sorted(),
      "room lists everyone with unused credit")
    for (set, budgets) in roomBudgets.enumerated() {
      precondition(
        budgets.flatMap { Array(repeating: $0.bytes, count: $0.sessions) }
          == rows.filter { $0.free > 0 && $0.languageSet == set }.map(\.budgetBytes).sorted(),
        "every budget with room is listed")
    }
    precondition(withLong == rows.filter { $0.told.kinds.hasLong }.map(\.id).sorted())
    precondition(
      withWaiting == rows.filter { $0.told.kinds.hasWaiting }.map(\.id).sorted(),
      "everyone with waiting leases is listed")
    precondition(languageSetsWithRoom == roomBudgets.count { !$0.isEmpty })
    for session in rows {
      let id = session.id
      precondition(
        session.fetching.values.reduce(0, +) == session.leases.count,
        "every lease is counted at its package")
      for package in session.cached { precondition(holders(of: package).contains(id)) }
      for package in session.fetching.keys { precondition(holders(of: package).contains(id)) }
      for package in session.wishes.keys { precondition(holders(of: package).contains(id)) }
      precondition(
        session.cached.isDisjoint(with: session.wishes.keys), "a wish ends when it is here")
    }
    for (package, list) in holders {
      precondition(!list.isEmpty && list == list.sorted())
      for id in list {
        precondition(self[id]?.holds(package) == true, "a holder holds")
      }
    }
  }
}
