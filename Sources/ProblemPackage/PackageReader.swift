public import Grading
public import JudgeModel

/// What reading a directory came to.
public struct PackageReading: Sendable {
  /// Nil when a diagnostic is an error.
  public var manifest: PackageManifest?
  /// All findings, in the order of their paths and lines.
  public var diagnostics: [Diagnostic]
  /// The jury's submissions, in byte order of their names. They do not travel with the package.
  public var submissions: [LabelledSubmission]
  /// For whoever derives a time limit that nobody gave.
  public var timeLimitRules: TimeLimitRules

  public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

/// Reads a problem package in any dialect of the Kattis format.
///
/// Nothing in a package makes it throw, and it does not stop at the first mistake: a setter wants to
/// see all of them. Files are only ever read; no program of a package is run.
public enum PackageReader {
  public static func read(directory: String) -> PackageReading {
    let findings = Findings()
    let tree = PackageTree(root: directory, findings: findings)
    var reading = PackageReading(
      manifest: nil, diagnostics: [], submissions: [], timeLimitRules: TimeLimitRules())
    if tree.isDirectory("") {
      let problem = ProblemDirectory(tree: tree, findings: findings)
      let settings = ProblemYAMLReader(tree: tree, findings: findings).read()
      reading.timeLimitRules = settings.timing
      let (manifest, range) = problem.manifest(settings)
      reading.submissions =
        SubmissionReader(tree: tree, findings: findings, settings: settings, range: range).read()
      reading.manifest = findings.hasErrors ? nil : manifest
    }
    reading.diagnostics = findings.all.sorted {
      ($0.path, $0.line ?? 0, $0.message) < ($1.path, $1.line ?? 0, $1.message)
    }
    return reading
  }
}

/// Puts a manifest together from what the readers of the parts found.
private struct ProblemDirectory {
  let tree: PackageTree
  let findings: Findings

  /// The manifest, nil when there are errors, and the possible scores of the whole problem.
  func manifest(_ settings: ProblemSettings) -> (PackageManifest?, ScoreRange?) {
    let programs = ProgramReader(tree: tree, findings: findings)
    let own = AssizeSettings.read(tree, findings)
    var validator = programs.validator(settings)
    validator?.protocol = own.validatorProtocol
    let staticValidator = settings.format == .ppf2025 ? programs.staticValidator() : nil
    checkKind(settings, validator)
    own.check(tree, findings, kind: settings.kind, validator: validator)
    let checker = settings.kind.isInteractive ? programs.interactorChecker() : nil
    let base = validator == nil && own.comparison == nil ? baseComparison(settings) : nil
    let tests =
      settings.format == .ppf2025
      ? PPF2025TestsReader(
        tree: tree, findings: findings, settings: settings, comparison: base
      ).read()
      : LegacyTestsReader(
        tree: tree, findings: findings, settings: settings, comparison: base, programs: programs
      ).read()
    checkTests(tests.root)
    if own.comparison != nil { checkNoFlags(settings, tests.root) }
    checkStaticValidation(staticValidator != nil, tests.root, settings)

    var wanted = tests.files
    wanted += (validator?.files ?? []).map { ($0, .validator) }
    wanted += (checker?.files ?? []).map { ($0, .validator) }
    wanted += (staticValidator?.files ?? []).map { ($0, .validator) }
    wanted += (tests.grader?.files ?? []).map { ($0, .grader) }
    wanted += programs.includes().map { ($0.path, .include) }
    checkConstants(settings, wanted)
    let files = hashed(
      wanted, executing: [validator, checker, staticValidator, tests.grader].compactMap { $0 })
    let problem = shortName()
    guard !findings.hasErrors else { return (nil, tests.range) }
    var manifest = PackageManifest(
      problem: problem, title: settings.title ?? problem, uuid: settings.uuid,
      sourceFormat: settings.format, kind: settings.kind, limits: settings.limits,
      check: validator.map { .validator($0) } ?? own.comparison.map { .layout($0) }
        ?? .tokens(base ?? TokenComparison()),
      interactorChecker: checker, tests: tests.root, files: files)
    manifest.staticValidator = staticValidator
    manifest.constants = settings.constants
    do {
      // The rules that a receiver applies: better told here than there.
      try ManifestRules.check(manifest)
      return (manifest, tests.range)
    } catch {
      findings.error("", "\(error)")
      return (nil, tests.range)
    }
  }

  /// The directory's own name.
  private func shortName() -> String {
    let name = tree.realName
    if !PathRules.isComponent(name) {
      findings.error("", "the directory name `\(name)` cannot name a problem; use a-z and 0-9")
    } else if !name.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) }) {
      findings.warning(
        "", "the directory name `\(name)` should have a-z and 0-9 only; other judges refuse it")
    }
    return name
  }

  private func baseComparison(_ settings: ProblemSettings) -> TokenComparison {
    ComparerFlags.apply(settings.validatorFlags, over: TokenComparison()) {
      findings.error("problem.yaml", "validator_flags: \($0)")
    }
  }

  /// The comparers of other judges have no flags.
  private func checkNoFlags(_ settings: ProblemSettings, _ root: TestGroup) {
    if !settings.validatorFlags.isEmpty {
      findings.error("problem.yaml", "`validator_flags`: the chosen `comparison` has none; remove")
    }
    for testcase in root.testcases where !testcase.validatorArguments.isEmpty {
      findings.error(
        "data/" + testcase.name,
        "`output_validator_args`: the chosen `comparison` has none; remove them")
    }
  }

  private func checkKind(_ settings: ProblemSettings, _ validator: ValidatorProgram?) {
    let folder = settings.format.isLegacy ? "output_validators" : "output_validator"
    guard validator == nil, settings.wantsCustomValidator != true else { return }
    for (isKind, name) in [
      (settings.kind.isInteractive, "interactive"), (settings.kind.isMultiPass, "multi-pass"),
    ] where isKind {
      findings.error(
        folder, "a problem that is \(name) needs its own output validator; add it")
    }
  }

  private func checkTests(_ root: TestGroup) {
    for case .group(let group) in root.children where group.name == "secret" {
      if group.testcases.isEmpty {
        findings.error("data/secret", "has no testcase; add NAME.in and NAME.ans")
      }
      return
    }
    findings.error("data/secret", "is missing; add it with at least one testcase")
  }

  private func checkStaticValidation(
    _ hasValidator: Bool, _ root: TestGroup, _ settings: ProblemSettings
  ) {
    let folder = ProgramReader.staticFolder
    if settings.format != .ppf2025, tree.isDirectory(folder) {
      findings.warning(folder, "is not read in format \(settings.format.rawValue)")
    }
    if hasValidator, settings.kind.isSubmitAnswer {
      findings.error(folder, "a submit-answer problem has no source text to look at; remove it")
    }
    let isUsed = root.testcases.contains { $0.staticValidation != nil }
    if isUsed, !hasValidator {
      findings.error(
        folder, "is missing, although a test_group.yaml gives static_validation_score; add it")
    }
    if hasValidator, !isUsed {
      findings.warning(
        folder, "is never run: no test_group.yaml gives static_validation_score")
    }
  }

  /// Whatever looks like a constant and is none is probably misspelt.
  private func checkConstants(
    _ settings: ProblemSettings, _ wanted: [(path: String, role: PackageFile.Role)]
  ) {
    guard !settings.constants.isEmpty else { return }
    for (path, role) in wanted where [.validator, .include].contains(role) {
      guard let size = tree.file(path)?.size, size <= 1 << 20,
        let bytes = tree.contents(path, limit: 1 << 20, findings)
      else { continue }
      for name in settings.constants.undefined(in: bytes) {
        findings.warning(path, "`{{\(name)}}` is not replaced: there is no such constant")
      }
    }
  }

  /// - Parameter programs: those whose scripts may start other files of theirs.
  private func hashed(
    _ wanted: [(path: String, role: PackageFile.Role)], executing programs: [ValidatorProgram]
  ) -> [PackageFile] {
    let startable = Set(programs.filter { $0.language == nil }.flatMap(\.files))
    var files: [PackageFile] = []
    var total: Int64 = 0
    var folded: [String: String] = [:]
    for (path, role) in wanted.sorted(by: { PathRules.byteOrder($0.path, $1.path) }) {
      guard files.last?.path != path, let file = tree.file(path) else { continue }
      if let objection = PathRules.objection(to: path) {
        findings.error(path, "\(objection); rename it")
        continue
      }
      if let other = folded.updateValue(path, forKey: PathRules.folded(path)) {
        findings.error(path, "differs from \(other) in letter case only; rename one of them")
      }
      total += file.size
      guard file.size <= PackageTree.fileLimit, total <= ManifestRules.totalLimit else {
        findings.error(
          path, "too large: a file may have 1 GiB, a package \(ManifestRules.totalLimit >> 30) GiB")
        return files
      }
      do {
        let (digest, size) = try SHA256.digest(file: tree.root + "/" + path)
        // Modes differ from one checkout to the next, and mean nothing but beside a script.
        files.append(
          PackageFile(
            path: path, size: size, digest: digest, role: role,
            isExecutable: file.isExecutable && startable.contains(path)))
      } catch {
        findings.error(path, "\(error)")
      }
    }
    return files
  }
}
