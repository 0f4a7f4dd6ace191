import Foundation
import Testing

/// A TCP socket that listens on the loopback interface.
final class Listener {
  let port: UInt16
  let descriptor: Int32

  /// - Parameter port: 0 for a free one.
  init(port: UInt16, host: String = "127.0.0.1") throws {
    let descriptor = socket(
      AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    self.descriptor = descriptor
    var address = internet(host, port)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 4) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    self.port = UInt16(bigEndian: address.sin_port)
    try #require(result, "cannot listen: \(String(cString: strerror(errno)))")
  }

  deinit { close(descriptor) }
}

private func internet(_ host: String, _ port: UInt16) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = inet_addr(host)
  return address
}

/// A new connection to a port of this machine. Sending to somebody who does not read ends after a while.
func connectedSocket(port: UInt16) throws -> Int32 {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  try #require(descriptor >= 0)
  var address = internet("127.0.0.1", port)
  let result = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  if result != 0 { close(descriptor) }
  try #require(result == 0, "cannot connect to port \(port)")
  var patience = timeval(tv_sec: 10, tv_usec: 0)
  setsockopt(
    descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  return descriptor
}

/// - Returns: whether the other side took all of it. It may close at any time; that is its right.
@discardableResult
func sendAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  bytes.withUnsafeBytes { buffer in
    var sent = 0
    while sent < buffer.count {
      let count = send(
        descriptor, buffer.baseAddress?.advanced(by: sent), buffer.count - sent,
        Int32(MSG_NOSIGNAL))
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }
}

/// A TCP connection for whatever bytes a test wants to send.
final class RawConnection {
  private let descriptor: Int32

  init(port: UInt16) throws { descriptor = try connectedSocket(port: port) }

  deinit { close(descriptor) }

  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool { sendAll(bytes, to: descriptor) }

  /// Says a stream of ZMTP as libzmq takes it: greeting, handshake and the rest each after the other
  /// side has done the same. It hangs up on whoever says more at once.
  func speak(_ stream: [UInt8]) {
    let greeting = stream.prefix(ZMTP.greetingBytes)
    let handshake = ZMTP.firstFrame(of: stream)
    send(Array(greeting))
    guard greeting.count == ZMTP.greetingBytes, receive(ZMTP.greetingBytes) != nil else { return }
    send(Array(stream[handshake]))
    guard let header = receive(2), receive(Int(header[1])) != nil else { return }
    send(Array(stream[handshake.upperBound...]))
  }

  /// Exactly so many bytes; nil when the other side hung up before.
  private func receive(_ count: Int) -> [UInt8]? {
    waitAtMost10Seconds()
    var bytes = [UInt8](repeating: 0, count: count)
    return recv(descriptor, &bytes, count, Int32(MSG_WAITALL)) == count ? bytes : nil
  }

  private func waitAtMost10Seconds() {
    var patience = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  /// Says no more, and waits until the other side has read everything and hung up: closing at once would
  /// take back what it has not read yet.
  func finish() {
    shutdown(descriptor, Int32(SHUT_WR))
    waitAtMost10Seconds()
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while recv(descriptor, &buffer, buffer.count, 0) > 0 {}
  }
}
