/// JSON as this project writes it: members in the order given, so that equal values are equal bytes.
struct JSONText {
  private(set) var text = ""
  private var needsComma = false

  mutating func object(_ body: (inout JSONText) -> Void) {
    separate()
    text += "{"
    needsComma = false
    body(&self)
    text += "}"
    needsComma = true
  }

  /// One element per line: such files are read by people and by `diff`.
  mutating func array<Elements: Sequence>(
    of elements: Elements, _ each: (Elements.Element, inout JSONText) -> Void
  ) {
    separate()
    text += "["
    var isFirst = true
    for element in elements {
      text += isFirst ? "\n" : ",\n"
      isFirst = false
      needsComma = false
      each(element, &self)
    }
    text += isFirst ? "]" : "\n]"
    needsComma = true
  }

  mutating func member(_ name: String, _ value: String?) {
    key(name)
    text += value.map(Self.quoted) ?? "null"
  }
  mutating func member(_ name: String, _ value: Bool) {
    key(name)
    text += value ? "true" : "false"
  }
  mutating func member(_ name: String, _ value: Int64?) {
    key(name)
    text += value.map(String.init) ?? "null"
  }
  /// Text that is a JSON number already.
  mutating func member(_ name: String, number: String?) {
    key(name)
    text += number ?? "null"
  }
  mutating func member(_ name: String, _ body: (inout JSONText) -> Void) {
    key(name)
    needsComma = false
    object(body)
  }

  private mutating func key(_ name: String) {
    separate()
    text += Self.quoted(name) + ":"
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { text += "," }
    needsComma = false
  }

  static func quoted(_ value: String) -> String {
    var out = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\t": out += "\\t"
      case "\r": out += "\\r"
      // Line separators are legal in JSON but not in a line of NDJSON as some readers split it.
      case "\u{0}"..<" ", "\u{7F}", "\u{85}", "\u{2028}", "\u{2029}":
        let hex = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
