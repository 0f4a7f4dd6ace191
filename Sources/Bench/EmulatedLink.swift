import Foundation
import Synchronization

/// A slow link between this machine and itself: a relay for TCP that lets so many bytes through in a
/// second and direction, whatever number of connections share them.
///
/// Connections take turns by small portions, as the kernel shares a real link between flows. It listens
/// on another loopback address under the same port numbers, so that whoever is told a port by the other
/// side finds the relay there.
public final class EmulatedLink: Sendable {
  /// Bytes that passed, by direction.
  private let counts = Mutex<(toTarget: Int, fromTarget: Int)>((0, 0))
  private let isStopped = Mutex(false)
  private let bytesPerSecond: Int
  /// Bytes of a turn: what a link would send of one flow at once.
  private static let portion = 8 << 10

  /// - Parameters:
  ///   - address: where to listen, such as `127.0.0.2`; `target` is who is reached.
  ///   - ports: on both.
  ///   - bytesPerSecond: in each direction.
  public init(
    address: String, target: String, ports: [UInt16], bytesPerSecond: Int
  ) throws {
    self.bytesPerSecond = bytesPerSecond
    let listeners = try ports.map { (descriptor: try Self.listen(address, $0), port: $0) }
    Thread.detachNewThread { [self] in
      var relay = Relay(listeners: listeners, target: target, bytesPerSecond: bytesPerSecond)
      while !isStopped.withLock({ $0 }) {
        let (up, down) = relay.turn()
        counts.withLock { $0 = ($0.toTarget + up, $0.fromTarget + down) }
      }
      relay.closeAll()
    }
  }

  deinit { stop() }
  public func stop() { isStopped.withLock { $0 = true } }

  /// Bytes that came from the target so far.
  public var bytesFromTarget: Int { counts.withLock { $0.fromTarget } }

  private static func listen(_ address: String, _ port: UInt16) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    let bound = withAddress(address, port) { bind(descriptor, $0, $1) }
    guard descriptor >= 0, bound == 0, Foundation.listen(descriptor, 64) == 0 else {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      throw BenchError("cannot listen on \(address):\(port): \(reason)")
    }
    return descriptor
  }

  static func withAddress<Result>(
    _ address: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    inet_pton(AF_INET, address, &name.sin_addr)
    return withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}

/// The relay's thread.
private struct Relay {
  /// One direction of one connection.
  struct Flow {
    var source: Int32
    var sink: Int32
    var isToTarget: Bool
    /// Read and not yet written.
    var pending: [UInt8] = []
    var isOver = false
  }

  let listeners: [(descriptor: Int32, port: UInt16)]
  let target: String
  /// Bytes that may pass now, in each direction; at most those of two milliseconds are saved up.
  private var allowance: (toTarget: Int, fromTarget: Int) = (0, 0)
  private var last = ContinuousClock.now
  private var flows: [Flow] = []
  private let bytesPerSecond: Int
  private var buffer = [UInt8](repeating: 0, count: 8 << 10)
  private var firstToServe = 0

  init(listeners: [(descriptor: Int32, port: UInt16)], target: String, bytesPerSecond: Int) {
    self.listeners = listeners
    self.target = target
    self.bytesPerSecond = bytesPerSecond
  }

  /// - Returns: bytes that passed, by direction.
  mutating func turn() -> (Int, Int) {
    wait()
    let now = ContinuousClock.now
    let nanoseconds = last.duration(to: now).nanoseconds
    last = now
    let new = bytesPerSecond / 1_000 * min(nanoseconds, 100_000_000) / 1_000_000
    let most = max(bytesPerSecond / 500, 2 * buffer.count)
    allowance.toTarget = min(allowance.toTarget + new, most)
    allowance.fromTarget = min(allowance.fromTarget + new, most)
    var passed = (0, 0)
    var isBusy = true
    while isBusy {
      isBusy = false
      for step in flows.indices {
        let index = (firstToServe + step) % flows.count
        let count = serve(index)
        guard count > 0 else { continue }
        isBusy = true
        if flows[index].isToTarget { passed.0 += count } else { passed.1 += count }
      }
      if !flows.isEmpty { firstToServe = (firstToServe + 1) % flows.count }
    }
    dropEnded()
    return passed
  }

  /// Until somebody dials or a millisecond has passed: the link's own clock.
  private mutating func wait() {
    var polled = listeners.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    guard poll(&polled, nfds_t(polled.count), 1) > 0 else { return }
    for (index, entry) in polled.enumerated() where entry.revents != 0 {
      let client = accept(listeners[index].descriptor, nil, nil)
      guard client >= 0 else { continue }
      _ = fcntl(client, F_SETFD, FD_CLOEXEC)
      let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      let reached = EmulatedLink.withAddress(target, listeners[index].port) {
        connect(server, $0, $1)
      }
      guard reached == 0 else {
        close(client)
        close(server)
        continue
      }
      for descriptor in [client, server] {
        var yes: Int32 = 1
        setsockopt(
          descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
      }
      flows.append(Flow(source: client, sink: server, isToTarget: true))
      flows.append(Flow(source: server, sink: client, isToTarget: false))
    }
  }

  /// One portion of one flow; returns how many bytes went on.
  private mutating func serve(_ index: Int) -> Int {
    let isToTarget = flows[index].isToTarget
    let allowed = isToTarget ? allowance.toTarget : allowance.fromTarget
    guard !flows[index].isOver, allowed > 0 else { return 0 }
    if flows[index].pending.isEmpty {
      let got = read(flows[index].source, &buffer, min(buffer.count, allowed))
      if got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR) {
        flows[index].isOver = true
        shutdown(flows[index].sink, Int32(SHUT_WR))
      }
      guard got > 0 else { return 0 }
      flows[index].pending = Array(buffer[..<got])
    }
    let put = flows[index].pending.withUnsafeBytes {
      send(flows[index].sink, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    guard put > 0 else {
      if errno != EAGAIN && errno != EINTR { flows[index].isOver = true }
      return 0
    }
    flows[index].pending.removeFirst(put)
    if isToTarget { allowance.toTarget -= put } else { allowance.fromTarget -= put }
    return put
  }

  /// A connection goes when both of its directions are over.
  private mutating func dropEnded() {
    var index = 0
    while index + 1 < flows.count {
      if flows[index].isOver, flows[index + 1].isOver {
        close(flows[index].source)
        close(flows[index].sink)
        flows.removeSubrange(index...(index + 1))
      } else {
        index += 2
      }
    }
    if firstToServe >= flows.count { firstToServe = 0 }
  }

  mutating func closeAll() {
    for flow in flows where flow.isToTarget {
      close(flow.source)
      close(flow.sink)
    }
    for listener in listeners { close(listener.descriptor) }
  }
}
