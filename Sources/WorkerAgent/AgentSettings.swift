public import Evaluation
public import JudgeModel
public import Logging
public import Messages
public import Sandbox
public import WebRanges
public import WorkerCore

/// How a worker is set up; everything a person may choose and what the start-up probes found.
public struct AgentSettings: Sendable {
  public var joinLine: JoinLine
  public var worker: WorkerID
  public var slots: Int
  public var cacheDirectory: String
  public var cacheBudgetBytes: Int64
  /// Package data per second, all packages together; nil for as fast as it goes.
  public var fetchBytesPerSecond: Int64?
  /// How long origins of packages are waited for.
  public var originLimits = WebLimits()
  /// What is known of origins beforehand.
  public var knownOrigins = OriginChoice()
  public var labels: [Label]
  public var host: SandboxHost
  public var languageTable: LanguageTable
  public var languages: [LanguageSupport]
  public var programVersion: String
  public var logger: Logger

  public init(
    joinLine: JoinLine, worker: WorkerID, slots: Int, cacheDirectory: String,
    cacheBudgetBytes: Int64, fetchBytesPerSecond: Int64? = nil, labels: [Label], host: SandboxHost,
    languageTable: LanguageTable,
    languages: [LanguageSupport], programVersion: String, logger: Logger
  ) {
    self.joinLine = joinLine
    self.worker = worker
    self.slots = slots
    self.cacheDirectory = cacheDirectory
    self.cacheBudgetBytes = cacheBudgetBytes
    self.fetchBytesPerSecond = fetchBytesPerSecond
    self.labels = labels
    self.host = host
    self.languageTable = languageTable
    self.languages = languages
    self.programVersion = programVersion
    self.logger = logger
  }
}

/// What keeps a worker from starting or going on, with the place and the remedy.
public struct AgentError: Error, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
