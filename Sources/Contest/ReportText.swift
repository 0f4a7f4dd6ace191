import JudgeModel

extension RegradeReport {
  /// The report for a terminal or a mail: no colours, no control characters, ends with a newline.
  public var terminalText: String {
    var out: [String] = ["Regrade of \(contest.name.plainLine(limit: 100))", ""]
    for fact in facts { out.append(TextTable.pad(fact.name, 12) + "  " + fact.value) }
    out += ["", sentence, ""]
    out += section("Old verdicts (rows) and new ones (columns), * changed", matrixTable)
    if !reducedVerdicts.isEmpty { out += [reductionSentence, ""] }
    let changed = changed
    if !changed.isEmpty {
      out.append("Changed submissions")
      for line in changed { out += Self.changedLines(line) }
      out.append("")
    }
    out += section(
      "Close to the time limit: repeat these before deciding",
      TextTable(closeToLimit.map { ["  " + $0.id, $0.problemLabel, $0.limitText, $0.newText] }))
    out += section(
      "Judge errors: our fault, not a verdict",
      TextTable(judgeErrors.map { ["  " + $0.id, $0.problemLabel, $0.reason] }))
    out += section(
      "Not judged",
      TextTable(notJudged.map { ["  " + $0.id, $0.problemLabel, $0.reason] }))
    out += section("Problem packages", packagesTable)
    out += section(
      "Notes about the archive", TextTable(defects.map { ["  " + $0.description] }))
    while out.last == "" { out.removeLast() }
    // Whatever came in with an id or a label: nothing may steer a terminal.
    return out.map { $0.withoutControls + "\n" }.joined()
  }

  /// The whole outcome in one or two sentences, the first thing to be read.
  var sentence: String {
    let totals = totals
    var text =
      totals.changed == 0
      ? "No verdict changed" : "\(totals.changed) of \(totals.judged) verdicts changed"
    let parts = [
      (totals.acceptedToRejected, VerdictChange.acceptedToRejected),
      (totals.rejectedToAccepted, .rejectedToAccepted),
      (totals.rejectedToRejected, .rejectedToRejected),
      (totals.scoreChanged, .score),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1.name)" }
    text += parts.isEmpty ? "." : ": " + parts.joined(separator: ", ") + "."
    let missing = totals.submissions - totals.judged
    if missing > 0 {
      text +=
        " \(missing) of \(totals.submissions) submissions have no new verdict:"
        + " this regrade is incomplete."
    }
    if totals.withoutOldVerdict > 0 {
      text += " \(totals.withoutOldVerdict) had no old verdict to compare with."
    }
    return text
  }

  /// Header of every rendering.
  var facts: [(name: String, value: String)] {
    var facts: [(name: String, value: String)] = [("contest", contest.id.plainLine(limit: 60))]
    facts.append(
      (
        "archive",
        context.archive.plainLine(limit: 200)
          + (context.archiveDigest.map { ", sha256 \($0.hex)" } ?? "")
      ))
    facts.append(("judged by", context.tool.plainLine(limit: 100)))
    if !context.host.isEmpty { facts.append(("machines", context.host.plainLine(limit: 200))) }
    let times = [context.startMilliseconds, context.endMilliseconds].compactMap { $0 }
    if !times.isEmpty {
      facts.append(
        ("time", times.map(ClicsTime.time(ofMilliseconds:)).joined(separator: " to ")))
    }
    facts.append(
      ("selection", context.selection.isEmpty ? "all" : context.selection.plainLine(limit: 200)))
    if !degraded.isEmpty {
      facts.append(
        (
          "CAUTION",
          "\(degraded.count) of \(lines.count) submissions were measured without control groups: "
            + "their times and memory are lower bounds, and programs could cheat"
        ))
    }
    for policy in context.policy { facts.append(("policy", policy.plainLine(limit: 200))) }
    for toolchain in context.toolchains {
      facts.append(
        (
          "toolchain",
          "\(toolchain.language.value): \(toolchain.version.plainLine(limit: 100))"
            + (toolchain.digest.map { ", \($0.short)" } ?? "")
        ))
    }
    return facts
  }

  var reductionSentence: String {
    let names = reducedVerdicts.map { "\($0.rawValue) (counts as \($0.reduced.rawValue) here)" }
    return "The old system does not know \(names.joined(separator: ", "))."
  }

  private func section(_ title: String, _ table: TextTable) -> [String] {
    table.rows.isEmpty ? [] : [title] + table.lines + [""]
  }

  private var matrixTable: TextTable {
    guard !matrix.rows.isEmpty else { return TextTable([]) }
    var rows = [["  old"] + matrix.columns.map { $0 + " " } + ["total"]]
    for (r, name) in matrix.rows.enumerated() {
      let cells = matrix.cells[r].map {
        ($0.count == 0 ? "." : "\($0.count)") + ($0.changed > 0 ? "*" : " ")
      }
      rows.append(["  " + name] + cells + ["\(matrix.rowTotal(r))"])
    }
    let sums = matrix.columns.indices.map { "\(matrix.columnTotal($0)) " }
    rows.append(["  total"] + sums + ["\(lines.count)"])
    return TextTable(rows, rightAlignedFrom: 1)
  }

  private var packagesTable: TextTable {
    TextTable(
      context.packages.map { package in
        [
          "  " + label(of: package.problem), package.name, package.digest.short,
          package.previousDigest.map { $0 == package.digest ? "unchanged" : "was \($0.short)" }
            ?? "",
          package.limitText, "\(package.testcaseCount) tests",
        ]
      })
  }

  func label(of problem: String) -> String {
    (problems.first { $0.id == problem }?.label ?? problem).plainLine(limit: 20)
  }

  private static func changedLines(_ line: SubmissionLine) -> [String] {
    let head =
      "  \(line.changeText)  submission \(line.id)  problem \(line.problemLabel)"
      + "  \(line.language)  \(line.contestTime?.text ?? "-")  \(line.teamText)"
    let facts = [
      line.deciding.map(\.text) ?? "", line.maxRunTime.map { "slowest run \($0)" } ?? "",
      line.evidence,
    ].filter { !$0.isEmpty }
    return [head] + (facts.isEmpty ? [] : ["      " + facts.joined(separator: "; ")])
  }
}

extension SubmissionLine {
  var newText: String { newVerdict?.rawValue ?? "-" }
  var oldText: String { oldType?.plainLine(limit: 24) ?? VerdictMatrix.none }
  var changeText: String {
    guard change == .score else { return "\(oldText) -> \(newText)" }
    return "\(newText) \(oldScore?.description ?? "-") -> \(newScore?.description ?? "-")"
  }
  var teamText: String {
    guard let team else { return "no team" }
    let name = teamName.plainLine(limit: 60)
    return name == team ? name : "\(name) (\(team.plainLine(limit: 36)))"
  }
  /// `0.950 s of 1.000 s in secret/03`
  var limitText: String {
    (maxRunTime?.description ?? "-") + (timeLimit.map { " of \($0)" } ?? "")
      + (slowestTestcase.map { " in " + $0.plainLine(limit: 80) } ?? "")
  }
}

extension DecidingCase {
  var text: String {
    let place = "\(testcase.plainLine(limit: 80)) (test \(ordinal))"
    guard let oldType else { return "\(place): \(verdict.rawValue)" }
    return "\(place): \(oldType.plainLine(limit: 24)) -> \(verdict.rawValue)"
  }
}

extension RegradeContext.JudgedPackage {
  /// `1.000 s (derived), 1024 MiB`
  var limitText: String {
    timeLimit.description + (timeOrigin == .explicit ? "" : " (\(timeOrigin.rawValue))")
      + ", \(memoryBytes >> 20) MiB"
  }
}

/// Columns padded to their widest cell.
struct TextTable {
  var rows: [[String]]
  private let rightAlignedFrom: Int

  init(_ rows: [[String]], rightAlignedFrom: Int = .max) {
    self.rows = rows
    self.rightAlignedFrom = rightAlignedFrom
  }

  var lines: [String] {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let isRight = column >= rightAlignedFrom
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return isRight ? padding + cell : cell + padding
      }
      var text = cells.joined(separator: "  ")
      while text.last == " " { text.removeLast() }
      return text
    }
  }

  static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
