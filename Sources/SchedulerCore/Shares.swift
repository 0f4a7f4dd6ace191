internal import JudgeModel

/// Who has had how much, of those for whom something waits.
///
/// Two rules. *Between contests* (batches; all that belongs to none counts as one): within a class the
/// one that has had least comes first. To keep to it exactly would tear packages from worker to worker,
/// so only the lead in whole quanta counts (``SchedulerPolicy/fairSpan``), and within a quantum the
/// order is that of the ranking. Who comes anew starts level with who has had least, who has nothing
/// waiting saves nothing up, and beside one that nobody can serve leads do not grow for ever.
///
/// *Between classes*: the more urgent comes first, but a less urgent one that waits gets a judging when
/// the others before it have had so much more than its last one took
/// (``SchedulerPolicy/lowerClassOneIn``), so that live judging, which may saturate a cluster all day,
/// cannot stop a regrade for ever. Counted in time, not in judgings: a regraded one may take as long as
/// thirty live ones.
struct Shares {
  private struct Flow {
    var batch: BatchID?
    /// Buckets that it has waiting.
    var buckets = 0
    /// Beyond what the one has had that has had least, nanoseconds of slots.
    var lead: Int64 = 0
  }
  private struct Class {
    /// What more urgent classes were given while this one waited, since its last turn.
    var passedOver = TimeSpan.zero
    /// About how long its last judging took.
    var lastSpan = TimeSpan.seconds(1)
  }
  /// By priority. In no particular order, but always in the same one.
  private var flows: [[Flow]] = Array(repeating: [], count: Priority.classes)
  /// By priority.
  private var classes = Array(repeating: Class(), count: Priority.classes)

  /// Nanoseconds of slots that this contest has had beyond the one that has had least.
  func lead(_ priority: Priority, _ batch: BatchID?) -> Int64 {
    // Alone, as almost always.
    if flows[priority.index].count <= 1 { return 0 }
    return flows[priority.index].first { $0.batch == batch }?.lead ?? 0
  }

  /// The classes that have waited through so much that their turn has come, longest first. All of them:
  /// of one it may be that nobody can serve it.
  func favoured(oneIn: Int) -> [Priority] {
    let due = Priority.allCases.filter { priority in
      let own = classes[priority.index]
      return own.passedOver > .zero && own.passedOver >= own.lastSpan * Int64(max(1, oneIn - 1))
    }
    return due.sorted {
      (classes[$1.index].passedOver, $0) < (classes[$0.index].passedOver, $1)
    }
  }

  /// - Parameters:
  ///   - span: about how long the judging that was given will take.
  ///   - limit: a contest's lead grows no further than to this, nanoseconds.
  ///   - isWaiting: of which classes something waits, now that this was taken.
  mutating func charge(
    _ priority: Priority, _ batch: BatchID?, _ span: TimeSpan, limit: Int64 = .max,
    isWaiting: (Priority) -> Bool
  ) {
    let span = max(.nanoseconds(1), span)
    for other in Priority.allCases {
      if other == priority || !isWaiting(other) {
        classes[other.index].passedOver = .zero
      } else if other > priority {
        // A sum of spans stops at the largest there is.
        classes[other.index].passedOver = classes[other.index].passedOver + span
      }
    }
    let index = priority.index
    classes[index].lastSpan = span
    guard flows[index].count > 1, let own = flows[index].firstIndex(where: { $0.batch == batch })
    else { return }
    let (lead, overflow) = flows[index][own].lead.addingReportingOverflow(span.nanoseconds)
    flows[index][own].lead = min(overflow ? .max : lead, max(1, limit))
    level(index)
  }

  mutating func open(_ priority: Priority, _ batch: BatchID?) {
    let index = priority.index
    if let known = flows[index].firstIndex(where: { $0.batch == batch }) {
      flows[index][known].buckets += 1
    } else {
      flows[index].append(Flow(batch: batch, buckets: 1))
    }
  }

  mutating func close(_ priority: Priority, _ batch: BatchID?) {
    let index = priority.index
    guard let own = flows[index].firstIndex(where: { $0.batch == batch }) else { return }
    flows[index][own].buckets -= 1
    guard flows[index][own].buckets == 0 else { return }
    flows[index].remove(at: own)
    level(index)
  }

  /// Counts from the one that has had least: what was before that is of no interest.
  private mutating func level(_ index: Int) {
    guard let least = flows[index].map(\.lead).min(), least > 0 else { return }
    for flow in flows[index].indices { flows[index][flow].lead -= least }
  }

  func checkInvariants(_ kinds: [Priority: [ReadyQueue.Kind]]) {
    for priority in Priority.allCases {
      let waiting = Dictionary(grouping: kinds[priority] ?? []) { $0.batch }
      let own = flows[priority.index]
      precondition(own.count == waiting.count, "every contest that waits has a share")
      for flow in own {
        precondition(waiting[flow.batch]?.count == flow.buckets, "its buckets are counted")
      }
      precondition(own.isEmpty || own.map(\.lead).min() == 0, "leads are counted from the least")
    }
  }
}
