internal import DequeModule
internal import JudgeModel

/// What waits, arranged so that a worker's best choice is found among as many heads as there are
/// different kinds of work, not among all judgings.
///
/// Judgings that differ in nothing a worker cares about share a bucket and leave it in order of
/// arrival, also after one of them was away for a while. Removal from the middle (a cancelled judging,
/// a late verdict) only marks: the deque is cleaned when the mark comes to its head, so that nothing
/// is searched for but by halving. A bucket keeps its place as long as it lives, so that whoever has
/// chosen one need not look for it again.
struct ReadyQueue {
  /// What a worker has to have for a judging, how urgent it is, and who is charged for it.
  struct Kind: Hashable {
    var priority: Priority
    var package: Digest
    var demand: Demand
    var batch: BatchID?
  }

  struct Waiting {
    var judging: JudgingID
    /// Order of arrival, over all buckets; what "oldest" means.
    var arrival: UInt64
    var since: Instant
  }

  struct Bucket {
    var kind: Kind
    /// The kind's demand among all demands there have been.
    var demand: Int
    var waiting = Deque<Waiting>()
    /// Those of `waiting` that are not marked as removed.
    var count = 0
    var archiveBytes: Int64
    /// What a cache sets aside for the package.
    var unpackedBytes: Int64
    /// Where it stands in the lists of its class and of its package.
    fileprivate var placeInClass = 0
    fileprivate var placeInPackage = 0
  }

  /// Of a bucket. Good until it is empty.
  typealias Place = Int

  private var buckets: [Bucket] = []
  private var vacant: [Place] = []
  private var places: [Kind: Place] = [:]
  /// By priority. In no particular order, but always in the same one.
  private var byClass: [[Place]] = Array(repeating: [], count: Priority.classes)
  private var byPackage: [Digest: [Place]] = [:]
  private(set) var demands = Numbering<Demand>()
  private var present: [JudgingID: UInt64] = [:]
  private var arrivals: UInt64 = 0
  /// Who has had how much, of those for whom something waits.
  private(set) var shares = Shares()
  var count: Int { present.count }

  func contains(_ judging: JudgingID) -> Bool { present[judging] != nil }

  static func kind(of order: JudgingOrder) -> Kind {
    Kind(
      priority: order.priority, package: order.package, demand: order.demand, batch: order.batch)
  }

  /// Draws the next place in the order of arrival. A judging keeps its place for life.
  mutating func nextArrival() -> UInt64 {
    arrivals += 1
    return arrivals
  }

  // MARK: Looking

  /// Trusts that there is one.
  subscript(place: Place) -> Bucket { buckets[place] }
  /// As the subscript, without a copy.
  func read<Result>(_ place: Place, _ body: (borrowing Bucket) -> Result) -> Result {
    body(buckets[place])
  }
  func places(in priority: Priority) -> [Place] { byClass[priority.index] }
  func places(of package: Digest) -> [Place] { byPackage[package] ?? [] }
  /// By priority, and then in no particular order, but always in the same one.
  var everyPlace: [Place] { byClass.flatMap { $0 } }
  func place(of kind: Kind) -> Place? { places[kind] }
  func head(_ place: Place) -> Waiting? { buckets[place].waiting.first }

  /// How many judgings of this package wait that are as urgent or more.
  func backlog(of package: Digest, upTo priority: Priority) -> Int {
    places(of: package).reduce(0) {
      buckets[$1].kind.priority <= priority ? $0 + buckets[$1].count : $0
    }
  }

  /// How many wait there that came before.
  func count(in place: Place, before arrival: UInt64) -> Int {
    buckets[place].waiting.prefix { $0.arrival < arrival }
      .count { present[$0.judging] == $0.arrival }
  }

  // MARK: Changing

  /// Puts a judging at its place: a new one at the end, one that a worker lost before what came after
  /// it.
  mutating func insert(_ order: JudgingOrder, arrival: UInt64, since: Instant) {
    precondition(present[order.judging] == nil, "a judging waits once")
    let kind = Self.kind(of: order)
    let place = places[kind] ?? open(kind, order)
    let at = Self.position(of: arrival, in: buckets[place].waiting)
    // Its own mark may still stand there; then it only comes to life again.
    if at == buckets[place].waiting.count || buckets[place].waiting[at].arrival != arrival {
      let waiting = Waiting(judging: order.judging, arrival: arrival, since: since)
      buckets[place].waiting.insert(waiting, at: at)
    }
    buckets[place].count += 1
    present[order.judging] = arrival
  }

  mutating func remove(_ order: JudgingOrder) {
    guard present.removeValue(forKey: order.judging) != nil,
      let place = places[Self.kind(of: order)]
    else { return }
    shrink(place)
  }

  /// - Parameters:
  ///   - span: about how long it will take, for the accounts of who has had how much.
  ///   - limit: see `Shares.charge`.
  mutating func popHead(
    _ place: Place, lasting span: TimeSpan, leadLimit limit: Int64 = .max
  ) -> Waiting? {
    guard let first = buckets[place].waiting.popFirst() else { return nil }
    let (priority, batch) = (buckets[place].kind.priority, buckets[place].kind.batch)
    present[first.judging] = nil
    shrink(place)
    shares.charge(priority, batch, span, limit: limit) { !byClass[$0.index].isEmpty }
    return first
  }

  private mutating func open(_ kind: Kind, _ order: JudgingOrder) -> Place {
    var bucket = Bucket(
      kind: kind, demand: demands.number(kind.demand), archiveBytes: order.archiveBytes,
      unpackedBytes: order.unpackedBytes)
    bucket.placeInClass = byClass[kind.priority.index].count
    bucket.placeInPackage = byPackage[kind.package]?.count ?? 0
    let place = vacant.popLast() ?? buckets.count
    if place == buckets.count { buckets.append(bucket) } else { buckets[place] = bucket }
    places[kind] = place
    byClass[kind.priority.index].append(place)
    byPackage[kind.package, default: []].append(place)
    shares.open(kind.priority, kind.batch)
    return place
  }

  /// One waits no more; the bucket goes with its last.
  private mutating func shrink(_ place: Place) {
    buckets[place].count -= 1
    if buckets[place].count > 0 { dropMarked(place) } else { close(place) }
  }

  private mutating func close(_ place: Place) {
    let bucket = buckets[place]
    buckets[place].waiting = []
    places[bucket.kind] = nil
    vacant.append(place)
    // The last of each list takes the place that becomes free.
    let priority = bucket.kind.priority.index
    let last = byClass[priority].removeLast()
    if last != place {
      byClass[priority][bucket.placeInClass] = last
      buckets[last].placeInClass = bucket.placeInClass
    }
    guard var siblings = byPackage.removeValue(forKey: bucket.kind.package) else { return }
    let lastSibling = siblings.removeLast()
    if lastSibling != place {
      siblings[bucket.placeInPackage] = lastSibling
      buckets[lastSibling].placeInPackage = bucket.placeInPackage
    }
    if !siblings.isEmpty { byPackage[bucket.kind.package] = siblings }
    shares.close(bucket.kind.priority, bucket.kind.batch)
  }

  /// A mark is the absence from `present`, or another arrival there, when the judging ended and was
  /// submitted anew.
  private mutating func dropMarked(_ place: Place) {
    while let first = buckets[place].waiting.first, present[first.judging] != first.arrival {
      buckets[place].waiting.removeFirst()
    }
  }

  /// Where the first of those stands that did not come before `arrival`.
  private static func position(of arrival: UInt64, in waiting: Deque<Waiting>) -> Int {
    guard let last = waiting.last, last.arrival >= arrival else { return waiting.count }
    return waiting.firstPosition { $0.arrival >= arrival }
  }

  func checkInvariants() {
    var total = 0
    for (kind, place) in places {
      let bucket = buckets[place]
      precondition(bucket.kind == kind && demands[bucket.demand] == kind.demand)
      precondition(byClass[kind.priority.index][bucket.placeInClass] == place)
      precondition(byPackage[kind.package]?[bucket.placeInPackage] == place)
      let live = bucket.waiting.filter { present[$0.judging] == $0.arrival }
      precondition(bucket.count == live.count && bucket.count > 0, "bucket counts what waits")
      precondition(bucket.waiting.first.map { present[$0.judging] == $0.arrival } ?? false)
      precondition(
        zip(bucket.waiting, bucket.waiting.dropFirst()).allSatisfy { $0.arrival < $1.arrival },
        "a bucket stands in order of arrival")
      total += live.count
    }
    precondition(total == present.count, "everything present waits in one bucket")
    precondition(places.count + vacant.count == buckets.count)
    precondition(byClass.reduce(0) { $0 + $1.count } == places.count)
    precondition(byPackage.values.reduce(0) { $0 + $1.count } == places.count)
    shares.checkInvariants(Dictionary(grouping: places.keys) { $0.priority })
  }
}

extension Priority {
  static let classes = Priority.allCases.count
  /// Small and without gaps.
  var index: Int { Int(rawValue) }
}

extension RandomAccessCollection where Index == Int {
  /// Of the first element for which `isThere` holds, as it does for all after it.
  func firstPosition(_ isThere: (Element) -> Bool) -> Int {
    var low = startIndex
    var high = endIndex
    while low < high {
      let middle = (low + high) / 2
      if isThere(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
