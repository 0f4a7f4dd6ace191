internal import JudgeModel
internal import Messages

/// What the scheduler is told, and when.
extension Worker {
  mutating func introduce(at now: Instant, into effects: inout [WorkerEffect]) {
    session = nil
    wishes = [:]
    nextSync = nil
    nextHello = now + settings.helloAfter
    grantsSeen = 0
    cacheChanged = false
    effects.append(
      .sayHello(
        held: heldLeases, cache: cache.report, load: load, creditLimit: creditLimit))
  }

  mutating func begin(_ welcome: Welcome, at now: Instant) {
    session = welcome.session
    // A scheduler that asks for nothing sensible gets a sensible rate all the same.
    heartbeat = min(max(welcome.heartbeat, .milliseconds(100)), .seconds(60))
    syncs = 0
    // Not earlier: grants of a session in between may have come.
    grantsSeen = 0
    // Of an earlier session, whose scheduler may be another one.
    wishes = [:]
    nextHello = nil
    mustSync = true
    nextSync = now
    // Whatever is over was perhaps told to a session that is gone: tell it again now.
    for (judging, lease) in held {
      if case .finished(let outcome, _) = lease.phase {
        held[judging]?.phase = .finished(outcome, sentAt: nil)
      }
    }
  }

  var heldLeases: [HeldLease] {
    held.values.map { lease in
      let phase: HeldLease.Phase =
        switch lease.phase {
        case .fetching, .blocked, .ready: .waiting
        case .running, .stopping: .running
        case .finished: .finished
        }
      var told = HeldLease(
        judging: lease.order.name.judging, epoch: lease.order.name.epoch, phase: phase)
      if case .running = lease.phase {
        told.shared = lease.shared
        told.remaining = lease.remaining
      }
      return told
    }.sorted { $0.judging < $1.judging }
  }

  mutating func synchronise(at now: Instant, into effects: inout [WorkerEffect]) {
    guard let session else { return }
    syncs += 1
    effects.append(
      .send(
        .sync(
          WorkerSync(
            session: session, sequence: syncs, creditLimit: creditLimit, grantsSeen: grantsSeen,
            held: heldLeases, cache: cacheChanged ? cache.report : nil, load: load,
            warming: wishes.keys.sorted()))))
    cacheChanged = false
    mustSync = false
    nextSync = now + heartbeat
  }

  mutating func report(_ run: Run, of judging: JudgingID, at now: Instant) {
    guard case .running = held[judging]?.phase else { return }
    held[judging]?.unreported.append(run)
    if nextReport == nil { nextReport = now + settings.reportEvery }
  }

  mutating func sendRuns(into effects: inout [WorkerEffect]) {
    nextReport = nil
    for (judging, lease) in held.sorted(by: { $0.key < $1.key }) where !lease.unreported.isEmpty {
      held[judging]?.unreported = []
      guard let session else { continue }
      effects.append(.send(.runs(session, judging, lease.order.name.epoch, lease.unreported)))
    }
  }

  mutating func repeatOutcomes(at now: Instant, into effects: inout [WorkerEffect]) {
    guard session != nil else { return }
    for (judging, lease) in held.sorted(by: { $0.key < $1.key }) {
      guard case .finished(let outcome, let sentAt) = lease.phase,
        sentAt.map({ now - $0 > settings.repeatAfter }) ?? true
      else { continue }
      held[judging]?.phase = .finished(outcome, sentAt: now)
      send(outcome, lease.order.name, into: &effects)
    }
  }

  func send(_ outcome: Outcome, _ name: LeaseName, into effects: inout [WorkerEffect]) {
    guard let session else { return }
    switch outcome {
    case .judged(let result):
      effects.append(.send(.finished(session, name.judging, name.epoch, result)))
    case .returned(let reason):
      effects.append(.send(.returned(session, name.judging, name.epoch, reason)))
    }
  }
}
