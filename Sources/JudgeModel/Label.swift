/// A property that somebody gave a worker, and that a judging may ask for: `gpu=yes`, `room=a`.
public struct Label: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var key: String
  public var value: String

  /// Bytes of key and value each, and labels of one worker or one judging: for people, and in every
  /// message.
  public static let byteLimit = 64
  public static let countLimit = 16

  public init(key: String, value: String) {
    self.key = key
    self.value = value
  }

  /// From `KEY=VALUE`; nil unless both are there, no longer than the limit and of printable ASCII
  /// without blanks.
  public init?(parsing text: some StringProtocol) {
    guard let equals = text.firstIndex(of: "=") else { return nil }
    self.init(key: String(text[..<equals]), value: String(text[text.index(after: equals)...]))
    guard Self.isUsable(key), Self.isUsable(value) else { return nil }
  }

  private static func isUsable(_ part: String) -> Bool {
    (1...byteLimit).contains(part.utf8.count)
      && part.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }

  /// What a label has to look like, for whoever typed another one.
  public static let usage =
    "it must look like room=b12, with 1 to \(byteLimit) printable ASCII characters without blanks on "
    + "each side"

  public var description: String { "\(key)=\(value)" }

  public static func < (a: Self, b: Self) -> Bool { (a.key, a.value) < (b.key, b.value) }
}
