/// A line of Swift without its comments and without what is inside its string literals.
struct SwiftLine {
  /// From 1.
  var number: Int
  var code: String
  var hasComment: Bool
}

/// Splits Swift source into lines of code, so that rules see neither prose nor strings.
///
/// Knows comments (nested ones too) and all forms of string literals. Inside an interpolation it takes
/// a quotation mark for the end of the literal, which turns code and literal around until the next
/// one: a rule could then miss something on that line, and no other.
struct SwiftLines {
  private enum State: Equatable {
    case code
    case lineComment
    case blockComment(depth: Int)
    case literal(isMultiline: Bool, hashes: Int)
  }

  private let bytes: [UInt8]
  private var position = 0
  private var state = State.code
  private var code: [UInt8] = []
  private var hasComment = false
  private var lines: [SwiftLine] = []

  static func split(_ text: String) -> [SwiftLine] {
    var splitter = SwiftLines(bytes: Array(text.utf8))
    splitter.run()
    return splitter.lines
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func run() {
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "\n") {
        endLine()
        continue
      }
      switch state {
      case .code: stepInCode()
      case .lineComment: position += 1
      case .blockComment(let depth): stepInComment(depth)
      case .literal(let isMultiline, let hashes): stepInLiteral(isMultiline, hashes)
      }
    }
    if !code.isEmpty || hasComment { endLine() }
  }

  private mutating func endLine() {
    lines.append(
      SwiftLine(
        number: lines.count + 1, code: String(decoding: code, as: UTF8.self),
        hasComment: hasComment))
    code = []
    position += 1
    switch state {
    case .lineComment, .literal(isMultiline: false, _): state = .code
    default: break
    }
    hasComment = if case .blockComment = state { true } else { false }
  }

  private mutating func stepInCode() {
    if takes("//") {
      (state, hasComment) = (.lineComment, true)
    } else if takes("/*") {
      (state, hasComment) = (.blockComment(depth: 1), true)
    } else if let (isMultiline, hashes) = opening() {
      code += [UInt8(ascii: "\""), UInt8(ascii: "\"")]
      position += hashes + (isMultiline ? 3 : 1)
      state = .literal(isMultiline: isMultiline, hashes: hashes)
    } else {
      code.append(bytes[position])
      position += 1
    }
  }

  private mutating func stepInComment(_ depth: Int) {
    if takes("/*") {
      state = .blockComment(depth: depth + 1)
    } else if takes("*/") {
      state = depth == 1 ? .code : .blockComment(depth: depth - 1)
    } else {
      position += 1
    }
  }

  private mutating func stepInLiteral(_ isMultiline: Bool, _ hashes: Int) {
    if hashes == 0, bytes[position] == UInt8(ascii: "\\") {
      // A line's end is left to `endLine`.
      let escapesLineEnd = position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: "\n")
      position += escapesLineEnd ? 1 : 2
    } else if takes(
      (isMultiline ? "\"\"\"" : "\"") + String(repeating: "#", count: hashes))
    {
      state = .code
    } else {
      position += 1
    }
  }

  /// The literal that begins here, if one does.
  private func opening() -> (isMultiline: Bool, hashes: Int)? {
    var index = position
    while index < bytes.count, bytes[index] == UInt8(ascii: "#") { index += 1 }
    guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { return nil }
    let quotes = bytes[index...].prefix(3)
    return (quotes.count == 3 && quotes.allSatisfy { $0 == quotes.first }, index - position)
  }

  private mutating func takes(_ token: String) -> Bool {
    guard bytes[position...].starts(with: token.utf8) else { return false }
    position += token.utf8.count
    return true
  }
}
