import Foundation
import Testing

@testable import Bench

@Suite struct EmulatedLinkTests {
  /// Both directions, byte for byte and counted, and the end of a connection reaches the other side.
  @Test func relaysAndCounts() throws {
    let (listener, port) = try listen()
    defer { close(listener) }
    let link = try EmulatedLink(
      address: "127.0.0.3", target: "127.0.0.1", ports: [port], bytesPerSecond: 50_000_000)
    defer { link.stop() }
    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(client) }
    try #require(EmulatedLink.withAddress("127.0.0.3", port) { connect(client, $0, $1) } == 0)
    let server = accept(listener, nil, nil)
    try #require(server >= 0)
    let question = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    #expect(write(client, question, 10) == 10)
    #expect(try readAll(server, 10) == Array(question[..<10]))
    let writing = Thread {
      _ = question.withUnsafeBytes { write(server, $0.baseAddress, $0.count) }
    }
    writing.start()
    #expect(try readAll(client, question.count) == question)
    close(server)
    var byte: UInt8 = 0
    #expect(read(client, &byte, 1) == 0)
    while link.bytesFromTarget < question.count { usleep(1_000) }
    #expect(link.bytesFromTarget == question.count)
  }

  private func listen() throws -> (Int32, UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(EmulatedLink.withAddress("127.0.0.1", 0) { bind(descriptor, $0, $1) } == 0)
    try #require(Foundation.listen(descriptor, 4) == 0)
    var name = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    try #require(result == 0)
    return (descriptor, UInt16(bigEndian: name.sin_port))
  }

  private func readAll(_ descriptor: Int32, _ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = bytes.withUnsafeMutableBytes {
        read(descriptor, $0.baseAddress.map { $0 + done }, count - done)
      }
      try #require(got > 0)
      done += got
    }
    return bytes
  }
}
