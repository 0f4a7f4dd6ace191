public import JudgeModel
public import Messages

/// Why a judging waits, in the terms that the ranking decides with: everything here asks the same
/// functions that place work, so that an explanation cannot differ from what is done.
extension Scheduler {
  /// Nil when it does not wait here.
  /// - Parameter name: how people call a package, of which only the digest is known here.
  public func explainWaiting(
    _ id: JudgingID, at now: Instant, naming name: (Digest) -> String = { $0.short }
  ) -> Explanation.Waiting? {
    guard let judging = judgings[id] else { return nil }
    switch judging.phase {
    case .leased: return nil
    case .awaited(let lease):
      let who = lease.worker.value.isEmpty ? "the worker that had it" : "\(lease.worker)"
      return Explanation.Waiting(
        reason: "\(who) was lost with it a moment ago and may come back and go on", ahead: 0,
        candidates: [], unlisted: 0)
    case .queued: break
    }
    guard let place = queue.place(of: ReadyQueue.kind(of: judging.order)) else { return nil }
    let all = sessions.ids.compactMap { sessions[$0] }
    let candidates = all.map { candidate($0, for: judging, place, at: now) }
    // Those that come nearest to taking it first.
    let order = candidates.indices.sorted {
      (candidates[$0].nearness, $0) < (candidates[$1].nearness, $1)
    }
    return Explanation.Waiting(
      reason: reason(for: queue[place], all, at: now, naming: name), ahead: ahead(of: judging),
      candidates: order.prefix(Explanation.Waiting.candidateLimit).map { candidates[$0].told },
      unlisted: Int64(max(0, all.count - Explanation.Waiting.candidateLimit)))
  }

  private struct Candidacy {
    /// Small when little is missing.
    var nearness: Int
    var told: Explanation.Candidate
  }

  private func candidate(
    _ session: Session, for judging: Judging, _ place: ReadyQueue.Place, at now: Instant
  ) -> Candidacy {
    let (nearness, obstacle) = obstacle(session, judging, place, at: now)
    let warmth: Explanation.Candidate.Warmth =
      switch session.warmth(of: judging.order.package) {
      case .here: .here
      case .arriving: .arriving
      case .cold, nil: .cold
      }
    return Candidacy(
      nearness: nearness,
      told: Explanation.Candidate(
        worker: session.worker, free: Int64(clamping: session.free), warmth: warmth,
        obstacle: obstacle))
  }

  /// The first thing in the way, in the order in which placing work looks at them.
  private func obstacle(
    _ session: Session, _ judging: Judging, _ place: ReadyQueue.Place, at now: Instant
  ) -> (nearness: Int, String) {
    let order = judging.order
    if !session.skills.languages.contains(order.language) {
      return (9, "it has not the language \(order.language)")
    }
    if let label = order.requires.first(where: { !session.skills.labels.contains($0) }) {
      return (8, "it has not the label \(label)")
    }
    if session.draining { return (7, "it is draining") }
    if session.isSuspect(at: now, policy) { return (6, "it has been silent for a while") }
    let holds = session.holds(order.package)
    if !holds, !session.canHold(order.unpackedBytes) {
      return (8, session.tooSmallText(for: order.unpackedBytes))
    }
    if let until = session.conduct.pause(for: order.package, at: now) {
      return (5, "it failed a moment ago and pauses for another \(seconds(until - now))")
    }
    if !hasPlace(session, place) { return (holds ? 1 : 3, "every slot is busy") }
    if !holds {
      switch coldChoice(place, for: session, at: now) {
      case .leftToOthers: return (4, "it is left to a worker that has the package and has room")
      case .notBefore(let due):
        return (
          2,
          "for another \(seconds(due - now)) it is left to workers that have the package, which is "
            + "sooner than to fetch \(sizeText(order.archiveBytes, rounded: .up))"
        )
      case .open: break
      }
    }
    return (0, firstChoice(of: session, over: judging, place, at: now))
  }

  /// What a worker that could take it takes first, and by which term of the ranking.
  private func firstChoice(
    of session: Session, over judging: Judging, _ place: ReadyQueue.Place, at now: Instant
  ) -> String {
    guard let taken = choice(for: session, among: classes, at: now).place,
      let head = queue.head(taken), head.judging != judging.order.judging
    else { return "it takes it next" }
    let first = queue[taken].kind
    let own = queue[place].kind
    let term =
      if taken == place {
        "older"
      } else if first.priority != own.priority {
        first.priority < own.priority ? "more urgent" : "of a class whose turn it is"
      } else if lead(taken) != lead(place) {
        "of a contest that has had less"
      } else if let waited = queue.head(place)?.since,
        waited - head.since > patience(own.priority)
      {
        "waiting for much longer"
      } else if session.warmth(of: first.package) != session.warmth(of: own.package) {
        "of a package that it has"
      } else if sessions.holders(of: first.package).count
        != sessions.holders(of: own.package).count, !session.holds(own.package)
      {
        "of a package that fewer workers have"
      } else {
        "older"
      }
    return "it takes judging \(head.judging.value) first, which is \(term)"
  }

  /// How many wait that come before it wherever both could go.
  private func ahead(of judging: Judging) -> Int64 {
    let priority = judging.order.priority
    var count: Int64 = 0
    for place in queue.everyPlace {
      queue.read(place) { bucket in
        if bucket.kind.priority < priority {
          count += Int64(bucket.count)
        } else if bucket.kind.priority == priority {
          count += Int64(queue.count(in: place, before: judging.arrival))
        }
      }
    }
    return count
  }

  private func seconds(_ span: TimeSpan) -> String {
    "\((span.milliseconds + 999) / 1000) s"
  }
}
