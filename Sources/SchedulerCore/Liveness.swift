internal import DequeModule
internal import JudgeModel
internal import Messages

/// Who is there, who holds what, and what to do when the two disagree.
extension Scheduler {
  /// A worker introduces itself, for the first time or after a broken connection.
  mutating func greet(
    _ id: SessionID, _ hello: WorkerHello, at now: Instant, into effects: inout [SchedulerEffect]
  ) {
    guard makeWay(for: id, hello, at: now, into: &effects) else { return }
    var session = Session(
      id: id, worker: hello.worker, instance: hello.instance, hello: hello,
      skills: Skills(hello), cache: hello.cache,
      cached: Set(hello.cache.packages), load: hello.load, lastSeen: now, conduct: Conduct(),
      creditLimit: hello.creditLimit)
    session.hello.token = ""
    if let (instance, conduct) = parted.removeValue(forKey: hello.worker),
      instance == hello.instance
    {
      session.conduct = conduct
      session.conduct.takeUpStops(holding: Set(hello.held.map(\.judging)), at: now)
    }
    sessions.add(session)
    effects.append(
      .send(
        id,
        .welcome(
          Welcome(
            session: id, programVersion: identity.programVersion, heartbeat: policy.heartbeat,
            bulkPort: identity.bulkPort))))
    for held in hello.held { adopt(held, by: id, at: now, into: &effects) }
    giveUpWaiting(for: hello, into: &effects)
    if nextSessionCheck == nil { nextSessionCheck = now + policy.heartbeat }
    needsScheduling = true
  }

  /// Ends the session that has the name of the worker that says hello.
  /// - Returns: false when the other may be alive: the newcomer waits.
  private mutating func makeWay(
    for id: SessionID, _ hello: WorkerHello, at now: Instant, into effects: inout [SchedulerEffect]
  ) -> Bool {
    let old = sessions.session(of: hello.worker)
    if let old, old.instance == hello.instance {
      lose(old.id, mayReturn: true, at: now, into: &effects)
      return true
    }
    if let waiting = newcomers.removeValue(forKey: hello.worker), waiting.session != id {
      // It said hello anew, or a third one came. Should it live, it will say hello again.
      effects.append(.close(waiting.session))
    }
    guard let old else { return true }
    guard old.isSuspect(at: now, policy) else {
      hold(id, hello, behind: old.id, into: &effects)
      return false
    }
    // It is not refused: the newcomer may be the dead one of the two, whose hello came late. Should it
    // wake up, it says hello, and then it is asked who of them lives.
    lose(old.id, mayReturn: false, at: now, into: &effects)
    return true
  }

  /// A worker claims a lease. True claims are believed, others are told to stop.
  private mutating func adopt(
    _ held: HeldLease, by id: SessionID, at now: Instant, into effects: inout [SchedulerEffect]
  ) {
    // Whatever becomes of the claim: it did not cost a worker.
    judgings[held.judging]?.lost.removeAll { $0 == held.epoch }
    guard let worker = sessions[id]?.worker, var judging = judgings[held.judging],
      judging.isOpen(for: held.epoch) || wasForgotten(judging, held.epoch)
    else {
      let name = LeaseName(judging: held.judging, epoch: held.epoch)
      return stop(name, at: id, at: now, into: &effects)
    }
    if case .leased(let lease) = judging.phase, lease.session == id { return }
    release(judging)
    judging.newest = held.epoch
    judging.phase = .leased(
      Lease(
        session: id, epoch: held.epoch, worker: worker, grantedAt: now, sentAt: now, sequence: 0))
    judgings[held.judging] = judging
    sessions.addLease(id, held.judging, package: judging.order.package, grant: 0)
    effects.append(.record(.leased(held.judging, held.epoch, worker)))
    effects.append(.publish(held.judging, judging.order.batch, .started(worker)))
  }

  /// The lease was granted by an earlier scheduler whose record of it is gone (a crash, a backup).
  private func wasForgotten(_ judging: Judging, _ epoch: LeaseEpoch) -> Bool {
    guard case .queued(nil) = judging.phase, epoch.generation < generation else { return false }
    return judging.newest.map { $0 < epoch } ?? true
  }

  /// Any message renews a session. False when there is no such session: the worker shall say hello.
  mutating func touch(
    _ id: SessionID, at now: Instant, into effects: inout [SchedulerEffect]
  ) -> Bool {
    guard let wasSuspect = sessions.read(id, { $0.isSuspect(at: now, policy) }) else {
      effects.append(.send(id, .who))
      return false
    }
    if wasSuspect { needsScheduling = true }
    sessions.modify(id) {
      $0.lastSeen = now
      $0.probed = false
      $0.isSilent = false
    }
    return true
  }

  /// Puts right whatever a worker's own account of itself differs in from ours.
  mutating func synchronise(
    _ sync: WorkerSync, at now: Instant, into effects: inout [SchedulerEffect]
  ) {
    guard touch(sync.session, at: now, into: &effects) else { return }
    if let cache = sync.cache {
      sessions.replaceCache(sync.session, with: cache)
      sessions.modify(sync.session) { $0.endTransfers(at: now) }
      needsScheduling = true
    }
    if let before = sessions.read(sync.session, { $0.creditLimit }), sync.creditLimit > before {
      needsScheduling = true
    }
    sessions.modify(sync.session) {
      $0.load = sync.load
      $0.creditLimit = max($0.creditLimit, sync.creditLimit)
      $0.told = ToldLeases(sync, worth: policy.partCost * 2)
    }
    dropLostWishes(sync, at: now)
    dropLostParts(sync, at: now, into: &effects)
    noteShares(sync, at: now, into: &effects)

    guard let session = sessions[sync.session] else { return }
    let held = Dictionary(sync.held.map { ($0.judging, $0.epoch) }, uniquingKeysWith: max)
    for claim in sync.held where !holds(session, claim) {
      let name = LeaseName(judging: claim.judging, epoch: claim.epoch)
      stop(name, at: session.id, at: now, into: &effects)
    }
    noteStopped(by: session.id, holding: held, at: now, into: &effects)
    for (id, sequence) in session.leases.sorted(by: { $0.key < $1.key }) where held[id] == nil {
      guard var judging = judgings[id], case .leased(var lease) = judging.phase,
        now - lease.sentAt > policy.resendAfter
      else { continue }
      if sequence > sync.grantsSeen {
        lease.sentAt = now
        judging.phase = .leased(lease)
        judgings[id] = judging
        let order = judging.grantOrder(epoch: lease.epoch, sequence: sequence)
        effects.append(.grant(session.id, [order], submissions: [judging.order.submission]))
      } else {
        // It had the grant and does not hold it any more, and no outcome reached us.
        dropLease(judging, lapsed: nil, note: "the worker forgot it", into: &effects)
      }
    }
  }

  private func holds(_ session: Session, _ claim: HeldLease) -> Bool {
    if claim.judging.isPart {
      let name = LeaseName(judging: claim.judging, epoch: claim.epoch)
      return claim.phase == .finished || holdsPart(session.id, name)
    }
    guard session.leases[claim.judging] != nil, let judging = judgings[claim.judging] else {
      // Over or given to somebody else. A finished one is not cancelled: its verdict is on its way
      // and will be acknowledged.
      return claim.phase == .finished
    }
    return judging.isOpen(for: claim.epoch)
  }

  /// The session is over.
  /// - Parameter mayReturn: only the connection is known to be gone: its leases are kept for the worker
  ///   for a while. Otherwise they lapse.
  mutating func lose(
    _ id: SessionID, mayReturn: Bool, at now: Instant, into effects: inout [SchedulerEffect]
  ) {
    guard let session = sessions[id] else { return }
    loseParts(of: session, at: now, into: &effects)
    for var judging in session.leases.keys.sorted().compactMap({ judgings[$0] }) {
      guard case .leased(let lease) = judging.phase else { continue }
      if mayReturn {
        release(judging)
        judging.phase = .awaited(lease)
        judgings[judging.order.judging] = judging
        broken.append(
          Broken(
            due: now + policy.reconnectGrace, judging: judging.order.judging, epoch: lease.epoch,
            worker: session.worker, instance: session.instance))
      } else {
        dropLease(judging, lapsed: lease, note: lossNote(session.worker), into: &effects)
      }
    }
    if session.conduct.isWorthKeeping {
      parted[session.worker] = (session.instance, session.conduct)
    }
    sessions.remove(id)
    effects.append(.close(id))
    needsScheduling = true
  }

  private func lossNote(_ worker: WorkerID) -> String { "the connection to \(worker) was lost" }

  /// A worker is back: what it was awaited with and did not claim is free for others.
  private mutating func giveUpWaiting(
    for hello: WorkerHello, into effects: inout [SchedulerEffect]
  ) {
    guard broken.contains(where: { $0.worker == hello.worker }) else { return }
    let mine = broken.filter { $0.worker == hello.worker }
    broken.removeAll { $0.worker == hello.worker }
    for entry in mine {
      // The same process never got it, or is done with it; another one died with it.
      endWait(entry, counts: entry.instance != hello.instance, into: &effects)
    }
  }

  private mutating func endWait(
    _ entry: Broken, counts: Bool, into effects: inout [SchedulerEffect]
  ) {
    guard let judging = judgings[entry.judging], case .awaited(let lease) = judging.phase,
      lease.epoch == entry.epoch
    else { return }
    dropLease(
      judging, lapsed: lease, note: lossNote(entry.worker), counts: counts, into: &effects)
  }

  private mutating func dropLease(
    _ judging: Judging, lapsed: Lease?, note: String, counts: Bool = true,
    into effects: inout [SchedulerEffect]
  ) {
    var judging = judging
    if counts, case .leased(let lease) = judging.phase { judging.lost.append(lease.epoch) }
    if counts, case .awaited(let lease) = judging.phase { judging.lost.append(lease.epoch) }
    judgings[judging.order.judging] = judging
    if judging.losses >= policy.lossesUntilQuarantine {
      let reason = "lost \(judging.losses) workers while it was judged; last: \(note)"
      quarantine(judging, reason: reason, into: &effects)
    } else {
      requeue(judging, lapsed: lapsed, note: note, into: &effects)
    }
  }

  /// Lets pass what is due at `now`, before anything else is looked at.
  mutating func expire(at now: Instant, into effects: inout [SchedulerEffect]) {
    if let ends = graceEnds, now >= ends {
      graceEnds = nil
      for id in judgings.keys.sorted() {
        guard let judging = judgings[id], case .awaited(let lease) = judging.phase,
          lease.session == SessionID(0)
        else { continue }
        // The lease stays open: whoever holds it may still deliver, until it is granted anew.
        requeue(
          judging, lapsed: lease, note: "its worker did not come back after the restart",
          into: &effects)
      }
    }
    while let first = broken.first, now >= first.due {
      broken.removeFirst()
      endWait(first, counts: true, into: &effects)
    }
    guard let check = nextSessionCheck, now >= check else { return }
    // Also a safety net: a worker that has become suspect is not waited for any more.
    needsScheduling = true
    for id in sessions.ids {
      guard let session = sessions[id] else { continue }
      let silence = now - session.lastSeen
      if silence > policy.lostAfter {
        end(id, mayReturn: false, at: now, into: &effects)
        continue
      }
      if session.isSuspect(at: now, policy) { sessions.modify(id) { $0.isSilent = true } }
      if silence > policy.probeAfter, !session.probed {
        // Says nothing, but a dead connection answers with "unreachable".
        sessions.modify(id) { $0.probed = true }
        effects.append(.send(id, .acknowledge([])))
      }
      pressStops(id, at: now, into: &effects)
    }
    reviewNewcomers(at: now, into: &effects)
    nextSessionCheck =
      sessions.isEmpty ? nil : now + TimeSpan(nanoseconds: policy.heartbeat.nanoseconds / 2)
  }
}
