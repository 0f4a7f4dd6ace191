import JudgeModel

/// Finds the jury's submissions and what each is expected to get: from the directory it lies in,
/// from `submissions.yaml`, and from a tag in its source text.
struct SubmissionReader {
  let tree: PackageTree
  let findings: Findings
  let settings: ProblemSettings
  /// Legacy: possible scores of the whole problem.
  let range: ScoreRange?
  private var format: SourceFormat { settings.format }

  init(tree: PackageTree, findings: Findings, settings: ProblemSettings, range: ScoreRange?) {
    self.tree = tree
    self.findings = findings
    self.settings = settings
    self.range = range
  }

  static let root = "submissions"

  func read() -> [LabelledSubmission] {
    var submissions: [LabelledSubmission] = []
    for label in tree.names(in: Self.root) {
      let directory = Self.root + "/" + label
      guard tree.isDirectory(directory) else {
        if label != "submissions.yaml" && !label.hasPrefix("README") {
          findings.warning(
            directory, "ignored: submissions lie in a directory that says what they should get")
        }
        continue
      }
      for name in tree.names(in: directory) {
        let path = directory + "/" + name
        let isDirectory = tree.isDirectory(path)
        let files = isDirectory ? tree.files(below: path).map(\.path) : [path]
        guard !files.isEmpty else {
          findings.warning(path, "is an empty directory; ignored")
          continue
        }
        submissions.append(
          LabelledSubmission(
            name: label + "/" + name, label: label, files: files, isDirectory: isDirectory,
            language: language(of: files)))
      }
    }
    let rules = SubmissionsYAML.read(tree, findings, submissions: submissions)
    for at in submissions.indices { addExpectations(&submissions[at], rules) }
    if !submissions.contains(where: { $0.label == "accepted" }) {
      findings.warning(
        Self.root + "/accepted",
        "there is no accepted submission, so nothing shows that the "
          + "problem can be solved within its limits")
    }
    return submissions
  }

  private func language(of files: [String]) -> LanguageID? {
    if settings.kind.isSubmitAnswer { return .answers }
    let language = SourceLanguage.of(files)
    guard language == LanguageID("python3"), files.contains(where: isPython2) else {
      return language
    }
    return SourceLanguage.python2
  }

  /// Whether its first line asks for Python 2: by its extension alone it would be taken for Python 3
  /// and not compile.
  private func isPython2(_ path: String) -> Bool {
    guard let file = tree.file(path), file.size <= 1 << 20,
      let bytes = tree.contents(path, limit: 1 << 20, findings), bytes.starts(with: "#!".utf8)
    else { return false }
    let line = bytes.prefix(200).prefix { $0 != 10 }
    return String(decoding: line, as: UTF8.self).contains("python2")
  }

  private func addExpectations(_ submission: inout LabelledSubmission, _ rules: SubmissionsYAML) {
    // A rule for the bare directory replaces its default; every other rule comes on top.
    var standard = DirectoryLabel.expectation(submission.label, format)
    if submission.label == "partially_accepted", standard != nil {
      standard?.score = settings.partialScores(range)
    }
    if !rules.replaces.contains(submission.label), let standard {
      submission.expectations.append(standard)
    }
    for rule in rules.rules where rule.glob.matches(submission.name) {
      submission.language = rule.language ?? submission.language
      submission.entryPoint = rule.entryPoint ?? submission.entryPoint
      submission.expectations += rule.expectations
    }
    addTag(&submission, label: standard)
    if submission.expectations.isEmpty {
      let near = DirectoryLabel.known.first { YAMLMap.isNear($0, submission.label) }
      findings.warning(
        Self.root + "/" + submission.name,
        "nothing says what this should get: move it to a directory such as \(near ?? "accepted"), or "
          + "add `@EXPECTED_RESULTS@: …` to its text")
    }
    reportContradiction(submission)
  }

  /// `@EXPECTED_RESULTS@: WRONG-ANSWER, TIMELIMIT` or `@EXPECTED_SCORE@: 40` in any of its files.
  private func addTag(_ submission: inout LabelledSubmission, label: Expectation?) {
    var found: Expectation?
    for path in submission.files {
      guard let tag = ExpectedResultsTag.find(path, tree, findings) else { continue }
      if found != nil {
        findings.error(path, line: tag.line, "a second @EXPECTED…@ tag; keep one per submission")
        continue
      }
      if let permitted = label?.permitted, let tagged = tag.expectation.permitted,
        label?.scope == .judging, permitted.isDisjoint(with: tagged)
      {
        findings.error(
          path, line: tag.line,
          "the tag contradicts the directory \(submission.label); change "
            + "the tag or move the file")
      }
      found = tag.expectation
    }
    if let found { submission.expectations.append(found) }
  }

  private func reportContradiction(_ submission: LabelledSubmission) {
    var possible = Set(Verdict.allCases)
    for expectation in submission.expectations where expectation.scope == .testcases(.everything) {
      guard let permitted = expectation.permitted else { continue }
      possible = possible.filter { Expectation.matches($0, permitted) }
      guard possible.isEmpty else { continue }
      findings.error(
        Self.root + "/" + submission.name,
        "no verdict is permitted by all rules for it (last: \(expectation.origin)); "
          + "change one of them")
      return
    }
  }
}

extension ProblemSettings {
  /// Scores of a submission that is accepted and not the best; nil when nobody said what is best.
  fileprivate func partialScores(_ range: ScoreRange?) -> ClosedRange<Score>? {
    guard kind.isScoring else { return nil }
    let step = Score(billionths: 1)
    var lowest = range?.lowest ?? Score(billionths: .min)
    var highest = range?.highest ?? Score(billionths: .max)
    if isBestScoreLowest {
      guard let next = range?.lowest?.adding(step) else { return nil }
      lowest = next
    } else {
      guard let next = range?.highest?.subtracting(step) else { return nil }
      highest = next
    }
    return lowest <= highest ? lowest...highest : nil
  }
}

/// What the name of a directory below `submissions/` promises.
package enum DirectoryLabel {
  /// Names of directories that say what their submissions get.
  package static let known = [
    "accepted", "wrong_answer", "time_limit_exceeded", "run_time_error", "runtime_error",
    "memory_limit_exceeded", "output_limit_exceeded", "compile_error", "rejected", "brute_force",
    "partially_accepted", "no_output",
  ]

  static func expectation(_ label: String, _ format: SourceFormat) -> Expectation? {
    let origin = "directory \(label)"
    let name = label.lowercased()
    let failures: Set<Verdict> = [
      .wrongAnswer, .timeLimit, .runtimeError, .memoryLimit, .outputLimit,
    ]
    // Nothing runs in these, so they speak of the whole judging in every dialect.
    if ["compile_error", "compiler_error"].contains(name) {
      return Expectation(.judging, permitted: [.compileError], origin: origin)
    }
    if name == "rejected" {
      return format == .ppf2025
        ? Expectation(.testcases(.everything), required: failures, origin: origin)
        : Expectation(.judging, permitted: failures, origin: origin)
    }
    if name == "brute_force" {
      let slow: Set<Verdict> = [.runtimeError, .timeLimit]
      return format == .ppf2025
        ? Expectation(
          .testcases(.everything), permitted: slow.union([.accepted]), required: slow,
          timeLimitUse: Expectation.TimeLimitUse.none, origin: origin)
        : Expectation(.judging, permitted: slow, origin: origin)
    }
    if name == "partially_accepted", format != .ppf2025 {
      // Accepted with less than the best score; it says nothing about how fast it is.
      return Expectation(
        .judging, permitted: [.accepted], timeLimitUse: Expectation.TimeLimitUse.none,
        origin: origin)
    }
    guard let verdict = verdict(of: name) else { return nil }
    if format != .ppf2025 { return Expectation(.judging, permitted: [verdict], origin: origin) }
    if verdict == .accepted {
      return Expectation(.testcases(.everything), permitted: [.accepted], origin: origin)
    }
    return Expectation(
      .testcases(.everything), permitted: [.accepted, verdict], required: [verdict],
      origin: origin)
  }

  private static func verdict(of name: String) -> Verdict? {
    switch name {
    case "accepted": .accepted
    case "wrong_answer", "no_output": .wrongAnswer
    case "time_limit_exceeded": .timeLimit
    case "run_time_error", "runtime_error": .runtimeError
    case "memory_limit_exceeded", "memory_limit": .memoryLimit
    case "output_limit_exceeded", "output_limit": .outputLimit
    default: nil
    }
  }
}

/// DOMjudge's tag in source text.
enum ExpectedResultsTag {
  /// Source files are small; a tag further down is not found.
  private static let searched = 1 << 20

  static func find(
    _ path: String, _ tree: PackageTree, _ findings: Findings
  ) -> (expectation: Expectation, line: Int)? {
    guard let file = tree.file(path), file.size <= searched,
      let bytes = tree.contents(path, limit: searched, findings)
    else { return nil }
    for (number, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated()
    {
      // Most lines have no tag: look for its first byte before making text of them.
      guard line.contains(UInt8(ascii: "@")) else { continue }
      let text = String(decoding: line, as: UTF8.self)
      let origin = "\(path):\(number + 1)"
      if let value = value(of: "@EXPECTED_RESULTS@:", in: text) {
        return (results(value, path, number + 1, origin, findings), number + 1)
      }
      if let value = value(of: "@EXPECTED_SCORE@:", in: text) {
        guard let score = value.split(separator: " ").first.flatMap({ Score($0) }) else {
          findings.error(path, line: number + 1, "`\(value)` is not a score")
          return nil
        }
        return (Expectation(.judging, score: score...score, origin: origin), number + 1)
      }
    }
    return nil
  }

  private static func results(
    _ value: String, _ path: String, _ line: Int, _ origin: String, _ findings: Findings
  ) -> Expectation {
    var permitted: Set<Verdict> = []
    for word in value.split(whereSeparator: { $0 == "," || $0 == "|" }) {
      guard let name = word.split(whereSeparator: \.isWhitespace).first else { continue }
      if let verdict = verdict(String(name)) {
        permitted.insert(verdict)
      } else if name.uppercased() != "CHECK-MANUALLY" {
        findings.error(
          path, line: line,
          "`\(name)` is not a result; use CORRECT, WRONG-ANSWER, "
            + "TIMELIMIT, RUN-ERROR, MEMORY-LIMIT, OUTPUT-LIMIT, NO-OUTPUT or COMPILER-ERROR")
      }
    }
    return Expectation(.judging, permitted: permitted.isEmpty ? nil : permitted, origin: origin)
  }

  private static func value(of tag: String, in line: String) -> String? {
    guard let range = line.firstRange(of: tag) else { return nil }
    return String(line[range.upperBound...])
  }

  private static func verdict(_ word: String) -> Verdict? {
    let folded = word.uppercased().map { $0 == "_" ? "-" : $0 }
    switch String(folded) {
    case "CORRECT", "ACCEPTED", "AC": return .accepted
    case "WRONG-ANSWER", "NO-OUTPUT", "WA": return .wrongAnswer
    case "TIMELIMIT", "TIME-LIMIT", "TIME-LIMIT-EXCEEDED", "TLE": return .timeLimit
    case "RUN-ERROR", "RUN-TIME-ERROR", "RUNTIME-ERROR", "RTE": return .runtimeError
    case "MEMORY-LIMIT", "MEMORY-LIMIT-EXCEEDED", "MLE": return .memoryLimit
    case "OUTPUT-LIMIT", "OUTPUT-LIMIT-EXCEEDED", "OLE": return .outputLimit
    case "COMPILER-ERROR", "COMPILE-ERROR", "CE": return .compileError
    default: return nil
    }
  }
}
