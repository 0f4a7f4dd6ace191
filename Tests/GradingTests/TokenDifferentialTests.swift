import Grading
import JudgeModel
import Testing

/// The comparer against the rules written down the obvious way, on whole strings.
struct TokenDifferentialTests {
  static let blanks: [UInt8] = [9, 10, 11, 12, 13, 32]

  /// Tokens and the blanks before each, with the blanks at the end as the last element.
  static func pieces(_ bytes: [UInt8]) -> (tokens: [[UInt8]], blanks: [[UInt8]]) {
    var tokens: [[UInt8]] = []
    var between: [[UInt8]] = [[]]
    var token: [UInt8] = []
    for byte in bytes {
      if blanks.contains(byte) {
        if !token.isEmpty {
          tokens.append(token)
          token = []
          between.append([])
        }
        between[between.count - 1].append(byte)
      } else {
        token.append(byte)
      }
    }
    if !token.isEmpty {
      tokens.append(token)
      between.append([])
    }
    return (tokens, between)
  }

  static func number(_ token: [UInt8]) -> Double? {
    // The grammar, by a pattern; the value, by the standard library.
    let text = String(decoding: token, as: UTF8.self)
    let pattern = /[+-]?([0-9]*\.[0-9]+|[0-9]+\.?)([eE][+-]?[0-9]+)?/
    guard text.wholeMatch(of: pattern) != nil, let value = Double(text), value.isFinite else {
      return nil
    }
    return value
  }

  static func accepts(_ output: [UInt8], _ answer: [UInt8], _ flags: TokenComparison) -> Bool {
    let (out, ans) = (pieces(output), pieces(answer))
    if flags.isSpaceChangeSensitive, out.blanks != ans.blanks { return false }
    guard out.tokens.count == ans.tokens.count else { return false }
    let absolute = flags.absoluteTolerance.flatMap { Double($0) }
    let relative = flags.relativeTolerance.flatMap { Double($0) }
    let fold = { (t: [UInt8]) in t.map { (65...90).contains($0) ? $0 + 32 : $0 } }
    return zip(out.tokens, ans.tokens).allSatisfy { got, expected in
      if absolute != nil || relative != nil, let a = number(expected) {
        guard let s = number(got) else { return false }
        return absolute.map { abs(s - a) <= $0 } ?? false
          || relative.map { abs(s - a) <= $0 * abs(a) } ?? false
      }
      return flags.isCaseSensitive ? got == expected : fold(got) == fold(expected)
    }
  }

  @Test(arguments: 1...25 as ClosedRange<UInt64>) func agreesOnRandomFiles(seed: UInt64) throws {
    var random = Generator(state: seed)
    var accepted = 0
    for round in 0..<120 {
      let flags = Self.flags(&random)
      let options = try TokenComparison(arguments: flags)
      let answer = Self.file(&random)
      let output = Self.mutated(answer, &random)
      let expected = Self.accepts(output, answer, options)
      if expected { accepted += 1 }
      for _ in 0..<3 {
        let chunks = (
          Int.random(in: 1...40, using: &random), Int.random(in: 1...40, using: &random)
        )
        let result = try compare(output, answer, flags, chunks: chunks)
        #expect(
          (result == .accepted) == expected,
          """
          seed \(seed) round \(round) chunks \(chunks) flags \(flags): \(result)
          output \(output)
          answer \(answer)
          """)
      }
    }
    // Both outcomes have to occur, or the test says nothing.
    #expect((1..<120).contains(accepted))
  }

  static func flags(_ random: inout Generator) -> [String] {
    var flags: [String] = []
    if Bool.random(using: &random) { flags.append("case_sensitive") }
    if Int.random(in: 0..<4, using: &random) == 0 { flags.append("space_change_sensitive") }
    let tolerance = ["0", "1e-6", "0.1", "1"].randomElement(using: &random) ?? "0"
    switch Int.random(in: 0..<5, using: &random) {
    case 0: flags += ["float_tolerance", tolerance]
    case 1: flags += ["float_absolute_tolerance", tolerance]
    case 2: flags += ["float_relative_tolerance", tolerance]
    default: break
    }
    return flags
  }

  static func file(_ random: inout Generator) -> [UInt8] {
    var bytes: [UInt8] = []
    let count = Int.random(in: 0...25, using: &random)
    for _ in 0..<count {
      bytes += token(&random)
      for _ in 0...(Int.random(in: 0..<6, using: &random) / 5) {
        bytes.append(blanks.randomElement(using: &random) ?? 32)
      }
    }
    if Bool.random(using: &random), !bytes.isEmpty { bytes.removeLast() }
    return bytes
  }

  static func token(_ random: inout Generator) -> [UInt8] {
    let alphabet = Array("abAB@`[{\u{0}\u{1}\u{1f}!é".utf8) + [0x85, 0xa0, 0xff]
    switch Int.random(in: 0..<6, using: &random) {
    case 0: return Array(String(Int.random(in: -99...99, using: &random)).utf8)
    case 1: return Array(String(Double.random(in: -9...9, using: &random)).utf8)
    case 2:
      let odd = [
        "+1", ".5", "5.", "-0", "1e5", "1E+2", "1e", "nan", "inf", "0x1", "1.2.3", "1e999",
      ]
      return Array((odd.randomElement(using: &random) ?? "0").utf8)
    case 3:
      let length = Int.random(in: 1...40, using: &random)
      return (0..<length).map { _ in UInt8.random(in: 48...57, using: &random) }
    default:
      let length = Int.random(in: 1...12, using: &random)
      return (0..<length).map { _ in alphabet.randomElement(using: &random) ?? 97 }
    }
  }

  static func mutated(_ answer: [UInt8], _ random: inout Generator) -> [UInt8] {
    var bytes = answer
    for _ in 0..<Int.random(in: 0...2, using: &random) {
      let at = Int.random(in: 0...bytes.count, using: &random)
      switch Int.random(in: 0..<7, using: &random) {
      case 0: bytes.insert(blanks.randomElement(using: &random) ?? 32, at: at)
      case 1 where at < bytes.count: bytes.remove(at: at)
      case 2 where at < bytes.count: bytes[at] ^= 32
      case 3: bytes.insert(contentsOf: token(&random), at: at)
      case 4 where at < bytes.count && blanks.contains(bytes[at]):
        bytes[at] = blanks.randomElement(using: &random) ?? 32
      case 5 where at < bytes.count && (48...57).contains(bytes[at]):
        bytes[at] = UInt8.random(in: 48...57, using: &random)
      default: break
      }
    }
    return bytes
  }
}
