/// JSON as contest archives hold it.
///
/// Own reader, for two reasons: numbers stay the decimal text that stands in the file, so that run
/// times and scores never pass through binary floating point; and an error knows its line and column,
/// which is what the person who has to mend the archive needs.
enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  /// As written: `12`, `0.123`, `1e-3`.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// What it is, for a message.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// Where a text stops being JSON.
struct JSONError: Error, Hashable {
  /// From 1, columns in bytes.
  var line: Int
  var column: Int
  var problem: String
}

/// A recursive descent over bytes nobody vouches for: depth is bounded, every index is checked.
struct JSONParser {
  /// CLICS objects nest three deep.
  static let depthLimit = 64

  private let bytes: [UInt8]
  private let start: Int
  private let end: Int
  private var at: Int

  /// One value and nothing behind it. `range` is a part of `bytes` (a line of a feed).
  static func parse(_ bytes: [UInt8], in range: Range<Int>? = nil) throws(JSONError) -> JSONValue {
    let range = range ?? 0..<bytes.count
    var parser = JSONParser(bytes: bytes, start: range.lowerBound, end: range.upperBound)
    // A byte order mark is not JSON, but Windows editors put one there.
    if range.count >= 3, bytes[range.lowerBound..<range.lowerBound + 3] == [0xEF, 0xBB, 0xBF] {
      parser.at += 3
    }
    let value = try parser.value(depth: 0)
    parser.skipBlanks()
    guard parser.at == parser.end else { throw parser.error("something follows the value") }
    return value
  }

  private init(bytes: [UInt8], start: Int, end: Int) {
    self.bytes = bytes
    self.start = start
    self.end = end
    at = start
  }

  private func error(_ problem: String) -> JSONError {
    var line = 1
    var lineStart = start
    for i in start..<min(at, end) where bytes[i] == 10 {
      line += 1
      lineStart = i + 1
    }
    return JSONError(line: line, column: at - lineStart + 1, problem: problem)
  }

  private mutating func skipBlanks() {
    while at < end, bytes[at] == 32 || (9...10).contains(bytes[at]) || bytes[at] == 13 { at += 1 }
  }

  private var current: UInt8? { at < end ? bytes[at] : nil }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    skipBlanks()
    switch current {
    case nil: throw error("the text ends where a value should be")
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ text: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
    let expected = Array(text.utf8)
    guard end - at >= expected.count, bytes[at..<at + expected.count].elementsEqual(expected) else {
      throw error("neither a value nor the word \(text)")
    }
    at += expected.count
    return value
  }

  private mutating func open(depth: Int) throws(JSONError) {
    guard depth < Self.depthLimit else { throw error("nested more than \(Self.depthLimit) deep") }
    at += 1
    skipBlanks()
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    try open(depth: depth)
    var elements: [JSONValue] = []
    if current == UInt8(ascii: "]") {
      at += 1
      return .array([])
    }
    while true {
      elements.append(try value(depth: depth + 1))
      skipBlanks()
      switch current {
      case UInt8(ascii: ","): at += 1
      case UInt8(ascii: "]"):
        at += 1
        return .array(elements)
      default: throw error("an array needs a comma or ] here")
      }
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    try open(depth: depth)
    var members: [String: JSONValue] = [:]
    if current == UInt8(ascii: "}") {
      at += 1
      return .object([:])
    }
    while true {
      skipBlanks()
      guard current == UInt8(ascii: "\"") else { throw error("a member name should be here") }
      let name = try string()
      skipBlanks()
      guard current == UInt8(ascii: ":") else { throw error("a colon should follow \"\(name)\"") }
      at += 1
      members[name] = try value(depth: depth + 1)
      skipBlanks()
      switch current {
      case UInt8(ascii: ","): at += 1
      case UInt8(ascii: "}"):
        at += 1
        return .object(members)
      default: throw error("an object needs a comma or } here")
      }
    }
  }

  private mutating func string() throws(JSONError) -> String {
    at += 1
    var scan = at
    while scan < end, bytes[scan] != UInt8(ascii: "\""), bytes[scan] != UInt8(ascii: "\\"),
      bytes[scan] >= 32
    { scan += 1 }
    if scan < end, bytes[scan] == UInt8(ascii: "\"") {
      defer { at = scan + 1 }
      return String(decoding: bytes[at..<scan], as: UTF8.self)
    }
    return try escapedString()
  }

  private mutating func escapedString() throws(JSONError) -> String {
    var out: [UInt8] = []
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        return String(decoding: out, as: UTF8.self)
      case UInt8(ascii: "\\"):
        at += 1
        try escape(into: &out)
      case 0..<32: throw error("a control character inside a string")
      default:
        out.append(byte)
        at += 1
      }
    }
    throw error("a string does not end")
  }

  private mutating func escape(into out: inout [UInt8]) throws(JSONError) {
    guard let byte = current else { throw error("a string does not end") }
    at += 1
    switch byte {
    case UInt8(ascii: "n"): out.append(10)
    case UInt8(ascii: "t"): out.append(9)
    case UInt8(ascii: "r"): out.append(13)
    case UInt8(ascii: "b"): out.append(8)
    case UInt8(ascii: "f"): out.append(12)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
    case UInt8(ascii: "u"):
      var scalar = UInt32(try unit())
      if (0xD800..<0xDC00).contains(scalar), end - at >= 6, bytes[at] == UInt8(ascii: "\\"),
        bytes[at + 1] == UInt8(ascii: "u")
      {
        let mark = at
        at += 2
        let low = UInt32(try unit())
        if (0xDC00..<0xE000).contains(low) {
          scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
        } else {
          at = mark
        }
      }
      // Half a surrogate pair is somebody's broken export, not a reason to refuse a contest.
      out.append(contentsOf: String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
    default: throw error("an unknown escape in a string")
    }
  }

  private mutating func unit() throws(JSONError) -> UInt16 {
    guard end - at >= 4,
      bytes[at..<at + 4].allSatisfy({ ($0 | 32 >= 97 && $0 | 32 <= 102) || (48...57).contains($0) }
      ),
      let unit = UInt16(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
    else { throw error("\\u needs four hexadecimal digits") }
    at += 4
    return unit
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let first = at
    if current == UInt8(ascii: "-") { at += 1 }
    guard let lead = current, (48...57).contains(lead) else {
      at = first
      throw error("no JSON value starts like this")
    }
    skipDigits()
    if current == UInt8(ascii: ".") {
      at += 1
      try someDigits()
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      at += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { at += 1 }
      try someDigits()
    }
    guard at - first <= 64 else { throw error("a number of more than 64 characters") }
    return .number(String(decoding: bytes[first..<at], as: UTF8.self))
  }

  private mutating func skipDigits() {
    while let byte = current, (48...57).contains(byte) { at += 1 }
  }

  private mutating func someDigits() throws(JSONError) {
    let before = at
    skipDigits()
    guard at > before else { throw error("a number needs a digit here") }
  }
}
