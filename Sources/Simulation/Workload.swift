internal import JudgeModel
internal import Messages
internal import SchedulerCore
internal import WorkerCore

/// Submissions and cancellations: what people do to the cluster.
extension World {
  mutating func prepareWorkload() {
    let sizes = (0..<options.packages).map { _ in
      max(options.archiveBytes / 1000, random.below(options.archiveBytes + 1))
    }
    describe(sizes)
    for index in 0..<options.judgings {
      // A few problems get most of the submissions.
      let package = random.skewed(options.packages)
      let isLive = random.chance(perMille: options.livePerMille)
      let order = JudgingOrder(
        judging: JudgingID(Int64(index) + 1), submission: SubmissionID(Int64(index) + 1),
        package: digest(package), archiveBytes: sizes[package],
        unpackedBytes: sizes[package] * 2,
        language: LanguageID("l\(random.skewed(options.languages))"),
        mode: isLive ? .lazy : .full, priority: isLive ? .live : .regrade,
        batch: isLive ? nil : BatchID(Int64(random.index(options.contests)) + 1),
        requires: options.labels > 0 && random.chance(perMille: 200)
          ? [Self.label(random.index(options.labels))] : [])
      ledger.plan(order)
      let at =
        options.arrivalSpan == .zero ? now : now + span(upTo: options.arrivalSpan)
      ledger.arrivals.append(at)
    }
    ledger.arrivals.sort()
    agenda.plan(.submit(0), at: ledger.arrivals.first ?? now)
    ledger.archives = sizes
    for _ in 0..<options.warmUps {
      let workers = random.chance(perMille: 300) ? nil : Int32(random.between(1, 8))
      agenda.plan(
        .warm(package: random.index(options.packages), workers: workers),
        at: now + span(upTo: max(options.arrivalSpan, .seconds(60))))
    }
  }

  static func label(_ number: Int) -> Label { Label(key: "label", value: "\(number)") }

  /// Packages come in families of three, versions of one problem that share a blob.
  private mutating func describe(_ archives: [Int64]) {
    for first in stride(from: 0, to: archives.count, by: 3) {
      let family = first..<min(first + 3, archives.count)
      // As large as the smallest of them allows: half of its unpacked bytes.
      let shared = family.map { archives[$0] }.min() ?? 0
      for package in family {
        let own = archives[package] * 2 - shared
        ledger.contents[digest(package)] = [
          CachedBlob(digest: digest(1000 + 2 * package), size: own / 3),
          CachedBlob(digest: digest(1_000_000 + first), size: shared),
          CachedBlob(digest: digest(1001 + 2 * package), size: own - own / 3),
        ]
      }
    }
  }

  private func digest(_ package: Int) -> Digest { packageDigest(package) }

  /// A submission is durable before the scheduler's core hears of it, as in the server.
  mutating func submit(_ index: Int) throws(SimulationFailure) {
    if storeFullUntil > now { note(.storeFull) }
    guard scheduler.core != nil, schedulerPause == nil, storeFullUntil <= now else {
      // The client tries again.
      agenda.plan(.submit(index), at: now + .seconds(1))
      return
    }
    var orders: [JudgingOrder] = []
    var next = index
    while next < options.judgings, ledger.arrivals[next] <= now {
      let order = ledger.orders[next]
      store.create(order)
      ledger.noteSubmission(order.judging, at: now)
      orders.append(order)
      if random.chance(perMille: options.cancellationsPerMille) {
        agenda.plan(.cancel(order.judging), at: now + span(upTo: options.judgingSpan * 4))
      }
      next += 1
    }
    if next < options.judgings { agenda.plan(.submit(next), at: ledger.arrivals[next]) }
    if options.planted == .lostSubmission, orders.count > 1 { orders.removeLast() }
    if options.planted == .reversedArrivals { orders.reverse() }
    try decide(.submitted(orders))
  }

  /// A client that asks while the scheduler is down asks nobody.
  mutating func warm(_ package: Int, _ workers: Int32?) throws(SimulationFailure) {
    guard scheduler.core != nil, schedulerPause == nil, !isFinishing else { return }
    try decide(.warm(warmOrder(package), workers: workers))
  }

  /// A problem is changed while one of its packages travels: what is not submitted yet is for its next
  /// version.
  mutating func updatePackage() -> Bool {
    let travelling = workers.flatMap { $0.arriving.keys.sorted() }
    guard !travelling.isEmpty else { return false }
    let old = travelling[random.index(travelling.count)]
    guard let at = ledger.archives.indices.first(where: { digest($0) == old }) else { return false }
    let first = at - at % 3
    let family = min(3, ledger.archives.count - first)
    let new = first + (at - first + 1) % family
    return new != at
      && ledger.replace(
        old, by: warmOrder(new), from: store.rows.count)
  }

  func warmOrder(_ package: Int) -> WarmOrder {
    let bytes = ledger.archives[package]
    return WarmOrder(package: digest(package), archiveBytes: bytes, unpackedBytes: bytes * 2)
  }

  mutating func cancel(_ judging: JudgingID) throws(SimulationFailure) {
    guard scheduler.core != nil, schedulerPause == nil else {
      agenda.plan(.cancel(judging), at: now + .seconds(1))
      return
    }
    ledger.cancelled.insert(judging)
    try decide(.cancel([judging]))
  }
}

/// A name for the package of this number that sorts like any other.
func packageDigest(_ package: Int) -> Digest {
  let words = (0..<4).map { mixed(UInt64(package) &* 4 &+ UInt64($0) &+ 1) }
  let bytes = words.flatMap { word in
    (0..<8).map { UInt8(truncatingIfNeeded: word >> (UInt64($0) * 8)) }
  }
  guard let digest = Digest(bytes: bytes) else { preconditionFailure("32 bytes are a digest") }
  return digest
}
