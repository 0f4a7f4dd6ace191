import Grading
import JudgeModel
import Testing

/// The bulk paths of the comparer, at the places where they hand over: the ends of the windows, the
/// ends of words of eight bytes, and the last bits of a tolerance.
struct FastPathTests {
  /// Size of the comparer's windows. Wrong here, this suite tests less, not something false.
  static let window = 64 << 10

  /// Tokens of a few letters with blanks of all kinds between, about `count` bytes.
  static func filler(_ count: Int, _ random: inout Generator) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        bytes.append(UInt8.random(in: 97...122, using: &random))
      }
      bytes.append(TokenDifferentialTests.blanks.randomElement(using: &random) ?? 32)
    }
    return bytes
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func agreesAtTheEndsOfWindows(seed: UInt64) throws {
    var random = Generator(state: seed)
    for round in 0..<4 {
      let flags = TokenDifferentialTests.flags(&random)
      let options = try TokenComparison(arguments: flags)
      let head = Self.filler(Self.window - Int.random(in: 0...120, using: &random), &random)
      let tail = TokenDifferentialTests.file(&random)
      // One of the files may be folded, or have an offset that it keeps from there on.
      var front = head
      if Bool.random(using: &random) {
        front = front.map { (97...122).contains($0) ? $0 - 32 : $0 }
      }
      if Bool.random(using: &random) { front.insert(32, at: 0) }
      let output = front + TokenDifferentialTests.mutated(tail, &random)
      let answer = head + tail
      let expected = TokenDifferentialTests.accepts(output, answer, options)
      let chunks = [
        (Int.max, Int.max), (Self.window - 1, Self.window), (4093, 65_537),
        (Int.random(in: 1...9000, using: &random), Int.random(in: 1...9000, using: &random)),
      ]
      for chunks in chunks {
        let result = try compare(output, answer, flags, chunks: chunks)
        #expect(
          (result == .accepted) == expected,
          "seed \(seed) round \(round) chunks \(chunks) flags \(flags): \(result)")
      }
    }
  }

  @Test func everyPairOfBytesInEveryPlaceOfAWord() throws {
    for place in [0, 3, 7, 8, 11] {
      let base = [UInt8](repeating: 97, count: 20)
      // One output and answer for each pair of bytes that are near in some sense.
      for a in UInt8.min...UInt8.max {
        for b in [a, a ^ 32, a ^ 1, a ^ 128, 32, 0] {
          var (output, answer) = (base, base)
          output[place] = a
          answer[place] = b
          for flags in [[], ["case_sensitive"], ["space_change_sensitive"]] {
            let expected = TokenDifferentialTests.accepts(
              output, answer, try TokenComparison(arguments: flags))
            let isAccepted = try compare(output, answer, flags) == .accepted
            if isAccepted != expected {
              Issue.record("\(a) for \(b) at \(place), flags \(flags): accepted \(isAccepted)")
            }
          }
        }
      }
    }
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func tolerancesDecideAsDoublesDo(seed: UInt64) throws {
    var random = Generator(state: seed)
    var accepted = 0
    for _ in 0..<400 {
      let places = Int.random(in: 0...17, using: &random)
      let size = ["0.1", "1e-6", "1e-9", "0.000001", "1"].randomElement(using: &random) ?? "1"
      let tolerance = try #require(Double(size))
      let answer = Double.random(in: -1000...1000, using: &random)
      let nears: [Double] = [0, 0.5, 1 - 1e-9, 1, 1 + 1e-9, 2]
      let near = nears.randomElement(using: &random) ?? 0
      let kind = ["", "absolute_", "relative_"].randomElement(using: &random) ?? ""
      let sign: Double = Bool.random(using: &random) ? 1 : -1
      let scale = kind == "relative_" ? abs(answer) : 1
      let output = answer + tolerance * near * scale * sign
      let texts = [Self.text(output, places), Self.text(answer, places)].map { Array($0.utf8) }
      let flags = ["float_\(kind)tolerance", size]
      let expected = TokenDifferentialTests.accepts(
        texts[0], texts[1], try TokenComparison(arguments: flags))
      if expected { accepted += 1 }
      let result = try compare(texts[0], texts[1], flags)
      #expect((result == .accepted) == expected, "\(output) for \(answer) \(flags): \(result)")
    }
    #expect((1..<400).contains(accepted))
  }

  /// With so many digits behind the point where the number's own are not enough: zeros do no harm.
  private static func text(_ value: Double, _ places: Int) -> String {
    let text = value.description
    guard !text.contains("e"), let point = text.firstIndex(of: ".") else { return text }
    let digits = text.distance(from: point, to: text.endIndex) - 1
    return digits >= places ? text : text + String(repeating: "0", count: places - digits)
  }

  @Test func linesAreCountedWhereBlanksDiffer() throws {
    var (output, answer): ([UInt8], [UInt8]) = ([], [])
    for i in 0..<30_000 {
      output += Array("\(i % 97)x\r\n\n".utf8)
      answer += Array("\(i % 97)X \n".utf8)
    }
    #expect(try compare(output, answer) == .accepted)
    let result = try compare(output + Array("8\n".utf8), answer + Array("9\n".utf8))
    #expect(
      result == .wrong(reason: "output line 60001: \"8\" instead of \"9\" (answer line 30001)"))
  }
}
