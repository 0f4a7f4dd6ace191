import JudgeModel

/// Reads `data/` of 2025-09: `sample`, and `secret` with either testcases or one level of groups.
///
/// A scoring problem becomes this tree: the root sums `sample`, which is worth nothing, and
/// `secret`, so that the root's score is the submission's. Directories that are no groups leave no
/// node: their testcases belong to the group around them.
struct PPF2025TestsReader {
  let tree: PackageTree
  let findings: Findings
  let settings: ProblemSettings
  /// Nil when a validator judges.
  let comparison: TokenComparison?

  /// What test_group.yaml hands down to the testcases of its directory.
  private struct Inherited {
    var arguments: [String] = []
    var validatorArguments: [String] = []
    var levels: ComparisonLevels
  }
  private struct GroupFile {
    var rule: Aggregation.Rule?
    /// `.some(nil)` is `unbounded`.
    var maximum: Score??
    var requires: [String] = []
    var inherited: Inherited
    var line: Int?
    var staticValidation: StaticValidation?
  }

  private static let other: Set<String> = ["invalid_input", "invalid_output", "valid_output"]

  func read() -> ReadTests {
    var out = ReadTests(
      root: TestGroup(name: "", children: [], grading: .aggregate(.init(rule: .sum, maximum: nil))))
    for name in tree.names(in: "data")
    where !["sample", "secret"].contains(name) && !Self.other.contains(name) {
      if ["test_group.yaml", "testdata.yaml"].contains(name) {
        // Flags of the comparer may stand there, and without them correct answers would be wrong.
        findings.error(
          "data/" + name, "is not read in 2025-09; move its keys to data/sample and data/secret")
      } else {
        findings.warning("data/" + name, "ignored: not a part of data/ in this format")
      }
    }
    var children: [TestNode] = []
    if tree.isDirectory("data/sample") {
      let file = groupFile("sample", under: Inherited(levels: noFlags), isSample: true)
      let maximum: Score? = settings.kind.isScoring ? .zero : nil
      checkStaticScore(
        file, Aggregation(rule: .passFail, maximum: maximum), "data/sample/test_group.yaml")
      children.append(
        .group(
          TestGroup(
            name: "sample", children: testcases("sample", file, &out),
            grading: .aggregate(Aggregation(rule: .passFail, maximum: maximum)))))
    }
    var secretMaximum: Score?
    if tree.isDirectory("data/secret") {
      let secret = readSecret(&out)
      if case .aggregate(let aggregation) = secret.grading { secretMaximum = aggregation.maximum }
      children.append(.group(secret))
    }
    let isScoring = settings.kind.isScoring
    out.root = TestGroup(
      name: "", children: children,
      grading: .aggregate(
        Aggregation(rule: isScoring ? .sum : .passFail, maximum: secretMaximum)),
      breaksOnReject: !isScoring)
    return out
  }

  private var noFlags: ComparisonLevels { ComparisonLevels(comparison: comparison) }

  private func readSecret(_ out: inout ReadTests) -> TestGroup {
    let file = groupFile("secret", under: Inherited(levels: noFlags), isSample: false)
    let directories = tree.names(in: "data/secret")
      .filter { tree.isDirectory("data/secret/" + $0) && !$0.hasSuffix(".files") }
    let groups = directories.filter { tree.file("data/secret/\($0)/test_group.yaml") != nil }
    let isScoring = settings.kind.isScoring
    let aggregation = Aggregation(
      rule: file.rule ?? (isScoring ? .sum : .passFail),
      maximum: isScoring ? (file.maximum ?? Score(points: 100)) : nil,
      requiredGroups: file.requires)
    if isScoring, aggregation.rule == .passFail, aggregation.maximum == nil {
      findings.error(
        "data/secret/test_group.yaml", "pass-fail aggregation needs a bounded max_score; give one")
    }
    for name in file.requires where name != "sample" {
      findings.error(
        "data/secret/test_group.yaml", "secret can require `sample` only, not `\(name)`")
    }
    checkStaticScore(file, aggregation, "data/secret/test_group.yaml")
    let children: [TestNode]
    if groups.isEmpty {
      children = testcases("secret", file, &out)
    } else {
      reportMixture(groups: groups, directories: directories)
      var earlier: [String: Aggregation.Rule] = ["sample": .passFail]
      children =
        staticTestcase("secret", file)
        + groups.map { name in
          .group(
            readGroup(
              "secret/" + name, secret: aggregation, under: file.inherited, &earlier, &out))
        }
    }
    return TestGroup(
      name: "secret", children: children, grading: .aggregate(aggregation),
      breaksOnReject: aggregation.rule != .sum)
  }

  private func readGroup(
    _ name: String, secret: Aggregation, under inherited: Inherited,
    _ earlier: inout [String: Aggregation.Rule], _ out: inout ReadTests
  ) -> TestGroup {
    let path = "data/\(name)/test_group.yaml"
    // The format does not say whether a group inherits the arguments of `secret`. It does here:
    // whoever wrote them there meant them for something.
    let file = groupFile(name, under: inherited, isSample: false)
    let rule = file.rule ?? .passFail
    let isScoring = settings.kind.isScoring
    let aggregation = Aggregation(
      rule: rule, maximum: isScoring ? (file.maximum ?? nil) : nil, requiredGroups: file.requires)
    if isScoring, aggregation.maximum == nil, secret.maximum != nil {
      findings.error(
        path, line: file.line, "needs a max_score, because that of `secret` is bounded")
    } else if isScoring, aggregation.maximum == nil, rule == .passFail {
      findings.error(path, line: file.line, "pass-fail aggregation needs a bounded max_score")
    }
    if isScoring, secret.rule == .passFail, rule != .passFail {
      findings.error(
        path, line: file.line, "must have pass-fail aggregation, because `secret` has it")
    }
    for required in file.requires where earlier[required] != .passFail {
      findings.error(
        path, line: file.line,
        "requires `\(required)`, which is not an earlier group with "
          + "pass-fail aggregation")
    }
    earlier[name] = rule
    checkStaticScore(file, aggregation, path)
    let children = testcases(name, file, &out)
    if children.isEmpty { findings.error("data/" + name, "is a group without testcases; add one") }
    return TestGroup(
      name: name, children: children, grading: .aggregate(aggregation),
      breaksOnReject: rule != .sum)
  }

  private func reportMixture(groups: [String], directories: [String]) {
    for name in directories where !groups.contains(name) {
      findings.error(
        "data/secret/" + name,
        "has no test_group.yaml although other directories here are groups; add one")
    }
    for name in tree.names(in: "data/secret") where name.hasSuffix(".in") {
      findings.error(
        "data/secret/" + name, "a testcase beside groups; move it into one of the groups")
    }
  }

  /// The static validation testcase of a group comes first: it needs no run, and what it rejects need
  /// not be run.
  private func staticTestcase(_ name: String, _ file: GroupFile) -> [TestNode] {
    guard let check = file.staticValidation else { return [] }
    var testcase = Testcase(name: "\(name)/\(StaticValidation.name)", input: "", answer: "")
    testcase.staticValidation = check
    return [.testcase(testcase)]
  }

  /// Testcases of a directory and of the directories in it, in byte order of their names.
  private func testcases(
    _ name: String, _ file: GroupFile, _ out: inout ReadTests
  ) -> [TestNode] {
    var found: [Testcase] = []
    collect(name, file.inherited, &found)
    found.sort { PathRules.byteOrder($0.name, $1.name) }
    for testcase in found {
      out.files.append((testcase.input, .input))
      out.files.append((testcase.answer, .answer))
      out.files += testcase.files.map { ($0.path, .caseFile) }
    }
    return staticTestcase(name, file) + found.map { .testcase($0) }
  }

  private func collect(_ name: String, _ inherited: Inherited, _ found: inout [Testcase]) {
    let directory = "data/" + name
    let finder = TestcaseFinder(tree: tree, findings: findings)
    for stem in finder.names(in: directory, format: .ppf2025) {
      // The configuration of one would be that of the group as well; the other name is ours.
      if ["test_group", StaticValidation.name].contains(stem) {
        findings.error("\(directory)/\(stem).in", "a testcase must not have this name; rename it")
      }
      let configuration = caseFile(directory + "/" + stem, inherited)
      found.append(
        Testcase(
          name: name + "/" + stem, input: "\(directory)/\(stem).in",
          answer: "\(directory)/\(stem).ans", files: finder.caseFiles(directory + "/" + stem),
          arguments: configuration.arguments,
          validatorArguments: configuration.validatorArguments,
          comparison: configuration.levels.comparison))
    }
    let isDeep = name.contains("/")
    for child in tree.names(in: directory)
    where tree.isDirectory(directory + "/" + child) && !child.hasSuffix(".files") {
      let path = "\(directory)/\(child)/test_group.yaml"
      if tree.file(path) != nil {
        findings.error(
          path,
          isDeep
            ? "groups cannot be nested; move the directory up to data/secret"
            : "`\(name)` cannot have groups; remove the file")
      }
      collect(name + "/" + child, inherited, &found)
    }
  }

  private func caseFile(_ stem: String, _ inherited: Inherited) -> Inherited {
    guard let map = YAMLMap.load(stem + ".yaml", in: tree, findings) else { return inherited }
    map.allow(
      only: [
        "args", "input_validator_args", "output_validator_args", "input_visualizer_args",
        "output_visualizer_args", "full_feedback", "hint", "description",
      ], what: "a testcase's configuration")
    return arguments(map, over: inherited)
  }

  /// A level's own arguments replace inherited ones, the comparer's flags with them.
  private func arguments(_ map: YAMLMap, over inherited: Inherited) -> Inherited {
    var result = inherited
    if let own = map["args"]?.texts() { result.arguments = own }
    if let value = map["output_validator_args"], let own = value.texts() {
      result.validatorArguments = own
      result.levels = noFlags
      result.levels.add(own, at: value)
    }
    return result
  }

  private func groupFile(_ name: String, under inherited: Inherited, isSample: Bool) -> GroupFile {
    var file = GroupFile(inherited: inherited)
    let legacy = "data/\(name)/testdata.yaml"
    if tree.file(legacy) != nil {
      findings.error(
        legacy, "is not read in 2025-09; rename it to test_group.yaml and translate its keys")
    }
    let path = "data/\(name)/test_group.yaml"
    guard let map = YAMLMap.load(path, in: tree, findings, replacing: settings.constants) else {
      return file
    }
    file.line = map.line
    let scoring = ["max_score", "score_aggregation", "require_pass"]
    map.allow(
      only: Set(scoring).union([
        "static_validation_score", "args", "input_validator_args", "static_validator_args",
        "output_validator_args", "input_visualizer_args", "output_visualizer_args",
        "full_feedback",
      ]), what: "test_group.yaml")
    file.staticValidation = staticValidation(map)
    file.inherited = arguments(map, over: inherited)
    for key in scoring where map.has(key) && (isSample || !settings.kind.isScoring) {
      map[key]?.error(
        isSample
          ? "`\(key)` is not permitted in sample; remove it"
          : "`\(key)` is for scoring problems only; remove it or set `type: scoring`")
    }
    guard !isSample, settings.kind.isScoring else { return file }
    readScoring(map, &file)
    return file
  }

  private func staticValidation(_ map: YAMLMap) -> StaticValidation? {
    let arguments = map["static_validator_args"]?.texts()
    guard let value = map["static_validation_score"] else {
      if arguments != nil {
        map["static_validator_args"]?.error(
          "means nothing without `static_validation_score`; add it or remove this")
      }
      return nil
    }
    if value.text() == "pass-fail" {
      return StaticValidation(arguments: arguments ?? [], maximum: nil)
    }
    guard settings.kind.isScoring else {
      value.error("is `pass-fail` in problems that are not scoring")
      return nil
    }
    guard let points = value.integer(0...9_000_000_000), let maximum = Score(points: points) else {
      return nil
    }
    return StaticValidation(arguments: arguments ?? [], maximum: maximum)
  }

  /// Points of a static validation testcase have to fit how its group counts.
  private func checkStaticScore(_ file: GroupFile, _ aggregation: Aggregation, _ path: String) {
    guard settings.kind.isScoring, let check = file.staticValidation else { return }
    switch (aggregation.rule, check.maximum) {
    case (.passFail, nil): break
    case (.passFail, _):
      findings.error(
        path, line: file.line,
        "static_validation_score must be `pass-fail` in a group with pass-fail aggregation")
    case (_, nil):
      findings.error(
        path, line: file.line,
        "static_validation_score is a number in a group with sum or min aggregation")
    case (_, let points?):
      if let maximum = aggregation.maximum, points > maximum {
        findings.error(
          path, line: file.line,
          "static_validation_score \(points) is more than max_score \(maximum)")
      }
    }
  }

  private func readScoring(_ map: YAMLMap, _ file: inout GroupFile) {
    if let value = map["score_aggregation"], let text = value.text() {
      file.rule = Aggregation.Rule(rawValue: text)
      if file.rule == nil { value.error("`\(text)`: the aggregation is pass-fail, sum or min") }
    }
    if let value = map["max_score"] {
      if value.text() == "unbounded" {
        file.maximum = .some(nil)
      } else if let points = value.integer(0...9_000_000_000) {
        file.maximum = Score(points: points)
      }
    }
    file.requires = map["require_pass"]?.oneOrMoreTexts() ?? []
  }
}
