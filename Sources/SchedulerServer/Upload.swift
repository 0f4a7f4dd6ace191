internal import Messages
internal import Transport

/// One archive on its way in: which bytes were asked for, and which are there.
final class Upload {
  let size: Int64
  let file: ArchiveFile
  private(set) var peer: RoutingID
  private(set) var lastHeard = Reactor.now()
  private var asked: Int64 = 0
  private var received: Int64 = 0
  private var outstanding: [Int64: Int32] = [:]

  init(size: Int64, file: ArchiveFile, from peer: RoutingID) {
    self.peer = peer
    self.size = size
    self.file = file
  }

  var isComplete: Bool { received == size }

  /// Pieces come in order on one connection, so what was received is a prefix.
  func restart(from peer: RoutingID) {
    self.peer = peer
    lastHeard = Reactor.now()
    outstanding = [:]
    asked = received
  }

  /// The next piece to ask for, as long as fewer than `window` are on their way.
  func nextRequest(window: Int) -> (offset: Int64, length: Int32)? {
    guard outstanding.count < window, asked < size else { return nil }
    let length = Int32(min(Int64(BulkLimits.pieceBytes), size - asked))
    let offset = asked
    outstanding[offset] = length
    asked += Int64(length)
    return (offset, length)
  }

  /// Pieces that are not the next one answer a request that was repeated since.
  func take(_ offset: Int64, _ bytes: [UInt8]) throws {
    guard let length = outstanding[offset], offset == received else { return }
    guard bytes.count == Int(length) else {
      throw ServerError(
        "the piece at \(offset) has \(bytes.count) bytes, \(length) were asked for: was the archive "
          + "changed meanwhile?")
    }
    outstanding[offset] = nil
    try file.write(bytes, at: offset)
    received += Int64(length)
    lastHeard = Reactor.now()
  }

  func discard() { file.remove() }
}
