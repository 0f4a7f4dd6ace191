// What two windows have in common, eight bytes at a time.
//
// "The same" means byte for byte, or, where case is folded, up to the case of ASCII letters. Every
// rule accepts such tokens: text by definition, and numbers because an `E` for an `e` changes no
// value. Blanks are no letters, so where bytes are the same, tokens begin and end in the same places.
//
// Words are loaded only where `offset + 8 <= limit`, and `limit` never exceeds the unread bytes of
// either window, so no load reaches beyond what was read.

extension TokenWindow {
  private static let spread: UInt64 = 0x0101_0101_0101_0101

  /// Nonzero when two little-endian words are not the same; the lowest bit set is then in the first
  /// byte that is not.
  @inline(__always)
  static func difference(_ a: UInt64, _ b: UInt64, folding: Bool) -> UInt64 {
    let bits = a ^ b
    guard folding, bits != 0 else { return bits }
    // 0x80 in every byte of `a` that is a letter of either case. Without the high bits no addition
    // carries into the next byte; bytes from 0x80 up are no letters.
    let lower = (a | (spread &* 0x20)) & (spread &* 0x7f)
    let isLetter =
      (lower &+ (spread &* (0x80 - 0x61))) & ~(lower &+ (spread &* (0x80 - 0x7b))) & ~a
      & (spread &* 0x80)
    // Case is bit 0x20 of a letter, and only that.
    return bits & ~(isLetter >> 2)
  }

  @inline(__always)
  static func isSame(_ a: UInt8, _ b: UInt8, folding: Bool) -> Bool {
    if a == b { return true }
    // Letters of different case differ in one bit, but so do `@` and a grave accent.
    return folding && a ^ b == 32 && (a | 32) &- 97 < 26
  }

  /// How many of the first `limit` bytes are the same in both and no blanks.
  @inline(__always)
  static func commonText(
    _ x: UnsafePointer<UInt8>, _ y: UnsafePointer<UInt8>, limit: Int, folding: Bool
  ) -> Int {
    let (p, q) = (UnsafeRawPointer(x), UnsafeRawPointer(y))
    var length = 0
    while length < limit {
      if length + 8 <= limit {
        let word = p.loadUnaligned(fromByteOffset: length, as: UInt64.self)
        let other = q.loadUnaligned(fromByteOffset: length, as: UInt64.self)
        let stops = blankCandidates(word) | difference(word, other, folding: folding)
        guard stops != 0 else {
          length += 8
          continue
        }
        length += stops.trailingZeroBitCount >> 3
      }
      guard isSame(x[length], y[length], folding: folding), !isBlank(x[length]) else { break }
      length += 1
    }
    return length
  }

  /// Consumes what is the same at the front of both windows, up to and including the last blank of
  /// it: both then stand behind the same byte, between tokens. Returns how many bytes.
  ///
  /// This is the whole comparison for most correct outputs.
  static func skipEqual(
    _ a: inout TokenWindow, _ b: inout TokenWindow, folding: Bool
  ) -> Int {
    let p = UnsafeRawPointer(a.front)
    let q = UnsafeRawPointer(b.front)
    let limit = min(a.count, b.count)
    var equal = 0
    while equal + 8 <= limit {
      let word = p.loadUnaligned(fromByteOffset: equal, as: UInt64.self)
      let other = q.loadUnaligned(fromByteOffset: equal, as: UInt64.self)
      if word != other, difference(word, other, folding: folding) != 0 { break }
      equal += 8
    }
    let (x, y) = (a.front, b.front)
    while equal < limit, isSame(x[equal], y[equal], folding: folding) { equal += 1 }
    while equal > 0, !isBlank(x[equal - 1]) { equal -= 1 }
    let lines = newlines(in: UnsafeRawBufferPointer(start: p, count: equal))
    a.start += equal
    a.line += lines
    b.start += equal
    b.line += lines
    return equal
  }

  /// Consumes tokens that are the same while both are in the windows with the blank behind them, and
  /// the blanks between them unless those matter. Both windows have to stand at a token. Returns how
  /// many tokens; at most `most`, so that callers can try something faster again.
  static func skipTokens(
    _ a: inout TokenWindow, _ b: inout TokenWindow, folding: Bool, most: Int
  ) -> Int {
    var tokens = 0
    // Copies, which stay in registers.
    var (x, y) = (a.front, b.front)
    var (left, right) = (a.count, b.count)
    var (linesA, linesB) = (0, 0)
    while true {
      let limit = min(left, right)
      let length = commonText(x, y, limit: limit, folding: folding)
      // A token of length 0 is the end of a window, or two tokens that differ at once.
      guard length > 0, length < limit, isBlank(x[length]), isBlank(y[length]) else { break }
      tokens += 1
      (x, left) = (x + length, left - length)
      (y, right) = (y + length, right - length)
      guard tokens < most else { break }
      while left > 0, isBlank(x.pointee) {
        if x.pointee == 10 { linesA += 1 }
        (x, left) = (x + 1, left - 1)
      }
      while right > 0, isBlank(y.pointee) {
        if y.pointee == 10 { linesB += 1 }
        (y, right) = (y + 1, right - 1)
      }
    }
    a.start = a.end - left
    a.line += linesA
    b.start = b.end - right
    b.line += linesB
    return tokens
  }

  /// Counts line feeds, eight bytes at a time: each byte of `counters` counts in its own column,
  /// which holds for 255 words.
  private static func newlines(in bytes: UnsafeRawBufferPointer) -> Int {
    let feeds: UInt64 = 0x0a0a_0a0a_0a0a_0a0a
    let low: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
    var total = 0
    var offset = 0
    while offset + 8 <= bytes.count {
      let stop = min(bytes.count - 7, offset + 255 * 8)
      var counters: UInt64 = 0
      while offset < stop {
        let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ feeds
        // The high bit of every byte of `word` that is zero.
        let zero = ~(((word & low) &+ low) | word | low)
        counters &+= zero >> 7
        offset += 8
      }
      let pairs = (counters & 0x00ff_00ff_00ff_00ff) &+ ((counters >> 8) & 0x00ff_00ff_00ff_00ff)
      total += Int((pairs &* 0x0001_0001_0001_0001) >> 48)
    }
    while offset < bytes.count {
      if bytes[offset] == 10 { total += 1 }
      offset += 1
    }
    return total
  }
}
