import Foundation

/// Inputs that no input validator should accept, and outputs that no output validator may stumble
/// over. The same on every run: what a setter sees today has to be there tomorrow.
enum Junk {
  /// - Note: the idea and the first three kinds are those of Kattis problemtools.
  static let inputs: [(name: String, bytes: [UInt8])] = [
    ("an empty file", []),
    ("random bytes", random(count: 512, seed: 1)),
    ("the words `foo bar`", Array("foo bar\nbaz\n".utf8)),
  ]

  /// Changes to a valid input, each of which makes it invalid in most problems.
  static let mutations: [(name: String, change: @Sendable ([UInt8]) -> [UInt8])] = [
    ("every blank doubled", { bytes in bytes.flatMap { $0 == 32 ? [32, 32] : [$0] } }),
    ("an empty line after every line", { bytes in bytes.flatMap { $0 == 10 ? [10, 10] : [$0] } }),
    ("leading zeros added to the numbers", { leadingZeros($0) }),
    ("a line `junk 17` added at the end", { $0 + Array("junk 17\n".utf8) }),
    ("its second half cut off", { Array($0[..<($0.count / 2)]) }),
  ]

  /// Outputs to confuse a validator with; some are made from the right answer.
  static let outputs: [(name: String, make: @Sendable (_ answer: [UInt8]) -> [UInt8])] = [
    ("nothing", { _ in [] }),
    ("random bytes", { _ in random(count: 4096, seed: 2) }),
    ("a newline", { _ in [10] }),
    ("a megabyte of blanks", { _ in [UInt8](repeating: 32, count: 1 << 20) }),
    ("NUL bytes", { _ in [UInt8](repeating: 0, count: 1024) }),
    ("bytes that are not UTF-8", { _ in [0xC3, 0x28, 0xFF, 0xFE, 0xED, 0xA0, 0x80, 10] }),
    ("text in other scripts", { _ in text("Ünïcödé ١٢٣ ４５ 🦆\n") }),
    ("a word of a megabyte", { _ in [UInt8](repeating: 0x61, count: 1 << 20) }),
    ("a number of 100,000 digits", { _ in [UInt8](repeating: 0x39, count: 100_000) + [10] }),
    ("100,000 numbers", { _ in Array(String(repeating: "1 ", count: 100_000).utf8) }),
    ("`0`", { _ in text("0\n") }), ("`-1`", { _ in text("-1\n") }),
    ("2 to the power of 63", { _ in text("9223372036854775808\n") }),
    ("`1e309`", { _ in text("1e309\n") }), ("`nan`", { _ in text("nan\n") }),
    ("`inf`", { _ in text("-inf\n") }), ("`0x10`", { _ in text("0x10\n") }),
    ("words", { _ in text("foo bar\nbaz\n") }),
    ("format directives", { _ in text("%s%n%d {} ${HOME} `id`\n") }),
    ("half of the answer", { Array($0[..<($0.count / 2)]) }),
    ("the answer twice", { $0 + $0 }),
    ("the answer backwards", { $0.reversed() }),
  ]

  private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// SplitMix64.
  private static func random(count: Int, seed: UInt64) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return UInt8(truncatingIfNeeded: z ^ (z >> 31))
    }
  }

  /// Before the first digit of each word that starts with a digit, or with a sign and a digit.
  private static func leadingZeros(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    var previous: UInt8 = 32
    var beforePrevious: UInt8 = 32
    let isDigit = { (c: UInt8) in (48...57).contains(c) }
    for byte in bytes {
      let startsWord = previous <= 32 || (previous == 45 && beforePrevious <= 32)
      if isDigit(byte), startsWord { out.append(48) }
      out.append(byte)
      (beforePrevious, previous) = (previous, byte)
    }
    return out
  }
}
