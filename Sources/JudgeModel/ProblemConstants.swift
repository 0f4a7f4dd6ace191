/// The `constants` of a package: names that stand for values in some of its files.
///
/// The 2025-09 format replaces `{{name}}` and `{{name.variant}}` in output and input validators,
/// included files, example submissions and `test_group.yaml`; never in test data. What names no
/// constant stays as it is.
public struct ProblemConstants: Hashable, Sendable {
  /// What stands between the braces, `limit` or `limit.tex`, with its value as the author wrote it.
  public struct Entry: Hashable, Sendable {
    public var name: String
    public var value: String
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// In byte order of their names, each name once.
  public private(set) var entries: [Entry] = []

  public init() {}

  /// Of two entries with one name the last counts.
  public init(_ entries: [Entry]) {
    var values: [String: String] = [:]
    for entry in entries { values[entry.name] = entry.value }
    self.entries = values.map { Entry(name: $0.key, value: $0.value) }
      .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  public var isEmpty: Bool { entries.isEmpty }

  public func value(of name: String) -> String? { entries.first { $0.name == name }?.value }

  /// `[a-zA-Z_][a-zA-Z0-9_]*`
  public static func isName(_ name: some StringProtocol) -> Bool {
    guard let first = name.utf8.first, !isDigit(first) else { return false }
    return name.utf8.allSatisfy(isWord)
  }

  /// The text with every constant in it replaced, once: a value is not looked at again.
  public func replacing(in text: [UInt8]) -> [UInt8] { rewrite(text) { _ in } }

  /// Names in braces that stand for no constant, each once, in order of appearance.
  public func undefined(in text: [UInt8]) -> [String] {
    var names: [String] = []
    _ = rewrite(text) { if !names.contains($0) { names.append($0) } }
    return names
  }

  private func rewrite(_ text: [UInt8], unknown: (String) -> Void) -> [UInt8] {
    guard !isEmpty else { return text }
    var out: [UInt8] = []
    out.reserveCapacity(text.count)
    var at = 0
    while at < text.count {
      guard let name = Self.sequence(in: text, at: at) else {
        out.append(text[at])
        at += 1
        continue
      }
      if let value = value(of: name) {
        out += value.utf8
      } else {
        unknown(name)
        out += text[at..<at + name.utf8.count + 4]
      }
      at += name.utf8.count + 4
    }
    return out
  }

  /// Bytes of the longest name that is looked for.
  private static let nameLimit = 256

  /// The name in a sequence `{{name}}` or `{{name.variant}}` that starts at `at`.
  private static func sequence(in text: [UInt8], at: Int) -> String? {
    let open = UInt8(ascii: "{")
    let close = UInt8(ascii: "}")
    guard at + 4 < text.count, text[at] == open, text[at + 1] == open else { return nil }
    let rest = text[(at + 2)...].prefix(nameLimit + 2)
    let name = rest.prefix { isWord($0) || $0 == UInt8(ascii: ".") }
    let braces = rest.dropFirst(name.count).prefix(2)
    guard braces.count == 2, braces.allSatisfy({ $0 == close }) else { return nil }
    let parts = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count),
      parts.allSatisfy({ part in part.first.map { !isDigit($0) } ?? false })
    else { return nil }
    return String(decoding: name, as: UTF8.self)
  }

  private static func isDigit(_ c: UInt8) -> Bool { (48...57).contains(c) }

  private static func isWord(_ c: UInt8) -> Bool {
    isDigit(c) || (65...90).contains(c) || (97...122).contains(c) || c == UInt8(ascii: "_")
  }
}
