/// A pattern of the 2025-09 format: `*` within a component, `{a,b}` alternatives, no `**`, no `[…]`.
/// A path is matched when it or one of its parent directories is.
public struct Glob: Hashable, Sendable, CustomStringConvertible {
  public let pattern: String
  /// Patterns without braces, as components.
  private let alternatives: [[String]]

  /// Alternatives one pattern may expand to; `{a,b}{a,b}…` doubles with every pair.
  static let expansionLimit = 256

  /// Nil when the pattern has unbalanced braces, uses `**` or `[`, or expands beyond reason.
  public init?(_ pattern: String) {
    guard !pattern.isEmpty, pattern.utf8.count <= 1024, !pattern.contains("**"),
      !pattern.contains("["), let expanded = Self.expand(pattern)
    else { return nil }
    self.pattern = pattern
    alternatives = expanded.map { $0.split(separator: "/").map(String.init) }
  }

  private init(all: Void) {
    pattern = "*"
    alternatives = [["*"]]
  }

  /// Matches every path.
  public static let everything = Glob(all: ())
  var matchesEverything: Bool { pattern == "*" }
  public var description: String { pattern }

  public func matches(_ path: String) -> Bool {
    let components = path.split(separator: "/").map(String.init)
    return alternatives.contains { alternative in
      !alternative.isEmpty && alternative.count <= components.count
        && zip(alternative, components).allSatisfy { Self.matches($0, $1) }
    }
  }

  /// `*` against one component, without backtracking beyond the last star, so in time that is at
  /// most the product of the lengths.
  private static func matches(_ pattern: String, _ name: String) -> Bool {
    let pattern = Array(pattern.utf8)
    let name = Array(name.utf8)
    var p = 0
    var n = 0
    var star: (pattern: Int, name: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
        star = (p + 1, n)
        p += 1
      } else if p < pattern.count, pattern[p] == name[n] {
        p += 1
        n += 1
      } else if let last = star {
        star = (last.pattern, last.name + 1)
        p = last.pattern
        n = last.name + 1
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }

  /// Brace expansion, outermost first; nil when unbalanced or too much.
  private static func expand(_ pattern: String) -> [String]? {
    var done: [String] = []
    var pending = [pattern]
    while let next = pending.popLast() {
      guard let open = next.firstIndex(of: "{") else {
        if next.contains("}") { return nil }
        done.append(next)
        continue
      }
      var depth = 0
      var parts: [Substring] = []
      var start = next.index(after: open)
      var close: String.Index?
      for at in next[open...].indices {
        switch next[at] {
        case "{": depth += 1
        case "}": depth -= 1
        case ",": break
        default: continue
        }
        if depth == 0 || (depth == 1 && next[at] == ",") {
          parts.append(next[start..<at])
          start = next.index(after: at)
        }
        if depth == 0 {
          close = at
          break
        }
      }
      guard let close else { return nil }
      let tail = next[next.index(after: close)...]
      for part in parts.reversed() {
        // No name in a package has a blank, so one around an alternative is there for the reader.
        let bare = part.drop { $0 == " " }
        let trimmed = bare.prefix(bare.count - bare.reversed().prefix { $0 == " " }.count)
        pending.append(String(next[..<open] + trimmed + tail))
      }
      guard pending.count + done.count <= expansionLimit else { return nil }
    }
    return done
  }
}
