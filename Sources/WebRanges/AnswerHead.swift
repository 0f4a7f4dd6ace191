/// What the header of an answer says, as far as ranges are concerned.
struct AnswerHead {
  private(set) var status = 0
  private var contentRange: String?
  private var encoding: String?
  private var byteCount = 0

  /// Takes the next line. A status line begins another answer: what came before was a redirect or a
  /// note that says to wait.
  /// - Returns: false when the header is longer than `limit` bytes.
  mutating func take(_ line: UnsafeRawBufferPointer, limit: Int) -> Bool {
    let text = String(decoding: line, as: UTF8.self)
    if text.hasPrefix("HTTP/") {
      self = AnswerHead()
      let words = text.split(separator: " ", maxSplits: 2)
      status = words.count > 1 ? Int(Self.trimmed(words[1])) ?? 0 : 0
    }
    byteCount += line.count
    guard byteCount <= limit else { return false }
    guard let colon = text.firstIndex(of: ":") else { return true }
    let value = Self.trimmed(text[text.index(after: colon)...])
    switch text[..<colon].lowercased() {
    case "content-range": contentRange = value
    case "content-encoding": encoding = value
    default: break
    }
    return true
  }

  private static func trimmed(_ text: Substring) -> String {
    let isBlank = { (character: Character) in character.isWhitespace }
    let end = text.lastIndex { !isBlank($0) }.map { text.index(after: $0) }
    return String(text[..<(end ?? text.startIndex)].drop(while: isBlank))
  }

  /// What the body is, if it is what was asked for.
  func place(of wanted: WebRange) throws(WebError) -> ContentRange {
    guard status == 206 else {
      throw status == 200 ? .noRanges : .status(status)
    }
    if let encoding, encoding.lowercased() != "identity" {
      throw .wrongAnswer("it sends the file in another encoding than it was stored in")
    }
    guard let contentRange, let place = ContentRange(contentRange) else {
      throw .wrongAnswer("it does not say which range of how long a file it sends")
    }
    let isWanted =
      switch wanted {
      case .bytes(let range): place.range == range
      case .last(let count):
        place.range.upperBound == place.total && Int64(place.range.count) == min(count, place.total)
      }
    guard isWanted else { throw .wrongAnswer("it sends another range than was asked for") }
    return place
  }
}

/// `bytes 0-99/1234`.
struct ContentRange: Hashable {
  /// Not empty, and within `total`.
  var range: Range<Int64>
  /// Bytes of the whole file.
  var total: Int64

  init?(_ text: String) {
    let words = text.split(separator: " ")
    guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
    let parts = words[1].split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let total = Self.number(parts[1]) else { return nil }
    let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]),
      first <= last, last < total
    else { return nil }
    range = first..<(last + 1)
    self.total = total
  }

  /// Digits only: `Int64` would take a sign as well.
  private static func number(_ text: Substring) -> Int64? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int64(text)
  }
}
