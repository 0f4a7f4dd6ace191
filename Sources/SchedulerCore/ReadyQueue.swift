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
    var unpackedBytes: Int64
  }

  /// Kinds that have something waiting, sorted: the order in which ties are seen must not depend on
  /// a hash.
  private(set) var kinds: [Kind] = []
  /// What waits of each kind, at the kind's position.
  private var buckets: [Bucket] = []
  /// Kinds of a package, so that a worker finds its own work without a look at all of it.
  private var byPackage: [Digest: [Kind]] = [:]
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
    let place = position(of: kind)
    if place == kinds.count || kinds[place] != kind {
      kinds.insert(kind, at: place)
      buckets.insert(
        Bucket(archiveBytes: order.archiveBytes, unpackedBytes: order.unpackedBytes), at: place)
      byPackage[kind.package, default: []].append(kind)
    }
    let at = Self.position(of: arrival, in: buckets[place].waiting)
    // Its own mark may still stand there; then it only comes to life again.
    if at == buckets[place].waiting.count || buckets[place].waiting[at].arrival != arrival {
      let waiting = Waiting(judging: order.judging, arrival: arrival, since: since)
      buckets[place].waiting.insert(waiting, at: at)
    }
    buckets[place].count += 1
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
    guard present.removeValue(forKey: order.judging) != nil,
      let place = place(of: Self.kind(of: order))
    else { return }
    shrink(place)
  }

  func head(_ kind: Kind) -> Waiting? { place(of: kind).flatMap { buckets[$0].waiting.first } }
  func backlog(_ kind: Kind) -> Int { place(of: kind).map { buckets[$0].count } ?? 0 }
  func archiveBytes(_ kind: Kind) -> Int64 { place(of: kind).map { buckets[$0].archiveBytes } ?? 0 }
  /// What a cache sets aside for the kind's package.
  func unpackedBytes(_ kind: Kind) -> Int64 {
    place(of: kind).map { buckets[$0].unpackedBytes } ?? 0
  }
  /// In no particular order.
  func kinds(of package: Digest) -> [Kind] { byPackage[package] ?? [] }

  mutating func popHead(_ kind: Kind) -> Waiting? {
    guard let place = place(of: kind), let first = buckets[place].waiting.popFirst() else {
      return nil
    }
    present[first.judging] = nil
    shrink(place)
    return first
  }

  /// One waits no more; the bucket goes with its last.
  private mutating func shrink(_ place: Int) {
    buckets[place].count -= 1
    if buckets[place].count > 0 {
      dropMarked(place)
      return
    }
    let kind = kinds.remove(at: place)
    buckets.remove(at: place)
    byPackage[kind.package]?.removeAll { $0 == kind }
    if byPackage[kind.package]?.isEmpty ?? false { byPackage[kind.package] = nil }
  }

  /// A mark is the absence from `present`, or another arrival there, when the judging ended and was
  /// submitted anew.
  private mutating func dropMarked(_ place: Int) {
    while let first = buckets[place].waiting.first, present[first.judging] != first.arrival {
      buckets[place].waiting.removeFirst()
    }
  }

  private func place(of kind: Kind) -> Int? {
    let at = position(of: kind)
    return at < kinds.count && kinds[at] == kind ? at : nil
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
    precondition(kinds == kinds.sorted() && kinds.count == buckets.count, "kinds are in order")
    precondition(
      kinds == byPackage.values.flatMap { $0 }.sorted(), "every kind is found by its package")
    var total = 0
    for bucket in buckets {
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
