internal import JudgeModel
internal import Messages

// Work that waits at a worker while another one is idle is taken back.
//
// # Theory of operation
//
// Workers hold a little more than they have slots for, and leases whose package is on its way. When
// nothing is left that an idle worker could be given, such a lease is *retracted*: the worker that has it
// is asked to give it back, and does unless it has begun. Only then is it given to the idle worker that
// it was meant for, under a new epoch as always. So nothing runs twice, and a message that is lost costs
// nothing but time.
//
// Which leases wait is what the worker's last sync said. Nothing is searched for among all sessions:
// those that told of waiting leases are listed, and each look takes a few of them, in turn.

/// What a sync says of the leases of its worker, as far as stealing goes. Some may be over by now.
struct ToldLeases {
  /// Not begun. Parts are not listed: they are not stolen.
  var waiting: [JudgingID] = []
  /// Of which enough is left that some could be given away.
  var long: [(judging: JudgingID, work: RemainingWork)] = []

  /// In which lists the session stands.
  struct Kinds: Hashable {
    var hasWaiting = false
    var hasLong = false
  }
  var kinds: Kinds { Kinds(hasWaiting: !waiting.isEmpty, hasLong: !long.isEmpty) }

  init() {}

  /// - Parameter worth: judgings that will take no longer than this are not split.
  init(_ sync: WorkerSync, worth: TimeSpan) {
    for held in sync.held where !held.judging.isPart {
      if held.phase == .waiting { waiting.append(held.judging) }
      if held.phase == .running, let work = held.remaining, work.time > worth {
        long.append((held.judging, work))
      }
    }
  }
}

/// A lease was asked back.
struct Retract {
  var thief: SessionID
  var sentAt: Instant
}

/// Where the looks for something to steal have come to.
struct Stealing {
  var nextLook = Instant.zero
  /// The last session that was looked at.
  var lastVictim = SessionID(0)
  /// Idle slots that something is on its way to. Not for ever: it may not come.
  private var reserved: [SessionID: [Instant]] = [:]

  func reserved(at thief: SessionID) -> Int { reserved[thief]?.count ?? 0 }

  mutating func reserve(at thief: SessionID, until: Instant) {
    reserved[thief, default: []].append(until)
  }
  /// The oldest there is.
  mutating func release(at thief: SessionID) {
    guard var list = reserved.removeValue(forKey: thief) else { return }
    list.removeFirst()
    if !list.isEmpty { reserved[thief] = list }
  }
  mutating func expire(at now: Instant) {
    guard !reserved.isEmpty else { return }
    reserved = reserved.mapValues { $0.filter { $0 > now } }.filter { !$0.value.isEmpty }
  }
}

extension Scheduler {
  /// Sessions looked at in one look.
  private static let victimsAtATime = 32
  /// Workers considered for one judging.
  private static let holdersAtATime = 64

  /// Asks busy workers to give back what idle ones can have sooner. After the pass that hands out what
  /// waits here.
  mutating func steal(at now: Instant, into effects: inout [SchedulerEffect]) {
    guard policy.retracts, now >= stealing.nextLook, !sessions.withWaiting.isEmpty,
      !sessions.room.isEmpty
    else { return }
    stealing.nextLook = now + policy.stealPause
    stealing.expire(at: now)
    let victims = nextInTurn(
      sessions.withWaiting, after: stealing.lastVictim, atMost: Self.victimsAtATime)
    for victim in victims {
      stealing.lastVictim = victim
      rob(victim, at: now, into: &effects)
    }
  }

  /// The next few of a sorted list, from its beginning again behind its end.
  func nextInTurn(_ list: [SessionID], after last: SessionID, atMost count: Int) -> [SessionID] {
    let first = list.firstPosition { $0 > last }
    return (0..<min(count, list.count)).map { list[(first + $0) % list.count] }
  }

  private mutating func rob(
    _ id: SessionID, at now: Instant, into effects: inout [SchedulerEffect]
  ) {
    guard let victim = sessions[id], victim.hello.takesRetract, !victim.isSuspect(at: now, policy)
    else { return }
    let waiting = victim.told.waiting.filter { victim.leases[$0] != nil }
      .sorted { (victim.leases[$0] ?? 0, $0) < (victim.leases[$1] ?? 0, $1) }
    // The one that came last has the longest to wait.
    for (place, name) in waiting.enumerated().reversed() {
      guard var judging = judgings[name], case .leased(var lease) = judging.phase,
        lease.session == id,
        lease.retract.map({ now - $0.sentAt > policy.resendAfter }) ?? true
      else { continue }
      let wait = expectedWait(of: judging.order, lease, at: victim, place: place, now: now)
      guard let thief = thief(for: judging.order, waiting: wait, at: id, now: now) else { continue }
      stealing.reserve(at: thief, until: now + policy.reservationSpan)
      lease.retract = Retract(thief: thief, sentAt: now)
      judging.phase = .leased(lease)
      judgings[name] = judging
      effects.append(.send(id, .retract(name, lease.epoch)))
    }
  }

  /// How long a judging will still wait at the worker that has it.
  /// - Parameter place: among those that wait there, from 0.
  private func expectedWait(
    of order: JudgingOrder, _ lease: Lease, at victim: Session, place: Int, now: Instant
  ) -> TimeSpan {
    if victim.cached.contains(order.package) {
      let mean = meanDuration(of: order.package)
      let turns = mean * Int64(place + 1)
      return TimeSpan(nanoseconds: turns.nanoseconds / Int64(max(1, victim.hello.slots)))
    }
    // What takes longer than was thought takes as long again.
    let waited = now - lease.grantedAt
    return max(fetchEstimate(order.archiveBytes) - waited, waited)
  }

  /// Over a link that carries nothing else.
  private func fetchEstimate(_ bytes: Int64) -> TimeSpan {
    TimeSpan.microseconds(bytes / max(1, policy.assumedFetchRate / 1_000_000))
  }

  /// An idle worker that has its package, if it is worth it.
  private func thief(
    for order: JudgingOrder, waiting wait: TimeSpan, at victim: SessionID, now: Instant
  ) -> SessionID? {
    guard wait > policy.stealMargin else { return nil }
    let isAble = { (id: SessionID) in
      id != victim
        && self.canBegin(order, at: id, besides: self.stealing.reserved(at: id), now: now)
    }
    // Only one that has the package. To have another one fetch it as well, while it is on its way already,
    // cost a tenth more at the slow end of the waits than it saved (`assize bench locality`).
    return someWarm(order.package).first(where: isAble)
  }

  /// Sessions that have a package: all, or some of those with most room when there are many.
  func someWarm(_ package: Digest) -> [SessionID] {
    let holders = sessions.holders(of: package)
    let likely =
      holders.count <= Self.holdersAtATime
      ? holders : sessions.room.prefix(Self.holdersAtATime).map(\.id)
    return likely.filter { id in sessions.read(id) { $0.cached.contains(package) } == true }
  }

  /// Whether a worker has an idle slot for this judging and nothing speaks against giving it there.
  /// - Parameter besides: idle slots that are spoken for.
  func canBegin(
    _ order: JudgingOrder, at id: SessionID, besides spoken: Int = 0, now: Instant
  ) -> Bool {
    sessions.read(id) { session in
      session.idleSlots > spoken && !session.draining && !session.isSuspect(at: now, policy)
        && session.skills.meet(order.demand)
        && (session.holds(order.package) || session.canHold(order.unpackedBytes))
        && session.conduct.pause(for: order.package, at: now) == nil
    } ?? false
  }

  /// A judging came back because it was asked for: it goes to the worker that it was meant for. It waits
  /// like any other when that one has no slot for it any more.
  /// - Parameter judging: as it was leased.
  mutating func redirect(
    _ judging: Judging, at now: Instant, into effects: inout [SchedulerEffect]
  ) {
    guard case .leased(let lease) = judging.phase, let thief = lease.retract?.thief else { return }
    stealing.release(at: thief)
    // An older one of its kind may have come back meanwhile, and goes first.
    let kind = ReadyQueue.kind(of: judging.order)
    guard queue.place(of: kind).flatMap({ queue.head($0) })?.judging == judging.order.judging,
      canBegin(judging.order, at: thief, now: now)
    else { return }
    queue.remove(judging.order)
    guard
      let (order, submission) = self.lease(
        judging.order.judging, to: thief, at: now, into: &effects)
    else { return }
    effects.append(.grant(thief, [order], submissions: [submission]))
  }
}
