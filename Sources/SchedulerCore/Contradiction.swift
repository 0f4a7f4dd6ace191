public import JudgeModel
internal import Messages

/// A judging of which the record says something else than the scheduler thought: records about it were
/// not applied, because what they build on is not so.
public struct Contradiction: Hashable, Sendable {
  /// What the record says.
  public enum Truth: Hashable, Sendable {
    case open(RestoredJudging)
    case judged(BatchID?, WorkerID, JudgingResult)
    /// Cancelled or quarantined.
    case ended(BatchID?, JudgingState, reason: String)
    case missing
  }
  public var judging: JudgingID
  /// What was not applied, in the order it was decided.
  public var refused: [Record]
  public var truth: Truth

  public init(judging: JudgingID, refused: [Record], truth: Truth) {
    self.judging = judging
    self.refused = refused
    self.truth = truth
  }

  /// One for each judging that the records speak of, in the order of the first about each.
  public static func grouped(
    _ refused: [Record], truth: (JudgingID) throws -> Truth
  ) rethrows -> [Contradiction] {
    var byJudging: [JudgingID: [Record]] = [:]
    var order: [JudgingID] = []
    for record in refused {
      if byJudging[record.judging] == nil { order.append(record.judging) }
      byJudging[record.judging, default: []].append(record)
    }
    return try order.map {
      Contradiction(judging: $0, refused: byJudging[$0] ?? [], truth: try truth($0))
    }
  }
}

extension Contradiction.Truth {
  /// In a few words, for the log.
  public var summary: String {
    switch self {
    case .open(let item):
      if let epoch = item.epoch {
        "leased as \(epoch)"
      } else {
        "queued, last leased as " + (item.newestEpoch.map { "\($0)" } ?? "nothing")
      }
    case .judged(_, let worker, let result): "judged \(result.verdict) by \(worker)"
    case .ended(_, let state, let reason): "\(state.rawValue): \(reason)"
    case .missing: "there is no such judging"
    }
  }
}

extension Record {
  public var judging: JudgingID {
    switch self {
    case .created(let order): order.judging
    case .leased(let judging, _, _), .runs(let judging, _, _), .judged(let judging, _, _, _),
      .returned(let judging, _, _), .cancelled(let judging), .quarantined(let judging, _):
      judging
    }
  }

  /// In a few words, for the log.
  public var summary: String {
    switch self {
    case .created: "created"
    case .leased(_, let epoch, let worker): "leased \(epoch) to \(worker)"
    case .runs(_, let epoch, let runs): "\(runs.count) runs of \(epoch)"
    case .judged(_, let epoch, _, let result): "judged \(result.verdict) by \(epoch)"
    case .returned(_, let epoch, _): "returned \(epoch)"
    case .cancelled: "cancelled"
    case .quarantined: "quarantined"
    }
  }
}

extension Scheduler {
  /// Takes the record's word: what is held about the judging goes, and what the record says comes in
  /// its place. Whoever works on it is told to stop, for the record would refuse the verdict.
  mutating func accept(
    _ contradiction: Contradiction, at now: Instant, into effects: inout [SchedulerEffect]
  ) {
    uncount(contradiction.refused)
    let id = contradiction.judging
    let known = judgings[id]
    if let known {
      if case .leased(let lease) = known.phase {
        let name = LeaseName(judging: id, epoch: lease.epoch)
        stop(name, at: lease.session, at: now, into: &effects)
      }
      forget(known)
    }
    switch contradiction.truth {
    case .open(let item):
      // The next lease must be newer than the one in the record, or it would be refused as well.
      if let newest = item.newestEpoch, newest.generation == generation {
        epochCounter = max(epochCounter, newest.counter)
      }
      restore([item], at: now)
      effects.append(.publish(id, item.order.batch, .queued(note: "the record was changed")))
    case .judged(let batch, let worker, let result):
      counts.judged += 1
      effects.append(.publish(id, batch, .judged(worker, result)))
    case .ended(let batch, let state, let reason):
      if state == .quarantined { counts.quarantined += 1 } else { counts.cancelled += 1 }
      effects.append(.publish(id, batch, .ended(state, reason: reason)))
    case .missing:
      let reason = "it is not in the record any more"
      effects.append(.publish(id, known?.order.batch, .ended(.cancelled, reason: reason)))
    }
    needsScheduling = true
  }

  /// What was counted when it was decided and did not come about.
  private mutating func uncount(_ refused: [Record]) {
    for record in refused {
      switch record {
      case .judged: counts.judged -= 1
      case .cancelled: counts.cancelled -= 1
      case .quarantined: counts.quarantined -= 1
      case .created, .leased, .runs, .returned: break
      }
    }
  }
}
