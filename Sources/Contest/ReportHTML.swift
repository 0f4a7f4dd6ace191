import JudgeModel

extension RegradeReport {
  /// The report as one page that can be mailed, printed and shown to a jury. Everything that comes
  /// from the archive or from a program is escaped; the page has no scripts, and forbids them.
  public var html: String {
    var page = HTMLText()
    page.raw(
      """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">

      """)
    page.element("title", "", "Regrade of \(contest.name.plainLine(limit: 100))")
    page.raw("<style>\n\(ReportStyle.css)\n</style></head>\n<body><main>\n<header>")
    page.element("h1", "", "Regrade of \(contest.name.plainLine(limit: 200))")
    page.element("p", "class=\"lead\"", sentence)
    page.raw("</header>\n")
    tiles(&page)
    factList(&page)
    matrixSection(&page)
    changedSection(&page)
    closeSection(&page)
    missingSection(&page)
    packagesSection(&page)
    defectsSection(&page)
    page.raw("<footer>")
    page.element("p", "", "Made by \(context.tool.plainLine(limit: 100)).")
    page.raw("</footer>\n</main></body></html>\n")
    return page.text
  }

  private func tiles(_ page: inout HTMLText) {
    let totals = totals
    let tile = { (count: Int, name: String, style: String, page: inout HTMLText) in
      page.raw("<li\(count > 0 && !style.isEmpty ? " class=\"\(style)\"" : "")>")
      page.element("strong", "", "\(count)")
      page.element("span", "", name)
      page.raw("</li>")
    }
    page.raw("<ul class=\"tiles\">")
    tile(totals.judged, "of \(totals.submissions) submissions judged", "", &page)
    tile(totals.changed, "verdicts changed", "", &page)
    tile(totals.acceptedToRejected, "accepted to rejected", "bad", &page)
    tile(totals.rejectedToAccepted, "rejected to accepted", "good", &page)
    tile(totals.closeToLimit, "close to the time limit", "warn", &page)
    tile(totals.submissions - totals.judged, "without a new verdict", "warn", &page)
    page.raw("</ul>\n")
  }

  private func factList(_ page: inout HTMLText) {
    page.raw("<dl class=\"facts\">")
    var last = ""
    for fact in facts {
      // Several policies or toolchains share one term.
      if fact.name != last { page.element("dt", "", fact.name) }
      page.element("dd", "", fact.value)
      last = fact.name
    }
    page.raw("</dl>\n")
  }

  private func matrixSection(_ page: inout HTMLText) {
    guard !matrix.rows.isEmpty else { return }
    page.element("h2", "", "Verdicts, old and new")
    var hint = "A row is what the old system said, a column what came out now; changes are framed."
    if !reducedVerdicts.isEmpty { hint += " " + reductionSentence }
    page.element("p", "class=\"hint\"", hint)
    page.raw(
      "<div class=\"scroll fit\" role=\"region\" tabindex=\"0\" aria-label=\"Verdict matrix\">")
    page.raw("<table class=\"matrix\"><caption>Submissions by old and new verdict</caption>")
    page.raw("<thead><tr><th scope=\"col\">old \\ new</th>")
    for column in matrix.columns { page.element("th", "scope=\"col\"", column) }
    page.raw("<th scope=\"col\">total</th></tr></thead>\n<tbody>")
    for (r, row) in matrix.rows.enumerated() {
      page.raw("<tr>")
      page.element("th", "scope=\"row\"", row)
      for (c, cell) in matrix.cells[r].enumerated() {
        let isVerdict = Verdict(rawValue: matrix.columns[c]) != nil
        if cell.count == 0 {
          page.raw("<td class=\"zero\">0</td>")
        } else if cell.changed > 0 {
          let all = cell.changed == cell.count ? "" : " (\(cell.changed) changed)"
          page.raw(
            "<td class=\"changed\">\(cell.count)\(all)"
              + (all.isEmpty ? "<span class=\"hidden\"> changed</span>" : "") + "</td>")
        } else {
          let isSame = isVerdict && row != VerdictMatrix.none && matrix.columns[c] != "JE"
          page.raw("<td\(isSame ? " class=\"same\"" : "")>\(cell.count)</td>")
        }
      }
      page.raw("<td class=\"sum\">\(matrix.rowTotal(r))</td></tr>\n")
    }
    page.raw("<tr><th scope=\"row\">total</th>")
    for c in matrix.columns.indices {
      page.raw("<td class=\"sum\">\(matrix.columnTotal(c))</td>")
    }
    page.raw("<td class=\"sum\">\(lines.count)</td></tr></tbody></table></div>\n")
  }

  private func changedSection(_ page: inout HTMLText) {
    page.element("h2", "", "Changed submissions")
    let changed = changed
    guard !changed.isEmpty else {
      page.element("p", "class=\"hint\"", "None.")
      return
    }
    page.element(
      "p", "class=\"hint\"",
      "Each with the testcase that explains it: the first that came out differently or, where the "
        + "old runs are not known, the first that failed.")
    let groups: [VerdictChange] = [
      .acceptedToRejected, .rejectedToAccepted, .score, .rejectedToRejected,
    ]
    for group in groups {
      let lines = changed.filter { $0.change == group }
      guard !lines.isEmpty else { continue }
      page.table(
        caption: group.name.prefix(1).uppercased() + group.name.dropFirst() + ", \(lines.count)",
        headers: ["submission", "verdict", "problem", "team", "language", "time", "evidence"],
        rows: lines.map(Self.changedRow))
    }
  }

  private static func changedRow(_ line: SubmissionLine) -> [String] {
    let verdict: String
    if line.change == .score {
      verdict = chip(line.newText) + " " + HTMLText.escape(line.changeText)
    } else {
      verdict = pair(line)
    }
    var evidence: [String] = []
    if let deciding = line.deciding {
      evidence.append("<code>" + HTMLText.escape(deciding.text) + "</code>")
    }
    if !line.evidence.isEmpty { evidence.append(HTMLText.escape(line.evidence)) }
    if line.maxRunTime != nil {
      evidence.append(
        "<span class=\"soft\">slowest run " + HTMLText.escape(line.limitText) + "</span>")
    }
    return [
      HTMLText.escape(line.id), verdict, HTMLText.escape(line.problemLabel.plainLine(limit: 20)),
      Self.team(line),
      HTMLText.escape(line.language.plainLine(limit: 36)),
      "<span class=\"num\">" + HTMLText.escape(line.contestTime?.text ?? "–") + "</span>",
      "<div class=\"wide\">" + evidence.joined(separator: "<br>") + "</div>",
    ]
  }

  private func closeSection(_ page: inout HTMLText) {
    let close = closeToLimit
    guard !close.isEmpty else { return }
    page.element("h2", "", "Close to the time limit")
    page.element(
      "p", "class=\"hint\"",
      "The slowest run is within a tenth of the limit. On another machine, or another day, these may "
        + "come out differently: repeat them before deciding anything.")
    page.table(
      caption: "Close to the limit, \(close.count)",
      headers: ["submission", "verdict", "problem", "team", "slowest run"],
      rows: close.map { line in
        [
          HTMLText.escape(line.id),
          line.change?.isChange == true
            ? Self.pair(line) : Self.chip(line.newText),
          HTMLText.escape(line.problemLabel.plainLine(limit: 20)),
          Self.team(line), HTMLText.escape(line.limitText),
        ]
      })
  }

  private func missingSection(_ page: inout HTMLText) {
    let errors = judgeErrors
    let missing = notJudged
    guard !errors.isEmpty || !missing.isEmpty else { return }
    page.element("h2", "", "Without a new verdict")
    page.element(
      "p", "class=\"hint\"",
      "No statement about these submissions is made: their old verdicts stand until they are judged."
    )
    let row = { (line: SubmissionLine) -> [String] in
      [
        HTMLText.escape(line.id), Self.chip(line.oldText),
        HTMLText.escape(line.problemLabel.plainLine(limit: 20)),
        Self.team(line),
        HTMLText.escape(line.reason.plainLine(limit: 400)),
      ]
    }
    let headers = ["submission", "old", "problem", "team", "reason"]
    if !errors.isEmpty {
      page.table(
        caption: "Judge errors, \(errors.count): ours to mend", headers: headers,
        rows: errors.map(row))
    }
    if !missing.isEmpty {
      page.table(
        caption: "Not judged, \(missing.count)", headers: headers, rows: missing.map(row))
    }
  }

  private func packagesSection(_ page: inout HTMLText) {
    guard !context.packages.isEmpty else { return }
    page.element("h2", "", "Problem packages")
    page.table(
      caption: "What judged each problem",
      headers: ["problem", "package", "digest", "before", "limits", "testcases"],
      rows: context.packages.map { package in
        let before =
          package.previousDigest.map {
            $0 == package.digest ? "the same" : "<code>\($0.short)</code>"
          } ?? "<span class=\"soft\">not known</span>"
        return [
          HTMLText.escape(label(of: package.problem)),
          HTMLText.escape(package.name.plainLine(limit: 60)),
          "<code title=\"\(package.digest.hex)\">\(package.digest.short)</code>", before,
          HTMLText.escape(package.limitText), "\(package.testcaseCount)",
        ]
      })
  }

  private func defectsSection(_ page: inout HTMLText) {
    guard !defects.isEmpty else { return }
    page.element("h2", "", "Notes about the archive")
    page.table(
      caption: "What reading the archive found, \(defects.count)",
      headers: ["file", "where", "what", "remedy"],
      rows: defects.map { defect in
        let place = [defect.object, defect.field].filter { !$0.isEmpty }.joined(separator: ", ")
        return [
          "<code>" + HTMLText.escape(defect.file.plainLine(limit: 120)) + "</code>",
          HTMLText.escape(place.isEmpty ? "–" : place.plainLine(limit: 120)),
          HTMLText.escape(defect.problem.plainLine(limit: 300)),
          HTMLText.escape(defect.remedy.plainLine(limit: 300)),
        ]
      })
  }

  private static func pair(_ line: SubmissionLine) -> String {
    "<span class=\"pair\">" + chip(line.oldText)
      + " <span aria-hidden=\"true\">→</span><span class=\"hidden\"> to </span> "
      + chip(line.newText) + "</span>"
  }

  /// The name may be in a script that runs the other way; `bdi` keeps that to itself.
  private static func team(_ line: SubmissionLine) -> String {
    guard let team = line.team else { return "<span class=\"soft\">no team</span>" }
    let name = line.teamName.plainLine(limit: 60)
    let id = HTMLText.escape(team.plainLine(limit: 36))
    return "<div><bdi>" + HTMLText.escape(name) + "</bdi>"
      + (name == team ? "" : " <span class=\"id\">\(id)</span>") + "</div>"
  }

  private static func chip(_ id: String) -> String {
    let style =
      switch VerdictMap.standard(id) {
      case .verdict(.accepted): " ac"
      case .verdict(.compileError), nil, .some(.none), .unknown: ""
      case .verdict, .rejected: " rej"
      }
    return "<span class=\"v\(style)\">\(HTMLText.escape(id))</span>"
  }
}
