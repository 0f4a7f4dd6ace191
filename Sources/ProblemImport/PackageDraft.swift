import Foundation
import JudgeModel
import ProblemPackage

/// A package directory in the making: what it will say and where its files come from. Nothing is
/// written until all of it is known to be good.
struct PackageDraft {
  enum Content {
    case text(String)
    /// Of a shell; executable.
    case script(String)
    case bytes([UInt8])
    /// Copied from a source; with line ends made line feeds, if so wished.
    case copy(SourceTree, String, normalised: Bool)
  }
  /// One testcase as it was found.
  struct Case {
    var tree: SourceTree
    /// nil: an empty input.
    var input: String?
    var answer: String?
    /// nil: the same as the input's.
    var answerTree: SourceTree?
  }

  /// Where it came from, for the comment on top of problem.yaml.
  var origin = ""
  var title = ""
  /// What the UUID is made of: the same source has the same UUID whenever it is imported.
  var identity = ""
  var isScoring = false
  var isInteractive = false
  var timeLimit: TimeSpan?
  var memoryBytes: Int64?
  /// MiB; raised when an answer needs more.
  var outputMebibytes: Int64 = 8
  var validatorProtocol = ValidatorProtocol.ppf
  var comparison: LayoutComparison?
  var normalisesLineEnds = false
  /// By path in the package.
  private(set) var files: [String: Content] = [:]
  /// In order, for the summary.
  private(set) var groups: [(name: String, cases: Int, note: String)] = []
  private(set) var caseCount = 0
  /// Groups that are worth all their points or none.
  private(set) var hasPassFailGroups = false
  private(set) var largestAnswer: Int64 = 0
  private var submissionRules: [String: String] = [:]
  private(set) var submissions: [String] = []

  mutating func add(_ path: String, _ content: Content) { files[path] = content }

  /// Adds testcases to a folder below `data/`, numbered in their order with as many digits as needed.
  ///
  /// - Parameters:
  ///   - note: what the group is worth, for the summary.
  ///   - settings: text of its test_group.yaml.
  mutating func add(
    _ cases: [Case], to group: String, note: String = "", settings: String? = nil,
    comment: String = ""
  ) {
    let width = max(2, String(cases.count).count)
    for (at, testcase) in cases.enumerated() {
      let number = String(at + 1)
      let name =
        "data/\(group)/" + String(repeating: "0", count: width - number.count) + number
      let normalised = normalisesLineEnds
      let answers = testcase.answerTree ?? testcase.tree
      let content = { (tree: SourceTree, path: String?) -> Content in
        path.map { .copy(tree, $0, normalised: normalised) } ?? .text("")
      }
      files[name + ".in"] = content(testcase.tree, testcase.input)
      files[name + ".ans"] = content(answers, testcase.answer)
      if let answer = testcase.answer {
        largestAnswer = max(largestAnswer, answers.sizes[answer] ?? 0)
      }
    }
    if let settings {
      files["data/\(group)/test_group.yaml"] = .text(
        (comment.isEmpty ? "" : "# \(comment)\n") + settings)
    }
    caseCount += cases.count
    if settings?.contains(Aggregation.Rule.passFail.rawValue) == true { hasPassFailGroups = true }
    groups.append((group, cases.count, note))
  }

  /// Adds a program of the jury under a label. Of several with one name the later ones get a folder
  /// each, because some languages want the file to be called like a class in it.
  mutating func addSubmission(_ tree: SourceTree, _ path: String, label: String) {
    var name = path.lastName
    if name.hasSuffix(".java"), let own = JavaSource.className(in: tree, path) {
      // Other judges rename what they compile, so the file may be called anything.
      name = own + ".java"
    }
    let file = PackageName.made(of: name.stem) + name.dropFirst(name.stem.count)
    var target = "\(label)/\(file)"
    var number = 2
    while files["submissions/" + target] != nil {
      target = "\(label)/\(PackageName.made(of: name.stem))_\(number)/\(file)"
      number += 1
    }
    files["submissions/" + target] = .copy(tree, path, normalised: false)
    submissions.append(target)
  }

  /// What a label means that is none of the format's own.
  mutating func explain(label: String, _ rule: String) { submissionRules[label] = rule }

  /// All files with the ones that are written last, because they say what the others are.
  func complete() -> [String: Content] {
    var all = files
    all["problem.yaml"] = .text(problemYAML)
    var own: [String] = []
    if validatorProtocol != .ppf {
      own.append("output_validator_protocol: \(validatorProtocol.rawValue)")
    }
    if let comparison { own.append("comparison: \(comparison.rawValue)") }
    if !own.isEmpty {
      all["assize.yaml"] = .text(
        "# What the problem package format has no words for.\n" + own.joined(separator: "\n") + "\n"
      )
    }
    if !submissionRules.isEmpty {
      let rules = submissionRules.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\n" }
      all["submissions/submissions.yaml"] = .text(rules.joined())
    }
    return all
  }

  private var problemYAML: String {
    var kinds: [String] = []
    if isScoring { kinds.append("scoring") } else { kinds.append("pass-fail") }
    if isInteractive { kinds.append("interactive") }
    var text = """
      # Imported from \(origin).
      problem_format_version: 2025-09
      name: \(Self.quoted(title))
      uuid: \(uuid)
      type: [\(kinds.joined(separator: ", "))]
      limits:

      """
    if let timeLimit {
      text += "  time_limit: \(Score(billionths: timeLimit.nanoseconds))\n"
      if timeLimit.nanoseconds % 1_000_000_000 != 0 { text += "  time_resolution: 0.001\n" }
    }
    if let memoryBytes { text += "  memory: \((memoryBytes + (1 << 20) - 1) >> 20)\n" }
    text += "  output: \(max(outputMebibytes, 2 * largestAnswer >> 20 + 1))\n"
    return text
  }

  /// A UUID of version 8, whose bits are the program's own affair.
  private var uuid: String {
    var bytes = Array(SHA256.digest(Array(("assize import\n" + identity).utf8)).hex.prefix(32))
    bytes[12] = "8"
    bytes[16] = "8"
    var out = ""
    for (at, digit) in bytes.enumerated() {
      if [8, 12, 16, 20].contains(at) { out += "-" }
      out.append(digit)
    }
    return out
  }

  /// Text in double quotes as YAML and JSON read it; what could break a line is dropped.
  static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars.prefix(1000) {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case _ where scalar.value < 32 || (0x7F...0x9F).contains(scalar.value): out += " "
      case "\u{2028}", "\u{2029}", "\u{FEFF}": out += " "
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}

enum JavaSource {
  /// The class that the file has to be named after: the public one, else the first.
  static func className(in tree: SourceTree, _ path: String) -> String? {
    guard let bytes = try? tree.contents(path, limit: 1 << 20) else { return nil }
    var first: String?
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      let text = line.drop { $0 == " " || $0 == "\t" }
      // Comments like to speak of classes too.
      guard !text.hasPrefix("//"), !text.hasPrefix("*"), !text.hasPrefix("/*") else { continue }
      let words = text.split {
        !($0.isASCII && ($0.isLetter || $0.isNumber)) && $0 != "_" && $0 != "$"
      }
      guard let at = words.firstIndex(of: "class"), at + 1 < words.count else { continue }
      let name = String(words[at + 1])
      if words[..<at].contains("public") { return name }
      first = first ?? name
    }
    return first
  }
}

enum PackageName {
  /// A name that packages may have from one that they may not: what is not allowed becomes `_`.
  static func made(of name: some StringProtocol) -> String {
    var out = ""
    for byte in name.utf8.prefix(100) {
      let scalar = Unicode.Scalar(byte)
      let isWord = (scalar.properties.isAlphabetic && scalar.isASCII) || (48...57).contains(byte)
      out += isWord || ((byte == 46 || byte == 45) && !out.isEmpty) ? String(scalar) : "_"
    }
    return out.isEmpty ? "_" : out
  }
}
