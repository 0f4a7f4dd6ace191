internal import JudgeModel
internal import Messages
internal import WorkerCore

/// What a slot of a simulated worker does: one testcase after another, each for a while, and what the
/// evaluator does when others help.
extension WorkerProcess {
  struct Running {
    /// As it was granted: of a part, the part's number.
    var judging: JudgingID
    /// Whose testcases these are.
    var whole: JudgingID
    var package: Digest
    var mode: JudgingMode
    var token: UInt64
    /// Of what is planned next; what was planned before does not happen.
    var stepToken: UInt64 = 0
    var stepSpan: TimeSpan
    /// Testcases that were not begun, in order.
    var open: [Int32]
    /// Runs now; nil while it waits for others.
    var current: Int32?
    var runs: [Run] = []
    /// With others, in order, and with how many at most.
    var shared: [Int32] = []
    var parts: Int32 = 0
    var lastHeard: Instant
    /// It was told to stop.
    var isAborted = false
    /// Heeded between two testcases.
    var requests: [Request] = []

    var isPart: Bool { judging.isPart }
    /// How long nothing may be heard of others before what they may have begun is taken back.
    var patience: TimeSpan { stepSpan * 2 + .seconds(1) }
  }

  enum Request {
    case share(parts: Int32)
    case helped([Run])
    case takeBack([Int32])
  }
}

extension World {
  mutating func start(
    _ judging: JudgingID, in slot: Int, with package: Digest, _ mode: JudgingMode,
    _ part: [Int32]?, _ index: Int
  ) throws(SimulationFailure) {
    let whole = workers[index].wholes[judging] ?? judging
    try checkStart(judging, of: whole, in: slot, with: package, index)
    report.starts += 1
    let count = ledger.testcases(of: whole, atMost: options.testcases)
    let testcases = part ?? Array(1...count)
    if part == nil { ledger.noteStart(judging, at: now) }
    let span = TimeSpan(nanoseconds: options.judgingSpan.nanoseconds / Int64(count))
    workers[index].running[slot] = WorkerProcess.Running(
      judging: judging, whole: whole, package: package, mode: mode, token: random.next(),
      stepSpan: self.span(upTo: span), open: testcases, lastHeard: now)
    trace(12, judging.value, UInt64(index))
    step(judging)
    try proceed(index, slot)
  }

  /// What a slot is asked is heeded when its testcase is over, or at once when none runs.
  mutating func request(_ request: WorkerProcess.Request, of slot: Int, _ index: Int) {
    guard workers[index].running[slot] != nil else { return }
    workers[index].running[slot]?.requests.append(request)
    if workers[index].running[slot]?.current == nil { planStep(index, slot, .zero) }
  }

  private mutating func planStep(_ index: Int, _ slot: Int, _ span: TimeSpan) {
    let token = random.next()
    workers[index].running[slot]?.stepToken = token
    agenda.plan(
      .runStep(worker: index, life: workers[index].life, slot: slot, token: token), at: now + span)
  }

  mutating func runStep(
    _ index: Int, _ life: Int, _ slot: Int, _ token: UInt64
  ) throws(SimulationFailure) {
    guard workers[index].life == life, let running = workers[index].running[slot],
      running.stepToken == token
    else { return }
    if let until = pause(of: index) {
      agenda.plan(.runStep(worker: index, life: life, slot: slot, token: token), at: until)
      return
    }
    if running.isAborted, workers[index].stuckUntil > now { return }
    if let ordinal = running.current {
      if running.open.isEmpty, workers[index].arriving[running.package] != nil {
        // Its last testcase has not come.
        return planStep(index, slot, .milliseconds(100))
      }
      workers[index].running[slot]?.current = nil
      step(running.judging)
      if workers[index].corrupt.contains(running.package) {
        return try stumble(index, slot, running)
      }
      let run = ledger.run(of: running.whole, ordinal)
      try take(run, index, slot)
      if running.isPart, running.mode == .lazy, run.verdict != .accepted {
        workers[index].running[slot]?.open = []
      }
      if let running = workers[index].running[slot], running.open.count > 1, !running.isPart {
        let left = Int32(clamping: running.open.count)
        let work = RemainingWork(testcases: left, time: running.stepSpan * Int64(left))
        try tell(index, .remaining(running.judging, work))
      }
    }
    // It may have been told to stop, or the worker to leave.
    guard workers[index].life == life, workers[index].running[slot]?.token == running.token else {
      return
    }
    try proceed(index, slot)
  }

  /// A run counts, unless there is one of its testcase already.
  private mutating func take(_ run: Run, _ index: Int, _ slot: Int) throws(SimulationFailure) {
    guard let running = workers[index].running[slot],
      options.planted == .doubledRuns
        || !running.runs.contains(where: { $0.ordinal == run.ordinal })
    else { return }
    workers[index].running[slot]?.runs.append(run)
    try tell(index, .ran(running.judging, run))
  }

  /// On to the next testcase, to others' or to the end.
  private mutating func proceed(_ index: Int, _ slot: Int) throws(SimulationFailure) {
    try heed(index, slot)
    guard let running = workers[index].running[slot] else { return }
    if let next = running.open.first {
      workers[index].running[slot]?.open.removeFirst()
      workers[index].running[slot]?.current = next
      return planStep(index, slot, running.stepSpan)
    }
    guard let last = running.shared.last, options.planted != .forgottenShares else {
      return try end(running, index, slot)
    }
    let patience = running.patience - (now - running.lastHeard)
    if running.shared.count > Int(running.parts) || patience <= .zero {
      try takeBack([last], index, slot)
      return try proceed(index, slot)
    }
    planStep(index, slot, patience)
  }

  private mutating func end(
    _ running: WorkerProcess.Running, _ index: Int, _ slot: Int
  ) throws(SimulationFailure) {
    if isFaulty, random.chance(perMille: options.damagesPerMille) {
      note(.damage)
      try damage(running.package, index)
    }
    guard workers[index].running[slot]?.token == running.token else { return }
    workers[index].running[slot] = nil
    if isFaulty, random.chance(perMille: options.workerFaultsPerMille) {
      note(.workerFault)
      return try tell(index, .stopped(slot: slot, running.judging, .workerFault("simulated")))
    }
    let isError = isFaulty && random.chance(perMille: options.judgeErrorsPerMille)
    if isError { note(.judgeError) }
    let reported =
      options.planted == .mixedUpVerdicts ? JudgingID(running.whole.value / 2 + 1) : running.whole
    let verdict = isError ? .judgeError : ledger.verdict(of: reported)
    let result = JudgingResult(
      verdict: verdict, runs: running.runs.sorted { $0.ordinal < $1.ordinal })
    try tell(index, .judged(slot: slot, running.judging, result))
  }

  mutating func runStopped(
    _ index: Int, _ life: Int, _ slot: Int, _ token: UInt64
  ) throws(SimulationFailure) {
    guard workers[index].life == life, let running = workers[index].running[slot],
      running.token == token
    else { return }
    if let until = pause(of: index) {
      agenda.plan(.runStopped(worker: index, life: life, slot: slot, token: token), at: until)
      return
    }
    workers[index].running[slot] = nil
    try tell(index, .stopped(slot: slot, running.judging, .workerFault("stopped")))
    if options.planted == .lateVerdict, let lease = workers[index].confirmed[running.judging],
      let session = workers[index].lastSync?.session
    {
      let result = JudgingResult(verdict: ledger.verdict(of: running.whole))
      let message = WorkerMessage.finished(session, running.judging, lease, result)
      try noteSent(message, index)
      transmit(message, from: index)
    }
  }

  /// A run cannot read a file of its package: that is fetched again, and the judging goes back.
  private mutating func stumble(
    _ index: Int, _ slot: Int, _ running: WorkerProcess.Running
  ) throws(SimulationFailure) {
    note(.corruptBlob)
    workers[index].corrupt.remove(running.package)
    try damage(running.package, index)
    guard workers[index].running[slot]?.token == running.token else { return }
    workers[index].running[slot] = nil
    try tell(index, .stopped(slot: slot, running.judging, .workerFault("cannot read a file")))
  }
}

// MARK: - With others

extension World {
  private mutating func heed(_ index: Int, _ slot: Int) throws(SimulationFailure) {
    let requests = workers[index].running[slot]?.requests ?? []
    workers[index].running[slot]?.requests = []
    for request in requests {
      switch request {
      case .share(let parts): try share(parts, index, slot)
      case .helped(let runs): try accept(runs, index, slot)
      case .takeBack(let ordinals): try takeBack(ordinals, index, slot)
      }
    }
  }

  private mutating func share(
    _ parts: Int32, _ index: Int, _ slot: Int
  ) throws(SimulationFailure) {
    guard let running = workers[index].running[slot] else { return }
    let parts = min(Int(parts), running.open.count)
    let given = Array(running.open.suffix(running.open.count * parts / (parts + 1)))
    workers[index].running[slot]?.open.removeLast(given.count)
    guard !given.isEmpty else { return }
    let shared = (running.shared + given).sorted()
    workers[index].running[slot]?.shared = shared
    workers[index].running[slot]?.parts =
      Int32(parts) + (running.shared.isEmpty ? 0 : running.parts)
    workers[index].running[slot]?.lastHeard = now
    try tell(index, .shared(running.judging, shared))
  }

  private mutating func accept(
    _ runs: [Run], _ index: Int, _ slot: Int
  ) throws(SimulationFailure) {
    for run in runs {
      guard let running = workers[index].running[slot] else { return }
      if running.shared.contains(run.ordinal) { report.helpedRuns += 1 }
      workers[index].running[slot]?.lastHeard = now
      if options.planted != .doubledRuns {
        workers[index].running[slot]?.shared.removeAll { $0 == run.ordinal }
      }
      workers[index].running[slot]?.open.removeAll { $0 == run.ordinal }
      try take(run, index, slot)
    }
    guard let running = workers[index].running[slot] else { return }
    try tell(index, .shared(running.judging, running.shared))
  }

  private mutating func takeBack(
    _ ordinals: [Int32], _ index: Int, _ slot: Int
  ) throws(SimulationFailure) {
    guard let running = workers[index].running[slot] else { return }
    let back = ordinals.filter(running.shared.contains)
    report.takenBack += back.count
    workers[index].running[slot]?.shared.removeAll(where: back.contains)
    workers[index].running[slot]?.open = (running.open + back).sorted()
    if let shared = workers[index].running[slot]?.shared, !back.isEmpty {
      try tell(index, .shared(running.judging, shared))
    }
  }
}
