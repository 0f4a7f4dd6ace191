import Fuzzing
import JudgeModel
import Testing

@testable import Grading

/// What submissions and validators print is read, whatever it is.
@Suite struct FuzzTests {
  @Test func outputsAreCompared() throws {
    let corpus = ["1 2\n3.5 -4e-7\n", "Case #1: yes\n", "1e400 0x10 nan inf\n", "0.0000001\n"]
      .map { Array($0.utf8) }
    let flags = [[], ["float_tolerance", "1e-6"], ["case_sensitive", "space_change_sensitive"]]
    let comparers = try flags.map { try TokenComparer(TokenComparison(arguments: $0)) }
    let report = Fuzz("output", corpus: corpus, words: [" ", "\n", "e", ".", "-", "1e999"])
      .run(2_000) { bytes in
        var isAccepted = false
        for (comparer, answer) in zip(comparers, corpus) {
          let results = [Int.max, 1].map { chunk in
            var output = MemorySource(bytes, chunk: chunk)
            var expected = MemorySource(answer)
            return comparer.compare(output: &output, answer: &expected)
          }
          guard results[0] == results[1] else { throw Fault("in pieces it is \(results[1])") }
          isAccepted = isAccepted || results[0] == .accepted
        }
        if !isAccepted { throw Refusal() }
      }
    #expect(report.faults == [])
    #expect(report.sawBothSides, "\(report.accepted) accepted, \(report.rejected) rejected")
  }

  @Test func wordsOfValidatorsAreRead() {
    let corpus = ["partial 3/10", "points 0.5 well", "7", "1.0\n", "ok\n100\n50\n", "0.75\nfine"]
      .map { Array($0.utf8) }
    let protocols: [ValidatorProtocol] = [.ppf, .testlib, .dmoj, .coci, .peg, .cms]
    let report = Fuzz("validator", corpus: corpus, words: ["/", "points", "partial", "-", "\n"])
      .run(2_000) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        var isTaken = false
        for kind in protocols {
          for exitCode in [0, 1, 2, 7, 42, 43] as [Int32] {
            let answer = ValidatorAnswer(
              protocol: kind, exitCode: exitCode, output: text, errors: text)
            switch answer.outcome {
            case .points(let points): isTaken = isTaken || Score(points) != nil
            case .fraction(let part):
              guard let score = Score(part), score >= .zero,
                score <= Score(billionths: 1_000_000_000)
              else { throw Fault("\(kind) gives \(part) of the points") }
              isTaken = true
            case .accepted, .rejected, .failed: break
            }
          }
        }
        if !isTaken { throw Refusal() }
      }
    #expect(report.faults == [])
    #expect(report.sawBothSides, "\(report.accepted) accepted, \(report.rejected) rejected")
  }
}
