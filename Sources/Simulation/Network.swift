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
    let connection = connections[id]
    guard !connection.isCut, !connection.isBlackHole, scheduler.core != nil else { return }
    if connection.stalledUntil > now {
      agenda.plan(.toScheduler(id, message), at: connection.stalledUntil)
      return
    }
    try schedulerReceives(message, on: id)
  }

  mutating func arrive(_ message: SchedulerMessage, on id: Int) throws(SimulationFailure) {
    let connection = connections[id]
    guard !connection.isCut, !connection.isBlackHole,
      workers[connection.worker].connection == id
    else { return }
    if let until = pause(of: connection.worker) ?? stall(of: connection) {
      agenda.plan(.toWorker(id, message), at: until)
      return
    }
    try workerReceives(message, connection.worker)
  }

  private func stall(of connection: Connection) -> Instant? {
    connection.stalledUntil > now ? connection.stalledUntil : nil
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
