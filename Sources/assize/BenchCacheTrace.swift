import Bench
import Foundation
import JudgeModel
import Messages
import ProblemPackage
import SchedulerClient
import Synchronization

extension BenchCluster {
  /// Judges a trace and watches the disk.
  func run(_ trace: CacheTrace, in place: String) async throws -> BenchPage.Row {
    var digests: [Digest] = []
    var packedBytes = 0
    for number in 0..<trace.packages {
      let (digest, bytes) = try await pushSample(number, trace, place)
      digests.append(digest)
      packedBytes += bytes
    }
    let line = try await countedLine()
    let caches = (1...CacheTrace.workers).map { "\(place)/cache-\($0)" }
    let workers = try caches.enumerated().map {
      try WorkerProcess(name: "w\($0 + 1)", cache: $1, budget: trace.budgetBytes, line)
    }
    defer { for worker in workers { worker.stop() } }
    try await waitForWorkers(workers.count)
    let gauge = DiskGauge(directories: caches)
    defer { gauge.stop() }
    let before = movedBytes
    let start = ContinuousClock.now
    try await judge(trace, digests)
    let elapsed = start.nanosecondsSince
    gauge.stop()
    return BenchPage.Row(
      trace.name,
      [
        BenchPage.Figure("judgings", trace.judgings, .count),
        BenchPage.Figure("time", elapsed, .nanoseconds),
        BenchPage.Figure("all packages", packedBytes, .bytes),
        BenchPage.Figure("moved", movedBytes - before, .bytes),
        BenchPage.Figure("budget", trace.budgetBytes, .bytes),
        BenchPage.Figure("most on a disk", gauge.most, .bytes),
        BenchPage.Figure("of the budget", gauge.most * 1_000 / trace.budgetBytes, .perMille),
      ])
  }

  private func pushSample(
    _ number: Int, _ trace: CacheTrace, _ place: String
  ) async throws -> (Digest, bytes: Int) {
    let directory = "\(place)/p\(number)"
    let archive = directory + ".tar.zst"
    defer {
      for path in [directory, archive] { try? FileManager.default.removeItem(atPath: path) }
    }
    let sample = try PackageSample(
      directory: directory, bytes: trace.packageBytes, tests: 8, seed: UInt64(number) + 2)
    let manifest = try sample.manifest()
    try PackageArchive.write(manifest, directory: directory, to: archive)
    _ = try await client.push(archive: archive, package: manifest.digest)
    return (manifest.digest, Int(try PackageArchive.index(archive).byteCount))
  }

  /// Several at a time, in an order that is the same each time.
  private func judge(_ trace: CacheTrace, _ digests: [Digest]) async throws {
    let order = trace.order.map { digests[$0] }
    let priority = trace.isRegrade ? Priority.regrade : .live
    try await withThrowingTaskGroup(of: Void.self) { group in
      for first in 0..<trace.inFlight {
        group.addTask {
          for at in stride(from: first, to: order.count, by: trace.inFlight) {
            _ = try await self.judge(order[at], priority)
          }
        }
      }
      try await group.waitForAll()
    }
  }
}

/// A worker of one slot, run by this same program.
private struct WorkerProcess {
  private let process = Process()

  init(name: String, cache: String, budget: Int, _ line: JoinLine) throws {
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [
      "worker", "--name", name, "--slots", "1", "--cache", cache, "--cache-budget", "\(budget)",
      "--log-level", "error",
    ]
    process.environment = ProcessInfo.processInfo.environment
      .merging(["ASSIZE_JOIN": line.text]) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
  }

  func stop() {
    guard process.isRunning else { return }
    process.terminate()
    process.waitUntilExit()
  }
}

/// The most bytes that any of some directories has held, looked at all the time.
private final class DiskGauge: Sendable {
  private let state = Mutex<(most: Int, isOver: Bool)>((0, false))

  init(directories: [String]) {
    Thread.detachNewThread { [self] in
      while !state.withLock({ $0.isOver }) {
        for directory in directories {
          let bytes = Self.packageBytes(directory)
          state.withLock { $0.most = max($0.most, bytes) }
        }
        usleep(5_000)
      }
    }
  }

  var most: Int { state.withLock { $0.most } }
  func stop() { state.withLock { $0.isOver = true } }

  /// Files of packages, those that are being written among them. 0 when one came or went while they
  /// were counted: it would be counted in two places, or what it replaced as well.
  private static func packageBytes(_ cache: String) -> Int {
    let names = {
      Set(
        ["blobs", "tmp"].flatMap { folder in
          (try? FileManager.default.subpathsOfDirectory(atPath: "\(cache)/\(folder)"))?
            .map { "\(cache)/\(folder)/\($0)" } ?? []
        })
    }
    let before = names()
    var status = stat()
    let bytes = before.reduce(0) { sum, path in
      stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        ? sum + Int(status.st_size) : sum
    }
    return names() == before ? bytes : 0
  }
}
