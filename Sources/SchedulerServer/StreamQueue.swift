internal import JudgeModel

/// Which transfers of large packages may read now, and which wait for them.
///
/// When many workers fetch over one uplink at the same time, all are done late; when a few fetch, the
/// first are done soon and judge meanwhile. So as a rule `limit` transfers have a *place*. The others are
/// told to wait. A place that becomes free goes to a transfer that judgings wait for before one that was
/// only wished for, then to a reader that has no place yet, then to the package that most judgings wait
/// for, then to the one that has waited longest.
///
/// A place is not for life, because over a slow link a transfer lasts for hours. It is taken back, and
/// its stream waits like any other from its next piece on, for the sake of
///
/// - a transfer that judgings wait for, from one that none waits for;
/// - a reader without a place, from one of the several of another reader, as long as the same number of
///   transfers that judgings wait for have a place: one reader must not have all of them.
///
/// Whoever has waited for ``longestWait`` comes before all others, and when no place is free it gets one
/// beyond the limit: a slow transfer leaves room on the uplink, and if it does not, all are a little
/// slower. Its place is not taken back. While such places are in use, ``beyondEvery`` lies between two of
/// them, so that a crowd that came at the same time does not get all of them at the same time.
///
/// What is small is served at once: the two ends of an archive, what changed between two versions, the
/// last bytes of a transfer. A place ends with the last bytes, with silence, and when less is read than
/// would be worth a place. A reader that does not know how to wait is served at once as well, and has
/// a place as soon as it has read more than a manifest.
///
/// A value that is told the time; what it decides does not depend on the order of a dictionary.
struct StreamQueue<Reader: Hashable> {
  struct Stream: Hashable {
    var reader: Reader
    var package: Digest
  }

  enum Verdict: Hashable {
    case serve
    /// It is to wait and has just been told so, or shall be told now.
    case wait
    /// It has been told that it waits: nothing more need be said for a while.
    case ignore
  }

  private struct Place {
    enum Kind {
      /// Counts against the limit, and may be taken back.
      case ordinary
      /// Counts, and is not taken back: its reader has waited for long, or does not know how to wait.
      case kept
      /// Of one that has waited for long, beyond the limit: it does not count, and is not taken back.
      case beyond
    }
    var kind: Kind
    /// Order in which places were given.
    var number: UInt64
    var lastRead: Instant
    /// What was read since a time not long ago.
    var periodStart: Instant
    var periodBytes: Int64 = 0
  }

  private struct Waiting {
    var stream: Stream
    let since: Instant
    var lastRead: Instant
    var toldAt: Instant
  }

  let limit: Int
  private var places: [Stream: Place] = [:]
  /// In order of arrival.
  private var waiting: [Waiting] = []
  /// Bytes that readers who do not know how to wait have read of what is no transfer yet.
  private var begun: [Stream: (bytes: Int64, lastRead: Instant)] = [:]
  private var placesGiven: UInt64 = 0
  private var lastBeyond: Instant?
  /// When it has to be looked at whether a place is to be taken back, or given beyond the limit.
  private var reviewAt = Instant.zero

  /// A transfer that asks for no more than this, with what it has still to ask for, is small.
  static var smallBytes: Int64 { 1 << 20 }
  /// More than a manifest: then it is a transfer.
  static var manifestBytes: Int64 { 64 << 10 }
  /// Silent for so long, a transfer has lost its place. Also the time in which it has to read
  /// `manifestBytes`: a link of half a megabit reads ten times as much.
  static var silence: TimeSpan { .seconds(10) }
  /// One that waits and does not ask for so long is gone: three times the time after which it should.
  static var patience: TimeSpan { .seconds(15) }
  /// A reader has a few pieces on their way, which all ask before it hears that it has to wait.
  static var repeatAfter: TimeSpan { .seconds(1) }
  static var longestWait: TimeSpan { .seconds(120) }
  static var beyondEvery: TimeSpan { .seconds(30) }
  /// While somebody waits: judgings come and go without a word to this queue.
  static var reviewEvery: TimeSpan { .seconds(5) }
  /// Entries of `begun` at most; when it is full, it starts again, and so do the counts.
  static var begunLimit: Int { 4_096 }

  init(limit: Int) { self.limit = max(1, limit) }

  var placesTaken: Int { places.count }
  var waitingCount: Int { waiting.count }
  private var hasFreePlace: Bool { places.values.count { $0.kind != .beyond } < limit }

  /// Whether `advance` may have something to decide.
  func canAdvance(at now: Instant) -> Bool {
    !waiting.isEmpty && (hasFreePlace || now >= reviewAt)
  }

  /// The packages whose backlogs `advance` is to be told, each once. Whoever comes to wait after this
  /// makes another review due.
  mutating func beginReview(at now: Instant) -> [Digest] {
    reviewAt = now + Self.reviewEvery
    let placed = places.sorted { $0.value.number < $1.value.number }.map(\.key.package)
    var seen: Set<Digest> = []
    return (waiting.map(\.stream.package) + placed).filter { seen.insert($0).inserted }
  }

  /// A transfer asks for a piece.
  /// - Parameter left: bytes that it asks for afterwards; nil from a reader that cannot wait.
  mutating func read(
    _ stream: Stream, length: Int64, left: Int64?, at now: Instant
  ) -> Verdict {
    expire(at: now)
    guard let left else { return readWithoutWaiting(stream, length, at: now) }
    if places[stream] != nil {
      note(length, of: stream, .ordinary, at: now)
      // Nothing of it will be asked for any more.
      if left == 0 { places[stream] = nil }
      return .serve
    }
    if length.addingReportingOverflow(left).overflow == false, length + left <= Self.smallBytes {
      waiting.removeAll { $0.stream == stream }
      return .serve
    }
    if let at = waiting.firstIndex(where: { $0.stream == stream }) {
      waiting[at].lastRead = now
      guard now - waiting[at].toldAt >= Self.repeatAfter else { return .ignore }
      waiting[at].toldAt = now
      return .wait
    }
    if waiting.isEmpty, hasFreePlace {
      note(length, of: stream, .ordinary, at: now)
      return .serve
    }
    waiting.append(Waiting(stream: stream, since: now, lastRead: now, toldAt: now))
    reviewAt = min(reviewAt, now)
    return .wait
  }

  /// Gives places to those that wait: free ones, those that are taken back, and those beyond the limit.
  /// - Parameter backlog: how many judgings wait for a package.
  /// - Returns: who may go on now.
  mutating func advance(at now: Instant, backlog: (Digest) -> Int) -> [Stream] {
    expire(at: now)
    var chosen: [Stream] = []
    while let oldest = waiting.first {
      let isOverdue = now - oldest.since >= Self.longestWait
      var at = isOverdue ? 0 : mostUrgent(backlog)
      var kind = isOverdue ? Place.Kind.kept : .ordinary
      if !hasFreePlace {
        if isOverdue, mayGoBeyond(at: now) {
          kind = .beyond
          lastBeyond = now
        } else {
          at = mostUrgent(backlog)
          guard let victim = victim(for: waiting[at].stream, backlog) else { break }
          places[victim] = nil
          if at != 0 { kind = .ordinary }
        }
      }
      let stream = waiting.remove(at: at).stream
      note(0, of: stream, kind, at: now)
      chosen.append(stream)
    }
    return chosen
  }

  /// Index of the one that waits and is to go next.
  private func mostUrgent(_ backlog: (Digest) -> Int) -> Int {
    func key(_ stream: Stream) -> (Int, Int, Int) {
      let count = backlog(stream.package)
      return (count > 0 ? 1 : 0, placesTaken(by: stream.reader) == 0 ? 1 : 0, count)
    }
    // In order of arrival, so the first of equals is the one that has waited longest.
    var best = (at: 0, key: key(waiting[0].stream))
    for at in waiting.indices.dropFirst() {
      let next = key(waiting[at].stream)
      if next > best.key { best = (at, next) }
    }
    return best.at
  }

  /// Whose place is to be taken back for the most urgent one that waits; nil for nobody's. Each time,
  /// transfers that judgings wait for have more places than before, or as many and more readers have
  /// one: so two never take their place from each other in turn.
  private func victim(for urgent: Stream, _ backlog: (Digest) -> Int) -> Stream? {
    let isWaitedFor = backlog(urgent.package) > 0
    let isNew = placesTaken(by: urgent.reader) == 0
    let candidates = places.filter { stream, place in
      guard place.kind == .ordinary else { return false }
      let count = backlog(stream.package)
      if count == 0, isWaitedFor { return true }
      return (count > 0) == isWaitedFor && isNew && placesTaken(by: stream.reader) > 1
    }
    // The least wanted; of equals one of whoever has most, and the newest: it has read least.
    return candidates.max {
      let (first, second) = ($0, $1)
      return (
        backlog(second.key.package), placesTaken(by: first.key.reader), first.value.number
      ) < (backlog(first.key.package), placesTaken(by: second.key.reader), second.value.number)
    }?.key
  }

  private func mayGoBeyond(at now: Instant) -> Bool {
    guard let lastBeyond, places.values.contains(where: { $0.kind == .beyond }) else { return true }
    return now - lastBeyond >= Self.beyondEvery
  }

  private func placesTaken(by reader: Reader) -> Int { places.keys.count { $0.reader == reader } }

  /// The connection is gone.
  mutating func remove(_ reader: Reader) {
    places = places.filter { $0.key.reader != reader }
    begun = begun.filter { $0.key.reader != reader }
    waiting.removeAll { $0.stream.reader == reader }
  }

  /// When there may be something to decide by time alone, as long as somebody waits.
  var nextDeadline: Instant? {
    guard !waiting.isEmpty else { return nil }
    let ends = places.values.map { min($0.lastRead, $0.periodStart) + Self.silence }
    return min(reviewAt, ends.min() ?? reviewAt)
  }

  /// Lets places and those that wait for them end by time.
  mutating func expire(at now: Instant) {
    waiting.removeAll { now - $0.lastRead > Self.patience }
    for (stream, place) in places {
      if now - place.lastRead >= Self.silence {
        places[stream] = nil
      } else if now - place.periodStart >= Self.silence {
        // One that reads a little now and then would keep a place for ever.
        if place.periodBytes < Self.manifestBytes {
          places[stream] = nil
        } else {
          places[stream]?.periodStart = now
          places[stream]?.periodBytes = 0
        }
      }
    }
  }

  private mutating func readWithoutWaiting(
    _ stream: Stream, _ length: Int64, at now: Instant
  ) -> Verdict {
    if places[stream] == nil {
      var known = begun[stream] ?? (0, now)
      if now - known.lastRead > Self.silence { known.bytes = 0 }
      known = (known.bytes + length, now)
      guard known.bytes > Self.manifestBytes else {
        if begun.count >= Self.begunLimit { begun = [:] }
        begun[stream] = known
        return .serve
      }
      begun[stream] = nil
    }
    note(length, of: stream, .kept, at: now)
    return .serve
  }

  /// - Parameter kind: of its place, when it has none yet.
  private mutating func note(
    _ length: Int64, of stream: Stream, _ kind: Place.Kind, at now: Instant
  ) {
    if places[stream] == nil {
      placesGiven += 1
      places[stream] = Place(kind: kind, number: placesGiven, lastRead: now, periodStart: now)
    }
    places[stream]?.lastRead = now
    places[stream]?.periodBytes += length
  }
}
