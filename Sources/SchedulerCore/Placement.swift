public import JudgeModel
internal import Messages

/// The pass that hands out work, once per round of events.
///
/// Workers take turns, one judging each, those with most room first, so that a batch spreads before it
/// fills anyone. In a busy cluster few have room and the pass is short. In an idle one thousands have,
/// and only those that hold a waiting package, or the first of the others, are of interest: see
/// `Turn`.
extension Scheduler {
  /// Hands out what waits to workers that have room. Call after the last event of a round.
  public mutating func schedule(at now: Instant, into effects: inout [SchedulerEffect]) {
    if let due = coldDeadline, now >= due { needsScheduling = true }
    guard needsScheduling else { return }
    needsScheduling = false
    coldDeadline = nil

    sessions.endPauses(at: now)
    abilities.catchUp(sessions.skills, queue.demands)

    var grants: [SessionID: [(GrantOrder, SubmissionID)]] = [:]
    var (granted, spared) = (true, false)
    while granted || spared, queue.count > 0 {
      // Links that carry nothing come first; if they get nothing to carry, the others are asked.
      let spares = granted
      // What was put off in an earlier turn is looked at again: the warm worker that it waited for may
      // have filled up meanwhile.
      coldDeadline = nil
      (granted, spared) = (false, false)
      var turn = makeTurn()
      while queue.count > 0, turn.exhausted.count < sessions.skillSetsWithRoom,
        let id = turn.next(sessions)
      {
        guard let place = choose(for: id, &turn, spares: spares, &spared, at: now),
          let grant = lease(place, to: id, at: now, into: &effects)
        else { continue }
        grants[id, default: []].append(grant)
        turn.startAgain()
        granted = true
      }
    }
    if queue.count == 0 { coldDeadline = nil }
    for id in grants.keys.sorted() {
      guard let list = grants[id] else { continue }
      effects.append(.grant(id, list.map(\.0), submissions: list.map(\.1)))
    }
    steal(at: now, into: &effects)
    split(at: now, into: &effects)
  }

  /// Whole quanta of lead that are remembered.
  private static let mostQuanta: Int64 = 8

  /// What this worker takes in this turn, if anything.
  /// - Parameters:
  ///   - spares: a worker to which something is on its way is given nothing that it would have to fetch.
  ///   - spared: set when that was so.
  private mutating func choose(
    for id: SessionID, _ turn: inout Turn, spares: Bool, _ spared: inout Bool, at now: Instant
  ) -> ReadyQueue.Place? {
    let choice = sessions.read(id) { session -> Choice in
      guard session.free > 0, !session.draining, !session.isSuspect(at: now, policy),
        !turn.isSpokenFor(session)
      else { return Choice() }
      let isSpared = spares && session.isTransferring
      let choice = self.choice(for: session, among: classes, mayFetch: !isSpared, at: now)
      if choice.place == nil, isSpared {
        spared = true
      } else if choice.place == nil, session.hasFreeSlot, choice.lookAgain == nil {
        // It found nothing for a reason that others share: not for want of a slot, and not because of
        // its own link or pauses.
        turn.noteFruitless(session, largest: sessions.largestBudgetWithRoom)
      }
      return choice
    }
    if let due = choice?.lookAgain { coldDeadline = min(coldDeadline ?? due, due) }
    return choice?.place
  }

  /// Whose turn it is, and who need not be asked.
  private struct Turn {
    /// To be asked first, the last of them first.
    private var first: [SessionID]
    /// Of the others, who was asked last.
    private var last: SessionTable.Room?
    /// Those that hold a waiting package; nil when it is not worth knowing, and everyone is asked.
    private let holders: Set<SessionID>?
    /// Of the packages that wait, bytes of the largest: to a larger cache all are alike.
    private let largestPackage: Int64
    /// To workers that hold nothing of what waits and have a free slot little but their skills and the
    /// size of their caches makes a difference: one that found nothing, and has not put anything off,
    /// speaks for all with the same skills whose caches are not larger. By set of skills, the largest
    /// budget that found nothing.
    private var fruitless: [Int: Int64] = [:]
    /// Sets of skills for all of whose workers somebody has spoken.
    private(set) var exhausted: Set<Int> = []

    /// Everyone, in order.
    init() { self.init(first: [], holders: nil, largestPackage: .max) }
    init(first: [SessionID], holders: Set<SessionID>?, largestPackage: Int64) {
      self.first = first.reversed()
      self.holders = holders
      self.largestPackage = largestPackage
    }

    /// Who is asked next. A worker that was given something comes again behind those that have more
    /// room than it has now.
    mutating func next(_ sessions: borrowing SessionTable) -> SessionID? {
      if let id = first.popLast() { return id }
      guard let next = sessions.room(after: last) else { return nil }
      last = next
      return next.id
    }

    private func isLikeOthers(_ session: borrowing Session) -> Bool {
      guard let holders else { return false }
      return !holders.contains(session.id) && session.conduct.avoids.isEmpty
    }
    func isSpokenFor(_ session: borrowing Session) -> Bool {
      guard let spoken = fruitless[session.skillSet] else { return false }
      return min(session.budgetBytes, largestPackage) <= spoken && isLikeOthers(session)
    }
    /// - Parameter largest: the largest budget that there is, by set of skills.
    mutating func noteFruitless(_ session: borrowing Session, largest: (Int) -> Int64) {
      guard isLikeOthers(session) else { return }
      let set = session.skillSet
      let spoken = max(min(session.budgetBytes, largestPackage), fruitless[set] ?? 0)
      fruitless[set] = spoken
      if spoken >= min(largest(set), largestPackage) { exhausted.insert(set) }
    }
    /// Something was granted: what was fruitless may not be any more.
    mutating func startAgain() {
      guard !fruitless.isEmpty else { return }
      fruitless = [:]
      exhausted = []
    }
  }

  /// A crowd is so many workers with room that it pays to sort out first who is concerned.
  private static let crowd = 64

  private func makeTurn() -> Turn {
    let crowd = sessions.room.count
    guard crowd > Self.crowd else { return Turn() }
    var concerned: [SessionTable.Room] = []
    var holders: Set<SessionID> = []
    var largestPackage: Int64 = 0
    for place in queue.everyPlace {
      let (package, bytes) = queue.read(place) { ($0.kind.package, $0.unpackedBytes) }
      largestPackage = max(largestPackage, bytes)
      // Of most packages that still wait every holder is busy: that much is counted.
      sessions.readHolders(of: package) { row in
        guard row.hasRoom else { return }
        for id in row.sessions {
          guard let free = sessions.read(id, { $0.free }), free > 0, holders.insert(id).inserted
          else { continue }
          concerned.append(SessionTable.Room(free: free, id: id))
        }
      }
      // Most of the crowd: then everyone may as well be asked in order.
      if 2 * concerned.count > crowd { return Turn() }
    }
    return Turn(
      first: concerned.sorted().map(\.id), holders: holders, largestPackage: largestPackage)
  }

  private mutating func lease(
    _ place: ReadyQueue.Place, to id: SessionID, at now: Instant,
    into effects: inout [SchedulerEffect]
  ) -> (GrantOrder, SubmissionID)? {
    let package = queue.read(place) { $0.kind.package }
    let span = meanDuration(of: package)
    return queue.popHead(place, lasting: span, leadLimit: Self.mostQuanta &* quantum).flatMap {
      lease($0.judging, to: id, at: now, into: &effects)
    }
  }

  /// Draws an epoch and makes the lease of a judging that is out of the queue.
  mutating func lease(
    _ id: JudgingID, to session: SessionID, at now: Instant,
    into effects: inout [SchedulerEffect]
  ) -> (GrantOrder, SubmissionID)? {
    guard var judging = judgings[id], let worker = sessions.read(session, { $0.worker }) else {
      return nil
    }
    let order = judging.order
    let (epoch, sequence) = drawGrant(for: session)
    judging.phase = .leased(
      Lease(
        session: session, epoch: epoch, worker: worker, grantedAt: now, sentAt: now,
        sequence: sequence))
    judging.newest = epoch
    judgings[id] = judging
    if sessions.read(session, { $0.holds(order.package) }) == false {
      sessions.modify(session) { $0.beginTransfer(order.archiveBytes, at: now, policy) }
    }
    sessions.addLease(session, id, package: order.package, grant: sequence)
    effects.append(.record(.leased(id, epoch, worker)))
    effects.append(.publish(id, order.batch, .started(worker)))
    return (judging.grantOrder(epoch: epoch, sequence: sequence), order.submission)
  }

  /// Uses up one of a session's credit.
  mutating func drawGrant(for session: SessionID) -> (epoch: LeaseEpoch, sequence: UInt64) {
    epochCounter += 1
    var sequence: UInt64 = 0
    sessions.modify(session) {
      $0.granted += 1
      $0.lastGrant += 1
      sequence = $0.lastGrant
    }
    return (LeaseEpoch(generation: generation, counter: epochCounter), sequence)
  }
}
