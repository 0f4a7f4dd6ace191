import JudgeModel

/// Turns the files of one submission, as an archive holds them, into those of a `Program`.
///
/// Names come from contestants. Two kinds are told apart: a name that could reach outside (`..`,
/// absolute, a backslash, a link) is an attack or damage, and the submission is not judged; a name
/// that is merely awkward (a blank, an accent, a leading dash that a compiler would take for an
/// option) is made plain and a note says so, because somebody's solution must not fall out of a
/// regrade for a blank in its name.
struct SourceFiles {
  /// Files of one submission.
  static let countLimit = 256
  static let nameLimit = 1024
  /// Components of a name, and bytes of all names together: what a scheduler takes. A compiler gets
  /// all names in one command.
  static let depthLimit = 32
  static let allNamesLimit = 32 << 10
  static let componentLimit = 255

  private(set) var files: [SourceFile] = []
  private(set) var notes: [String] = []
  private var folded: Set<String> = []
  private var byteCount = 0
  private var nameByteCount = 0

  /// Bytes that another file may have.
  var remainingBytes: Int { Program.byteLimit - byteCount }

  static var tooLarge: ArchiveTrouble {
    ArchiveTrouble(problem: "more than \(Program.byteLimit >> 10) KiB of source text")
  }

  static func unpacked(zip bytes: [UInt8]) throws(ArchiveTrouble) -> SourceFiles {
    var sources = SourceFiles()
    var reader = try ZipReader.reading(bytes)
    // Entries are counted whatever they are: folders cost time, too.
    var count = 0
    while let entry = try reader.next() {
      count += 1
      guard count <= 4 * countLimit else {
        throw ArchiveTrouble(problem: "more than \(4 * countLimit) members")
      }
      guard let name = entry.name, !name.isEmpty else {
        throw ArchiveTrouble(problem: "a member without a readable name")
      }
      if let reason = refusal(of: entry, named: name) {
        throw ArchiveTrouble(problem: "\"\(name.plainLine(limit: 80))\" \(reason)")
      }
      if entry.kind == .folder || isDebris(name) { continue }
      guard let contents = try reader.contents(limit: sources.remainingBytes) else {
        throw tooLarge
      }
      try sources.add(name: name, contents: contents)
    }
    return sources
  }

  private static func refusal(of entry: ZipEntry, named name: String) -> String? {
    if entry.isEncrypted { return "is encrypted" }
    switch entry.kind {
    case .link: return "is a link"
    case .other: return "is neither a file nor a folder"
    case .file, .folder: return hostility(of: name)
    }
  }

  /// Checks the name and takes the file.
  mutating func add(name: String, contents: [UInt8]) throws(ArchiveTrouble) {
    if let reason = Self.hostility(of: name) {
      throw ArchiveTrouble(problem: "\"\(name.plainLine(limit: 80))\" \(reason)")
    }
    guard files.count < Self.countLimit else {
      throw ArchiveTrouble(problem: "more than \(Self.countLimit) files")
    }
    guard contents.count <= remainingBytes else { throw Self.tooLarge }
    let plain = Self.plainName(name)
    // Once more: a plain name can be longer than the one it stands for.
    if let reason = Self.hostility(of: plain) {
      throw ArchiveTrouble(problem: "\"\(name.plainLine(limit: 80))\" \(reason)")
    }
    guard nameByteCount + plain.utf8.count <= Self.allNamesLimit else {
      throw ArchiveTrouble(
        problem: "more than \(Self.allNamesLimit >> 10) KiB in the names of its files")
    }
    // Equal on a file system that ignores case means that one would overwrite the other there.
    guard folded.insert(plain.lowercased()).inserted else {
      throw ArchiveTrouble(problem: "two files are named \"\(plain)\" (case ignored)")
    }
    if plain != name {
      notes.append("file \"\(name.plainLine(limit: 80))\" is judged under the name \"\(plain)\"")
    }
    byteCount += contents.count
    nameByteCount += plain.utf8.count
    files.append(SourceFile(name: plain, contents: contents))
  }

  /// Why a name may not be used at all; nil when it may.
  static func hostility(of name: String) -> String? {
    if name.utf8.count > nameLimit { return "is longer than \(nameLimit) bytes" }
    if name.hasPrefix("/") { return "is an absolute path" }
    if name.utf8.contains(UInt8(ascii: "\\")) { return "has a backslash in its name" }
    if name.utf8.contains(where: { $0 < 32 || $0 == 127 }) {
      return "has a control character in its name"
    }
    if name.utf8.count >= 2, name.utf8.dropFirst().first == UInt8(ascii: ":") {
      return "names a drive"
    }
    let parts = name.split(separator: "/", omittingEmptySubsequences: true)
    if parts.count > depthLimit { return "has more than \(depthLimit) components" }
    for part in parts {
      if part == ".." { return "leads out of the submission" }
      if part.utf8.count > componentLimit { return "has a part of more than 255 bytes" }
    }
    return nil
  }

  /// What packing programs leave behind, never source text.
  static func isDebris(_ name: String) -> Bool {
    name.hasPrefix("__MACOSX/") || name.hasSuffix(".DS_Store") || name.hasSuffix("Thumbs.db")
  }

  /// Only `[A-Za-z0-9_.+-]`, not starting with a dot or a dash, no empty or `.` components.
  static func plainName(_ name: String) -> String {
    let parts = name.split(separator: "/").filter { $0 != "." }.map { part in
      var plain = String(
        part.unicodeScalars.map { scalar -> Character in
          switch scalar {
          case "a"..."z", "A"..."Z", "0"..."9", "_", ".", "+", "-": Character(scalar)
          default: "_"
          }
        })
      if plain.first == "." || plain.first == "-" { plain = "_" + plain }
      return plain
    }
    return parts.isEmpty ? "_" : parts.joined(separator: "/")
  }
}

extension String {
  /// Safe to show in a terminal, a table cell or a log: one line, no control or direction-changing
  /// characters, at most `limit` characters.
  func plainLine(limit: Int) -> String {
    var out = ""
    var count = 0
    var pendingBlank = false
    for scalar in unicodeScalars {
      if scalar == " " || scalar == "\n" || scalar == "\t" || scalar == "\r" {
        pendingBlank = !out.isEmpty
        continue
      }
      guard count < limit else { return out + "…" }
      if pendingBlank {
        out += " "
        count += 1
        pendingBlank = false
      }
      out.unicodeScalars.append(scalar.isControl ? "\u{FFFD}" : scalar)
      count += 1
    }
    return out
  }

  /// The same without a limit and with all blanks kept.
  var withoutControls: String {
    guard unicodeScalars.contains(where: \.isControl) else { return self }
    var out = ""
    for scalar in unicodeScalars {
      out.unicodeScalars.append(scalar.isControl ? "\u{FFFD}" : scalar)
    }
    return out
  }
}

extension Unicode.Scalar {
  /// Steers a terminal or the direction of text, or has no agreed meaning at all.
  var isControl: Bool {
    guard !isASCII else { return value < 32 || value == 127 }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      return true
    default: return false
    }
  }
}
