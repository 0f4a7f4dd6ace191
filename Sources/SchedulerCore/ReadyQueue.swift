internal import DequeModule
internal import JudgeModel

/// What waits, arranged so that a worker's best choice is found among as many heads as there are
/// different kinds of work, not among all judgings.
///
/// Judgings that differ in nothing a worker cares about share a bucket and leave it in order of
/// arrival. Removal from the middle (a cancelled judging, a late verdict) only marks: the deque is
/// cleaned when the mark comes to its head, which keeps every operation O(log buckets).
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

  mutating func append(_ order: JudgingOrder, at now: Instant) {
    arrivals += 1
    insert(order, Waiting(judging: order.judging, arrival: arrivals, since: now), atFront: false)
  }

  /// Back to where it was: a judging that a worker lost is older than what came after it.
  mutating func putBack(_ order: JudgingOrder, arrival: UInt64, since: Instant) {
    let waiting = Waiting(judging: order.judging, arrival: arrival, since: since)
    insert(order, waiting, atFront: true)
  }

  private mutating func insert(_ order: JudgingOrder, _ waiting: Waiting, atFront: Bool) {
    precondition(present[order.judging] == nil, "a judging waits once")
    let kind = Self.kind(of: order)
    var bucket = buckets[kind] ?? Bucket(archiveBytes: order.archiveBytes)
    if bucket.count == 0 { addKind(kind) }
    if atFront { bucket.waiting.prepend(waiting) } else { bucket.waiting.append(waiting) }
    bucket.count += 1
    buckets[kind] = bucket
    present[order.judging] = waiting.arrival
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

  /// A mark is the absence from `present` (or another arrival there, when it came back since).
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
      total += live.count
    }
    precondition(total == present.count, "everything present waits in one bucket")
  }
}
