public import JudgeModel

/// A token bucket: how many bytes of package data a worker may ask for, and when the next ones.
///
/// The bucket may go into debt by one piece, so that a piece larger than a second's worth is only
/// late and not forbidden. Averaged over a minute the rate is kept, whatever the size of the pieces.
public struct RateLimit: Hashable, Sendable {
  /// nil: no limit.
  public let bytesPerSecond: Int64?
  /// Bytes that may be asked for now; below zero after a large piece.
  private var credit: Int64
  private var last: Instant?

  /// At most so much is saved up while nothing is fetched: a quarter of a second.
  private static let savedSeconds: (Int64, Int64) = (1, 4)

  /// - Parameter bytesPerSecond: at least 1; nil for no limit.
  public init(bytesPerSecond: Int64?) {
    self.bytesPerSecond = bytesPerSecond.map { max(1, $0) }
    credit = 0
    credit = capacity
  }

  private var capacity: Int64 {
    let (part, whole) = Self.savedSeconds
    return max(1, (bytesPerSecond ?? .max) / whole * part)
  }

  /// Whether a piece may be asked for now.
  public func allows(at now: Instant) -> Bool {
    var filled = self
    filled.refill(at: now)
    return bytesPerSecond == nil || filled.credit > 0
  }

  /// A piece was asked for.
  public mutating func spend(_ bytes: Int64, at now: Instant) {
    guard bytesPerSecond != nil else { return }
    refill(at: now)
    credit = max(-Int64.max / 2, credit.plus(-max(0, bytes)))
  }

  /// A piece that was asked for does not come: nothing was taken for it.
  public mutating func refund(_ bytes: Int64, at now: Instant) {
    guard bytesPerSecond != nil else { return }
    refill(at: now)
    credit = min(capacity, credit.plus(max(0, bytes)))
  }

  /// When `allows` will say yes; nil when it does so now.
  public func readyAt(after now: Instant) -> Instant? {
    guard let bytesPerSecond, credit <= 0 else { return nil }
    // Rounded up, so that whoever waits until then need not wait again.
    let lacking = 1 - credit
    let (whole, part) = lacking.quotientAndRemainder(dividingBy: bytesPerSecond)
    let rest = TimeSpan(nanoseconds: Self.nanoseconds(part, per: bytesPerSecond) + 1)
    return (last ?? now) + .seconds(whole) + rest
  }

  private mutating func refill(at now: Instant) {
    guard let bytesPerSecond else { return }
    guard let last else {
      self.last = now
      return
    }
    guard now > last else { return }
    let elapsed = (now - last).nanoseconds
    let (seconds, nanoseconds) = elapsed.quotientAndRemainder(dividingBy: 1_000_000_000)
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: bytesPerSecond)
    let part = Self.product(nanoseconds, bytesPerSecond)
    let gained = (overflow ? Int64.max : whole).plus(part)
    // Nothing gained yet: time goes on counting from the same moment.
    guard gained > 0 else { return }
    credit = min(capacity, credit.plus(gained))
    self.last = now
  }

  /// Bytes in so many nanoseconds, fewer than 10^9 of them.
  private static func product(_ nanoseconds: Int64, _ rate: Int64) -> Int64 {
    let wide = nanoseconds.multipliedFullWidth(by: rate)
    return Int64(1_000_000_000).dividingFullWidth(wide).quotient
  }

  /// Time of fewer bytes than a second has.
  private static func nanoseconds(_ bytes: Int64, per rate: Int64) -> Int64 {
    let wide = bytes.multipliedFullWidth(by: 1_000_000_000)
    return rate.dividingFullWidth(wide).quotient
  }
}
