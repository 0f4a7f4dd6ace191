internal import JudgeModel
internal import Messages

// Parts of a judging, given to others than the worker that is responsible for it.
//
// # Theory of operation
//
// A judging that is *split* has one lease as always, and the worker that holds it, its *owner*, gives its
// verdict. The owner was asked to share and says in each sync which testcases are with others. Those are
// granted as *parts*: leases under numbers of their own, so that one worker can have a judging and a part
// of it, or two. Whoever has a part is called a *helper*.
//
//     scheduler           owner                     helper
//       | -- Share ------->|                          |
//       |<-- WorkerSync ---|  shared: 7 8 9 10        |
//       | -- Grant (part: 7 9) ---------------------->|
//       |<-- RunReport -------------------------------|
//       | -- Helped ------>|  7                       |
//       |<-- WorkerSync ---|  shared: 8 9 10          |
//
// The owner's list is the truth. What is on it and is neither known here nor under way is granted, or
// the owner is told to run it itself (Unshare); what is known here goes to the owner again until it is
// off the list; a part of which nothing is on the list is cancelled. The owner takes testcases off as
// it likes, so nobody ever waits for a helper.
//
// A part is never given to a second helper: what is left of one that failed is the owner's. When the
// owner's lease ends, for whatever reason, its parts end with it. Nothing about parts is recorded: a
// scheduler that starts anew finds the lists, and cancels leases of parts that it does not know.

/// A judging of which testcases are, or were to be, with others.
struct Split {
  /// Of the owner's lease.
  let session: SessionID
  let epoch: LeaseEpoch
  /// When the owner was last asked to share.
  var askedAt: Instant
  /// Where slots are kept free for what it will share.
  var reserved: [SessionID] = []
  /// What is with others as far as the owner said last, in order.
  var offered: [Int32] = []
  /// Of those, what the owner was told to run itself.
  var refused: Set<Int32> = []
  var refusedAt = Instant.zero
  /// Of those, what is known already.
  var runs: [Int32: Run] = [:]
  var helpedAt = Instant.zero
  /// Under way.
  var parts: [JudgingID] = []
  /// Whether there ever were any: then how long it took says little of the package.
  var hadParts = false
}

struct Part {
  let judging: JudgingID
  let package: Digest
  let session: SessionID
  let epoch: LeaseEpoch
  var sentAt: Instant
  let ordinals: [Int32]
}

/// All that is split.
struct Splitting {
  var splits: [JudgingID: Split] = [:]
  var parts: [JudgingID: Part] = [:]
  /// Parts under way, oldest first.
  var order: [JudgingID] = []
  var counter: UInt32 = 0
  /// Judgings whose owner has offered something that nobody has yet.
  var offers: Set<JudgingID> = []
  /// What has to be told of parts that ended with their judging.
  var farewells: [SchedulerEffect] = []
  /// Parts that were cancelled to make room and have not ended yet, with when they are not waited for
  /// any more.
  var yielding: [JudgingID: Instant] = [:]
  var nextLook = Instant.zero
  /// The last owner that was looked at.
  var lastOwner = SessionID(0)

  mutating func forget(_ id: JudgingID) {
    parts[id] = nil
    order.removeAll { $0 == id }
  }
}

// MARK: - What owners say

extension Scheduler {
  /// Takes an owner's account of what it shares.
  mutating func noteShares(
    _ sync: WorkerSync, at now: Instant, into effects: inout [SchedulerEffect]
  ) {
    for held in sync.held where held.phase == .running && !held.judging.isPart {
      guard !held.shared.isEmpty || splitting.splits[held.judging] != nil,
        let judging = judgings[held.judging], case .leased(let lease) = judging.phase,
        lease.session == sync.session, lease.epoch == held.epoch
      else { continue }
      var split =
        splitting.splits[held.judging]
        ?? Split(session: lease.session, epoch: lease.epoch, askedAt: now)
      split.note(offered: held.shared)
      splitting.splits[held.judging] = split
      repeatLostNews(of: held.judging, at: now, into: &effects)
      for id in split.parts {
        guard let part = splitting.parts[id] else { continue }
        if part.ordinals.allSatisfy({ !split.isOffered($0) }) {
          endPart(id, at: now, cancels: true, into: &effects)
        }
      }
      if !unplaced(held.judging).isEmpty {
        splitting.offers.insert(held.judging)
        needsScheduling = true
      }
    }
  }

  /// What the owner was told, and has not heeded for so long that it was lost on the way.
  private mutating func repeatLostNews(
    of id: JudgingID, at now: Instant, into effects: inout [SchedulerEffect]
  ) {
    guard let split = splitting.splits[id] else { return }
    if !split.runs.isEmpty, now - split.helpedAt > policy.resendAfter {
      splitting.splits[id]?.helpedAt = now
      help(split, id, split.runs.sorted { $0.key < $1.key }.map(\.value), into: &effects)
    }
    if !split.refused.isEmpty, now - split.refusedAt > policy.resendAfter {
      refuse(split.refused.sorted(), of: id, at: now, into: &effects)
    }
  }

  /// What was offered and has found nobody yet, in order.
  func unplaced(_ judging: JudgingID) -> [Int32] {
    guard let split = splitting.splits[judging] else { return [] }
    let underWay = Set(split.parts.flatMap { splitting.parts[$0]?.ordinals ?? [] })
    return split.offered.filter {
      split.runs[$0] == nil && !split.refused.contains($0) && !underWay.contains($0)
    }
  }

  /// The owner runs these itself.
  mutating func refuse(
    _ ordinals: [Int32], of judging: JudgingID, at now: Instant,
    into effects: inout [SchedulerEffect]
  ) {
    guard !ordinals.isEmpty, let split = splitting.splits[judging] else { return }
    splitting.splits[judging]?.refused.formUnion(ordinals)
    splitting.splits[judging]?.refusedAt = now
    effects.append(.send(split.session, .unshare(judging, split.epoch, ordinals)))
  }

  private static let runsPerMessage = 256

  /// A frame is bounded, and runs may have long messages.
  private func help(
    _ split: Split, _ judging: JudgingID, _ runs: [Run], into effects: inout [SchedulerEffect]
  ) {
    for start in stride(from: 0, to: runs.count, by: Self.runsPerMessage) {
      let some = Array(runs[start..<min(start + Self.runsPerMessage, runs.count)])
      effects.append(.send(split.session, .helped(judging, split.epoch, some)))
    }
  }
}

extension Split {
  /// Testcases that an owner may have with others at a time: a part has to fit one message.
  static let mostOffered = 20_000

  func isOffered(_ ordinal: Int32) -> Bool {
    let at = offered.firstPosition { $0 >= ordinal }
    return at < offered.count && offered[at] == ordinal
  }

  /// - Parameter list: from the network.
  mutating func note(offered list: [Int32]) {
    let set = Set(list.filter { $0 > 0 }.prefix(Self.mostOffered))
    offered = set.sorted()
    refused.formIntersection(set)
    runs = runs.filter { set.contains($0.key) }
  }
}

// MARK: - From grant to end of a part

extension Scheduler {
  /// Leases a part of a split judging to a helper.
  mutating func grantPart(
    _ ordinals: [Int32], of id: JudgingID, to helper: SessionID, at now: Instant,
    into effects: inout [SchedulerEffect]
  ) {
    guard let order = judgings[id]?.order else { return }
    splitting.counter &+= 1
    let number = JudgingID.part(generation: generation, counter: splitting.counter)
    let (epoch, sequence) = drawGrant(for: helper)
    splitting.parts[number] = Part(
      judging: id, package: order.package, session: helper, epoch: epoch, sentAt: now,
      ordinals: ordinals)
    splitting.order.append(number)
    splitting.splits[id]?.parts.append(number)
    splitting.splits[id]?.hadParts = true
    sessions.addLease(helper, number, package: order.package, grant: sequence)
    sendPart(number, sequence: sequence, into: &effects)
  }

  private func sendPart(
    _ number: JudgingID, sequence: UInt64, into effects: inout [SchedulerEffect]
  ) {
    guard let part = splitting.parts[number], let order = judgings[part.judging]?.order else {
      return
    }
    let grant = GrantOrder(
      name: LeaseName(judging: number, epoch: part.epoch), sequence: sequence,
      package: order.package, archiveBytes: order.archiveBytes,
      unpackedBytes: order.unpackedBytes, mode: order.mode,
      part: PartOrder(judging: part.judging, ordinals: part.ordinals))
    effects.append(.grant(part.session, [grant], submissions: [order.submission]))
  }

  func wasSplit(_ judging: JudgingID) -> Bool {
    splitting.splits[judging]?.hadParts ?? false
  }

  /// The part that this worker has under this name. Unlike a judging, a part ends with the session that
  /// it was given in: nobody else has anything to say about it.
  private func part(_ name: LeaseName, of session: SessionID) -> Part? {
    splitting.parts[name.judging].flatMap {
      $0.epoch == name.epoch && $0.session == session ? $0 : nil
    }
  }

  /// Whether a worker is right to hold a part.
  func holdsPart(_ session: SessionID, _ name: LeaseName) -> Bool {
    part(name, of: session) != nil
  }

  /// Runs of a part go to the owner, which reports those that count as its own.
  mutating func takePartRuns(
    _ runs: [Run], of name: LeaseName, from session: SessionID, at now: Instant,
    into effects: inout [SchedulerEffect]
  ) {
    guard let part = part(name, of: session), var split = splitting.splits[part.judging] else {
      return
    }
    let asked = Set(part.ordinals)
    let new = runs.filter {
      asked.contains($0.ordinal) && split.isOffered($0.ordinal) && split.runs[$0.ordinal] == nil
        && $0.verdict != .judgeError
    }
    guard !new.isEmpty else { return }
    for run in new { split.runs[run.ordinal] = run }
    split.helpedAt = now
    splitting.splits[part.judging] = split
    help(split, part.judging, new, into: &effects)
  }

  /// A helper is done; what it left is the owner's.
  mutating func finishPart(
    _ name: LeaseName, _ result: JudgingResult, from session: SessionID, at now: Instant,
    into effects: inout [SchedulerEffect]
  ) {
    takePartRuns(result.runs, of: name, from: session, at: now, into: &effects)
    if part(name, of: session) != nil {
      endPart(name.judging, at: now, cancels: false, into: &effects)
      sessions.modify(session) { $0.conduct.faultsInARow = 0 }
    }
    effects.append(.send(session, .acknowledge([name])))
  }

  /// A helper gives a part back.
  mutating func takeBackPart(
    _ name: LeaseName, _ reason: ReturnReason, from session: SessionID, at now: Instant,
    into effects: inout [SchedulerEffect]
  ) {
    guard let part = part(name, of: session) else { return }
    if case .workerFault = reason {
      sessions.modify(session) { $0.conduct.noteFault(with: part.package, at: now, policy) }
    }
    endPart(name.judging, at: now, cancels: false, into: &effects)
  }

  /// A part is over here.
  /// - Parameter cancels: the helper has to be told.
  mutating func endPart(
    _ id: JudgingID, at now: Instant, cancels: Bool, into effects: inout [SchedulerEffect]
  ) {
    guard let part = splitting.parts[id] else { return }
    splitting.forget(id)
    sessions.removeLease(part.session, id, package: part.package)
    if cancels { effects.append(.send(part.session, .cancel(id, part.epoch))) }
    needsScheduling = true
    splitting.splits[part.judging]?.parts.removeAll { $0 == id }
    guard let split = splitting.splits[part.judging] else { return }
    let left = part.ordinals.filter { split.isOffered($0) && split.runs[$0] == nil }
    refuse(left, of: part.judging, at: now, into: &effects)
  }

  /// The owner's lease is over: so are its parts. Told with the next pass.
  mutating func endSplit(_ judging: JudgingID) {
    guard let split = splitting.splits.removeValue(forKey: judging) else { return }
    splitting.offers.remove(judging)
    for session in split.reserved { stealing.release(at: session) }
    for id in split.parts {
      guard let part = splitting.parts[id] else { continue }
      splitting.forget(id)
      sessions.removeLease(part.session, id, package: part.package)
      splitting.farewells.append(.send(part.session, .cancel(id, part.epoch)))
      needsScheduling = true
    }
  }

  /// Parts of a worker that is gone.
  mutating func loseParts(
    of session: Session, at now: Instant, into effects: inout [SchedulerEffect]
  ) {
    for id in session.leases.keys.filter(\.isPart).sorted() {
      endPart(id, at: now, cancels: false, into: &effects)
    }
  }

  /// Parts that a worker does not mention: the grant was lost and is sent again, because it has used up
  /// credit, or the news of the end was.
  mutating func dropLostParts(
    _ sync: WorkerSync, at now: Instant, into effects: inout [SchedulerEffect]
  ) {
    guard !splitting.parts.isEmpty, let session = sessions[sync.session] else { return }
    let lost = session.leases.keys.filter { id in
      id.isPart && !sync.held.contains { $0.judging == id }
        && splitting.parts[id].map { now - $0.sentAt > policy.resendAfter } ?? false
    }
    for id in lost.sorted() {
      if let sequence = session.leases[id], sequence > sync.grantsSeen {
        splitting.parts[id]?.sentAt = now
        sendPart(id, sequence: sequence, into: &effects)
      } else {
        endPart(id, at: now, cancels: true, into: &effects)
      }
    }
  }

  func checkParts() {
    precondition(splitting.parts.count == splitting.order.count)
    for (id, part) in splitting.parts {
      precondition(splitting.splits[part.judging]?.parts.contains(id) == true)
      precondition(sessions[part.session]?.leases[id] != nil, "a part is held by a live session")
    }
    for (id, split) in splitting.splits {
      guard case .leased(let lease) = judgings[id]?.phase else {
        preconditionFailure("only what is leased is split")
      }
      precondition(lease.epoch == split.epoch && lease.session == split.session)
      precondition(split.parts.allSatisfy { splitting.parts[$0]?.judging == id })
      let given = split.parts.flatMap { splitting.parts[$0]?.ordinals ?? [] }
      precondition(Set(given).count == given.count, "a testcase is in one part")
    }
  }
}
