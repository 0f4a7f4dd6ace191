internal import JudgeModel
internal import Messages

/// Why one judging comes before another for a given worker. Smaller is better; the terms are
/// compared in the order in which they stand.
struct Rank: Comparable {
  enum Warmth: Int, Comparable {
    /// The package is complete on this worker.
    case here
    /// This worker is fetching it for another judging.
    case arriving
    /// Nobody near has it, or waiting for those who have is not worth it.
    case cold
    static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  }
  var priority: Priority
  var warmth: Warmth
  /// How many workers hold the package; only cold ones differ, so that idle workers spread over
  /// packages instead of all fetching the same one.
  var holders: Int
  var arrival: UInt64

  static func < (a: Self, b: Self) -> Bool {
    (a.priority, a.warmth, a.holders, a.arrival) < (b.priority, b.warmth, b.holders, b.arrival)
  }
}

/// What a worker may expect of one kind of work whose package it has not.
enum ColdChoice {
  case ranked(Rank)
  /// Not for this worker now; it may be from the given time on, if nobody has taken it.
  case notBefore(Instant)
  /// A worker that has the package has room for it.
  case leftToOthers
}

extension Scheduler {
  /// The kind of work this worker should take next, or nil; remembers when to look again.
  mutating func bestKind(for session: Session, at now: Instant) -> ReadyQueue.Kind? {
    if let until = session.conduct.restsUntil, until > now {
      lookAgain(at: until)
      return nil
    }
    var best = warmest(for: session, at: now)
    for kind in queue.kinds {
      // In order of priority: less urgent kinds cannot win, and neither can cold ones of the same.
      if let best, (kind.priority, Rank.Warmth.cold) > (best.rank.priority, best.rank.warmth) {
        break
      }
      guard !session.holds(kind.package), session.languages.contains(kind.language),
        session.canHold(queue.unpackedBytes(kind)), let head = queue.head(kind)
      else { continue }
      if let until = session.conduct.pause(for: kind.package, at: now) {
        lookAgain(at: until)
        continue
      }
      switch coldChoice(kind, head, at: now) {
      case .ranked(let rank):
        if best.map({ rank < $0.rank }) ?? true { best = (rank, kind) }
      case .notBefore(let due): lookAgain(at: due)
      case .leftToOthers: continue
      }
    }
    return best?.kind
  }

  private mutating func lookAgain(at due: Instant) {
    coldDeadline = min(coldDeadline ?? due, due)
  }

  /// The best of what waits for packages that the worker has or fetches.
  private mutating func warmest(
    for session: Session, at now: Instant
  ) -> (rank: Rank, kind: ReadyQueue.Kind)? {
    var best: (rank: Rank, kind: ReadyQueue.Kind)?
    let consider = { (scheduler: inout Scheduler, kind: ReadyQueue.Kind, warmth: Rank.Warmth) in
      guard session.languages.contains(kind.language), let head = scheduler.queue.head(kind) else {
        return
      }
      if let until = session.conduct.pause(for: kind.package, at: now) {
        scheduler.lookAgain(at: until)
        return
      }
      let rank = Rank(
        priority: kind.priority, warmth: warmth, holders: 0, arrival: head.arrival)
      if best.map({ rank < $0.rank }) ?? true { best = (rank, kind) }
    }
    // From the shorter side. The order does not matter: no two kinds have the same head.
    let held = session.cached.count + session.fetching.count + session.wishes.count
    if queue.kinds.count <= held {
      for kind in queue.kinds {
        if let warmth = session.warmth(of: kind.package) { consider(&self, kind, warmth) }
      }
    } else {
      for package in session.cached {
        for kind in queue.kinds(of: package) { consider(&self, kind, .here) }
      }
      for package in session.fetching.keys where !session.cached.contains(package) {
        for kind in queue.kinds(of: package) { consider(&self, kind, .arriving) }
      }
      for package in session.wishes.keys where session.fetching[package] == nil {
        for kind in queue.kinds(of: package) { consider(&self, kind, .arriving) }
      }
    }
    return best
  }

  /// Judges one kind of waiting work for any worker that has not its package.
  private func coldChoice(
    _ kind: ReadyQueue.Kind, _ head: ReadyQueue.Waiting, at now: Instant
  ) -> ColdChoice {
    let holders = sessions.holders(of: kind.package)
    let cold = ColdChoice.ranked(
      Rank(
        priority: kind.priority, warmth: .cold, holders: holders.count, arrival: head.arrival))
    var warmSlots: Int64 = 0
    for id in holders {
      let slots: (free: UInt64, all: Int32)? =
        sessions.read(id) { holder in
          guard !holder.draining, !holder.isSuspect(at: now, policy),
            holder.languages.contains(kind.language),
            holder.conduct.pause(for: kind.package, at: now) == nil
          else { return nil }
          return (holder.free, holder.hello.slots)
        } ?? nil
      guard let slots else { continue }
      // A warm worker has room: it takes the judging in this same pass.
      if slots.free > 0 { return .leftToOthers }
      warmSlots += Int64(slots.all)
    }
    guard warmSlots > 0 else { return cold }

    // Cold is worth it when the backlog at the warm workers lasts longer than the transfer.
    let fetch = fetchEstimate(queue.archiveBytes(kind))
    let mean = meanDuration[kind.package] ?? .seconds(1)
    let backlog = mean * (Int64(queue.backlog(kind)) / max(1, warmSlots) + 1)
    if backlog > fetch { return cold }
    let patience =
      kind.priority <= .console
      ? min(policy.longestWarmWait, TimeSpan(nanoseconds: fetch.nanoseconds / 2))
      : policy.longestWarmWaitOfBatch
    let due = head.since + patience
    return now >= due ? cold : .notBefore(due)
  }

  func fetchEstimate(_ bytes: Int64) -> TimeSpan {
    TimeSpan.microseconds(bytes / max(1, policy.assumedFetchRate / 1_000_000))
  }
}
