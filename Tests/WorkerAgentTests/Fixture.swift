import Evaluation
import Foundation
import JudgeModel
import Logging
import Messages
import ProblemPackage
import Sandbox
import Testing
import WebRanges
import WorkerAgent
import WorkerCore

/// Workers under a scheduler that is played by hand: real sockets, files and sandboxes. They share user
/// numbers, so they run one after the other.
@Suite(.serialized, .enabled(if: geteuid() == 0, "sandboxes need root")) struct WorkerAgentTests {}

/// A directory of one test that goes with it.
final class Scratch {
  let path: String

  init() throws {
    var template = Array("/tmp/assize-agent-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil, "cannot create a directory in /tmp")
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A package whose answers are the first lines of its inputs; the rest of an input is noise that no
/// compression makes smaller.
struct TestPackage {
  let manifest: PackageManifest
  var archive: [UInt8]
  let index: PackageArchive.Index

  /// - Parameter seeds: one testcase for each, with that noise.
  init(
    _ name: String, seeds: [UInt64], noiseBytes: Int = 400_000, in scratch: Scratch
  ) throws {
    let directory = "\(scratch.path)/\(name)"
    let data = directory + "/data/secret"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    let yaml = """
      problem_format_version: 2025-09
      name: Problem
      uuid: 6ba7b810-9dad-11d1-80b4-00c04fd430c8
      limits:
        time_limit: 2
        memory: 64
        output: 1

      """
    try yaml.write(toFile: directory + "/problem.yaml", atomically: false, encoding: .utf8)
    for (number, seed) in seeds.enumerated() {
      let line = "\(seed)\n"
      try (Data(line.utf8) + Self.noise(seed, noiseBytes))
        .write(to: URL(fileURLWithPath: "\(data)/\(number + 1).in"))
      try Data(line.utf8).write(to: URL(fileURLWithPath: "\(data)/\(number + 1).ans"))
    }
    let reading = PackageReader.read(directory: directory)
    manifest = try #require(reading.manifest, "\(reading.diagnostics)")
    let path = "\(scratch.path)/\(name).tar.zst"
    try PackageArchive.write(manifest, directory: directory, to: path)
    archive = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    index = try PackageArchive.index(path)
  }

  private static func noise(_ seed: UInt64, _ count: Int) -> Data {
    var state = seed &* 0x9E37_79B9_7F4A_7C15
    var data = Data(capacity: count)
    for _ in 0..<count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      data.append(UInt8(truncatingIfNeeded: state >> 56))
    }
    return data
  }

  var digest: Digest { manifest.digest }

  func range(_ path: String) throws -> Range<Int64> {
    try #require(index.members.first { $0.path == path }).range
  }

  func blob(_ path: String) throws -> Digest { try #require(manifest.file(path)).digest }
}

/// A scheduler, and workers of it one after the other on one cache directory.
final class Stage {
  let scratch: Scratch
  let scheduler: PlayedScheduler
  var cache: String
  private var worker: (agent: WorkerAgent, run: Task<String?, any Error>)?

  /// Prints the first line that it reads.
  static let program = Program(
    language: LanguageID("python3"),
    files: [
      SourceFile(
        name: "a.py",
        contents: Array("import sys\nprint(sys.stdin.buffer.readline().decode().strip())\n".utf8))
    ])

  init() async throws {
    scratch = try Scratch()
    cache = scratch.path + "/cache"
    scheduler = try await PlayedScheduler()
  }

  deinit { scheduler.stop() }

  /// - Parameters:
  ///   - knownOrigins: what it takes for measured.
  ///   - patience: milliseconds after which an origin stalls that sends nothing. It is noticed at the
  ///     next look, within about a second.
  func startWorker(
    slots: Int = 1, budget: Int64 = 1 << 30, fetchRate: Int64? = nil,
    knownOrigins: OriginChoice = OriginChoice(), patience: Int64 = 300
  ) async throws {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let host = try SandboxHost.probe(
      SandboxConfiguration(
        helperPath: (own as NSString).deletingLastPathComponent + "/assize-box",
        stateDirectory: scratch.path + "/sandboxes", uidBase: 64_000))
    try FileManager.default.createDirectory(
      atPath: cache, withIntermediateDirectories: true)
    var logger = Logger(label: "worker") { _ in SwiftLogNoOpLogHandler() }
    logger.logLevel = .critical
    await scheduler.waitForAnotherWorker()
    var settings = AgentSettings(
      joinLine: scheduler.joinLine, worker: WorkerID("w"), slots: slots, cacheDirectory: cache,
      cacheBudgetBytes: budget, fetchBytesPerSecond: fetchRate, labels: [], host: host,
      languageTable: try .builtIn(),
      languages: [LanguageSupport(language: LanguageID("python3"), version: "3")],
      programVersion: "test", logger: logger)
    settings.originLimits = WebLimits(stall: patience * 1_000_000, stallBytes: 1)
    settings.knownOrigins = knownOrigins
    let agent = try await WorkerAgent(settings)
    worker = (agent, Task { try await agent.run() })
    try await eventually("the worker joins") { await scheduler.isJoined }
  }

  func stopWorker() async throws {
    guard let (agent, run) = worker else { return }
    worker = nil
    await agent.stop()
    _ = try await run.value
  }

  func serve(_ package: TestPackage) async {
    await scheduler.put(package.archive, as: package.digest)
  }

  func grant(_ judging: Int64, _ package: TestPackage) async throws {
    try await scheduler.grant(
      judging, package.digest, unpacked: package.manifest.byteCount, Self.program)
  }

  func outcome(_ judging: Int64) async throws -> PlayedScheduler.Outcome? {
    try await eventually("judging \(judging) is over") { await scheduler.outcome(judging) != nil }
    return await scheduler.outcome(judging)
  }

  func expectAccepted(
    _ judging: Int64, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    guard case .judged(let result)? = try await outcome(judging) else {
      let outcome = await scheduler.outcome(judging)
      Issue.record("no verdict: \(String(describing: outcome))", sourceLocation: sourceLocation)
      return
    }
    #expect(result.verdict == .accepted, sourceLocation: sourceLocation)
  }

  /// Why a judging was given back.
  func fault(_ judging: Int64) async throws -> String {
    guard case .returned(.workerFault(let reason))? = try await outcome(judging) else {
      return "not given back"
    }
    return reason
  }

  func path(of blob: Digest) -> String { BlobStore.path(of: blob, in: cache) }
}
