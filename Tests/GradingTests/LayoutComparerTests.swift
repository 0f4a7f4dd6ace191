import Grading
import JudgeModel
import Testing

struct LayoutComparerTests {
  static func accepts(
    _ rule: LayoutComparison, _ output: [UInt8], _ answer: [UInt8], chunk: Int = .max
  ) -> Bool {
    var out = MemorySource(output, chunk: chunk)
    var ans = MemorySource(answer, chunk: chunk)
    return LayoutComparer(rule).compare(output: &out, answer: &ans) == .accepted
  }

  @Test(arguments: [
    (LayoutComparison.linesTokens, "1 2\n3\n", "1  2 \n 3", true),
    (.linesTokens, "1 2\n3\n", "1 2 3\n", false),
    (.linesTokens, "1\n\n2\n", "1\n2\n", false),
    (.linesTokens, "1\n\n \n\n", "1", true),
    (.linesTokens, "\n1\n", "1\n", false),
    (.linesTokens, "a\n", "A\n", false),
    (.linesTokens, "1\r\n2\r\n", "1\n2\n", true),
    (.linesTokens, "", " \n\n", true),
    (.dmojStandard, "1 2\n3\n", "1 2\n\n\n3", true),
    (.dmojStandard, "1 2\n3\n", "1 2 3\n", false),
    (.dmojStandard, "1 2", "1\n2", false),
    (.dmojStandard, "\n\n 1", "1", true),
    (.dmojStandard, "1\r2", "1\n2", true),
    (.dmojStandard, "1 \n 2", "1\n2", true),
    (.dmojStandard, "12", "1", false),
    (.dmojStandard, "a", "A", false),
    (.exact, "1\n", "1\n", true),
    (.exact, "1", "1\n", false),
    (.exact, "1\n\n", "1\n", false),
  ])
  func examples(_ rule: LayoutComparison, _ output: String, _ answer: String, _ expected: Bool) {
    for chunk in [1, 2, 7, Int.max] {
      #expect(
        Self.accepts(rule, Array(output.utf8), Array(answer.utf8), chunk: chunk) == expected,
        "chunk \(chunk)")
    }
  }

  @Test func saysWhereTheyDiffer() {
    let reason = { (rule: LayoutComparison, output: String, answer: String) -> String in
      var out = MemorySource(output)
      var ans = MemorySource(answer)
      guard case .wrong(let reason) = LayoutComparer(rule).compare(output: &out, answer: &ans)
      else { return "" }
      return reason
    }
    #expect(
      reason(.linesTokens, "1\n2\n4\n", "1\n2\n3\n").contains("line 3: \"4\" instead of \"3\""))
    #expect(reason(.linesTokens, "1 2", "1\n2").contains("divided differently"))
    #expect(reason(.dmojStandard, "1", "1 2").contains("is missing"))
    #expect(reason(.exact, "ab", "ac").contains("byte 2"))
    #expect(reason(.exact, "a", "a\n").contains("the end instead of"))
  }

  /// Tokens longer than the window are compared as they stream by.
  @Test func longTokens() {
    let long = [UInt8](repeating: 120, count: 200_000)
    for rule in LayoutComparison.allCases {
      #expect(Self.accepts(rule, long, long))
      #expect(!Self.accepts(rule, long + [121], long))
      #expect(!Self.accepts(rule, long, long + [121]))
    }
  }

  // MARK: The rules written down the obvious way

  static func model(_ rule: LayoutComparison, _ output: [UInt8], _ answer: [UInt8]) -> Bool {
    switch rule {
    case .exact: return output == answer
    case .linesTokens:
      let lines = { (bytes: [UInt8]) -> [[[UInt8]]] in
        var lines = bytes.split(separator: 10, omittingEmptySubsequences: false).map { line in
          line.split { TokenDifferentialTests.blanks.contains($0) }.map(Array.init)
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
      }
      return lines(output) == lines(answer)
    case .dmojStandard:
      let (out, ans) = (
        TokenDifferentialTests.pieces(output), TokenDifferentialTests.pieces(answer)
      )
      guard out.tokens == ans.tokens else { return false }
      let breaks = { (blanks: [[UInt8]]) in
        blanks.dropFirst().dropLast().map { $0.contains(10) || $0.contains(13) }
      }
      return breaks(out.blanks) == breaks(ans.blanks)
    }
  }

  @Test(arguments: LayoutComparison.allCases, 0..<20)
  func agreesWithTheModel(_ rule: LayoutComparison, _ seed: Int) {
    var random = Generator(state: UInt64(seed) + 1)
    var accepted = 0
    for _ in 0..<300 {
      var answer: [UInt8] = []
      for _ in 0..<Int.random(in: 0...30, using: &random) {
        answer +=
          [[97], [98, 99], [32], [10], [10], [13], [9]].randomElement(using: &random) ?? []
      }
      var output = answer
      for _ in 0..<Int.random(in: 0...2, using: &random) {
        let at = Int.random(in: 0...output.count, using: &random)
        output.insert([10, 32, 13, 97].randomElement(using: &random) ?? 32, at: at)
      }
      let expected = Self.model(rule, output, answer)
      let chunk = Int.random(in: 1...5, using: &random)
      let got = Self.accepts(rule, output, answer, chunk: chunk)
      #expect(got == expected, "seed \(seed) output \(output) answer \(answer) chunk \(chunk)")
      if got { accepted += 1 }
    }
    // Both outcomes have to occur, or the test says nothing.
    #expect((1..<300).contains(accepted))
  }

  /// Files of several windows, changed near the edges of those.
  @Test(arguments: LayoutComparison.allCases, 0..<4)
  func agreesAcrossWindows(_ rule: LayoutComparison, _ seed: Int) {
    var random = Generator(state: UInt64(seed) + 100)
    var answer: [UInt8] = []
    while answer.count < 150_000 {
      answer +=
        [[97, 98, 99, 32], [100, 10], [101, 32, 32, 10, 10], [102, 13, 10]]
        .randomElement(using: &random) ?? []
    }
    var accepted = 0
    for _ in 0..<60 {
      var output = answer
      let edge = Int.random(in: 1...2, using: &random) * 65_536
      let at = edge + Int.random(in: -6...6, using: &random)
      switch Int.random(in: 0...2, using: &random) {
      case 0: output.insert([10, 32, 13].randomElement(using: &random) ?? 32, at: at)
      case 1: output[at] = [10, 32, 97].randomElement(using: &random) ?? 32
      default: break
      }
      let got = Self.accepts(rule, output, answer, chunk: 1 << 20)
      #expect(got == Self.model(rule, output, answer), "seed \(seed) at \(at)")
      if got { accepted += 1 }
    }
    #expect((1..<60).contains(accepted))
  }
}
