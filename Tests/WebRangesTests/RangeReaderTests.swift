import Synchronization
import Testing
import WebRanges
import WebServers

@Suite struct RangeReaderTests {
  static let file = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
  /// Looked at once a second, so that a server that stalls costs a test about that.
  static let impatient = WebLimits(stall: 300_000_000, stallBytes: 1)

  private func read(_ url: String, _ range: WebRange) throws(WebError) -> ([UInt8], WebAnswer) {
    let reader = try RangeReader(Self.impatient)
    var bytes: [UInt8] = []
    let answer = try reader.read(url, range) {
      bytes += $0
      return true
    }
    return (bytes, answer)
  }

  @Test func rangesAndEndsCome() throws {
    let server = try WebServer(Self.file)
    defer { server.stop() }
    let reader = try RangeReader()
    for range in [0..<1, 5..<299_999, 299_999..<300_000] as [Range<Int64>] {
      var bytes: [UInt8] = []
      let answer = try reader.read(server.url, .bytes(range)) {
        bytes += $0
        return true
      }
      #expect(answer.range == range && answer.fileBytes == 300_000)
      #expect(answer.latency >= 0 && answer.duration >= 0)
      #expect(bytes == Array(Self.file[Int(range.lowerBound)..<Int(range.upperBound)]))
    }
    let (end, answer) = try read(server.url, .last(7))
    #expect(end == Array(Self.file.suffix(7)) && answer.range == 299_993..<300_000)
    #expect(try read(server.url, .last(400_000)).0 == Self.file, "of a file that is shorter, all")
    #expect(server.asked.map(\.range).suffix(2) == ["-7", "-400000"])
  }

  static let wrong: [(WebServer.Behaviour, WebError)] = [
    (.ignoresRanges, .noRanges), (.status(404), .status(404)), (.status(500), .status(500)),
    (.status(403), .status(403)), (.stalls(after: 100), .stalled), (.stalls(after: 0), .stalled),
    (.cutsOff(after: 100), .cutOff(received: 100)), (.cutsOff(after: 0), .cutOff(received: 0)),
    (.redirects(to: "file:///etc/passwd"), other), (.redirects(to: "ftp://127.0.0.1/x"), other),
    (.redirects(to: "gopher://127.0.0.1/x"), other), (.redirects(to: "/again"), tooOften),
    (.redirects(to: "http://user:word@127.0.0.1/"), withUser),
    (.sendsAnotherRange, anotherRange), (.shortens(by: 5), anotherRange),
    (.says("HTTP/1.1 206 P\r\nContent-Length: 5\r\n\r\nhello"), noRange),
    (.says("HTTP/1.1 206 P\r\nContent-Range: bytes 10-20009/*\r\n\r\n"), noRange),
    (.says("HTTP/1.1 206 P\r\nContent-Range: bytes 10-99999999999999999999/7\r\n\r\nx"), noRange),
    (
      .says(
        "HTTP/1.1 206 P\r\nContent-Range: bytes 10-20009/300000\r\n"
          + "Content-Encoding: gzip\r\n\r\nx"), encoded
    ),
    (.says("HTTP/1.1 206 P\r\n" + String(repeating: "X: y\r\n", count: 20_000)), longHead),
    (.says(""), .cutOff(received: 0)), (.says("220 welcome to mail\r\n"), notHTTP),
  ]
  static let other = WebError.wrongAnswer("it redirects to something other than http or https")
  static let tooOften = WebError.wrongAnswer("it redirects more than 5 times")
  static let withUser = WebError.wrongAnswer("it redirects to an address with a user in it")
  static let anotherRange = WebError.wrongAnswer("it sends another range than was asked for")
  static let noRange = WebError.wrongAnswer(
    "it does not say which range of how long a file it sends")
  static let encoded = WebError.wrongAnswer(
    "it sends the file in another encoding than it was stored in")
  static let longHead = WebError.wrongAnswer("its header has more than 65536 bytes")
  static let notHTTP = WebError.wrongAnswer("it does not answer in HTTP")

  @Test(arguments: wrong.indices) func whatIsWrongIsSaid(_ index: Int) throws {
    let (behaviour, expected) = Self.wrong[index]
    let server = try WebServer(Self.file, behaviour)
    defer { server.stop() }
    let error = #expect(throws: WebError.self) { try read(server.url, .bytes(10..<20_010)) }
    #expect(error == expected)
  }

  @Test func whatNeverEndsIsEnded() throws {
    let server = try WebServer(Self.file, .neverEnds)
    defer { server.stop() }
    let reader = try RangeReader()
    let count = Mutex(0)
    let error = #expect(throws: WebError.self) {
      try reader.read(server.url, .bytes(0..<1000)) { bytes in
        count.withLock { $0 += bytes.count }
        return true
      }
    }
    #expect(error == .wrongAnswer("it sends more bytes than were asked for"))
    #expect(count.withLock { $0 } <= 1000, "none of what is too much is handed over")
  }

  @Test func nobodyIsUnreachable() throws {
    let url = try nobodysURL()
    let error = #expect(throws: WebError.self) { try read(url, .last(5)) }
    guard case .unreachable? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.isOfServer == true)
  }

  @Test func whoeverTakesMayHaveEnough() throws {
    let server = try WebServer(Self.file)
    defer { server.stop() }
    let reader = try RangeReader()
    #expect(throws: WebError.cancelled) {
      try reader.read(server.url, .bytes(0..<300_000)) { _ in false }
    }
    server.behave(.stalls(after: 10))
    #expect(throws: WebError.cancelled, "while nothing comes") {
      try reader.read(
        server.url, .bytes(0..<300_000), isCancelled: { server.asked.count > 1 },
        take: { _ in true })
    }
    server.behave(.honest)
    let answer = try reader.read(server.url, .bytes(3..<9)) { _ in true }
    #expect(answer.range == 3..<9, "and the reader can be used again")
  }

  @Test func redirectsAreFollowed() throws {
    let server = try WebServer(Self.file)
    defer { server.stop() }
    let first = try WebServer([], .redirects(to: server.url))
    defer { first.stop() }
    #expect(try read(first.url, .bytes(7..<70)).0 == Array(Self.file[7..<70]))
    #expect(server.asked.map(\.range) == ["7-69"])
  }
}
