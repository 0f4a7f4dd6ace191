internal import JudgeModel
internal import Messages

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
  private var packages = PackageHolders()
  /// Sorted, for walks in a repeatable order.
  private(set) var ids: [SessionID] = []
  private(set) var skills = Numbering<Skills>()
  /// Of all sessions together.
  private(set) var slots: Int64 = 0
  /// Sorted.
  private(set) var room: [Room] = []
  /// Budgets of the sessions in `room`, each once and sorted, by the number of their skills.
  private var roomBudgets: [[Budget]] = []
  /// Skills of the sessions in `room`.
  private(set) var skillSetsWithRoom = 0
  /// Sessions that have told of leases that wait there, sorted.
  private(set) var withWaiting: [SessionID] = []
  /// Sessions that have told of leases of which something could be given away, sorted.
  private(set) var withLong: [SessionID] = []
  /// Against whom something is held that ends with time; sorted.
  private var pausing: [SessionID] = []

  subscript(id: SessionID) -> Session? { places[id].map { rows[$0] } }
  func session(of worker: WorkerID) -> Session? { byWorker[worker].flatMap { self[$0] } }
  func holders(of package: Digest) -> [SessionID] { packages[package]?.sessions ?? [] }
  var isEmpty: Bool { ids.isEmpty }

  /// As the subscript, without a copy.
  func read<Result>(_ id: SessionID, _ body: (borrowing Session) -> Result) -> Result? {
    guard let place = places[id] else { return nil }
    return body(rows[place])
  }

  /// Who holds a package, and what they could do with it; not called when nobody does.
  func readHolders(of package: Digest, _ body: (borrowing PackageHolders.Row) -> Void) {
    packages.read(package, body)
  }
  /// The package at this place of a session's `shelf`.
  func package(at place: Int) -> Digest { packages.digest(at: place) }

  /// The first that comes after this one in `room`, nil for the very first.
  func room(after last: Room?) -> Room? {
    guard let last else { return room.first }
    let at = room.firstPosition { last < $0 }
    return at < room.count ? room[at] : nil
  }

  mutating func add(_ session: Session) {
    var session = session
    session.skillSet = skills.number(session.skills)
    if session.skillSet == roomBudgets.count { roomBudgets.append([]) }
    places[session.id] = rows.count
    rows.append(session)
    byWorker[session.worker] = session.id
    Self.insert(session.id, into: &ids)
    slots += Int64(session.hello.slots)
    noteRoom(nil, Standing(session))
    for package in session.cached { addHolder(session.id, package) }
    if session.conduct.hasPauses { Self.insert(session.id, into: &pausing) }
  }

  mutating func remove(_ id: SessionID) {
    guard let place = places[id] else { return }
    for package in rows[place].shelf {
      packages.remove(id, Standing(rows[place]).offer(packages.digest(at: package)), at: package)
    }
    places[id] = nil
    let session = rows[place]
    let last = rows.removeLast()
    if last.id != id {
      rows[place] = last
      places[last.id] = place
    }
    if byWorker[session.worker] == id { byWorker[session.worker] = nil }
    Self.remove(id, from: &ids)
    Self.remove(id, from: &pausing)
    noteTold(id, ToldLeases.Kinds())
    slots -= Int64(session.hello.slots)
    noteRoom(Standing(session), nil)
  }

  mutating func modify(_ id: SessionID, _ change: (inout Session) -> Void) {
    guard let place = places[id] else { return }
    let before = Standing(rows[place])
    let told = rows[place].told.kinds
    change(&rows[place])
    if told != rows[place].told.kinds { noteTold(id, rows[place].told.kinds) }
    let after = Standing(rows[place])
    guard before != after else { return }
    if before.room != after.room || before.budgetBytes != after.budgetBytes {
      noteRoom(before, after)
    }
    if before.isLikeForHolders(after) { return }
    for shelf in rows[place].shelf {
      let package = packages.digest(at: shelf)
      packages.change(before.offer(package), to: after.offer(package), at: shelf)
    }
    if rows[place].conduct.hasPauses { Self.insert(id, into: &pausing) }
  }

  private mutating func noteTold(_ id: SessionID, _ kinds: ToldLeases.Kinds) {
    if kinds.hasWaiting { Self.insert(id, into: &withWaiting) }
    if !kinds.hasWaiting { Self.remove(id, from: &withWaiting) }
    if kinds.hasLong { Self.insert(id, into: &withLong) }
    if !kinds.hasLong { Self.remove(id, from: &withLong) }
  }

  /// Lets end what is held against workers and is over by now.
  mutating func endPauses(at now: Instant) {
    guard !pausing.isEmpty else { return }
    for id in pausing { modify(id) { $0.conduct.forgetPauses(before: now) } }
    let paused = pausing
    pausing = paused.filter { id in read(id) { $0.conduct.hasPauses } == true }
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
      // The worker has one lease on a judging: whatever it was to stop of it is overtaken.
      $0.conduct.stops[judging] = nil
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
    guard let place = places[id] else { return }
    let offer = Standing(rows[place]).offer(package)
    if let shelf = packages.add(id, offer, to: package) { rows[place].shelf.append(shelf) }
  }

  private mutating func removeHolder(_ id: SessionID, _ package: Digest) {
    guard let place = places[id], let shelf = packages.place(of: package),
      let at = rows[place].shelf.firstIndex(of: shelf)
    else { return }
    rows[place].shelf.remove(at: at)
    packages.remove(id, Standing(rows[place]).offer(package), at: shelf)
  }
}

// MARK: - Who has room

extension SessionTable {
  /// Largest budget of those sessions with room that have these skills.
  func largestBudgetWithRoom(_ skillSet: Int) -> Int64 { roomBudgets[skillSet].last?.bytes ?? 0 }

  private struct Budget: Hashable, Comparable {
    var bytes: Int64
    var sessions = 0
    static func < (a: Self, b: Self) -> Bool { a.bytes < b.bytes }
  }

  /// What the lists of who has room, and of who holds what, know of a session.
  private struct Standing: Equatable {
    var room: Room
    var budgetBytes: Int64
    var skillSet: Int
    var slots: Int32
    var isServing: Bool
    var hasFreeSlot: Bool
    var avoids: [Digest: Instant]

    init(_ session: borrowing Session) {
      room = Room(free: session.free, id: session.id)
      budgetBytes = session.budgetBytes
      skillSet = session.skillSet
      slots = session.hello.slots
      isServing = session.isServing
      hasFreeSlot = session.hasFreeSlot
      avoids = session.conduct.avoids
    }

    func isLikeForHolders(_ other: Self) -> Bool {
      (room.free > 0) == (other.room.free > 0) && hasFreeSlot == other.hasFreeSlot
        && isServing == other.isServing && avoids.count == other.avoids.count
        && avoids == other.avoids
    }

    /// Nil while the worker is not given this package.
    func offer(_ package: Digest) -> PackageHolders.Offer? {
      guard isServing, avoids.isEmpty || avoids[package] == nil else { return nil }
      return PackageHolders.Offer(
        skillSet: skillSet, slots: Int64(slots), hasRoom: room.free > 0, hasFreeSlot: hasFreeSlot)
    }
  }

  private mutating func noteRoom(_ before: Standing?, _ after: Standing?) {
    if let before, before.room.free > 0 { Self.remove(before.room, from: &room) }
    if let after, after.room.free > 0 { Self.insert(after.room, into: &room) }
    // Most changes are of how much room there is.
    let (had, has) = (before.flatMap(Self.budget), after.flatMap(Self.budget))
    guard had?.set != has?.set || had?.bytes != has?.bytes else { return }
    if let had { countBudget(had.bytes, of: had.set, by: -1) }
    if let has { countBudget(has.bytes, of: has.set, by: 1) }
  }

  /// Nil without room.
  private static func budget(_ standing: Standing) -> (set: Int, bytes: Int64)? {
    standing.room.free > 0 ? (standing.skillSet, standing.budgetBytes) : nil
  }

  private mutating func countBudget(_ bytes: Int64, of set: Int, by change: Int) {
    let at = roomBudgets[set].firstPosition { $0.bytes >= bytes }
    if at == roomBudgets[set].count || roomBudgets[set][at].bytes != bytes {
      if roomBudgets[set].isEmpty { skillSetsWithRoom += 1 }
      roomBudgets[set].insert(Budget(bytes: bytes), at: at)
    }
    roomBudgets[set][at].sessions += change
    if roomBudgets[set][at].sessions == 0 {
      roomBudgets[set].remove(at: at)
      if roomBudgets[set].isEmpty { skillSetsWithRoom -= 1 }
    }
  }

  private static func insert<Value: Comparable>(_ value: Value, into list: inout [Value]) {
    let at = list.firstPosition { $0 >= value }
    if at == list.count || list[at] != value { list.insert(value, at: at) }
  }
  private static func remove<Value: Comparable>(_ value: Value, from list: inout [Value]) {
    let at = list.firstPosition { $0 >= value }
    if at < list.count, list[at] == value { list.remove(at: at) }
  }
}

// MARK: - Checks

extension SessionTable {
  func checkInvariants() {
    precondition(ids == places.keys.sorted(), "ids lists every session in order")
    precondition(rows.allSatisfy { places[$0.id].map { rows[$0].id } == $0.id })
    precondition(
      room == rows.filter { $0.free > 0 }.map { Room(free: $0.free, id: $0.id) }.sorted(),
      "room lists everyone with unused credit")
    for (set, budgets) in roomBudgets.enumerated() {
      precondition(
        budgets.flatMap { Array(repeating: $0.bytes, count: $0.sessions) }
          == rows.filter { $0.free > 0 && $0.skillSet == set }.map(\.budgetBytes).sorted(),
        "every budget with room is listed")
    }
    precondition(withLong == rows.filter { $0.told.kinds.hasLong }.map(\.id).sorted())
    precondition(
      withWaiting == rows.filter { $0.told.kinds.hasWaiting }.map(\.id).sorted(),
      "everyone with waiting leases is listed")
    precondition(skillSetsWithRoom == roomBudgets.count { !$0.isEmpty })
    precondition(slots == rows.reduce(0) { $0 + Int64($1.hello.slots) })
    precondition(pausing.allSatisfy { places[$0] != nil } && pausing == pausing.sorted())
    var holding: [Digest: [SessionID: PackageHolders.Offer?]] = [:]
    for session in rows {
      precondition(skills[session.skillSet] == session.skills)
      precondition(!session.conduct.hasPauses || pausing.contains(session.id))
      precondition(
        session.fetching.values.reduce(0, +) == session.leases.count,
        "every lease is counted at its package")
      precondition(
        session.cached.isDisjoint(with: session.wishes.keys), "a wish ends when it is here")
      let held = session.cached.union(session.fetching.keys).union(session.wishes.keys)
      precondition(
        session.shelf.map { packages.digest(at: $0) }.sorted() == held.sorted(),
        "its shelf lists what it holds")
      for package in held {
        holding[package, default: [:]][session.id] = Standing(session).offer(package)
      }
    }
    packages.checkInvariants(holding)
  }
}
