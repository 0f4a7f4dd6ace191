public import JudgeModel

/// How many bytes of package data to have on their way, adapted to the link.
///
/// Whoever receives decides how much may be under way. Too little leaves a fast link idle between two
/// pieces; too much fills queues in which control messages and other workers' pieces wait. The aim
/// is about a quarter of a second of data: enough for any round trip within a continent, and little
/// enough that a member somebody waits for arrives soon. A link whose answers take longer even when
/// nothing else is under way (a satellite) gets one and a half of its round trips.
///
/// The rate is measured over periods in which something was always under way, and the window follows
/// it by a factor of two in each at most.
public struct FetchWindow: Hashable, Sendable {
  /// Bytes that may be on their way, to all transfers of a worker together.
  public private(set) var bytes = Self.initialBytes
  /// Bytes per second, as measured; nil before the first period is over.
  public private(set) var rate: Int64?
  /// Shortest time from asking for a small piece to receiving it while nothing else was under way, as
  /// it is when a transfer begins.
  private var quiet: TimeSpan?
  private var periodStart: Instant?
  private var received: Int64 = 0

  /// Eight pieces of 256 KiB.
  public static let initialBytes: Int64 = 8 * (256 << 10)
  /// A link of half a megabit has a quarter of a second of data in this.
  public static let minimumBytes: Int64 = 16 << 10
  /// Bounds the memory, together with what was received and not yet written.
  public static let maximumBytes: Int64 = 16 << 20
  /// Time that the data under way should take.
  public static let span = TimeSpan.milliseconds(250)
  /// A larger piece says more about the rate than about the way.
  static let probeBytes: Int64 = 16 << 10
  /// A rate is measured over at least this time.
  static let period = TimeSpan.milliseconds(100)

  public init() {}

  /// Bytes to ask for at a time: several pieces in a window, so that it never runs dry.
  /// - Parameter limit: bytes of the largest piece that may be asked for.
  public func pieceBytes(atMost limit: Int64) -> Int64 {
    min(max(bytes / 8, 8 << 10), max(1, limit))
  }

  /// A piece was asked for while nothing was under way: a period begins.
  public mutating func began(at now: Instant) {
    periodStart = now
    received = 0
  }

  /// A piece came.
  /// - Parameters:
  ///   - count: its bytes.
  ///   - wasAlone: nothing else was under way when it was asked for.
  public mutating func received(
    _ count: Int64, askedAt: Instant, wasAlone: Bool, at now: Instant
  ) {
    if wasAlone, count <= Self.probeBytes {
      quiet = min(quiet ?? (now - askedAt), now - askedAt)
    }
    received = received.plus(max(0, count))
    guard let start = periodStart else { return began(at: now) }
    let elapsed = now - start
    guard elapsed >= Self.period else { return }
    // Milliseconds are exact enough, and their products fit.
    let sample = min(received, Int64.max / 1000) * 1000 / max(1, elapsed.milliseconds)
    let measured = rate.map { $0 / 2 + sample / 2 } ?? sample
    rate = measured
    resize(to: measured)
    began(at: now)
  }

  /// The connection broke: the next one may be over another link.
  public mutating func restart() { self = FetchWindow() }

  private mutating func resize(to rate: Int64) {
    let roundTrip = (quiet ?? .zero).milliseconds
    let milliseconds = max(Self.span.milliseconds, min(roundTrip, 10_000) * 3 / 2)
    let (product, overflow) = rate.multipliedReportingOverflow(by: milliseconds)
    let wanted = overflow ? Int64.max : product / 1000
    bytes = min(max(wanted, bytes / 2), bytes * 2)
    bytes = min(max(bytes, Self.minimumBytes), Self.maximumBytes)
  }
}
