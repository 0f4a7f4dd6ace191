internal import JudgeModel
internal import Messages
internal import SchedulerCore
internal import WorkerCore

/// What an onlooker writes down to hold the cores to their promises.
///
/// | promise | where it is checked |
/// | --- | --- |
/// | S1 a judging has one verdict, which stays once it was told | `checkNews`, `checkEnd` |
/// | S2 a verdict is that of the lease that is current when it is recorded | `check(_: Record)` |
/// | S3 a judging's leases only grow; each is one session's | `check(_: Record)`, `checkGrant` |
/// | S4 a session gets no more than it asked for | `checkGrant` |
/// | S5 a worker runs no more than it has slots, and asks for no more | `checkStart`, `checkCredit` |
/// | S6 a cache keeps its budget and what is in use | `checkBudget`, `evict`, `checkStart` |
/// | S7 a judging runs with its own package | `checkGrant`, `checkStart` |
/// | S8 what is confirmed to have stopped, or told to be cancelled, has no verdict after that | \
/// `checkVerdict`, `checkNews` |
/// | S9 results of testcases are shown under the newest lease, and are those of the judging, whoever \
/// ran them | `check` of the record, `checkRuns` |
/// | S10 what was submitted is waiting, leased or final | `checkConservation`, `checkEnd` |
/// | S11 what is kept for somebody who does not read or listen is bounded | `checkOutbox`, \
/// `checkBacklog` |
/// | S12 what is said in a session that is over changes nothing | `checkStale` |
/// | L1 everything becomes final, in bounded time | `checkProgress`, `checkEnd` |
/// | L2 no slot stays idle while it could have something to do | `watch` |
/// | L3 what a dead worker had is given to others | `watch` |
/// | L4 of judgings that differ in nothing the oldest goes first | `checkTurn` |
///
/// The promises S are checked at every step, L1 to L3 when the faults are over.
struct Ledger {
  private(set) var orders: [JudgingOrder] = []
  /// What each package is made of.
  var contents: [Digest: [CachedBlob]] = [:]
  /// Bytes of each package's archive.
  var archives: [Int64] = []
  var arrivals: [Instant] = []
  private var submitted: [Instant?] = []
  private var started: [Instant?] = []
  var cancelled: Set<JudgingID> = []
  /// Largest credit a session was ever given, and how many leases it got.
  var credit: [SessionID: UInt64] = [:]
  var grants: [SessionID: UInt64] = [:]
  /// Who said hello in each session.
  var workers: [SessionID: WorkerID] = [:]
  /// On which line each session was begun.
  var lines: [SessionID: Int] = [:]
  /// The newest lease of each judging that was recorded.
  private(set) var newest: [JudgingID: LeaseEpoch] = [:]
  /// Those that wait, as far as what was told and recorded says, by the judging's number.
  private var isWaiting: [Bool] = []
  /// Since when each worker has had nothing to do that it could have had.
  var idleSince: [Int: Instant] = [:]
  /// Whom each epoch was given to.
  var owner: [LeaseEpoch: (judging: JudgingID, session: SessionID)] = [:]
  /// Leases that a worker was told to stop: it has nothing to forget when they are acknowledged.
  var stopped: Set<LeaseName> = []
  /// Final states that somebody was told.
  var told: [JudgingID: JudgingState] = [:]
  /// When the last judging became final, and when the workers should know.
  var finished: Instant?
  var end = Instant.zero

  mutating func plan(_ order: JudgingOrder) {
    orders.append(order)
    isWaiting.append(false)
    submitted.append(nil)
    started.append(nil)
  }

  mutating func noteSubmission(_ judging: JudgingID, at now: Instant) {
    submitted[Int(judging.value) - 1] = now
    isWaiting[Int(judging.value) - 1] = true
  }

  /// What is submitted from now on wants another package.
  /// - Returns: whether there is any such judging.
  mutating func replace(_ old: Digest, by new: WarmOrder, from next: Int) -> Bool {
    let changed = orders.indices.filter { $0 >= next && orders[$0].package == old }
    for index in changed {
      let order = orders[index]
      orders[index] = JudgingOrder(
        judging: order.judging, submission: order.submission, package: new.package,
        archiveBytes: new.archiveBytes, unpackedBytes: new.unpackedBytes,
        language: order.language, mode: order.mode, priority: order.priority,
        batch: order.batch, requires: order.requires)
    }
    return !changed.isEmpty
  }

  /// A record is durable, and what it says holds from here on.
  mutating func note(_ record: Record) {
    switch record {
    case .leased(let judging, let epoch, _):
      newest[judging] = epoch
      isWaiting[Int(judging.value) - 1] = false
    case .judged(let judging, _, _, _), .cancelled(let judging), .quarantined(let judging, _):
      isWaiting[Int(judging.value) - 1] = false
    case .created, .runs, .returned: break
    }
  }

  mutating func note(_ judging: JudgingID, _ news: JudgingNews) {
    switch news {
    case .queued: isWaiting[Int(judging.value) - 1] = true
    case .started, .runs, .judged, .ended: break
    }
  }

  /// A scheduler has started: it knows what the store knows.
  mutating func noteRestart(_ store: SimulatedStore) {
    for (index, row) in store.rows.enumerated() {
      isWaiting[index] = row.state == .queued
      newest[row.order.judging] = row.epoch
    }
  }

  /// The oldest judging that waits and differs from this one in nothing that matters for its place.
  func oldestWaiting(like order: JudgingOrder) -> JudgingID? {
    orders.first {
      isWaiting[Int($0.judging.value) - 1] && $0.package == order.package
        && $0.language == order.language && $0.priority == order.priority
        && $0.batch == order.batch && $0.requires == order.requires
    }?.judging
  }

  mutating func noteStart(_ judging: JudgingID, at now: Instant) {
    let index = Int(judging.value) - 1
    if started.indices.contains(index), started[index] == nil { started[index] = now }
  }

  func order(_ judging: JudgingID) -> JudgingOrder? {
    let index = Int(judging.value) - 1
    return orders.indices.contains(index) ? orders[index] : nil
  }

  /// The one right verdict of a judging, so that a mix-up shows.
  func verdict(of judging: JudgingID) -> Verdict {
    let all: [Verdict] = [.accepted, .wrongAnswer, .timeLimit, .runtimeError, .compileError]
    return all[Int(mixed(UInt64(bitPattern: judging.value)) % UInt64(all.count))]
  }

  /// How many testcases a judging has.
  func testcases(of judging: JudgingID, atMost most: Int32) -> Int32 {
    1 + Int32(mixed(UInt64(bitPattern: ~judging.value)) % UInt64(max(1, most)))
  }

  /// What a testcase of a judging comes to, wherever it runs.
  func run(of judging: JudgingID, _ ordinal: Int32) -> Run {
    let isAccepted = mixed(UInt64(bitPattern: judging.value << 20 + Int64(ordinal))) % 8 > 0
    return Run(
      ordinal: ordinal, testcase: "\(judging)/\(ordinal)",
      verdict: isAccepted ? .accepted : .wrongAnswer)
  }

  var waits: [TimeSpan] {
    zip(submitted, started).compactMap { submitted, started in
      guard let submitted, let started else { return nil }
      return started - submitted
    }.sorted()
  }
}

// MARK: - Promises

extension World {
  /// A record is durable. The store has checked its epoch.
  func check(_ record: Record) throws(SimulationFailure) {
    switch record {
    case .judged(let judging, let epoch, let worker, let result):
      guard result.verdict == ledger.verdict(of: judging) else {
        throw failure("\(judging) was judged \(result.verdict)")
      }
      try checkRuns(result.runs, of: judging)
      // A scheduler may have gone between granting and telling; then nobody was seen to get it.
      if let owner = ledger.owner[epoch], ledger.workers[owner.session] != worker {
        throw failure("\(judging) was judged by \(worker), which had not the lease \(epoch)")
      }
      guard ledger.newest[judging] == epoch else {
        throw failure("\(judging) was judged under \(epoch), which is not its newest lease")
      }
    case .cancelled(let judging):
      guard ledger.cancelled.contains(judging) else {
        throw failure("\(judging) was cancelled by nobody")
      }
    case .quarantined(let judging, let reason):
      guard options.mode == .swarm else { throw failure("\(judging) was set aside: \(reason)") }
    case .leased(let judging, let epoch, _):
      if let newest = ledger.newest[judging], epoch < newest {
        throw failure("\(judging) was leased as \(epoch) after \(newest)")
      }
      try checkTurn(judging, epoch)
    case .runs(let judging, let epoch, let runs):
      guard ledger.newest[judging] == epoch else {
        throw failure("\(judging) was shown results of \(epoch), which is not its newest lease")
      }
      for run in runs where run != ledger.run(of: judging, run.ordinal) {
        throw failure("\(run.testcase) was reported as a run of \(judging)")
      }
    case .created, .returned: break
    }
  }

  /// A verdict comes with each testcase once, in order, whoever ran it.
  private func checkRuns(_ runs: [Run], of judging: JudgingID) throws(SimulationFailure) {
    let testcases = 1...ledger.testcases(of: judging, atMost: options.testcases)
    guard runs == testcases.map({ ledger.run(of: judging, $0) }) else {
      throw failure(
        "\(judging) has \(testcases.count) testcases and was judged with "
          + "\(runs.map(\.testcase))")
    }
  }

  /// A lease that is new, and not one that an earlier scheduler gave.
  private func checkTurn(
    _ judging: JudgingID, _ epoch: LeaseEpoch
  ) throws(SimulationFailure) {
    guard options.checksEveryStep, ledger.newest[judging] != epoch,
      let order = ledger.order(judging),
      let oldest = ledger.oldestWaiting(like: order), oldest < judging
    else { return }
    throw failure("\(judging) was leased before \(oldest), which waits for the same")
  }

  mutating func checkGrant(
    _ order: GrantOrder, to session: SessionID
  ) throws(SimulationFailure) {
    let name = order.name
    let whole = order.part?.judging ?? name.judging
    guard let planned = ledger.order(whole), planned.package == order.package else {
      throw failure("\(name.judging) was granted with package \(order.package)")
    }
    if let owner = ledger.owner[name.epoch] {
      guard owner == (name.judging, session) else {
        throw failure(
          "epoch \(name.epoch) was given to \(owner.session) for \(owner.judging), then to "
            + "\(session) for \(name.judging)")
      }
      return
    }
    ledger.owner[name.epoch] = (name.judging, session)
    if let line = ledger.lines[session] {
      let worker = workers[connections[line].worker]
      guard worker.meets(planned) else {
        throw failure("\(name.judging) was granted to \(worker.name), which lacks what it asks for")
      }
    }
    let granted = (ledger.grants[session] ?? 0) + 1
    ledger.grants[session] = granted
    guard granted <= ledger.credit[session] ?? 0 else {
      throw failure("\(session) was granted \(granted) leases, its credit is less")
    }
    // Of parts there is no record.
    guard order.part == nil else {
      report.parts += 1
      return
    }
    guard let row = store[name.judging], let epoch = row.epoch, epoch >= name.epoch else {
      throw failure("\(name.judging) was granted under \(name.epoch) before that was recorded")
    }
  }

  /// Only what is recorded may be acknowledged: the worker forgets it now.
  func checkAcknowledged(_ names: [LeaseName]) throws(SimulationFailure) {
    for name in names where !ledger.stopped.contains(name) {
      guard let row = store[name.judging], row.state == .leased, row.epoch == name.epoch
      else { continue }
      throw failure("\(name.judging) \(name.epoch) was acknowledged while it is leased")
    }
  }

  mutating func checkNews(
    _ judging: JudgingID, _ news: JudgingNews
  ) throws(SimulationFailure) {
    let state: JudgingState
    switch news {
    case .judged: state = .judged
    case .ended(let ended, reason: _): state = ended
    case .queued, .started, .runs:
      ledger.note(judging, news)
      if let told = ledger.told[judging] {
        throw failure("\(judging) was told to be \(told), then to go on")
      }
      return
    }
    trace(20, judging.value, UInt64(state.isFinal ? 1 : 0))
    guard store[judging]?.state == state else {
      throw failure("\(judging) was told to be \(state) before that was recorded")
    }
    if let before = ledger.told.updateValue(state, forKey: judging) {
      throw failure("\(judging) was told to be \(before), then \(state)")
    }
  }

  func checkStart(
    _ judging: JudgingID, of whole: JudgingID, in slot: Int, with package: Digest, _ index: Int
  ) throws(SimulationFailure) {
    let worker = workers[index]
    guard (0..<worker.slots).contains(slot), worker.running[slot] == nil else {
      throw failure("\(worker.name) starts \(judging) in slot \(slot), which is not free")
    }
    guard !worker.running.values.contains(where: { $0.judging == judging }) else {
      throw failure("\(worker.name) runs \(judging) twice")
    }
    guard
      worker.disk.contains(where: { $0.package == package && $0.isComplete })
        || worker.arriving[package] != nil && worker.startable.contains(package),
      ledger.order(whole)?.package == package
    else { throw failure("\(worker.name) starts \(judging) without its package") }
    guard worker.programs.contains(judging) else {
      throw failure("\(worker.name) starts \(judging) without its program")
    }
  }

  /// The scheduler knows every budget: nobody has to give back what is too large for it.
  func check(
    _ reason: ReturnReason, of judging: JudgingID, by index: Int
  ) throws(SimulationFailure) {
    let worker = workers[index]
    if case .retracted = reason, worker.running.values.contains(where: { $0.judging == judging }) {
      throw failure("\(worker.name) gives back \(judging), which it has begun")
    }
    if case .workerFault(let text) = reason, text.contains("--cache-budget") {
      throw failure("\(judging) was granted to a worker that is too small: \(text)")
    }
  }

  func checkBudget(_ index: Int) throws(SimulationFailure) {
    guard options.checksEveryStep else { return }
    let used = workers[index].usedBytes
    let budget = workers[index].budgetBytes
    guard used <= budget else {
      throw failure("\(workers[index].name) uses \(used) of \(budget) bytes of cache")
    }
    if let core = workers[index].core, core.cache.usedBytes != used {
      throw failure(
        "\(workers[index].name) counts \(core.cache.usedBytes) bytes of cache and has \(used)")
    }
  }

  /// Notices that everything is over, faults included; the workers get a while to hear of it.
  mutating func checkFinish() {
    guard !isFaulty, !isFinishing, store.rows.count == options.judgings,
      store.unfinishedCount == 0
    else { return }
    isFinishing = true
    ledger.finished = now
    ledger.end = now + .seconds(120)
  }

  /// What has to hold when all is over.
  func checkEnd() throws(SimulationFailure) {
    guard isFinishing else { throw failure("nothing happens any more: \(stuck)") }
    for row in store.rows {
      let judging = row.order.judging
      guard row.state.isFinal else { throw failure("\(judging) is \(row.state) at the end") }
      if row.state == .cancelled, !ledger.cancelled.contains(judging) {
        throw failure("\(judging) is cancelled, and nobody did it")
      }
      if (row.state == .judged) != (row.verdict != nil) {
        throw failure("\(judging) is \(row.state) with the verdict \(row.verdict as Any)")
      }
    }
    for (judging, state) in ledger.told.sorted(by: { $0.key < $1.key }) {
      guard store[judging]?.state == state else {
        throw failure("\(judging) was told to be \(state), and the record has forgotten it")
      }
    }
    for worker in workers where worker.core != nil {
      guard worker.running.isEmpty, worker.heldAtLastSync == 0 else {
        throw failure("\(worker.name) still holds leases when all is over")
      }
    }
    guard let core = scheduler.core else { throw failure("the scheduler did not come back") }
    let status = core.status(at: now)
    guard status.queued == 0, status.leased == 0 else {
      throw failure("the scheduler knows of \(status.queued + status.leased) judgings too many")
    }
    for package in ledger.archives.indices {
      let warmth = core.warmth(of: warmOrder(package), workers: nil, at: now)
      guard warmth.coming.isEmpty else {
        throw failure("package \(package) is still expected at \(warmth.coming)")
      }
    }
  }

  /// For a person who has to find out why it does not go on.
  var stuck: String {
    let open = store.rows.filter { !$0.state.isFinal }
    let shown = open.prefix(5).map { "\($0.order.judging) \($0.state) \($0.epoch as Any)" }
    let status = scheduler.core?.status(at: now)
    let notes = status?.waiting.map { "\($0.count) wait: \($0.reason)" } ?? ["scheduler is down"]
    let live = status?.workers.map { "\($0.worker) \($0.state) \($0.busySlots)/\($0.slots)" } ?? []
    return """
      \(options.judgings - store.rows.count) not submitted, \(open.count) open (\(shown)); \
      \(notes); \(live)
      """
  }

  mutating func finishReport(from start: Instant) {
    for row in store.rows {
      switch row.state {
      case .judged:
        report.judged += 1
        if let verdict = row.verdict { report.verdicts[verdict, default: 0] += 1 }
      case .cancelled: report.cancelled += 1
      case .quarantined: report.quarantined += 1
      case .queued, .leased: break
      }
    }
    report.makespan = (ledger.finished ?? now) - start
    let waits = ledger.waits
    report.waitMedian = percentile(waits, perMille: 500)
    report.wait95 = percentile(waits, perMille: 950)
    report.wait99 = percentile(waits, perMille: 990)
    if report.starts > 0 {
      report.hitsPerMille = max(0, report.starts - report.fetches) * 1000 / report.starts
    }
  }
}
