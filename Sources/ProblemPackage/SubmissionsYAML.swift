import JudgeModel

/// `submissions/submissions.yaml`: rules by glob.
struct SubmissionsYAML {
  struct Rule {
    var glob: Glob
    var language: LanguageID?
    var entryPoint: String?
    var expectations: [Expectation]
  }
  var rules: [Rule] = []
  /// Directories whose default the file replaces.
  var replaces: Set<String> = []

  private static let path = SubmissionReader.root + "/submissions.yaml"
  private static let verdictKeys: Set<String> = [
    "permitted", "required", "score", "message", "use_for_time_limit",
  ]
  private static let ownKeys: Set<String> = [
    "language", "entrypoint", "authors", "model_solution",
  ]
  private static let defaultDirectories: Set<String> = [
    "accepted", "rejected", "wrong_answer", "time_limit_exceeded", "run_time_error", "brute_force",
    "memory_limit_exceeded", "output_limit_exceeded", "compile_error",
  ]

  static func read(
    _ tree: PackageTree, _ findings: Findings, submissions: [LabelledSubmission]
  ) -> SubmissionsYAML {
    var result = SubmissionsYAML()
    guard let map = YAMLMap.load(path, in: tree, findings) else { return result }
    for (key, value) in map.entries {
      let pattern = key.hasSuffix("/") ? String(key.dropLast()) : key
      guard let glob = Glob(pattern) else {
        value.error("`\(key)` is not a pattern: `*` and `{a,b}` are, `**` and `[…]` are not")
        continue
      }
      guard !value.isNull, let settings = value.map() else { continue }
      if !submissions.contains(where: { glob.matches($0.name) }) {
        value.warning("`\(key)` matches no submission")
      }
      var rule = Rule(glob: glob, expectations: [])
      rule.language = settings["language"]?.text().map { LanguageID($0) }
      rule.entryPoint = settings["entrypoint"]?.text()
      let base =
        defaultDirectories.contains(pattern)
        ? DirectoryLabel.expectation(pattern, .ppf2025) : nil
      if base != nil { result.replaces.insert(pattern) }
      rule.expectations = expectations(settings, base: base)
      result.rules.append(rule)
    }
    return result
  }

  private static func expectations(_ settings: YAMLMap, base: Expectation?) -> [Expectation] {
    var all: [Expectation] = []
    let hasVerdicts = settings.entries.contains { verdictKeys.contains($0.key) }
    if hasVerdicts || base != nil {
      all.append(expectation(settings, .everything, base: base))
    }
    for (key, value) in settings.entries
    where !verdictKeys.contains(key) && !ownKeys.contains(key) {
      // Whatever is no key of the format names testcases or groups; those start in data/.
      guard let glob = Glob(key),
        key.hasPrefix("s") || key.hasPrefix("*") || key.hasPrefix("{"), value.isMap
      else {
        value.error("`\(key)` is neither a key of submissions.yaml nor a pattern of testcases")
        continue
      }
      guard let map = value.map() else { continue }
      map.allow(only: verdictKeys, what: "a rule for testcases")
      all.append(expectation(map, glob, base: nil))
    }
    return all
  }

  private static func expectation(
    _ map: YAMLMap, _ glob: Glob, base: Expectation?
  ) -> Expectation {
    var result =
      base ?? Expectation(.testcases(glob), origin: "")
    result.origin = map.path + (map.line.map { ":\($0)" } ?? "")
    if let value = map["permitted"] { result.permitted = verdicts(value) }
    if let value = map["required"] { result.required = verdicts(value) }
    if let value = map["score"] { result.score = score(value) }
    if let value = map["message"], let text = value.text(), !text.isEmpty { result.message = text }
    if let value = map["use_for_time_limit"], let text = value.text() {
      switch text {
      case "false": result.timeLimitUse = Expectation.TimeLimitUse.none
      case "true": result.timeLimitUse = nil
      case "lower":
        result.timeLimitUse = .lower
        result.permitted = (result.permitted ?? Set(Verdict.allCases)).subtracting([.timeLimit])
      case "upper":
        result.timeLimitUse = .upper
        result.required = [.timeLimit]
      default: value.error("`\(text)`: use true, false, lower or upper")
      }
    }
    return result
  }

  private static func verdicts(_ value: YAMLValue) -> Set<Verdict>? {
    guard let names = value.oneOrMoreTexts() else { return nil }
    var all: Set<Verdict> = []
    for name in names {
      if let verdict = Verdict(rawValue: name), verdict != .judgeError {
        all.insert(verdict)
      } else {
        value.error("`\(name)` is not a verdict; use AC, WA, TLE, RTE, MLE, OLE or CE")
      }
    }
    if all.isEmpty { value.error("`\(value.key)` names no verdict, so nothing could satisfy it") }
    return all.isEmpty ? nil : all
  }

  private static func score(_ value: YAMLValue) -> ClosedRange<Score>? {
    if let pair = value.sequence() {
      guard pair.count == 2, let low = pair[0].decimal(), let high = pair[1].decimal(), low <= high
      else {
        value.error("a range of scores is two numbers, the smaller one first")
        return nil
      }
      return low...high
    }
    return value.decimal().map { $0...$0 }
  }
}
