import Foundation
import JudgeModel
import Logging
import Messages
import SchedulerClient
import Store
import Synchronization
import Testing

@testable import SchedulerServer
@testable import Transport

/// A scheduler in this process with a state directory that goes with it. Sockets, store and threads are
/// real; workers and slow clients are played by `Caller`.
final class ServerBench: Sendable {
  let server: SchedulerServer
  let line: JoinLine
  let log: LogLines
  private let directory: String

  static let package = PackageSummary(
    digest: Digest.numbered(1), problem: "hello", title: "Hello", archiveBytes: 1_000,
    unpackedBytes: 5_000)

  private init(_ server: SchedulerServer, _ line: JoinLine, _ log: LogLines, _ directory: String) {
    self.server = server
    self.line = line
    self.log = log
    self.directory = directory
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  /// Runs `body` with a scheduler that listens, and stops it.
  /// - Parameters:
  ///   - control: options of its control socket.
  ///   - prepare: fills the record before the scheduler opens it.
  static func with(
    control: SocketOptions = .control, fetchStreams: Int = ServerSettings.defaultFetchStreams,
    prepare: (Store) throws -> Void = { _ in },
    _ body: (ServerBench) async throws -> Void
  ) async throws {
    let directory = NSTemporaryDirectory() + "/scheduler-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: false)
    let store = try Store.open(directory + "/assize.sqlite")
    try store.addPackage(package, at: 0)
    try prepare(store)
    try store.close()
    let log = LogLines()
    var settings = ServerSettings(
      stateDirectory: directory, listen: "tcp://127.0.0.1:0", isPlain: true,
      programVersion: "test", logger: log.logger)
    settings.control = control
    settings.fetchStreams = fetchStreams
    let server = try SchedulerServer(settings)
    let line = try await server.start(advertising: "127.0.0.1")
    let bench = ServerBench(server, line, log, directory)
    let callers = Callers()
    defer { callers.stop() }
    do {
      // Its file is not on the shelf, so that the start did not take it up.
      try await server.add(package)
      try await $callers.withValue(callers) { try await body(bench) }
      await server.stop()
    } catch {
      await server.stop()
      throw error
    }
  }

  /// Who was played while a test ran. Each refers to itself through its thread, so somebody has to end
  /// it.
  final class Callers: Sendable {
    private let reactors = Mutex<[Reactor]>([])
    func add(_ reactor: Reactor) { reactors.withLock { $0.append(reactor) } }
    func stop() { for reactor in reactors.withLock({ $0 }) { reactor.stop() } }
  }
  @TaskLocal static var callers: Callers?

  var database: String { directory + "/assize.sqlite" }

  func client() async throws -> SchedulerClient {
    let client = try SchedulerClient(line, programVersion: "test")
    try await client.connect()
    return client
  }

  static func order(
    _ judging: JudgingID, _ submission: SubmissionID, batch: BatchID?
  ) -> JudgingOrder {
    JudgingOrder(
      judging: judging, submission: submission, package: package.digest, archiveBytes: 1_000,
      unpackedBytes: 5_000, language: LanguageID("c"), mode: .full,
      priority: batch == nil ? .live : .regrade, batch: batch)
  }

  func request(_ key: String, batch: BatchID? = nil) -> JudgingRequest {
    JudgingRequest(
      key: key, team: "", program: .sample, package: Self.package.digest, mode: .full,
      priority: .live, batch: batch)
  }
}

/// What was logged, one line each.
final class LogLines: Sendable {
  private let lines = Mutex<[String]>([])

  private struct Handler: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
      let words = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      lines.append("\(event.level) \(event.message) \(words.joined(separator: " "))")
    }
  }

  var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }
  private func append(_ line: String) { lines.withLock { $0.append(line) } }
  func containing(_ words: String) -> [String] {
    lines.withLock { $0.filter { $0.contains(words) } }
  }
}

extension Store {
  /// A batch of judgings that wait, as an earlier scheduler left it.
  func makeBatch(_ count: Int) throws -> (BatchID, [JudgingID]) {
    let batch = try createBatch(name: "regrade", at: 0)
    let submissions = try addSubmissions(
      (0..<count).map { NewSubmission(externalID: "k\($0)", problem: "hello", program: .sample) },
      at: 0)
    let judgings = allocateJudgings(count)
    _ = try commit(
      zip(judgings, submissions).map { judging, submission in
        .created(ServerBench.order(judging, submission, batch: batch))
      }, at: 0)
    return (batch, judgings)
  }

  /// Verdicts with much to say, some 10 kB each.
  func judge(_ judgings: [JudgingID]) throws {
    let epoch = LeaseEpoch(generation: 1, counter: 1)
    let worker = WorkerID("lab")
    let runs = (1...10 as ClosedRange<Int32>).map {
      Run(
        ordinal: $0, testcase: "\($0)", verdict: .accepted,
        message: String(repeating: "m", count: 1_000))
    }
    for judging in judgings {
      _ = try commit(
        [
          .leased(judging, epoch, worker),
          .judged(judging, epoch, worker, JudgingResult(verdict: .accepted, runs: runs)),
        ], at: 0)
    }
  }
}

extension Program {
  static let sample = Program(
    language: LanguageID("c"), files: [SourceFile(name: "a.c", contents: Array("main(){}".utf8))])
}

extension Digest {
  static func numbered(_ number: Int) -> Digest {
    var bytes = [UInt8](repeating: 0, count: 32)
    withUnsafeBytes(of: UInt64(number).bigEndian) { bytes.replaceSubrange(0..<8, with: $0) }
    return Digest(bytes: bytes) ?? ServerBench.package.digest
  }
}

/// Waits for something that has to come; the bound is for tests that fail.
func eventually(
  _ what: String, seconds: Int = 180, sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () async throws -> Bool
) async throws {
  let end = ContinuousClock.now + .seconds(seconds)
  while try await !condition() {
    if ContinuousClock.now > end {
      Issue.record("never came: \(what)", sourceLocation: sourceLocation)
      throw NeverCame()
    }
    try await Task.sleep(for: .milliseconds(2))
  }
}

/// The answer to a question that has to come; the bound is for tests that fail. Not a task group, which
/// would wait for the question even then.
func answer<Answer: Sendable>(
  seconds: Int = 180, _ ask: @escaping @Sendable () async throws -> Answer
) async throws -> Answer {
  try await withCheckedThrowingContinuation { continuation in
    let first = First(continuation)
    Task {
      do {
        first.resume(.success(try await ask()))
      } catch {
        first.resume(.failure(error))
      }
    }
    Task {
      try await Task.sleep(for: .seconds(seconds))
      first.resume(.failure(NeverCame()))
    }
  }
}

/// A continuation that only the first result resumes.
private final class First<Answer: Sendable>: Sendable {
  private let continuation: Mutex<CheckedContinuation<Answer, any Error>?>
  init(_ continuation: CheckedContinuation<Answer, any Error>) {
    self.continuation = Mutex(continuation)
  }
  func resume(_ result: Result<Answer, any Error>) {
    continuation.withLock { continuation in
      continuation?.resume(with: result)
      continuation = nil
    }
  }
}

struct NeverCame: Error {}
