internal import JudgeModel
internal import Messages

extension JudgingRequest {
  init(from wire: Assize_V1_JudgingRequest) throws(WireError) {
    guard let priority = Priority(rawValue: wire.priority) else {
      throw WireError("judging_request.priority", "\(wire.priority) is not a priority")
    }
    self.init(
      key: try identifier(wire.key, "judging_request.key", atMost: WireBounds.nameBytes),
      team: try boundedText(wire.team, "judging_request.team", atMost: WireBounds.nameBytes),
      program: try Program(from: wire.program),
      package: try Digest(from: wire.package, "judging_request.package"),
      mode: try choice(wire.mode, "judging_request.mode"), priority: priority,
      batch: wire.batch == 0 ? nil : BatchID(wire.batch),
      requires: try Label.demanded(wire.requires, "judging_request.requires"))
  }
  var wire: Assize_V1_JudgingRequest {
    var wire = Assize_V1_JudgingRequest()
    wire.key = key
    wire.team = team
    wire.program = program.wire
    wire.package = package.wire
    wire.mode = mode.rawValue
    wire.priority = priority.rawValue
    wire.batch = batch?.value ?? 0
    wire.requires = requires.map(\.wire)
    return wire
  }
}

extension Watched {
  init(from wire: Assize_V1_Watch) throws(WireError) {
    switch wire.subject {
    case .batch(let id): self = .batch(BatchID(id))
    case .judging(let id): self = .judging(JudgingID(id))
    case nil: throw WireError("watch.subject", "missing: name a batch or a judging")
    }
  }
  func wire(_ request: UInt64) -> Assize_V1_Watch {
    var wire = Assize_V1_Watch()
    wire.request = request
    switch self {
    case .batch(let id): wire.batch = id.value
    case .judging(let id): wire.judging = id.value
    }
    return wire
  }
}

extension JudgingEvent {
  init(from wire: Assize_V1_Happened) throws(WireError) {
    let id = JudgingID(wire.judging)
    let key = try boundedText(wire.key, "happened.key", atMost: WireBounds.nameBytes)
    switch wire.news {
    case .queued(let note):
      self = .queued(id, key: key, note: try boundedText(note, "happened.queued"))
    case .startedWorker(let worker):
      self = .started(id, key: key, worker: WorkerID(worker))
    case .run(let run): self = .run(id, key: key, try Run(from: run))
    case .judged(let judged):
      self = .judged(
        id, key: key, worker: WorkerID(judged.worker), try JudgingResult(from: judged.result))
    case .ended(let ended):
      self = .ended(
        id, key: key, try choice(ended.state, "happened.ended.state"),
        reason: try boundedText(ended.reason, "happened.ended.reason"))
    case nil: throw WireError("happened.news", "missing")
    }
  }
  func wire(_ request: UInt64) -> Assize_V1_Happened {
    var wire = Assize_V1_Happened()
    wire.request = request
    wire.judging = judging.value
    wire.key = key
    switch self {
    case .queued(_, _, let note): wire.queued = note
    case .started(_, _, let worker): wire.startedWorker = worker.value
    case .run(_, _, let run): wire.run = run.wire
    case .judged(_, _, let worker, let result):
      wire.judged.worker = worker.value
      wire.judged.result = result.wire
    case .ended(_, _, let state, let reason):
      wire.ended.state = state.rawValue
      wire.ended.reason = reason
    }
    return wire
  }
}

extension WorkerStatus {
  init(from wire: Assize_V1_WorkerStatus) throws(WireError) {
    self.init(
      worker: WorkerID(try identifier(wire.worker, "worker_status.worker")),
      session: SessionID(wire.session), state: try choice(wire.state, "worker_status.state"),
      host: wire.host, programVersion: wire.programVersion, sandbox: wire.sandbox,
      slots: wire.slots, busySlots: wire.busySlots,
      languages: try wire.languages.decoded(LanguageSupport.init(from:)),
      labels: try wire.labels.decoded(Label.init(from:)),
      cache: try CacheReport(from: wire.cache), load: LoadReport(from: wire.load),
      lastSeenAgo: .nanoseconds(wire.lastSeenAgoNanoseconds), judged: wire.judged)
  }
  var wire: Assize_V1_WorkerStatus {
    var wire = Assize_V1_WorkerStatus()
    wire.worker = worker.value
    wire.session = session.value
    wire.state = state.rawValue
    wire.host = host
    wire.programVersion = programVersion
    wire.sandbox = sandbox
    wire.slots = slots
    wire.busySlots = busySlots
    wire.languages = languages.map(\.wire)
    wire.labels = labels.map(\.wire)
    wire.cache = cache.wire
    wire.load = load.wire
    wire.lastSeenAgoNanoseconds = lastSeenAgo.nanoseconds
    wire.judged = judged
    return wire
  }
}

extension ClusterStatus {
  init(from wire: Assize_V1_StatusReply) throws(WireError) {
    self.init(
      programVersion: wire.programVersion, uptime: .nanoseconds(wire.uptimeNanoseconds),
      queued: wire.queued, leased: wire.leased, judged: wire.judged, cancelled: wire.cancelled,
      quarantined: wire.quarantined,
      workers: try wire.workers.decoded(WorkerStatus.init(from:)),
      waiting: wire.waiting.map { WaitingNote(count: $0.count, reason: $0.reason) })
  }
  func wire(_ request: UInt64) -> Assize_V1_StatusReply {
    var wire = Assize_V1_StatusReply()
    wire.request = request
    wire.programVersion = programVersion
    wire.uptimeNanoseconds = uptime.nanoseconds
    wire.queued = queued
    wire.leased = leased
    wire.judged = judged
    wire.cancelled = cancelled
    wire.quarantined = quarantined
    wire.workers = workers.map(\.wire)
    wire.waiting = waiting.map { note in
      var out = Assize_V1_WaitingNote()
      out.count = note.count
      out.reason = note.reason
      return out
    }
    return wire
  }
}
