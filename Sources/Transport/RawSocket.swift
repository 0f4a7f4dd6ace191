internal import CZeroMQ
internal import Glibc

/// A socket for libzmq's own protocols (monitor events, authentication), which use several frames.
final class RawSocket {
  private(set) var raw: UnsafeMutableRawPointer?
  private let context: ZMQContext

  init(_ context: ZMQContext, _ type: Int32) throws(TransportError) {
    guard let raw = zmq_socket(context.raw, type) else { throw .last("make a socket") }
    self.raw = raw
    self.context = context
    var linger: Int32 = 0
    zmq_setsockopt(raw, ZMQ_LINGER, &linger, MemoryLayout<Int32>.size)
  }

  deinit { close() }

  func close() {
    if let raw { zmq_close(raw) }
    raw = nil
  }

  func bind(_ endpoint: String) throws(TransportError) {
    guard zmq_bind(raw, endpoint) == 0 else { throw .last("bind", endpoint: endpoint) }
  }

  func connect(_ endpoint: String) throws(TransportError) {
    guard zmq_connect(raw, endpoint) == 0 else { throw .last("connect to", endpoint: endpoint) }
  }

  func unlimitQueues() {
    var unlimited: Int32 = 0
    zmq_setsockopt(raw, ZMQ_RCVHWM, &unlimited, MemoryLayout<Int32>.size)
    zmq_setsockopt(raw, ZMQ_SNDHWM, &unlimited, MemoryLayout<Int32>.size)
  }

  /// The next message, of which frames beyond `limit` are dropped; nil when none is there or the
  /// context is shut down.
  func receive(limit: Int) -> [[UInt8]]? {
    guard let raw else { return nil }
    var frames: [[UInt8]] = []
    let frame = Frame()
    repeat {
      guard retrying({ zmq_msg_recv(frame.message, raw, ZMQ_DONTWAIT) }) >= 0 else {
        return frames.isEmpty ? nil : frames
      }
      if frames.count < limit { frame.withUnsafeBytes { frames.append(Array($0)) } }
    } while zmq_msg_more(frame.message) != 0
    return frames
  }

  /// - Returns: false when the message cannot be queued.
  @discardableResult
  func send(_ frames: [[UInt8]]) -> Bool {
    guard let raw else { return false }
    for (index, frame) in frames.enumerated() {
      let flags = ZMQ_DONTWAIT | (index + 1 < frames.count ? ZMQ_SNDMORE : 0)
      guard retrying({ zmq_send(raw, frame, frame.count, flags) }) >= 0 else { return false }
    }
    return true
  }
}
