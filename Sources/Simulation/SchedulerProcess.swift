internal import JudgeModel
internal import Messages
internal import SchedulerCore

/// The scheduler with a model of its shell: connections to sessions, rounds, group commit.
struct SchedulerProcess {
  /// nil: it is down.
  var core: Scheduler?
  /// Grows with each start; what was planned for an earlier life does not happen.
  var life = 0
  var generation: UInt32 = 0
  var sessionCounter: UInt64 = 0
  var sessionOf: [Int: SessionID] = [:]
  var connectionOf: [SessionID: Int] = [:]
  /// Decided, not yet on its way to the store.
  var pending: [SchedulerEffect] = []
  /// On its way to the store.
  var committing: [SchedulerEffect]?
  var isRoundPlanned = false
  var wakeAt: Instant?
}

extension World {
  mutating func startScheduler() throws(SimulationFailure) {
    guard scheduler.core == nil else { return }
    let life = scheduler.life + 1
    scheduler = SchedulerProcess()
    scheduler.life = life
    scheduler.generation = store.nextGeneration()
    scheduler.core = Scheduler(
      generation: scheduler.generation,
      identity: SchedulerIdentity(programVersion: "simulated", bulkPort: 1),
      policy: options.policy, at: now)
    trace(1, Int64(life))
    let unfinished = store.unfinished
    if !unfinished.isEmpty { try decide(.restored(unfinished)) }
  }

  mutating func crashScheduler() {
    guard scheduler.core != nil else { return }
    report.schedulerCrashes += 1
    trace(2, Int64(scheduler.life))
    // The commit that was under way may have reached the disk; nobody was told of it either way.
    if let effects = scheduler.committing, random.chance(perMille: 500) {
      _ = store.commit(effects.compactMap(\.record))
    }
    store.forgetLast(Int(random.between(1, 20)))
    scheduler.core = nil
    for id in connections.indices where !connections[id].isCut { cut(id) }
    agenda.plan(.schedulerStart, at: now + span(upTo: .seconds(20)))
  }

  mutating func schedulerReceives(
    _ message: WorkerMessage, on connection: Int
  ) throws(SimulationFailure) {
    if case .hello(let hello) = message {
      scheduler.sessionCounter += 1
      let session = SessionID(UInt64(scheduler.generation) << 32 | scheduler.sessionCounter)
      let old = scheduler.sessionOf.updateValue(session, forKey: connection)
      scheduler.connectionOf[session] = connection
      if let old {
        scheduler.connectionOf[old] = nil
        try decide(.disconnected(old))
      }
      ledger.credit[session] = hello.creditLimit
      ledger.workers[session] = hello.worker
      var believed = hello
      if options.planted == .overdrawnCredit { believed.creditLimit += 2 }
      return try decide(.hello(session, believed))
    }
    guard let session = scheduler.sessionOf[connection], message.session == session else {
      return transmit(.who, on: connection)
    }
    switch message {
    case .hello: break
    case .sync(let sync):
      ledger.credit[session] = max(ledger.credit[session] ?? 0, sync.creditLimit)
      try decide(.sync(sync))
    case .runs(_, let judging, let epoch, let runs):
      try decide(.runs(session, judging, epoch, runs))
    case .finished(_, let judging, let epoch, let result):
      let current = options.planted == .noFencing ? store[judging]?.epoch : nil
      try decide(.finished(session, judging, current ?? epoch, result))
    case .returned(_, let judging, let epoch, let reason):
      if case .retracted = reason, store[judging]?.epoch == epoch { report.retracted += 1 }
      try decide(.returned(session, judging, epoch, reason))
    case .cancelled(_, let judging, let epoch):
      try decide(.cancelConfirmed(session, judging, epoch))
    case .wishEnded(_, let package, let reason):
      try decide(.wishEnded(session, package, reason: reason))
    case .goodbye: try decide(.goodbye(session))
    }
  }

  mutating func decide(_ event: SchedulerEvent) throws(SimulationFailure) {
    scheduler.core?.handle(event, at: now, into: &scheduler.pending)
    if options.roundSpan == .zero {
      try endRound(scheduler.life)
    } else if !scheduler.isRoundPlanned {
      scheduler.isRoundPlanned = true
      agenda.plan(.schedulerRound(life: scheduler.life), at: now + span(upTo: options.roundSpan))
    }
  }

  mutating func endRound(_ life: Int) throws(SimulationFailure) {
    guard life == scheduler.life, scheduler.core != nil else { return }
    scheduler.isRoundPlanned = false
    scheduler.core?.schedule(at: now, into: &scheduler.pending)
    if options.checksEveryStep { scheduler.core?.checkInvariants() }
    try pump()
    try planSchedulerWake()
  }

  private mutating func planSchedulerWake() throws(SimulationFailure) {
    guard let due = scheduler.core?.nextDeadline else { return }
    if options.roundSpan == .zero, due <= now {
      throw failure("the scheduler wants to wake at \(due) and has just been awake")
    }
    if let planned = scheduler.wakeAt, planned <= due { return }
    scheduler.wakeAt = due
    agenda.plan(.schedulerWake(life: scheduler.life), at: max(due, now))
  }

  mutating func wakeScheduler(_ life: Int) throws(SimulationFailure) {
    guard life == scheduler.life, scheduler.core != nil, scheduler.wakeAt == now else { return }
    scheduler.wakeAt = nil
    guard let due = scheduler.core?.nextDeadline, due <= now else {
      return try planSchedulerWake()
    }
    scheduler.core?.handle(.timePassed, at: now, into: &scheduler.pending)
    try endRound(life)
    if let due = scheduler.core?.nextDeadline, due <= now {
      throw failure("the scheduler wants to wake at \(due) and has just been awake")
    }
  }

  /// Record, then tell: what was decided goes to the store in one commit, and is told when that is
  /// durable.
  private mutating func pump() throws(SimulationFailure) {
    while scheduler.committing == nil, !scheduler.pending.isEmpty {
      let round = scheduler.pending
      scheduler.pending = []
      let needsStore = round.contains {
        switch $0 {
        case .record, .grant: true
        case .send, .close, .publish: false
        }
      }
      if needsStore {
        scheduler.committing = round
        if options.planted == .tellsFirst { try perform(round) }
        let life = scheduler.life
        agenda.plan(.committed(life: life), at: now + span(upTo: options.commitSpan))
      } else {
        try perform(round)
      }
    }
  }

  mutating func committed(_ life: Int) throws(SimulationFailure) {
    guard life == scheduler.life, scheduler.core != nil, let round = scheduler.committing else {
      return
    }
    scheduler.committing = nil
    let stale = store.commit(round.compactMap(\.record))
    if let record = stale.first { throw failure("the store refused \(record)") }
    if options.planted != .tellsFirst { try perform(round) }
    checkFinish()
    try endRound(life)
  }

  private mutating func perform(_ round: [SchedulerEffect]) throws(SimulationFailure) {
    for effect in round {
      switch effect {
      case .record(let record): try check(record)
      case .grant(let session, let orders, submissions: _):
        for order in orders { try grant(order, to: session) }
        if options.planted == .doubledGrant,
          let other = scheduler.connectionOf.keys.filter({ $0 != session }).min()
        {
          for order in orders { try grant(order, to: other) }
        }
      case .send(let session, let message):
        switch message {
        case .acknowledge(let names): try checkAcknowledged(names)
        case .cancel(let judging, let epoch):
          ledger.stopped.insert(LeaseName(judging: judging, epoch: epoch))
        case .retract: report.retracts += 1
        case .helped(let judging, let epoch, let runs) where options.planted == .foreignRuns:
          let other = JudgingID(judging.value + 1)
          let foreign = runs.map { ledger.run(of: other, $0.ordinal) }
          send(.helped(judging, epoch, foreign), to: session)
          continue
        case .share, .helped, .unshare, .welcome, .who, .refused, .grant, .warm, .unreadable: break
        }
        send(message, to: session)
      case .close(let session):
        if let connection = scheduler.connectionOf.removeValue(forKey: session),
          scheduler.sessionOf[connection] == session
        {
          scheduler.sessionOf[connection] = nil
        }
      case .publish(let judging, _, let news): try checkNews(judging, news)
      }
    }
  }

  private mutating func grant(
    _ order: GrantOrder, to session: SessionID
  ) throws(SimulationFailure) {
    try checkGrant(order, to: session)
    trace(3, order.name.judging.value, session.value)
    send(.grant([Grant(order: order, program: Self.program)]), to: session)
  }

  static let program = Program(language: LanguageID("l0"), files: [])

  private mutating func send(_ message: SchedulerMessage, to session: SessionID) {
    guard let connection = scheduler.connectionOf[session] else { return }
    guard !connections[connection].isCut else {
      // The peer is unreachable, and now the scheduler knows.
      scheduler.core?.handle(.disconnected(session), at: now, into: &scheduler.pending)
      if options.roundSpan != .zero, !scheduler.isRoundPlanned {
        scheduler.isRoundPlanned = true
        agenda.plan(.schedulerRound(life: scheduler.life), at: now)
      }
      return
    }
    transmit(message, on: connection)
  }
}

extension SchedulerEffect {
  var record: Record? {
    if case .record(let record) = self { record } else { nil }
  }
}

extension WorkerMessage {
  /// The session it claims; nil for hello.
  fileprivate var session: SessionID? {
    switch self {
    case .hello: nil
    case .sync(let sync): sync.session
    case .runs(let session, _, _, _), .finished(let session, _, _, _),
      .returned(let session, _, _, _), .cancelled(let session, _, _),
      .wishEnded(let session, _, reason: _), .goodbye(let session):
      session
    }
  }
}
