import JudgeModel

extension RegradeReport {
  /// One JSON object per submission, in the order of `lines`; for programs that read on.
  public var ndjson: String {
    lines.map { line in
      var json = JSONText()
      json.object { Self.write(line, &$0) }
      return json.text + "\n"
    }.joined()
  }

  private static func write(_ line: SubmissionLine, _ json: inout JSONText) {
    json.member("submission_id", line.id)
    json.member("team_id", line.team)
    json.member("problem_id", line.problem.isEmpty ? nil : line.problem)
    json.member("language_id", line.language.isEmpty ? nil : line.language)
    json.member("contest_time", line.contestTime?.text)
    let state =
      switch line.outcome {
      case .judged: "judged"
      case .judgeError: "judge-error"
      case .notJudged: "not-judged"
      case .skipped: "skipped"
      }
    json.member("state", state)
    json.member("reason", line.reason.isEmpty ? nil : line.reason)
    json.member("old", line.oldType)
    json.member("new", line.newVerdict?.rawValue)
    json.member("change", line.change?.rawValue)
    json.member("changed", line.change?.isChange ?? false)
    json.member("old_score", number: line.oldScore?.description)
    json.member("new_score", number: line.newScore?.description)
    json.member("old_max_run_ms", line.oldMaxRunMilliseconds)
    json.member("max_run_ms", line.maxRunTime?.milliseconds)
    json.member("time_limit_ms", line.timeLimit?.milliseconds)
    json.member("close_to_limit", line.isCloseToLimit)
    json.member("degraded", line.isDegraded)
    if let deciding = line.deciding {
      json.member("testcase") { json in
        json.member("ordinal", Int64(deciding.ordinal))
        json.member("name", deciding.testcase)
        json.member("old", deciding.oldType)
        json.member("new", deciding.verdict.rawValue)
      }
    } else {
      json.member("testcase", String?.none)
    }
    json.member("evidence", line.evidence.isEmpty ? nil : line.evidence)
  }
}
