import Foundation
import Testing
import WebRanges
import WebServers

@Suite(.enabled(if: Nginx.isInstalled, "\(Nginx.reason)")) struct NginxTests {
  /// Runs `body` with a directory that goes away.
  private func inScratch(_ body: (String) throws -> Void) throws {
    var template = Array("/tmp/assize-web-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let directory = String(
      decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try Data(RangeReaderTests.file).write(to: URL(fileURLWithPath: directory + "/source"))
    try body(directory)
  }

  @Test(.enabled(if: access("/usr/bin/openssl", X_OK) == 0, "needs openssl"))
  func certificatesAreChecked() throws {
    try inScratch { directory in
      let nginx = try Nginx(in: directory + "/web", hasOwnCertificate: true)
      let url = try nginx.serve(directory + "/source", as: "p.tar.zst")
      #expect(url.hasPrefix("https://"))
      let reader = try RangeReader()
      let error = #expect(throws: WebError.self) { try reader.read(url, .last(1)) { _ in true } }
      guard case .unreachable(let reason)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(reason.contains("certificate"))
      #expect(try nginx.log() == [])
    }
  }

  @Test func rangesOfAFile() throws {
    try inScratch { directory in
      let file = RangeReaderTests.file
      let nginx = try Nginx(in: directory + "/web")
      let url = try nginx.serve(directory + "/source", as: "p.tar.zst")
      let reader = try RangeReader()
      func read(_ url: String, _ range: WebRange) throws(WebError) -> [UInt8] {
        var bytes: [UInt8] = []
        _ = try reader.read(url, range) {
          bytes += $0
          return true
        }
        return bytes
      }
      #expect(try read(url, .last(100)) == Array(file.suffix(100)))
      #expect(try read(url, .bytes(100..<200_000)) == Array(file[100..<200_000]))
      #expect(throws: WebError.status(404)) { try read(url + "x", .last(1)) }
      #expect(throws: WebError.noRanges) {
        try read(url.replacingOccurrences(of: "/p.tar", with: "/whole/p.tar"), .last(1))
      }
      #expect(throws: WebError.status(416)) { try read(url, .bytes(300_000..<300_001)) }
      #expect(try nginx.log().map(\.range).prefix(2) == ["bytes=-100", "bytes=100-199999"])
    }
  }
}
