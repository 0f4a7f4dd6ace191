public import JudgeModel
public import Messages

/// Packages brought to workers before they are needed.
///
/// Whoever wants that asks again and again, and each time workers are asked as far as there are too
/// few that have the package or fetch it. So nothing about it is kept but what each session was asked
/// for, which counts as being fetched until the worker reports it, refuses it, or does not mention it.
extension Scheduler {
  /// What a worker is to a package that is to be warmed.
  private enum Standing {
    case here
    case coming
    /// May be asked.
    case able
    /// Is meant when all workers are, and will not have it for now.
    case refusing(String)
    /// Not one of those that are meant.
    case outside(String)
  }

  private func standing(
    _ session: borrowing Session, to order: WarmOrder, at now: Instant
  ) -> Standing {
    if session.draining { return .outside("it is draining") }
    if session.isSuspect(at: now, policy) { return .outside("it has been silent for a while") }
    if session.cached.contains(order.package) { return .here }
    if session.isFetching(order.package) { return .coming }
    guard session.canHold(order.unpackedBytes) else {
      return .outside(
        session.tooSmallText(for: order.unpackedBytes) + ": raise --cache-budget")
    }
    guard session.hello.takesWarm else {
      return .refusing("it is of a version without warm-up: upgrade it")
    }
    if let refusal = session.refusals[order.package], refusal.until > now {
      return .refusing(refusal.reason)
    }
    if session.conduct.pause(for: order.package, at: now) != nil {
      return .refusing("it failed a moment ago and pauses")
    }
    return .able
  }

  /// - Parameter workers: how many shall have it; nil for all that can.
  mutating func warm(
    _ order: WarmOrder, workers: Int32?, at now: Instant, into effects: inout [SchedulerEffect]
  ) {
    var missing = workers.map { Int($0) } ?? .max
    var able: [(free: Int64, packages: Int, id: SessionID)] = []
    for id in sessions.ids {
      sessions.read(id) { session in
        switch standing(session, to: order, at: now) {
        case .here, .coming: missing -= 1
        case .able:
          // What was asked for already is on its way, so that several packages spread.
          let wished = session.wishes.values.reduce(session.cache.usedBytes) {
            $0.addingSaturated($1.unpackedBytes)
          }
          able.append(
            (
              free: session.budgetBytes.addingSaturated(-wished),
              packages: session.cached.count + session.fetching.count + session.wishes.count, id
            ))
        case .refusing, .outside: break
        }
      }
    }
    guard missing > 0 else { return }
    // Most room first, then fewest packages.
    able.sort { ($1.free, $0.packages, $0.id) < ($0.free, $1.packages, $1.id) }
    for (_, _, id) in able.prefix(missing) {
      let wish = Session.Wish(unpackedBytes: order.unpackedBytes, sentAt: now)
      sessions.addWish(id, order.package, wish)
      sessions.modify(id) { $0.refusals[order.package] = nil }
      effects.append(.send(id, .warm(order)))
    }
    needsScheduling = true
  }

  /// How far a package has been brought, for whoever asked for it.
  public func warmth(of order: WarmOrder, workers: Int32?, at now: Instant) -> Warmth {
    var warmth = Warmth(wanted: 0, here: [], coming: [], obstacles: [])
    var meant = 0
    for id in sessions.ids {
      sessions.read(id) { session in
        switch standing(session, to: order, at: now) {
        case .here:
          meant += 1
          warmth.here.append(session.worker)
        case .coming:
          meant += 1
          warmth.coming.append(session.worker)
        case .able: meant += 1
        case .refusing(let reason):
          meant += 1
          warmth.obstacles.append(Warmth.Obstacle(worker: session.worker, reason: reason))
        case .outside(let reason):
          warmth.obstacles.append(Warmth.Obstacle(worker: session.worker, reason: reason))
        }
      }
    }
    warmth.wanted = workers ?? Int32(clamping: meant)
    let isEnough = warmth.here.count + warmth.coming.count >= Int(warmth.wanted)
    // Who asked for all wants to know who is not among them.
    let isOfInterest = workers == nil || !isEnough
    warmth.obstacles = isOfInterest ? Array(warmth.obstacles.prefix(Warmth.obstacleLimit)) : []
    return warmth
  }

  /// How many judgings wait for a package: for a worker, or at one that is fetching it.
  public func waiting(for package: Digest) -> Int {
    let queued = queue.backlog(of: package, upTo: .batch)
    return sessions.holders(of: package).reduce(queued) { sum, id in
      sum
        + (sessions.read(id) { $0.cached.contains(package) ? 0 : $0.fetching[package] ?? 0 } ?? 0)
    }
  }

  /// A worker does not fetch what it was asked for.
  mutating func endWish(_ id: SessionID, _ package: Digest, reason: String, at now: Instant) {
    guard sessions.read(id, { $0.wishes[package] != nil }) == true else { return }
    sessions.removeWish(id, package)
    let until = now + policy.wishPause
    sessions.modify(id) {
      $0.refusals = $0.refusals.filter { $0.value.until > now }
      $0.refusals[package] = (reason, until)
    }
    // Judgings may have been left to it.
    needsScheduling = true
  }

  /// What a worker was asked for a while ago and neither has nor fetches will not come: the order, or
  /// the news of its end, was lost.
  mutating func dropLostWishes(_ sync: WorkerSync, at now: Instant) {
    guard let wishes = sessions.read(sync.session, { $0.wishes }), !wishes.isEmpty else { return }
    let lost = wishes.filter {
      !sync.warming.contains($0.key) && now - $0.value.sentAt > policy.resendAfter
    }
    for package in lost.keys.sorted() {
      endWish(sync.session, package, reason: "it did not take it up", at: now)
    }
  }
}

extension Int64 {
  /// Sizes are numbers from the network.
  fileprivate func addingSaturated(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }
}
