internal import JudgeModel
internal import Messages

/// A lease that a worker was told to stop and may still be working on.
struct Stop: Hashable {
  var epoch: LeaseEpoch
  var since: Instant
  /// When it was last told so.
  var sentAt: Instant
  /// It has had the time to do it.
  var isOverdue = false
}

/// What a worker was told to stop, until it confirms that.
///
///     told ─► told again, drained ─► session closed
///       │              │                   │ the worker comes back with it
///       │              │                   └─► told again, drained
///       └──────────────┴─► confirmed: gone; the last one gone, it gets work again
///
/// A sandbox that does not die occupies a slot whatever the worker says of its credit, and what is
/// given to such a worker may end the same way. It is not sent away for good, because the line may be
/// to blame as well.
extension Scheduler {
  mutating func stop(
    _ name: LeaseName, at id: SessionID, at now: Instant, into effects: inout [SchedulerEffect]
  ) {
    effects.append(.send(id, .cancel(name.judging, name.epoch)))
    sessions.modify(id) { $0.conduct.noteStop(name, at: now) }
  }

  /// The worker does not hold this lease any more, whatever became of it.
  mutating func noteStopped(
    _ name: LeaseName, by id: SessionID, into effects: inout [SchedulerEffect]
  ) {
    endStops(of: id, into: &effects) { $0 == name.judging && $1.epoch <= name.epoch }
  }

  /// A worker's own account of what it holds. What it does not mention long after it was told to stop it
  /// is stopped: the confirmation was lost.
  mutating func noteStopped(
    by id: SessionID, holding held: [JudgingID: LeaseEpoch], at now: Instant,
    into effects: inout [SchedulerEffect]
  ) {
    let grace = policy.resendAfter
    endStops(of: id, into: &effects) { judging, stop in
      held[judging].map { $0 > stop.epoch } ?? (now - stop.sentAt > grace)
    }
  }

  private mutating func endStops(
    of id: SessionID, into effects: inout [SchedulerEffect],
    where isOver: (JudgingID, Stop) -> Bool
  ) {
    guard let conduct = sessions.read(id, { $0.conduct }), !conduct.stops.isEmpty else { return }
    let stops = conduct.stops.filter { !isOver($0.key, $0.value) }
    guard stops.count < conduct.stops.count else { return }
    sessions.modify(id) { $0.conduct.stops = stops }
    guard conduct.isStuck, let session = sessions[id], !session.conduct.isStuck else { return }
    effects.append(
      .note(session.worker, "it has stopped what was cancelled"))
    needsScheduling = true
  }

  /// Tells again, drains, and closes the session in the end.
  mutating func pressStops(
    _ id: SessionID, at now: Instant, into effects: inout [SchedulerEffect]
  ) {
    guard let session = sessions[id], !session.conduct.stops.isEmpty else { return }
    let stops = session.conduct.stops.sorted { $0.key < $1.key }
    if let (judging, stop) = stops.first(where: { now - $0.value.since >= policy.evictAfter }) {
      let text =
        "\(judging) was cancelled \((now - stop.since).milliseconds / 1000) s ago and it has still "
        + "not stopped it: its session is closed, and it gets nothing until it has; restart that worker"
      effects.append(.note(session.worker, text))
      return end(id, mayReturn: false, at: now, into: &effects)
    }
    for (judging, stop) in stops where now - stop.sentAt >= policy.cancelPatience {
      self.stop(LeaseName(judging: judging, epoch: stop.epoch), at: id, at: now, into: &effects)
    }
    for (judging, stop) in stops
    where !stop.isOverdue && now - stop.since >= policy.cancelPatience {
      sessions.modify(id) { $0.conduct.stops[judging]?.isOverdue = true }
      let text =
        "\(judging) was cancelled \((now - stop.since).milliseconds / 1000) s ago and it has not "
        + "stopped it: it gets nothing new until it has"
      effects.append(.note(session.worker, text))
    }
  }
}

extension Conduct {
  mutating func noteStop(_ name: LeaseName, at now: Instant) {
    guard var known = stops[name.judging] else {
      stops[name.judging] = Stop(epoch: name.epoch, since: now, sentAt: now)
      return
    }
    known.epoch = max(known.epoch, name.epoch)
    known.sentAt = now
    stops[name.judging] = known
  }

  /// Its process is back on another connection, with what it says it holds. It has time anew, as it may
  /// not have heard a word, but what was overdue stays so.
  mutating func takeUpStops(holding held: Set<JudgingID>, at now: Instant) {
    stops = stops.filter { held.contains($0.key) }
    for judging in stops.keys { stops[judging]?.since = now }
  }
}
