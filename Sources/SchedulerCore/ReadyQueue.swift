internal import DequeModule
internal import JudgeModel

/// What waits, arranged so that a worker's best choice is found among as many heads as there are
/// different kinds of work, not among all judgings.
///
/// Judgings that differ in nothing a worker cares about share a bucket and leave it in order of
/// arrival, also after one of them was away for a while. Removal from the middle (a cancelled judging,
/// a late verdict) only marks: the deque is cleaned when the mark comes to its head, so that nothing
/// is searched for but by halving.
struct ReadyQueue {
  /// What a worker has to have for a judging, and how urgent it is.
  struct Kind: Hashable, Comparable {
    var priority: Priority
    var package: Digest
    var language: LanguageID
    static func < (a: Self, b: Self) -> Bool {
      (a.priority, a.package, a.language) < (b.priority, b.package, b.language)
    }
  }

  struct Waiting {
    var judging: JudgingID
    /// Order of arrival, over all buckets; what "oldest" means.
    var arrival: UInt64
    var since: Instant
  }

  struct Bucket {
    var waiting = Deque<Waiting>()
    /// Those of `waiting` that are not marked as removed.
    var count = 0
    var archiveBytes: Int64
  }

  /// Kinds that have something waiting, sorted: the order in which ties are seen must not depend on
  /// a hash.
  private(set) var kinds: [Kind] = []
  private var buckets: [Kind: Bucket] = [:]
  private var present: [JudgingID: UInt64] = [:]
  private var arrivals: UInt64 = 0
  var count: Int { present.count }

  func contains(_ judging: JudgingID) -> Bool { present[judging] != nil }

  static func kind(of order: JudgingOrder) -> Kind {
    Kind(priority: order.priority, package: order.package, language: order.language)
  }

  /// Draws the next place in the order of arrival. A judging keeps its place for life.
  mutating func nextArrival() -> UInt64 {
    arrivals += 1
    return arrivals
  }

  /// Puts a judging at its place: a new one at the end, one that a worker lost before what came after
  /// it.
  mutating func insert(_ order: JudgingOrder, arrival: UInt64, since: Instant) {
    precondition(present[order.judging] == nil, "a judging waits once")
    let kind = Self.kind(of: order)
    var bucket = buckets.removeValue(forKey: kind) ?? Bucket(archiveBytes: order.archiveBytes)
    if bucket.count == 0 { addKind(kind) }
    let at = Self.position(of: arrival, in: bucket.waiting)
    // Its own mark may still stand there; then it only comes to life again.
    if at == bucket.waiting.count || bucket.waiting[at].arrival != arrival {
      let waiting = Waiting(judging: order.judging, arrival: arrival, since: since)
      bucket.waiting.insert(waiting, at: at)
    }
    bucket.count += 1
    buckets[kind] = bucket
    present[order.judging] = arrival
  }

  /// Where the first of those stands that did not come before `arrival`.
  private static func position(of arrival: UInt64, in waiting: Deque<Waiting>) -> Int {
    guard let last = waiting.last, last.arrival >= arrival else { return waiting.count }
    var low = 0
    var high = waiting.count
    while low < high {
      let middle = (low + high) / 2
      if waiting[middle].arrival < arrival { low = middle + 1 } else { high = middle }
    }
    return low
  }

  mutating func remove(_ order: JudgingOrder) {
    guard present.removeValue(forKey: order.judging) != nil else { return }
    let kind = Self.kind(of: order)
    guard var bucket = buckets.removeValue(forKey: kind) else { return }
    bucket.count -= 1
    dropMarked(&bucket)
    if bucket.count == 0 { removeKind(kind) } else { buckets[kind] = bucket }
  }

  func head(_ kind: Kind) -> Waiting? { buckets[kind]?.waiting.first }
  func backlog(_ kind: Kind) -> Int { buckets[kind]?.count ?? 0 }
  func archiveBytes(_ kind: Kind) -> Int64 { buckets[kind]?.archiveBytes ?? 0 }

  mutating func popHead(_ kind: Kind) -> Waiting? {
    guard var bucket = buckets.removeValue(forKey: kind), let first = bucket.waiting.popFirst()
    else { return nil }
    present[first.judging] = nil
    bucket.count -= 1
    dropMarked(&bucket)
    if bucket.count == 0 { removeKind(kind) } else { buckets[kind] = bucket }
    return first
  }

  /// A mark is the absence from `present`, or another arrival there, when the judging ended and was
  /// submitted anew.
  private func dropMarked(_ bucket: inout Bucket) {
    while let first = bucket.waiting.first, present[first.judging] != first.arrival {
      bucket.waiting.removeFirst()
    }
  }

  private mutating func addKind(_ kind: Kind) {
    kinds.insert(kind, at: position(of: kind))
  }
  private mutating func removeKind(_ kind: Kind) {
    let at = position(of: kind)
    if at < kinds.count, kinds[at] == kind { kinds.remove(at: at) }
  }
  private func position(of kind: Kind) -> Int {
    var low = 0
    var high = kinds.count
    while low < high {
      let middle = (low + high) / 2
      if kinds[middle] < kind { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func checkInvariants() {
    precondition(kinds == buckets.keys.sorted(), "every bucket is listed, in order")
    var total = 0
    for kind in kinds {
      guard let bucket = buckets[kind] else { preconditionFailure("listed kind without bucket") }
      let live = bucket.waiting.filter { present[$0.judging] == $0.arrival }
      precondition(bucket.count == live.count && bucket.count > 0, "bucket counts what waits")
      precondition(bucket.waiting.first.map { present[$0.judging] == $0.arrival } ?? false)
      precondition(
        zip(bucket.waiting, bucket.waiting.dropFirst()).allSatisfy { $0.arrival < $1.arrival },
        "a bucket stands in order of arrival")
      total += live.count
    }
    precondition(total == present.count, "everything present waits in one bucket")
  }
}
