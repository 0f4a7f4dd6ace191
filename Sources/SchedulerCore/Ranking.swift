internal import JudgeModel
internal import Messages

/// Why one judging comes before another of the same class for a given worker. Smaller is better; the
/// terms are compared in the order in which they stand. Classes are not mixed: see
/// ``Scheduler/classes``.
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
  /// Whole quanta that its contest has had beyond the one that has had least.
  var lead: Int64
  var warmth: Warmth
  /// How many workers hold the package; only cold ones differ, so that idle workers spread over
  /// packages instead of all fetching the same one.
  var holders: Int
  var arrival: UInt64

  static func < (a: Self, b: Self) -> Bool {
    (a.lead, a.warmth, a.holders, a.arrival) < (b.lead, b.warmth, b.holders, b.arrival)
  }
}

/// What a worker may expect of one kind of work whose package it has not.
enum ColdChoice: Equatable {
  /// Nobody else is to be waited for.
  case open(holders: Int)
  /// Not for this worker now; it may be from the given time on, if nobody has taken it.
  case notBefore(Instant)
  /// A worker that has the package has room for it.
  case leftToOthers
}

/// What a worker should take next.
struct Choice {
  var place: ReadyQueue.Place?
  /// When something that was put off may be taken.
  var lookAgain: Instant?

  mutating func lookAgain(at due: Instant) { lookAgain = min(lookAgain ?? due, due) }

  fileprivate var best: (rank: Rank, since: Instant)?

  /// - Parameter patience: one that has waited so much longer than another of an equal lead goes first,
  ///   however warm the other is, or nothing cold would ever be judged beside a stream of warm work.
  fileprivate mutating func offer(
    _ other: ReadyQueue.Place, _ rank: Rank, since: Instant, patience: TimeSpan
  ) {
    if let best, best.rank.lead == rank.lead,
      max(best.since, since) - min(best.since, since) > patience
    {
      if best.since < since { return }
    } else if let best, best.rank < rank {
      return
    }
    place = other
    best = (rank, since)
  }
}

extension Scheduler {
  /// In the order in which they have their turn.
  var classes: [Priority] {
    let due = queue.shares.favoured(oneIn: policy.lowerClassOneIn)
    return due.isEmpty ? Priority.allCases : due + Priority.allCases.filter { !due.contains($0) }
  }

  /// The kind of work this worker should take next, if any.
  /// - Parameter mayFetch: also work whose package it would have to fetch.
  func choice(
    for session: borrowing Session, among classes: [Priority], mayFetch: Bool = true,
    at now: Instant
  ) -> Choice {
    var choice = Choice()
    if let until = session.conduct.restsUntil, until > now {
      choice.lookAgain(at: until)
      return choice
    }
    for priority in classes {
      let places = queue.places(in: priority)
      if places.isEmpty { continue }
      offerWarm(to: session, priority, places, at: now, &choice)
      // Nothing cold is better than what is warm and belongs to those who have had least, unless it has
      // waited for very much longer.
      let latest = choice.best.flatMap { $0.rank.lead == 0 ? $0.since - patience(priority) : nil }
      if mayFetch {
        for place in places {
          if let latest, queue.head(place).map({ $0.since >= latest }) ?? true { continue }
          offerCold(place, to: session, at: now, &choice)
        }
      }
      if choice.place != nil { break }
    }
    return choice
  }

  private func offer(
    _ place: ReadyQueue.Place, _ warmth: Rank.Warmth, holders: Int = 0, _ choice: inout Choice
  ) {
    guard let head = queue.head(place) else { return }
    let rank = Rank(lead: lead(place), warmth: warmth, holders: holders, arrival: head.arrival)
    choice.offer(
      place, rank, since: head.since,
      patience: patience(queue.read(place) { $0.kind.priority }))
  }

  /// How much longer one may wait than what is judged before it because it is warmer.
  func patience(_ priority: Priority) -> TimeSpan {
    priority <= .console ? policy.longestPassedOver : policy.longestPassedOverOfBatch
  }

  /// Of the contest whose work this is, in whole quanta.
  func lead(_ place: ReadyQueue.Place) -> Int64 {
    let (priority, batch) = queue.read(place) { ($0.kind.priority, $0.kind.batch) }
    let lead = queue.shares.lead(priority, batch)
    return lead > 0 ? lead / quantum : 0
  }

  /// Nanoseconds of slots by which contests may differ and still be alike. At least 1, and small enough
  /// to be multiplied by a handful.
  var quantum: Int64 {
    max(1, min(.max / 64, (policy.fairSpan * max(1, sessions.slots)).nanoseconds))
  }

  /// What waits for packages that the worker has or fetches.
  private func offerWarm(
    to session: borrowing Session, _ priority: Priority, _ places: [ReadyQueue.Place],
    at now: Instant, _ choice: inout Choice
  ) {
    // From the shorter side. The order does not matter: no two kinds have the same head.
    if places.count <= session.shelf.count {
      for place in places {
        let package = queue.read(place) { $0.kind.package }
        if let warmth = session.warmth(of: package) {
          offerWarm(place, warmth, to: session, at: now, &choice)
        }
      }
      return
    }
    for shelf in session.shelf {
      let package = sessions.package(at: shelf)
      for place in queue.places(of: package) {
        guard queue.read(place, { $0.kind.priority == priority }),
          let warmth = session.warmth(of: package)
        else { continue }
        offerWarm(place, warmth, to: session, at: now, &choice)
      }
    }
  }

  private func offerWarm(
    _ place: ReadyQueue.Place, _ warmth: Rank.Warmth, to session: borrowing Session,
    at now: Instant, _ choice: inout Choice
  ) {
    guard isAble(session.skillSet, place), hasPlace(session, place) else { return }
    if let until = session.conduct.pause(for: queue.read(place) { $0.kind.package }, at: now) {
      choice.lookAgain(at: until)
    } else {
      offer(place, warmth, &choice)
    }
  }

  private func offerCold(
    _ place: ReadyQueue.Place, to session: borrowing Session, at now: Instant,
    _ choice: inout Choice
  ) {
    let (package, bytes) = queue.read(place) { ($0.kind.package, $0.unpackedBytes) }
    guard isAble(session.skillSet, place), session.canHold(bytes), !session.holds(package),
      hasPlace(session, place)
    else { return }
    if let until = session.conduct.pause(for: package, at: now) {
      choice.lookAgain(at: until)
      return
    }
    switch coldChoice(place, for: session, at: now) {
    case .open(let holders):
      offer(place, .cold, holders: holders, &choice)
    case .notBefore(let due): choice.lookAgain(at: due)
    case .leftToOthers: break
    }
  }

  /// Whether workers with these skills can do this kind of work.
  func isAble(_ skillSet: Int, _ place: ReadyQueue.Place) -> Bool {
    let demand = queue.read(place) { $0.demand }
    // Whoever explains may ask between two passes, of a demand or skills that are new.
    return abilities.isAble(skillSet, to: demand)
      ?? sessions.skills[skillSet].meet(queue.demands[demand])
  }

  /// Whether a worker with room has room for this kind of work.
  ///
  /// Who waits for a verdict is not tied to one worker while its slots are busy: the next slot that
  /// falls free may be another's. With more waiting than there are slots it makes no difference.
  func hasPlace(_ session: borrowing Session, _ place: ReadyQueue.Place) -> Bool {
    guard session.free > 0 else { return false }
    if session.hasFreeSlot { return true }
    let (package, priority, count) = queue.read(place) {
      ($0.kind.package, $0.kind.priority, $0.count)
    }
    return priority > .console
      || count > max(1, sessions.holders(of: package).count) * Int(session.hello.slots)
  }

  /// The same of those who hold its package and have these skills, taken together.
  private func hasPlace(_ supply: PackageHolders.Supply, _ place: ReadyQueue.Place) -> Bool {
    if supply.withFreeSlot > 0 { return true }
    guard supply.withRoom > 0 else { return false }
    let (priority, count) = queue.read(place) { ($0.kind.priority, $0.count) }
    return priority > .console || count > supply.slots
  }

  /// Judges one kind of waiting work for a worker that has not its package.
  func coldChoice(
    _ place: ReadyQueue.Place, for session: borrowing Session, at now: Instant
  ) -> ColdChoice {
    // This is asked for each kind that waits by each worker that looks for work: nothing is copied.
    let (package, priority, bytes) = queue.read(place) {
      ($0.kind.package, $0.kind.priority, $0.archiveBytes)
    }
    var (holders, warmSlots, hasPlace) = (0, 0 as Int64, false)
    sessions.readHolders(of: package) { row in
      holders = row.sessions.count
      for supply in row.supplies where isAble(supply.skillSet, place) {
        hasPlace = hasPlace || self.hasPlace(supply, place)
        warmSlots += supply.slots
      }
    }
    // A warm worker has room: it takes the judging in this same pass.
    if hasPlace { return .leftToOthers }
    let cold = ColdChoice.open(holders: holders)
    guard warmSlots > 0, let head = queue.head(place) else { return cold }

    // Cold is worth it when the backlog at the warm workers lasts longer than the transfer. Of so many
    // slots one falls free every so often.
    let fetch = session.fetchEstimate(bytes, at: now, policy)
    let ahead = Int64(queue.backlog(of: package, upTo: priority))
    if meanDuration(of: package) * ahead > fetch * warmSlots { return cold }
    let patience =
      priority <= .console ? policy.longestWarmWait : policy.longestWarmWaitOfBatch
    let due = head.since + patience
    return now >= due ? cold : .notBefore(due)
  }

  func meanDuration(of package: Digest) -> TimeSpan { meanDuration[package] ?? .seconds(1) }
}
