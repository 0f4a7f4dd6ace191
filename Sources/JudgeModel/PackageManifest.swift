/// The canonical description of a problem package: what every reader of a problem format produces
/// and everything that judges consumes. The SHA-256 of its canonical text is the package's identity.
public struct PackageManifest: Hashable, Sendable {
  /// Short name, the directory's name: `[a-z0-9]+` in most contests.
  public var problem: String
  /// Title in English, or in the first language there is.
  public var title: String
  public var uuid: String?
  public var sourceFormat: SourceFormat
  public var kind: ProblemKind
  public var limits: ProblemLimits
  public var check: OutputCheck
  /// Judges what the interactor wrote down, after it accepted. Only testlib's interactors have one.
  public var interactorChecker: ValidatorProgram?
  /// The tree of groups; its children are `sample` (if any) and `secret`.
  public var tests: TestGroup
  /// Everything judging needs, sorted by path: nothing else is in the archive.
  public var files: [PackageFile]
  /// Reads the source text of submissions, for the testcases that are a `StaticValidation`.
  public var staticValidator: ValidatorProgram?
  /// Replaced in output validators and included files when they are used: the archive has the files
  /// as their author wrote them.
  public var constants = ProblemConstants()

  public init(
    problem: String, title: String, uuid: String? = nil, sourceFormat: SourceFormat,
    kind: ProblemKind, limits: ProblemLimits, check: OutputCheck,
    interactorChecker: ValidatorProgram? = nil, tests: TestGroup, files: [PackageFile]
  ) {
    self.problem = problem
    self.title = title
    self.uuid = uuid
    self.sourceFormat = sourceFormat
    self.kind = kind
    self.limits = limits
    self.check = check
    self.interactorChecker = interactorChecker
    self.tests = tests
    self.files = files
  }

  /// All testcases in judging order.
  public var testcases: [Testcase] { tests.testcases }
  /// Bytes of all files, unpacked.
  public var byteCount: Int64 { files.reduce(0) { $0 + $1.size } }
  public func file(_ path: String) -> PackageFile? {
    // Sorted by path, so a binary search; packages have tens of thousands of files.
    var low = 0
    var high = files.count
    while low < high {
      let middle = (low + high) / 2
      if files[middle].path < path { low = middle + 1 } else { high = middle }
    }
    return low < files.count && files[low].path == path ? files[low] : nil
  }
}

/// Which dialect a package was written in, because they disagree about verdicts.
public enum SourceFormat: String, Hashable, Sendable, CaseIterable {
  case legacy
  case legacyICPC = "legacy-icpc"
  /// What Kattis problemtools reads under the names `2023-07` and `2023-07-draft`.
  case draft2023 = "2023-07-draft"
  case ppf2025 = "2025-09"
}

/// What a problem asks for. Pass-fail is the absence of all of it.
public struct ProblemKind: Hashable, Sendable {
  public var isScoring = false
  public var isInteractive = false
  public var isMultiPass = false
  public var isSubmitAnswer = false
  public init() {}
}

/// How an output becomes accepted or wrong.
public enum OutputCheck: Hashable, Sendable {
  /// The default validator of the Kattis format, built in.
  case tokens(TokenComparison)
  /// The comparer of another judge, built in.
  case layout(LayoutComparison)
  /// A program of the package.
  case validator(ValidatorProgram)
}

/// Flags of the default validator. Tolerances are kept as written and read by the comparer, whose
/// arithmetic is double precision by the rule of the format.
public struct TokenComparison: Hashable, Sendable {
  public var isCaseSensitive = false
  public var isSpaceChangeSensitive = false
  /// Decimal text, e.g. `1e-6`; nil compares tokens as text.
  public var absoluteTolerance: String?
  public var relativeTolerance: String?
  public init() {}
}

/// Comparers that other judges call their own and that the tokens of the Kattis format cannot express:
/// they look at how the output is laid out. All of them compare bytes, letter case included.
public enum LayoutComparison: String, Hashable, Sendable, CaseIterable {
  /// Line by line, the tokens of each line; blank lines at the end do not count. What CMS does, and
  /// nearly what testlib's `lcmp` does.
  case linesTokens = "lines-tokens"
  /// Tokens, and of the blanks between two of them whether there is a line end in them. What DMOJ's
  /// `standard` does.
  case dmojStandard = "dmoj-standard"
  /// Byte by byte.
  case exact
}

/// How a judge and a program that decides about an output understand each other: the order of its
/// arguments, where it finds the output, what its exit status means.
public enum ValidatorProtocol: String, Hashable, Sendable, CaseIterable {
  /// `input answer feedback/ < output`; exit status 42 accepts and 43 rejects.
  case ppf
  /// `input output answer`; 0 accepts, 1 and 2 and 8 reject, 7 gives points, 3 is a judge error. An
  /// interactor has the same arguments, and writes `output`.
  case testlib
  /// DMOJ's own: `input output answer`; 0 accepts, 1 rejects. An interactor has `input answer`.
  case dmoj
  /// As testlib's, but 7 comes with `partial a/b`, and an interactor has `input answer`.
  case coci
  /// `answer output input`; 0 accepts, 1 rejects, and two lines of numbers are a part of the points.
  case peg
  /// `input answer output`; exit status 0, and the part of the points from 0 to 1 as the first line.
  case cms
}

/// An output validator or interactor that travels with the package.
public struct ValidatorProgram: Hashable, Sendable {
  /// nil: the folder has `build` and/or `run` scripts.
  public var language: LanguageID?
  /// Paths in the package, all below one folder.
  public var folder: String
  public var files: [String]
  /// Given to every call, before the testcase's own arguments.
  public var arguments: [String]
  /// Which of the protocols it keeps to. A program under the wrong one gives wrong verdicts: an exit
  /// status of 1 rejects in some and is a crash in others.
  public var `protocol`: ValidatorProtocol
  public init(
    language: LanguageID?, folder: String, files: [String], arguments: [String],
    protocol: ValidatorProtocol = .ppf
  ) {
    self.protocol = `protocol`
    self.language = language
    self.folder = folder
    self.files = files
    self.arguments = arguments
  }
}

/// One member of the package archive.
public struct PackageFile: Hashable, Sendable {
  public enum Role: String, Hashable, Sendable, CaseIterable {
    case input, answer
    /// Copied into the working directory of the run.
    case caseFile = "case-file"
    case validator
    case grader
    /// `include/<language>/…`: added to every submission before it is compiled.
    case include
  }
  /// Relative, ASCII, checked.
  public var path: String
  /// Bytes.
  public var size: Int64
  public var digest: Digest
  public var role: Role
  public var isExecutable: Bool
  public init(path: String, size: Int64, digest: Digest, role: Role, isExecutable: Bool = false) {
    self.path = path
    self.size = size
    self.digest = digest
    self.role = role
    self.isExecutable = isExecutable
  }
}

/// One input with its answer.
public struct Testcase: Hashable, Sendable {
  /// Without extension and relative to `data/`: `secret/group1/03`.
  public var name: String
  /// Package path of the input.
  public var input: String
  /// Package path of the answer.
  public var answer: String
  /// Package paths copied into the working directory, with the name they get there.
  public var files: [CaseFile]
  /// Command-line arguments of the submission.
  public var arguments: [String]
  /// Appended to the validator's or comparer's own arguments.
  public var validatorArguments: [String]
  /// For the built-in comparer: the flags in force here, all levels merged.
  public var comparison: TokenComparison?
  /// Not a run of the submission but a look at its source text. Such a testcase has no input and no
  /// answer: both paths are empty.
  public var staticValidation: StaticValidation?
  public init(
    name: String, input: String, answer: String, files: [CaseFile] = [], arguments: [String] = [],
    validatorArguments: [String] = [], comparison: TokenComparison? = nil
  ) {
    self.name = name
    self.input = input
    self.answer = answer
    self.files = files
    self.arguments = arguments
    self.validatorArguments = validatorArguments
    self.comparison = comparison
  }
}

/// A static validation testcase of the 2025-09 format: the package's static validator looks at the
/// files of the submission and accepts or rejects them.
public struct StaticValidation: Hashable, Sendable {
  /// Last component of the name of such a testcase; its group is what stands before it.
  public static let name = "static_validation"
  /// Given to the validator after the three arguments that it always gets.
  public var arguments: [String]
  /// `static_validation_score`, its best score; nil when it is only passed or failed.
  public var maximum: Score?
  public init(arguments: [String], maximum: Score?) {
    self.arguments = arguments
    self.maximum = maximum
  }
}

/// A file that a run finds in its working directory.
public struct CaseFile: Hashable, Sendable {
  public var name: String
  public var path: String
  public init(name: String, path: String) {
    self.name = name
    self.path = path
  }
}

/// A node of the tree of tests.
public indirect enum TestNode: Hashable, Sendable {
  case group(TestGroup)
  case testcase(Testcase)
}

/// A group of testcases and how their outcomes combine.
public struct TestGroup: Hashable, Sendable {
  /// Relative to `data/`; empty for the root.
  public var name: String
  /// In judging order: byte-wise by name without extension.
  public var children: [TestNode]
  public var grading: GroupGrading
  /// Legacy `on_reject`: stop this group at the first child that is not accepted.
  public var breaksOnReject: Bool

  public init(
    name: String, children: [TestNode], grading: GroupGrading, breaksOnReject: Bool = true
  ) {
    self.name = name
    self.children = children
    self.grading = grading
    self.breaksOnReject = breaksOnReject
  }

  /// All testcases below, in judging order: ordinals count them from 1.
  public var testcases: [Testcase] {
    children.flatMap { node in
      switch node {
      case .group(let group): group.testcases
      case .testcase(let testcase): [testcase]
      }
    }
  }
}

/// The rule that combines the outcomes of a group's children.
public enum GroupGrading: Hashable, Sendable {
  /// The default grader of the legacy format.
  case legacy(LegacyGrading)
  /// A program of the package reads `VERDICT SCORE` lines and prints one.
  case program(ValidatorProgram, flags: [String])
  /// The 2025-09 format.
  case aggregate(Aggregation)
}

/// Flags and scores of the legacy default grader, everything inherited resolved.
public struct LegacyGrading: Hashable, Sendable {
  public enum VerdictRule: String, Hashable, Sendable, CaseIterable {
    case worstError = "worst_error"
    case firstError = "first_error"
    case alwaysAccept = "always_accept"
  }
  public enum ScoreRule: String, Hashable, Sendable, CaseIterable {
    case sum
    case average = "avg"
    case minimum = "min"
    case maximum = "max"
  }
  public var verdict = VerdictRule.worstError
  public var score = ScoreRule.sum
  public var ignoresSample = false
  public var acceptsIfAnyAccepted = false
  /// Score of an accepted or rejected testcase that has no `score.txt`.
  public var acceptScore = Score.one
  public var rejectScore = Score.zero
  public init() {}
}

/// `score_aggregation`, `max_score` and `require_pass` of the 2025-09 format.
public struct Aggregation: Hashable, Sendable {
  public enum Rule: String, Hashable, Sendable, CaseIterable {
    case passFail = "pass-fail"
    case sum
    case minimum = "min"
  }
  public var rule: Rule
  /// nil: unbounded.
  public var maximum: Score?
  /// Groups (or `sample`) that have to be passed entirely before this one is run.
  public var requiredGroups: [String]
  public init(rule: Rule, maximum: Score?, requiredGroups: [String] = []) {
    self.rule = rule
    self.maximum = maximum
    self.requiredGroups = requiredGroups
  }
}
