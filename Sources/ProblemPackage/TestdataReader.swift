import JudgeModel

/// What a walk over `data/` brings back.
struct ReadTests {
  var root: TestGroup
  /// Files that the testcases name, with their roles.
  var files: [(path: String, role: PackageFile.Role)] = []
  /// The program behind `grading: custom`.
  var grader: ValidatorProgram?
  /// Legacy: possible scores of the whole problem.
  var range: ScoreRange?
}

/// Parts that the readers of both trees of tests share.
struct TestcaseFinder {
  let tree: PackageTree
  let findings: Findings

  /// Extensions that belong to a testcase in any dialect; what else lies in `data/` is a stray.
  private static let displaySuffixes = [
    ".in.statement", ".ans.statement", ".in.download", ".ans.download", ".hint", ".desc", ".out",
    ".interaction", ".png", ".jpg", ".jpeg", ".svg",
  ]

  /// Names of the testcases directly in a directory, without extension, with answers present.
  func names(in directory: String, format: SourceFormat) -> [String] {
    let listing = tree.names(in: directory)
    let inputs = Set(
      listing.compactMap {
        tree.file(directory + "/" + $0) == nil ? nil : $0.dropping(suffix: ".in")
      }
    )
    var complete: [String] = []
    for name in inputs.sorted(by: PathRules.byteOrder) {
      let answer = directory + "/" + name + ".ans"
      if tree.file(answer) != nil {
        complete.append(name)
      } else {
        findings.error(
          directory + "/" + name + ".in",
          "has no answer \(name).ans; add it (an empty one if the validator needs none)")
      }
    }
    reportStrays(listing, inputs, directory, format)
    return complete
  }

  /// Files copied into the working directory of a run.
  func caseFiles(_ stem: String) -> [CaseFile] {
    let folder = stem + ".files"
    return tree.files(below: folder).map {
      CaseFile(name: String($0.path.dropFirst(folder.count + 1)), path: $0.path)
    }
  }

  private func reportStrays(
    _ listing: [String], _ inputs: Set<String>, _ directory: String, _ format: SourceFormat
  ) {
    let suffixes =
      [".ans"] + Self.displaySuffixes + (format == .ppf2025 ? [".yaml", ".files"] : [])
    for name in listing where name.dropping(suffix: ".in") == nil {
      let path = directory + "/" + name
      if ["testdata.yaml", "test_group.yaml"].contains(name) { continue }
      guard let suffix = suffixes.first(where: { name.dropping(suffix: $0) != nil }),
        let stem = name.dropping(suffix: suffix)
      else {
        if tree.file(path) != nil, !name.hasPrefix("README") {
          findings.warning(path, "belongs to no testcase; ignored")
        }
        continue
      }
      guard !inputs.contains(stem) else { continue }
      let message =
        "there is no \(stem).in, so this is not part of a testcase; add it or remove this"
      // What is only shown to people cannot change a verdict.
      if suffix == ".ans" || (format == .ppf2025 && !Self.displaySuffixes.contains(suffix)) {
        findings.error(path, message)
      } else {
        findings.warning(path, message)
      }
    }
    if format == .ppf2025 {
      for name in inputs where tree.isDirectory(directory + "/" + name) {
        findings.error(directory + "/" + name, "a testcase has the same name; rename one of them")
      }
    }
  }
}

/// Flags of the built-in comparer, level upon level, each level's mistakes reported where it is.
struct ComparisonLevels {
  /// Nil when a program of the package judges instead.
  var comparison: TokenComparison?

  mutating func add(_ flags: [String], at value: YAMLValue) {
    guard let base = comparison else { return }
    comparison = ComparerFlags.apply(flags, over: base) { value.error($0) }
  }
}
