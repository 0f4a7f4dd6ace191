/// The part of a stream that the comparer can see: a fixed buffer with the bytes not yet consumed.
///
/// The unread bytes only move to the front of the buffer when its end is reached, so that a source
/// which gives single bytes costs no more copying than one which fills the buffer.
struct TokenWindow: ~Copyable {
  static let capacity = 64 << 10

  let base: UnsafeMutablePointer<UInt8>
  /// Unread bytes are `base[start..<end]`.
  var start = 0
  var end = 0
  /// Line of the byte at `start`, from 1.
  var line = 1
  private var isDrained = false

  init() {
    base = .allocate(capacity: Self.capacity)
    base.initialize(repeating: 0, count: Self.capacity)
  }

  deinit { base.deallocate() }

  /// How many bytes come before the first blank; all of them when there is none.
  static func lengthOfText(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    guard let base = bytes.baseAddress else { return 0 }
    let raw = UnsafeRawPointer(base)
    var length = 0
    while length < bytes.count {
      if length + 8 <= bytes.count {
        let word = raw.loadUnaligned(fromByteOffset: length, as: UInt64.self)
        let candidates = blankCandidates(word)
        guard candidates != 0 else {
          length += 8
          continue
        }
        length += candidates.trailingZeroBitCount >> 3
      }
      if isBlank(base[length]) { return length }
      length += 1
    }
    return length
  }

  /// Nonzero when a byte of a little-endian word is 32 or less; the lowest bit set is then in the
  /// first such byte. Bits above it mean nothing, because the subtraction borrows.
  @inline(__always)
  static func blankCandidates(_ word: UInt64) -> UInt64 {
    (word &- 0x2121_2121_2121_2121) & ~word & 0x8080_8080_8080_8080
  }

  /// First unread byte.
  var front: UnsafePointer<UInt8> { UnsafePointer(base + start) }
  var count: Int { end - start }

  /// The six bytes of the format: HT, LF, VT, FF, CR and space. A no-break space is text.
  @inline(__always)
  static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte &- 9 < 5 }

  /// Reads once behind what is there. False when nothing comes any more; also when the window is
  /// full, which callers exclude.
  mutating func refill<Source: ByteSource & ~Copyable>(
    from source: inout Source
  ) throws(Source.Failure) -> Bool {
    guard !isDrained else { return false }
    if start == end {
      start = 0
      end = 0
    } else if end == Self.capacity {
      base.update(from: base + start, count: count)
      end -= start
      start = 0
    }
    let room = UnsafeMutableRawBufferPointer(start: base + end, count: Self.capacity - end)
    guard room.count > 0 else { return false }
    // Clamped, because a source that miscounts must not make us read beyond the buffer.
    let got = min(try source.read(into: room), room.count)
    guard got > 0 else {
      isDrained = true
      return false
    }
    end += got
    return true
  }

  /// Moves to the next token; false when there is none.
  mutating func skipBlanks<Source: ByteSource & ~Copyable>(
    from source: inout Source
  ) throws(Source.Failure) -> Bool {
    while true {
      while start < end {
        let byte = base[start]
        guard Self.isBlank(byte) else { return true }
        if byte == 10 { line += 1 }
        start += 1
      }
      guard try refill(from: &source) else { return false }
    }
  }

  /// The next byte without consuming it; nil at the end.
  mutating func peek<Source: ByteSource & ~Copyable>(
    from source: inout Source
  ) throws(Source.Failure) -> UInt8? {
    if start == end {
      guard try refill(from: &source) else { return nil }
    }
    return base[start]
  }

  /// Length of the token that begins at `start`, all of which is in the window then; nil when it
  /// does not fit.
  mutating func tokenLength<Source: ByteSource & ~Copyable>(
    from source: inout Source
  ) throws(Source.Failure) -> Int? {
    var length = 0
    while true {
      length += Self.lengthOfText(UnsafeBufferPointer(start: front + length, count: count - length))
      if start + length < end { return length }
      if count == Self.capacity { return nil }
      guard try refill(from: &source) else { return length }
    }
  }
}
