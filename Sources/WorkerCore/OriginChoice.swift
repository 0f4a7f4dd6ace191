public import JudgeModel

/// From which of a package's origins to fetch next: the nearest that works.
///
/// Nobody knows beforehand how near an origin is, so those that were not asked lately are measured, all at
/// once, since one that nobody reaches says so only after seconds: by the end of the archive, which is
/// needed in any case, and not by a member, which might be large and would have to be finished there. Of
/// those that have answered, the one is taken that is expected to be done first, and after a while it is
/// looked again. How near and how fast is a fact about a server; that something is wrong may be one about
/// the server or about the one file. What failed is left alone for a while, twice as long each time. When
/// none is left, there is the scheduler.
public struct OriginChoice: Hashable, Sendable {
  /// Fetch members from it: so many bytes, and what is left of the member that is under way then.
  public struct Turn: Hashable, Sendable {
    public var origin: Origin
    public var bytes: Int64

    public init(_ origin: Origin, bytes: Int64) {
      self.origin = origin
      self.bytes = bytes
    }
  }

  public enum Fault: Hashable, Sendable {
    /// The server cannot be reached, stalls, breaks off or says that it has a problem.
    case server
    /// The server works, and does not give this file or not in ranges.
    case file
    /// It gave something that is not what the manifest says.
    case lie
  }

  private struct Server: Hashable, Sendable {
    var latency: TimeSpan
    /// Bytes per second; nil before enough came at once to tell.
    var rate: Int64?
    var measuredAt: Instant
  }
  private struct Ban: Hashable, Sendable {
    var failures: Int
    var until: Instant
  }

  /// By `Origin.server`.
  private var servers: [String: Server] = [:]
  /// By `Origin.server` for a fault of the server, and by address for one of the file.
  private var bans: [String: Ban] = [:]

  /// Enough to tell a rate from.
  public static let measuredBytes: Int64 = 64 << 10
  /// Seconds after which it is looked again who is the nearest, and bytes, at least and at most.
  static let turnSpan: Int64 = 20
  static let shortestTurn: Int64 = 1 << 20
  static let longestTurn: Int64 = 64 << 20
  /// Bytes per second: with less an origin is of no use, and the scheduler no worse.
  public static let usefulRate: Int64 = 16 << 10
  /// A measurement older than this says nothing any more.
  static let freshness = TimeSpan.seconds(600)
  /// How long what failed is left alone, at first and at most.
  static let pause = TimeSpan.seconds(60)
  static let longestPause = TimeSpan.seconds(3600)
  /// Whoever gave wrong bytes will probably do it again, until somebody puts the right file there.
  static let lyingPause = TimeSpan.seconds(600)
  static let longestLyingPause = TimeSpan.seconds(86_400)
  /// Servers, and faults, that are remembered: addresses come from elsewhere.
  static let memory = 256
  /// A request is for as much as comes in this time, so that whoever waits for another member does not
  /// wait for long, and still few round trips are waited for.
  static let requestSpan: Int64 = 2
  static let smallestRequest: Int64 = 256 << 10
  static let largestRequest: Int64 = 16 << 20

  /// Rather than asking twice, so many bytes between two members are thrown away: on most ways they take
  /// less time than a question and its answer.
  public static let gapBytes: Int64 = 64 << 10

  private let usefulRate: Int64

  public init(usefulRate: Int64 = Self.usefulRate) { self.usefulRate = usefulRate }

  // MARK: Choosing

  /// Those to ask for the end of their archive, at least `measuredBytes` of it.
  /// - Parameters:
  ///   - origins: of the package.
  ///   - excluded: those that failed in this transfer or are being measured.
  public func unmeasured(
    of origins: [Origin], except excluded: Set<Origin> = [], at now: Instant
  ) -> [Origin] {
    origins.filter {
      !excluded.contains($0) && !isLeftAlone($0, at: now) && fresh($0, at: now) == nil
    }
  }

  /// - Parameters:
  ///   - origins: of the package, of two that are as near the first to be taken.
  ///   - excluded: those that failed in this transfer.
  ///   - bytes: how much is to be fetched, about.
  /// - Returns: nil when none of those that were measured is worth a try now.
  public func next(
    of origins: [Origin], except excluded: Set<Origin> = [], bytes: Int64, at now: Instant
  ) -> Turn? {
    let usable = origins.filter { origin in
      guard !excluded.contains(origin), !isLeftAlone(origin, at: now),
        let server = fresh(origin, at: now)
      else { return false }
      return server.rate.map { $0 >= usefulRate } ?? true
    }
    let times = usable.map { expectedMilliseconds($0, bytes, at: now) }
    guard let best = usable.indices.min(by: { (times[$0], $0) < (times[$1], $1) }) else {
      return nil
    }
    return Turn(
      usable[best],
      bytes: Self.bytes(
        in: Self.turnSpan, at: servers[usable[best].server]?.rate,
        within: Self.shortestTurn...Self.longestTurn))
  }

  /// Bytes of one request to this origin.
  /// - Parameter rate: bytes per second that the worker takes at most; nil for any.
  public func requestBytes(_ origin: Origin, atMost rate: Int64? = nil) -> Int64 {
    Self.bytes(
      in: Self.requestSpan, at: min(servers[origin.server]?.rate ?? 0, rate ?? .max),
      within: Self.smallestRequest...Self.largestRequest)
  }

  /// Whether so many bytes in this time, without what the first one took, are fewer than an origin is of
  /// use for. What it was before does not count: whoever waits for a member waits now.
  public func isTooSlow(bytes: Int64, duration: TimeSpan) -> Bool {
    Self.rate(bytes, duration).map { $0 < usefulRate } ?? false
  }

  /// - Returns: nil when they are too few to tell.
  private static func rate(_ bytes: Int64, _ duration: TimeSpan) -> Int64? {
    bytes < measuredBytes
      ? nil : min(bytes, Int64.max / 1000) * 1000 / max(1, duration.milliseconds)
  }

  private static func bytes(
    in seconds: Int64, at rate: Int64?, within bounds: ClosedRange<Int64>
  ) -> Int64 {
    let (bytes, overflow) = (rate ?? 0).multipliedReportingOverflow(by: seconds)
    return overflow ? bounds.upperBound : min(max(bytes, bounds.lowerBound), bounds.upperBound)
  }

  private func fresh(_ origin: Origin, at now: Instant) -> Server? {
    servers[origin.server].flatMap { now - $0.measuredAt < Self.freshness ? $0 : nil }
  }

  private func isLeftAlone(_ origin: Origin, at now: Instant) -> Bool {
    [origin.server, origin.url].contains { key in bans[key].map { now < $0.until } ?? false }
  }

  private func expectedMilliseconds(_ origin: Origin, _ bytes: Int64, at now: Instant) -> Int64 {
    guard let server = fresh(origin, at: now) else { return 0 }
    let bounded = min(max(0, bytes), Int64.max / 1000)
    let transfer = server.rate.map { bounded * 1000 / max(1, $0) } ?? 0
    return server.latency.milliseconds.plus(transfer)
  }

  // MARK: Experience

  /// A request was answered in full.
  /// - Parameters:
  ///   - latency: from asking to the first byte.
  ///   - bytes: that came.
  ///   - duration: from the first byte to the last.
  public mutating func answered(
    _ origin: Origin, latency: TimeSpan, bytes: Int64, duration: TimeSpan, at now: Instant
  ) {
    let before = fresh(origin, at: now)
    var server = Server(latency: latency, rate: before?.rate, measuredAt: now)
    // The way does not get longer: what takes longer is a server that is busy, and that passes.
    if let before { server.latency = min(latency, before.latency) }
    if let sample = Self.rate(bytes, duration) {
      server.rate = before?.rate.map { $0 / 2 + sample / 2 } ?? sample
    }
    servers[origin.server] = server
    if servers.count > Self.memory,
      let oldest = servers.min(by: { ($0.value.measuredAt, $0.key) < ($1.value.measuredAt, $1.key) }
      )
    {
      servers[oldest.key] = nil
    }
  }

  /// Everything that was asked for came and was what the manifest says: file and server are in order.
  public mutating func verified(_ origin: Origin) {
    bans[origin.url] = nil
    bans[origin.server] = nil
  }

  public mutating func failed(_ origin: Origin, _ fault: Fault, at now: Instant) {
    let key = fault == .server ? origin.server : origin.url
    let failures = (bans[key]?.failures ?? 0) + 1
    let (first, longest) =
      fault == .lie
      ? (Self.lyingPause, Self.longestLyingPause) : (Self.pause, Self.longestPause)
    let doublings = min(failures - 1, 16)
    let pause = min(first.nanoseconds << doublings, longest.nanoseconds)
    bans[key] = Ban(failures: failures, until: now + .nanoseconds(pause))
    if bans.count > Self.memory,
      let oldest = bans.min(by: { ($0.value.until, $0.key) < ($1.value.until, $1.key) })
    {
      bans[oldest.key] = nil
    }
  }
}
