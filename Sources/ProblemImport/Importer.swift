public import JudgeModel
public import ProblemPackage

/// Which judge a problem comes from.
public enum ImportKind: String, CaseIterable, Sendable {
  case polygon, plain, dmoj, cms
}

/// What the source does not say, or what is wanted otherwise.
public struct ImportOptions: Sendable {
  public var timeLimit: TimeSpan?
  public var memoryBytes: Int64?
  /// MiB.
  public var outputMebibytes: Int64?
  public var title: String?
  /// Path of testlib.h on this machine, for packages that do not bring it.
  public var testlib: String?
  /// Turn CR LF into LF in inputs and answers.
  public var normalisesLineEnds = false
  /// Judge with standard input and output although the problem speaks of files.
  public var usesStandardStreams = false
  /// Make a scoring problem of cases that could be pass-fail.
  public var isScoring = false
  /// Name of the set of tests to take, of several.
  public var testset: String?
  /// For plain folders: a regular expression with the named groups `batch` and `case`.
  public var groupPattern: String?
  public var comparison: LayoutComparison?
  /// Further submissions: label and path in the source.
  public var submissions: [(label: String, path: String)] = []
  public init() {}
}

/// A problem of another judge, read and understood, or all that is in the way.
///
/// Nothing of it was executed, and nothing is written before `write`. An archive that was unpacked for
/// it goes with this value.
public struct ImportPlan {
  /// All findings, in the order of their paths and lines. Paths are relative to the source.
  public let diagnostics: [Diagnostic]
  /// What was found, for people, one line each.
  public let summary: [String]
  private let draft: PackageDraft?

  public var hasErrors: Bool { draft == nil }
  /// Files that `write` will write.
  public var fileCount: Int { draft?.complete().count ?? 0 }

  init(diagnostics: [Diagnostic], summary: [String], draft: PackageDraft?) {
    self.diagnostics = diagnostics
    self.summary = summary
    self.draft = draft
  }

  /// Writes the package directory. It appears whole under its name, or not at all.
  ///
  /// - Parameters:
  ///   - directory: must not exist; the one around it must.
  ///   - report: called with each path before it is written.
  /// - Returns: what reading the package says; only warnings.
  public func write(
    to directory: String, report: (String) -> Void = { _ in }
  ) throws(ImportError) -> [Diagnostic] {
    guard let draft else { throw .refused("", "not imported; mend the errors first") }
    return try DraftWriter.write(draft, to: directory, report: report)
  }
}

/// Reads problems of other judges.
public enum ProblemImporter {
  /// - Parameter source: a folder, or a zip file of one.
  public static func plan(
    _ kind: ImportKind, source: String, options: ImportOptions
  ) -> ImportPlan {
    let findings = Findings()
    var summary: [String] = []
    var draft: PackageDraft?
    do throws(ImportError) {
      let tree = try open(source)
      let context = ImportContext(tree: tree, options: options, findings: findings)
      draft =
        switch kind {
        case .polygon: try PolygonImporter(context: context).draft()
        case .plain: try PlainImporter(context: context).draft(&summary)
        case .dmoj: try DMOJImporter(context: context).draft()
        case .cms: try CMSImporter(context: context).draft()
        }
      if var found = draft {
        context.finish(&found)
        summary += lines(about: found)
        draft = found
      }
    } catch {
      switch error {
      case .refused(let path, let text): findings.error(path, text)
      case .system: findings.error("", "\(error)")
      }
    }
    if draft == nil, !findings.hasErrors { findings.error("", "nothing could be made of it") }
    let sorted = findings.all.sorted {
      ($0.path, $0.line ?? 0, $0.message) < ($1.path, $1.line ?? 0, $1.message)
    }
    return ImportPlan(
      diagnostics: sorted, summary: summary, draft: findings.hasErrors ? nil : draft)
  }

  private static func open(_ source: String) throws(ImportError) -> SourceTree {
    if source.lowercased().hasSuffix(".zip") { return try ZipUnpacker.unpack(source) }
    return try SourceTree(folder: source)
  }

  private static func lines(about draft: PackageDraft) -> [String] {
    var lines = ["\(draft.title): \(draft.caseCount) testcases"]
    lines += draft.groups.map { group in
      "  data/\(group.name): \(group.cases)" + (group.note.isEmpty ? "" : ", \(group.note)")
    }
    if !draft.submissions.isEmpty {
      lines.append(
        "  \(draft.submissions.count) submissions: "
          + draft.submissions.prefix(20).joined(separator: ", "))
    }
    return lines
  }
}

/// What all importers work with.
struct ImportContext {
  let tree: SourceTree
  let options: ImportOptions
  let findings: Findings

  /// The source's own name, for a title nobody gave.
  var sourceName: String { tree.name }

  /// Applies the options that every kind has, and looks at the line ends of the test data.
  func finish(_ draft: inout PackageDraft) {
    if let title = options.title { draft.title = title }
    if let limit = options.timeLimit { draft.timeLimit = limit }
    if let memory = options.memoryBytes { draft.memoryBytes = memory }
    if let output = options.outputMebibytes { draft.outputMebibytes = output }
    if let memory = draft.memoryBytes, memory % (1 << 20) != 0 {
      findings.warning(
        "", "the memory limit of \(memory) bytes is rounded up to whole MiB, as the format has them"
      )
    }
    for (label, path) in options.submissions {
      guard PathRules.isComponent(label) else {
        findings.error(path, "`\(label)` cannot be a label; use accepted, wrong_answer, …")
        continue
      }
      if !DirectoryLabel.known.contains(label), !label.contains("_or_"), label != "mixed" {
        findings.warning(
          path,
          "`\(label)` says nothing about what it gets; labels are "
            + DirectoryLabel.known.joined(separator: ", "))
      }
      guard tree.has(path) else {
        findings.error(path, "\(tree.absence(of: path)); a submission was to be taken from here")
        continue
      }
      draft.addSubmission(tree, path, label: label)
    }
    if draft.comparison == nil, let comparison = options.comparison {
      draft.comparison = comparison
    }
    reportReturns(draft)
  }

  /// Windows' line ends in test data are a common accident, and checkers may reject them.
  private func reportReturns(_ draft: PackageDraft) {
    var found: [String] = []
    for path in draft.files.keys.sorted() where path.hasPrefix("data/") {
      guard case .copy(let tree, let source, false)? = draft.files[path] else { continue }
      var hasReturn = false
      do throws(ImportError) {
        try tree.stream(source) { (bytes) throws(ImportError) in
          hasReturn = hasReturn || bytes.contains(13)
        }
      } catch { findings.error(source, "\(error)") }
      if hasReturn { found.append(source) }
    }
    guard let first = found.first else { return }
    findings.warning(
      first,
      "\(found.count) files of test data, this one first, have carriage returns (Windows' line "
        + "ends); they are kept: --normalise-line-ends makes them line feeds")
  }

  /// Both limits have to be known. They are not guessed: a wrong limit is a wrong verdict.
  func requireLimits(_ why: String) {
    if options.timeLimit == nil { findings.error("", "\(why); give --time-limit SECONDS") }
    if options.memoryBytes == nil { findings.error("", "\(why); give --memory-limit SIZE") }
  }

  /// A path that a source file names, when it stays inside the folder.
  func safe(_ path: String, namedIn file: String, line: Int? = nil) -> String? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard !path.isEmpty, !path.hasPrefix("/"), !path.contains("\\"), path.utf8.count <= 1024,
      !parts.contains(where: { $0.isEmpty || $0 == ".." || $0.utf8.contains(0) })
    else {
      findings.error(
        file, line: line, "`\(path.prefix(100))` leads out of the problem's folder or is no path")
      return nil
    }
    return parts.filter { $0 != "." }.joined(separator: "/")
  }
}
