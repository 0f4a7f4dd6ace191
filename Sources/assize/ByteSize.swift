import ArgumentParser
import JudgeModel

/// A number of bytes as people write it: `512M`, `20G`, `1.5 TiB`. Units are powers of 1024, with or
/// without `B` or `iB` behind the letter, in either case.
struct ByteSize: Hashable {
  var bytes: Int64

  /// nil for anything else, for more than three decimals, and above 2^63 - 1 bytes.
  init?(parsing text: some StringProtocol) {
    let compact = String(text.filter { $0 != " " }).lowercased()
    let number = compact.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    var unit = String(compact.dropFirst(number.count))
    if unit.hasSuffix("ib") { unit.removeLast(2) } else if unit.hasSuffix("b") { unit.removeLast() }
    guard let power = ["", "k", "m", "g", "t", "p"].firstIndex(of: unit) else { return nil }
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    guard let first = parts.first, parts.count <= 2, let whole = Int64(first) else { return nil }
    let decimals = parts.count == 2 ? parts[1] : "0"
    guard (1...3).contains(decimals.utf8.count), let fraction = Int64(decimals) else { return nil }
    let scale = Int64(1) << (10 * Int64(power))
    let (product, overflow) = whole.multipliedReportingOverflow(by: scale)
    let thousandths = fraction * [100, 10, 1][decimals.utf8.count - 1]
    // Split before multiplying: a thousandth of the largest unit times 999 still fits.
    let rest = scale / 1000 * thousandths + scale % 1000 * thousandths / 1000
    let (sum, carried) = product.addingReportingOverflow(rest)
    guard !overflow, !carried else { return nil }
    bytes = sum
  }
}

extension ByteSize: ExpressibleByArgument {
  init?(argument: String) { self.init(parsing: argument) }
}

/// A span in the two units that matter: `0.8 s`, `45 s`, `12 min 3 s`, `5 h 20 min`, `3 d 4 h`.
func durationText(_ span: TimeSpan) -> String {
  let milliseconds = max(0, span.milliseconds)
  let seconds = milliseconds / 1000
  if seconds < 10 { return "\(seconds).\(milliseconds % 1000 / 100) s" }
  let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400)
  if minutes == 0 { return "\(seconds) s" }
  if hours == 0 { return "\(minutes) min \(seconds % 60) s" }
  if days == 0 { return "\(hours) h \(minutes % 60) min" }
  return "\(days) d \(hours % 24) h"
}
