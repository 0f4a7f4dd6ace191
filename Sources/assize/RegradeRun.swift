import Contest
import Foundation
import JudgeModel
import Messages
import SchedulerClient

/// Gives a batch to a scheduler and collects what becomes of it.
struct RegradeRun {
  let client: SchedulerClient
  let plan: RegradePlan
  let packagesDirectory: String
  /// Labels that the workers must have.
  let requires: [Label]
  private(set) var results: [String: NewResult] = [:]
  private(set) var notJudged: [String: String] = [:]

  init(
    client: SchedulerClient, plan: RegradePlan, packagesDirectory: String, requires: [Label] = []
  ) {
    self.client = client
    self.plan = plan
    self.packagesDirectory = packagesDirectory
    self.requires = requires
  }

  /// Sends what the scheduler lacks.
  func pushPackages() async throws {
    let packages = plan.packages
    let missing = Set(try await client.missing(of: packages.map(\.digest)))
    for package in packages where missing.contains(package.digest) {
      let archive = try RegradePackages.pack(package, into: packagesDirectory)
      defer { unlink(archive) }
      let size = (try? FileManager.default.attributesOfItem(atPath: archive))?[.size] as? Int64
      let name = package.manifest.problem
      let progress = Progress(total: size ?? 0, unit: .bytes, title: "sending \(name)")
      try await client.push(archive: archive, package: package.digest) {
        progress.report($0, note: name)
      }
      progress.finish()
    }
  }

  /// Has workers fetch the packages before the first judging asks for them, each on as many workers as
  /// its share of the batch will keep busy. What comes of it is nobody's concern: a package that is not
  /// there is fetched when it is needed.
  func warmUp() async {
    guard await client.knowsWarm, let status = try? await client.status() else { return }
    for (package, workers) in plan.replicas(onWorkers: status.workers.count) {
      guard (try? await client.warm(package, workers: workers)) != nil else { return }
    }
  }

  /// Creates the batch, and returns when each of its judgings is final.
  /// - Parameter onBatch: called with its number before anything is handed in.
  mutating func judge(name: String, onBatch: (BatchID) -> Void) async throws -> BatchID {
    let batch = try await client.createBatch(name: name)
    onBatch(batch)
    _ = try await client.judge(plan.requests(batch: batch, requires: requires))
    let progress = Progress(total: Int64(plan.items.count), unit: .items, title: "judged")
    defer { progress.finish() }
    var tally: [Verdict: Int] = [:]
    var started: [String: Int64] = [:]
    let watcher = Task { [client] in await Self.reportWaiting(client) }
    defer { watcher.cancel() }
    for try await event in await client.watch(.batch(batch)) {
      guard case .happened(let happened) = event else { continue }
      let key = happened.key
      switch happened {
      case .started: started[key] = Self.wallClock()
      case .queued, .run: continue
      case .judged(let judging, _, _, let result):
        guard results[key] == nil else { continue }
        results[key] = NewResult(
          result, judging: judging, startMilliseconds: started[key],
          endMilliseconds: Self.wallClock())
        tally[result.verdict, default: 0] += 1
      case .ended(_, _, let state, let reason):
        notJudged[key] =
          state == .cancelled ? "cancelled" : "no verdict after several attempts: \(reason)"
      }
      let done = results.count + notJudged.count
      let words = Verdict.allCases.compactMap { verdict in
        tally[verdict].map { "\(verdict) \($0)" }
      }.joined(separator: " ")
      progress.report(Int64(done), note: words)
      if done == plan.items.count { break }
    }
    return batch
  }

  /// Says why nothing happens, when nothing happens: a missing language, no worker.
  private static func reportWaiting(_ client: SchedulerClient) async {
    var told: Set<String> = []
    while !Task.isCancelled {
      try? await Task.sleep(for: .seconds(3))
      guard !Task.isCancelled, let status = try? await client.status() else { continue }
      for note in status.waiting where note.reason != "every slot is busy" {
        if told.insert(note.reason).inserted {
          warn("\(note.count) judgings wait: \(note.reason)")
        }
      }
    }
  }

  static func wallClock() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}
