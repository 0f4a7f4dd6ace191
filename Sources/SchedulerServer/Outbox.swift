internal import DequeModule
internal import Transport

/// Messages that a connection was too slow to take.
///
/// A router never blocks: when the queue to a peer is full, the message would be lost. What a client
/// watches is kept here and tried again; whoever stays behind by more than `byteLimit` is dropped, so
/// that one sleeping laptop cannot fill the scheduler's memory.
struct Outbox {
  static let byteLimit = 64 << 20
  private var queues: [RoutingID: Deque<[UInt8]>] = [:]
  private var bytes: [RoutingID: Int] = [:]

  var isEmpty: Bool { queues.isEmpty }
  var peers: [RoutingID] { Array(queues.keys) }
  func isWaiting(_ peer: RoutingID) -> Bool { queues[peer] != nil }
  func first(for peer: RoutingID) -> [UInt8]? { queues[peer]?.first }

  /// False when the peer is too far behind.
  mutating func append(_ message: [UInt8], for peer: RoutingID) -> Bool {
    let total = bytes[peer, default: 0] + message.count
    guard total <= Self.byteLimit else { return false }
    bytes[peer] = total
    queues[peer, default: []].append(message)
    return true
  }

  mutating func removeFirst(for peer: RoutingID) {
    guard var queue = queues.removeValue(forKey: peer), let first = queue.popFirst() else { return }
    if queue.isEmpty {
      bytes[peer] = nil
    } else {
      bytes[peer, default: 0] -= first.count
      queues[peer] = queue
    }
  }

  mutating func remove(_ peer: RoutingID) {
    queues[peer] = nil
    bytes[peer] = nil
  }
}
