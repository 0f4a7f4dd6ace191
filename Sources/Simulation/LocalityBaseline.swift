internal import JudgeModel
internal import Messages
internal import SchedulerCore

/// Whoever decides in the locality model: our scheduler, or one of those it is compared with.
protocol LocalityDecider {
  mutating func handle(
    _ event: SchedulerEvent, at now: Instant, into effects: inout [SchedulerEffect])
  mutating func schedule(at now: Instant, into effects: inout [SchedulerEffect])
  var nextDeadline: Instant? { get }
}

extension Scheduler: LocalityDecider {}

/// The rules that task engines have, as far as it matters which worker gets what; everybody is well and
/// nothing is lost.
///
/// They know more than our scheduler: how fast links are, and so how long each worker's will be busy.
struct LocalityBaseline: LocalityDecider {
  enum Rule {
    /// The oldest judging goes to any worker with a free slot.
    case random
    /// To the one with most free slots.
    case leastLoaded
    /// The oldest judging that some worker with a free slot holds the package of, or fetches it, goes
    /// there; if there is none, the oldest that has waited so long or that nobody has the package of
    /// goes to the worker with most free slots, of which four count as much as a second of transfers.
    case cacheFirst(delay: TimeSpan)
  }

  private struct Host {
    var session: SessionID
    var free: Int
    var cached: Set<Digest> = []
    /// Its leases of packages, here or not.
    var leases: [Digest: Int] = [:]
    /// When what it fetches will be here.
    var linkFreeAt = Instant.zero
    var grants: UInt64 = 0

    func holds(_ package: Digest) -> Bool { cached.contains(package) || leases[package] != nil }
  }

  private struct Waiting {
    var order: JudgingOrder
    var since: Instant
  }

  private let rule: Rule
  private let options: LocalityOptions
  private var random: Random
  private var hosts: [Host] = []
  private var waiting: [Waiting] = []
  /// Where each judging is, as an index in `hosts`, and its package.
  private var leases: [JudgingID: (host: Int, package: Digest)] = [:]
  private(set) var nextDeadline: Instant?

  init(_ rule: Rule, _ options: LocalityOptions) {
    self.rule = rule
    self.options = options
    random = Random(seed: mixed(options.seed ^ 0xBA5E))
  }

  mutating func handle(
    _ event: SchedulerEvent, at now: Instant, into effects: inout [SchedulerEffect]
  ) {
    switch event {
    case .submitted(let orders): waiting += orders.map { Waiting(order: $0, since: now) }
    case .hello(let session, let hello):
      hosts.append(Host(session: session, free: Int(hello.slots)))
      let welcome = Welcome(
        session: session, programVersion: "baseline", heartbeat: .seconds(2), bulkPort: 1)
      effects.append(.send(session, .welcome(welcome)))
    case .sync(let sync):
      if let cache = sync.cache, let host = hosts.firstIndex(where: { $0.session == sync.session })
      {
        hosts[host].cached = Set(cache.packages)
      }
    case .finished(let session, let judging, let epoch, _):
      effects.append(
        .send(session, .acknowledge([LeaseName(judging: judging, epoch: epoch)])))
      guard let lease = leases.removeValue(forKey: judging) else { return }
      hosts[lease.host].free += 1
      let left = (hosts[lease.host].leases[lease.package] ?? 1) - 1
      hosts[lease.host].leases[lease.package] = left > 0 ? left : nil
    default: break
    }
  }

  mutating func schedule(at now: Instant, into effects: inout [SchedulerEffect]) {
    nextDeadline = nil
    switch rule {
    case .random:
      takeInOrder(at: now, into: &effects) { hosts, random in
        let room = hosts.indices.filter { hosts[$0].free > 0 }
        return room.isEmpty ? nil : room[random.index(room.count)]
      }
    case .leastLoaded:
      takeInOrder(at: now, into: &effects) { hosts, _ in
        hosts.indices.filter { hosts[$0].free > 0 }.first { place in
          hosts.allSatisfy { $0.free <= hosts[place].free }
        }
      }
    case .cacheFirst(let delay):
      repeat { takeWarm(at: now, into: &effects) } while takeCold(delay, at: now, into: &effects)
      nextDeadline = waiting.map { $0.since + delay }.first { $0 > now }
    }
  }

  private mutating func takeInOrder(
    at now: Instant, into effects: inout [SchedulerEffect],
    _ choose: ([Host], inout Random) -> Int?
  ) {
    var taken = 0
    while taken < waiting.count, let host = choose(hosts, &random) {
      grant(waiting[taken].order, to: host, at: now, into: &effects)
      taken += 1
    }
    waiting.removeFirst(taken)
  }

  private var hasRoom: Bool { hosts.contains { $0.free > 0 } }

  private mutating func takeWarm(at now: Instant, into effects: inout [SchedulerEffect]) {
    var left: [Waiting] = []
    for item in waiting {
      let package = item.order.package
      let warm = hosts.indices.filter { hosts[$0].free > 0 && hosts[$0].holds(package) }
      let here = warm.filter { hosts[$0].cached.contains(package) }
      if let host = best(here.isEmpty ? warm : here, by: { Int64($0.free) }) {
        grant(item.order, to: host, at: now, into: &effects)
      } else {
        left.append(item)
      }
    }
    waiting = left
  }

  /// - Returns: whether one was granted.
  private mutating func takeCold(
    _ delay: TimeSpan, at now: Instant, into effects: inout [SchedulerEffect]
  ) -> Bool {
    guard hasRoom else { return false }
    let due = waiting.firstIndex { item in
      now - item.since >= delay || !hosts.contains { $0.holds(item.order.package) }
    }
    let room = hosts.indices.filter { hosts[$0].free > 0 }
    let host = best(room) { host in
      Int64(host.free) * 250_000_000 - max(0, (host.linkFreeAt - now).nanoseconds)
    }
    guard let due, let host else { return false }
    grant(waiting.remove(at: due).order, to: host, at: now, into: &effects)
    return true
  }

  private func best(_ places: [Int], by key: (Host) -> Int64) -> Int? {
    // The first of equals.
    places.max { (key(hosts[$0]), $1) < (key(hosts[$1]), $0) }
  }

  private mutating func grant(
    _ order: JudgingOrder, to host: Int, at now: Instant, into effects: inout [SchedulerEffect]
  ) {
    if !hosts[host].holds(order.package) {
      let span = TimeSpan(rate: options.workerRate, bytes: order.archiveBytes)
      hosts[host].linkFreeAt = max(now, hosts[host].linkFreeAt) + span
    }
    hosts[host].free -= 1
    hosts[host].grants += 1
    hosts[host].leases[order.package, default: 0] += 1
    leases[order.judging] = (host, order.package)
    let epoch = LeaseEpoch(generation: 1, counter: UInt64(order.judging.value))
    let grant = GrantOrder(
      name: LeaseName(judging: order.judging, epoch: epoch), sequence: hosts[host].grants,
      package: order.package, archiveBytes: order.archiveBytes,
      unpackedBytes: order.unpackedBytes, mode: order.mode)
    effects.append(.grant(hosts[host].session, [grant], submissions: [order.submission]))
  }
}

extension TimeSpan {
  /// What so many bytes take.
  init(rate: Int64, bytes: Int64) {
    self = .microseconds(bytes / max(1, rate / 1_000_000))
  }
}
