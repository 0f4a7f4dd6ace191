public import JudgeModel

/// What was read of a contest: everything a regrade needs, and everything that is wrong with it.
public struct ContestReading: Sendable {
  public var contest: ContestInfo
  /// By ordinal, then label, then id.
  public var problems: [ContestProblem]
  public var languages: [ContestLanguage]
  public var teams: [ContestTeam]
  /// Those that can be judged, by contest time, then id.
  public var submissions: [ContestSubmission]
  /// Those that cannot, each with the reason. Together with `submissions` this is every submission
  /// that the archive mentions.
  public var skipped: [SkippedSubmission]
  /// The judgement that counts, by submission id. Absent: the archive has no finished one.
  public var judgements: [String: OldJudgement]
  /// By judgement id, in order of their ordinals; only for the judgements above.
  public var runs: [String: [OldRun]]
  /// As the archive lists them; empty when it does not.
  public var judgementTypes: [JudgementType]
  public var defects: [Defect]

  public init(
    contest: ContestInfo, problems: [ContestProblem] = [], languages: [ContestLanguage] = [],
    teams: [ContestTeam] = [], submissions: [ContestSubmission] = [],
    skipped: [SkippedSubmission] = [], judgements: [String: OldJudgement] = [:],
    runs: [String: [OldRun]] = [:], judgementTypes: [JudgementType] = [], defects: [Defect] = []
  ) {
    self.contest = contest
    self.problems = problems
    self.languages = languages
    self.teams = teams
    self.submissions = submissions
    self.skipped = skipped
    self.judgements = judgements
    self.runs = runs
    self.judgementTypes = judgementTypes
    self.defects = defects
  }
}

public struct ContestInfo: Hashable, Sendable {
  /// The name of the directory or file where the archive says nothing.
  public var id: String
  public var name: String
  /// CLICS `TIME`, as written.
  public var startTime: String?
  /// CLICS `RELTIME`, as written.
  public var duration: String?
  public init(id: String, name: String, startTime: String? = nil, duration: String? = nil) {
    self.id = id
    self.name = name
    self.startTime = startTime
    self.duration = duration
  }
}

public struct ContestProblem: Hashable, Sendable {
  public var id: String
  /// Usually one capital letter; the id where there is none.
  public var label: String
  public var name: String
  /// DOMjudge adds it.
  public var shortName: String?
  public var uuid: String?
  public var ordinal: Int64?
  /// Per run, as the old system had it.
  public var timeLimitMilliseconds: Int64?
  public var testcaseCount: Int64?
  public init(
    id: String, label: String? = nil, name: String? = nil, shortName: String? = nil,
    uuid: String? = nil, ordinal: Int64? = nil, timeLimitMilliseconds: Int64? = nil,
    testcaseCount: Int64? = nil
  ) {
    self.id = id
    self.label = label ?? id
    self.name = name ?? label ?? id
    self.shortName = shortName
    self.uuid = uuid
    self.ordinal = ordinal
    self.timeLimitMilliseconds = timeLimitMilliseconds
    self.testcaseCount = testcaseCount
  }
}

public struct ContestLanguage: Hashable, Sendable {
  public var id: String
  public var name: String
  public var extensions: [String]
  public init(id: String, name: String? = nil, extensions: [String] = []) {
    self.id = id
    self.name = name ?? id
    self.extensions = extensions
  }
}

public struct ContestTeam: Hashable, Sendable {
  public var id: String
  public var name: String
  public init(id: String, name: String? = nil) {
    self.id = id
    self.name = name ?? id
  }
}

/// One attempt, with its source text.
public struct ContestSubmission: Hashable, Sendable {
  public var id: String
  public var team: String?
  public var problem: String
  /// The archive's id of the language; also in `program`.
  public var language: String
  /// nil when the archive gives no usable time. Judging does not need it.
  public var contestTime: ContestTime?
  public var program: Program
  public var entryPoint: String? { program.entryPoint }
  public init(
    id: String, team: String?, problem: String, language: String, contestTime: ContestTime?,
    program: Program
  ) {
    self.id = id
    self.team = team
    self.problem = problem
    self.language = language
    self.contestTime = contestTime
    self.program = program
  }
}

/// A submission that cannot be judged. What is known of it stays, so that a report can name it.
public struct SkippedSubmission: Hashable, Sendable {
  public var id: String
  public var team: String?
  public var problem: String?
  public var language: String?
  public var contestTime: ContestTime?
  public var reason: String
  public init(
    id: String, team: String? = nil, problem: String? = nil, language: String? = nil,
    contestTime: ContestTime? = nil, reason: String
  ) {
    self.id = id
    self.team = team
    self.problem = problem
    self.language = language
    self.contestTime = contestTime
    self.reason = reason
  }
}

/// What the old system said.
public struct OldJudgement: Hashable, Sendable {
  public var id: String
  public var submission: String
  /// As written; see `VerdictMap`.
  public var type: String
  public var score: Score?
  public var startTime: String?
  public var endTime: String?
  public var maxRunMilliseconds: Int64?
  public init(
    id: String, submission: String, type: String, score: Score? = nil, startTime: String? = nil,
    endTime: String? = nil, maxRunMilliseconds: Int64? = nil
  ) {
    self.id = id
    self.submission = submission
    self.type = type
    self.score = score
    self.startTime = startTime
    self.endTime = endTime
    self.maxRunMilliseconds = maxRunMilliseconds
  }
}

/// One testcase of an old judgement.
public struct OldRun: Hashable, Sendable {
  /// From 1; archives that count from 0 are shifted.
  public var ordinal: Int64
  public var type: String
  public var runMilliseconds: Int64?
  public init(ordinal: Int64, type: String, runMilliseconds: Int64? = nil) {
    self.ordinal = ordinal
    self.type = type
    self.runMilliseconds = runMilliseconds
  }
}

/// A possible answer of the old system.
public struct JudgementType: Hashable, Sendable {
  public var id: String
  public var name: String
  public var solved: Bool
  public var penalty: Bool
  public var simplified: String?
  public init(
    id: String, name: String? = nil, solved: Bool, penalty: Bool, simplified: String? = nil
  ) {
    self.id = id
    self.name = name ?? id
    self.solved = solved
    self.penalty = penalty
    self.simplified = simplified
  }
}

/// Ids are mostly numbers written as text: `9` comes before `10`, and `s9` before `s10`.
func idPrecedes(_ a: String, _ b: String) -> Bool {
  let (x, y) = (Array(a.utf8), Array(b.utf8))
  let isDigit = { (c: UInt8) in (48...57).contains(c) }
  var (i, j) = (0, 0)
  while i < x.count, j < y.count {
    if isDigit(x[i]), isDigit(y[j]) {
      let (iEnd, jEnd) = (
        x[i...].firstIndex { !isDigit($0) } ?? x.count,
        y[j...].firstIndex { !isDigit($0) } ?? y.count
      )
      let (m, n) = (x[i..<iEnd].drop { $0 == 48 }, y[j..<jEnd].drop { $0 == 48 })
      if m.count != n.count { return m.count < n.count }
      if !m.elementsEqual(n) { return m.lexicographicallyPrecedes(n) }
      (i, j) = (iEnd, jEnd)
    } else if x[i] != y[j] {
      return x[i] < y[j]
    } else {
      i += 1
      j += 1
    }
  }
  if x.count - i != y.count - j { return x.count - i < y.count - j }
  return x.lexicographicallyPrecedes(y)
}
