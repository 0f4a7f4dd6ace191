public import JudgeModel
public import Messages

extension Scheduler {
  /// Judgings that have no final state yet.
  public var unfinishedCount: Int { judgings.count }

  /// The whole cluster at a glance, for people.
  /// - Parameter name: how people call a package, of which only the digest is known here.
  public func status(
    at now: Instant, naming name: (Digest) -> String = { $0.short }
  ) -> ClusterStatus {
    ClusterStatus(
      programVersion: identity.programVersion, uptime: now - startedAt, queued: Int64(queue.count),
      leased: Int64(judgings.count - queue.count), judged: counts.judged,
      cancelled: counts.cancelled, quarantined: counts.quarantined,
      workers: sessions.ids.compactMap { sessions[$0] }.map { worker($0, at: now) },
      waiting: waitingNotes(at: now, naming: name))
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
  private func waitingNotes(
    at now: Instant, naming name: (Digest) -> String
  ) -> [WaitingNote] {
    var byReason: [String: Int64] = [:]
    let all = sessions.ids.compactMap { sessions[$0] }
    for bucket in queue.everyPlace.map({ queue[$0] }) {
      byReason[reason(for: bucket, all, at: now, naming: name), default: 0] += Int64(bucket.count)
    }
    return byReason.map { WaitingNote(count: $0.value, reason: $0.key) }
      .sorted { ($1.count, $0.reason) < ($0.count, $1.reason) }
  }

  func reason(
    for bucket: ReadyQueue.Bucket, _ all: [Session], at now: Instant,
    naming name: (Digest) -> String
  ) -> String {
    guard !all.isEmpty else { return "no worker is connected" }
    let kind = bucket.kind
    let language = kind.demand.language
    guard all.contains(where: { $0.skills.languages.contains(language) }) else {
      return "no connected worker has the language \(language)"
    }
    let skilled = all.filter { $0.skills.meet(kind.demand) }
    let labels = kind.demand.labels.map { " and the label \($0)" }.joined()
    guard !skilled.isEmpty else {
      return "no connected worker has the language \(language)\(labels)"
    }
    let staying = skilled.filter { !$0.draining }
    guard !staying.isEmpty else {
      let stuck = skilled.contains { $0.conduct.isStuck }
      return "every worker with the language \(language)\(labels) is draining"
        + (stuck ? " or has not stopped what was cancelled" : "")
    }
    let bytes = bucket.unpackedBytes
    let able = staying.filter { $0.holds(kind.package) || $0.canHold(bytes) }
    guard !able.isEmpty else {
      let largest = staying.map(\.budgetBytes).max() ?? 0
      return "package \(name(kind.package)) needs \(sizeText(bytes, rounded: .up)) and the largest "
        + "cache budget of the workers with the language \(language)\(labels) is "
        + "\(sizeText(largest, rounded: .down)): raise --cache-budget on a worker"
    }
    let room = able.filter { $0.free > 0 }
    guard !room.isEmpty else {
      return staying.allSatisfy { $0.free == 0 }
        ? "every slot is busy"
        : "every worker whose cache is large enough for package \(name(kind.package)) is busy"
    }
    if room.allSatisfy({ $0.conduct.pause(for: kind.package, at: now) != nil }) {
      return "every worker with a free slot failed a moment ago and pauses"
    }
    return "a worker that has the package will be free soon"
  }
}
