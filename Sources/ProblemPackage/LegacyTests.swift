import JudgeModel

/// What a `testdata.yaml` may set; nil is inherited.
struct LegacyGroupKeys {
  var breaks: Bool?
  var isCustomGraded: Bool?
  var graderFlags: [String]?
  var validatorFlags: [String]?
  var acceptScore: Score?
  var rejectScore: Score?
  var range: ScoreRange?

  /// Own keys, and the parent's where there are none.
  func inheriting(_ parent: LegacyGroupKeys) -> LegacyGroupKeys {
    LegacyGroupKeys(
      breaks: breaks ?? parent.breaks, isCustomGraded: isCustomGraded ?? parent.isCustomGraded,
      graderFlags: graderFlags ?? parent.graderFlags,
      validatorFlags: validatorFlags ?? parent.validatorFlags,
      acceptScore: acceptScore ?? parent.acceptScore,
      rejectScore: rejectScore ?? parent.rejectScore, range: range ?? parent.range)
  }
}

/// Reads `data/` of the older formats: every directory is a group, and `testdata.yaml` is inherited
/// by what lies below it.
struct LegacyTestsReader {
  let tree: PackageTree
  let findings: Findings
  let settings: ProblemSettings
  /// Nil when a validator judges.
  let comparison: TokenComparison?
  let programs: ProgramReader

  func read() -> ReadTests {
    var out = ReadTests(
      root: TestGroup(name: "", children: [], grading: .legacy(LegacyGrading())))
    var levels = ComparisonLevels(comparison: comparison)
    let keys = settings.grading.inheriting(readKeys("data", &levels))
    out.range = keys.range
    for name in tree.names(in: "data")
    where !["sample", "secret", "testdata.yaml"].contains(name) {
      findings.warning("data/" + name, "ignored: testcases lie in data/sample and data/secret")
    }
    let children = ["sample", "secret"].filter { tree.isDirectory("data/" + $0) }
      .map { TestNode.group(group($0, keys, levels, &out)) }
    out.root = TestGroup(
      name: "", children: children, grading: grading(keys, isRoot: true, &out),
      breaksOnReject: keys.breaks ?? true)
    return out
  }

  private func group(
    _ name: String, _ inherited: LegacyGroupKeys, _ above: ComparisonLevels, _ out: inout ReadTests
  ) -> TestGroup {
    let directory = "data/" + name
    // Flags replace those of the level above (the nearest file that gives any wins), so each level
    // starts from the flags of problem.yaml again.
    var levels = ComparisonLevels(comparison: comparison)
    let own = readKeys(directory, &levels)
    if own.validatorFlags == nil { levels = above }
    let keys = settings.grading.inheriting(own.inheriting(inherited))
    let finder = TestcaseFinder(tree: tree, findings: findings)

    var nodes: [(name: String, sortsInProblemtools: String, node: TestNode)] = []
    for stem in finder.names(in: directory, format: settings.format) {
      let testcase = Testcase(
        name: name + "/" + stem, input: "\(directory)/\(stem).in",
        answer: "\(directory)/\(stem).ans", validatorArguments: keys.validatorFlags ?? [],
        comparison: levels.comparison)
      out.files.append((testcase.input, .input))
      out.files.append((testcase.answer, .answer))
      nodes.append((stem, stem + ".in", .testcase(testcase)))
    }
    for child in tree.names(in: directory) where tree.isDirectory(directory + "/" + child) {
      let node = TestNode.group(group(name + "/" + child, keys, levels, &out))
      nodes.append((child, child, node))
    }
    nodes.sort { PathRules.byteOrder($0.name, $1.name) }
    reportOrder(nodes.map(\.sortsInProblemtools), directory)
    reportGraderFlags(own, keys, directory, results: nodes.count)
    if nodes.isEmpty, name.contains("/") {
      findings.warning(
        directory, "is a group without testcases; it does not count, also not with score 0")
    }
    return TestGroup(
      name: name, children: nodes.map(\.node), grading: grading(keys, isRoot: false, &out),
      breaksOnReject: keys.breaks ?? true)
  }

  /// problemtools sorts with the extension, so `1-a.in` comes before `1.in` there; with "first
  /// failure decides" the two orders can give different verdicts.
  private func reportOrder(_ names: [String], _ directory: String) {
    let theirs = names.sorted(by: PathRules.byteOrder)
    if let (ours, other) = zip(names, theirs).first(where: { $0 != $1 }) {
      findings.warning(
        directory,
        "`\(ours)` comes before `\(other)` here, but after it in problemtools, which "
          + "sorts with the extension; rename one so that both agree")
    }
  }

  private func grading(
    _ keys: LegacyGroupKeys, isRoot: Bool, _ out: inout ReadTests
  ) -> GroupGrading {
    let flags = keys.graderFlags ?? []
    if keys.isCustomGraded == true {
      if out.grader == nil { out.grader = programs.grader() }
      if let grader = out.grader { return .program(grader, flags: flags) }
    }
    var grading = LegacyGrading()
    for flag in flags {
      if let rule = LegacyGrading.VerdictRule(rawValue: flag) { grading.verdict = rule }
      // An older name that the default grader still knows.
      if flag == "no_errors" { grading.verdict = .worstError }
      if let rule = LegacyGrading.ScoreRule(rawValue: flag) { grading.score = rule }
      // An inherited `ignore_sample` has no meaning below the root: there is no sample there.
      if flag == "ignore_sample" { grading.ignoresSample = isRoot }
      if flag == "accept_if_any_accepted" { grading.acceptsIfAnyAccepted = true }
    }
    grading.acceptScore = keys.acceptScore ?? .one
    grading.rejectScore = keys.rejectScore ?? .zero
    return .legacy(grading)
  }

  private func readKeys(_ directory: String, _ levels: inout ComparisonLevels) -> LegacyGroupKeys {
    var keys = LegacyGroupKeys()
    let modern = directory + "/test_group.yaml"
    if tree.file(modern) != nil {
      findings.warning(
        modern,
        "ignored: format \(settings.format.rawValue) reads testdata.yaml; "
          + "rename it and use its keys")
    }
    guard let map = YAMLMap.load(directory + "/testdata.yaml", in: tree, findings) else {
      return keys
    }
    map.allow(
      only: [
        "on_reject", "grading", "grader_flags", "input_validator_flags", "output_validator_flags",
        "accept_score", "reject_score", "range",
      ], what: "testdata.yaml")
    if let value = map["on_reject"], let text = value.text() {
      if ["break", "continue"].contains(text) {
        keys.breaks = text == "break"
      } else {
        value.error("`\(text)`: on_reject is break or continue")
      }
    }
    if let value = map["grading"], let text = value.text() {
      if ["default", "custom"].contains(text) {
        keys.isCustomGraded = text == "custom"
        if text == "custom", !settings.kind.isScoring {
          value.warning("graders are for scoring problems; its score has no meaning here")
        }
      } else {
        value.error("`\(text)`: grading is default or custom")
      }
    }
    if let value = map["grader_flags"] {
      keys.graderFlags = value.words()
      if keys.isCustomGraded != true { reportUnknownGraderFlags(keys.graderFlags ?? [], value) }
    }
    if let value = map["output_validator_flags"], let flags = validatorFlags(value) {
      keys.validatorFlags = flags
      levels.add(flags, at: value)
    }
    for key in ["accept_score", "reject_score", "range"] where !settings.kind.isScoring {
      map[key]?.warning("`\(key)` counts in scoring problems only; remove it")
    }
    keys.acceptScore = map["accept_score"]?.decimal()
    keys.rejectScore = map["reject_score"]?.decimal()
    keys.range = map["range"].flatMap(ScoreRange.init)
    return keys
  }

  /// One string, or a map with the name of the validator that gets the flags.
  private func validatorFlags(_ value: YAMLValue) -> [String]? {
    guard value.isMap, let map = value.map() else { return value.words() }
    map.allow(only: ["name", "flags"], what: "`output_validator_flags`")
    if let name = map["name"] {
      name.warning("there is one output validator here, and it gets the flags whatever its name is")
    }
    return map["flags"]?.words() ?? []
  }

  /// `ignore_sample` is inherited like all flags, and below the root there is no sample to ignore:
  /// the default grader then fails wherever there are more than two results.
  private func reportGraderFlags(
    _ own: LegacyGroupKeys, _ keys: LegacyGroupKeys, _ directory: String, results: Int
  ) {
    guard keys.isCustomGraded != true, keys.graderFlags?.contains("ignore_sample") == true else {
      return
    }
    if own.graderFlags != nil {
      findings.warning(
        directory, "ignore_sample is for data/testdata.yaml only; remove it from this testdata.yaml"
      )
    } else if results > 2 {
      findings.warning(
        directory,
        "inherits the grader flag ignore_sample, which has no effect here and is a judge error in "
          + "problemtools; give this group grader_flags of its own")
    }
  }

  private func reportUnknownGraderFlags(_ flags: [String], _ value: YAMLValue) {
    for flag in flags
    where LegacyGrading.VerdictRule(rawValue: flag) == nil
      && LegacyGrading.ScoreRule(rawValue: flag) == nil
      && !["ignore_sample", "accept_if_any_accepted", "no_errors"].contains(flag)
    {
      value.error("`\(flag)` is not a flag of the default grader; remove it")
    }
  }
}
