public import JudgeModel

// Theory of operation
//
// Both streams pass through a window of fixed size. The comparer stands between two tokens in both
// streams and repeats three steps:
//
//   1. What is the same (case aside, where it does not matter) is skipped, up to the last blank of it.
//   2. Blanks are skipped, or compared where the problem says that they matter.
//   3. Tokens that are the same are skipped, then one token of each stream is compared.
//
// Step 1 is the fast path: it never looks at a token. It does not pay where the files differ in
// every blank, so after an attempt that brought little, some tokens go by before the next one.
//
// A token that does not fit the window cannot be a number (`DecimalToken.lengthLimit`), so it is
// compared as it streams by; only its first bytes are kept, for the message.

/// The default output validator of the problem package format.
///
/// Bytes are compared, not characters: case is folded for ASCII letters only, a NUL is a byte like
/// any other, and the six ASCII blanks separate tokens. Numbers are compared in double precision;
/// which tokens are numbers is decided by the answer. Memory is constant, whatever the streams hold.
public struct TokenComparer: Sendable {
  public enum Result: Hashable, Sendable {
    case accepted
    /// What differs first, with line numbers; short and safe for a terminal.
    case wrong(reason: String)
  }

  private let foldsCase: Bool
  private let comparesBlanks: Bool
  private let numbers: NumberRule?

  /// How numbers are compared; nil in the comparer when they are text.
  private struct NumberRule {
    var absolute: Double?
    var relative: Double?

    /// In this order of operations everywhere, because a last bit decides verdicts at the boundary.
    func accepts(_ value: Double, for answer: Double) -> Bool {
      let difference = (value - answer).magnitude
      if let absolute, difference <= absolute { return true }
      if let relative, difference <= relative * answer.magnitude { return true }
      return false
    }

    /// Whether ``accepts(_:for:)`` says yes, found from values that are only nearly right: what they
    /// and its own roundings can be off is taken away from the tolerance. False says nothing.
    func surelyAccepts(
      _ got: UnsafeBufferPointer<UInt8>, for expected: UnsafeBufferPointer<UInt8>
    ) -> Bool {
      guard let answer = DecimalToken.nearValue(expected), let value = DecimalToken.nearValue(got)
      else { return false }
      // Each value is off by at most 2^-52 of itself, the exact one by 2^-53, and the two operations
      // below and in `accepts` round by 2^-53 each: in all less than 2^-49 of both values.
      let slack = (value.magnitude + answer.magnitude) * 0x1p-49
      let difference = (value - answer).magnitude + slack
      if let absolute, difference < absolute { return true }
      // Relative roundings of a product grow with it, hence the slack in the factor as well.
      if let relative, difference < relative * answer.magnitude * (1 - 0x1p-49) { return true }
      return false
    }
  }

  /// - Throws: when a tolerance is not a decimal number of at least 0.
  public init(_ comparison: TokenComparison) throws(FlagError) {
    foldsCase = !comparison.isCaseSensitive
    comparesBlanks = comparison.isSpaceChangeSensitive
    var rule = NumberRule()
    if let text = comparison.absoluteTolerance {
      rule.absolute = try TokenComparison.tolerance(text, of: "float_absolute_tolerance")
    }
    if let text = comparison.relativeTolerance {
      rule.relative = try TokenComparison.tolerance(text, of: "float_relative_tolerance")
    }
    numbers = rule.absolute == nil && rule.relative == nil ? nil : rule
  }

  /// Reads both streams as far as needed. An error of a source is handed on as it is: then nothing
  /// is known about the output.
  public func compare<Output: ByteSource & ~Copyable, Answer: ByteSource & ~Copyable>(
    output: inout Output, answer: inout Answer
  ) throws(Output.Failure) -> Result where Output.Failure == Answer.Failure {
    var out = TokenWindow()
    var ans = TokenWindow()
    var pace = Pace()
    while true {
      if pace.shouldSkipEqual {
        pace.skipped(TokenWindow.skipEqual(&out, &ans, folding: foldsCase))
      }
      if comparesBlanks, let reason = try compareBlanks(&out, &output, &ans, &answer) {
        return .wrong(reason: reason)
      }
      let hasOutput = try out.skipBlanks(from: &output)
      let hasAnswer = try ans.skipBlanks(from: &answer)
      guard hasOutput, hasAnswer else {
        if hasOutput { return .wrong(reason: try trailing(&out, &output)) }
        if hasAnswer { return .wrong(reason: try missing(out.line, &ans, &answer)) }
        return .accepted
      }
      let most = comparesBlanks ? 1 : Self.tokensAtOnce
      if TokenWindow.skipTokens(&out, &ans, folding: foldsCase, most: most) > 0 { continue }
      if let reason = try compareToken(&out, &output, &ans, &answer) {
        return .wrong(reason: reason)
      }
    }
  }

  /// Tokens skipped one by one before the fast path may get its turn.
  private static let tokensAtOnce = 32

  /// When to try the fast path: after `n` attempts in a row that brought little, only every
  /// `2^n`th round, up to 64.
  private struct Pace {
    var misses = 0
    var tokensLeft = 0

    var shouldSkipEqual: Bool {
      mutating get {
        if tokensLeft == 0 { return true }
        tokensLeft -= 1
        return false
      }
    }

    mutating func skipped(_ bytes: Int) {
      misses = bytes >= 64 ? 0 : min(misses + 1, 6)
      tokensLeft = misses == 0 ? 0 : 1 << misses
    }
  }
}

// MARK: - Blanks and ends

extension TokenComparer {
  /// Consumes blanks that are the same in both streams; a reason when they differ.
  private func compareBlanks<Output: ByteSource & ~Copyable, Answer: ByteSource & ~Copyable>(
    _ out: inout TokenWindow, _ output: inout Output,
    _ ans: inout TokenWindow, _ answer: inout Answer
  ) throws(Output.Failure) -> String? where Output.Failure == Answer.Failure {
    while true {
      let got = try out.peek(from: &output)
      let expected = try ans.peek(from: &answer)
      let isGotBlank = got.map(TokenWindow.isBlank) ?? false
      let isExpectedBlank = expected.map(TokenWindow.isBlank) ?? false
      guard isGotBlank || isExpectedBlank else { return nil }
      guard got == expected else {
        return "output line \(out.line): white space differs: \(Self.describe(got)) instead of "
          + "\(Self.describe(expected)) (answer line \(ans.line))"
      }
      out.start += 1
      ans.start += 1
      if got == 10 {
        out.line += 1
        ans.line += 1
      }
    }
  }

  private static func describe(_ byte: UInt8?) -> String {
    byte.map { Excerpt.quote(CollectionOfOne($0)) } ?? "the end"
  }

  private func trailing<Output: ByteSource & ~Copyable>(
    _ out: inout TokenWindow, _ output: inout Output
  ) throws(Output.Failure) -> String {
    let token = try Self.excerpt(&out, &output)
    return "output line \(out.line): \(token) after the end of the answer"
  }

  private func missing<Answer: ByteSource & ~Copyable>(
    _ line: Int, _ ans: inout TokenWindow, _ answer: inout Answer
  ) throws(Answer.Failure) -> String {
    let token = try Self.excerpt(&ans, &answer)
    return "output ends at line \(line), where \(token) is expected (answer line \(ans.line))"
  }

  private static func excerpt<Source: ByteSource & ~Copyable>(
    _ window: inout TokenWindow, _ source: inout Source
  ) throws(Source.Failure) -> String {
    let length = try window.tokenLength(from: &source) ?? window.count
    return Excerpt.quote(UnsafeBufferPointer(start: window.front, count: length))
  }
}

// MARK: - Tokens

extension TokenComparer {
  /// Consumes one token of each stream; a reason when the output's is not acceptable.
  private func compareToken<Output: ByteSource & ~Copyable, Answer: ByteSource & ~Copyable>(
    _ out: inout TokenWindow, _ output: inout Output,
    _ ans: inout TokenWindow, _ answer: inout Answer
  ) throws(Output.Failure) -> String? where Output.Failure == Answer.Failure {
    let gotLength = try out.tokenLength(from: &output)
    let expectedLength = try ans.tokenLength(from: &answer)
    let got = UnsafeBufferPointer(start: out.front, count: gotLength ?? out.count)
    let expected = UnsafeBufferPointer(start: ans.front, count: expectedLength ?? ans.count)
    let isAcceptable: Bool
    if let gotLength, let expectedLength {
      isAcceptable = accepts(got, for: expected)
      if isAcceptable {
        out.start += gotLength
        ans.start += expectedLength
        return nil
      }
    } else if gotLength == nil, expectedLength == nil {
      // The excerpts have to be taken before the windows move on.
      let reason = mismatch(got, expected, out.line, ans.line)
      return try streamToken(&out, &output, &ans, &answer) ? nil : reason
    }
    return mismatch(got, expected, out.line, ans.line)
  }

  private func accepts(
    _ got: UnsafeBufferPointer<UInt8>, for expected: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    if let numbers, numbers.surelyAccepts(got, for: expected) { return true }
    if let numbers, let answer = DecimalToken.value(expected) {
      guard let value = DecimalToken.value(got) else { return false }
      return numbers.accepts(value, for: answer)
    }
    guard let x = got.baseAddress, let y = expected.baseAddress, got.count == expected.count else {
      return false
    }
    return TokenWindow.commonText(x, y, limit: got.count, folding: foldsCase) == got.count
  }

  /// Compares two tokens that do not fit the windows and consumes what they have in common.
  private func streamToken<Output: ByteSource & ~Copyable, Answer: ByteSource & ~Copyable>(
    _ out: inout TokenWindow, _ output: inout Output,
    _ ans: inout TokenWindow, _ answer: inout Answer
  ) throws(Output.Failure) -> Bool where Output.Failure == Answer.Failure {
    while true {
      // The end of a stream ends a token as a blank does.
      let gotEnds = try out.peek(from: &output).map(TokenWindow.isBlank) ?? true
      let expectedEnds = try ans.peek(from: &answer).map(TokenWindow.isBlank) ?? true
      if gotEnds || expectedEnds { return gotEnds && expectedEnds }
      let length = TokenWindow.commonText(
        out.front, ans.front, limit: min(out.count, ans.count), folding: foldsCase)
      // Nothing in common although both go on: they differ right here.
      guard length > 0 else { return false }
      out.start += length
      ans.start += length
    }
  }

  private func mismatch(
    _ got: UnsafeBufferPointer<UInt8>, _ expected: UnsafeBufferPointer<UInt8>, _ line: Int,
    _ answerLine: Int
  ) -> String {
    var reason = "output line \(line): \(Excerpt.quote(got)) instead of \(Excerpt.quote(expected))"
    reason += " (answer line \(answerLine))"
    guard numbers != nil, DecimalToken.value(expected) != nil else { return reason }
    return reason + (DecimalToken.value(got) == nil ? ", not a number" : ", not within tolerance")
  }
}
