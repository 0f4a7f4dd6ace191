package import JudgeModel
import Yams

/// A YAML file as readers need it: typed access in which every disappointment becomes a finding
/// with the line, and scalars keep the text the author wrote (`1e-6` stays `1e-6`).
package struct YAMLMap {
  package let path: String
  package let line: Int?
  let findings: Findings
  package private(set) var entries: [(key: String, value: YAMLValue)]

  /// Bytes; a configuration file is a page, and the parser keeps several times its size.
  package static let sizeLimit = 1 << 20

  /// Nil when there is no such file, or when it is not a map of keys (then with a finding).
  /// An empty file is an empty map. `constants` are replaced before anything is read.
  static func load(
    _ path: String, in tree: PackageTree, _ findings: Findings,
    replacing constants: ProblemConstants = ProblemConstants()
  ) -> YAMLMap? {
    guard tree.file(path) != nil,
      let written = tree.contents(path, limit: sizeLimit, findings)
    else { return nil }
    let bytes = constants.replacing(in: written)
    guard bytes.count <= sizeLimit else {
      findings.error(path, "is too large once its constants are replaced")
      return nil
    }
    return parse(bytes, path: path, findings)
  }

  /// As `load`, from bytes that are here already: at most `sizeLimit` of them.
  package static func parse(_ bytes: [UInt8], path: String, _ findings: Findings) -> YAMLMap? {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      findings.error(path, "is not UTF-8; save it as UTF-8")
      return nil
    }
    guard !expandsBeyondReason(bytes) else {
      findings.error(path, "its anchors and aliases could expand too far; write the values out")
      return nil
    }
    guard text.utf8.starts(with: [0xEF, 0xBB, 0xBF]) else { return parse(text, path, findings) }
    findings.warning(path, line: 1, "starts with a byte-order mark; save it without")
    return parse(String(decoding: bytes.dropFirst(3), as: UTF8.self), path, findings)
  }

  private static func parse(_ text: String, _ path: String, _ findings: Findings) -> YAMLMap? {
    do {
      guard let node = try Yams.compose(yaml: text) else {
        return YAMLMap(path: path, line: nil, findings: findings, entries: [])
      }
      let value = YAMLValue(node: node, key: "", path: path, findings: findings)
      if value.isNull { return YAMLMap(path: path, line: nil, findings: findings, entries: []) }
      return value.map()
    } catch {
      let (line, reason) = Self.explain(error)
      findings.error(path, line: line, "is not YAML: \(reason)")
      return nil
    }
  }

  /// Whether aliases inside anchors could multiply to a document that takes minutes to walk: the
  /// parser hashes every key, and a key may be an alias of an alias of aliases.
  ///
  /// With `n` anchors and `a` aliases no value can hold more than (1 + a/n)^n copies of what is
  /// written. Both are counted by how they look, so text such as `*bold*` counts as an alias; without
  /// anchors that does no harm.
  static func expandsBeyondReason(_ bytes: [UInt8]) -> Bool {
    var anchors = 0
    var aliases = 0
    let starts = Set(" \t\r\n[]{},:?-".utf8)
    var previous = UInt8(ascii: "\n")
    for (at, byte) in bytes.enumerated() {
      if starts.contains(previous), at + 1 < bytes.count, !starts.contains(bytes[at + 1]) {
        if byte == UInt8(ascii: "&") { anchors += 1 }
        if byte == UInt8(ascii: "*") { aliases += 1 }
      }
      previous = byte
    }
    guard anchors > 0 else { return false }
    var copies = Double(bytes.count)
    for _ in 0..<anchors {
      copies *= 1 + Double(aliases) / Double(anchors)
      if copies > 2e7 { return true }
    }
    return false
  }

  fileprivate init(
    path: String, line: Int?, findings: Findings, entries: [(key: String, value: YAMLValue)]
  ) {
    self.path = path
    self.line = line
    self.findings = findings
    self.entries = entries
  }

  package subscript(_ key: String) -> YAMLValue? {
    guard let value = entries.first(where: { $0.key == key })?.value, !value.isNull else {
      return nil
    }
    return value
  }

  package func has(_ key: String) -> Bool { entries.contains { $0.key == key } }

  /// Every key outside `known` is an error: that is the rule of all dialects, and a misspelt
  /// `time_limt` would otherwise go unnoticed until the contest.
  package func allow(only known: Set<String>, what: String) {
    for (key, value) in entries where !known.contains(key) {
      let near = known.filter { Self.isNear($0, key) }.sorted().first
      let hint = near.map { "; did you mean `\($0)`?" } ?? "; remove it"
      findings.error(path, line: value.line, "`\(key)` is not a key of \(what)\(hint)")
    }
  }

  /// At most one letter changed, added, dropped, or two swapped.
  static func isNear(_ a: String, _ b: String) -> Bool {
    let a = Array(a.utf8)
    let b = Array(b.utf8)
    guard abs(a.count - b.count) <= 1 else { return false }
    let head = zip(a, b).prefix { $0 == $1 }.count
    let tail = zip(a.reversed(), b.reversed()).prefix { $0 == $1 }.count
    let longest = max(a.count, b.count)
    if head + tail >= longest - 1 { return true }
    return a.count == b.count && head + tail == longest - 2
      && a[head] == b[head + 1] && a[head + 1] == b[head]
  }

  private static func explain(_ error: any Error) -> (line: Int?, reason: String) {
    guard let error = error as? YamlError else { return (nil, "\(error)") }
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return (mark.line, problem)
    case .duplicatedKeysInMapping(let duplicates, let context):
      let names = duplicates.map { "`\($0)`" }.sorted().joined(separator: ", ")
      return (context.mark.line, "\(names) given more than once; keep one")
    default:
      return (nil, error.description.split(separator: "\n").first.map(String.init) ?? "unreadable")
    }
  }
}

/// One value in a YAML file.
package struct YAMLValue {
  fileprivate let node: Node
  package let key: String
  package let path: String
  let findings: Findings

  package var line: Int? { node.mark?.line }

  package var isNull: Bool {
    guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any else {
      return false
    }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }

  package var isMap: Bool { node.mapping != nil }
  package var isSequence: Bool { node.sequence != nil }

  package func error(_ message: String) { findings.error(path, line: line, message) }
  package func warning(_ message: String) { findings.warning(path, line: line, message) }

  package func map() -> YAMLMap? {
    guard let mapping = node.mapping else {
      error("\(subject) must be a map of keys")
      return nil
    }
    var entries: [(key: String, value: YAMLValue)] = []
    for (keyNode, value) in mapping {
      guard let key = keyNode.scalar?.string else {
        findings.error(path, line: keyNode.mark?.line, "a key must be plain text")
        continue
      }
      entries.append((key, YAMLValue(node: value, key: key, path: path, findings: findings)))
    }
    return YAMLMap(path: path, line: line, findings: findings, entries: entries)
  }

  /// Scalar text as written.
  package func text() -> String? {
    guard let scalar = node.scalar else {
      error("\(subject) must be text")
      return nil
    }
    return scalar.string
  }

  package func flag() -> Bool? {
    switch node.scalar?.string.lowercased() {
    case "true", "yes", "on": return true
    case "false", "no", "off": return false
    default:
      error("\(subject) must be true or false")
      return nil
    }
  }

  package func integer(_ range: ClosedRange<Int64>) -> Int64? {
    guard let text = node.scalar?.string, let value = Int64(text), range.contains(value) else {
      error(
        "\(subject) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return value
  }

  /// A decimal number with nine places; the fixed point of `Score` serves seconds as well.
  package func decimal() -> Score? {
    guard let text = node.scalar?.string, let value = Score(text) else {
      error("\(subject) must be a number in plain decimal notation, at most nine places")
      return nil
    }
    return value
  }

  package func sequence() -> [YAMLValue]? {
    guard let sequence = node.sequence else { return nil }
    return sequence.map { YAMLValue(node: $0, key: key, path: path, findings: findings) }
  }

  /// A YAML sequence of texts. A string there is an error and not split: the format says so, and
  /// guessing would hide an argument with a blank in it.
  package func texts() -> [String]? {
    guard let values = sequence() else {
      error("\(subject) must be a sequence of strings, as in `\(key): [a, b]`")
      return nil
    }
    return values.compactMap { $0.text() }
  }

  /// One text or a sequence of texts.
  package func oneOrMoreTexts() -> [String]? { isSequence ? texts() : text().map { [$0] } }

  /// Flags of the older formats: one string, split on blanks, no quoting.
  func words() -> [String]? {
    guard let scalar = node.scalar else {
      error("\(subject) must be one string with blanks between the flags in this format")
      return nil
    }
    return scalar.string.split { $0 == " " || $0 == "\t" || $0 == "\n" }.map(String.init)
  }

  private var subject: String { key.isEmpty ? "the file" : "`\(key)`" }
}
