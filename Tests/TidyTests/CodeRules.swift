/// Rules about what people write, each a function from text to complaints.
enum CodeRules {
  /// What needs a reason beside it, because the compiler or the user pays when the reason is wrong.
  static let needsReason = ["try!", "fatalError(", "@unchecked Sendable", "nonisolated(unsafe)"]
  /// How far above the reason may begin.
  static let reasonWithin = 5

  static let maximumLines = 500
  /// Files that may be longer. None.
  static let longFiles: Set<String> = []
  static let countedSuffixes: Set<String> = ["swift", "c", "h", "proto", "py", "sh", ""]

  /// Put together here, so that this file does not complain of itself.
  static let unfinished = ["TO" + "DO", "FIX" + "ME"]
  /// Places on one person's machine, and papers that did not come with the repository.
  static let strangePlaces = ["/ho" + "me/", "/Use" + "rs/", "/wo" + "rk/", "/opt/" + "swift"]
  static let strangePapers = ["DESIGN" + ".md", "no" + "tes/", "spi" + "kes/"]

  static func unexplained(_ file: RepositoryFile) -> [Complaint] {
    var lastComment = Int.min / 2
    return SwiftLines.split(file.text).compactMap { line in
      if line.hasComment { lastComment = line.number }
      guard let found = needsReason.first(where: line.code.contains),
        line.number - lastComment > reasonWithin
      else { return nil }
      return Complaint(
        path: file.path, line: line.number,
        text: "\(found) without a comment within \(reasonWithin) lines above that says why")
    }
  }

  static func tooLong(_ file: RepositoryFile) -> [Complaint] {
    guard countedSuffixes.contains(file.suffix), !longFiles.contains(file.path) else { return [] }
    var lines = file.text.utf8.count { $0 == UInt8(ascii: "\n") }
    if !file.text.isEmpty, !file.text.hasSuffix("\n") { lines += 1 }
    guard lines > maximumLines else { return [] }
    return [Complaint(path: file.path, text: "\(lines) lines; \(maximumLines) is the limit")]
  }

  static func strangeWords(_ file: RepositoryFile) -> [Complaint] {
    let words = unfinished + strangePlaces + strangePapers
    // Nearly always nothing is found: look at lines only where something is.
    guard words.contains(where: file.text.contains) else { return [] }
    return file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      .compactMap { index, line in
        words.first(where: line.contains).map {
          Complaint(path: file.path, line: index + 1, text: "\"\($0)\" does not belong here")
        }
      }
  }
}
