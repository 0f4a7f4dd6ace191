import JudgeModel
import Messages
import SchedulerClient

/// Which of a scheduler's packages somebody means: a problem, or the digest of a package or its beginning.
enum NamedPackage {
  /// Fewer digits of a digest name a package by accident.
  static let fewestDigits = 6

  /// - Parameter list: in the order of pushing.
  static func find(_ name: String, in list: [ListedPackage]) throws -> ListedPackage {
    if let newest = list.last(where: { $0.package.problem == name && $0.isNewest }) {
      return newest
    }
    let digits = name.lowercased()
    let isDigest = digits.utf8.count >= fewestDigits && digits.allSatisfy(\.isHexDigit)
    let matching = isDigest ? list.filter { $0.package.digest.hex.hasPrefix(digits) } : []
    guard let first = matching.first else {
      throw CommandFailure(
        "the scheduler has no problem and no package `\(name)`: `assize packages` lists what it has; "
          + "of a digest, at least \(fewestDigits) digits are needed")
    }
    guard matching.count == 1 else {
      throw CommandFailure(
        "`\(name)` may be any of "
          + matching.map { "\($0.package.problem) \($0.package.digest.short)" }
          .joined(separator: ", ") + ": give more digits")
    }
    return first
  }
}
