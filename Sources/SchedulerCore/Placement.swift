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

    var grants: [SessionID: [(GrantOrder, SubmissionID)]] = [:]
    var granted = true
    while granted, queue.count > 0 {
      // What was put off in an earlier turn is looked at again: the warm worker that it waited for may
      // have filled up meanwhile.
      coldDeadline = nil
      granted = false
      var turn = makeTurn()
      for id in turn.order {
        guard queue.count > 0, turn.exhausted.count < sessions.languageSetsWithRoom else { break }
        guard let session = sessions[id], session.free > 0, !session.draining,
          !session.isSuspect(at: now, policy), !turn.isSpokenFor(session)
        else { continue }
        guard let kind = bestKind(for: session, at: now),
          let grant = lease(kind, to: id, at: now, into: &effects)
        else {
          turn.noteFruitless(session, largest: sessions.largestBudgetWithRoom)
          continue
        }
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

  /// Whose turn it is, and who need not be asked.
  private struct Turn {
    var order: [SessionID]
    /// Those that hold a waiting package; nil when it is not worth knowing, and everyone is asked.
    var holders: Set<SessionID>?
    /// Of the packages that wait, bytes of the largest: to a larger cache all are alike.
    var largestPackage: Int64 = .max
    /// To workers that hold nothing of what waits only their languages and the size of their caches
    /// make a difference: one that found nothing speaks for all with the same languages whose caches
    /// are not larger. By set of languages, the largest budget that found nothing.
    private var fruitless: [Int: Int64] = [:]
    /// Sets of languages for all of whose workers somebody has spoken.
    private(set) var exhausted: Set<Int> = []

    init(order: [SessionID], holders: Set<SessionID>? = nil, largestPackage: Int64 = .max) {
      self.order = order
      self.holders = holders
      self.largestPackage = largestPackage
    }

    private func isLikeOthers(_ session: Session) -> Bool {
      guard let holders else { return false }
      return !holders.contains(session.id) && session.conduct.avoids.isEmpty
    }
    func isSpokenFor(_ session: Session) -> Bool {
      guard let spoken = fruitless[session.languageSet] else { return false }
      return min(session.budgetBytes, largestPackage) <= spoken && isLikeOthers(session)
    }
    /// - Parameter largest: the largest budget that there is, by set of languages.
    mutating func noteFruitless(_ session: Session, largest: (Int) -> Int64) {
      guard isLikeOthers(session) else { return }
      let set = session.languageSet
      let spoken = max(min(session.budgetBytes, largestPackage), fruitless[set] ?? 0)
      fruitless[set] = spoken
      if spoken >= min(largest(set), largestPackage) { exhausted.insert(set) }
    }
    /// Something was granted: what was fruitless may not be any more.
    mutating func startAgain() {
      fruitless = [:]
      exhausted = []
    }
  }

  /// A crowd is so many workers with room that it pays to sort out first who is concerned.
  private static let crowd = 64

  private func makeTurn() -> Turn {
    let room = sessions.room
    guard room.count > Self.crowd else { return Turn(order: room.map(\.id)) }
    var concerned: [SessionTable.Room] = []
    var holders: Set<SessionID> = []
    var largestPackage: Int64 = 0
    for kind in queue.kinds {
      largestPackage = max(largestPackage, queue.unpackedBytes(kind))
      for id in sessions.holders(of: kind.package) {
        guard let free = sessions.read(id, { $0.free }), free > 0, holders.insert(id).inserted
        else { continue }
        concerned.append(SessionTable.Room(free: free, id: id))
      }
      // Most of the crowd: then everyone may as well be asked in order.
      if 2 * concerned.count > room.count { return Turn(order: room.map(\.id)) }
    }
    return Turn(
      order: concerned.sorted().map(\.id) + room.map(\.id), holders: holders,
      largestPackage: largestPackage)
  }

  private mutating func lease(
    _ kind: ReadyQueue.Kind, to id: SessionID, at now: Instant,
    into effects: inout [SchedulerEffect]
  ) -> (GrantOrder, SubmissionID)? {
    queue.popHead(kind).flatMap { lease($0.judging, to: id, at: now, into: &effects) }
  }

  /// Draws an epoch and makes the lease of a judging that is out of the queue.
  mutating func lease(
    _ id: JudgingID, to session: SessionID, at now: Instant,
    into effects: inout [SchedulerEffect]
  ) -> (GrantOrder, SubmissionID)? {
    guard var judging = judgings[id], let worker = sessions.read(session, { $0.worker }) else {
      return nil
    }
    let (epoch, sequence) = drawGrant(for: session)
    judging.phase = .leased(
      Lease(
        session: session, epoch: epoch, worker: worker, grantedAt: now, sentAt: now,
        sequence: sequence))
    judging.newest = epoch
    judgings[id] = judging
    sessions.addLease(session, id, package: judging.order.package, grant: sequence)
    effects.append(.record(.leased(id, epoch, worker)))
    effects.append(.publish(id, judging.order.batch, .started(worker)))
    return (judging.grantOrder(epoch: epoch, sequence: sequence), judging.order.submission)
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
