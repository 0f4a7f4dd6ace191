import Evaluation
import JudgeModel
import Logging
import ProblemPackage
import Testing
import Transport
import WebRanges
import WebServers
import WorkerCore

@testable import WorkerAgent

/// What the desk was told before a transfer has anything that could be told: a slot waits for a member,
/// or there is no room any more.
@Suite struct TransferStateTests {
  /// A transfer without a worker.
  private final class Bench {
    let scratch: Scratch
    let scheduler: PlayedScheduler
    let package: TestPackage
    let server: WebServer
    let desk: OriginDesk
    let events = Lock<[WorkerEvent]>([])
    private let cache: CacheKeeper
    private let fetcher: PackageFetcher
    private let context: ZMQContext
    private let log = Logger(label: "transfer") { _ in SwiftLogNoOpLogHandler() }

    /// - Parameters:
    ///   - hasOrigin: whether the package has one, which gives its table.
    ///   - members: what it does when it is asked for members.
    init(hasOrigin: Bool, members: WebServer.Behaviour) async throws {
      scratch = try Scratch()
      scheduler = try await PlayedScheduler()
      package = try TestPackage("p", seeds: [1, 2, 3, 4], in: scratch)
      await scheduler.put(package.archive, as: package.digest)
      server = try WebServer(package.archive) { $0 == 0 ? .honest : members }
      if hasOrigin { try await scheduler.put(origins: [server.url], of: package.digest) }
      // So slow that a request is for no more than a part of a member.
      var choice = OriginChoice()
      choice.answered(
        try Origin(server.url), latency: .zero, bytes: 100_000, duration: .seconds(1),
        at: Instant(nanoseconds: Reactor.now()))
      let rate = FetchRate(bytesPerSecond: nil)
      desk = OriginDesk(rate: rate, limits: WebLimits(), log: log, choice: choice)
      cache = try CacheKeeper(directory: scratch.path)
      fetcher = try PackageFetcher(ticket: "token", rate: rate, log: log)
      context = try ZMQContext()
      let endpoint = "tcp://127.0.0.1:\(await scheduler.bulkPort)"
      try await fetcher.connect(context, to: endpoint, security: .plain)
    }

    func transfer() async {
      let transfer = PackageTransfer(
        package: package.digest, archiveBytes: Int64(package.archive.count),
        unpackedBytes: package.manifest.byteCount, directory: scratch.path, cache: cache,
        fetcher: fetcher, origins: desk, gate: MemberGate(), log: log,
        post: { [events] event in events.withLock { $0.append(event) } })
      await transfer.run()
    }

    func stop() async {
      await fetcher.stop()
      await cache.stop()
      scheduler.stop()
      server.stop()
    }
  }

  /// - Parameter hasOrigin: one that gives its table and nothing else.
  @Test(arguments: [false, true])
  func whatSomebodyWaitsForComesFirst(_ hasOrigin: Bool) async throws {
    let bench = try await Bench(hasOrigin: hasOrigin, members: .status(500))
    let package = bench.package
    bench.desk.begin(package.digest)
    bench.desk.prefer(try package.blob("data/secret/4.in"), of: package.digest)
    await bench.transfer()
    #expect(bench.events.withLock { $0.last } == .packageInstalled(package.digest))
    let wanted = try package.range("data/secret/4.in")
    // After the head and the table.
    let members = await bench.scheduler.asked.map(\.range).filter {
      $0.lowerBound > 0 && $0.upperBound < package.archive.count
    }
    #expect(members.first.map(wanted.contains) == true, "\(members)")
    if hasOrigin {
      let first = try #require(bench.server.asked.dropFirst().first?.range)
      #expect(first.hasPrefix("\(wanted.lowerBound)-"), "\(first)")
    }
    bench.desk.prefer(try package.blob("data/secret/4.in"), of: package.digest)
    #expect(bench.desk.wanted(of: package.digest) == [], "it is over")
    await bench.stop()
  }

  @Test(arguments: [false, true])
  func aStopBeforeTheFirstMemberHolds(_ hasOrigin: Bool) async throws {
    let bench = try await Bench(hasOrigin: hasOrigin, members: .honest)
    let package = bench.package
    bench.desk.begin(package.digest)
    bench.desk.stop(package.digest)
    await bench.transfer()
    let last = bench.events.withLock { $0.last }
    guard case .packageFailed(_, let failure, _)? = last else {
      Issue.record("\(String(describing: last))")
      return
    }
    #expect("\(failure)".contains("judgings needed its room"))
    #expect(bench.server.asked == [])
    // The next one is another transfer.
    bench.desk.begin(package.digest)
    await bench.transfer()
    #expect(bench.events.withLock { $0.last } == .packageInstalled(package.digest))
    await bench.stop()
  }
}

extension Range<Int64> {
  fileprivate func contains(_ other: Range<Int64>) -> Bool {
    lowerBound <= other.lowerBound && other.upperBound <= upperBound
  }
}
