import JudgeModel
import ProblemPackage

/// One set of tests of a Polygon package, and its groups where it has any with points.
///
/// Polygon gives points to tests and says of each group whether they count one by one or only all
/// together. The Kattis format gives a maximum to a group and divides it evenly. So a group whose
/// points count one by one becomes a group for each number of points that occurs in it; that is exact.
struct PolygonTestset {
  let context: ImportContext
  let set: XMLElement

  private struct Test {
    var testcase: PackageDraft.Case
    var group: String
    var points: Score
    var isSample: Bool
  }
  private var findings: Findings { context.findings }

  func read(_ draft: inout PackageDraft) {
    guard let tests = readTests() else { return }
    let groups = set.first("groups")?.all("group") ?? []
    let isScoring =
      tests.contains { $0.points > .zero }
      || groups.contains { (Score($0["points"] ?? "0") ?? .zero) > .zero }
    draft.isScoring = isScoring
    let samples = tests.filter { $0.isSample && (!isScoring || $0.points == .zero) }
    let secret = tests.filter { !($0.isSample && (!isScoring || $0.points == .zero)) }
    if !samples.isEmpty { draft.add(samples.map(\.testcase), to: "sample") }
    if isScoring {
      addGroups(secret, samples: samples, groups, &draft)
    } else if secret.isEmpty {
      // The format wants a secret test; the samples are all there is.
      draft.add(samples.map(\.testcase), to: "secret")
    } else {
      draft.add(secret.map(\.testcase), to: "secret")
    }
  }

  private func readTests() -> [Test]? {
    let inputs = pattern("input-path-pattern")
    let answers = pattern("answer-path-pattern")
    let elements = set.first("tests")?.all("test") ?? []
    let count = Int(set.first("test-count")?.value ?? "") ?? elements.count
    guard let inputs, let answers else { return nil }
    guard (1...SourceTree.entryLimit).contains(count) else {
      findings.error(
        PolygonImporter.file, line: set.line, "has \(count) tests; a problem has 1 to 100000")
      return nil
    }
    if elements.count != count, !elements.isEmpty {
      findings.warning(
        PolygonImporter.file, line: set.line,
        "says \(count) tests and describes \(elements.count)")
    }
    var missing: [String] = []
    var tests: [Test] = []
    for number in 1...count {
      let element = number <= elements.count ? elements[number - 1] : nil
      let (input, answer) = (inputs.path(number), answers.path(number))
      for path in [input, answer] where !context.tree.has(path) { missing.append(path) }
      var points = Score.zero
      if let text = element?["points"] {
        if let value = Score(text), value >= .zero {
          points = value
        } else {
          findings.error(
            PolygonImporter.file, line: element?.line, "`\(text.prefix(40))` is no number of points"
          )
        }
      }
      tests.append(
        Test(
          testcase: .init(tree: context.tree, input: input, answer: answer),
          group: element?["group"] ?? "", points: points, isSample: element?["sample"] == "true"))
    }
    reportMissing(missing, of: count)
    return missing.isEmpty ? tests : nil
  }

  private func reportMissing(_ missing: [String], of count: Int) {
    guard let first = missing.first else { return }
    findings.error(
      first,
      "\(context.tree.absence(of: first)), and \(missing.count - 1) more files of \(count) tests: "
        + "this is a standard package, whose tests have to be generated first; download the full "
        + "package (Packages, then Linux or Windows) from Polygon")
  }

  /// A printf pattern with one number in it.
  private struct PathPattern {
    var before: String
    var width: Int
    var after: String

    func path(_ number: Int) -> String {
      let text = String(number)
      return before + String(repeating: "0", count: max(0, width - text.count)) + text + after
    }
  }

  private func pattern(_ name: String) -> PathPattern? {
    let text = set.first(name)?.value ?? ""
    guard let match = text.wholeMatch(of: /([^%]*)%(0([1-9]))?d([^%]*)/),
      context.safe(
        String(match.1) + "1" + String(match.4), namedIn: PolygonImporter.file, line: set.line)
        != nil
    else {
      findings.error(
        PolygonImporter.file, line: set.line,
        "`\(name)` is `\(text.prefix(80))`; it must be a path with one %d or %02d in it")
      return nil
    }
    return PathPattern(
      before: String(match.1), width: match.3.flatMap { Int($0) } ?? 0, after: String(match.4))
  }

  // MARK: Groups

  /// A group of the package that comes out.
  private struct Planned {
    var name: String
    var tests: [Test]
    var rule: Aggregation.Rule
    var maximum: Score
    var requires: [String]
    var origin: String
  }

  private func addGroups(
    _ tests: [Test], samples: [Test], _ elements: [XMLElement], _ draft: inout PackageDraft
  ) {
    guard Set(tests.map { [$0.group, $0.points.description] }).count <= GroupText.groupLimit,
      elements.count <= GroupText.groupLimit
    else {
      return findings.error(
        PolygonImporter.file, line: set.line, "has more than \(GroupText.groupLimit) groups")
    }
    var planned: [Planned] = []
    // At most: a group whose tests count one by one becomes one for each number of points.
    let count = Set(tests.map { [$0.group, $0.points.description] }).count
    let groupName = { (index: Int) in GroupText.name("group", index + 1, of: count) }
    /// Names in the package of Polygon's groups that can be required.
    var passed: [String: String] = [:]
    let names = order(
      tests.map(\.group).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }, elements)
    for name in Set(samples.map(\.group)) where !names.contains(name) { passed[name] = "sample" }
    for name in names {
      let element = elements.first { $0["name"] == name }
      let own = tests.filter { $0.group == name }
      let requires = dependencies(of: element, passed)
      // Without a description the points are those of the tests.
      if element?["points-policy"] == "complete-group" {
        let sum = own.reduce(Score.zero) { $0.adding($1.points) ?? $0 }
        let maximum = element?["points"].flatMap { Score($0) } ?? sum
        let target = groupName(planned.count)
        passed[name] = "secret/" + target
        planned.append(
          Planned(
            name: target, tests: own, rule: .passFail, maximum: maximum, requires: requires,
            origin: name))
        continue
      }
      for points in own.map(\.points).reduce(
        into: [Score](), { if !$0.contains($1) { $0.append($1) } })
      {
        let equal = own.filter { $0.points == points }
        planned.append(
          Planned(
            name: groupName(planned.count), tests: equal, rule: .sum,
            maximum: points.times(equal.count) ?? Score(billionths: .max),
            requires: requires, origin: name))
      }
    }
    write(planned, &draft)
  }

  /// Groups so that each comes behind those that it depends on.
  private func order(_ names: [String], _ elements: [XMLElement]) -> [String] {
    // Counted once for each group, because a document may name each dependency many times.
    var missing: [String: Set<String>] = [:]
    for name in names {
      let own = dependencyNames(elements.first { $0["name"] == name })
      missing[name] = Set(own).intersection(names)
    }
    var left = names
    var out: [String] = []
    while !left.isEmpty {
      guard let next = left.first(where: { missing[$0]?.isEmpty ?? true }) else {
        findings.error(
          PolygonImporter.file, line: set.line,
          "the groups \(left) depend on each other in a circle")
        return out + left
      }
      out.append(next)
      left.removeAll { $0 == next }
      for name in left { missing[name]?.remove(next) }
    }
    return out
  }

  private func dependencyNames(_ element: XMLElement?) -> [String] {
    let all = (element?.first("dependencies")?.all("dependency") ?? []).compactMap { $0["group"] }
    var seen: Set<String> = []
    return all.filter { seen.insert($0).inserted }
  }

  private func dependencies(of element: XMLElement?, _ passed: [String: String]) -> [String] {
    dependencyNames(element).compactMap { name in
      if let target = passed[name] { return target }
      findings.error(
        PolygonImporter.file, line: element?.line,
        "a group depends on `\(name)`, whose points count one by one: the format can require only "
          + "groups that count as a whole; make it complete-group in Polygon")
      return nil
    }
  }

  private func write(_ planned: [Planned], _ draft: inout PackageDraft) {
    var total: Int64 = 0
    for group in planned {
      guard group.maximum.billionths % 1_000_000_000 == 0 else {
        findings.error(
          PolygonImporter.file, line: set.line,
          "group `\(group.origin)` is worth \(group.maximum) points; the format has whole numbers "
            + "only: multiply all points in Polygon")
        continue
      }
      total += group.maximum.billionths / 1_000_000_000
      draft.add(
        group.tests.map(\.testcase), to: "secret/" + group.name,
        note: "\(group.maximum) points, \(group.rule.rawValue)",
        settings: GroupText.yaml(
          group.rule, maximum: group.maximum.description, requires: group.requires),
        comment: "Polygon's group \(PackageDraft.quoted(group.origin))")
    }
    draft.add(
      "data/secret/test_group.yaml",
      .text("score_aggregation: sum\nmax_score: \(total)\n"))
  }
}

/// The text of a test_group.yaml.
enum GroupText {
  /// More groups than any problem has; bounds what looking them up can cost.
  static let groupLimit = 1000

  /// `group07`, with as many digits as the last one has: groups are judged in the order of names.
  static func name(_ word: String, _ number: Int, of count: Int) -> String {
    let digits = String(number)
    let width = max(2, String(count).count)
    return word + String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  static func yaml(
    _ rule: Aggregation.Rule, maximum: String, requires: [String] = []
  ) -> String {
    var text = "score_aggregation: \(rule.rawValue)\nmax_score: \(maximum)\n"
    if !requires.isEmpty { text += "require_pass: [\(requires.joined(separator: ", "))]\n" }
    return text
  }
}

extension Score {
  /// nil when that is more than a score can be.
  func times(_ count: Int) -> Score? {
    let (product, overflow) = billionths.multipliedReportingOverflow(by: Int64(count))
    return overflow ? nil : Score(billionths: product)
  }
}
