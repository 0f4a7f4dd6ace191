internal import JudgeModel
internal import WorkerCore

extension World {
  /// Somebody felt it.
  mutating func note(_ fault: Fault) { report.faultCounts[fault, default: 0] += 1 }
  mutating func note(_ accident: Accident) { report.accidentCounts[accident, default: 0] += 1 }

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
    case .cut, .blackHole, .deafWorker, .muteWorker, .halfOpen, .stall, .slowWorker, .slowScheduler:
      if let line = workers[worker].connection, !connections[line].isCut { disturb(line, fault) }
    case .workerCrash, .workerLoss, .workerPause, .stuckRun, .workerDiskFull, .corruptBlob,
      .impostor, .workerDrain:
      try disturb(worker: worker, fault)
    case .schedulerCrash:
      if scheduler.core != nil { note(.schedulerCrash) }
      try crashScheduler()
    case .schedulerPause:
      guard scheduler.core != nil else { return }
      note(.schedulerPause)
      scheduler.pausedUntil = now + span(upTo: .seconds(40))
    case .slowStore: storeSlowUntil = now + span(upTo: .seconds(60))
    case .storeFull: storeFullUntil = now + span(upTo: .seconds(30))
    case .packageUpdate: if updatePackage() { note(.packageUpdate) }
    }
  }

  /// What happens to a line. Those that are only felt when something is said are noted then.
  private mutating func disturb(_ line: Int, _ fault: Fault) {
    switch fault {
    case .cut:
      note(.cut)
      cut(line)
    case .blackHole, .deafWorker, .muteWorker:
      if fault != .muteWorker { connections[line].swallowsFromScheduler = fault }
      if fault != .deafWorker { connections[line].swallowsFromWorker = fault }
      // Without acknowledgements TCP gives up both ways in the end.
      agenda.plan(.lineDown(line), at: now + span(upTo: .seconds(60)))
    case .halfOpen:
      cut(line)
      halfOpen(line)
    case .stall:
      note(.stall)
      connections[line].stalledUntil = max(
        connections[line].stalledUntil, now + span(upTo: .seconds(40)))
    case .slowWorker:
      connections[line].unreadUntil = now + span(upTo: .seconds(40))
      agenda.plan(.flush(line), at: connections[line].unreadUntil)
    case .slowScheduler: connections[line].blockedUntil = now + span(upTo: .seconds(20))
    default: break
    }
  }

  private mutating func disturb(worker: Int, _ fault: Fault) throws(SimulationFailure) {
    guard workers[worker].core != nil else { return }
    switch fault {
    case .workerCrash, .workerLoss:
      note(fault)
      let line = workers[worker].connection
      endWorker(worker)
      if fault == .workerLoss {
        workers[worker].disk = []
        workers[worker].corrupt = []
      }
      // Its machine lost power, and nobody closes its connection.
      if let line, options.faults.contains(.halfOpen), random.chance(perMille: 500) {
        connections[line].hasLastWords = false
        halfOpen(line)
      }
      // At once, when somebody watches over it.
      let wait = random.chance(perMille: 300) ? TimeSpan.milliseconds(200) : .seconds(30)
      agenda.plan(.workerStart(worker), at: now + span(upTo: wait))
    case .workerPause:
      note(.workerPause)
      workers[worker].pausedUntil = now + span(upTo: .seconds(60))
    case .stuckRun: workers[worker].stuckUntil = now + span(upTo: .seconds(120))
    case .workerDiskFull: workers[worker].diskFullUntil = now + span(upTo: .seconds(60))
    case .corruptBlob:
      let whole = workers[worker].disk.filter(\.isComplete)
      guard !whole.isEmpty else { return }
      workers[worker].corrupt.insert(whole[random.index(whole.count)].package)
    case .impostor:
      guard !workers[worker].isRetired, workers.count < 4 * options.workers else { return }
      note(.impostor)
      workers.append(makeWorker(0, name: workers[worker].name))
      agenda.plan(.workerStart(workers.count - 1), at: now)
    case .workerDrain:
      guard pause(of: worker) == nil else { return }
      note(.workerDrain)
      workers[worker].isDraining = true
      try tell(worker, .drain)
    default: break
    }
  }

  /// A judging has come to a new step; perhaps somebody cancels it just then.
  mutating func step(_ judging: JudgingID) {
    guard isFaulty, options.stepCancelsPerMille > 0, !judging.isPart,
      random.chance(perMille: options.stepCancelsPerMille)
    else { return }
    note(.cancelAtStep)
    agenda.plan(.cancel(judging), at: now)
  }

  /// The end of all faults: lines that swallow break, the dead are started. Stalls and pauses end by
  /// themselves.
  mutating func heal() throws(SimulationFailure) {
    isFaulty = false
    storeFullUntil = now
    storeSlowUntil = now
    for id in connections.indices where !connections[id].isCut {
      let connection = connections[id]
      if connection.swallowsFromWorker != nil || connection.swallowsFromScheduler != nil { cut(id) }
    }
    for index in workers.indices {
      workers[index].stuckUntil = now
      workers[index].diskFullUntil = now
      agenda.plan(.workerStart(index), at: now + span(upTo: .seconds(5)))
    }
    calm()
  }

  /// From now on everything has to get done.
  mutating func calm() {
    agenda.plan(.checkProgress, at: now + patience)
    if options.checksEveryStep { agenda.plan(.watch, at: now + Self.watchInterval) }
    checkFinish()
  }
}
