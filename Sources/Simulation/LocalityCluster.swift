internal import JudgeModel
internal import Messages
public import SchedulerCore
internal import WorkerCore

/// A cluster without faults on a virtual clock, to see how many bytes a policy moves and how long it
/// lets judgings wait.
///
/// # Theory of operation
///
/// The workers are the production values, `Worker` with its `PackageCache`, whoever schedules; so what
/// differs between two runs of one trace is the scheduler alone, and ours is the production value as
/// well. Messages take no time and the record none: what is left is waiting for a slot and for packages.
///
/// A worker's transfers come one after the other over its link, and all of them share the
/// scheduler's. A judging starts when its package is all there, although real workers begin with its
/// first members, because the schedulers that ours is compared with know no such thing.
struct LocalityCluster<Decider: LocalityDecider> {
  private enum Occurrence {
    case submit(Int)
    case installed(worker: Int, package: Int)
    case ended(worker: Int, slot: Int, JudgingID)
    case workerWake(Int)
    case schedulerWake
  }

  private struct Host {
    var core: Worker
    /// Packages that are here or were granted with; what was evicted is struck.
    var known: [Digest: Bool] = [:]
    var linkFreeAt = Instant.zero
    var wakeAt: Instant?
  }

  private let trace: LocalityTrace
  private let options: LocalityOptions
  private let digests: [Digest]
  private let packages: [Digest: Int]
  private var decider: Decider
  private var hosts: [Host] = []
  private var agenda = Agenda<Occurrence>()
  private var now = Instant.zero
  private var uplinkFreeAt = Instant.zero
  private var schedulerWakeAt: Instant?
  /// Said in this moment, not yet heard.
  private var inbox: [SchedulerEvent] = []
  private var left: Int
  private var report = LocalityReport()

  init(_ trace: LocalityTrace, _ options: LocalityOptions, prefetch: Int, _ decider: Decider) {
    self.trace = trace
    self.options = options
    self.decider = decider
    digests = trace.sizes.indices.map(packageDigest)
    packages = Dictionary(uniqueKeysWithValues: zip(digests, digests.indices))
    left = trace.arrivals.count
    hosts = (0..<options.workers).map { _ in
      Host(
        core: Worker(
          settings: Worker.Settings(slots: options.slots, prefetch: prefetch),
          cache: PackageCache(budgetBytes: options.budgetBytes)))
    }
  }

  /// Runs to the last verdict.
  mutating func run() -> LocalityReport {
    for host in hosts.indices { tell(host, .connected) }
    exchange()
    if let first = trace.arrivals.first { agenda.plan(.submit(0), at: first.at) }
    while left > 0, let (instant, occurrence) = agenda.next() {
      now = instant
      happen(occurrence)
      exchange()
    }
    report.waits.sort()
    return report
  }

  private mutating func happen(_ occurrence: Occurrence) {
    switch occurrence {
    case .submit(let index):
      inbox.append(.submitted([order(index)]))
      let next = index + 1
      if next < trace.arrivals.count { agenda.plan(.submit(next), at: trace.arrivals[next].at) }
    case .installed(let host, let package):
      hosts[host].known[digests[package]] = true
      tell(host, .packageInstalled(digests[package]))
    case .ended(let host, let slot, let judging):
      left -= 1
      tell(host, .judged(slot: slot, judging, JudgingResult(verdict: .accepted)))
    case .workerWake(let host):
      guard hosts[host].wakeAt == now else { return }
      hosts[host].wakeAt = nil
      tell(host, .timePassed)
    case .schedulerWake:
      guard schedulerWakeAt == now else { return }
      schedulerWakeAt = nil
      inbox.append(.timePassed)
    }
  }

  private func order(_ index: Int) -> JudgingOrder {
    let package = trace.arrivals[index].package
    return JudgingOrder(
      judging: JudgingID(Int64(index) + 1), submission: SubmissionID(Int64(index) + 1),
      package: digests[package], archiveBytes: trace.sizes[package],
      unpackedBytes: trace.sizes[package], language: Self.language, mode: .lazy, priority: .live,
      batch: nil)
  }

  // MARK: Scheduler

  /// Lets the scheduler and the workers talk until nobody has anything to say at this moment.
  private mutating func exchange() {
    while !inbox.isEmpty {
      var effects: [SchedulerEffect] = []
      let events = inbox
      inbox = []
      for event in events { decider.handle(event, at: now, into: &effects) }
      decider.schedule(at: now, into: &effects)
      for effect in effects { perform(effect) }
    }
    guard let due = decider.nextDeadline else { return }
    let at = max(due, now + .nanoseconds(1))
    if let planned = schedulerWakeAt, planned <= at { return }
    schedulerWakeAt = at
    agenda.plan(.schedulerWake, at: at)
  }

  private mutating func perform(_ effect: SchedulerEffect) {
    switch effect {
    case .grant(let session, let orders, submissions: _):
      let host = Int(session.value) - 1
      for order in orders { count(order, host) }
      tell(host, .granted(orders))
    case .send(let session, .welcome(let welcome)):
      tell(Int(session.value) - 1, .welcomed(welcome))
    case .send(let session, .acknowledge(let names)):
      tell(Int(session.value) - 1, .acknowledged(names))
    case .send(let session, .retract(let judging, let epoch)):
      tell(Int(session.value) - 1, .retracted(judging, epoch))
    case .send, .record, .close, .publish, .note: break
    }
  }

  private mutating func count(_ order: GrantOrder, _ host: Int) {
    let tally: WritableKeyPath<LocalityReport, Int> =
      switch hosts[host].known[order.package] {
      case true?: \.hits
      case false?: \.joins
      case nil: \.misses
      }
    report[keyPath: tally] += 1
    tallies[order.name.judging] = tally
    if hosts[host].known[order.package] == nil { hosts[host].known[order.package] = false }
  }

  /// It was given back before it began, and counts where it is granted next.
  private mutating func uncount(_ judging: JudgingID) {
    if let tally = tallies.removeValue(forKey: judging) { report[keyPath: tally] -= 1 }
  }

  // MARK: Workers

  private static var language: LanguageID { LanguageID("c") }

  /// One round of a worker.
  private mutating func tell(_ host: Int, _ event: WorkerEvent) {
    var effects: [WorkerEffect] = []
    hosts[host].core.handle(event, at: now, into: &effects)
    hosts[host].core.settle(at: now, into: &effects)
    for effect in effects { perform(effect, host) }
    guard let due = hosts[host].core.nextDeadline else { return }
    let at = max(due, now + .nanoseconds(1))
    if let planned = hosts[host].wakeAt, planned <= at { return }
    hosts[host].wakeAt = at
    agenda.plan(.workerWake(host), at: at)
  }

  private mutating func perform(_ effect: WorkerEffect, _ host: Int) {
    switch effect {
    case .sayHello(let held, let cache, let load, let credit):
      let hello = WorkerHello(
        token: "t", worker: WorkerID("w\(host)"), instance: 1, programVersion: "simulated",
        host: "simulated", slots: Int32(clamping: options.slots),
        languages: [LanguageSupport(language: Self.language, version: "1")], labels: [],
        sandbox: "simulated", held: held, cache: cache, load: load, creditLimit: credit,
        takesParts: false)
      inbox.append(.hello(SessionID(UInt64(host) + 1), hello))
    case .send(.sync(let sync)): inbox.append(.sync(sync))
    case .send(.finished(let session, let judging, let epoch, let result)):
      inbox.append(.finished(session, judging, epoch, result))
    case .send(.returned(let session, let judging, let epoch, let reason)):
      uncount(judging)
      inbox.append(.returned(session, judging, epoch, reason))
    case .fetch(let package, let bytes, unpackedBytes: _): fetch(package, bytes, host)
    case .evict(let package):
      report.evictions += 1
      hosts[host].known[package] = nil
    case .start(let slot, let name, package: _, mode: _, part: _):
      let arrival = trace.arrivals[Int(name.judging.value) - 1]
      report.waits.append(now - arrival.at)
      agenda.plan(.ended(worker: host, slot: slot, name.judging), at: now + arrival.span)
    case .send, .stopFetch, .giveUp, .abort, .forget, .leave: break
    // Nobody is asked to: a judging of the trace is one span.
    case .share, .help, .takeBack: break
    }
  }

  private mutating func fetch(_ digest: Digest, _ bytes: Int64, _ host: Int) {
    guard let package = packages[digest] else { return }
    report.transfers += 1
    report.bytesMoved += bytes
    let own =
      max(now, hosts[host].linkFreeAt) + TimeSpan(rate: options.workerRate, bytes: bytes)
    uplinkFreeAt = max(now, uplinkFreeAt) + TimeSpan(rate: options.schedulerRate, bytes: bytes)
    let end = max(own, uplinkFreeAt)
    hosts[host].linkFreeAt = end
    // Its one blob bears its own name.
    hosts[host].core.handle(
      .packageDescribed(digest, [CachedBlob(digest: digest, size: bytes)]), at: now, into: &unsaid)
    agenda.plan(.installed(worker: host, package: package), at: end)
  }

  /// As what each judging was counted when it was granted last.
  private var tallies: [JudgingID: WritableKeyPath<LocalityReport, Int>] = [:]

  /// A description says nothing.
  private var unsaid: [WorkerEffect] = []
}

/// Whose decisions a locality run shows.
public enum LocalityPolicy: Hashable, Sendable {
  case random
  case leastLoaded
  case cacheFirst(delayMilliseconds: Int64)
  /// The production scheduler, and workers that hold so many judgings beyond their slots.
  case assize(SchedulerPolicy, prefetch: Int)
}

/// What a policy makes of a trace.
public func simulateLocality(
  _ trace: LocalityTrace, _ options: LocalityOptions, _ policy: LocalityPolicy
) -> LocalityReport {
  func run(_ decider: some LocalityDecider, prefetch: Int = 0) -> LocalityReport {
    var cluster = LocalityCluster(trace, options, prefetch: prefetch, decider)
    return cluster.run()
  }
  switch policy {
  case .random: return run(LocalityBaseline(.random, options))
  case .leastLoaded: return run(LocalityBaseline(.leastLoaded, options))
  case .cacheFirst(let delay):
    return run(LocalityBaseline(.cacheFirst(delay: .milliseconds(delay)), options))
  case .assize(let policy, let prefetch):
    let scheduler = Scheduler(
      generation: 1, identity: SchedulerIdentity(programVersion: "simulated", bulkPort: 1),
      policy: policy, at: .zero)
    return run(scheduler, prefetch: prefetch)
  }
}
