public import JudgeModel

/// What a regrade changed: for whom, why, and what is too close to the limit to trust.
///
/// A value computed once from everything that was read and judged; terminal text, HTML, NDJSON and
/// the CLICS files are renderings of it. Equal inputs give equal reports, byte for byte: everything
/// is sorted, and every number is an integer.
public struct RegradeReport: Hashable, Sendable {
  public var contest: ContestInfo
  public var context: RegradeContext
  /// In the contest's order.
  public var problems: [ContestProblem]
  /// Every submission of the archive that was selected, and every skipped one: by contest time.
  public var lines: [SubmissionLine]
  public var matrix: VerdictMatrix
  /// Verdicts for which the old system has no word, so that they were compared after reduction.
  public var reducedVerdicts: [Verdict]
  public var defects: [Defect]

  /// - Parameters:
  ///   - results: by submission id.
  ///   - notJudged: why there is no result, by submission id.
  ///   - selected: ids of the submissions that were to be regraded; nil for all.
  public init(
    reading: ContestReading, results: [String: NewResult], notJudged: [String: String] = [:],
    selected: Set<String>? = nil, context: RegradeContext
  ) {
    let builder = LineBuilder(reading: reading, context: context)
    contest = reading.contest
    problems = reading.problems
    defects = reading.defects
    self.context = context
    self.context.packages = context.packages.sorted {
      builder.problemRank($0.problem) < builder.problemRank($1.problem)
    }
    self.context.toolchains = context.toolchains.sorted { $0.language < $1.language }
    var lines = reading.submissions.filter { selected?.contains($0.id) ?? true }.map {
      builder.line($0, result: results[$0.id], notJudged: notJudged[$0.id])
    }
    lines += reading.skipped.map(builder.line)
    lines.sort { a, b in
      let (x, y) = (a.contestTime?.milliseconds ?? .max, b.contestTime?.milliseconds ?? .max)
      return x == y ? idPrecedes(a.id, b.id) : x < y
    }
    self.lines = lines
    matrix = VerdictMatrix(lines)
    let verdicts = Set(lines.compactMap(\.newVerdict)).subtracting([.judgeError])
    reducedVerdicts = Verdict.allCases.filter {
      verdicts.contains($0) && $0 != $0.reduced && builder.map.isReduced($0)
    }
  }

  /// The gravest first: who loses an accepted solution, who gains one, the rest; inside a class by
  /// problem, then time.
  public var changed: [SubmissionLine] {
    let order = Dictionary(
      problems.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    return lines.filter { $0.change?.isChange ?? false }.enumerated().sorted { a, b in
      let (x, y) = (a.element, b.element)
      return (x.change?.rank ?? 9, order[x.problem] ?? .max, a.offset)
        < (y.change?.rank ?? 9, order[y.problem] ?? .max, b.offset)
    }.map(\.element)
  }

  /// Judged submissions whose slowest run is within a tenth of the limit, on either side.
  public var degraded: [SubmissionLine] { lines.filter(\.isDegraded) }

  public var closeToLimit: [SubmissionLine] { lines.filter(\.isCloseToLimit) }

  public var judgeErrors: [SubmissionLine] {
    lines.filter { if case .judgeError = $0.outcome { true } else { false } }
  }

  /// Not judged and skipped, each with its reason.
  public var notJudged: [SubmissionLine] {
    lines.filter {
      switch $0.outcome {
      case .notJudged, .skipped: true
      case .judged, .judgeError: false
      }
    }
  }

  public var totals: Totals {
    var totals = Totals()
    for line in lines {
      totals.submissions += 1
      switch line.outcome {
      case .judged: totals.judged += 1
      case .judgeError: totals.judgeErrors += 1
      case .notJudged: totals.notJudged += 1
      case .skipped: totals.skipped += 1
      }
      if line.isCloseToLimit { totals.closeToLimit += 1 }
      switch line.change {
      case .acceptedToRejected: totals.acceptedToRejected += 1
      case .rejectedToAccepted: totals.rejectedToAccepted += 1
      case .rejectedToRejected: totals.rejectedToRejected += 1
      case .score: totals.scoreChanged += 1
      case .noOldVerdict: totals.withoutOldVerdict += 1
      case .same: totals.same += 1
      case nil: break
      }
    }
    return totals
  }

  public var conclusion: Conclusion {
    let totals = totals
    if totals.judged < totals.submissions { return .incomplete }
    return totals.changed > 0 ? .changed : .unchanged
  }

  /// How a regrade ended. The raw value is the exit status of the program.
  public enum Conclusion: Int32, Hashable, Sendable, CaseIterable {
    case unchanged = 0
    case changed = 1
    /// Some submissions have no new verdict.
    case incomplete = 2
  }

  public struct Totals: Hashable, Sendable {
    public var submissions = 0
    public var judged = 0
    public var same = 0
    public var acceptedToRejected = 0
    public var rejectedToAccepted = 0
    public var rejectedToRejected = 0
    public var scoreChanged = 0
    public var withoutOldVerdict = 0
    public var closeToLimit = 0
    public var judgeErrors = 0
    public var notJudged = 0
    public var skipped = 0
    public init() {}
    public var changed: Int {
      acceptedToRejected + rejectedToAccepted + rejectedToRejected + scoreChanged
    }
  }
}

/// What became of one submission.
public struct SubmissionLine: Hashable, Sendable {
  public enum Outcome: Hashable, Sendable {
    case judged(Verdict)
    /// We failed; with what happened.
    case judgeError(String)
    /// It could have been judged and was not.
    case notJudged(String)
    /// The archive does not let it be judged.
    case skipped(String)
  }

  public var id: String
  public var team: String?
  /// As the archive names the team; the id where it does not.
  public var teamName: String
  public var problem: String
  public var problemLabel: String
  public var language: String
  public var contestTime: ContestTime?
  /// As the archive wrote it; nil when it had no verdict.
  public var oldType: String?
  public var oldScore: Score?
  public var oldMaxRunMilliseconds: Int64?
  public var outcome: Outcome
  public var newScore: Score?
  /// CPU time of the slowest run.
  public var maxRunTime: TimeSpan?
  public var timeLimit: TimeSpan?
  /// The run that `maxRunTime` is of.
  public var slowestTestcase: String?
  public var isCloseToLimit: Bool
  /// Measured without control groups, at least in part: its times and memory are lower bounds.
  public var isDegraded: Bool
  /// nil when there is no new verdict.
  public var change: VerdictChange?
  /// The testcase that explains the new verdict; see `LineBuilder`.
  public var deciding: DecidingCase?
  /// One line for the jury; empty when there is nothing to say.
  public var evidence: String

  public var newVerdict: Verdict? {
    if case .judged(let verdict) = outcome { verdict } else { nil }
  }
  /// Why there is no verdict; empty when there is one.
  public var reason: String {
    switch outcome {
    case .judged: ""
    case .judgeError(let reason), .notJudged(let reason), .skipped(let reason): reason
    }
  }
}

/// A run that differs from the old one or, where the old runs are not known, the first that failed.
public struct DecidingCase: Hashable, Sendable {
  /// From 1.
  public var ordinal: Int32
  public var testcase: String
  public var verdict: Verdict
  /// What the old system said about the same testcase.
  public var oldType: String?
}

/// How a new verdict relates to the old one.
public enum VerdictChange: String, Hashable, Sendable, CaseIterable {
  case same
  case acceptedToRejected = "accepted-to-rejected"
  case rejectedToAccepted = "rejected-to-accepted"
  case rejectedToRejected = "rejected-to-rejected"
  /// The same verdict with another score.
  case score
  /// There is nothing to compare with.
  case noOldVerdict = "no-old-verdict"

  public var isChange: Bool { self != .same && self != .noOldVerdict }

  /// As a heading in a table.
  public var name: String {
    switch self {
    case .same: "unchanged"
    case .acceptedToRejected: "accepted to rejected"
    case .rejectedToAccepted: "rejected to accepted"
    case .rejectedToRejected: "rejected differently"
    case .score: "other score"
    case .noOldVerdict: "no old verdict"
    }
  }

  var rank: Int {
    switch self {
    case .acceptedToRejected: 0
    case .rejectedToAccepted: 1
    case .score: 2
    case .rejectedToRejected: 3
    case .noOldVerdict: 4
    case .same: 5
    }
  }
}

/// How often which old judgement became which new one, in the words of either system.
public struct VerdictMatrix: Hashable, Sendable {
  public struct Cell: Hashable, Sendable {
    public var count = 0
    /// Of them, those that are a change by the rule of `VerdictMap`.
    public var changed = 0
  }
  /// Old ids; `none` last.
  public private(set) var rows: [String]
  /// New verdicts; `JE` and `not judged` last.
  public private(set) var columns: [String]
  public private(set) var cells: [[Cell]]

  public static let none = "none"
  public static let notJudged = "not judged"

  init(_ lines: [SubmissionLine]) {
    let label = { (line: SubmissionLine) in
      switch line.outcome {
      case .judged(let verdict): verdict.rawValue
      case .judgeError: Verdict.judgeError.rawValue
      case .notJudged, .skipped: Self.notJudged
      }
    }
    let old = { (line: SubmissionLine) in line.oldType?.plainLine(limit: 24) ?? Self.none }
    let order = Verdict.allCases.map(\.rawValue)
    let rank = { (id: String) in order.firstIndex(of: id) ?? (id == Self.none ? 1000 : 100) }
    rows = Set(lines.map(old)).sorted { (rank($0), $0) < (rank($1), $1) }
    columns = (order + [Self.notJudged]).filter { Set(lines.map(label)).contains($0) }
    cells = rows.map { [columns] _ in columns.map { _ in Cell() } }
    for line in lines {
      guard let row = rows.firstIndex(of: old(line)),
        let column = columns.firstIndex(of: label(line))
      else { continue }
      cells[row][column].count += 1
      if line.change?.isChange ?? false { cells[row][column].changed += 1 }
    }
  }

  public func rowTotal(_ row: Int) -> Int { cells[row].reduce(0) { $0 + $1.count } }
  public func columnTotal(_ column: Int) -> Int { cells.reduce(0) { $0 + $1[column].count } }
}
