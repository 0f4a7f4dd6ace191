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
  let line: JoinLine
  let client: SchedulerClient
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

  private static func start(
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

  /// Runs something with a cluster and stops it whatever happens.
  static func with<Result: Sendable>(
    _ directory: String, isPlain: Bool, machine: Machine,
    _ body: (BenchCluster) async throws -> Result
  ) async throws -> Result {
    let cluster = try await start(directory, isPlain: isPlain, machine: machine)
    do {
      let result = try await body(cluster)
      await cluster.stop()
      return result
    } catch {
      await cluster.stop()
      throw error
    }
  }

  private func stop() async {
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
  func coldJudging(_ name: String, archive: String, rate: Int?) async throws -> BenchPage.Row {
    let index = try PackageArchive.index(archive)
    _ = try await client.push(archive: archive, package: index.manifest.digest)
    let reached = if let rate { try await slowLine(rate) } else { line }
    try await startWorker(reached)
    let askedLine = reached
    let asking = Task { try await askingOnAndOn(askedLine) }
    defer { asking.cancel() }
    let times = try await judge(index.manifest.digest)
    asking.cancel()
    let asked = try await asking.value
    let moved = link?.bytesFromTarget ?? Int(index.byteCount)
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

  /// Pushes a package and judges with it on a worker that goes on, for `warmJudging`.
  func judgeAndKeep(archive: String) async throws {
    let index = try PackageArchive.index(archive)
    _ = try await client.push(archive: archive, package: index.manifest.digest)
    try await startWorker(try await countedLine())
    _ = try await judge(index.manifest.digest)
  }

  /// Pushes another version and judges with it on the worker that is there.
  /// - Returns: bytes to the scheduler and to the worker.
  func warmJudging(archive: String) async throws -> (pushed: Int, fetched: Int) {
    let index = try PackageArchive.index(archive)
    let report = try await client.push(archive: archive, package: index.manifest.digest)
    let before = movedBytes
    _ = try await judge(index.manifest.digest)
    return (Int(report.sentBytes), movedBytes - before)
  }

  /// How to reach the scheduler through a link of so many bytes per second.
  private func slowLine(_ rate: Int) async throws -> JoinLine {
    link = try EmulatedLink(
      address: Self.linkAddress, target: "127.0.0.1", ports: [line.port, await client.bulkPort],
      bytesPerSecond: rate)
    var reached = line
    reached.host = Self.linkAddress
    return reached
  }

  /// Through a link that only counts.
  func countedLine() async throws -> JoinLine { try await slowLine(4_000_000_000) }

  /// Bytes that came to workers through the link.
  var movedBytes: Int { link?.bytesFromTarget ?? 0 }

  /// Fetches an archive without unpacking it. The best of several times: the one that was least
  /// disturbed says what the socket can do.
  /// - Returns: nanoseconds.
  func bareTransfer(of package: Digest, archiveBytes: Int64, verifies: Bool) async throws -> Int {
    var best = Int.max
    for _ in 0..<5 {
      best = min(
        best,
        try await TransferTrial.run(
          line, bulkPort: await client.bulkPort, package: package, archiveBytes: archiveBytes,
          verifies: verifies, logger: logger))
    }
    return best
  }

  /// A real worker, by default straight to the scheduler.
  func startWorker(_ line: JoinLine? = nil, slots: Int = 1) async throws {
    let agent = try await WorkerAgent(
      machine.localWorker(
        "bench", line ?? self.line, slots: slots, directory: directory, logger: logger))
    worker = (agent, Task { try await agent.run() })
    try await waitForWorkers(1)
  }

  func waitForWorkers(_ count: Int) async throws {
    while try await client.status().workers.count < count {
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// - Returns: nanoseconds from handing in.
  func judge(
    _ package: Digest, _ priority: Priority = .live
  ) async throws -> (firstRun: Int, verdict: Int) {
    let program = Program(
      language: LanguageID("c"), entryPoint: nil,
      files: [SourceFile(name: "zero.c", contents: Array(PackageSample.solution.utf8))])
    let start = ContinuousClock.now
    // A key that was there before would be answered with the verdict of then.
    count += 1
    let request = JudgingRequest(
      key: "bench-\(count)", team: "", program: program, package: package, mode: .full,
      priority: priority, batch: nil)
    let judging = try await client.judge([request]).first
    guard let judging else { throw CommandFailure("the scheduler took no judging") }
    var firstRun: Int?
    for try await event in await client.watch(.judging(judging)) {
      guard case .happened(let news) = event else { continue }
      if case .run = news { firstRun = firstRun ?? start.nanosecondsSince }
      if try Self.isVerdict(news) {
        return (firstRun ?? start.nanosecondsSince, start.nanosecondsSince)
      }
    }
    throw CommandFailure("the scheduler said no verdict")
  }
}

extension BenchCluster {
  /// - Throws: when a judging went otherwise than all here should go.
  private static func isVerdict(_ news: JudgingEvent) throws -> Bool {
    switch news {
    case .judged(_, _, _, let result):
      guard result.verdict == .accepted else {
        throw CommandFailure("the verdict is \(result.verdict): \(result.message)")
      }
      return true
    case .ended(_, _, let state, let reason):
      throw CommandFailure("a judging ended as \(state): \(reason)")
    default: return false
    }
  }

  /// Hands in so many judgings as one batch.
  /// - Returns: nanoseconds from then to the last verdict.
  func judgeBatch(_ count: Int, _ package: Digest, language: String) async throws -> Int {
    let program = Program(
      language: LanguageID(language), entryPoint: nil,
      files: [SourceFile(name: language == "text" ? "zero.txt" : "zero.c", contents: [48, 10])])
    let start = ContinuousClock.now
    let batch = try await client.createBatch(name: "bench")
    let requests = (0..<count).map {
      JudgingRequest(
        key: "\($0)", team: "", program: program, package: package, mode: .full,
        priority: .regrade, batch: batch)
    }
    let watching = Task {
      var verdicts = 0
      for try await event in await client.watch(.batch(batch)) {
        if case .happened(let news) = event, try Self.isVerdict(news) { verdicts += 1 }
        if verdicts == count { return }
      }
      throw CommandFailure("the scheduler said \(verdicts) of \(count) verdicts")
    }
    _ = try await client.judge(requests)
    try await watching.value
    return start.nanosecondsSince
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
  var nanosecondsSince: Int {
    duration(to: .now).nanoseconds
  }
}
