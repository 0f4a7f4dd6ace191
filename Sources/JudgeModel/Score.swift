/// A decimal score with nine fixed places, because scores are compared for equality over years and
/// machines, which binary floating point does not survive.
///
/// Range ±9,223,372,036 points. Arithmetic that would leave the range gives nil.
public struct Score: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Billionths of a point.
  public let billionths: Int64

  public init(billionths: Int64) { self.billionths = billionths }
  public static let zero = Score(billionths: 0)
  public static let one = Score(billionths: 1_000_000_000)

  /// Whole points; nil outside the range.
  public init?(points: Int64) {
    let (value, overflow) = points.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return nil }
    billionths = value
  }

  /// Plain decimal notation with an optional sign and at most nine places that matter
  /// (`-1`, `0.25`, `12.`, `.5`, `1e2` is not accepted); nil for anything else.
  public init?(_ text: some StringProtocol) {
    var digits = Substring(text)
    let negative = digits.first == "-"
    if digits.first == "-" || digits.first == "+" { digits = digits.dropFirst() }
    let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first else { return nil }
    let fraction = parts.count == 2 ? parts[1] : ""
    let isDigits = { (s: Substring) in s.utf8.allSatisfy { (48...57).contains($0) } }
    guard isDigits(whole), isDigits(fraction), !(whole.isEmpty && fraction.isEmpty) else {
      return nil
    }
    let kept = fraction.prefix(9)
    guard fraction.dropFirst(9).utf8.allSatisfy({ $0 == 48 }) else { return nil }
    let text = String(whole) + kept + String(repeating: "0", count: 9 - kept.utf8.count)
    guard let magnitude = Int64(text) else { return nil }
    billionths = negative ? -magnitude : magnitude
  }

  /// The shortest decimal notation: `2`, `0.5`, `-1.25`.
  public var description: String {
    let magnitude = billionths.magnitude
    var text = (billionths < 0 ? "-" : "") + String(magnitude / 1_000_000_000)
    var fraction = String(magnitude % 1_000_000_000)
    fraction = String(repeating: "0", count: 9 - fraction.utf8.count) + fraction
    while fraction.utf8.last == 48 { fraction.removeLast() }
    if !fraction.isEmpty { text += "." + fraction }
    return text
  }

  public static func < (a: Self, b: Self) -> Bool { a.billionths < b.billionths }

  public func adding(_ other: Score) -> Score? {
    let (sum, overflow) = billionths.addingReportingOverflow(other.billionths)
    return overflow ? nil : Score(billionths: sum)
  }

  public func subtracting(_ other: Score) -> Score? {
    let (difference, overflow) = billionths.subtractingReportingOverflow(other.billionths)
    return overflow ? nil : Score(billionths: difference)
  }

  /// Product, rounded towards zero at the ninth place.
  public func multiplied(by other: Score) -> Score? {
    let wide = billionths.multipliedFullWidth(by: other.billionths)
    // The quotient has to fit, or dividingFullWidth would trap.
    guard wide.high > -500_000_000, wide.high < 500_000_000 else { return nil }
    return Score(billionths: Int64(1_000_000_000).dividingFullWidth(wide).quotient)
  }

  /// Quotient by a positive count, rounded towards zero at the ninth place.
  public func divided(by count: Int) -> Score? {
    count > 0 ? Score(billionths: billionths / Int64(count)) : nil
  }
}
