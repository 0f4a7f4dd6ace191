import JudgeModel
import ProblemPackage

/// The cases and batches of an `init.yml`.
///
/// A batch counts only as a whole, so it becomes a group. Cases beside batches count one by one; those
/// worth the same become one group that sums them.
struct DMOJCases {
  let context: ImportContext
  let archive: SourceTree?
  /// Whether the checker can give a part of the points: a batch is then worth that of its worst case.
  let isPartial: Bool

  private struct Section {
    var cases: [PackageDraft.Case]
    var points: Score
    var isBatch: Bool
    /// From 1, among the batches.
    var dependencies: [Int64] = []
    var line: Int?
  }
  private var findings: Findings { context.findings }

  func read(_ map: YAMLMap, _ draft: inout PackageDraft) {
    let standard = map["points"]?.decimal() ?? .one
    if let pretests = map["pretest_test_cases"]?.sequence() {
      let cases = pretests.flatMap { section($0, standard)?.cases ?? [] }
      if !cases.isEmpty { draft.add(cases, to: "sample", note: "pretests") }
    }
    var sections: [Section] = []
    if let value = map["test_cases"] {
      guard let values = value.sequence() else {
        value.error(
          "a pattern for file names is not read; list the cases, or unpack them and use "
            + "`assize import plain`")
        return
      }
      guard values.count <= 100_000 else { return value.error("has more than 100000 entries") }
      sections = values.compactMap { section($0, standard) }
    } else {
      sections = guessed(standard)
    }
    guard !sections.isEmpty else {
      return findings.error(DMOJImporter.file, "there is no test case; list them in `test_cases`")
    }
    let points = Set(sections.map(\.points))
    guard points.count <= GroupText.groupLimit else {
      return findings.error(
        DMOJImporter.file, "has \(points.count) different numbers of points; simplify them")
    }
    draft.isScoring =
      isPartial || context.options.isScoring || points.count > 1
      || sections.contains(where: \.isBatch)
    if draft.isScoring {
      write(sections, &draft)
    } else {
      draft.add(sections.flatMap(\.cases), to: "secret")
    }
  }

  // MARK: Reading

  private func section(_ value: YAMLValue, _ standard: Score) -> Section? {
    guard let map = value.map() else { return nil }
    let points = map["points"]?.decimal() ?? standard
    guard let batched = map["batched"] else {
      return testcase(map).map {
        Section(cases: [$0], points: points, isBatch: false, line: value.line)
      }
    }
    map.allow(only: ["batched", "points", "dependencies"], what: "a batch")
    guard let values = batched.sequence(), !values.isEmpty else {
      batched.error("`batched` must be a list of cases; nothing else makes cases here")
      return nil
    }
    let cases = values.compactMap { value -> PackageDraft.Case? in
      guard let inner = value.map() else { return nil }
      if inner.has("batched") {
        value.error("a batch inside a batch; DMOJ has none either")
        return nil
      }
      return testcase(inner)
    }
    let dependencies =
      map["dependencies"]?.sequence()?.compactMap { $0.integer(1...100_000) } ?? []
    return Section(
      cases: cases, points: points, isBatch: true, dependencies: dependencies, line: value.line)
  }

  private func testcase(_ map: YAMLMap) -> PackageDraft.Case? {
    let known: Set<String> = [
      "in", "out", "points", "binary_data", "output_prefix_length", "output_limit_length",
    ]
    for (key, value) in map.entries where !known.contains(key) {
      value.error(
        key.hasPrefix("generator")
          ? "`\(key)`: a generator would have to be run; run it yourself and list its files"
          : "`\(key)` is not read for a single case; a package has it for all cases or not at all")
    }
    for key in ["binary_data", "output_limit_length"] {
      map[key]?.error("`\(key)` is not read for a single case; set it for the whole problem")
    }
    let input = map["in"].flatMap { find($0) }
    let answer = map["out"].flatMap { find($0) }
    if map["out"] == nil {
      findings.warning(
        DMOJImporter.file, line: map.line,
        "a case without `out`; its answer is empty, so without a checker only an empty output is "
          + "right")
    }
    if map["in"] != nil, input == nil { return nil }
    if map["out"] != nil, answer == nil { return nil }
    // A case may have neither: then the program gets nothing, and a checker decides alone.
    return combined(input, answer, input?.tree ?? answer?.tree ?? context.tree)
  }

  /// Input and answer may come from different places, the archive and the folder.
  private func combined(
    _ input: (tree: SourceTree, path: String)?, _ answer: (tree: SourceTree, path: String)?,
    _ tree: SourceTree
  ) -> PackageDraft.Case {
    var testcase = PackageDraft.Case(tree: tree, input: input?.path, answer: answer?.path)
    if let answer { testcase.answerTree = answer.tree }
    return testcase
  }

  /// The folder comes before the archive, as in DMOJ.
  private func find(_ value: YAMLValue) -> (tree: SourceTree, path: String)? {
    guard let text = value.text(),
      let path = context.safe(text, namedIn: DMOJImporter.file, line: value.line)
    else { return nil }
    if context.tree.has(path) { return (context.tree, path) }
    if let archive, archive.has(path) { return (archive, path) }
    value.error(
      "`\(path)` \(context.tree.absence(of: path))"
        + (archive == nil ? "; is `archive` to be set?" : ", and is not in the archive either"))
    return nil
  }

  /// Without `test_cases` DMOJ guesses them from the names in the archive: the last number is the
  /// case, one before it the batch.
  private func guessed(_ standard: Score) -> [Section] {
    guard let archive else {
      findings.error(
        DMOJImporter.file, "has neither `test_cases` nor an archive to guess them from")
      return []
    }
    var found: [String: [String: (input: String?, answer: String?)]] = [:]
    var batches: Set<String> = []
    for path in archive.paths {
      let name = path.lowercased()
      let isInput = name.contains(".in") || name.hasPrefix("in")
      let isAnswer = name.contains(".out") || name.hasPrefix("out")
      guard isInput || isAnswer, let (batch, number) = Self.position(name) else { continue }
      if let batch { batches.insert(batch) }
      var entry = found[batch ?? number]?[number] ?? (nil, nil)
      if isInput { entry.input = path }
      if isAnswer { entry.answer = path }
      found[batch ?? number, default: [:]][number] = entry
    }
    return found.keys.sorted(by: NaturalOrder.precedes).compactMap { key in
      let entries = (found[key] ?? [:]).sorted { NaturalOrder.precedes($0.key, $1.key) }
      var cases: [PackageDraft.Case] = []
      for (_, entry) in entries {
        guard let input = entry.input, let answer = entry.answer else {
          findings.error(
            entry.input ?? entry.answer ?? "", "has no partner in the archive; list the cases")
          continue
        }
        cases.append(PackageDraft.Case(tree: archive, input: input, answer: answer))
      }
      return cases.isEmpty
        ? nil : Section(cases: cases, points: standard, isBatch: batches.contains(key))
    }
  }

  /// The numbers in a name: `a.2-13.in` is case 13 of batch 2. The last one is the case. One right
  /// before it, at the beginning of a word, is the batch.
  static func position(_ name: String) -> (batch: String?, number: String)? {
    let bytes = Array(name.utf8)
    let isDigit = { (at: Int) in (48...57).contains(bytes[at]) }
    let isBlank = { (at: Int) in bytes[at] <= 32 }
    guard var end = bytes.indices.last(where: isDigit) else { return nil }
    end += 1
    guard !(end..<bytes.count).contains(where: isBlank) else { return nil }
    var start = end
    while start > 0, isDigit(start - 1) { start -= 1 }
    let number = plain(bytes[start..<end])
    var batchEnd = start
    while batchEnd > 0, !isDigit(batchEnd - 1), !isBlank(batchEnd - 1) { batchEnd -= 1 }
    guard batchEnd > 0, batchEnd < start, isDigit(batchEnd - 1) else { return (nil, number) }
    var batchStart = batchEnd
    while batchStart > 0, isDigit(batchStart - 1) { batchStart -= 1 }
    guard batchStart == 0 || !isWord(bytes[batchStart - 1]) else { return (nil, number) }
    return (plain(bytes[batchStart..<batchEnd]), number)
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    byte >= 128 || byte == UInt8(ascii: "_") || Unicode.Scalar(byte).properties.isAlphabetic
      || (48...57).contains(byte)
  }

  /// Without zeros in front.
  private static func plain(_ digits: ArraySlice<UInt8>) -> String {
    let rest = digits.drop { $0 == 48 }
    return rest.isEmpty ? "0" : String(decoding: rest, as: UTF8.self)
  }

  // MARK: Writing

  private func write(_ sections: [Section], _ draft: inout PackageDraft) {
    var targets: [Int: String] = [:]
    var batch = 0
    var total: Int64 = 0
    var count = 0
    var written: Set<Score> = []
    for section in sections {
      var cases = section.cases
      var maximum = section.points
      if section.isBatch {
        batch += 1
      } else {
        // All single cases worth the same together, where the first of them stands.
        guard written.insert(section.points).inserted else { continue }
        cases = sections.filter { !$0.isBatch && $0.points == section.points }.flatMap(\.cases)
        maximum = section.points.times(cases.count) ?? Score(billionths: .max)
      }
      guard section.points >= .zero, maximum.billionths % 1_000_000_000 == 0 else {
        findings.error(
          DMOJImporter.file, line: section.line,
          "\(section.points) points: the format has whole, positive numbers; multiply all points")
        continue
      }
      count += 1
      let name = GroupText.name("group", count, of: sections.count)
      let rule: Aggregation.Rule = !section.isBatch ? .sum : isPartial ? .minimum : .passFail
      let requires = section.dependencies.compactMap { targets[Int($0)] }
      if requires.count != section.dependencies.count || (isPartial && !requires.isEmpty) {
        findings.error(
          DMOJImporter.file, line: section.line,
          "`dependencies` names a batch that is not before this one, or one that can be passed in "
            + "part, which the format cannot require")
      }
      if section.isBatch { targets[batch] = "secret/" + name }
      total += maximum.billionths / 1_000_000_000
      draft.add(
        cases, to: "secret/" + name, note: "\(maximum) points, \(rule.rawValue)",
        settings: GroupText.yaml(rule, maximum: maximum.description, requires: requires),
        comment: section.isBatch ? "batch \(batch)" : "single cases")
    }
    draft.add(
      "data/secret/test_group.yaml", .text("score_aggregation: sum\nmax_score: \(total)\n"))
  }
}
