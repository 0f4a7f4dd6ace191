internal import JudgeModel
internal import Messages

/// A judging that has no final state yet.
struct Judging {
  enum Phase {
    /// Next: leased; or final by cancel, or by the verdict of a lapsed lease.
    case queued(lapsed: Lease?)
    /// Leased, but the connection broke or this scheduler has just started: its worker has a while to
    /// come back. Next: leased, queued, or final by cancel.
    case awaited(Lease)
    /// Next: final, queued.
    case leased(Lease)
  }
  var order: JudgingOrder
  var phase: Phase
  /// Its place in the queue, kept while it is leased so that it can return to it.
  let arrival: UInt64
  /// When it began to wait.
  let since: Instant
  /// The newest lease there is known to have been: an older one is never believed in again.
  var newest: LeaseEpoch?
  var judgeErrors = 0
  var faults = 0
  /// Leases that lapsed because their worker was lost. One is taken off again when its worker turns out
  /// to be alive with it, whoever has the judging now.
  var lost: [LeaseEpoch] = []
  var losses: Int { faults + lost.count }

  func grantOrder(epoch: LeaseEpoch, sequence: UInt64) -> GrantOrder {
    GrantOrder(
      name: LeaseName(judging: order.judging, epoch: epoch), sequence: sequence,
      package: order.package, archiveBytes: order.archiveBytes,
      unpackedBytes: order.unpackedBytes, mode: order.mode)
  }

  /// Whether its worker was asked to give it back. Of an adopted lease that is not known.
  var wasAskedBack: Bool {
    switch phase {
    case .queued(let lapsed): lapsed != nil
    case .awaited: true
    case .leased(let lease): lease.retract != nil || lease.sequence == 0
    }
  }

  /// The lease that may still end this judging: the current one, or one that lapsed or is awaited.
  func isOpen(for epoch: LeaseEpoch) -> Bool {
    switch phase {
    case .queued(let lapsed): lapsed?.epoch == epoch
    case .awaited(let awaited): awaited.epoch == epoch
    case .leased(let lease): lease.epoch == epoch
    }
  }
}

struct Lease {
  var session: SessionID
  var epoch: LeaseEpoch
  var worker: WorkerID
  var grantedAt: Instant
  /// When the grant was last sent, or the lease adopted: for a while after that nothing the worker
  /// says can be an answer to it.
  var sentAt: Instant
  /// Number of the grant in its session; 0 when the lease was adopted.
  var sequence: UInt64
  /// The worker was asked to give it back.
  var retract: Retract?

  /// One that is only known from the record.
  static func recorded(_ epoch: LeaseEpoch, at now: Instant) -> Lease {
    Lease(
      session: SessionID(0), epoch: epoch, worker: WorkerID(""), grantedAt: now, sentAt: now,
      sequence: 0)
  }
}

extension Scheduler {
  mutating func restore(_ list: [RestoredJudging], at now: Instant) {
    for item in list where judgings[item.order.judging] == nil {
      var judging = Judging(
        order: item.order, phase: .queued(lapsed: nil), arrival: queue.nextArrival(), since: now,
        newest: item.newestEpoch)
      if let epoch = item.epoch {
        judging.phase = .awaited(.recorded(epoch, at: now))
        graceEnds = now + policy.adoptionGrace
      } else {
        queue.insert(item.order, arrival: judging.arrival, since: now)
      }
      judgings[item.order.judging] = judging
    }
    needsScheduling = true
  }

  mutating func submit(_ orders: [JudgingOrder], at now: Instant) {
    for order in orders where judgings[order.judging] == nil {
      let arrival = queue.nextArrival()
      judgings[order.judging] = Judging(
        order: order, phase: .queued(lapsed: nil), arrival: arrival, since: now)
      queue.insert(order, arrival: arrival, since: now)
    }
    needsScheduling = true
  }

  mutating func take(
    _ runs: [Run], of name: LeaseName, from session: SessionID, at now: Instant,
    into effects: inout [SchedulerEffect]
  ) {
    if name.judging.isPart {
      return takePartRuns(runs, of: name, from: session, at: now, into: &effects)
    }
    guard let judging = judgings[name.judging], judging.isOpen(for: name.epoch) else { return }
    effects.append(.record(.runs(name.judging, name.epoch, runs)))
    effects.append(.publish(name.judging, judging.order.batch, .runs(runs)))
  }

  mutating func finish(
    _ name: LeaseName, _ result: JudgingResult, from session: SessionID, at now: Instant,
    into effects: inout [SchedulerEffect]
  ) {
    if name.judging.isPart {
      return finishPart(name, result, from: session, at: now, into: &effects)
    }
    let acknowledge = SchedulerEffect.send(session, .acknowledge([name]))
    noteStopped(name, by: session, into: &effects)
    guard let judging = judgings[name.judging], judging.isOpen(for: name.epoch) else {
      // Stale: somebody else has it, or it is over. The worker may forget it.
      effects.append(acknowledge)
      return
    }
    if result.verdict == .judgeError {
      takeBack(name, .judgeError(result.message), from: session, at: now, into: &effects)
      effects.append(acknowledge)
      return
    }
    if case .leased(let lease) = judging.phase, !wasSplit(name.judging) {
      learn(judging.order.package, took: now - lease.grantedAt)
    }
    let worker = sessions[session]?.worker ?? WorkerID("")
    effects.append(.record(.judged(name.judging, name.epoch, worker, result)))
    effects.append(acknowledge)
    effects.append(.publish(name.judging, judging.order.batch, .judged(worker, result)))
    sessions.modify(session) {
      $0.judged += 1
      $0.conduct.faultsInARow = 0
    }
    counts.judged += 1
    forget(judging)
  }

  /// A lease ended without a verdict.
  mutating func takeBack(
    _ name: LeaseName, _ reason: ReturnReason, from session: SessionID, at now: Instant,
    into effects: inout [SchedulerEffect]
  ) {
    if case .draining = reason { sessions.modify(session) { $0.conduct.isDraining = true } }
    if name.judging.isPart {
      return takeBackPart(name, reason, from: session, at: now, into: &effects)
    }
    noteStopped(name, by: session, into: &effects)
    guard var judging = judgings[name.judging], judging.isOpen(for: name.epoch) else { return }
    var reason = reason
    if case .retracted = reason, !judging.wasAskedBack {
      reason = .workerFault("the worker gave it back before it began, and nobody had asked")
    }
    if case .workerFault = reason {
      let package = judging.order.package
      sessions.modify(session) { $0.conduct.noteFault(with: package, at: now, policy) }
    }
    effects.append(.record(.returned(name.judging, name.epoch, reason: reason.text)))
    switch reason {
    case .judgeError: judging.judgeErrors += 1
    case .workerFault: judging.faults += 1
    case .draining, .retracted: break
    }
    judgings[name.judging] = judging
    if judging.judgeErrors >= policy.judgeErrorsUntilQuarantine
      || judging.losses >= policy.lossesUntilQuarantine
    {
      quarantine(judging, reason: reason.text, into: &effects)
    } else {
      requeue(judging, lapsed: nil, note: reason.text, into: &effects)
      if case .retracted = reason { redirect(judging, at: now, into: &effects) }
    }
  }

  mutating func cancel(
    _ id: JudgingID, at now: Instant, into effects: inout [SchedulerEffect]
  ) {
    guard let judging = judgings[id] else { return }
    effects.append(.record(.cancelled(id)))
    if case .leased(let lease) = judging.phase {
      stop(
        LeaseName(judging: id, epoch: lease.epoch), at: lease.session, at: now, into: &effects)
    }
    effects.append(.publish(id, judging.order.batch, .ended(.cancelled, reason: "cancelled")))
    counts.cancelled += 1
    forget(judging)
  }

  /// Sets a judging aside: it hurts workers, or cannot be judged, and a person has to look.
  mutating func quarantine(
    _ judging: Judging, reason: String, into effects: inout [SchedulerEffect]
  ) {
    let id = judging.order.judging
    effects.append(.record(.quarantined(id, reason: reason)))
    effects.append(.publish(id, judging.order.batch, .ended(.quarantined, reason: reason)))
    counts.quarantined += 1
    forget(judging)
  }

  /// Lets a leased or awaited judging wait again at its old place.
  mutating func requeue(
    _ judging: Judging, lapsed: Lease?, note: String, into effects: inout [SchedulerEffect]
  ) {
    release(judging)
    var judging = judging
    judging.phase = .queued(lapsed: lapsed)
    judgings[judging.order.judging] = judging
    queue.insert(judging.order, arrival: judging.arrival, since: judging.since)
    effects.append(.publish(judging.order.judging, judging.order.batch, .queued(note: note)))
    needsScheduling = true
  }

  /// Takes a judging out of whatever holds it: the queue or a session.
  mutating func release(_ judging: Judging) {
    endSplit(judging.order.judging)
    queue.remove(judging.order)
    if case .leased(let lease) = judging.phase {
      sessions.removeLease(
        lease.session, judging.order.judging, package: judging.order.package)
    }
  }

  mutating func forget(_ judging: Judging) {
    release(judging)
    judgings[judging.order.judging] = nil
  }

  /// Exponential mean with weight 1/8: follows a changed package within a dozen judgings.
  private mutating func learn(_ package: Digest, took: TimeSpan) {
    let old = meanDuration[package] ?? took
    meanDuration[package] = old + TimeSpan(nanoseconds: (took - old).nanoseconds / 8)
  }
}
