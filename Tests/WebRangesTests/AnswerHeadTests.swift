import Testing

@testable import WebRanges

@Suite struct AnswerHeadTests {
  @Test func contentRangesAreRead() {
    #expect(ContentRange("bytes 0-99/1234") == ContentRange("BYTES 0-99/1234"))
    #expect(ContentRange("bytes 5-5/6")?.range == 5..<6)
    #expect(ContentRange("bytes 5-5/6")?.total == 6)
    let wrong = [
      "", "bytes", "bytes 0-99", "bytes 0-99/*", "bytes */100", "bytes 5-4/9", "bytes 0-9/9",
      "bytes -1-5/9", "bytes +0-5/9", "lines 0-5/9", "bytes 0-5/9/9", "bytes 0-5-7/9",
      "bytes 0-9223372036854775807/9223372036854775807", "bytes 0-5/99999999999999999999",
    ]
    for text in wrong { #expect(ContentRange(text) == nil, "\(text)") }
  }

  private func head(_ lines: String...) -> AnswerHead {
    var head = AnswerHead()
    for line in lines {
      let isTaken = Array((line + "\r\n").utf8).withUnsafeBytes { head.take($0, limit: 1000) }
      #expect(isTaken)
    }
    return head
  }

  @Test func theLastAnswerCounts() throws {
    let head = head(
      "HTTP/1.1 302 Found", "Content-Range: bytes 7-8/9", "Content-Encoding: gzip", "",
      "HTTP/2 206 ", "content-RANGE:\tbytes 0-1/9 ")
    #expect(head.status == 206)
    #expect(try head.place(of: .bytes(0..<2)).total == 9)
  }

  @Test func nonsenseIsNotTrusted() {
    #expect(head("HTTP/1.1").status == 0)
    #expect(head("HTTP/1.1 -206 x").status == -206)
    #expect(head("HTTP/1.1 2o6").status == 0)
    #expect(throws: WebError.status(-206)) {
      try head("HTTP/1.1 -206 x").place(of: .last(1))
    }
    let end = head("HTTP/1.1 206 P", "Content-Range: bytes 5-8/9")
    #expect(throws: Never.self) { try end.place(of: .last(4)) }
    #expect(throws: WebError.self) { try end.place(of: .last(5)) }
    var long = AnswerHead()
    let line = [UInt8](repeating: 65, count: 600)
    #expect(line.withUnsafeBytes { long.take($0, limit: 1000) })
    #expect(!line.withUnsafeBytes { long.take($0, limit: 1000) })
  }
}
