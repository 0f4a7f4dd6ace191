internal import JudgeModel

/// Who has had how much, of those for whom something waits.
///
/// Two rules. *Between contests* (batches; all that belongs to none counts as one): within a class the
/// one that has had least comes first. To keep to it exactly would tear packages from worker to worker,
/// so only the lead in whole quanta counts (``SchedulerPolicy/fairSpan``), and within a quantum the
/// order is that of the ranking. Who comes anew starts level with who has had least, and who has nothing
/// waiting saves nothing up.
///
/// *Between classes*: the more urgent comes first, but a less urgent one that waits and was passed over
/// often enough (``SchedulerPolicy/lowerClassOneIn``) gets one judging, so that live judging, which may
/// saturate a cluster all day, cannot stop a regrade for ever.
struct Shares {
  private struct Flow {
    var batch: BatchID?
    /// Buckets that it has waiting.
    var buckets = 0
    /// Beyond what the one has had that has had least, nanoseconds of slots.
    var lead: Int64 = 0
  }
  /// By priority. In no particular order, but always in the same one.
  private var flows: [[Flow]] = Array(repeating: [], count: Priority.classes)
  /// By priority: grants to more urgent classes while it waited, since it was last granted.
  private var passedOver = Array(repeating: 0, count: Priority.classes)

  /// Nanoseconds of slots that this contest has had beyond the one that has had least.
  func lead(_ priority: Priority, _ batch: BatchID?) -> Int64 {
    // Alone, as almost always.
    if flows[priority.index].count <= 1 { return 0 }
    return flows[priority.index].first { $0.batch == batch }?.lead ?? 0
  }

  /// The class that has waited through so many grants to more urgent ones that its turn has come.
  func favoured(oneIn: Int) -> Priority? {
    let longest = passedOver.indices.max { passedOver[$0] < passedOver[$1] } ?? 0
    return passedOver[longest] >= max(1, oneIn - 1) ? Priority(rawValue: Int32(longest)) : nil
  }

  /// - Parameter isWaiting: of which classes something waits, now that this was taken.
  mutating func charge(
    _ priority: Priority, _ batch: BatchID?, _ span: TimeSpan, isWaiting: (Priority) -> Bool
  ) {
    for other in Priority.allCases {
      if other == priority || !isWaiting(other) {
        passedOver[other.index] = 0
      } else if other > priority {
        passedOver[other.index] += 1
      }
    }
    let index = priority.index
    guard flows[index].count > 1, let own = flows[index].firstIndex(where: { $0.batch == batch })
    else { return }
    flows[index][own].lead += max(1, span.nanoseconds)
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

  /// Counts from the one that has had least: what was before that is of no interest, and no sum can
  /// overflow.
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
