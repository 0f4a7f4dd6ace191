import JudgeModel

/// Reads the command line of the default output validator into a `TokenComparison`.
enum ComparerFlags {
  /// `comparison` with the flags of one level (a file) laid over those of the levels above it.
  /// Problems are told to `report`; the flags that can be understood still apply.
  static func apply(
    _ flags: [String], over comparison: TokenComparison, report: (String) -> Void
  ) -> TokenComparison {
    var result = comparison
    var seen: Set<String> = []
    var at = flags.startIndex
    while at < flags.endIndex {
      let flag = flags[at]
      at += 1
      if !seen.insert(flag).inserted { report("`\(flag)` is given twice; keep one") }
      switch flag {
      case "case_sensitive": result.isCaseSensitive = true
      case "space_change_sensitive": result.isSpaceChangeSensitive = true
      case "float_tolerance", "float_absolute_tolerance", "float_relative_tolerance":
        guard at < flags.endIndex else {
          report("`\(flag)` needs a number after it, as in `\(flag) 1e-6`")
          break
        }
        let tolerance = flags[at]
        at += 1
        guard isTolerance(tolerance) else {
          report("`\(flag) \(tolerance)`: the tolerance must be a decimal number, not negative")
          break
        }
        if flag != "float_relative_tolerance" { result.absoluteTolerance = tolerance }
        if flag != "float_absolute_tolerance" { result.relativeTolerance = tolerance }
      default:
        report(
          "`\(flag)` is not a flag of the default output validator; those are case_sensitive, "
            + "space_change_sensitive and float_{absolute_,relative_,}tolerance")
      }
    }
    if seen.contains("float_tolerance"),
      seen.contains("float_absolute_tolerance") || seen.contains("float_relative_tolerance")
    {
      report("`float_tolerance` sets both tolerances; do not give the others with it")
    }
    return result
  }

  /// The number grammar of the format without a minus sign: `1e-6`, `.5`, `5.`, `+0.1`.
  static func isTolerance(_ text: String) -> Bool {
    var rest = text.utf8[...]
    guard rest.count <= 64 else { return false }
    if rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    let isDigit = { (c: UInt8) in (48...57).contains(c) }
    let whole = rest.prefix(while: isDigit)
    rest = rest.dropFirst(whole.count)
    var places = 0
    if rest.first == UInt8(ascii: ".") {
      let fraction = rest.dropFirst().prefix(while: isDigit)
      places = fraction.count
      rest = rest.dropFirst(1 + places)
    }
    guard whole.count + places > 0 else { return false }
    guard let e = rest.first else { return true }
    guard e == UInt8(ascii: "e") || e == UInt8(ascii: "E") else { return false }
    rest = rest.dropFirst()
    if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
      rest = rest.dropFirst()
    }
    return !rest.isEmpty && rest.allSatisfy(isDigit)
  }
}
