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

/// What a worker may expect of one kind of work.
enum Choice {
  case ranked(Rank)
  /// Not for this worker now; it may be from the given time on, if nobody has taken it.
  case notBefore(Instant)
  /// A worker that has the package has room for it.
  case leftToOthers
  case never
}

extension Scheduler {
  /// Judges one kind of waiting work for one worker.
  func choice(_ kind: ReadyQueue.Kind, for session: Session, at now: Instant) -> Choice {
    guard session.languages.contains(kind.language), let head = queue.head(kind) else {
      return .never
    }
    if let until = session.conduct.pause(for: kind.package, at: now) { return .notBefore(until) }
    let holders = sessions.holders(of: kind.package)
    let rank = { (warmth: Rank.Warmth) in
      Choice.ranked(
        Rank(
          priority: kind.priority, warmth: warmth, holders: warmth == .cold ? holders.count : 0,
          arrival: head.arrival))
    }
    if session.cached.contains(kind.package) { return rank(.here) }
    if session.fetching[kind.package] != nil { return rank(.arriving) }

    var warmSlots: Int64 = 0
    for id in holders {
      guard let holder = sessions[id], !holder.draining, !holder.isSuspect(at: now, policy),
        holder.languages.contains(kind.language),
        holder.conduct.pause(for: kind.package, at: now) == nil
      else { continue }
      // A warm worker has room: it takes the judging in this same pass.
      if holder.free > 0 { return .leftToOthers }
      warmSlots += Int64(holder.hello.slots)
    }
    guard warmSlots > 0 else { return rank(.cold) }

    // Cold is worth it when the backlog at the warm workers lasts longer than the transfer.
    let fetch = fetchEstimate(queue.archiveBytes(kind))
    let mean = meanDuration[kind.package] ?? .seconds(1)
    let backlog = mean * (Int64(queue.backlog(kind)) / max(1, warmSlots) + 1)
    if backlog > fetch { return rank(.cold) }
    let patience =
      kind.priority <= .console
      ? min(policy.longestWarmWait, TimeSpan(nanoseconds: fetch.nanoseconds / 2))
      : policy.longestWarmWaitOfBatch
    let due = head.since + patience
    return now >= due ? rank(.cold) : .notBefore(due)
  }

  private func fetchEstimate(_ bytes: Int64) -> TimeSpan {
    TimeSpan.microseconds(bytes / max(1, policy.assumedFetchRate / 1_000_000))
  }
}
