internal import CZeroMQ
internal import Glibc

/// libzmq's I/O threads, shared by all sockets made in it. A process needs one.
///
/// Sockets keep their context alive. When the last of them is closed and the context itself is
/// released, it waits for what still lingers (at most the largest ``SocketOptions/linger``).
public final class ZMQContext: Sendable {
  // A context may be used from any thread (zmq_socket(3)); only its end must come once.
  nonisolated(unsafe) let raw: UnsafeMutableRawPointer
  private let terminated = Lock(false)

  /// - Parameters:
  ///   - ioThreads: three in a scheduler: encryption is done on these threads, so bulk traffic
  ///     gets two of its own by ``SocketOptions/affinity`` and does not delay control messages.
  ///   - maximumSockets: sockets of this process, not connections.
  public init(ioThreads: Int32 = 1, maximumSockets: Int32 = 1023) throws(TransportError) {
    guard let raw = zmq_ctx_new() else { throw .last("make a ZeroMQ context") }
    guard zmq_ctx_set(raw, ZMQ_IO_THREADS, ioThreads) == 0,
      zmq_ctx_set(raw, ZMQ_MAX_SOCKETS, maximumSockets) == 0
    else {
      let failure = TransportError.last("set up \(ioThreads) ZeroMQ I/O threads")
      zmq_ctx_term(raw)
      throw failure
    }
    self.raw = raw
  }

  deinit { terminate() }

  /// Makes every socket of the context fail with `.contextTerminated`; reactors then close those
  /// they hold. Returns at once.
  public func shutdown() {
    let ended = terminated.withLock { ended in ended }
    if !ended { zmq_ctx_shutdown(raw) }
  }

  /// Shuts down and waits until all sockets are closed and have sent what may linger.
  ///
  /// Blocks: not for a reactor's thread (whose sockets it would wait for) nor the task pool.
  public func terminate() {
    let first = terminated.withLock { ended in
      let first = !ended
      ended = true
      return first
    }
    guard first else { return }
    while zmq_ctx_term(raw) != 0 && zmq_errno() == EINTR {}
  }
}
