/// Floating-point tokens as the problem package format writes them: decimal digits with an optional
/// point and exponent. No hexadecimal digits, no infinities, no NaN, whatever C's `strtod` takes.
enum DecimalToken {
  /// A longer token is text. The exact decimal expansion of every double is shorter.
  static let lengthLimit = 2048

  /// Value as the nearest double; nil when the bytes are not a number or it has no finite value.
  static func value(_ token: UnsafeBufferPointer<UInt8>) -> Double? {
    if let plain = plainValue(token) { return plain }
    guard token.count <= lengthLimit, let parts = Parts(token) else { return nil }
    if let exact = parts.exactValue { return exact }
    guard let value = Double(String(decoding: token, as: UTF8.self)), value.isFinite else {
      return nil
    }
    return value
  }

  /// The value of `-12.75` and its like: at most 15 digits, so that they and the power of ten are
  /// exact, and no exponent. nil says nothing. Only here because answers are full of such tokens.
  private static func plainValue(_ token: UnsafeBufferPointer<UInt8>) -> Double? {
    guard token.count <= 16, let first = token.first else { return nil }
    let isNegative = first == UInt8(ascii: "-")
    var i = isNegative ? 1 : 0
    var mantissa: UInt64 = 0
    let wholeStart = i
    while i < token.count, token[i] &- 48 < 10 {
      mantissa = mantissa &* 10 &+ UInt64(token[i] &- 48)
      i += 1
    }
    guard i > wholeStart, i - wholeStart <= 15 else { return nil }
    guard i < token.count else {
      return isNegative ? -Double(mantissa) : Double(mantissa)
    }
    guard token[i] == UInt8(ascii: ".") else { return nil }
    i += 1
    let places = token.count - i
    while i < token.count, token[i] &- 48 < 10 {
      mantissa = mantissa &* 10 &+ UInt64(token[i] &- 48)
      i += 1
    }
    guard i == token.count, places <= 15 else { return nil }
    let value = Double(mantissa) / Parts.powersOfTen[places]
    return isNegative ? -value : value
  }

  /// A value off by at most 2^-52 of itself, for numbers of up to 19 digits without an exponent; nil
  /// says nothing. Where a double's 17 digits are printed, the nearest double costs much more.
  static func nearValue(_ token: UnsafeBufferPointer<UInt8>) -> Double? {
    guard token.count <= 21, let first = token.first else { return nil }
    let isNegative = first == UInt8(ascii: "-")
    var i = isNegative ? 1 : 0
    var mantissa: UInt64 = 0
    var digits = 0
    var point = -1
    while i < token.count {
      let digit = token[i] &- 48
      if digit < 10 {
        // 19 digits stay below 2^64, and more are refused below.
        mantissa = mantissa &* 10 &+ UInt64(digit)
        digits += 1
      } else {
        guard token[i] == UInt8(ascii: "."), point < 0 else { return nil }
        point = i
      }
      i += 1
    }
    guard digits > 0, digits <= 19 else { return nil }
    // Two roundings: of the mantissa, and of the quotient by an exact power of ten.
    let places = point < 0 ? 0 : token.count - 1 - point
    let value = Double(mantissa) / Parts.powersOfTen[places]
    return isNegative ? -value : value
  }

  static func value(_ text: String) -> Double? {
    var text = text
    return text.withUTF8 { value($0) }
  }

  /// A token taken apart: `±mantissa × 10^exponent`.
  struct Parts {
    var isNegative = false
    /// The first 19 significant digits: as many as always fit.
    var mantissa: UInt64 = 0
    /// Significant digits that no longer fit the mantissa; the exponent accounts for them.
    var droppedDigits = 0
    /// First of the dropped digits.
    var firstDropped: UInt8 = 0
    var exponent = 0

    init?(_ token: UnsafeBufferPointer<UInt8>) {
      var i = 0
      let count = token.count
      if i < count, token[i] == UInt8(ascii: "-") || token[i] == UInt8(ascii: "+") {
        isNegative = token[i] == UInt8(ascii: "-")
        i += 1
      }
      var digits = 0
      var significant = 0
      var seenPoint = false
      while i < count {
        let digit = token[i] &- 48
        if digit < 10 {
          digits += 1
          if significant < 19 {
            mantissa = mantissa &* 10 &+ UInt64(digit)
            if mantissa != 0 { significant += 1 }
            if seenPoint { exponent -= 1 }
          } else {
            if droppedDigits == 0 { firstDropped = digit }
            droppedDigits += 1
            if !seenPoint { exponent += 1 }
          }
        } else if token[i] == UInt8(ascii: "."), !seenPoint {
          seenPoint = true
        } else {
          break
        }
        i += 1
      }
      guard digits > 0 else { return nil }
      guard i < count else { return }
      guard token[i] | 32 == UInt8(ascii: "e"), addExponent(token, from: i + 1) else { return nil }
    }

    private mutating func addExponent(_ token: UnsafeBufferPointer<UInt8>, from start: Int) -> Bool
    {
      var i = start
      var isMinus = false
      if i < token.count, token[i] == UInt8(ascii: "-") || token[i] == UInt8(ascii: "+") {
        isMinus = token[i] == UInt8(ascii: "-")
        i += 1
      }
      guard i < token.count else { return false }
      var written = 0
      while i < token.count {
        let digit = token[i] &- 48
        guard digit < 10 else { return false }
        // Saturates far beyond what any double or score reaches.
        if written < 1_000_000 { written = written * 10 + Int(digit) }
        i += 1
      }
      exponent += isMinus ? -written : written
      return true
    }

    /// The value where one correctly rounded operation on exact doubles gives it: mantissa below
    /// 2^53 and a power of ten up to 10^22. That is nearly every number in an answer file.
    var exactValue: Double? {
      guard droppedDigits == 0, mantissa <= 1 << 53 else { return nil }
      var value = Double(mantissa)
      if exponent < 0, mantissa != 0 {
        guard exponent >= -22 else { return nil }
        value /= Self.powersOfTen[-exponent]
      } else if exponent > 0, mantissa != 0 {
        guard exponent <= 22 else { return nil }
        value *= Self.powersOfTen[exponent]
      }
      return isNegative ? -value : value
    }

    fileprivate static let powersOfTen: [Double] = [
      1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
      1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]
  }
}
