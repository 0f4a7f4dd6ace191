import Fuzzing
import Testing

@testable import Messages

/// Join lines that were copied badly.
@Suite struct FuzzTests {
  @Test func joinLines() {
    let corpus = [
      JoinLine(
        host: "judge.example.org", port: 7878, serverKey: String(repeating: "0a", count: 32),
        token: "secret"),
      JoinLine(host: "::1", port: 1, serverKey: nil, token: "t"),
    ].map { Array($0.text.utf8) }
    let words = ["assize://", "assize+plain://", "/", ":", "[", "]", "@", " ", "%"]
    let report = Fuzz("join-line", corpus: corpus, words: words).run(4_000) { bytes in
      let line = try JoinLine(parsing: String(decoding: bytes, as: UTF8.self))
      try Fuzz.expectStable(line, encode: { Array($0.text.utf8) }) {
        try JoinLine(parsing: String(decoding: $0, as: UTF8.self))
      }
    }
    #expect(report.faults == [])
    #expect(report.sawBothSides, "\(report.accepted) accepted, \(report.rejected) rejected")
  }
}
