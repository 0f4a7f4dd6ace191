internal import JudgeModel
internal import Messages
internal import SchedulerCore
internal import WorkerCore

/// A worker with a model of its hands: a disk, transfers, and runs in slots.
struct WorkerProcess {
  let name: WorkerID
  let slots: Int
  let languages: [LanguageSupport]
  let labels: [Label]
  let budgetBytes: Int64
  /// nil: it is down.
  var core: Worker?
  /// Grows with each start, and is the instance it says hello with.
  var life = 0
  var instance: UInt64 = 0
  var connection: Int?
  var pausedUntil = Instant.zero
  /// Packages of which something is on the disk, least recently written first.
  var disk: [FoundPackage] = []
  var arriving: [Digest: Arrival] = [:]
  /// Packages of which so much has come that a judging may begin; a transfer that is tried again, or
  /// mends what was damaged, changes nothing of that.
  var startable: Set<Digest> = []
  var running: [Int: Running] = [:]
  /// Judgings whose program it has.
  var programs: Set<JudgingID> = []
  /// Of parts that were granted, what they are parts of.
  var wholes: [JudgingID: JudgingID] = [:]
  var wakeAt: Instant?
  /// What is told to stop before then does not.
  var stuckUntil = Instant.zero
  var diskFullUntil = Instant.zero
  /// Packages of which a blob on the disk is not what it was.
  var corrupt: Set<Digest> = []
  /// It was asked to leave.
  var isDraining = false
  /// What it said last, for its ghost.
  var lastSync: WorkerSync?
  /// Stops that this process has confirmed.
  var confirmed: [JudgingID: LeaseEpoch] = [:]
  /// Does not come back: its name was taken by another process.
  var isRetired = false
  var heldAtLastSync = 0

  /// A transfer: first nothing but a reservation, then its blobs, of which more and more are here.
  struct Arrival {
    var token: UInt64
    var reserved: Int64
    var blobs: [CachedBlob]
    var isDescribed = false
  }

  /// Bytes on the disk and those set aside, each blob once.
  var usedBytes: Int64 {
    var blobs: [Digest: Int64] = [:]
    for blob in disk.flatMap(\.held) { blobs[blob.digest] = blob.size }
    var reserved: Int64 = 0
    for arrival in arriving.values {
      if !arrival.isDescribed { reserved += arrival.reserved }
      for blob in arrival.isDescribed ? arrival.blobs : [] { blobs[blob.digest] = blob.size }
    }
    return blobs.values.reduce(reserved, +)
  }
}

extension WorkerProcess {
  /// Whether it has the language and the labels that a judging asks for.
  func meets(_ order: JudgingOrder) -> Bool {
    languages.contains { $0.language == order.language }
      && order.requires.allSatisfy { labels.contains($0) }
  }
}

extension World {
  mutating func makeWorker(_ index: Int, name: WorkerID? = nil) -> WorkerProcess {
    let languages = (0..<options.languages).filter {
      $0 == 0 || index == 0 || random.chance(perMille: 700)
    }
    let labels = (0..<options.labels).filter { _ in index == 0 || random.chance(perMille: 500) }
    return WorkerProcess(
      name: name ?? WorkerID("w\(index)"), slots: options.slots,
      languages: languages.map {
        LanguageSupport(language: LanguageID("l\($0)"), version: "1")
      }, labels: labels.map { Self.label($0) },
      budgetBytes: index > 0 && random.chance(perMille: options.smallCachesPerMille)
        ? random.between(1, options.archiveBytes * 2) : options.budgetBytes)
  }

  mutating func startWorker(_ index: Int) {
    guard workers[index].core == nil, !workers[index].isRetired else { return }
    workers[index].life += 1
    workers[index].instance = random.next()
    workers[index].pausedUntil = .zero
    workers[index].heldAtLastSync = 0
    (workers[index].stuckUntil, workers[index].diskFullUntil) = (.zero, .zero)
    workers[index].isDraining = false
    workers[index].confirmed = [:]
    findCorrupt(index)
    let slots = options.slots + (options.planted == .extraSlot ? 1 : 0)
    workers[index].core = Worker(
      settings: Worker.Settings(slots: slots, prefetch: options.prefetch),
      cache: PackageCache(budgetBytes: workers[index].budgetBytes, found: workers[index].disk))
    trace(10, Int64(index))
    agenda.plan(.dial(worker: index, life: workers[index].life), at: now)
  }

  /// The process is gone, with everything but the disk.
  mutating func endWorker(_ index: Int) {
    trace(11, Int64(index))
    workers[index].core = nil
    workers[index].life += 1
    if let connection = workers[index].connection { hangUp(connection, index) }
    workers[index].connection = nil
    for package in workers[index].arriving.keys.sorted() { interrupt(package, index) }
    workers[index].startable = []
    workers[index].running = [:]
    workers[index].programs = []
    workers[index].wholes = [:]
    workers[index].wakeAt = nil
  }

  /// The kernel closes the line of a process that has ended; what it had sent still arrives.
  private mutating func hangUp(_ connection: Int, _ index: Int) {
    if options.planted == .ghost, let sync = workers[index].lastSync,
      let session = scheduler.sessionOf[connection], session == sync.session
    {
      connections[connection].isHalfOpen = true
      agenda.plan(.ghost(session, sync), at: now)
    }
    connections[connection].hasLastWords = !connections[connection].isCut
    connections[connection].isCut = true
    connections[connection].parked = []
  }

  mutating func haunt(_ session: SessionID, _ sync: WorkerSync) throws(SimulationFailure) {
    guard scheduler.core?.hasJoined(session) == true else { return }
    try decide(.sync(sync))
    agenda.plan(.ghost(session, sync), at: now + .seconds(2))
  }

  /// A worker that starts reads what its disk has.
  private mutating func findCorrupt(_ index: Int) {
    for package in workers[index].corrupt.sorted() {
      guard let at = workers[index].disk.firstIndex(where: { $0.package == package }) else {
        continue
      }
      note(.corruptBlob)
      let found = workers[index].disk[at]
      workers[index].disk[at] = FoundPackage(
        package: package, blobs: found.blobs, held: Array(found.held.dropFirst()))
    }
    workers[index].disk.removeAll { $0.held.isEmpty }
    workers[index].corrupt = []
  }

  /// Until when nothing happens on a worker's machine.
  func pause(of worker: Int) -> Instant? {
    workers[worker].pausedUntil > now ? workers[worker].pausedUntil : nil
  }

  mutating func workerReceives(
    _ message: SchedulerMessage, _ worker: Int
  ) throws(SimulationFailure) {
    switch message {
    case .welcome(let welcome): try tell(worker, .welcomed(welcome))
    case .who: try tell(worker, .who)
    case .refused(let reason): try tell(worker, .refused(reason))
    case .grant(let grants):
      for grant in grants {
        workers[worker].programs.insert(grant.order.name.judging)
        workers[worker].wholes[grant.order.name.judging] = grant.order.part?.judging
      }
      try tell(worker, .granted(grants.map { mixedUp($0.order) }))
      // As in the agent: one that was not taken is not needed.
      for grant in grants where workers[worker].core?.holds(grant.order.name.judging) == false {
        workers[worker].programs.remove(grant.order.name.judging)
        workers[worker].wholes[grant.order.name.judging] = nil
      }
      for grant in grants { step(grant.order.name.judging) }
    case .cancel(let judging, let epoch): try tell(worker, .cancelled(judging, epoch))
    case .retract(let judging, let epoch): try tell(worker, .retracted(judging, epoch))
    case .share(let judging, let epoch, let parts):
      try tell(worker, .shareAsked(judging, epoch, parts: parts))
    case .helped(let judging, let epoch, let runs):
      try tell(worker, .helped(judging, epoch, runs))
    case .unshare(let judging, let epoch, let ordinals):
      try tell(worker, .unshared(judging, epoch, ordinals))
    case .acknowledge(let names):
      if options.planted != .deafWorkers { try tell(worker, .acknowledged(names)) }
    case .warm(let order):
      guard order.unpackedBytes <= workers[worker].budgetBytes else {
        throw failure("\(workers[worker].name) is asked for \(order.package), which is too large")
      }
      try tell(worker, .wished(order))
    case .unreadable(let reason): throw failure("the scheduler cannot read: \(reason)")
    }
  }

  /// One round of a worker.
  mutating func tell(_ index: Int, _ event: WorkerEvent) throws(SimulationFailure) {
    guard workers[index].core != nil else { return }
    var effects: [WorkerEffect] = []
    workers[index].core?.handle(event, at: now, into: &effects)
    workers[index].core?.settle(at: now, into: &effects)
    if options.checksEveryStep { workers[index].core?.checkInvariants() }
    for effect in effects {
      try perform(effect, index)
      // It has left.
      if workers[index].core == nil { return }
    }
    try checkBudget(index)
    guard let due = workers[index].core?.nextDeadline else { return }
    guard due > now else {
      throw failure("\(workers[index].name) wants to wake at \(due) and has just been awake")
    }
    if let planned = workers[index].wakeAt, planned <= due { return }
    workers[index].wakeAt = due
    agenda.plan(.workerWake(worker: index, life: workers[index].life), at: due)
  }

  mutating func wakeWorker(_ index: Int, _ life: Int) throws(SimulationFailure) {
    guard workers[index].life == life, workers[index].wakeAt == now else { return }
    if let until = pause(of: index) {
      workers[index].wakeAt = until
      agenda.plan(.workerWake(worker: index, life: life), at: until)
      return
    }
    workers[index].wakeAt = nil
    try tell(index, .timePassed)
  }

  private mutating func perform(
    _ effect: WorkerEffect, _ index: Int
  ) throws(SimulationFailure) {
    switch effect {
    case .send(let message):
      try noteSent(message, index)
      transmit(message, from: index)
    case .sayHello(let held, let cache, let load, let credit):
      let worker = workers[index]
      transmit(
        .hello(
          WorkerHello(
            token: "t", worker: worker.name, instance: worker.instance,
            programVersion: "simulated", host: "simulated", slots: Int32(clamping: worker.slots),
            languages: worker.languages, labels: worker.labels, sandbox: "simulated", held: held,
            cache: cache, load: load, creditLimit: credit)), from: index)
    case .evict(let package):
      if options.planted != .skippedEviction { try evict(package, index) }
    case .fetch(let package, let archiveBytes, let unpackedBytes):
      try fetch(package, archiveBytes, unpackedBytes, index)
    case .stopFetch(let package): stopFetch(package, index)
    case .giveUp(let package, reason: _): giveUp(package, index)
    case .start(let slot, let name, let package, let mode, let part):
      try start(name.judging, in: slot, with: package, mode, part, index)
    case .share(let slot, let parts): request(.share(parts: parts), of: slot, index)
    case .help(let slot, let runs): request(.helped(runs), of: slot, index)
    case .takeBack(let slot, let ordinals): request(.takeBack(ordinals), of: slot, index)
    case .abort(let slot):
      guard let running = workers[index].running[slot] else {
        throw failure("\(workers[index].name) stops slot \(slot), where nothing runs")
      }
      workers[index].running[slot]?.isAborted = true
      if workers[index].stuckUntil > now { note(.stuckRun) }
      agenda.plan(
        .runStopped(worker: index, life: workers[index].life, slot: slot, token: running.token),
        at: max(now, workers[index].stuckUntil) + span(upTo: .milliseconds(50)))
    case .forget(let judging):
      workers[index].programs.remove(judging)
      workers[index].wholes[judging] = nil
    case .leave(let reason):
      endWorker(index)
      if reason == nil {
        agenda.plan(.workerStart(index), at: now + span(upTo: .seconds(20)))
      } else {
        workers[index].isRetired = true
      }
    }
  }

  mutating func noteSent(
    _ message: WorkerMessage, _ index: Int
  ) throws(SimulationFailure) {
    switch message {
    case .sync(let sync):
      workers[index].heldAtLastSync = sync.held.count
      workers[index].lastSync = sync
    case .returned(_, let judging, _, let reason): try check(reason, of: judging, by: index)
    case .cancelled(_, let judging, let epoch):
      workers[index].confirmed[judging] = max(epoch, workers[index].confirmed[judging] ?? epoch)
    case .finished(_, let judging, let epoch, _):
      try checkVerdict(judging, epoch, index)
      step(judging)
    case .hello, .runs, .wishEnded, .goodbye: break
    }
  }

  /// A planted bug: the version before or after the right one.
  private func mixedUp(_ order: GrantOrder) -> GrantOrder {
    guard options.planted == .wrongPackage,
      let other = ledger.orders.map(\.package).first(where: { $0 != order.package })
    else { return order }
    var order = order
    order.package = other
    return order
  }

  mutating func transmit(_ message: WorkerMessage, from index: Int) {
    guard let connection = workers[index].connection, !connections[connection].isCut else {
      return
    }
    transmit(message, on: connection)
  }
}
