internal import Messages

/// Asks for ranges of an archive in pieces, a few at a time.
///
/// Pieces come in order on one connection, so what is there is always the beginning of what was asked
/// for, and a broken connection costs only what was on its way.
struct PieceWindow: Sendable {
  /// Ascending, none empty.
  private let ranges: [Range<Int64>]
  /// Bytes of all ranges.
  let byteCount: Int64
  private var asked: Position
  private var received: Position
  /// Of the pieces that are on their way.
  private var lengths: [Int32] = []

  private struct Position: Hashable {
    var range = 0
    /// In that range.
    var offset: Int64 = 0
    /// Bytes before it.
    var done: Int64 = 0
  }

  init(_ ranges: [Range<Int64>]) {
    self.ranges = ranges.filter { !$0.isEmpty }
    byteCount = self.ranges.reduce(0) { $0 + Int64($1.count) }
    asked = Position()
    received = Position()
  }

  var receivedBytes: Int64 { received.done }
  var isComplete: Bool { received.done == byteCount }

  /// The next piece to ask for, as long as fewer than `BulkLimits.window` are on their way.
  mutating func next() -> (offset: Int64, length: Int32)? {
    guard lengths.count < BulkLimits.window, asked.range < ranges.count else { return nil }
    let range = ranges[asked.range]
    let offset = range.lowerBound + asked.offset
    let length = Int32(min(Int64(BulkLimits.pieceBytes), range.upperBound - offset))
    lengths.append(length)
    advance(&asked, length)
    return (offset, length)
  }

  /// Takes a piece: where it goes among all bytes of the ranges. Nil for a piece that is not the next
  /// one, which answers a request that was repeated since, or nothing that was asked for.
  mutating func take(_ offset: Int64, count: Int) throws -> Int64? {
    guard let length = lengths.first, received.range < ranges.count,
      offset == ranges[received.range].lowerBound + received.offset
    else { return nil }
    guard count == Int(length) else {
      throw ServerError(
        "the piece at \(offset) has \(count) bytes, \(length) were asked for: was the archive "
          + "changed meanwhile?")
    }
    lengths.removeFirst()
    defer { advance(&received, length) }
    return received.done
  }

  /// What is on its way is lost: it is asked for again.
  mutating func restart() {
    lengths = []
    asked = received
  }

  private func advance(_ position: inout Position, _ length: Int32) {
    position.offset += Int64(length)
    position.done += Int64(length)
    if position.offset == Int64(ranges[position.range].count) {
      position.range += 1
      position.offset = 0
    }
  }
}
