public import JudgeModel

// Theory of operation
//
// As in `TokenComparer` both streams pass through windows of fixed size and what is byte for byte
// equal is skipped first, up to its last blank. Both streams then stand in the same stretch of blanks,
// of which a part may be behind them. That part is the same on both sides, so:
//
//   lines-tokens   needs the difference of the numbers of line feeds, which the rest alone decides;
//   dmoj-standard  needs to know whether there was a line end at all, so the skipped part is looked
//                  at again: it is still in the window.

/// The comparers of other judges, see `LayoutComparison`. Memory is constant, whatever the streams
/// hold.
public struct LayoutComparer: Sendable {
  private let rule: LayoutComparison

  public init(_ rule: LayoutComparison) { self.rule = rule }

  /// Reads both streams as far as needed. An error of a source is handed on as it is: then nothing
  /// is known about the output.
  public func compare<Output: ByteSource & ~Copyable, Answer: ByteSource & ~Copyable>(
    output: inout Output, answer: inout Answer
  ) throws(Output.Failure) -> TokenComparer.Result where Output.Failure == Answer.Failure {
    var out = TokenWindow()
    var ans = TokenWindow()
    if rule == .exact { return try compareBytes(&out, &output, &ans, &answer) }
    var misses = 0
    var tokensLeft = 0
    // Blanks before the first token: DMOJ ignores them, while for CMS they are lines like any other.
    var isAtStart = true
    while true {
      var hadBreak = false
      if tokensLeft == 0 {
        let skipped = TokenWindow.skipEqual(&out, &ans, folding: false)
        hadBreak = Self.endsInBreak(out, skipped)
        if skipped > 0, !Self.isAllBlank(out, skipped) { isAtStart = false }
        misses = skipped >= 64 ? 0 : min(misses + 1, 6)
        tokensLeft = misses == 0 ? 0 : 1 << misses
      } else {
        tokensLeft -= 1
      }
      var gap = try Self.skipGap(&out, &output)
      var expected = try Self.skipGap(&ans, &answer)
      gap.hasBreak = gap.hasBreak || hadBreak
      expected.hasBreak = expected.hasBreak || hadBreak
      guard gap.hasMore, expected.hasMore else {
        if gap.hasMore {
          return .wrong(reason: "output line \(out.line): more than the answer has")
        }
        if expected.hasMore {
          return .wrong(
            reason: "output ends at line \(out.line), answer line \(ans.line) is missing")
        }
        return .accepted
      }
      if let reason = objection(gap, expected, out.line, ans.line, isAtStart) {
        return .wrong(reason: reason)
      }
      isAtStart = false
      if let reason = try compareToken(&out, &output, &ans, &answer) {
        return .wrong(reason: reason)
      }
    }
  }

  /// What was between two tokens.
  private struct Gap {
    var lineFeeds = 0
    /// A line feed or a carriage return.
    var hasBreak = false
    /// Whether a token follows.
    var hasMore = false
  }

  private func objection(
    _ got: Gap, _ expected: Gap, _ line: Int, _ answerLine: Int, _ isAtStart: Bool
  ) -> String? {
    let isSame =
      switch rule {
      case .linesTokens: got.lineFeeds == expected.lineFeeds
      case .dmojStandard: isAtStart || got.hasBreak == expected.hasBreak
      case .exact: true
      }
    return isSame
      ? nil : "output line \(line): the lines are divided differently (answer line \(answerLine))"
  }

  private static func skipGap<Source: ByteSource & ~Copyable>(
    _ window: inout TokenWindow, _ source: inout Source
  ) throws(Source.Failure) -> Gap {
    var gap = Gap()
    while true {
      while window.start < window.end {
        let byte = window.base[window.start]
        guard TokenWindow.isBlank(byte) else {
          gap.hasMore = true
          return gap
        }
        if byte == 10 {
          gap.lineFeeds += 1
          window.line += 1
        }
        if byte == 10 || byte == 13 { gap.hasBreak = true }
        window.start += 1
      }
      guard try window.refill(from: &source) else { return gap }
    }
  }

  /// Whether there is a line end among the blanks that the last `skipped` bytes end in.
  private static func endsInBreak(_ window: borrowing TokenWindow, _ skipped: Int) -> Bool {
    var at = window.start
    while at > window.start - skipped, TokenWindow.isBlank(window.base[at - 1]) {
      at -= 1
      if window.base[at] == 10 || window.base[at] == 13 { return true }
    }
    return false
  }

  private static func isAllBlank(_ window: borrowing TokenWindow, _ skipped: Int) -> Bool {
    var at = window.start
    while at > window.start - skipped {
      at -= 1
      if !TokenWindow.isBlank(window.base[at]) { return false }
    }
    return true
  }

  /// Consumes one token of each stream, piece by piece: it may be longer than the windows.
  private func compareToken<Output: ByteSource & ~Copyable, Answer: ByteSource & ~Copyable>(
    _ out: inout TokenWindow, _ output: inout Output,
    _ ans: inout TokenWindow, _ answer: inout Answer
  ) throws(Output.Failure) -> String? where Output.Failure == Answer.Failure {
    while true {
      // The end of a stream ends a token as a blank does.
      let gotEnds = try out.peek(from: &output).map(TokenWindow.isBlank) ?? true
      let expectedEnds = try ans.peek(from: &answer).map(TokenWindow.isBlank) ?? true
      if gotEnds && expectedEnds { return nil }
      let (x, y) = (out.front, ans.front)
      let limit = min(out.count, ans.count)
      var i = 0
      while i < limit, x[i] == y[i], !TokenWindow.isBlank(x[i]) { i += 1 }
      guard i > 0 else {
        let got = UnsafeBufferPointer(start: x, count: min(out.count, Excerpt.limit + 1))
        let wanted = UnsafeBufferPointer(start: y, count: min(ans.count, Excerpt.limit + 1))
        return "output line \(out.line): \(Self.token(got)) instead of \(Self.token(wanted)) "
          + "(answer line \(ans.line))"
      }
      out.start += i
      ans.start += i
    }
  }

  private static func token(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    Excerpt.quote(bytes.prefix { !TokenWindow.isBlank($0) })
  }

  private func compareBytes<Output: ByteSource & ~Copyable, Answer: ByteSource & ~Copyable>(
    _ out: inout TokenWindow, _ output: inout Output,
    _ ans: inout TokenWindow, _ answer: inout Answer
  ) throws(Output.Failure) -> TokenComparer.Result where Output.Failure == Answer.Failure {
    var offset: Int64 = 0
    while true {
      let got = try out.peek(from: &output)
      let expected = try ans.peek(from: &answer)
      guard got == expected else {
        let word = { (byte: UInt8?) in byte.map { Excerpt.quote(CollectionOfOne($0)) } ?? "the end"
        }
        return .wrong(
          reason: "output differs at byte \(offset + 1), line \(out.line): \(word(got)) instead of "
            + word(expected))
      }
      if got == nil { return .accepted }
      let (x, y) = (out.front, ans.front)
      let limit = min(out.count, ans.count)
      var i = 0
      while i < limit, x[i] == y[i] {
        if x[i] == 10 { out.line += 1 }
        i += 1
      }
      offset += Int64(i)
      out.start += i
      ans.start += i
    }
  }
}
