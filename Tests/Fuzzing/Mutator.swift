import Simulation

/// Makes bytes that are nearly right: what a decoder has to be afraid of is not noise, which it refuses
/// at the first byte, but what it believes until it is deep inside.
struct Mutator {
  let corpus: [[UInt8]]
  /// What means something to the decoder.
  let words: [[UInt8]]
  private static let longest = 1 << 16

  func mutant(_ random: inout Random) -> [UInt8] {
    var bytes = corpus[random.index(corpus.count)]
    for _ in 0...random.skewed(8) {
      change(&bytes, &random)
      if bytes.count > Self.longest { bytes.removeLast(bytes.count - Self.longest) }
    }
    return bytes
  }

  private func change(_ bytes: inout [UInt8], _ random: inout Random) {
    guard !bytes.isEmpty else {
      bytes = corpus[random.index(corpus.count)]
      return
    }
    switch random.below(11) {
    case 0: bytes[random.index(bytes.count)] ^= 1 << UInt8(random.below(8))
    case 1: bytes[random.index(bytes.count)] = Self.edge(&random)
    case 2: bytes.removeLast(random.index(bytes.count))
    case 3: bytes.removeSubrange(range(in: bytes, &random))
    case 4: repeatPart(of: &bytes, &random)
    case 5: splice(&bytes, &random)
    case 6: bytes.insert(contentsOf: word(&random), at: random.index(bytes.count + 1))
    case 7: bytes.replaceSubrange(range(in: bytes, &random), with: word(&random))
    case 8: writeInteger(into: &bytes, &random)
    case 9: writeVarint(into: &bytes, &random)
    default: replaceNumber(in: &bytes, &random)
    }
  }

  private static func edge(_ random: inout Random) -> UInt8 {
    [0, 1, 0x20, 0x2D, 0x7F, 0x80, 0xC0, 0xFF, UInt8(random.below(256))][random.index(9)]
  }

  private func word(_ random: inout Random) -> [UInt8] {
    words.isEmpty ? [Self.edge(&random)] : words[random.index(words.count)]
  }

  /// Short ones often.
  private func range(in bytes: [UInt8], _ random: inout Random) -> Range<Int> {
    let start = random.index(bytes.count)
    return start..<min(bytes.count, start + 1 + random.skewed(bytes.count - start))
  }

  private func repeatPart(of bytes: inout [UInt8], _ random: inout Random) {
    let part = range(in: bytes, &random)
    let times = 1 + random.skewed(64)
    guard part.count * times < Self.longest else { return }
    let copies = [[UInt8]](repeating: Array(bytes[part]), count: times).flatMap { $0 }
    bytes.insert(contentsOf: copies, at: part.upperBound)
  }

  /// The beginning of this and the end of another.
  private func splice(_ bytes: inout [UInt8], _ random: inout Random) {
    let other = corpus[random.index(corpus.count)]
    bytes =
      bytes.prefix(random.index(bytes.count + 1)) + other.suffix(random.index(other.count + 1))
  }

  private static let integers: [UInt64] = [
    0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 1 << 20, 0x7FFF_FFFF, 0x8000_0000,
    0xFFFF_FFFF, 1 << 40, .max >> 1, 1 << 63, .max,
  ]

  /// Where a length of 2, 4 or 8 bytes might stand.
  private func writeInteger(into bytes: inout [UInt8], _ random: inout Random) {
    let value = Self.integers[random.index(Self.integers.count)]
    let width = [2, 4, 8][random.index(3)]
    let start = random.index(bytes.count)
    let isBig = random.below(2) == 0
    for place in 0..<min(width, bytes.count - start) {
      let shift = UInt64(8 * (isBig ? width - 1 - place : place))
      bytes[start + place] = UInt8(truncatingIfNeeded: value >> shift)
    }
  }

  /// As protocol buffers write lengths and numbers.
  private func writeVarint(into bytes: inout [UInt8], _ random: inout Random) {
    var value = Self.integers[random.index(Self.integers.count)]
    var varint: [UInt8] = []
    repeat {
      varint.append(UInt8(truncatingIfNeeded: value & 0x7F) | (value > 0x7F ? 0x80 : 0))
      value >>= 7
    } while value > 0
    let start = random.index(bytes.count)
    bytes.replaceSubrange(start...start, with: varint)
  }

  private static let numbers = [
    "0", "-1", "00", "1e999", "-0.0", "4294967296", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "99999999999999999999999", "1e-400", "0x10", "NaN", ".5", "5.",
    "077777",
  ].map { Array($0.utf8) }

  /// Digits in a text become a number that somebody may not have thought of.
  private func replaceNumber(in bytes: inout [UInt8], _ random: inout Random) {
    let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
    let from = random.index(bytes.count)
    guard let start = bytes[from...].firstIndex(where: isDigit) else { return }
    let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
    bytes.replaceSubrange(start..<end, with: Self.numbers[random.index(Self.numbers.count)])
  }
}
