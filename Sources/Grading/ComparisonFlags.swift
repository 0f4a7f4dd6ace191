public import JudgeModel

/// A flag of the default output validator that cannot be obeyed. A fault of the package, never of a
/// submission.
public struct FlagError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Fault: Hashable, Sendable {
    case unknown
    case missingValue
    /// Carries what stood where the number should be.
    case notANumber(String)
    case negative(String)
    case duplicate
    /// `float_tolerance` beside one of the tolerances that it stands for.
    case conflict
  }
  public var flag: String
  public var fault: Fault

  public init(flag: String, fault: Fault) {
    self.flag = flag
    self.fault = fault
  }

  public var description: String {
    let name = Excerpt.quote(flag.utf8)
    return switch fault {
    case .unknown:
      "output validator flag \(name) is not known; use case_sensitive, space_change_sensitive, "
        + "float_tolerance E, float_absolute_tolerance E or float_relative_tolerance E"
    case .missingValue:
      "output validator flag \(name) has no value; write a tolerance behind it, as in \(flag) 1e-6"
    case .notANumber(let value):
      "output validator flag \(name) has the value \(Excerpt.quote(value.utf8)), which is no "
        + "finite decimal number; write a tolerance such as 1e-6"
    case .negative(let value):
      "output validator flag \(name) has the negative value \(Excerpt.quote(value.utf8)); "
        + "write 0 or more"
    case .duplicate:
      "output validator flag \(name) is given twice; keep one of them"
    case .conflict:
      "output validator flag \(name) says again what float_tolerance says; use either "
        + "float_tolerance alone or float_absolute_tolerance and float_relative_tolerance"
    }
  }
}

extension TokenComparison {
  /// Reads the flags of one level: of the problem, of a group or of a testcase.
  ///
  /// Stricter than the validators in use, which let the last flag win: the format calls a repeated
  /// tolerance an error, and of two tolerances at least one is not what its author meant.
  public init(arguments: [String]) throws(FlagError) {
    self.init()
    try override(with: arguments)
  }

  /// Lays the flags of a deeper level over these: a tolerance given there replaces the one of its
  /// kind here (`float_tolerance` replaces both), and nothing can be switched off.
  public mutating func override(with arguments: [String]) throws(FlagError) {
    var seen: [String] = []
    var position = 0
    while position < arguments.count {
      let flag = arguments[position]
      position += 1
      let takesValue = flag.hasPrefix("float_")
      switch flag {
      case "case_sensitive": isCaseSensitive = true
      case "space_change_sensitive": isSpaceChangeSensitive = true
      case "float_tolerance", "float_absolute_tolerance", "float_relative_tolerance": break
      default: throw FlagError(flag: flag, fault: .unknown)
      }
      if seen.contains(flag) { throw FlagError(flag: flag, fault: .duplicate) }
      seen.append(flag)
      guard takesValue else { continue }
      guard position < arguments.count else { throw FlagError(flag: flag, fault: .missingValue) }
      let value = arguments[position]
      position += 1
      _ = try Self.tolerance(value, of: flag)
      if flag != "float_relative_tolerance" { absoluteTolerance = value }
      if flag != "float_absolute_tolerance" { relativeTolerance = value }
    }
    let single = seen.first { $0 == "float_absolute_tolerance" || $0 == "float_relative_tolerance" }
    if let single, seen.contains("float_tolerance") {
      throw FlagError(flag: single, fault: .conflict)
    }
  }

  /// The value of a tolerance as the comparer uses it.
  static func tolerance(_ text: String, of flag: String) throws(FlagError) -> Double {
    guard let value = DecimalToken.value(text) else {
      throw FlagError(flag: flag, fault: .notANumber(text))
    }
    guard value >= 0 else { throw FlagError(flag: flag, fault: .negative(text)) }
    return value
  }
}
