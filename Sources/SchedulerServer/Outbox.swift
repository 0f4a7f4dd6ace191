internal import DequeModule
internal import Transport

/// Messages that a connection was too slow to take.
///
/// A router never blocks: when the queue to a peer is full, the message would be lost. What a client
/// waits for is kept here and tried again; whoever stays behind by more than `byteLimit` is given up,
/// so that one sleeping laptop cannot fill the scheduler's memory.
struct Outbox {
  /// Bytes kept for one peer at most.
  var byteLimit = 64 << 20
  /// Nanoseconds until the next try when nothing else makes a turn: doubled while nothing gets out, so
  /// that a peer that sleeps does not keep the scheduler awake.
  private static let pauses: ClosedRange<Int64> = 1_000_000...32_000_000

  private var queues: [RoutingID: Deque<[UInt8]>] = [:]
  private var bytes: [RoutingID: Int] = [:]
  private var pause = pauses.lowerBound

  var isEmpty: Bool { queues.isEmpty }
  var peers: [RoutingID] { Array(queues.keys) }
  func isWaiting(_ peer: RoutingID) -> Bool { queues[peer] != nil }
  func first(for peer: RoutingID) -> [UInt8]? { queues[peer]?.first }
  /// Bytes kept for everybody.
  var byteCount: Int { bytes.values.reduce(0, +) }

  /// How long to sleep before the next try, nanoseconds.
  mutating func nextPause() -> Int64 {
    defer { pause = min(2 * pause, Self.pauses.upperBound) }
    return pause
  }

  /// False when the peer is too far behind.
  mutating func append(_ message: [UInt8], for peer: RoutingID) -> Bool {
    let total = bytes[peer, default: 0] + message.count
    guard total <= byteLimit else { return false }
    bytes[peer] = total
    queues[peer, default: []].append(message)
    return true
  }

  mutating func sentFirst(for peer: RoutingID) {
    pause = Self.pauses.lowerBound
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
