/// One file of a submission.
public struct SourceFile: Hashable, Sendable {
  /// A plain name or a relative path without `..`; checked where it enters the system.
  public var name: String
  public var contents: [UInt8]
  public init(name: String, contents: [UInt8]) {
    self.name = name
    self.contents = contents
  }
}

/// Source text, language and entry point: what a contestant handed in.
public struct Program: Hashable, Sendable {
  public var language: LanguageID
  /// As the contest archive recorded it; nil lets the language's rule decide.
  public var entryPoint: String?
  public var files: [SourceFile]

  /// All files together may have at most this many bytes, whatever the problem allows: a grant has to
  /// fit one control message.
  public static let byteLimit = 512 << 10

  public init(language: LanguageID, entryPoint: String? = nil, files: [SourceFile]) {
    self.language = language
    self.entryPoint = entryPoint
    self.files = files
  }
  public var byteCount: Int { files.reduce(0) { $0 + $1.contents.count } }
}

/// Which testcases a judging runs.
public enum JudgingMode: String, Hashable, Sendable, CaseIterable {
  /// Every testcase, whatever came before: what a regrade needs to compare runs.
  case full
  /// Stops where the verdict cannot change any more.
  case lazy
}

/// Who waits for it. Smaller is more urgent.
public enum Priority: Int32, Hashable, Comparable, Sendable, CaseIterable {
  case live = 0
  case console = 1
  case regrade = 2
  case batch = 3
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// What happened when the program was built.
public struct Compilation: Hashable, Sendable {
  public var succeeded: Bool
  public var detail: VerdictDetail?
  public var cpuTime: TimeSpan
  public var wallTime: TimeSpan
  /// What the compiler said, at most `outputLimit` bytes, not necessarily UTF-8 as it came.
  public var output: String
  public static let outputLimit = 16 << 10

  public init(
    succeeded: Bool, detail: VerdictDetail? = nil, cpuTime: TimeSpan = .zero,
    wallTime: TimeSpan = .zero, output: String = ""
  ) {
    self.succeeded = succeeded
    self.detail = detail
    self.cpuTime = cpuTime
    self.wallTime = wallTime
    self.output = output
  }
}

/// Where the time of one judging went at its worker, by the worker's clock.
public struct WorkerSpans: Hashable, Sendable {
  /// From the grant's arrival until it had a slot: for the package, and for slots.
  public var waiting: TimeSpan
  /// From then to the outcome: compiling, running, and waiting for members of a package on its way.
  public var judging: TimeSpan
  public init(waiting: TimeSpan, judging: TimeSpan) {
    self.waiting = waiting
    self.judging = judging
  }
}

/// What a judging came to. The runs are the full vector, in judging order.
public struct JudgingResult: Hashable, Sendable {
  public var verdict: Verdict
  /// Only in scoring problems.
  public var score: Score?
  public var compilation: Compilation?
  public var runs: [Run]
  /// For the jury: which testcase decided, or why there is no verdict.
  public var message: String
  /// Where the worker's time went; nil from one that does not say.
  public var spans: WorkerSpans?

  public init(
    verdict: Verdict, score: Score? = nil, compilation: Compilation? = nil, runs: [Run] = [],
    message: String = "", spans: WorkerSpans? = nil
  ) {
    self.verdict = verdict
    self.score = score
    self.compilation = compilation
    self.runs = runs
    self.message = message
    self.spans = spans
  }

  /// The slowest run's CPU time; nil when nothing ran.
  public var slowest: TimeSpan? { runs.map(\.facts.cpuTime).max() }
}
