import Foundation
import JudgeModel
import ProblemPackage

/// A full package of Polygon: `problem.xml`, the tests in files, the jury's programs as source text.
struct PolygonImporter {
  let context: ImportContext
  static let file = "problem.xml"

  private var findings: Findings { context.findings }
  private var tree: SourceTree { context.tree }

  func draft() throws(ImportError) -> PackageDraft? {
    guard tree.has(Self.file) else {
      throw .refused(
        Self.file, "\(tree.absence(of: Self.file)); a Polygon package has it at its top")
    }
    let problem = try XMLReader.read(
      try tree.contents(Self.file, limit: XMLReader.sizeLimit), path: Self.file)
    guard problem.name == "problem", let judging = problem.first("judging") else {
      throw .refused(Self.file, "is not the description of a Polygon problem")
    }
    var draft = PackageDraft()
    draft.origin = "a Polygon package by `assize import polygon`"
    draft.normalisesLineEnds = context.options.normalisesLineEnds
    draft.title = title(problem)
    draft.identity = (problem["url"] ?? "") + "\n" + (problem["short-name"] ?? context.sourceName)
    draft.outputMebibytes = 64
    checkStreams(judging)
    if let set = testset(judging) {
      readLimits(set, &draft)
      PolygonTestset(context: context, set: set).read(&draft)
    }
    readPrograms(problem, judging, &draft)
    readSolutions(problem, &draft)
    return draft
  }

  private func title(_ problem: XMLElement) -> String {
    let names = problem.first("names")?.all("name") ?? []
    let english = names.first { $0["language"] == "english" }
    return (english ?? names.first)?["value"] ?? problem["short-name"] ?? context.sourceName
  }

  private func error(_ element: XMLElement, _ message: String) {
    findings.error(Self.file, line: element.line, message)
  }

  private func checkStreams(_ judging: XMLElement) {
    let names = ["input-file", "output-file"].compactMap { judging[$0] }.filter { !$0.isEmpty }
    guard !names.isEmpty, !context.options.usesStandardStreams else { return }
    error(
      judging,
      "the problem is read from and written to files (\(names.joined(separator: ", "))), which is "
        + "not judged; make it one of standard input and output in Polygon, or give --stdio when its "
        + "solutions use those anyway")
  }

  private func testset(_ judging: XMLElement) -> XMLElement? {
    let sets = judging.all("testset")
    let names = sets.map { $0["name"] ?? "" }
    let wanted = context.options.testset ?? (sets.count == 1 ? names[0] : "tests")
    guard let set = sets.first(where: { $0["name"] == wanted }) else {
      error(
        judging,
        "has no set of tests named `\(wanted)`; choose with --testset one of "
          + names.joined(separator: ", "))
      return nil
    }
    if sets.count > 1 {
      findings.warning(
        Self.file, line: set.line,
        "of \(sets.count) sets of tests only `\(wanted)` is imported; the others are: "
          + names.filter { $0 != wanted }.joined(separator: ", "))
    }
    return set
  }

  private func readLimits(_ set: XMLElement, _ draft: inout PackageDraft) {
    if let text = set.first("time-limit")?.value, let milliseconds = Int64(text),
      (1...3_600_000).contains(milliseconds)
    {
      draft.timeLimit = TimeSpan(nanoseconds: milliseconds * 1_000_000)
    } else if context.options.timeLimit == nil {
      error(set, "has no time limit in milliseconds; give --time-limit SECONDS")
    }
    if let text = set.first("memory-limit")?.value, let bytes = Int64(text),
      (1 << 20...1 << 40).contains(bytes)
    {
      draft.memoryBytes = bytes
    } else if context.options.memoryBytes == nil {
      error(set, "has no memory limit in bytes; give --memory-limit SIZE")
    }
  }

  // MARK: Programs

  private func readPrograms(
    _ problem: XMLElement, _ judging: XMLElement, _ draft: inout PackageDraft
  ) {
    let bundle = ProgramBundle(context: context, headerFolders: ["files", ""])
    let assets = problem.first("assets")
    let checker = assets?.first("checker")
    if let interactor = assets?.first("interactor") {
      draft.isInteractive = true
      let runs = max(
        Int(judging["run-count"] ?? "1") ?? 1, interactor.first("runs")?.all("run").count ?? 1)
      if runs > 1 {
        error(
          interactor, "runs the program \(runs) times, which the testlib protocol cannot tell here")
      }
      if let path = source(interactor, "interactor") {
        bundle.add([path], as: "interactor", to: "output_validator", &draft)
      }
    }
    draft.validatorProtocol = .testlib
    if let checker {
      if let kind = checker["type"], kind != "testlib" {
        error(checker, "the checker is of type `\(kind)`; only testlib's protocol is known")
      }
      if let path = source(checker, "checker") {
        if ProgramBundle.givesPercents(tree, path) {
          findings.error(
            path, "uses `_pc(…)`, which tells points by its exit status; use quitp, which is judged"
          )
        }
        if draft.hasPassFailGroups, ProgramBundle.givesPoints(tree, path) {
          findings.warning(
            path,
            "may give points, but a complete-group is passed or failed as a whole: where it "
              + "does so there, there will be no verdict")
        }
        if !draft.isScoring, ProgramBundle.givesPoints(tree, path) {
          findings.warning(
            path, "may give points, but no test has any: where it does so, there will be no verdict"
          )
        }
        bundle.add(
          [path], as: "checker", to: draft.isInteractive ? "output_checker" : "output_validator",
          &draft)
      }
    } else if !draft.isInteractive {
      findings.error(Self.file, "names no checker; set one in Polygon")
    }
    for validator in assets?.first("validators")?.all("validator") ?? [] {
      guard let path = validator.first("source")?["path"] else { continue }
      addInputValidator(path, bundle, &draft)
    }
  }

  /// testlib's validators say 0 for a good input, this format's 42: scripts stand between them.
  private func addInputValidator(
    _ path: String, _ bundle: ProgramBundle, _ draft: inout PackageDraft
  ) {
    let file = PackageName.made(of: path.lastName)
    guard SourceLanguage.of([path])?.value == "cpp", let stem = file.split(separator: ".").first
    else {
      findings.warning(path, "checks inputs and is not in C++; not imported")
      return
    }
    // Two of one name from different folders are two.
    let number = draft.files.keys.count {
      $0.hasPrefix("input_validators/") && $0.hasSuffix("/run")
    }
    let folder = "input_validators/" + stem + (number == 0 ? "" : "-\(number + 1)")
    bundle.add([path], as: "input validator", to: folder, &draft)
    draft.add(
      "\(folder)/build",
      .script(
        """
        #!/bin/sh
        # Imported from Polygon: see run.
        cd "$(dirname "$0")" && exec g++ -O2 -std=gnu++17 -o validator "\(file)"

        """))
    draft.add(
      "\(folder)/run",
      .script(
        """
        #!/bin/sh
        # A validator of testlib exits with 0 when the input is good, which is 42 in this format.
        # What else it ends with is no answer.
        "$(dirname "$0")/validator"
        case $? in
          0) exit 42 ;;
          1 | 2 | 3 | 4) exit 43 ;;
          *) kill -ABRT $$ ;;
        esac

        """))
  }

  private func source(_ program: XMLElement, _ role: String) -> String? {
    guard let element = program.first("source"), let path = element["path"] else {
      error(program, "the \(role) has no source text; only programs with it are imported")
      return nil
    }
    return context.safe(path, namedIn: Self.file, line: element.line)
  }

  private func readSolutions(_ problem: XMLElement, _ draft: inout PackageDraft) {
    for solution in problem.at("assets", "solutions")?.all("solution") ?? [] {
      guard let element = solution.first("source"), let path = element["path"],
        let safe = context.safe(path, namedIn: Self.file, line: element.line)
      else { continue }
      let tag = solution["tag"] ?? ""
      guard let label = PolygonTag(rawValue: tag) else {
        findings.warning(safe, "its tag `\(tag)` says nothing that can be tested; not imported")
        continue
      }
      guard tree.has(safe) else {
        findings.error(safe, "\(tree.absence(of: safe)); problem.xml lists it as a solution")
        continue
      }
      guard SourceLanguage.of([safe]) != nil,
        !(element["type"] ?? "").hasPrefix("python.2")
      else {
        findings.warning(
          safe, "is in a language that is not judged here (\(element["type"] ?? "?")); not imported"
        )
        continue
      }
      draft.addSubmission(tree, safe, label: label.folder)
      if let rule = label.rule { draft.explain(label: label.folder, rule) }
    }
  }
}

/// What Polygon says about a solution. Its presentation errors are wrong answers elsewhere.
enum PolygonTag: String {
  case main, accepted
  case wrongAnswer = "wrong-answer"
  case presentationError = "presentation-error"
  case timeLimit = "time-limit-exceeded"
  case timeLimitOrAccepted = "time-limit-exceeded-or-accepted"
  case timeLimitOrMemoryLimit = "time-limit-exceeded-or-memory-limit-exceeded"
  case memoryLimit = "memory-limit-exceeded"
  case rejected, failed

  var folder: String {
    switch self {
    case .main, .accepted: "accepted"
    case .wrongAnswer, .presentationError: "wrong_answer"
    case .timeLimit: "time_limit_exceeded"
    case .timeLimitOrAccepted: "time_limit_exceeded_or_accepted"
    case .timeLimitOrMemoryLimit: "time_or_memory_limit_exceeded"
    case .memoryLimit: "memory_limit_exceeded"
    case .rejected, .failed: "rejected"
    }
  }

  /// For submissions.yaml, where the folder alone does not say it.
  var rule: String? {
    switch self {
    case .timeLimitOrAccepted: "{permitted: [AC, TLE], use_for_time_limit: false}"
    case .timeLimitOrMemoryLimit: "{permitted: [AC, TLE, RTE], required: [TLE, RTE]}"
    case .memoryLimit: "{permitted: [AC, RTE], required: [RTE]}"
    default: nil
    }
  }
}
