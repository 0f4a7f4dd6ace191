import Foundation
import Testing

/// Stands on 127.0.0.2 between a worker and its scheduler, keeps what the worker says, and can say
/// something in its name.
// Unchecked: everything that changes is behind the lock.
final class Tap: @unchecked Sendable {
  static let host = "127.0.0.2"

  private final class Flow {
    let port: UInt16
    let inner: Int32
    let outer: Int32
    /// From the worker, and not yet a whole frame.
    var rest: [UInt8] = []
    var said: [UInt8] = []
    init(port: UInt16, inner: Int32, outer: Int32) {
      self.port = port
      self.inner = inner
      self.outer = outer
    }
  }

  private let lock = NSLock()
  private var flows: [Flow] = []
  private var ended: [UInt16: [[UInt8]]] = [:]
  private var isOver = false
  private let listeners: [Listener]
  private let finished = DispatchSemaphore(value: 0)

  init(ports: [UInt16]) throws {
    listeners = try ports.map { try Listener(port: $0, host: Tap.host) }
    Thread { self.run() }.start()
  }

  func stop() {
    lock.withLock { isOver = true }
    finished.wait()
  }

  /// All that was said to a port, by connection, the oldest first.
  func streams(to port: UInt16) -> [[UInt8]] {
    lock.withLock { (ended[port] ?? []) + flows.filter { $0.port == port }.map(\.said) }
  }

  /// Says something on the newest connection to a port, between two messages of its owner.
  func inject(_ bytes: [UInt8], to port: UInt16) {
    lock.withLock {
      if let flow = flows.last(where: { $0.port == port }) { sendAll(bytes, to: flow.inner) }
    }
  }

  private func run() {
    defer { finished.signal() }
    while !lock.withLock({ isOver }) {
      let current = lock.withLock { flows }
      var polls = listeners.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
      for flow in current {
        polls.append(pollfd(fd: flow.outer, events: Int16(POLLIN), revents: 0))
        polls.append(pollfd(fd: flow.inner, events: Int16(POLLIN), revents: 0))
      }
      guard poll(&polls, nfds_t(polls.count), 20) > 0 else { continue }
      for (index, listener) in listeners.enumerated() where polls[index].revents != 0 {
        accept(listener)
      }
      for (index, flow) in current.enumerated() {
        let place = listeners.count + 2 * index
        let isOpen = (0...1).allSatisfy {
          polls[place + $0].revents == 0 || carry(flow, outwards: $0 == 1)
        }
        if !isOpen { close(flow) }
      }
    }
    for flow in lock.withLock({ flows }) { close(flow) }
  }

  private func accept(_ listener: Listener) {
    let outer = Glibc.accept(listener.descriptor, nil, nil)
    guard outer >= 0 else { return }
    guard let inner = try? connectedSocket(port: listener.port) else {
      Glibc.close(outer)
      return
    }
    lock.withLock { flows.append(Flow(port: listener.port, inner: inner, outer: outer)) }
  }

  /// - Returns: false at the end of the connection.
  private func carry(_ flow: Flow, outwards: Bool) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(outwards ? flow.inner : flow.outer, &buffer, buffer.count, 0)
    guard count > 0 else { return false }
    if outwards { return sendAll(Array(buffer[..<count]), to: flow.outer) }
    return lock.withLock {
      flow.rest += buffer[..<count]
      let whole = ZMTP.readyBytes(of: flow.rest, before: flow.said.count)
      let bytes = Array(flow.rest[..<whole])
      flow.rest.removeFirst(whole)
      flow.said += bytes
      return sendAll(bytes, to: flow.inner)
    }
  }

  private func close(_ flow: Flow) {
    lock.withLock {
      flows.removeAll { $0 === flow }
      ended[flow.port, default: []].append(flow.said)
    }
    Glibc.close(flow.inner)
    Glibc.close(flow.outer)
  }
}
