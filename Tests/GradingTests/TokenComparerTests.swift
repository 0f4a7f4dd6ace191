import Grading
import JudgeModel
import Testing

/// Fails after a few bytes, as a disk does.
struct BrokenSource: ByteSource {
  struct Failure: Error, Equatable {}
  var reads = 0

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    reads += 1
    guard reads < 3 else { throw Failure() }
    buffer[0] = UInt8(ascii: "7")
    return 1
  }
}

struct Generator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

func compare(
  _ output: [UInt8], _ answer: [UInt8], _ flags: [String] = [], chunks: (Int, Int) = (.max, .max)
) throws -> TokenComparer.Result {
  let comparer = try TokenComparer(TokenComparison(arguments: flags))
  var out = MemorySource(output, chunk: chunks.0)
  var ans = MemorySource(answer, chunk: chunks.1)
  return comparer.compare(output: &out, answer: &ans)
}

struct TokenComparerTests {
  struct Case: Sendable, CustomStringConvertible {
    var output: String
    var answer: String
    var flags: String
    var isAccepted: Bool
    init(_ output: String, _ answer: String, _ flags: String = "", _ isAccepted: Bool) {
      self.output = output
      self.answer = answer
      self.flags = flags
      self.isAccepted = isAccepted
    }
    var description: String { "\(output.debugDescription) for \(answer.debugDescription) \(flags)" }
  }

  static let cases: [Case] = [
    // Tokens and blanks.
    Case("1 2\n", "1 2\n", true), Case("1\n2", "1 2\n", true), Case("1 2", "1 2\n", true),
    Case("1 2\r\n", "1 2\n", true), Case(" \u{0b}1\u{0c}2\t", "1 2\n", true),
    Case("", "", true), Case(" \n\n", "", true), Case("", "\n", true),
    Case("12", "1 2", false), Case("1 2", "12", false), Case("1 2 3", "1 2", false),
    Case("1", "1 2", false), Case("", "1", false), Case("1", "", false),
    Case("1\u{a0}2", "1 2", false), Case("a\u{1c}b", "a b", false),
    // Case.
    Case("Yes", "YES", true), Case("É", "é", false), Case("@", "`", false),
    Case("[", "{", false), Case("Yes", "YES", "case_sensitive", false),
    Case("Yes", "Yes", "case_sensitive", true),
    // A NUL is a byte like any other.
    Case("2\0garbage", "2", false), Case("2\0", "2", false), Case("a\0b", "A\0B", true),
    Case("a\0b", "a\0c", false),
    // Blanks that matter.
    Case("1 2\n", "1 2\n", "space_change_sensitive", true),
    Case("1 2", "1 2\n", "space_change_sensitive", false),
    Case("1 2\n\n", "1 2\n", "space_change_sensitive", false),
    Case("1  2\n", "1 2\n", "space_change_sensitive", false),
    Case("1\t2\n", "1 2\n", "space_change_sensitive", false),
    Case("1 2\r\n", "1 2\n", "space_change_sensitive", false),
    Case(" 1\n", "1\n", "space_change_sensitive", false),
    Case("A b\n", "a B\n", "space_change_sensitive", true),
    Case("A b\n", "a B\n", "space_change_sensitive case_sensitive", false),
    Case("1.0 2\n", "1 2\n", "space_change_sensitive float_tolerance 0", true),
    // Numbers only where a tolerance says so.
    Case("1.0", "1", false), Case("1.0", "1", "float_tolerance 0", true),
    Case("1.1", "1.0", "float_absolute_tolerance 0.1", false),
    Case("0.9", "1.0", "float_absolute_tolerance 0.1", true),
    Case("1.0625", "1.0", "float_absolute_tolerance 0.0625", true),
    Case("-0.0", "0", "float_relative_tolerance 1e-6", true),
    Case("1e-300", "0", "float_relative_tolerance 0.5", false),
    Case("1e-300", "0", "float_tolerance 0.5", true),
    Case("110", "100", "float_relative_tolerance 0.1", true),
    Case("89", "100", "float_relative_tolerance 0.1", false),
    Case("100.5", "100", "float_absolute_tolerance 1 float_relative_tolerance 0", true),
    Case("101", "100", "float_absolute_tolerance 0 float_relative_tolerance 0.25", true),
    Case("+1", "1", "float_tolerance 0", true), Case(".5", "0.5", "float_tolerance 0", true),
    Case("5.", "5", "float_tolerance 0", true), Case("1E5", "100000", "float_tolerance 0", true),
    Case("1e+05", "100000", "float_tolerance 0", true),
    // What is no decimal number.
    Case("0x10", "16", "float_tolerance 1e-6", false),
    Case("0x10", "0X10", "float_tolerance 1e-6", true),
    Case("16", "0x10", "float_tolerance 1e-6", false),
    Case("nan", "1", "float_tolerance 1e9", false), Case("inf", "1", "float_tolerance 1e9", false),
    Case("NaN", "nan", "float_tolerance 1e-6", true),
    Case("inf", "infinity", "float_tolerance 1e-6", false),
    Case("1e999", "1", "float_tolerance 1e9", false),
    Case("1E999", "1e999", "float_tolerance 1e9", true),
    Case("1d5", "100000", "float_tolerance 1e-6", false),
    Case("1e", "1", "float_tolerance 1e-6", false), Case(".", "0", "float_tolerance 1", false),
    Case("1.2.3", "1.2", "float_tolerance 1", false), Case("--1", "-1", "float_tolerance 9", false),
    Case("1_0", "10", "float_tolerance 1e9", false), Case("1\0", "1", "float_tolerance 1e9", false),
    Case("one", "1", "float_tolerance 1e9", false), Case("ONE", "one", "float_tolerance 0", true),
    Case("1.0", "x", "float_tolerance 1e9", false),
  ]

  @Test(arguments: cases) func table(_ c: Case) throws {
    let flags = c.flags.split(separator: " ").map(String.init)
    for chunks in [(Int.max, Int.max), (1, 1), (1, 3), (2, 1)] {
      let result = try compare(Array(c.output.utf8), Array(c.answer.utf8), flags, chunks: chunks)
      #expect((result == .accepted) == c.isAccepted, "chunks \(chunks): \(result)")
    }
  }

  @Test func readsNumbersOfAnyLengthTheWayDoublesAreWritten() throws {
    // Halfway cases and lengths where the short way of reading them does not do.
    let texts = [
      "9007199254740993", "9007199254740992", "0.1", "1e23", "1e-22", "7e-23", "3e22", "8.5e22",
      "123456789012345678901234",
      "2.2250738585072011e-308", "4.9e-324", "1.7976931348623157e308", "1e-400", "0e999999999999",
      "0." + String(repeating: "3", count: 300), String(repeating: "0", count: 500) + "1.5",
    ]
    for text in texts {
      let double = try #require(Double(text))
      // The shortest text of the nearest double is the same number with no tolerance at all.
      let result = try compare(
        Array(text.utf8), Array(double.description.utf8), ["float_tolerance", "0"])
      #expect(result == .accepted, "\(text) \(double)")
    }
  }

  @Test func aTokenTooLongForANumberIsText() throws {
    let long = Array(("1." + String(repeating: "0", count: 3000)).utf8)
    let flags = ["float_tolerance", "1e9"]
    #expect(try compare(long, Array("1".utf8), flags) != .accepted)
    #expect(try compare(long, long, flags) == .accepted)
    #expect(try compare(Array("1".utf8), long, flags) != .accepted)
  }

  @Test func tokensLargerThanAnyBufferCompareExactly() throws {
    let long = [UInt8](repeating: UInt8(ascii: "a"), count: 300_000)
    var other = long
    other[299_999] = UInt8(ascii: "b")
    let folded = [UInt8](repeating: UInt8(ascii: "A"), count: 300_000)
    let more = long + [UInt8(ascii: "a")]
    let split = Array(long[..<150_000]) + [32] + Array(long[150_000...])
    for chunks in [(Int.max, Int.max), (4096, 70_000), (65_537, 13)] {
      let end: [UInt8] = Array("\n1\n".utf8)
      let both = { (x: [UInt8], flags: [String]) in
        try compare(x + end, long + end, flags, chunks: chunks)
      }
      #expect(try both(long, []) == .accepted)
      #expect(try both(folded, []) == .accepted)
      #expect(try both(folded, ["case_sensitive"]) != .accepted)
      for wrong in [other, more, split, Array(long.dropLast())] {
        #expect(try both(wrong, []) != .accepted)
      }
      #expect(try compare(folded, long, chunks: chunks) == .accepted)
      #expect(try compare(long, folded + end, chunks: chunks) != .accepted)
    }
  }

  @Test func reasonsNameLinesAndTokens() throws {
    let text = { (s: String) in Array(s.utf8) }
    #expect(
      try compare(text("1\n2\n4\n"), text("1 2\n3\n"))
        == .wrong(reason: "output line 3: \"4\" instead of \"3\" (answer line 2)"))
    #expect(
      try compare(text("1\n"), text("1\n2\n"))
        == .wrong(reason: "output ends at line 2, where \"2\" is expected (answer line 2)"))
    #expect(
      try compare(text("1\n\n2"), text("1\n"))
        == .wrong(reason: "output line 3: \"2\" after the end of the answer"))
    #expect(
      try compare(text("1"), text("1\n"), ["space_change_sensitive"])
        == .wrong(
          reason: "output line 1: white space differs: the end instead of \"\\n\" (answer line 1)"))
    #expect(
      try compare(text("x"), text("1"), ["float_tolerance", "1e-6"])
        == .wrong(
          reason: "output line 1: \"x\" instead of \"1\" (answer line 1), not a number"))
  }

  @Test func reasonsAreShortAndSafeForATerminal() throws {
    let hostile: [UInt8] =
      [0x1b] + Array("[31m\"\\".utf8) + [0xff, 0x07]
      + [UInt8](repeating: 0x9b, count: 200_000)
    for answer in [Array("1".utf8), [], hostile + [1]] {
      guard case .wrong(let reason) = try compare(hostile, answer, chunks: (1000, 7)) else {
        Issue.record("accepted")
        continue
      }
      #expect(reason.utf8.count < 400)
      #expect(reason.utf8.allSatisfy { (32...126).contains($0) })
      #expect(reason.contains("\\x1b[31m\\\"\\\\\\xff\\x07"))
    }
  }

  @Test func linesAreCountedInTheFastPathToo() throws {
    var answer: [UInt8] = []
    for i in 0..<100_000 { answer += Array("\(i % 7)\n".utf8) }
    let result = try compare(answer + Array("8\n".utf8), answer + Array("9\n".utf8))
    #expect(
      result
        == .wrong(reason: "output line 100001: \"8\" instead of \"9\" (answer line 100001)"))
  }

  @Test func aSourceThatFailsSaysSo() throws {
    let comparer = try TokenComparer(TokenComparison())
    #expect(throws: BrokenSource.Failure()) {
      var output = BrokenSource()
      var answer = BrokenSource()
      _ = try comparer.compare(output: &output, answer: &answer)
    }
  }
}

extension TokenComparerTests.Case {
  fileprivate init(_ output: String, _ answer: String, _ isAccepted: Bool) {
    self.init(output, answer, "", isAccepted)
  }
}
