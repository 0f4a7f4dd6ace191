public import JudgeModel

/// What a checker or interactor said under a protocol other than the Kattis format's, read from its
/// exit status and its words.
public struct ValidatorAnswer: Hashable, Sendable {
  public enum Outcome: Hashable, Sendable {
    case accepted
    case rejected
    /// Accepted with points, as a decimal number. Nothing but a scoring problem has a use for it.
    case points(String)
    /// Accepted with this part of the points, from 0 to 1, as a decimal number.
    case fraction(String)
    /// A judge error; says why.
    case failed(String)
  }
  public var outcome: Outcome
  /// For the jury; may be empty.
  public var message: String

  public init(_ outcome: Outcome, message: String = "") {
    self.outcome = outcome
    self.message = message
  }

  /// As the run's verdict sees it. Points above nothing are an acceptance: the group's score says the
  /// rest.
  public var validation: Validation {
    switch outcome {
    case .accepted, .points, .fraction: .accepted
    case .rejected: .rejected
    case .failed: .failed
    }
  }

  /// - Parameters:
  ///   - exitCode: how it exited; nil when it did not do so by itself.
  ///   - output: the beginning of its standard output.
  ///   - errors: the beginning of its standard error.
  public init(
    protocol: ValidatorProtocol, exitCode: Int32?, output: String, errors: String
  ) {
    guard let exitCode else {
      self.init(.failed("did not exit by itself"))
      return
    }
    switch `protocol` {
    case .ppf:
      switch Validation(exitCode: exitCode) {
      case .accepted: self.init(.accepted)
      case .rejected: self.init(.rejected)
      case .failed: self.init(.failed("exited with \(exitCode) instead of 42 or 43"))
      }
    case .testlib, .coci:
      self.init(
        Self.testlib(exitCode, errors, isCOCI: `protocol` == .coci),
        message: errors.isEmpty ? output : errors)
    // Its interactors speak to the program on standard output, and to people on the other one.
    case .dmoj: self.init(Self.plain(exitCode), message: output.isEmpty ? errors : output)
    case .peg: self.init(Self.peg(exitCode, output), message: output)
    case .cms: self.init(Self.cms(exitCode, output), message: errors)
    }
  }

  private static func plain(_ exitCode: Int32) -> Outcome {
    switch exitCode {
    case 0: .accepted
    case 1: .rejected
    default: .failed("exited with \(exitCode) instead of 0 or 1")
    }
  }

  /// testlib's exit statuses: 0 ok, 1 wrong answer, 2 presentation error, 3 the jury's fault, 4 dirt,
  /// 7 points, 8 unexpected end of file.
  private static func testlib(_ exitCode: Int32, _ errors: String, isCOCI: Bool) -> Outcome {
    switch exitCode {
    case 0: return .accepted
    case 1, 2, 4, 8: return .rejected
    case 3: return .failed("says that the jury is at fault")
    case 7:
      let word = isCOCI ? "partial " : "points "
      let lines = errors.split(whereSeparator: \.isNewline)
      guard let line = lines.first(where: { $0.hasPrefix(word) }) else {
        return .failed("exited with 7 and did not write `\(word)…`")
      }
      let number = line.dropFirst(word.count).prefix { $0 != " " }
      if isCOCI { return coci(number) }
      guard let points = Score(rounding: String(number)), points >= .zero else {
        return .failed("exited with 7 and wrote no number of points")
      }
      return .points(points.description)
    default: return .failed("exited with \(exitCode), which is no exit status of testlib")
    }
  }

  private static func coci(_ text: Substring) -> Outcome {
    let parts = text.split(separator: "/")
    guard parts.count == 2, let part = Int64(parts[0]), let whole = Int64(parts[1]), part >= 0,
      part <= whole, whole > 0, whole <= 1_000_000_000
    else { return .failed("exited with 7 and wrote no fraction of the points") }
    return fraction(part * 1_000_000_000 / whole)
  }

  private static func fraction(_ billionths: Int64) -> Outcome {
    if billionths == 1_000_000_000 { return .accepted }
    return .fraction(Score(billionths: billionths).description)
  }

  /// The first two lines in a row that are numbers are the part of the points.
  private static func peg(_ exitCode: Int32, _ output: String) -> Outcome {
    guard exitCode == 0 || exitCode == 1 else {
      return .failed("exited with \(exitCode) instead of 0 or 1")
    }
    let lines = output.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (first, second) in zip(lines, lines.dropFirst()) {
      guard let part = Score(rounding: String(first)), let whole = Score(rounding: String(second)),
        whole > .zero, part > .zero
      else { continue }
      guard part <= whole else { return .failed("gives more points than there are") }
      // 128 bits, because both are billionths already.
      let wide = part.billionths.multipliedFullWidth(by: 1_000_000_000)
      return fraction(whole.billionths.dividingFullWidth(wide).quotient)
    }
    return exitCode == 0 ? .accepted : .rejected
  }

  private static func cms(_ exitCode: Int32, _ output: String) -> Outcome {
    guard exitCode == 0 else { return .failed("exited with \(exitCode) instead of 0") }
    let line = output.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).first
    guard let line, let part = Score(rounding: String(line)), part >= .zero, part <= .one else {
      return .failed("wrote no number from 0 to 1 as its first line")
    }
    return part == .zero ? .rejected : fraction(part.billionths)
  }
}
