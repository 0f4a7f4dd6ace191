/// The JSON that canonical texts are made of: no floats, no escapes that are not needed, members of
/// objects in the order they were given. Written here because identity hangs on its bytes, and a
/// general encoder promises none.
enum JSONValue: Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  case string(String)
  case array([JSONValue])
  case object([Member])

  struct Member: Equatable {
    var key: String
    var value: JSONValue
  }

  static func strings(_ all: [String]) -> JSONValue { .array(all.map { .string($0) }) }
  static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

  /// Appends the one text that this value has.
  func write(to out: inout [UInt8]) {
    switch self {
    case .null: out += "null".utf8
    case .bool(let value): out += (value ? "true" : "false").utf8
    case .integer(let value): out += String(value).utf8
    case .string(let value): Self.write(value, to: &out)
    case .array(let values):
      out.append(UInt8(ascii: "["))
      for (at, value) in values.enumerated() {
        if at > 0 { out.append(UInt8(ascii: ",")) }
        value.write(to: &out)
      }
      out.append(UInt8(ascii: "]"))
    case .object(let members):
      out.append(UInt8(ascii: "{"))
      for (at, member) in members.enumerated() {
        if at > 0 { out.append(UInt8(ascii: ",")) }
        Self.write(member.key, to: &out)
        out.append(UInt8(ascii: ":"))
        member.value.write(to: &out)
      }
      out.append(UInt8(ascii: "}"))
    }
  }

  private static func write(_ text: String, to out: inout [UInt8]) {
    let hex = Array("0123456789abcdef".utf8)
    out.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), byte]
      case 0..<0x20: out += Array("\\u00".utf8) + [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
      default: out.append(byte)
      }
    }
    out.append(UInt8(ascii: "\""))
  }
}

/// Parses what `JSONValue` writes, and no more of JSON than that: no fractions or exponents, no
/// blanks between tokens, one line feed at the end. Bounded in depth, so that a hostile text cannot
/// exhaust the stack; in size by its caller.
struct JSONParser {
  struct Failure: Error {
    var message: String
    /// Bytes from the start.
    var offset: Int
  }
  private let bytes: [UInt8]
  private var at = 0

  /// Arrays and objects inside each other.
  static let depthLimit = 64
  /// Values of any kind: two bytes of text can be a value of 24 bytes, and of 48 more while their
  /// array grows. The largest package there may be has three million.
  static let valueLimit = 4_000_000
  private var values = 0

  static func parse(_ bytes: [UInt8]) throws(Failure) -> JSONValue {
    var parser = JSONParser(bytes: bytes)
    let value = try parser.value(depth: 0)
    if parser.peek == UInt8(ascii: "\n") { parser.at += 1 }
    guard parser.at == bytes.count else { throw parser.failure("something follows the end") }
    return value
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  private func failure(_ message: String) -> Failure { Failure(message: message, offset: at) }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    at += 1
    return true
  }

  private mutating func value(depth: Int) throws(Failure) -> JSONValue {
    guard depth < Self.depthLimit else { throw failure("nested too deeply") }
    values += 1
    guard values <= Self.valueLimit else { throw failure("more than \(Self.valueLimit) values") }
    switch peek {
    case UInt8(ascii: "{"): return try object(depth)
    case UInt8(ascii: "["): return try array(depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try integer()
    }
  }

  private mutating func word(_ text: String, _ value: JSONValue) throws(Failure) -> JSONValue {
    guard bytes[at...].starts(with: text.utf8) else { throw failure("expected a value") }
    at += text.utf8.count
    return value
  }

  private mutating func integer() throws(Failure) -> JSONValue {
    let start = at
    _ = take(UInt8(ascii: "-"))
    while let byte = peek, (48...57).contains(byte) { at += 1 }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    guard let number = Int64(text) else { throw failure("expected a value") }
    return .integer(number)
  }

  private mutating func array(_ depth: Int) throws(Failure) -> JSONValue {
    at += 1
    var values: [JSONValue] = []
    if take(UInt8(ascii: "]")) { return .array(values) }
    repeat { values.append(try value(depth: depth + 1)) } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw failure("expected `,` or `]`") }
    return .array(values)
  }

  private mutating func object(_ depth: Int) throws(Failure) -> JSONValue {
    at += 1
    var members: [JSONValue.Member] = []
    if take(UInt8(ascii: "}")) { return .object(members) }
    repeat {
      guard peek == UInt8(ascii: "\"") else { throw failure("expected a key") }
      let key = try string()
      guard take(UInt8(ascii: ":")) else { throw failure("expected `:`") }
      members.append(JSONValue.Member(key: key, value: try value(depth: depth + 1)))
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw failure("expected `,` or `}`") }
    return .object(members)
  }

  private mutating func string() throws(Failure) -> String {
    at += 1
    var text: [UInt8] = []
    while let byte = peek {
      at += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let valid = String(validating: text, as: UTF8.self) else {
          throw failure("text that is not UTF-8")
        }
        return valid
      case UInt8(ascii: "\\"): text.append(try escaped())
      case 0..<0x20: throw failure("a control character in text")
      default: text.append(byte)
      }
    }
    throw failure("text without an end")
  }

  private mutating func escaped() throws(Failure) -> UInt8 {
    if take(UInt8(ascii: "\"")) { return UInt8(ascii: "\"") }
    if take(UInt8(ascii: "\\")) { return UInt8(ascii: "\\") }
    guard at + 5 <= bytes.count, bytes[at...].starts(with: "u00".utf8),
      let code = UInt8(String(decoding: bytes[(at + 3)..<(at + 5)], as: UTF8.self), radix: 16),
      code < 0x20
    else { throw failure("an escape that canonical text does not use") }
    at += 5
    return code
  }
}
