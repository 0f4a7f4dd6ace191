internal import JudgeModel

/// Which transfers of large packages may read now, and which wait for them.
///
/// When many workers fetch over one uplink at the same time, all are done late; when a few fetch, the
/// first are done soon and judge meanwhile. So at most `limit` transfers have a *place*. The others are
/// told to wait, and a place that becomes free goes to the transfer whose package most judgings wait
/// for; of equals, and after ``longestWait`` in any case, to the one that has waited longest.
///
/// What is small is served at once: the two ends of an archive, what changed between two versions, the
/// last bytes of a transfer. A place ends with the last bytes, with silence, and when less is read than
/// would be worth a place. A reader that does not know how to wait is served at once as well, and has
/// a place as soon as it has read more than a manifest.
///
/// A value that is told the time and never iterates over what has no order.
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
  /// Entries of `begun` at most; when it is full, it starts again, and so do the counts.
  static var begunLimit: Int { 4_096 }

  init(limit: Int) { self.limit = max(1, limit) }

  var placesTaken: Int { places.count }
  var waitingCount: Int { waiting.count }
  /// Whether somebody waits and could go.
  var canAdvance: Bool { !waiting.isEmpty && places.count < limit }
  /// Packages that are waited for, in order of arrival.
  var waitingPackages: [Digest] { waiting.map(\.stream.package) }

  /// A transfer asks for a piece.
  /// - Parameter left: bytes that it asks for afterwards; nil from a reader that cannot wait.
  mutating func read(
    _ stream: Stream, length: Int64, left: Int64?, at now: Instant
  ) -> Verdict {
    expire(at: now)
    guard let left else { return readWithoutWaiting(stream, length, at: now) }
    if places[stream] != nil {
      note(length, of: stream, at: now)
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
    if waiting.isEmpty, places.count < limit {
      note(length, of: stream, at: now)
      return .serve
    }
    waiting.append(Waiting(stream: stream, since: now, lastRead: now, toldAt: now))
    return .wait
  }

  /// Gives free places to those that wait.
  /// - Parameter backlog: how many judgings wait for a package.
  /// - Returns: who may go on now.
  mutating func advance(at now: Instant, backlog: (Digest) -> Int) -> [Stream] {
    expire(at: now)
    var chosen: [Stream] = []
    while canAdvance {
      // In order of arrival, so the first of equals is the one that has waited longest.
      var best = 0
      if now - waiting[0].since < Self.longestWait {
        for at in waiting.indices.dropFirst()
        where backlog(waiting[at].stream.package) > backlog(waiting[best].stream.package) {
          best = at
        }
      }
      let stream = waiting.remove(at: best).stream
      places[stream] = Place(lastRead: now, periodStart: now)
      chosen.append(stream)
    }
    return chosen
  }

  /// The connection is gone.
  mutating func remove(_ reader: Reader) {
    places = places.filter { $0.key.reader != reader }
    begun = begun.filter { $0.key.reader != reader }
    waiting.removeAll { $0.stream.reader == reader }
  }

  /// When a place may become free by time alone, as long as somebody waits.
  var nextDeadline: Instant? {
    guard !waiting.isEmpty else { return nil }
    let ends = places.values.map { min($0.lastRead, $0.periodStart) + Self.silence }
    return ends.min()
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
    note(length, of: stream, at: now)
    return .serve
  }

  private mutating func note(_ length: Int64, of stream: Stream, at now: Instant) {
    var place = places[stream] ?? Place(lastRead: now, periodStart: now)
    place.lastRead = now
    place.periodBytes += length
    places[stream] = place
  }
}
