/// Bytes of a contestant or a file made fit for a message: bounded, and without control sequences
/// that a terminal would obey.
enum Excerpt {
  /// Bytes shown at most.
  static let limit = 30

  /// Quoted; bytes outside printable ASCII as `\xNN`, and `...` behind the quote when cut.
  static func quote(_ bytes: some Sequence<UInt8>) -> String {
    var text = "\""
    var shown = 0
    for byte in bytes {
      guard shown < limit else { return text + "\"..." }
      text += escape(byte)
      shown += 1
    }
    return text + "\""
  }

  private static func escape(_ byte: UInt8) -> String {
    switch byte {
    case UInt8(ascii: "\""): return "\\\""
    case UInt8(ascii: "\\"): return "\\\\"
    case UInt8(ascii: "\n"): return "\\n"
    case UInt8(ascii: "\r"): return "\\r"
    case UInt8(ascii: "\t"): return "\\t"
    case 32...126: return String(UnicodeScalar(byte))
    default:
      let hex = String(byte, radix: 16)
      return byte < 16 ? "\\x0" + hex : "\\x" + hex
    }
  }
}
