import JudgeModel
import ProblemPackage

/// A task of CMS in the layout of its `italy_yaml` loader.
struct CMSImporter {
  let context: ImportContext
  static let file = "task.yaml"

  private var findings: Findings { context.findings }
  private var tree: SourceTree { context.tree }

  func draft() throws(ImportError) -> PackageDraft? {
    guard tree.has(Self.file) else {
      throw .refused(
        Self.file, "\(tree.absence(of: Self.file)); an italy_yaml task has it at its top")
    }
    guard let map = YAMLMap.parse(try tree.contents(Self.file), path: Self.file, findings) else {
      return nil
    }
    var draft = PackageDraft()
    draft.origin = "a CMS task by `assize import cms`"
    draft.title =
      map["title"]?.text() ?? map["nome"]?.text() ?? map["name"]?.text() ?? context.sourceName
    draft.identity =
      "cms\n" + (map["name"]?.text() ?? map["nome_breve"]?.text() ?? context.sourceName)
    draft.outputMebibytes = 64
    draft.normalisesLineEnds = context.options.normalisesLineEnds
    readLimits(map, &draft)
    refuseOtherTypes(map)
    readTests(map, readChecker(map, &draft), &draft)
    readSolutions(&draft)
    return draft
  }

  private func readLimits(_ map: YAMLMap, _ draft: inout PackageDraft) {
    let timeLimit = map["time_limit"] ?? map["timeout"]
    if let seconds = timeLimit?.decimal() {
      if seconds > .zero, seconds.billionths <= 3_600_000_000_000 {
        draft.timeLimit = TimeSpan(nanoseconds: seconds.billionths)
      } else {
        timeLimit?.error("must be more than 0 and at most 3600 seconds")
      }
    } else if context.options.timeLimit == nil {
      findings.error(Self.file, "has no time limit; give --time-limit SECONDS")
    }
    if let mebibytes = (map["memory_limit"] ?? map["memlimit"])?.integer(1...1 << 20) {
      draft.memoryBytes = mebibytes << 20
    } else if context.options.memoryBytes == nil {
      findings.error(Self.file, "has no memory limit; give --memory-limit SIZE")
    }
  }

  private func refuseOtherTypes(_ map: YAMLMap) {
    if map["output_only"]?.flag() == true {
      map["output_only"]?.error(
        "submissions are outputs; this judge has no such task type from CMS")
      return
    }
    for folder in ["check", "cor"] where tree.hasFile(in: folder, stem: "manager") {
      findings.error(
        folder + "/manager",
        "a task of type Communication: its manager talks over named pipes, "
          + "which is not judged; rewrite it as an interactor")
      return
    }
    for stem in ["grader", "stub"] where tree.hasFile(in: "sol", stem: stem) {
      findings.error(
        "sol/" + stem,
        "submissions are compiled together with a \(stem) that calls them, which is "
          + "not imported; put it into include/<language>/ of a package by hand")
    }
    for (key, standard) in [("infile", "input.txt"), ("outfile", "output.txt")] {
      // CMS takes the standard name where none is given.
      let name = map.has(key) ? (map[key]?.text() ?? "") : standard
      guard !name.isEmpty, !context.options.usesStandardStreams else { continue }
      findings.error(
        Self.file, line: map[key]?.line,
        "`\(key)` is `\(name.prefix(40))`: programs use files, which is not judged; set it to \"\" "
          + "when they use standard input and output, or give --stdio")
    }
  }

  /// Whether the checker can give a part of the points.
  private func readChecker(_ map: YAMLMap, _ draft: inout PackageDraft) -> Bool {
    for place in ["check/checker", "cor/correttore"] {
      let sources = tree.files(in: place.folderName).filter {
        $0.stem == place.lastName && $0.lastName.contains(".") && SourceLanguage.of([$0]) != nil
      }
      if let source = sources.first {
        draft.validatorProtocol = .cms
        ProgramBundle(context: context, headerFolders: [place.folderName, ""]).add(
          [source], as: "checker", to: "output_validator", &draft)
        if tree.has(place) {
          findings.warning(
            place, "a compiled program is never used; \(source) beside it is compiled instead")
        }
        return true
      }
      if tree.has(place) || tree.links.contains(place) {
        findings.error(
          place,
          "is a compiled program, which is not executed here; put its source text beside it, "
            + "as in \(place).cpp")
        return true
      }
    }
    draft.comparison = .linesTokens
    return false
  }

  // MARK: Tests

  private func readTests(_ map: YAMLMap, _ isPartial: Bool, _ draft: inout PackageDraft) {
    let plan = GENFile.read(context)
    var count = plan.subtasks.reduce(0) { $0 + $1.cases }
    if plan.subtasks.isEmpty {
      // One subtask of everything, or the number that task.yaml gives.
      count = Int((map["n_input"]?.integer(1...100_000)) ?? Int64(plan.looseCases))
    }
    guard count > 0 else {
      return findings.error(Self.file, "says neither `n_input` nor is there a gen/GEN with tests")
    }
    var cases: [PackageDraft.Case] = []
    for number in 0..<count {
      let (input, answer) = ("input/input\(number).txt", "output/output\(number).txt")
      for path in [input, answer] where !tree.has(path) {
        findings.error(path, "\(tree.absence(of: path)), of \(count) tests")
      }
      cases.append(PackageDraft.Case(tree: tree, input: input, answer: answer))
    }
    if let extra = tree.files(in: "input").first(where: { $0 == "input/input\(count).txt" }) {
      findings.error(extra, "is one more than the \(count) tests that are described; correct GEN")
    }
    draft.isScoring = true
    let scoreType = map["score_type"]?.text() ?? (plan.subtasks.isEmpty ? "Sum" : "GroupMin")
    switch scoreType {
    case "GroupMin": break
    case "GroupMul" where !isPartial:
      findings.warning(
        Self.file,
        "GroupMul is imported as the minimum of a group: the same, because without a "
          + "checker every test counts as 0 or 1")
    case "Sum" where plan.subtasks.count <= 1: break
    default:
      return findings.error(
        Self.file, line: map["score_type"]?.line,
        "the score type \(scoreType.prefix(40)) cannot be said in the package format, which has sums "
          + "and minima of groups")
    }
    if map["score_type_parameters"] != nil {
      return findings.error(
        Self.file, line: map["score_type_parameters"]?.line,
        "`score_type_parameters` is not read; write the subtasks into gen/GEN")
    }
    if plan.subtasks.isEmpty || scoreType == "Sum" {
      addSum(cases, map["total_value"], &draft)
    } else {
      addSubtasks(plan.subtasks, cases, isPartial, &draft)
    }
  }

  /// CMS divides a hundred points evenly, or as many as the task says.
  private func addSum(
    _ cases: [PackageDraft.Case], _ value: YAMLValue?, _ draft: inout PackageDraft
  ) {
    let total = value?.integer(1...1_000_000) ?? 100
    draft.add(
      cases, to: "secret", note: "\(total) points, sum",
      settings: GroupText.yaml(.sum, maximum: String(total)))
  }

  private func addSubtasks(
    _ subtasks: [GENFile.Subtask], _ cases: [PackageDraft.Case], _ isPartial: Bool,
    _ draft: inout PackageDraft
  ) {
    var from = 0
    var total: Int64 = 0
    for (at, subtask) in subtasks.enumerated() {
      let own = Array(cases[from..<from + subtask.cases])
      from += subtask.cases
      if own.isEmpty {
        findings.warning("gen/GEN", line: subtask.line, "a subtask without tests; left out")
        continue
      }
      total += subtask.points
      let rule: Aggregation.Rule = isPartial ? .minimum : .passFail
      draft.add(
        own, to: "secret/" + GroupText.name("subtask", at + 1, of: subtasks.count),
        note: "\(subtask.points) points, \(rule.rawValue)",
        settings: GroupText.yaml(rule, maximum: String(subtask.points)))
    }
    draft.add(
      "data/secret/test_group.yaml", .text("score_aggregation: sum\nmax_score: \(total)\n"))
  }

  /// CMS does not label them; by custom those named `solution` are right.
  private func readSolutions(_ draft: inout PackageDraft) {
    for path in tree.files(in: "sol") {
      guard ["solution", "soluzione"].contains(path.stem) else {
        if !["grader", "stub"].contains(path.stem) {
          findings.warning(
            path,
            "nothing says what it should get; give --submission LABEL=\(path) to take it along")
        }
        continue
      }
      guard SourceLanguage.of([path]) != nil else {
        findings.warning(path, "is in a language that is not judged here; not imported")
        continue
      }
      draft.addSubmission(tree, path, label: "accepted")
    }
  }
}

extension SourceTree {
  /// Whether a folder has a file of this name, whatever its ending.
  func hasFile(in folder: String, stem: String) -> Bool {
    files(in: folder).contains { $0.stem == stem } || links.contains(folder + "/" + stem)
  }
}

/// `gen/GEN`: one line for each test, and comments that open subtasks.
struct GENFile {
  struct Subtask {
    var points: Int64
    var cases = 0
    var line: Int
  }
  var subtasks: [Subtask] = []
  /// Tests where no subtask was opened.
  var looseCases = 0

  static func read(_ context: ImportContext) -> GENFile {
    let path = "gen/GEN"
    var plan = GENFile()
    guard context.tree.has(path) else { return plan }
    let bytes: [UInt8]
    do throws(ImportError) { bytes = try context.tree.contents(path) } catch {
      context.findings.error(path, "\(error)")
      return plan
    }
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (at, line) in lines.enumerated() {
      let parts = line.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
      let before = parts.first.map(trimmed) ?? ""
      let comment = parts.count > 1 ? trimmed(parts[1]) : ""
      if before.isEmpty, comment.hasPrefix("ST:") {
        guard let points = Int64(trimmed(comment.dropFirst(3))), (0...1_000_000).contains(points)
        else {
          context.findings.error(path, line: at + 1, "`# ST:` needs whole points behind it")
          continue
        }
        plan.subtasks.append(Subtask(points: points, line: at + 1))
      } else if !before.isEmpty, comment.hasPrefix("ST:") || comment.hasPrefix("COPY:") {
        context.findings.error(
          path, line: at + 1, "a test and a mark in one line; CMS refuses it too: use two lines")
      } else if !before.isEmpty || comment.hasPrefix("COPY:") {
        if plan.subtasks.isEmpty {
          plan.looseCases += 1
        } else {
          plan.subtasks[plan.subtasks.count - 1].cases += 1
        }
      }
    }
    if plan.looseCases > 0, !plan.subtasks.isEmpty {
      context.findings.error(path, "has tests before the first `# ST:`; give them a subtask")
    }
    return plan
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    text.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
  }
}
