import Bench
import Foundation
import JudgeModel
import Logging
import Messages
import ProblemPackage
import SchedulerClient
import SchedulerServer
import WorkerAgent

/// A scheduler, one worker behind a link, and a client, to measure how packages get about.
actor BenchCluster {
  private let directory: String
  private let server: SchedulerServer
  private let line: JoinLine
  private let client: SchedulerClient
  private let machine: Machine
  private let logger: Logger
  private var link: EmulatedLink?
  private var count = 0
  private var worker: (agent: WorkerAgent, working: Task<String?, any Error>)?

  /// Where links listen: the scheduler's own address is another one.
  private static let linkAddress = "127.0.0.2"

  private init(
    _ directory: String, _ server: SchedulerServer, _ line: JoinLine, _ client: SchedulerClient,
    _ machine: Machine, _ logger: Logger
  ) {
    self.directory = directory
    self.server = server
    self.line = line
    self.client = client
    self.machine = machine
    self.logger = logger
  }

  static func start(
    _ directory: String, isPlain: Bool, machine: Machine
  ) async throws -> BenchCluster {
    try? FileManager.default.removeItem(atPath: directory)
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    var logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    logger.logLevel = .critical
    let server = try SchedulerServer(
      ServerSettings(
        stateDirectory: directory + "/scheduler", listen: "tcp://127.0.0.1:*", isPlain: isPlain,
        programVersion: Assize.programVersion, logger: logger))
    let line = try await server.start(advertising: "127.0.0.1")
    let client = try SchedulerClient(line, programVersion: Assize.programVersion)
    try await client.connect()
    return BenchCluster(directory, server, line, client, machine, logger)
  }

  func stop() async {
    await stopWorker()
    link?.stop()
    await client.close()
    await server.stop()
    try? FileManager.default.removeItem(atPath: directory)
  }

  private func stopWorker() async {
    guard let worker else { return }
    await worker.agent.stop()
    _ = try? await worker.working.value
    self.worker = nil
  }

  // MARK: Measuring

  /// Pushes a package and judges with it on a worker that has nothing.
  ///
  /// - Parameters:
  ///   - rate: bytes per second of the worker's link; nil for none between.
  ///   - keeps: the worker goes on, for `warmJudging`.
  func coldJudging(
    _ name: String, archive: String, rate: Int?, keeps: Bool = false
  ) async throws -> BenchPage.Row {
    let index = try PackageArchive.index(archive)
    _ = try await client.push(archive: archive, package: index.manifest.digest)
    var reached = line
    if let rate {
      link = try EmulatedLink(
        address: Self.linkAddress, target: "127.0.0.1", ports: [line.port, await client.bulkPort],
        bytesPerSecond: rate)
      reached.host = Self.linkAddress
    }
    try await startWorker(reached)
    let askedLine = reached
    let asking = Task { try await askingOnAndOn(askedLine) }
    defer { asking.cancel() }
    let times = try await judge(index.manifest.digest)
    asking.cancel()
    let asked = try await asking.value
    let moved = link?.bytesFromTarget ?? Int(index.byteCount)
    if !keeps { await stopWorker() }
    return BenchPage.Row(
      name,
      [
        BenchPage.Figure("first run", times.firstRun, .nanoseconds),
        BenchPage.Figure("verdict", times.verdict, .nanoseconds),
        BenchPage.Figure("rate", perSecond(moved, times.verdict), .bytes),
        BenchPage.Figure("asked, median", asked.median, .nanoseconds),
        BenchPage.Figure("asked, p99", asked.percentile(perMille: 990), .nanoseconds),
      ])
  }

  /// Pushes another version and judges with it on the worker that is there.
  /// - Returns: bytes to the scheduler and to the worker.
  func warmJudging(archive: String) async throws -> (pushed: Int, fetched: Int) {
    let index = try PackageArchive.index(archive)
    let report = try await client.push(archive: archive, package: index.manifest.digest)
    let before = link?.bytesFromTarget ?? 0
    _ = try await judge(index.manifest.digest)
    return (Int(report.sentBytes), (link?.bytesFromTarget ?? 0) - before)
  }

  private func startWorker(_ line: JoinLine) async throws {
    let agent = try await WorkerAgent(
      machine.localWorker("bench", line, slots: 1, directory: directory, logger: logger))
    worker = (agent, Task { try await agent.run() })
    while try await client.status().workers.isEmpty {
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// - Returns: nanoseconds from handing in.
  private func judge(_ package: Digest) async throws -> (firstRun: Int, verdict: Int) {
    let program = Program(
      language: LanguageID("c"), entryPoint: nil,
      files: [SourceFile(name: "zero.c", contents: Array(PackageSample.solution.utf8))])
    let start = ContinuousClock.now
    // A key that was there before would be answered with the verdict of then.
    count += 1
    let request = JudgingRequest(
      key: "bench-\(count)", team: "", program: program, package: package, mode: .full,
      priority: .live,
      batch: nil)
    let judging = try await client.judge([request]).first
    guard let judging else { throw CommandFailure("the scheduler took no judging") }
    var firstRun: Int?
    for try await event in await client.watch(.judging(judging)) {
      guard case .happened(let news) = event else { continue }
      switch news {
      case .run: firstRun = firstRun ?? start.nanosecondsSince
      case .judged(_, _, _, let result):
        guard result.verdict == .accepted else {
          throw CommandFailure("the verdict is \(result.verdict): \(result.message)")
        }
        return (firstRun ?? start.nanosecondsSince, start.nanosecondsSince)
      case .ended(_, _, let state, let reason):
        throw CommandFailure("the judging ended as \(state): \(reason)")
      default: break
      }
    }
    throw CommandFailure("the scheduler said no verdict")
  }
}

/// What a small question to the scheduler takes, until the task is cancelled.
private func askingOnAndOn(_ line: JoinLine) async throws -> Samples {
  let client = try SchedulerClient(line, programVersion: Assize.programVersion)
  try await client.connect()
  var samples = Samples()
  while !Task.isCancelled {
    let start = ContinuousClock.now
    _ = try await client.findPackage(problem: "none")
    samples.add(start.nanosecondsSince)
    try? await Task.sleep(for: .milliseconds(5))
  }
  await client.close()
  return samples
}

extension ContinuousClock.Instant {
  fileprivate var nanosecondsSince: Int {
    duration(to: .now).nanoseconds
  }
}
