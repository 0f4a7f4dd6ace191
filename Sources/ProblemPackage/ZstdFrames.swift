/// Follows the frames of a zstd stream on its way to the decompressor, without decompressing.
///
/// A frame says in its header how much of its past the decompressor has to keep. libzstd believes
/// anything up to 128 MiB, so that a few bytes make every reader of them allocate that much; what
/// packs packages needs half a mebibyte.
struct ZstdFrames {
  /// Bytes; what `zstd -19` asks for. Level 20 and above want more and are not accepted.
  static let windowLimit: UInt64 = 8 << 20

  private enum State {
    /// A frame's or a skippable frame's first four bytes.
    case magic
    case skippableSize
    case descriptor
    /// The rest of a frame's header; its length follows from the descriptor.
    case header(descriptor: UInt8, count: Int)
    case block(hasChecksum: Bool)
    /// Contents of a block, or of a skippable frame.
    case contents(left: UInt64, then: After)
  }
  private enum After {
    case magic
    case block(hasChecksum: Bool)
    case checksum
  }
  private var state = State.magic
  /// The header that is being collected: its first eight bytes as a number, and how many came.
  private var pending: UInt64 = 0
  private var pendingCount = 0
  private var frames = 0
  private var position = 0
  /// Bytes up to the end of the first frame, once it is there.
  private(set) var firstFrameEnd: Int?

  /// Whether the stream may end here.
  var isBetweenFrames: Bool {
    if case .magic = state { pendingCount == 0 } else { false }
  }

  /// The next bytes of the stream, in any pieces.
  mutating func follow(_ bytes: UnsafeRawBufferPointer) throws(PackageError) {
    var at = 0
    while at < bytes.count {
      if case .contents(let left, let then) = state {
        let count = min(UInt64(bytes.count - at), left)
        at += Int(count)
        if left == count { enter(then) } else { state = .contents(left: left - count, then: then) }
        noticeFirstFrame(at)
        continue
      }
      if pendingCount < 8 { pending |= UInt64(bytes[at]) << UInt64(8 * pendingCount) }
      pendingCount += 1
      at += 1
      guard pendingCount == needed else { continue }
      let header = pending
      (pending, pendingCount) = (0, 0)
      try read(header)
      noticeFirstFrame(at)
    }
    position += bytes.count
  }

  private mutating func noticeFirstFrame(_ at: Int) {
    if firstFrameEnd == nil, frames == 1, isBetweenFrames { firstFrameEnd = position + at }
  }

  /// Bytes of the header that is being collected.
  private var needed: Int {
    switch state {
    case .magic, .skippableSize: 4
    case .descriptor, .contents: 1
    case .header(_, let count): count
    case .block: 3
    }
  }

  private mutating func read(_ header: UInt64) throws(PackageError) {
    switch state {
    case .magic:
      if header == 0xFD2F_B528 {
        state = .descriptor
        frames += 1
      } else if header & 0xFFFF_FFF0 == 0x184D_2A50 {
        state = .skippableSize
      } else {
        throw .refused(
          frames == 0 ? "no zstd stream" : "something that is not zstd follows \(frames) frames")
      }
    case .skippableSize: contents(header, then: .magic)
    case .descriptor: try begin(UInt8(truncatingIfNeeded: header))
    case .header(let descriptor, _):
      try check(descriptor, header)
      state = .block(hasChecksum: descriptor & 4 != 0)
    case .block(let hasChecksum): try block(header, hasChecksum)
    case .contents: break
    }
  }

  private mutating func begin(_ descriptor: UInt8) throws(PackageError) {
    guard descriptor & 0x08 == 0 else {
      throw .refused("frame \(frames) uses a part of the zstd format that is reserved")
    }
    guard descriptor & 3 == 0 else { throw .refused("frame \(frames) wants a dictionary") }
    let windowBytes = descriptor & 0x20 == 0 ? 1 : 0
    state = .header(descriptor: descriptor, count: windowBytes + Self.sizeBytes(descriptor))
  }

  private static func sizeBytes(_ descriptor: UInt8) -> Int {
    switch descriptor >> 6 {
    case 0: descriptor & 0x20 == 0 ? 0 : 1
    case 1: 2
    case 2: 4
    default: 8
    }
  }

  private func check(_ descriptor: UInt8, _ header: UInt64) throws(PackageError) {
    var window: UInt64
    if descriptor & 0x20 == 0 {
      let base = UInt64(1) << (10 + (header & 0xFF) >> 3)
      window = base + base / 8 * (header & 7)
    } else {
      // One segment: the contents are the window.
      window = header
      if Self.sizeBytes(descriptor) == 2 { window += 256 }
    }
    guard window <= Self.windowLimit else {
      throw .refused(
        "frame \(frames) wants a window of \(window >> 20) MiB, the limit is "
          + "\(Self.windowLimit >> 20) MiB: compress it with level 19 or less and without --long")
    }
  }

  private mutating func block(_ header: UInt64, _ hasChecksum: Bool) throws(PackageError) {
    let isLast = header & 1 != 0
    let after: After =
      isLast ? (hasChecksum ? .checksum : .magic) : .block(hasChecksum: hasChecksum)
    switch (header >> 1) & 3 {
    case 0, 2: contents(header >> 3, then: after)
    case 1: contents(1, then: after)
    default: throw .refused("frame \(frames) has a block of a reserved kind")
    }
  }

  private mutating func contents(_ count: UInt64, then: After) {
    if count == 0 { enter(then) } else { state = .contents(left: count, then: then) }
  }

  private mutating func enter(_ next: After) {
    switch next {
    case .magic: state = .magic
    case .block(let hasChecksum): state = .block(hasChecksum: hasChecksum)
    case .checksum: state = .contents(left: 4, then: .magic)
    }
  }
}
