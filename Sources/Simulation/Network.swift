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
  var isBlackHole = false
  var stalledUntil = Instant.zero
  var lastToScheduler = Instant.zero
  var lastToWorker = Instant.zero
  /// Arrived, but held up by a stall or by a worker that stands still.
  var waitingForScheduler: [WorkerMessage] = []
  var waitingForWorker: [SchedulerMessage] = []
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

  mutating func transmit(_ message: WorkerMessage, on connection: Int) {
    for _ in 0..<copies() {
      let at = max(now + span(upTo: options.latency), connections[connection].lastToScheduler)
      connections[connection].lastToScheduler = at
      agenda.plan(.toScheduler(connection, message), at: at)
    }
  }

  mutating func transmit(_ message: SchedulerMessage, on connection: Int) {
    for _ in 0..<copies() {
      let at = max(now + span(upTo: options.latency), connections[connection].lastToWorker)
      connections[connection].lastToWorker = at
      agenda.plan(.toWorker(connection, message), at: at)
    }
  }

  private mutating func copies() -> Int {
    guard isFaulty else { return 1 }
    if random.chance(perMille: options.lossPerMille) { return 0 }
    return random.chance(perMille: options.repetitionPerMille) ? 2 : 1
  }

  mutating func arrive(_ message: WorkerMessage, on id: Int) throws(SimulationFailure) {
    guard !connections[id].isBlackHole else { return }
    connections[id].waitingForScheduler.append(message)
    try deliver(id)
  }

  mutating func arrive(_ message: SchedulerMessage, on id: Int) throws(SimulationFailure) {
    guard !connections[id].isBlackHole else { return }
    connections[id].waitingForWorker.append(message)
    try deliver(id)
  }

  /// Hands over what has arrived, in order, or plans to.
  mutating func deliver(_ id: Int) throws(SimulationFailure) {
    let worker = connections[id].worker
    if connections[id].stalledUntil > now {
      agenda.plan(.deliver(id), at: connections[id].stalledUntil)
      return
    }
    while !connections[id].isCut, scheduler.core != nil,
      !connections[id].waitingForScheduler.isEmpty
    {
      try schedulerReceives(connections[id].waitingForScheduler.removeFirst(), on: id)
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

  /// Breaks a line. Whoever sends on it next, or waits a little, notices.
  mutating func cut(_ id: Int) {
    guard !connections[id].isCut else { return }
    connections[id].isCut = true
    agenda.plan(.lineDown(id), at: now + span(upTo: .seconds(3)))
  }

  mutating func lineDown(_ id: Int) throws(SimulationFailure) {
    let connection = connections[id]
    let worker = connection.worker
    guard workers[worker].connection == id, workers[worker].core != nil else { return }
    if let until = pause(of: worker) {
      agenda.plan(.lineDown(id), at: until)
      return
    }
    workers[worker].connection = nil
    try tell(worker, .disconnected)
    agenda.plan(
      .dial(worker: worker, life: workers[worker].life), at: now + span(upTo: .seconds(2)))
  }
}
