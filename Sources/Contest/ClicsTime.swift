import JudgeModel

/// A time since the start of the contest, as the archive wrote it and in milliseconds.
public struct ContestTime: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let text: String
  /// Negative before the start.
  public let milliseconds: Int64

  /// Reads CLICS `RELTIME`, `(-)h:mm:ss(.uuu)`, with any number of hour digits and up to nine places
  /// of a second, which are cut to milliseconds. A comma for the point and a missing hour are
  /// accepted, because exports have them; nil for anything else.
  public init?(_ text: String) {
    let trimmed = text.trimmingBlanks
    var rest = Substring(trimmed)
    let isNegative = rest.first == "-"
    if isNegative || rest.first == "+" { rest = rest.dropFirst() }
    let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let last = parts.last,
      let seconds = ClicsTime.secondsInMilliseconds(last),
      let minutes = ClicsTime.digits(parts[parts.count - 2], count: 1...2), minutes < 60,
      let hours = parts.count == 3 ? ClicsTime.digits(parts[0], count: 1...6) : 0
    else { return nil }
    let magnitude = (hours * 60 + minutes) * 60_000 + seconds
    self.text = trimmed
    milliseconds = isNegative ? -magnitude : magnitude
  }

  /// From a difference that was computed: written the CLICS way.
  public init(milliseconds: Int64) {
    let magnitude = milliseconds.magnitude
    let seconds = magnitude / 1000
    text =
      (milliseconds < 0 ? "-" : "") + "\(seconds / 3600):" + ClicsTime.padded(seconds / 60 % 60, 2)
      + ":" + ClicsTime.padded(seconds % 60, 2) + "." + ClicsTime.padded(magnitude % 1000, 3)
    self.milliseconds = milliseconds
  }

  public var description: String { text }
  public static func < (a: Self, b: Self) -> Bool {
    (a.milliseconds, a.text) < (b.milliseconds, b.text)
  }
}

/// The two time types of the CLICS format. Milliseconds, because that is their resolution.
public enum ClicsTime {
  /// Milliseconds since 1970 of a CLICS `TIME`, `yyyy-mm-ddThh:mm:ss(.uuu)[+-]zz(:mm)`; `Z`, a blank
  /// for the `T`, `+zzmm` and a missing zone (read as UTC) are accepted. nil for anything else.
  public static func milliseconds(ofTime text: String) -> Int64? {
    let text = text.trimmingBlanks
    let bytes = Array(text.utf8)
    guard bytes.count >= 19, bytes.count <= 40,
      bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t") || bytes[10] == 32,
      let day = daysSince1970(String(decoding: bytes[..<10], as: UTF8.self))
    else { return nil }
    let clock = bytes[11...]
    let zoneStart = clock.firstIndex {
      $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") || $0 | 32 == UInt8(ascii: "z")
    }
    let time = String(decoding: clock[..<(zoneStart ?? clock.endIndex)], as: UTF8.self)
    let parts = time.trimmingBlanks.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, let hour = digits(parts[0], count: 2...2), hour < 24,
      let minute = digits(parts[1], count: 2...2), minute < 60,
      let seconds = secondsInMilliseconds(parts[2]),
      let offset = zoneStart.map({ zoneMinutes(Array(bytes[$0...])) }) ?? 0
    else { return nil }
    return (day * 1440 + hour * 60 + minute - offset) * 60_000 + seconds
  }

  /// The same back, always in UTC with milliseconds.
  public static func time(ofMilliseconds value: Int64) -> String {
    let days = value.dividedDown(by: 86_400_000)
    let inDay = value - days * 86_400_000
    // Civil date from a day count, with years that start in March so that the leap day is the last.
    let shifted = days + 719_468
    let era = shifted.dividedDown(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let two = { (n: Int64) in padded(n.magnitude, 2) }
    return padded(year.magnitude, 4) + "-" + two(month) + "-" + two(day) + "T"
      + two(inDay / 3_600_000) + ":" + two(inDay / 60_000 % 60) + ":" + two(inDay / 1000 % 60) + "."
      + padded((inDay % 1000).magnitude, 3) + "Z"
  }

  /// Milliseconds of a number of seconds in decimal notation (`2`, `0.123`, `1.5e0` is refused),
  /// rounded to the nearest; nil when negative, malformed or above 10^9 s.
  public static func milliseconds(ofSeconds text: String) -> Int64? {
    guard let score = Score(String(text.prefix(32))), score >= .zero,
      score.billionths <= 1_000_000_000_000_000_000
    else { return nil }
    return (score.billionths + 500_000) / 1_000_000
  }

  static func padded(_ value: some BinaryInteger, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  static func digits(_ text: Substring, count: ClosedRange<Int>) -> Int64? {
    guard count.contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else {
      return nil
    }
    return Int64(text)
  }

  /// `ss`, `s`, `ss.uuu`, `ss,uuu`: less than 61 seconds (a leap second happens).
  static func secondsInMilliseconds(_ text: Substring) -> Int64? {
    let parts = text.split(
      maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: { $0 == "." || $0 == "," })
    guard let whole = digits(parts[0], count: 1...2), whole <= 60 else { return nil }
    guard parts.count == 2 else { return whole * 1000 }
    guard digits(parts[1], count: 1...9) != nil else { return nil }
    let places = String(parts[1].prefix(3))
    let padded = places + String(repeating: "0", count: 3 - places.utf8.count)
    return whole * 1000 + (Int64(padded) ?? 0)
  }

  private static func zoneMinutes(_ zone: [UInt8]) -> Int64? {
    guard zone[0] | 32 != UInt8(ascii: "z") else { return zone.count == 1 ? 0 : nil }
    let text = String(decoding: zone.dropFirst().filter { $0 != UInt8(ascii: ":") }, as: UTF8.self)
    guard let hours = digits(text.prefix(2), count: 2...2), hours <= 14,
      let minutes = text.utf8.count == 2 ? 0 : digits(text.dropFirst(2), count: 2...2), minutes < 60
    else { return nil }
    return (zone[0] == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
  }

  private static func daysSince1970(_ date: String) -> Int64? {
    let parts = date.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, let year = digits(parts[0], count: 4...4),
      let month = digits(parts[1], count: 2...2), (1...12).contains(month),
      let day = digits(parts[2], count: 2...2), (1...31).contains(day)
    else { return nil }
    let marchYear = month <= 2 ? year - 1 : year
    let era = marchYear.dividedDown(by: 400)
    let yearOfEra = marchYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

extension Int64 {
  fileprivate func dividedDown(by divisor: Int64) -> Int64 {
    self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
  }
}

extension String {
  var trimmingBlanks: String {
    var view = Substring(self)
    while let first = view.first, first.isWhitespace { view = view.dropFirst() }
    while let last = view.last, last.isWhitespace { view = view.dropLast() }
    return String(view)
  }
}
