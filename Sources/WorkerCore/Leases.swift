internal import JudgeModel
internal import Messages

/// From grant to acknowledged outcome.
extension Worker {
  mutating func take(_ order: GrantOrder, at now: Instant, into effects: inout [WorkerEffect]) {
    grantsSeen = max(grantsSeen, order.sequence)
    mustSync = true
    let judging = order.name.judging
    if held[judging] != nil {
      retake(order)
      // An outcome that says nothing about the new lease is gone.
      guard held[judging] == nil else { return }
    }
    arrivals += 1
    // `unblock` asks the cache for its package.
    held[judging] = Held(
      order: order, phase: .blocked(since: now), arrival: arrivals, arrivedAt: now)
    if isDraining {
      finish(judging, .returned(.draining), at: now, into: &effects)
    }
  }

  /// A grant of what is held already: sent again, or granted anew after our connection was thought
  /// lost. Work that is under way is as good under the new epoch.
  private mutating func retake(_ order: GrantOrder) {
    let judging = order.name.judging
    guard var known = held[judging], order.name.epoch > known.order.name.epoch else { return }
    known.order.name.epoch = order.name.epoch
    switch known.phase {
    case .fetching, .blocked, .ready, .running: break
    case .stopping(let slot, _): known.phase = .stopping(slot: slot, isGrantedAnew: true)
    case .finished(let outcome, _):
      if case .judged(let result) = outcome, result.verdict != .judgeError {
        known.phase = .finished(outcome, sentAt: nil)
      } else {
        held[judging] = nil
        return
      }
    }
    held[judging] = known
  }

  /// Blocked for longer than others may pass it.
  private func isOverdue(_ lease: Held, at now: Instant) -> Bool {
    if case .blocked(let since) = lease.phase {
      now - since >= settings.blockedPatience
    } else {
      false
    }
  }

  /// Asks the cache for the package of a blocked lease.
  private mutating func admit(
    _ judging: JudgingID, at now: Instant, into effects: inout [WorkerEffect]
  ) {
    guard var lease = held[judging] else { return }
    let order = lease.order
    switch cache.admit(order.package, unpacked: order.unpackedBytes) {
    case .hit, .startable: lease.phase = .ready
    case .arriving: lease.phase = .fetching
    case .fetch(let victims):
      lease.phase = .fetching
      for victim in victims { effects.append(.evict(victim)) }
      if !victims.isEmpty { cacheChanged = true }
      effects.append(order.fetch)
    case .full: return stopTransfers(for: order, into: &effects)
    case .tooLarge(let bytes):
      let reason = ReturnReason.workerFault(tooLargeText(bytes))
      return finish(judging, .returned(reason), at: now, into: &effects)
    }
    lease.isPinned = true
    held[judging] = lease
    noteUse(of: order.package, at: now)
  }

  /// Leases that are new, and those that found the cache full, as something may have been unpinned since:
  /// oldest first, and none before one that has been passed by others for long enough.
  mutating func unblock(at now: Instant, into effects: inout [WorkerEffect]) {
    let blocked = held.values.filter {
      if case .blocked = $0.phase { true } else { false }
    }
    for lease in blocked.sorted(by: { $0.arrival < $1.arrival }) {
      let judging = lease.order.name.judging
      admit(judging, at: now, into: &effects)
      if let lease = held[judging], isOverdue(lease, at: now) { return }
    }
  }

  mutating func startReady(at now: Instant, into effects: inout [WorkerEffect]) {
    guard slots.contains(where: { $0 == nil }) else { return }
    let ready = held.values.filter {
      if case .ready = $0.phase { true } else { false }
    }
    // What is all here first: the others may have to wait in their slot.
    let isHere = Dictionary(
      ready.map { ($0.order.package, cache.contains($0.order.package)) }, uniquingKeysWith: { $1 })
    let key = { (lease: Held) in
      (isHere[lease.order.package] == true ? 0 as UInt64 : 1, lease.arrival)
    }
    for lease in ready.sorted(by: { key($0) < key($1) }) {
      guard let slot = slots.firstIndex(where: { $0 == nil }) else { return }
      let name = lease.order.name
      slots[slot] = name.judging
      held[name.judging]?.phase = .running(slot: slot)
      held[name.judging]?.startedAt = now
      held[name.judging]?.shared = []
      held[name.judging]?.remaining = nil
      effects.append(
        .start(
          slot: slot, name, package: lease.order.package, mode: lease.order.mode,
          part: lease.order.part?.ordinals))
    }
  }

  /// Judgings of this package need not wait for it any more.
  mutating func release(_ digest: Digest) {
    for (judging, lease) in held where lease.order.package == digest {
      if case .fetching = lease.phase { held[judging]?.phase = .ready }
    }
  }

  /// A transfer ended early: once more, if only the disk was full and something can go, and otherwise
  /// all who are not running yet are given back. Those that run hear of it when they need the rest.
  mutating func fail(
    _ digest: Digest, _ failure: FetchFailure, _ kept: [CachedBlob], at now: Instant,
    into effects: inout [WorkerEffect]
  ) {
    let users = held.values.filter { $0.isPinned && $0.order.package == digest }
      .sorted { $0.arrival < $1.arrival }
    if stopping.remove(digest) != nil, let order = users.first?.order {
      // Somebody waits for it since, and its room is still reserved.
      effects.append(order.fetch)
      return
    }
    if failure.isDiskFull, let order = users.first?.order,
      let victims = cache.makeRoom(for: digest)
    {
      for victim in victims { effects.append(.evict(victim)) }
      cacheChanged = true
      effects.append(order.fetch)
      return
    }
    effects.append(.giveUp(digest, reason: failure.reason))
    for lease in users {
      switch lease.phase {
      case .fetching, .ready:
        finish(
          lease.order.name.judging, .returned(.workerFault(failure.reason)), at: now,
          into: &effects)
      case .blocked, .running, .stopping, .finished: break
      }
    }
    cache.abandon(digest, kept: kept)
    endWish(digest, failure.reason, into: &effects)
  }

  /// Somebody removed files below the cache directory.
  mutating func repair(_ digest: Digest, into effects: inout [WorkerEffect]) {
    switch cache.lose(digest) {
    case .nothing: return
    case .gone: effects.append(.giveUp(digest, reason: "the package is not here any more"))
    case .evict: effects.append(.evict(digest))
    case .refetch:
      let user = held.values.filter { $0.isPinned && $0.order.package == digest }
        .min { $0.arrival < $1.arrival }
      if let user { effects.append(user.order.fetch) }
    }
    cacheChanged = true
    mustSync = true
  }

  /// What ran in a slot is over.
  mutating func end(
    _ slot: Int, _ judging: JudgingID, _ outcome: Outcome, at now: Instant,
    into effects: inout [WorkerEffect]
  ) {
    guard slots.indices.contains(slot), slots[slot] == judging, let lease = held[judging] else {
      return
    }
    slots[slot] = nil
    if case .stopping(_, let isGrantedAnew) = lease.phase {
      guard !isGrantedAnew else {
        // Its package may have been given up since it began: it asks for it like a new one.
        if lease.isPinned { cache.unpin(lease.order.package) }
        held[judging]?.isPinned = false
        held[judging]?.phase = .blocked(since: now)
        return
      }
      drop(judging, into: &effects)
      if let session {
        effects.append(.send(.cancelled(session, judging, lease.order.name.epoch)))
      }
      mustSync = true
    } else {
      finish(judging, timed(outcome, of: lease, at: now), at: now, into: &effects)
    }
  }

  /// With where the time went.
  private func timed(_ outcome: Outcome, of lease: Held, at now: Instant) -> Outcome {
    guard case .judged(var result) = outcome, let startedAt = lease.startedAt else {
      return outcome
    }
    result.spans = WorkerSpans(waiting: startedAt - lease.arrivedAt, judging: now - startedAt)
    return .judged(result)
  }

  mutating func finish(
    _ judging: JudgingID, _ outcome: Outcome, at now: Instant, into effects: inout [WorkerEffect]
  ) {
    guard var lease = held[judging] else { return }
    if lease.isPinned { cache.unpin(lease.order.package) }
    lease.isPinned = false
    noteUse(of: lease.order.package, at: now)
    // The outcome repeats every run, so what was not reported yet need not be.
    lease.unreported = []
    lease.phase = .finished(outcome, sentAt: session == nil ? nil : now)
    held[judging] = lease
    mustSync = true
    send(outcome, lease.order.name, into: &effects)
  }

  private mutating func drop(_ judging: JudgingID, into effects: inout [WorkerEffect]) {
    guard let lease = held.removeValue(forKey: judging) else { return }
    if lease.isPinned { cache.unpin(lease.order.package) }
    effects.append(.forget(judging))
  }

  mutating func acknowledge(_ name: LeaseName, into effects: inout [WorkerEffect]) {
    guard let lease = held[name.judging], lease.order.name.epoch <= name.epoch,
      case .finished = lease.phase
    else { return }
    drop(name.judging, into: &effects)
  }

  mutating func cancel(
    _ judging: JudgingID, _ epoch: LeaseEpoch, into effects: inout [WorkerEffect]
  ) {
    guard let lease = held[judging], lease.order.name.epoch <= epoch else {
      // Never had it, or hold a newer lease on it.
      if held[judging] == nil, let session {
        effects.append(.send(.cancelled(session, judging, epoch)))
      }
      return
    }
    switch lease.phase {
    case .running(let slot):
      held[judging]?.phase = .stopping(slot: slot, isGrantedAnew: false)
      effects.append(.abort(slot: slot))
    case .stopping(let slot, _):
      held[judging]?.phase = .stopping(slot: slot, isGrantedAnew: false)
    case .fetching, .blocked, .ready, .finished:
      drop(judging, into: &effects)
      if let session { effects.append(.send(.cancelled(session, judging, epoch))) }
      mustSync = true
    }
  }

  /// Another worker is idle. What has begun stays here, and the sync says that.
  mutating func retract(
    _ judging: JudgingID, _ epoch: LeaseEpoch, at now: Instant, into effects: inout [WorkerEffect]
  ) {
    mustSync = true
    guard let lease = held[judging], lease.order.name.epoch == epoch else { return }
    switch lease.phase {
    case .fetching, .blocked, .ready:
      finish(judging, .returned(.retracted), at: now, into: &effects)
    case .running, .stopping, .finished: break
    }
  }

  mutating func drain(at now: Instant, into effects: inout [WorkerEffect]) {
    isDraining = true
    mustSync = true
    for lease in held.values.sorted(by: { $0.arrival < $1.arrival }) {
      switch lease.phase {
      case .fetching, .blocked, .ready:
        finish(lease.order.name.judging, .returned(.draining), at: now, into: &effects)
      case .running, .stopping, .finished: break
      }
    }
  }
}

extension GrantOrder {
  /// What its package is fetched with.
  fileprivate var fetch: WorkerEffect {
    .fetch(package, archiveBytes: archiveBytes, unpackedBytes: unpackedBytes)
  }
}
