import JudgeModel
import ProblemPackage

/// A folder of inputs and answers and nothing else.
struct PlainImporter {
  let context: ImportContext

  func draft(_ summary: inout [String]) throws(ImportError) -> PackageDraft? {
    context.requireLimits("a folder of tests does not say its limits")
    for link in context.tree.links.sorted() {
      context.findings.error(link, "\(context.tree.absence(of: link)), or remove it")
    }
    let found = PairFinder.find(context.tree.paths)
    summary.append("pattern: \(found.pattern)")
    summary.append("pairs: \(found.pairs.count)")
    for path in found.orphans {
      context.findings.error(path, "has no partner under \(found.pattern)")
    }
    guard !found.pairs.isEmpty else {
      context.findings.error(
        "",
        "no pair of input and answer was found; the patterns are: "
          + PairFinder.patterns.map(\.name).joined(separator: " · "))
      return nil
    }
    guard found.orphans.isEmpty else {
      context.findings.error(
        "", "\(found.orphans.count) files have no partner, so nothing is imported; move them away")
      return nil
    }
    let example = found.pairs[0]
    summary.append("for example: \(example.input) -> \(example.answer)")
    var draft = PackageDraft()
    draft.origin = "a folder of tests by `assize import plain`"
    draft.title = context.sourceName
    draft.identity = "plain\n" + context.sourceName
    draft.normalisesLineEnds = context.options.normalisesLineEnds
    try addCases(found.pairs, &draft)
    return draft
  }

  private func addCases(
    _ pairs: [PairFinder.Pair], _ draft: inout PackageDraft
  ) throws(ImportError) {
    let content = { (pair: PairFinder.Pair) in
      PackageDraft.Case(tree: context.tree, input: pair.input, answer: pair.answer)
    }
    guard let pattern = context.options.groupPattern else {
      let isSample = { (pair: PairFinder.Pair) in
        pair.input.lowercased().split(separator: "/").contains("sample")
      }
      let samples = pairs.filter(isSample)
      let secret = pairs.filter { !isSample($0) }
      if !samples.isEmpty, !secret.isEmpty {
        draft.add(samples.map(content), to: "sample")
        draft.add(secret.map(content), to: "secret")
      } else {
        draft.add(pairs.map(content), to: "secret")
      }
      return
    }
    guard let regex = try? Regex(pattern) else {
      throw .refused("", "--groups \(pattern): is not a regular expression")
    }
    var groups: [(name: String, pairs: [PairFinder.Pair])] = []
    for pair in pairs {
      guard let match = try? regex.firstMatch(in: pair.input),
        let batch = match.output["batch"]?.substring
      else {
        context.findings.error(
          pair.input, "does not match --groups, or it has no group named `batch`, as in (?<batch>…)"
        )
        continue
      }
      if let at = groups.firstIndex(where: { $0.name == batch }) {
        groups[at].pairs.append(pair)
      } else if groups.count < GroupText.groupLimit {
        groups.append((String(batch), [pair]))
      } else {
        throw .refused("", "--groups makes more than \(GroupText.groupLimit) groups of the tests")
      }
    }
    // Each group is one point: what they are worth, no file name says.
    draft.isScoring = true
    groups.sort { NaturalOrder.precedes($0.name, $1.name) }
    for (at, group) in groups.enumerated() {
      let name = GroupText.name("group", at + 1, of: groups.count)
      draft.add(
        group.pairs.map(content), to: "secret/" + name, note: "batch \(group.name), 1 point",
        settings: GroupText.yaml(.passFail, maximum: "1"),
        comment: "batch \(PackageDraft.quoted(group.name)); change max_score to what it is worth")
    }
    draft.add(
      "data/secret/test_group.yaml",
      .text("score_aggregation: sum\nmax_score: \(groups.count)\n"))
  }
}

/// Finds which file is the answer to which.
enum PairFinder {
  struct Pair: Hashable {
    var input: String
    var answer: String
  }
  struct Found {
    var pattern: String
    var pairs: [Pair]
    /// Files that look like inputs or answers and have no partner.
    var orphans: [String]
  }
  struct Pattern: Sendable {
    var name: String
    /// What an input and its answer have in common; nil for other files.
    var input: @Sendable (String) -> String?
    var answer: @Sendable (String) -> String?
  }

  /// In the order in which they are tried; of several that find pairs the first counts.
  static let patterns: [Pattern] =
    ["ans", "out", "a", "sol", "diff"].map { suffix("in", $0) }
    + ["out", "oup", "ans"].map { suffix("inp", $0) }
    + [
      Pattern(
        name: "input*.txt + output*.txt", input: { middle($0, "input", ".txt") },
        answer: { middle($0, "output", ".txt") }),
      Pattern(
        name: "in/NAME + out/NAME", input: { inFolder($0, ["in", "input", "inputs"]) },
        answer: { inFolder($0, ["out", "output", "outputs", "ans"]) }),
      Pattern(
        name: "NN + NN.a",
        input: { $0.lastName.allSatisfy { ("0"..."9").contains($0) } ? $0 : nil },
        answer: { $0.hasSuffix(".a") ? String($0.dropLast(2)) : nil }),
      Pattern(
        name: "NAME.in.N + NAME.out.N", input: { inner($0, "in") }, answer: { inner($0, "out") }),
      Pattern(
        name: "I.N + O.N", input: { middle($0, "I.", "") }, answer: { middle($0, "O.", "") }),
    ]

  static func find(_ paths: [String]) -> Found {
    for pattern in patterns {
      var inputs: [String: [String]] = [:]
      var answers: [String: [String]] = [:]
      for path in paths {
        // A file cannot be both: `in` is looked at first.
        if let key = pattern.input(path) {
          inputs[key, default: []].append(path)
        } else if let key = pattern.answer(path) {
          answers[key, default: []].append(path)
        }
      }
      var pairs: [(key: String, pair: Pair)] = []
      var orphans: [String] = []
      for (key, found) in inputs {
        if found.count == 1, let partner = answers[key], partner.count == 1 {
          pairs.append((key, Pair(input: found[0], answer: partner[0])))
        } else {
          orphans += found
        }
      }
      let used = Set(pairs.map(\.key))
      for (key, found) in answers where !used.contains(key) { orphans += found }
      guard !pairs.isEmpty else { continue }
      pairs.sort { NaturalOrder.precedes($0.key, $1.key) }
      // What is neither may belong to a test that was named wrongly, which must not go unnoticed.
      let known = Set(pairs.flatMap { [$0.pair.input, $0.pair.answer] } + orphans)
      orphans += paths.filter { !known.contains($0) && isTestLike($0) }
      return Found(
        pattern: pattern.name, pairs: pairs.map(\.pair),
        orphans: orphans.sorted(by: PathRules.byteOrder))
    }
    return Found(pattern: "none", pairs: [], orphans: [])
  }

  private static func isTestLike(_ path: String) -> Bool {
    let name = path.lastName.lowercased()
    return [".in", ".out", ".ans", ".inp", ".oup", ".a", ".sol"].contains { name.hasSuffix($0) }
      || name.hasPrefix("input") || name.hasPrefix("output")
  }

  private static func suffix(_ input: String, _ answer: String) -> Pattern {
    Pattern(
      name: "NAME.\(input) + NAME.\(answer)",
      input: { $0.hasSuffix("." + input) ? String($0.dropLast(input.count + 1)) : nil },
      answer: { $0.hasSuffix("." + answer) ? String($0.dropLast(answer.count + 1)) : nil })
  }

  /// What stands between two ends of the last name, without a folder that says the same.
  private static func middle(_ path: String, _ before: String, _ after: String) -> String? {
    let name = path.lastName
    guard name.hasPrefix(before), name.hasSuffix(after), name.count > before.count + after.count
    else { return nil }
    var folder = path.folderName
    if ["input", "output"].contains(folder.lastName) { folder = folder.folderName }
    return folder + "/" + name.dropFirst(before.count).dropLast(after.count)
  }

  private static func inFolder(_ path: String, _ names: Set<String>) -> String? {
    var parts = path.split(separator: "/").map(String.init)
    guard let at = parts.lastIndex(where: names.contains), at < parts.count - 1 else { return nil }
    parts[at] = "*"
    // `in/1.in` and `out/1.out` are partners too.
    parts[parts.count - 1] = parts[parts.count - 1].stem
    return parts.joined(separator: "/")
  }

  /// `NAME.word.N` or `NAME.N.word` is known by NAME and N.
  private static func inner(_ path: String, _ word: String) -> String? {
    var parts = path.lastName.split(separator: ".").map(String.init)
    guard parts.count >= 3, let at = parts.indices.dropFirst().first(where: { parts[$0] == word })
    else { return nil }
    parts[at] = "*"
    return path.folderName + "/" + parts.joined(separator: ".")
  }
}

/// `test2` before `test10`: for numbering cases as they are imported, and for nothing else.
enum NaturalOrder {
  static func precedes(_ a: String, _ b: String) -> Bool {
    var x = Substring(a)
    var y = Substring(b)
    let isDigit = { (c: Character) in ("0"..."9").contains(c) }
    while let p = x.first, let q = y.first {
      if isDigit(p), isDigit(q) {
        let m = x.prefix(while: isDigit)
        let n = y.prefix(while: isDigit)
        let u = m.drop { $0 == "0" }
        let v = n.drop { $0 == "0" }
        if u.count != v.count { return u.count < v.count }
        if u != v { return u < v }
        x = x.dropFirst(m.count)
        y = y.dropFirst(n.count)
        continue
      }
      if p != q { return String(p).utf8.lexicographicallyPrecedes(String(q).utf8) }
      x = x.dropFirst()
      y = y.dropFirst()
    }
    if x.isEmpty != y.isEmpty { return x.isEmpty }
    // The same but for leading zeros: bytes decide, so that the order is total.
    return a.utf8.lexicographicallyPrecedes(b.utf8)
  }
}
