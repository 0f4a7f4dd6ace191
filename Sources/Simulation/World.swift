internal import JudgeModel
internal import Messages
internal import SchedulerCore
internal import WorkerCore

/// A whole cluster on a virtual clock.
///
/// # Theory of operation
///
/// The scheduler and every worker are the production values, `Scheduler` and `Worker`. Around them
/// stand small models of what the shells do: connections with delays, a store that is durable when a
/// commit ends, package transfers and runs that take a drawn time. All that is going to happen stands
/// in one agenda; taking its first entry is the only passage of time, so a run depends on nothing but
/// its options.
///
/// There are two phases. While faults happen nothing wrong may be *done*; then everything heals, and
/// everything must get *done*. The checks look from outside: they read what the cores send and
/// record, not what they think.
struct World {
  enum Occurrence {
    case submit(Int)
    case cancel(JudgingID)
    case warm(package: Int, workers: Int32?)
    case toScheduler(Int, WorkerMessage)
    case toWorker(Int, SchedulerMessage)
    case deliver(Int)
    /// The worker notices that its connection is gone.
    case lineDown(Int)
    /// The scheduler's side of a half-open connection finds out.
    case foundCut(Int)
    /// A worker reads again.
    case flush(Int)
    case dial(worker: Int, life: Int)
    case schedulerRound(life: Int)
    case schedulerWake(life: Int)
    case committed(life: Int)
    case schedulerStart
    case schedulerCrash
    case workerStart(Int)
    case workerWake(worker: Int, life: Int)
    case transfer(worker: Int, life: Int, Digest, token: UInt64, TransferStep)
    case runStep(worker: Int, life: Int, slot: Int, token: UInt64)
    case runStopped(worker: Int, life: Int, slot: Int, token: UInt64)
    /// A planted bug.
    case ghost(SessionID, WorkerSync)
    case fault
    case heal
    case watch
    case checkProgress
  }

  let options: SimulationOptions
  var random: Random
  var agenda = Agenda<Occurrence>()
  var now = Instant.zero + .seconds(1)
  var store: SimulatedStore
  var scheduler = SchedulerProcess()
  var workers: [WorkerProcess] = []
  var connections: [Connection] = []
  var ledger = Ledger()
  var report: SimulationReport
  var isFaulty: Bool
  var storeSlowUntil = Instant.zero
  var storeFullUntil = Instant.zero
  /// Everything is over; time goes on until the workers know.
  var isFinishing = false

  init(_ options: SimulationOptions) {
    var options = options
    // The scheduler's own check would end the program before the checks from outside see it.
    if options.planted == .reusedGeneration { options.checksEveryStep = false }
    self.options = options
    random = Random(seed: options.seed)
    store = SimulatedStore(planted: options.planted)
    report = SimulationReport(seed: options.seed)
    isFaulty = options.faultSpan > .zero
  }

  /// Runs to the end.
  mutating func run() throws(SimulationFailure) -> SimulationReport {
    let start = now
    try prepare()
    while let (instant, occurrence) = agenda.next() {
      guard instant >= now else { throw failure("time went backwards") }
      now = instant
      report.steps += 1
      try happen(occurrence)
      if isFinishing, now >= ledger.end { break }
    }
    try checkEnd()
    finishReport(from: start)
    return report
  }

  private mutating func prepare() throws(SimulationFailure) {
    prepareWorkload()
    for index in 0..<options.workers {
      workers.append(makeWorker(index))
      agenda.plan(.workerStart(index), at: now + span(upTo: .seconds(1)))
    }
    try startScheduler()
    for restart in options.schedulerRestarts { agenda.plan(.schedulerCrash, at: now + restart) }
    if isFaulty {
      agenda.plan(.fault, at: now + span(upTo: options.faultInterval))
      agenda.plan(.heal, at: now + options.faultSpan)
    } else {
      calm()
    }
  }

  private mutating func happen(_ occurrence: Occurrence) throws(SimulationFailure) {
    switch occurrence {
    case .submit(let index): try submit(index)
    case .cancel(let judging): try cancel(judging)
    case .warm(let package, let workers): try warm(package, workers)
    case .toScheduler(let connection, let message): try arrive(message, on: connection)
    case .toWorker(let connection, let message): try arrive(message, on: connection)
    case .deliver(let connection): try deliver(connection)
    case .lineDown(let connection): try lineDown(connection)
    case .foundCut(let connection): connections[connection].isHalfOpen = false
    case .flush(let connection): flush(connection)
    case .dial(let worker, let life): try dial(worker, life)
    case .schedulerRound(let life): try endRound(life)
    case .schedulerWake(let life): try wakeScheduler(life)
    case .committed(let life): try committed(life)
    case .schedulerStart: try startScheduler()
    case .schedulerCrash: try crashScheduler()
    case .workerStart(let worker): startWorker(worker)
    case .workerWake(let worker, let life): try wakeWorker(worker, life)
    case .transfer(let worker, let life, let package, let token, let step):
      try transfer(worker, life, package, token, step)
    case .runStep(let worker, let life, let slot, let token):
      try runStep(worker, life, slot, token)
    case .runStopped(let worker, let life, let slot, let token):
      try runStopped(worker, life, slot, token)
    case .ghost(let session, let sync): try haunt(session, sync)
    case .fault: try fault()
    case .heal: try heal()
    case .watch: try watch()
    case .checkProgress:
      guard isFinishing else { throw failure("no progress: \(stuck)") }
    }
  }

  /// How long after the faults everything may take to finish, at most: as if one slot had to do it all,
  /// each judging with a transfer of its own, and what else has to be waited for before. Generous: it
  /// is there to tell slow from never.
  var patience: TimeSpan {
    let fetch = TimeSpan.microseconds(
      options.archiveBytes / max(1, options.fetchRate / 1_000_000))
    return options.arrivalSpan + .seconds(900)
      + (options.judgingSpan + fetch + .seconds(1)) * Int64(options.judgings)
  }

  mutating func span(upTo longest: TimeSpan) -> TimeSpan {
    TimeSpan(nanoseconds: random.between(1, max(1, longest.nanoseconds)))
  }

  func failure(_ reason: String) -> SimulationFailure {
    SimulationFailure(options: options, at: now, reason: reason)
  }

  /// Adds to the trace, whose hash tells two runs apart.
  mutating func trace(_ kind: UInt64, _ a: Int64, _ b: UInt64 = 0) {
    var hash = report.traceHash
    for value in [UInt64(bitPattern: now.nanoseconds), kind, UInt64(bitPattern: a), b] {
      hash = mixed(hash ^ value)
    }
    report.traceHash = hash
  }
}

/// Runs one simulation.
/// - Throws: which promise was broken, when, and the seed.
public func simulate(
  _ options: SimulationOptions
) throws(SimulationFailure) -> SimulationReport {
  var world = World(options)
  return try world.run()
}
