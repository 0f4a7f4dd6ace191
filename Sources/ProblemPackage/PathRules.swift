/// The names that may appear in a package. Portable ASCII only, which removes every effect of
/// locale, normalisation and letter case from archives and digests.
package enum PathRules {
  /// Bytes of a whole path.
  static let pathLimit = 1024
  /// Directories deep.
  static let depthLimit = 32

  /// One component, by the rule of the Kattis format: `^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,254}$`.
  package static func isComponent(_ name: some StringProtocol) -> Bool {
    let bytes = name.utf8
    guard let first = bytes.first, bytes.count <= 255, isWord(first) else { return false }
    return bytes.dropFirst().allSatisfy {
      isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
    }
  }

  /// What is wrong with a relative path; nil when it may be used.
  package static func objection(to path: String) -> String? {
    if path.utf8.count > pathLimit { return "is longer than \(pathLimit) bytes" }
    let components = path.split(separator: "/", omittingEmptySubsequences: false)
    if components.count > depthLimit { return "has more than \(depthLimit) components" }
    guard components.allSatisfy({ isComponent($0) }) else {
      return "has a component that is not letters, digits, `_`, `.` or `-`, "
        + "starting with a letter, a digit or `_`"
    }
    return nil
  }

  /// Lower case, ASCII only: what a file system that ignores case would compare.
  package static func folded(_ path: String) -> String { path.lowercased() }

  package static func byteOrder(_ a: some StringProtocol, _ b: some StringProtocol) -> Bool {
    a.utf8.lexicographicallyPrecedes(b.utf8)
  }

  /// The beginning of a name that breaks the rules, with `?` for what is not printable ASCII.
  static func printable(_ name: String) -> String {
    String(
      decoding: name.utf8.prefix(80).map { (32..<127).contains($0) ? $0 : UInt8(ascii: "?") },
      as: UTF8.self)
  }

  private static func isWord(_ c: UInt8) -> Bool {
    switch c {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}

extension String {
  /// The part after the last `/`.
  var lastComponent: String { String(split(separator: "/").last ?? "") }
  /// The part before the last `/`; empty when there is none.
  var parentPath: String {
    guard let slash = lastIndex(of: "/") else { return "" }
    return String(self[..<slash])
  }
  /// `a/b` from `a` and `b`; `b` when the receiver is empty.
  func joined(_ child: some StringProtocol) -> String {
    isEmpty ? String(child) : "\(self)/\(child)"
  }
  /// Without `suffix`, or nil when it does not end in it.
  func dropping(suffix: String) -> String? {
    hasSuffix(suffix) && utf8.count > suffix.utf8.count
      ? String(dropLast(suffix.count)) : nil
  }
}
