internal import Foundation
public import JudgeModel
public import Logging
public import Messages
internal import ProblemPackage
internal import Transport
internal import WorkerCore

/// Fetches an archive as a worker does and keeps nothing of it: what the bulk socket gives without
/// unpacking and without a disk. For measuring.
public enum TransferTrial {
  /// - Parameters:
  ///   - bulkPort: of the scheduler that the join line names.
  ///   - verifies: take the SHA-256 of what comes.
  /// - Returns: nanoseconds from the first request to the last byte, connecting left out.
  public static func run(
    _ line: JoinLine, bulkPort: UInt16, package: Digest, archiveBytes: Int64, verifies: Bool,
    logger: Logger
  ) async throws -> Int {
    let context = try ZMQContext(ioThreads: 2)
    let fetcher = try PackageFetcher(ticket: line.token, log: logger)
    try await fetcher.connect(
      context, to: line.endpoint(port: bulkPort), security: try WorkerAgent.security(line))
    do {
      // Nothing is measured before the connection stands.
      _ = try await fetcher.read(package, at: 0, length: 1)
      let start = ContinuousClock.now
      let pipe = MemberPipe { Task { await fetcher.pump() } }
      let drain = try Drain()
      async let drained: Void = drain.run(pipe, verifies: verifies)
      let plan = FetchPlan(order: [0], ranges: [0..<archiveBytes])
      try await fetcher.stream(package, plan, members: [:], into: pipe)
      try await drained
      let elapsed = start.duration(to: .now)
      await fetcher.stop()
      return Int(elapsed / .nanoseconds(1))
    } catch {
      await fetcher.stop()
      throw error
    }
  }

  /// A thread that takes everything from a pipe.
  private actor Drain {
    private nonisolated let thread: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init() throws { thread = try Reactor(name: "drain") }
    deinit { thread.stop() }

    func run(_ pipe: MemberPipe, verifies: Bool) throws(PackageError) {
      var hash = SHA256()
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
      defer { buffer.deallocate() }
      while try pipe.next() != nil {
        while true {
          let count = try pipe.read(into: buffer)
          guard count > 0 else { break }
          if verifies { hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
        }
      }
      _ = hash.finish()
    }
  }
}
