import Foundation
import Testing

/// A scheduler and its workers, each a process with directories of its own. Everything ends with it.
final class Cluster {
  let scratch: Scratch
  let controlPort: UInt16
  let bulkPort: UInt16
  private(set) var scheduler: ChildProcess
  private(set) var joinLine: String
  private(set) var workers: [String: ChildProcess] = [:]
  private var starts = 0

  /// User numbers of one worker; away from what a worker on this machine would use.
  static let firstUser = 64_000
  static let usersPerWorker = 20

  /// - Parameter options: more of them for the scheduler's first start.
  init(
    listen host: String = "127.0.0.1", options: [String] = [], in scratch: Scratch
  ) throws {
    self.scratch = scratch
    (controlPort, bulkPort) = try Self.freePorts()
    let scheduler = try Self.startScheduler(host, controlPort, bulkPort, scratch, options)
    self.scheduler = scheduler
    listenHost = host
    joinLine = try Self.joinLine(of: scheduler)
  }

  private let listenHost: String

  deinit {
    for worker in workers.values { worker.signal(SIGKILL) }
    scheduler.stop()
  }

  /// Two ports that are free now. Chosen here, because a scheduler that starts again must have them.
  private static func freePorts() throws -> (UInt16, UInt16) {
    let first = try Listener(port: 0)
    let second = try Listener(port: 0)
    return (first.port, second.port)
  }

  private static func startScheduler(
    _ host: String, _ control: UInt16, _ bulk: UInt16, _ scratch: Scratch,
    _ options: [String] = []
  ) throws -> ChildProcess {
    let name = "\(scratch.path)/scheduler-\(UInt32.random(in: 0...UInt32.max))"
    return try ChildProcess(
      [
        Place.assize, "scheduler", "--state", scratch.path + "/state", "--listen",
        "tcp://\(host):\(control)", "--bulk-port", "\(bulk)", "--advertise", "127.0.0.1",
        "--log-level", "info",
      ] + options, logs: name)
  }

  private static func joinLine(of scheduler: ChildProcess) throws -> String {
    try waitUntil("the scheduler prints its join line") {
      try #require(scheduler.isRunning, "the scheduler ended: \(scheduler.errors)")
      return scheduler.output.hasSuffix("\n")
    }
    let lines = scheduler.output.split(separator: "\n")
    try #require(lines.count == 1, "nothing but the join line goes to standard output")
    return String(lines[0])
  }

  /// Ends the scheduler without a warning and starts it again on the same state and ports.
  func crashScheduler() throws {
    scheduler.stop(SIGKILL)
    scheduler = try Self.startScheduler(listenHost, controlPort, bulkPort, scratch)
    #expect(try Self.joinLine(of: scheduler) == joinLine)
  }

  struct WorkerPlan {
    /// What it calls itself, if not as it is called here.
    var name: String?
    var slots = 1
    var languages = ["c", "cpp", "python3"]
    var cacheBudget: String?
    var fetchRate: String?
    var namespace: NetworkNamespace?
    /// Where it finds the scheduler's ports, if not at the scheduler.
    var dials = "127.0.0.1"
    var waits = true
  }

  func cache(of name: String) -> String { "\(scratch.path)/cache-\(name)" }

  @discardableResult
  func startWorker(_ name: String, _ plan: WorkerPlan = WorkerPlan()) throws -> ChildProcess {
    starts += 1
    var line = joinLine.replacingOccurrences(of: "127.0.0.1", with: plan.dials)
    var prefix: [String] = []
    if let namespace = plan.namespace {
      line = line.replacingOccurrences(of: "127.0.0.1", with: namespace.outside)
      prefix = namespace.prefix
    }
    let table = try scratch.file("languages-\(starts).yaml", try Languages.table(plan.languages))
    let budget = plan.cacheBudget.map { ["--cache-budget", $0] } ?? []
    let rate = plan.fetchRate.map { ["--fetch-rate", $0] } ?? []
    let worker = try ChildProcess(
      prefix + [
        Place.assize, "worker", "--name", plan.name ?? name, "--slots", "\(plan.slots)", "--cache",
        cache(of: name), "--languages", table, "--label", "room=\(name)", "--log-level", "info",
        "--uid-base", "\(Self.firstUser + starts * Self.usersPerWorker)",
      ] + budget + rate, environment: ["ASSIZE_JOIN": line],
      logs: "\(scratch.path)/worker-\(name)-\(starts)")
    workers[name] = worker
    userNumbers[name] = users(ofStart: starts)
    if plan.waits { try waitForWorker(name) }
    return worker
  }

  private func users(ofStart start: Int) -> Range<Int> {
    let first = Self.firstUser + start * Self.usersPerWorker
    return first..<first + Self.usersPerWorker
  }

  /// Under which its programs run.
  private(set) var userNumbers: [String: Range<Int>] = [:]

  func waitForWorker(_ name: String) throws {
    try waitUntil("worker \(name) joins") {
      let worker = try #require(workers[name])
      try #require(worker.isRunning, "worker \(name) ended: \(worker.errors)")
      return try workerList().contains { $0.name == name }
    }
  }

  // MARK: What its commands say

  var environment: [String: String] { ["ASSIZE_JOIN": joinLine] }

  func run(_ arguments: [String]) throws -> Said {
    try assize(arguments, environment: environment, in: scratch)
  }

  /// Starts a command without waiting for its end.
  func start(_ arguments: [String], as name: String) throws -> ChildProcess {
    try ChildProcess(
      [Place.assize] + arguments, environment: environment, logs: "\(scratch.path)/\(name)")
  }

  struct Status: Decodable {
    struct Waiting: Decodable {
      var count: Int
      var reason: String
    }
    var queued: Int
    var leased: Int
    var judged: Int
    var cancelled: Int
    var quarantined: Int
    var workers: Int
    var busySlots: Int
    var waiting: [Waiting]
  }

  struct WorkerLine: Decodable {
    struct Language: Decodable {
      var id: String
      var version: String
    }
    var name: String
    var host: String
    var state: String
    var slots: Int
    var busySlots: Int
    var languages: [Language]
    var labels: [String: String]
    var processors: Int
    var load: Double
    var memoryTotalBytes: Int64
    var memoryAvailableBytes: Int64
    var diskFreeBytes: Int64
    var cacheUsedBytes: Int64
    var cacheBudgetBytes: Int64
    var cachedPackages: [String]
    var judged: Int
  }

  func status() throws -> Status { try answer(["status", "--format", "json"]) }
  func workerList() throws -> [WorkerLine] { try answer(["workers", "--format", "json"]) }

  private func answer<Answer: Decodable>(_ arguments: [String]) throws -> Answer {
    let said = try run(arguments)
    try #require(said.status == 0, "\(arguments): \(said.errors)")
    return try JSONDecoder().decode(Answer.self, from: Data(said.output.utf8))
  }

  // MARK: Regrading

  func regrade(_ contest: SmallContest, to out: String) throws -> ChildProcess {
    try start(
      [
        "regrade", contest.contest, "--problems", contest.problems, "--output", out, "--scheduler",
        joinLine,
      ], as: "regrade-\((out as NSString).lastPathComponent)")
  }

  /// Waits until about so many of the regrade's judgings are final.
  func waitUntilJudged(_ count: Int, _ regrade: ChildProcess) throws {
    try waitUntil("\(count) submissions are judged", seconds: 120) {
      try #require(regrade.isRunning, "the regrade ended too early: \(regrade.errors)")
      return try status().judged >= count
    }
  }
}
