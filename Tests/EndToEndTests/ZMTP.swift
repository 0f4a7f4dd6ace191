/// ZMTP 3.1 by hand, without encryption: what libzmq would never send can be said with it.
enum ZMTP {
  static let greetingBytes = 64

  /// - Parameter mechanism: "NULL", or one that the other side does not speak.
  static func greeting(mechanism: String = "NULL") -> [UInt8] {
    var bytes: [UInt8] = [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 1]
    bytes += Array(mechanism.utf8)
    bytes += [UInt8](repeating: 0, count: greetingBytes - bytes.count)
    return bytes
  }

  /// Greeting and handshake of a dealer.
  static var dealer: [UInt8] {
    greeting() + command([5] + Array("READY".utf8) + property("Socket-Type", "DEALER"))
  }

  private static func property(_ name: String, _ value: String) -> [UInt8] {
    [UInt8(name.utf8.count)] + Array(name.utf8) + [0, 0, 0, UInt8(value.utf8.count)]
      + Array(value.utf8)
  }

  static func command(_ body: [UInt8]) -> [UInt8] { [4, UInt8(body.count)] + body }

  static func frame(_ payload: [UInt8], more: Bool = false) -> [UInt8] {
    header(UInt64(payload.count), more: more) + payload
  }

  /// Of a frame that may be longer than anything there is.
  static func header(_ length: UInt64, more: Bool = false) -> [UInt8] {
    let flags: UInt8 = more ? 1 : 0
    if length < 256 { return [flags, UInt8(length)] }
    return [flags | 2] + withUnsafeBytes(of: length.bigEndian) { Array($0) }
  }

  /// Bytes of the frame that begins at `start`, with its header; nil when it is not there to its end.
  private static func frame(
    in bytes: [UInt8], at start: Int
  ) -> (flags: UInt8, payload: Range<Int>)? {
    guard start + 2 <= bytes.count else { return nil }
    let flags = bytes[start]
    var length = UInt64(bytes[start + 1])
    var begin = start + 2
    if flags & 2 != 0 {
      begin = start + 9
      guard begin <= bytes.count else { return nil }
      length = bytes[(start + 1)..<begin].reduce(0) { $0 << 8 | UInt64($1) }
    }
    guard length <= UInt64(bytes.count - begin) else { return nil }
    return (flags, begin..<(begin + Int(length)))
  }

  /// Where in a stream the frame after the greeting is, as far as it goes.
  static func firstFrame(of stream: [UInt8]) -> Range<Int> {
    let start = min(greetingBytes, stream.count)
    return start..<(frame(in: stream, at: start)?.payload.upperBound ?? stream.count)
  }

  /// How many bytes of a stream can be handed on behind `before` of it: a greeting as it comes, since
  /// both sides wait for parts of the other's, and then whole frames.
  static func readyBytes(of stream: [UInt8], before: Int) -> Int {
    var end = max(0, greetingBytes - before)
    guard stream.count >= end else { return stream.count }
    while let found = frame(in: stream, at: end) { end = found.payload.upperBound }
    return end
  }

  /// The messages of a stream, without greeting, commands and probes.
  static func messages(of stream: [UInt8]) -> [[UInt8]] {
    var found: [[UInt8]] = []
    var end = greetingBytes
    while let (flags, payload) = frame(in: stream, at: end) {
      if flags & 4 == 0, !payload.isEmpty { found.append(Array(stream[payload])) }
      end = payload.upperBound
    }
    return found
  }
}
