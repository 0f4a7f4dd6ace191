import JudgeModel

/// Works out one line of a report.
struct LineBuilder {
  let map: VerdictMap
  private let reading: ContestReading
  private let problems: [String: (rank: Int, problem: ContestProblem)]
  private let teams: [String: String]
  private let packages: [String: RegradeContext.JudgedPackage]

  init(reading: ContestReading, context: RegradeContext) {
    self.reading = reading
    map = VerdictMap(reading)
    problems = Dictionary(
      reading.problems.enumerated().map { ($1.id, ($0, $1)) },
      uniquingKeysWith: { first, _ in first })
    teams = Dictionary(
      reading.teams.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    packages = Dictionary(
      context.packages.map { ($0.problem, $0) }, uniquingKeysWith: { first, _ in first })
  }

  func problemRank(_ id: String) -> Int { problems[id]?.rank ?? .max }

  func line(_ skipped: SkippedSubmission) -> SubmissionLine {
    var line = blank(
      skipped.id, team: skipped.team, problem: skipped.problem ?? "",
      language: skipped.language ?? "",
      time: skipped.contestTime)
    line.outcome = .skipped(skipped.reason)
    return line
  }

  func line(
    _ submission: ContestSubmission, result: NewResult?, notJudged: String?
  ) -> SubmissionLine {
    var line = blank(
      submission.id, team: submission.team, problem: submission.problem,
      language: submission.language, time: submission.contestTime)
    guard let result = result?.result else {
      line.outcome = .notJudged(notJudged ?? "there is no result for it")
      return line
    }
    let package = packages[submission.problem]
    line.maxRunTime = result.slowest
    line.timeLimit = package?.timeLimit
    line.slowestTestcase = slowest(result)?.testcase
    line.isDegraded = result.runs.contains { $0.facts.isDegraded }
    guard result.verdict != .judgeError else {
      let failed = result.runs.first { $0.verdict == .judgeError }
      let what = failed.map { $0.testcase + ": " + $0.message } ?? result.message
      line.outcome = .judgeError(
        what.isEmpty ? "the judging failed without a message" : what.plainLine(limit: 300))
      return line
    }
    line.outcome = .judged(result.verdict)
    line.newScore = result.score
    line.isCloseToLimit = isClose(result, limit: package?.timeLimit)
    line.change = change(line, result.verdict)
    let deciding = decidingRun(result, old: reading.judgements[submission.id], line.problem)
    line.deciding = deciding.map { run, old in
      DecidingCase(
        ordinal: run.ordinal, testcase: run.testcase, verdict: run.verdict, oldType: old)
    }
    let evidence = evidence(result, run: deciding?.run, limit: package?.timeLimit)
    line.evidence = line.isDegraded ? "measured without control groups; " + evidence : evidence
    return line
  }

  private func blank(
    _ id: String, team: String?, problem: String, language: String, time: ContestTime?
  ) -> SubmissionLine {
    let old = reading.judgements[id]
    return SubmissionLine(
      id: id, team: team, teamName: team.map { teams[$0] ?? $0 } ?? "", problem: problem,
      problemLabel: problems[problem]?.problem.label ?? problem, language: language,
      contestTime: time, oldType: old?.type, oldScore: old?.score,
      oldMaxRunMilliseconds: old?.maxRunMilliseconds, outcome: .notJudged(""), newScore: nil,
      maxRunTime: nil, timeLimit: packages[problem]?.timeLimit, slowestTestcase: nil,
      isCloseToLimit: false, isDegraded: false, change: nil, deciding: nil, evidence: "")
  }

  private func change(_ line: SubmissionLine, _ new: Verdict) -> VerdictChange {
    guard let type = line.oldType else { return .noOldVerdict }
    let old = map.outcome(of: type)
    guard let isSame = map.isSame(old, new) else { return .noOldVerdict }
    if isSame {
      guard let before = line.oldScore, let now = line.newScore, before != now else { return .same }
      return .score
    }
    if old == .verdict(.accepted) { return .acceptedToRejected }
    return new == .accepted ? .rejectedToAccepted : .rejectedToRejected
  }

  private func slowest(_ result: JudgingResult) -> Run? {
    // The first of equals, so that the answer does not depend on how a maximum is found.
    result.runs.reduce(nil) { best, run in
      best.map { run.facts.cpuTime > $0.facts.cpuTime } ?? true ? run : best
    }
  }

  /// Within a tenth of the limit. A run that was stopped for its CPU time is not: how long it would
  /// have gone on is unknown, and it was stopped because it was far enough beyond.
  private func isClose(_ result: JudgingResult, limit: TimeSpan?) -> Bool {
    guard let limit, limit > .zero, let run = slowest(result), run.facts.stop != .cpuLimit else {
      return false
    }
    let distance = (run.facts.cpuTime - limit).nanoseconds.magnitude
    return distance <= limit.nanoseconds.magnitude / 10
  }

  /// The first run that differs from the old one; else the first that failed.
  ///
  /// Old runs are known by their position alone. They are compared only while the old problem had as
  /// many testcases as the new one: after a test was added in the middle, positions mean nothing.
  private func decidingRun(
    _ result: JudgingResult, old: OldJudgement?, _ problem: String
  ) -> (run: Run, oldType: String?)? {
    let runs = old.flatMap { reading.runs[$0.id] } ?? []
    let count = problems[problem]?.problem.testcaseCount ?? runs.last?.ordinal
    if !runs.isEmpty, count == Int64(packages[problem]?.testcaseCount ?? result.runs.count) {
      let byOrdinal = Dictionary(
        runs.map { ($0.ordinal, $0.type) }, uniquingKeysWith: { first, _ in first })
      for run in result.runs {
        if let type = byOrdinal[Int64(run.ordinal)],
          map.isSame(map.outcome(of: type), run.verdict) == false
        {
          return (run, type)
        }
      }
    }
    return result.runs.first { $0.verdict != .accepted && $0.verdict != .judgeError }
      .map { ($0, nil) }
  }

  private func evidence(_ result: JudgingResult, run: Run?, limit: TimeSpan?) -> String {
    if result.verdict == .compileError {
      let output = result.compilation?.output ?? ""
      return (output.isEmpty ? result.message : output).plainLine(limit: 300)
    }
    guard let run else {
      if result.verdict == .accepted, !result.runs.isEmpty {
        return "all \(result.runs.count) testcases accepted"
      }
      return result.message.plainLine(limit: 300)
    }
    var parts: [String] = []
    switch run.verdict {
    case .timeLimit:
      parts.append(
        run.facts.stop == .cpuLimit || run.facts.stop == .wallLimit
          ? "stopped after \(run.facts.cpuTime) CPU, \(run.facts.wallTime) wall"
          : "took \(run.facts.cpuTime)" + (limit.map { " of \($0)" } ?? ""))
    case .runtimeError:
      if let signal = run.facts.signal {
        parts.append("signal \(signal)")
      } else if let code = run.facts.exitCode, code != 0 {
        parts.append("exit status \(code)")
      }
    case .memoryLimit: parts.append("\(run.facts.memoryPeakBytes >> 20) MiB")
    case .outputLimit: parts.append("\(run.facts.outputBytes) bytes of output")
    default: break
    }
    let said = run.message.plainLine(limit: 300)
    if !said.isEmpty { parts.append(said) }
    return parts.joined(separator: "; ")
  }
}
