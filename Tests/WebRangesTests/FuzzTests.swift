import Fuzzing
import Testing

@testable import WebRanges

/// Heads of answers that are nearly right.
@Suite struct FuzzTests {
  @Test func heads() {
    let corpus = [
      "HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-99/1234\r\nContent-Length: 100\r\n\r\n",
      "HTTP/1.1 302 Found\r\n\r\nHTTP/2 206\r\nContent-Encoding: identity\r\ncontent-range: bytes 0-99/100",
    ].map { Array($0.utf8) }
    let words = ["HTTP/", "206", "bytes ", "-", "/", "*", ":", "\r\n", "gzip"]
    let report = Fuzz("head", corpus: corpus, words: words).run(3_000) { bytes in
      var head = AnswerHead()
      for line in bytes.split(separator: 10, omittingEmptySubsequences: false) {
        guard Array(line).withUnsafeBytes({ head.take($0, limit: 10_000) }) else { throw Refusal() }
      }
      let place = try head.place(of: .bytes(0..<100))
      guard place.range == 0..<100, place.total >= 100 else { throw Fault("\(place)") }
    }
    #expect(report.faults == [])
    #expect(report.sawBothSides, "\(report.accepted) accepted, \(report.rejected) rejected")
  }
}
