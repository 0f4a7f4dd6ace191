internal import JudgeModel
internal import Messages
internal import WorkerCore

/// One worker's line to the scheduler: in order and complete while it stands, gone with all that was
/// on it when it breaks. A worker that dials again has a new one.
struct Connection {
  let worker: Int
  /// Of the worker's process.
  let life: Int
  var isCut = false
  /// It is cut, and the scheduler's side does not know yet: what is sent vanishes.
  var isHalfOpen = false
  /// The worker's process died: what it said before may still come.
  var hasLastWords = false
  /// What of the one and of the other is swallowed, and by which fault.
  var swallowsFromScheduler: Fault?
  var swallowsFromWorker: Fault?
  var stalledUntil = Instant.zero
  /// The worker does not read; what it is sent waits in `parked`.
  var unreadUntil = Instant.zero
  /// The worker's messages find no room.
  var blockedUntil = Instant.zero
  var lastToScheduler = Instant.zero
  var lastToWorker = Instant.zero
  /// Arrived, but held up by a stall or by somebody who stands still.
  var waitingForScheduler: [WorkerMessage] = []
  var waitingForWorker: [SchedulerMessage] = []
  /// Not even sent.
  var parked: [SchedulerMessage] = []
}

extension World {
  mutating func dial(_ worker: Int, _ life: Int) throws(SimulationFailure) {
    guard workers[worker].life == life, workers[worker].core != nil,
      workers[worker].connection == nil
    else { return }
    if let until = pause(of: worker) {
      agenda.plan(.dial(worker: worker, life: life), at: until)
      return
    }
    guard scheduler.core != nil else {
      agenda.plan(.dial(worker: worker, life: life), at: now + span(upTo: .seconds(2)))
      return
    }
    connections.append(Connection(worker: worker, life: life))
    workers[worker].connection = connections.count - 1
    try tell(worker, .connected)
  }

  // MARK: Sending

  mutating func transmit(_ message: WorkerMessage, on connection: Int) {
    guard connections[connection].blockedUntil <= now else {
      // As in the agent: the core repeats what matters.
      return note(.slowScheduler)
    }
    for _ in 0..<copies() {
      let at = max(now + span(upTo: options.latency), connections[connection].lastToScheduler)
      connections[connection].lastToScheduler = at
      agenda.plan(.toScheduler(connection, message), at: at)
    }
  }

  /// As in the server: what a slow connection does not take is kept, unless it may be dropped.
  /// - Returns: false when the worker is too far behind and is given up.
  mutating func transmit(
    _ message: SchedulerMessage, on connection: Int, mayDrop: Bool
  ) throws(SimulationFailure) -> Bool {
    guard connections[connection].unreadUntil > now || !connections[connection].parked.isEmpty
    else {
      put(message, on: connection)
      return true
    }
    note(.slowWorker)
    if mayDrop { return true }
    if connections[connection].parked.count >= options.outboxMessages,
      options.planted != .boundlessOutbox
    {
      // Should it wake up, this makes it say hello: it has missed something.
      connections[connection].parked = [.who]
      return false
    }
    connections[connection].parked.append(message)
    try checkOutbox(connection)
    return true
  }

  private mutating func put(_ message: SchedulerMessage, on connection: Int) {
    for _ in 0..<copies() {
      let at = max(now + span(upTo: options.latency), connections[connection].lastToWorker)
      connections[connection].lastToWorker = at
      agenda.plan(.toWorker(connection, message), at: at)
    }
  }

  /// The worker reads again.
  mutating func flush(_ connection: Int) {
    guard connections[connection].unreadUntil <= now else { return }
    let parked = connections[connection].parked
    connections[connection].parked = []
    for message in parked where !connections[connection].isCut { put(message, on: connection) }
  }

  private mutating func copies() -> Int {
    guard isFaulty else { return 1 }
    if random.chance(perMille: options.lossPerMille) {
      note(.lostMessage)
      return 0
    }
    guard random.chance(perMille: options.repetitionPerMille) else { return 1 }
    note(.repeatedMessage)
    return 2
  }

  // MARK: Arriving

  mutating func arrive(_ message: WorkerMessage, on id: Int) throws(SimulationFailure) {
    if let fault = connections[id].swallowsFromWorker { return note(fault) }
    connections[id].waitingForScheduler.append(message)
    try deliver(id)
  }

  mutating func arrive(_ message: SchedulerMessage, on id: Int) throws(SimulationFailure) {
    if let fault = connections[id].swallowsFromScheduler { return note(fault) }
    connections[id].waitingForWorker.append(message)
    try deliver(id)
  }

  /// Hands over what has arrived, in order, or plans to.
  mutating func deliver(_ id: Int) throws(SimulationFailure) {
    try checkBacklog(id)
    let worker = connections[id].worker
    if connections[id].stalledUntil > now {
      agenda.plan(.deliver(id), at: connections[id].stalledUntil)
      return
    }
    if let until = schedulerPause {
      agenda.plan(.deliver(id), at: until)
    } else {
      while !connections[id].isCut || connections[id].hasLastWords, scheduler.core != nil,
        !connections[id].waitingForScheduler.isEmpty
      {
        try schedulerReceives(connections[id].waitingForScheduler.removeFirst(), on: id)
      }
    }
    if let until = pause(of: worker) {
      agenda.plan(.deliver(id), at: until)
      return
    }
    while !connections[id].isCut, workers[worker].connection == id,
      !connections[id].waitingForWorker.isEmpty
    {
      try workerReceives(connections[id].waitingForWorker.removeFirst(), worker)
    }
  }

  // MARK: Breaking

  /// Breaks a line. Whoever sends on it next, or waits a little, notices.
  mutating func cut(_ id: Int) {
    connections[id].hasLastWords = false
    connections[id].isHalfOpen = false
    guard !connections[id].isCut else { return }
    connections[id].isCut = true
    connections[id].parked = []
    agenda.plan(.lineDown(id), at: now + span(upTo: .seconds(3)))
  }

  /// For a while the scheduler does not find out that a line is cut: as long as ZMTP's own heartbeat
  /// takes.
  mutating func halfOpen(_ id: Int) {
    connections[id].isHalfOpen = true
    agenda.plan(.foundCut(id), at: now + span(upTo: .seconds(25)))
  }

  mutating func lineDown(_ id: Int) throws(SimulationFailure) {
    let connection = connections[id]
    let worker = connection.worker
    guard workers[worker].connection == id, workers[worker].core != nil else { return }
    if let until = pause(of: worker) {
      agenda.plan(.lineDown(id), at: until)
      return
    }
    connections[id].isCut = true
    workers[worker].connection = nil
    try tell(worker, .disconnected)
    agenda.plan(
      .dial(worker: worker, life: workers[worker].life), at: now + span(upTo: .seconds(2)))
  }
}
