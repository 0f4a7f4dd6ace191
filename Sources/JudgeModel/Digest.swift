/// A SHA-256 value. Kept inline (no heap storage), because workers advertise hundreds of them.
public struct Digest: Hashable, Comparable, Sendable, CustomStringConvertible {
  // Big-endian words, so that comparing words compares bytes.
  let w0: UInt64
  let w1: UInt64
  let w2: UInt64
  let w3: UInt64

  /// Number of bytes in a digest.
  public static let byteCount = 32

  /// From exactly 32 bytes; nil for any other number.
  public init?(bytes: some Collection<UInt8>) {
    // Every judging brings several of them. A loop over a collection whose type is not known here is
    // slow, so the bytes are looked at where they lie.
    let digest =
      bytes.withContiguousStorageIfAvailable { Self(UnsafeRawBufferPointer($0)) }
      ?? Array(bytes).withUnsafeBytes { Self($0) }
    guard let digest else { return nil }
    self = digest
  }

  private init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.byteCount else { return nil }
    func word(_ place: Int) -> UInt64 {
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * place, as: UInt64.self))
    }
    (w0, w1, w2, w3) = (word(0), word(1), word(2), word(3))
  }

  /// From 64 hexadecimal digits of either case; nil for anything else.
  public init?(hex: some StringProtocol) {
    let digits = Array(hex.utf8)
    guard digits.count == 2 * Self.byteCount else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.byteCount)
    for i in stride(from: 0, to: digits.count, by: 2) {
      guard let high = Self.nibble(digits[i]), let low = Self.nibble(digits[i + 1]) else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    self.init(bytes: bytes)
  }

  /// The 32 bytes, most significant first.
  public var bytes: [UInt8] {
    let words = (w0.bigEndian, w1.bigEndian, w2.bigEndian, w3.bigEndian)
    return withUnsafeBytes(of: words) { Array($0) }
  }

  /// 64 lower-case hexadecimal digits.
  public var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    var out: [UInt8] = []
    out.reserveCapacity(2 * Self.byteCount)
    for byte in bytes {
      out.append(digits[Int(byte >> 4)])
      out.append(digits[Int(byte & 15)])
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// The first 12 digits: enough for people, never used as a key.
  public var short: String { String(hex.prefix(12)) }
  public var description: String { short }

  public static func < (a: Self, b: Self) -> Bool {
    (a.w0, a.w1, a.w2, a.w3) < (b.w0, b.w1, b.w2, b.w3)
  }

  private static func nibble(_ c: UInt8) -> UInt8? {
    switch c {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): c - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): c - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): c - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
