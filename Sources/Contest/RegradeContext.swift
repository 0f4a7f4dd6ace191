public import JudgeModel

/// A new result as the scheduler holds it.
public struct NewResult: Hashable, Sendable {
  public var result: JudgingResult
  public var judging: JudgingID?
  /// Milliseconds since 1970.
  public var startMilliseconds: Int64?
  public var endMilliseconds: Int64?
  public init(
    _ result: JudgingResult, judging: JudgingID? = nil, startMilliseconds: Int64? = nil,
    endMilliseconds: Int64? = nil
  ) {
    self.result = result
    self.judging = judging
    self.startMilliseconds = startMilliseconds
    self.endMilliseconds = endMilliseconds
  }
}

/// What was regraded with what: the facts without which nobody can defend a changed verdict.
public struct RegradeContext: Hashable, Sendable {
  /// Name and version of the program.
  public var tool: String
  /// The archive as the person named it.
  public var archive: String
  public var archiveDigest: Digest?
  /// Milliseconds since 1970.
  public var startMilliseconds: Int64?
  public var endMilliseconds: Int64?
  /// What kind of machine ran it; verdicts near a limit hold for that kind alone.
  public var host: String
  /// The filter as the person gave it; empty for everything.
  public var selection: String
  /// One sentence each: limits, stopping early, repeats.
  public var policy: [String]
  public var toolchains: [Toolchain]
  public var packages: [JudgedPackage]

  public struct Toolchain: Hashable, Sendable {
    public var language: LanguageID
    public var version: String
    public var digest: Digest?
    public init(language: LanguageID, version: String, digest: Digest? = nil) {
      self.language = language
      self.version = version
      self.digest = digest
    }
  }

  /// The package that judged one problem of the contest.
  public struct JudgedPackage: Hashable, Sendable {
    /// The contest's id of the problem.
    public var problem: String
    public var name: String
    public var digest: Digest
    /// What judged it the last time, where that is known.
    public var previousDigest: Digest?
    /// CPU time of one run.
    public var timeLimit: TimeSpan
    public var timeOrigin: TimeLimitOrigin
    public var memoryBytes: Int64
    public var testcaseCount: Int
    public init(
      problem: String, name: String, digest: Digest, previousDigest: Digest? = nil,
      timeLimit: TimeSpan, timeOrigin: TimeLimitOrigin = .explicit, memoryBytes: Int64,
      testcaseCount: Int
    ) {
      self.problem = problem
      self.name = name
      self.digest = digest
      self.previousDigest = previousDigest
      self.timeLimit = timeLimit
      self.timeOrigin = timeOrigin
      self.memoryBytes = memoryBytes
      self.testcaseCount = testcaseCount
    }
    public init(
      problem: String, manifest: PackageManifest, digest: Digest, previousDigest: Digest? = nil
    ) {
      self.init(
        problem: problem, name: manifest.problem, digest: digest, previousDigest: previousDigest,
        timeLimit: .nanoseconds(manifest.limits.timeNanoseconds.amount),
        timeOrigin: manifest.limits.timeOrigin, memoryBytes: manifest.limits.memoryBytes.amount,
        testcaseCount: manifest.testcases.count)
    }
  }

  public init(
    tool: String, archive: String, archiveDigest: Digest? = nil, startMilliseconds: Int64? = nil,
    endMilliseconds: Int64? = nil, host: String = "", selection: String = "",
    policy: [String] = [], toolchains: [Toolchain] = [], packages: [JudgedPackage] = []
  ) {
    self.tool = tool
    self.archive = archive
    self.archiveDigest = archiveDigest
    self.startMilliseconds = startMilliseconds
    self.endMilliseconds = endMilliseconds
    self.host = host
    self.selection = selection
    self.policy = policy
    self.toolchains = toolchains
    self.packages = packages
  }
}
