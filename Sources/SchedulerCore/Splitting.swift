internal import JudgeModel
internal import Messages

/// Which judgings are split, and for how long their parts may have a slot. `Parts.swift` says what
/// becomes of them.
extension Scheduler {
  private static let ownersAtATime = 32
  private static let judgingsAtATime = 64
  private static let partsAtATime = 64
  private static let kindsAtATime = 16

  /// After the pass that hands out what waits, and after what could be stolen.
  mutating func split(at now: Instant, into effects: inout [SchedulerEffect]) {
    effects += splitting.farewells
    splitting.farewells = []
    makeRoom(at: now, into: &effects)
    placeOffers(at: now, into: &effects)
    lookForSplits(at: now, into: &effects)
  }

  // MARK: What to split

  /// Asks owners of long judgings to share, as far as slots are idle that have the package.
  private mutating func lookForSplits(at now: Instant, into effects: inout [SchedulerEffect]) {
    guard policy.splits, now >= splitting.nextLook, !sessions.withLong.isEmpty,
      !sessions.room.isEmpty,
      // What waits for its time may want the idle slots in a moment.
      queue.count == 0 || coldDeadline == nil
    else { return }
    splitting.nextLook = now + policy.stealPause
    stealing.expire(at: now)
    let owners = nextInTurn(
      sessions.withLong, after: splitting.lastOwner, atMost: Self.ownersAtATime)
    var looked = 0
    for owner in owners where looked < Self.judgingsAtATime {
      splitting.lastOwner = owner
      guard let told = sessions.read(owner, { $0.hello.takesParts ? $0.told.long : [] }) else {
        continue
      }
      looked += told.count
      for (judging, work) in told { ask(owner, judging, work, at: now, into: &effects) }
    }
  }

  private mutating func ask(
    _ owner: SessionID, _ id: JudgingID, _ work: RemainingWork, at now: Instant,
    into effects: inout [SchedulerEffect]
  ) {
    guard let judging = judgings[id], case .leased(let lease) = judging.phase,
      lease.session == owner, now - lease.grantedAt >= policy.splitAfter
    else { return }
    var underWay = 0
    if let split = splitting.splits[id] {
      guard now - split.askedAt > policy.resendAfter else { return }
      underWay = split.parts.count
    }
    // With so many parts each is still worth its compilation.
    let worth = work.time.nanoseconds / max(1, policy.partCost.nanoseconds) - 1
    let most = min(worth, Int64(work.testcases), Int64(policy.partsPerJudging - underWay))
    let helpers = helpers(for: judging.order, atMost: Int(max(0, most)), now: now)
    guard !helpers.isEmpty else { return }
    for helper in helpers { stealing.reserve(at: helper, until: now + policy.resendAfter) }
    var split = splitting.splits[id] ?? Split(session: owner, epoch: lease.epoch, askedAt: now)
    split.askedAt = now
    for session in split.reserved { stealing.release(at: session) }
    split.reserved = helpers
    splitting.splits[id] = split
    effects.append(.send(owner, .share(id, lease.epoch, parts: Int32(helpers.count))))
  }

  /// Idle slots of workers that have the package, one each as long as there are others.
  /// - Returns: sessions, one with several idle slots perhaps more than once.
  private func helpers(
    for order: JudgingOrder, atMost count: Int, now: Instant
  ) -> [SessionID] {
    guard count > 0 else { return [] }
    let warm = someWarm(order.package).filter { id in
      sessions.read(id) { $0.hello.takesParts } ?? false
    }
    var found: [SessionID] = []
    var turn = 0
    while found.count < count {
      let before = found.count
      for id in warm where found.count < count {
        let spoken = stealing.reserved(at: id) + turn
        if canBegin(order, at: id, besides: spoken, now: now) { found.append(id) }
      }
      if found.count == before { break }
      turn += 1
    }
    return found
  }

  // MARK: Who helps

  private mutating func placeOffers(at now: Instant, into effects: inout [SchedulerEffect]) {
    guard !splitting.offers.isEmpty else { return }
    let offers = splitting.offers.sorted()
    splitting.offers = []
    for id in offers {
      let ordinals = unplaced(id)
      guard !ordinals.isEmpty, let split = splitting.splits[id], let order = judgings[id]?.order
      else { continue }
      // This is what they were kept free for.
      for session in split.reserved { stealing.release(at: session) }
      splitting.splits[id]?.reserved = []
      let most = min(policy.partsPerJudging - split.parts.count, ordinals.count)
      let helpers = policy.splits ? helpers(for: order, atMost: most, now: now) : []
      // What was meant for a slot that is not idle any more is the owner's again, or others had too much.
      let hands = max(helpers.count, split.reserved.count, 1)
      // Like cards: later testcases are often larger, and those that come first are done first.
      let deal = { (place: Int) in
        stride(from: place, to: ordinals.count, by: hands).map { ordinals[$0] }
      }
      for (place, helper) in helpers.enumerated() {
        grantPart(deal(place), of: id, to: helper, at: now, into: &effects)
      }
      let left = (helpers.count..<hands).flatMap(deal).sorted()
      refuse(left, of: id, at: now, into: &effects)
    }
  }

  // MARK: Making room

  /// Ends parts where their slots are wanted by whole judgings, youngest first: those cannot do without,
  /// and a part's owner can.
  private mutating func makeRoom(at now: Instant, into effects: inout [SchedulerEffect]) {
    guard !splitting.parts.isEmpty else { return }
    if !splitting.yielding.isEmpty {
      splitting.yielding = splitting.yielding.filter { $0.value > now }
    }
    var missing = queue.count - splitting.yielding.count
    for id in splitting.order.suffix(Self.partsAtATime).reversed() {
      guard let session = splitting.parts[id]?.session else { continue }
      if isCrowded(session) {
        endPart(id, at: now, cancels: true, into: &effects)
      } else if missing > 0, isWanted(session, at: now) {
        endPart(id, at: now, cancels: true, into: &effects)
        splitting.yielding[id] = now + policy.reservationSpan
        missing -= 1
      }
    }
  }

  /// A judging waits there while a part has a slot.
  private func isCrowded(_ id: SessionID) -> Bool {
    sessions.read(id) { session in
      guard session.leases.count > Int(session.hello.slots) else { return false }
      for judging in session.told.waiting where session.leases[judging] != nil { return true }
      return false
    } ?? false
  }

  /// Something that waits here would go there.
  private func isWanted(_ id: SessionID, at now: Instant) -> Bool {
    sessions.read(id) { session in
      guard !session.draining else { return false }
      for place in queue.everyPlace.prefix(Self.kindsAtATime) where isAble(session.skillSet, place)
      {
        let (package, bytes) = queue.read(place) { ($0.kind.package, $0.unpackedBytes) }
        guard session.conduct.pause(for: package, at: now) == nil else { continue }
        if session.holds(package) { return true }
        if coldDeadline == nil, session.canHold(bytes) { return true }
      }
      return false
    } ?? false
  }
}
