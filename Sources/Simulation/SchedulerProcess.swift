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
  /// It stands still until then.
  var pausedUntil = Instant.zero
}

extension World {
  mutating func startScheduler() throws(SimulationFailure) {
    guard scheduler.core == nil else { return }
    guard storeFullUntil <= now else {
      // It cannot write its generation; whoever watches over it starts it again.
      agenda.plan(.schedulerStart, at: now + span(upTo: .seconds(5)))
      return
    }
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
    ledger.noteRestart(store)
    if !unfinished.isEmpty { try decide(.restored(unfinished)) }
  }

  mutating func crashScheduler() throws(SimulationFailure) {
    guard scheduler.core != nil else { return }
    // The commit that was under way may have reached the disk; nobody was told of it either way.
    if let effects = scheduler.committing, storeFullUntil <= now, random.chance(perMille: 500) {
      for record in effects.compactMap(\.record) where store.commit([record]).isEmpty {
        try check(record)
        ledger.note(record)
      }
    }
    store.forgetLast(Int(random.between(1, 20)))
    stopScheduler()
  }

  /// The process ends, with all that it had not recorded.
  private mutating func stopScheduler() {
    report.schedulerCrashes += 1
    trace(2, Int64(scheduler.life))
    scheduler.core = nil
    for id in connections.indices { cut(id) }
    agenda.plan(.schedulerStart, at: now + span(upTo: .seconds(20)))
  }

  /// Until when it stands still.
  var schedulerPause: Instant? {
    scheduler.core != nil && scheduler.pausedUntil > now ? scheduler.pausedUntil : nil
  }

  mutating func schedulerReceives(
    _ message: WorkerMessage, on connection: Int
  ) throws(SimulationFailure) {
    if case .hello(let hello) = message {
      scheduler.sessionCounter += 1
      var session = SessionID(UInt64(scheduler.generation) << 32 | scheduler.sessionCounter)
      if options.planted == .reusedSessions, let earlier = lastSession(of: hello.worker) {
        session = earlier
      }
      let old = scheduler.sessionOf.updateValue(session, forKey: connection)
      scheduler.connectionOf[session] = connection
      if let old {
        scheduler.connectionOf[old] = nil
        try decide(.disconnected(old))
      }
      try checkCredit(hello.creditLimit, seen: 0, on: connection)
      ledger.credit[session] = hello.creditLimit
      ledger.workers[session] = hello.worker
      ledger.lines[session] = connection
      var believed = hello
      if options.planted == .overdrawnCredit { believed.creditLimit += 2 }
      if options.planted == .blindToLabels {
        believed.labels = (0..<options.labels).map { Self.label($0) }
      }
      return try decide(.hello(session, believed))
    }
    guard let said = message.session else { return }
    guard let session = scheduler.sessionOf[connection], said == session else {
      if let event = event(message, in: said) { try checkStale(event, of: said) }
      if !connections[connection].isCut {
        _ = try transmit(.who, on: connection, mayDrop: true)
      }
      return
    }
    if case .sync(let sync) = message {
      try checkCredit(sync.creditLimit, seen: sync.grantsSeen, on: connection)
      ledger.credit[said] = max(ledger.credit[said] ?? 0, sync.creditLimit)
    }
    guard let event = event(message, in: session) else { return }
    if case .returned(_, let judging, let epoch, .retracted) = message,
      store[judging]?.epoch == epoch
    {
      report.retracted += 1
    }
    try decide(event)
    switch message {
    case .finished(_, let judging, _, _), .returned(_, let judging, _, _),
      .runs(_, let judging, _, _):
      step(judging)
    case .hello, .sync, .cancelled, .wishEnded, .goodbye: break
    }
  }

  /// One that is over.
  private func lastSession(of worker: WorkerID) -> SessionID? {
    ledger.workers.filter { $0.value == worker && scheduler.connectionOf[$0.key] == nil }.keys.max()
      .flatMap { $0.value >> 32 == UInt64(scheduler.generation) ? $0 : nil }
  }

  /// What a message that is not hello means to the core.
  private func event(_ message: WorkerMessage, in session: SessionID) -> SchedulerEvent? {
    switch message {
    case .hello: return nil
    case .sync(var sync):
      sync.session = session
      if options.planted == .deafToCredit { sync.creditLimit = 0 }
      return .sync(sync)
    case .runs(_, let judging, let epoch, let runs):
      if options.planted == .mixedRuns,
        let other = store.rows.first(where: { $0.state == .leased && $0.order.judging != judging }),
        let current = other.epoch
      {
        return .runs(session, other.order.judging, current, runs)
      }
      return .runs(session, judging, epoch, runs)
    case .finished(_, let judging, let epoch, let result):
      let current = options.planted == .noFencing ? store[judging]?.epoch : nil
      return .finished(session, judging, current ?? epoch, result)
    case .returned(_, let judging, let epoch, let reason):
      return .returned(session, judging, epoch, reason)
    case .cancelled(_, let judging, let epoch): return .cancelConfirmed(session, judging, epoch)
    case .wishEnded(_, let package, let reason):
      return .wishEnded(session, package, reason: reason)
    case .goodbye: return .goodbye(session)
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
    if let until = schedulerPause {
      agenda.plan(.schedulerRound(life: life), at: until)
      return
    }
    scheduler.isRoundPlanned = false
    scheduler.core?.schedule(at: now, into: &scheduler.pending)
    if options.checksEveryStep { scheduler.core?.checkInvariants() }
    try pump()
    try checkConservation()
    try planSchedulerWake()
  }

  private mutating func planSchedulerWake() throws(SimulationFailure) {
    guard let due = scheduler.core?.nextDeadline else { return }
    if options.roundSpan == .zero, due <= now, due > scheduler.pausedUntil {
      throw failure("the scheduler wants to wake at \(due) and has just been awake")
    }
    if let planned = scheduler.wakeAt, planned <= due { return }
    // After a pause it is overdue.
    let at = max(due, now)
    scheduler.wakeAt = at
    agenda.plan(.schedulerWake(life: scheduler.life), at: at)
  }

  mutating func wakeScheduler(_ life: Int) throws(SimulationFailure) {
    guard life == scheduler.life, scheduler.core != nil, scheduler.wakeAt == now else { return }
    if let until = schedulerPause {
      scheduler.wakeAt = until
      agenda.plan(.schedulerWake(life: life), at: until)
      return
    }
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
        case .send, .close, .note, .publish: false
        }
      }
      if needsStore {
        scheduler.committing = round
        if options.planted == .tellsFirst { try perform(round) }
        let life = scheduler.life
        var wait = span(upTo: options.commitSpan)
        if storeSlowUntil > now {
          note(.slowStore)
          wait = wait + span(upTo: .seconds(15))
        }
        agenda.plan(.committed(life: life), at: now + wait)
      } else {
        try perform(round)
      }
    }
  }

  mutating func committed(_ life: Int) throws(SimulationFailure) {
    guard life == scheduler.life, scheduler.core != nil, let round = scheduler.committing else {
      return
    }
    if let until = schedulerPause {
      agenda.plan(.committed(life: life), at: until)
      return
    }
    if storeFullUntil > now, round.contains(where: { $0.record != nil }) {
      // What is not recorded is not told, and a server that cannot record stops.
      note(.storeFull)
      return stopScheduler()
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
      case .record(let record):
        try check(record)
        ledger.note(record)
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
          try send(.helped(judging, epoch, foreign), to: session)
          continue
        case .share, .helped, .unshare, .welcome, .who, .refused, .grant, .warm, .unreadable: break
        }
        try send(message, to: session)
      case .close(let session):
        if let connection = scheduler.connectionOf.removeValue(forKey: session),
          scheduler.sessionOf[connection] == session
        {
          scheduler.sessionOf[connection] = nil
        }
      case .note: report.notes += 1
      case .publish(let judging, _, let news): try checkNews(judging, news)
      }
    }
  }

  private mutating func grant(
    _ order: GrantOrder, to session: SessionID
  ) throws(SimulationFailure) {
    try checkGrant(order, to: session)
    trace(3, order.name.judging.value, session.value)
    try send(.grant([Grant(order: order, program: Self.program)]), to: session)
    step(order.name.judging)
  }

  static let program = Program(language: LanguageID("l0"), files: [])

  private mutating func send(
    _ message: SchedulerMessage, to session: SessionID
  ) throws(SimulationFailure) {
    guard let connection = scheduler.connectionOf[session] else { return }
    if connections[connection].isHalfOpen { return note(.halfOpen) }
    // When it is cut the peer is unreachable, and now the scheduler knows.
    if !connections[connection].isCut,
      try transmit(message, on: connection, mayDrop: false)
    {
      return
    }
    scheduler.core?.handle(.disconnected(session), at: now, into: &scheduler.pending)
    if options.roundSpan != .zero, !scheduler.isRoundPlanned {
      scheduler.isRoundPlanned = true
      agenda.plan(.schedulerRound(life: scheduler.life), at: now)
    }
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
