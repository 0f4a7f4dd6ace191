/// A zip file names each member twice: in its directory at the end, and before the contents. Readers
/// differ in which they believe (libarchive takes the second), so that an archive with two sets of
/// names is one submission to one judge and another to the next.
enum ZipNames {
  /// Whether some member has two names. What cannot be followed is left to the reader to refuse.
  static func disagree(in zip: [UInt8]) -> Bool {
    guard let end = directoryEnd(zip) else { return false }
    let (size, offset) = (number(zip, end + 12, 4), number(zip, end + 16, 4))
    // Something may stand before the first member; then all offsets are off by its length.
    let shift = end - size - offset
    guard shift >= 0 else { return false }
    var at = shift + offset
    while at + 46 <= end, number(zip, at, 4) == 0x0201_4B50 {
      let nameLength = number(zip, at + 28, 2)
      let local = shift + number(zip, at + 42, 4)
      let next = at + 46 + nameLength + number(zip, at + 30, 2) + number(zip, at + 32, 2)
      guard next <= end else { return false }
      if local + 30 <= zip.count, number(zip, local, 4) == 0x0403_4B50 {
        let localLength = number(zip, local + 26, 2)
        guard local + 30 + localLength <= zip.count else { return false }
        let name = zip[(at + 46)..<(at + 46 + nameLength)]
        if !name.elementsEqual(zip[(local + 30)..<(local + 30 + localLength)]) { return true }
      }
      at = next
    }
    return false
  }

  /// Where the last record starts; a comment of up to 64 KiB may follow it.
  private static func directoryEnd(_ zip: [UInt8]) -> Int? {
    guard zip.count >= 22 else { return nil }
    let first = max(0, zip.count - 22 - 0xFFFF)
    return stride(from: zip.count - 22, through: first, by: -1).first {
      zip[$0] == 0x50 && number(zip, $0, 4) == 0x0605_4B50
    }
  }

  private static func number(_ bytes: [UInt8], _ at: Int, _ count: Int) -> Int {
    (0..<count).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
  }
}
