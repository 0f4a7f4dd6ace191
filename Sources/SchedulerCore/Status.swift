public import JudgeModel
public import Messages

extension Scheduler {
  /// The whole cluster at a glance, for people.
  public func status(at now: Instant) -> ClusterStatus {
    ClusterStatus(
      programVersion: identity.programVersion, uptime: now - startedAt, queued: Int64(queue.count),
      leased: Int64(judgings.count - queue.count), judged: counts.judged,
      cancelled: counts.cancelled, quarantined: counts.quarantined,
      workers: sessions.ids.compactMap { sessions[$0] }.map { worker($0, at: now) },
      waiting: waitingNotes(at: now))
  }

  private func worker(_ session: Session, at now: Instant) -> WorkerStatus {
    WorkerStatus(
      worker: session.worker, session: session.id,
      state: session.draining
        ? .draining : session.isSuspect(at: now, policy) ? .suspect : .live,
      host: session.hello.host, programVersion: session.hello.programVersion,
      sandbox: session.hello.sandbox, slots: session.hello.slots,
      busySlots: Int32(clamping: session.leases.count), languages: session.hello.languages,
      labels: session.hello.labels, cache: session.cache, load: session.load,
      lastSeenAgo: now - session.lastSeen, judged: session.judged)
  }

  /// Why judgings wait, most numerous reason first.
  private func waitingNotes(at now: Instant) -> [WaitingNote] {
    var byReason: [String: Int64] = [:]
    let all = sessions.ids.compactMap { sessions[$0] }
    for kind in queue.kinds {
      let reason: String
      if all.isEmpty {
        reason = "no worker is connected"
      } else if !all.contains(where: { $0.languages.contains(kind.language) }) {
        reason = "no connected worker has the language \(kind.language)"
      } else if all.allSatisfy({ $0.draining || !$0.languages.contains(kind.language) }) {
        reason = "every worker with the language \(kind.language) is draining"
      } else {
        let room = all.filter {
          $0.free > 0 && !$0.draining && $0.languages.contains(kind.language)
        }
        if room.isEmpty {
          reason = "every slot is busy"
        } else if room.allSatisfy({ $0.conduct.pause(for: kind.package, at: now) != nil }) {
          reason = "every worker with a free slot failed a moment ago and pauses"
        } else {
          reason = "a worker that has the package will be free soon"
        }
      }
      byReason[reason, default: 0] += Int64(queue.backlog(kind))
    }
    return byReason.map { WaitingNote(count: $0.value, reason: $0.key) }
      .sorted { ($1.count, $0.reason) < ($0.count, $1.reason) }
  }
}
