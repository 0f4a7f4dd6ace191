internal import JudgeModel
internal import WorkerCore

extension World {
  /// One misfortune, then the next is planned.
  mutating func fault() throws(SimulationFailure) {
    guard isFaulty, !options.faults.isEmpty else { return }
    let wait = TimeSpan.nanoseconds(
      random.between(1, max(1, options.faultInterval.nanoseconds * 2)))
    agenda.plan(.fault, at: now + wait)
    let fault = options.faults[random.index(options.faults.count)]
    let worker = random.index(workers.count)
    report.faults += 1
    switch fault {
    case .cut: if let line = workers[worker].connection { cut(line) }
    case .blackHole:
      if let line = workers[worker].connection {
        connections[line].isBlackHole = true
        agenda.plan(.lineDown(line), at: now + span(upTo: .seconds(60)))
      }
    case .stall:
      if let line = workers[worker].connection {
        connections[line].stalledUntil = max(
          connections[line].stalledUntil, now + span(upTo: .seconds(40)))
      }
    case .workerCrash, .workerLoss:
      guard workers[worker].core != nil else { return }
      endWorker(worker)
      if fault == .workerLoss { workers[worker].disk = [] }
      agenda.plan(.workerStart(worker), at: now + span(upTo: .seconds(30)))
    case .workerPause:
      guard workers[worker].core != nil else { return }
      workers[worker].pausedUntil = now + span(upTo: .seconds(60))
    case .impostor:
      guard !workers[worker].isRetired, workers.count < 4 * options.workers else { return }
      workers.append(makeWorker(0, name: workers[worker].name))
      agenda.plan(.workerStart(workers.count - 1), at: now)
    case .workerDrain:
      guard pause(of: worker) == nil else { return }
      try tell(worker, .drain)
    case .schedulerCrash: crashScheduler()
    }
  }

  /// The end of all faults: lines that swallow break, the dead are started. Stalls and pauses end by
  /// themselves.
  mutating func heal() throws(SimulationFailure) {
    isFaulty = false
    for id in connections.indices where !connections[id].isCut {
      if connections[id].isBlackHole { cut(id) }
    }
    for index in workers.indices {
      agenda.plan(.workerStart(index), at: now + span(upTo: .seconds(5)))
    }
    agenda.plan(.checkProgress, at: now + Self.patience)
    checkFinish()
  }
}
