internal import JudgeModel
internal import Messages
internal import SchedulerCore
internal import WorkerCore

/// Promises about what is said and kept, checked at every step; see `Ledger` for the list.
extension World {
  /// A worker asks for no more than it has room for.
  func checkCredit(
    _ limit: UInt64, seen: UInt64, on connection: Int
  ) throws(SimulationFailure) {
    let worker = workers[connections[connection].worker]
    guard limit <= seen + UInt64(worker.slots + options.prefetch) else {
      throw failure("\(worker.name) has seen \(seen) grants and has room for \(limit) in all")
    }
  }

  /// A worker reports a verdict.
  func checkVerdict(
    _ judging: JudgingID, _ epoch: LeaseEpoch, _ index: Int
  ) throws(SimulationFailure) {
    if let confirmed = workers[index].confirmed[judging], epoch <= confirmed {
      throw failure(
        "\(workers[index].name) reports a verdict of \(judging) \(epoch), which it has stopped")
    }
  }

  /// When nothing is on its way between the scheduler and its store, both know of the same judgings.
  func checkConservation() throws(SimulationFailure) {
    guard options.checksEveryStep, scheduler.pending.isEmpty, scheduler.committing == nil,
      let core = scheduler.core, core.unfinishedCount != store.unfinishedCount
    else { return }
    throw failure(
      "\(store.unfinishedCount) judgings are open, and the scheduler knows of "
        + "\(core.unfinishedCount)")
  }

  func checkOutbox(_ connection: Int) throws(SimulationFailure) {
    guard connections[connection].parked.count <= options.outboxMessages else {
      throw failure(
        "\(connections[connection].parked.count) messages are kept for a worker that does not read")
    }
  }

  /// On lines that stand still: a heartbeat and what it leads to every two seconds, and each outcome
  /// again every five, for a minute.
  func checkBacklog(_ connection: Int) throws(SimulationFailure) {
    let line = connections[connection]
    let limit = 200 + 50 * (options.slots + options.prefetch)
    guard line.waitingForWorker.count <= limit, line.waitingForScheduler.count <= limit else {
      throw failure(
        "\(line.waitingForWorker.count) and \(line.waitingForScheduler.count) messages wait on a line"
      )
    }
  }

  /// What is said in a session that is over is answered by `who` and has no other effect.
  func checkStale(_ event: SchedulerEvent, of session: SessionID) throws(SimulationFailure) {
    guard options.checksEveryStep, var core = scheduler.core, !core.hasJoined(session) else {
      return
    }
    var effects: [SchedulerEffect] = []
    // What is due without it.
    core.handle(.timePassed, at: now, into: &effects)
    core.schedule(at: now, into: &effects)
    effects = []
    core.handle(event, at: now, into: &effects)
    core.schedule(at: now, into: &effects)
    if case .goodbye = event, effects.isEmpty { return }
    guard effects == [.send(session, .who)] else {
      throw failure("what was said in \(session), which is over, led to \(effects)")
    }
  }
}

/// Promises about what gets done, when the faults are over.
extension World {
  static let watchInterval = TimeSpan.seconds(5)

  /// How long a slot may idle: until a lost worker is given up, a restart's grace is over, the longest
  /// wait for a warm worker and the longest pause after a fault have passed.
  private var longestIdling: TimeSpan {
    let policy = options.policy
    return policy.lostAfter + policy.reconnectGrace + policy.adoptionGrace
      + policy.longestWarmWaitOfBatch + policy.faultPause + Self.watchInterval
  }

  mutating func watch() throws(SimulationFailure) {
    guard !isFinishing else { return }
    agenda.plan(.watch, at: now + Self.watchInterval)
    let waiting = store.rows.filter { !$0.state.isFinal && ($0.state == .queued || isLeft($0)) }
    for index in workers.indices {
      guard let row = waiting.first(where: { couldTake($0.order, index) }) else {
        ledger.idleSince[index] = nil
        continue
      }
      let since = ledger.idleSince[index] ?? now
      ledger.idleSince[index] = since
      if now - since > longestIdling {
        throw failure(
          "\(workers[index].name) has had room since \(since) while \(row.order.judging) waits"
            + (row.state == .queued ? "" : ", which a dead worker has"))
      }
    }
  }

  /// Its newest lease is that of a process that has ended.
  private func isLeft(_ row: SimulatedStore.Row) -> Bool {
    guard let epoch = row.epoch, let owner = ledger.owner[epoch],
      let line = ledger.lines[owner.session]
    else { return false }
    return workers[connections[line].worker].life != connections[line].life
  }

  private func couldTake(_ order: JudgingOrder, _ index: Int) -> Bool {
    let worker = workers[index]
    guard worker.core != nil, !worker.isDraining, pause(of: index) == nil,
      let line = worker.connection, let session = scheduler.sessionOf[line],
      scheduler.core?.hasJoined(session) == true
    else { return false }
    return worker.programs.count < worker.slots && order.unpackedBytes <= worker.budgetBytes
      && worker.meets(order)
  }
}
