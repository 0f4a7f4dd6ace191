import JudgeModel
import Messages
import ProblemPackage
import SchedulerClient
import Synchronization
import Testing

@testable import SchedulerServer

extension SchedulerServerTests {
  /// Several readers of large packages over real sockets, of which one is served at a time.
  @Suite struct StreamTests {
    private let scratch: Scratch
    init() throws { scratch = try Scratch() }

    /// Packages of three megabytes, and so many judgings that wait for each.
    private func push(
      _ backlogs: [Int], _ bench: ServerBench, _ client: SchedulerClient
    ) async throws -> [SamplePackage.Built] {
      var all: [SamplePackage.Built] = []
      for (number, backlog) in backlogs.enumerated() {
        let seed = UInt64(10 * number)
        let sample = SamplePackage(
          sizes: [1_000_000, 1_000_000, 1_000_000], seeds: [seed + 1, seed + 2, seed + 3],
          problem: "p\(number)")
        let built = try sample.build(in: scratch, "p\(number)")
        _ = try await answer {
          try await client.push(archive: built.archive, package: built.digest)
        }
        let requests = (0..<backlog).map { key in
          JudgingRequest(
            key: "\(number)/\(key)", team: "", program: .sample, package: built.digest,
            mode: .full, priority: .live, batch: nil)
        }
        if !requests.isEmpty { _ = try await answer { try await client.judge(requests) } }
        all.append(built)
      }
      return all
    }

    @Test func thePackageThatMostWaitForIsThereFirst() async throws {
      try await ServerBench.with(fetchStreams: 1) { bench in
        let client = try await bench.client()
        let packages = try await push([1, 1, 3], bench, client)
        let first = try await BulkCaller(bench)
        let size = try packages[0].index.byteCount
        try await first.send(
          .read(package: packages[0].digest, offset: 0, length: 1_000, left: size - 1_000))
        try await eventually("the first is served") { await first.pieces.count == 1 }
        let done = Order()
        let readers = [try await BulkCaller(bench), try await BulkCaller(bench)]
        let reading = [1, 2].map { number in
          let (reader, built) = (readers[number - 1], packages[number])
          return Task {
            let bytes = try await reader.fetch(built.digest, size: try built.index.byteCount)
            done.append(number)
            return bytes == (try built.bytes)
          }
        }
        try await eventually("both wait") {
          let waits = [await readers[0].waits, await readers[1].waits]
          return waits.allSatisfy { !$0.isEmpty }
        }
        #expect(done.numbers == [])
        try await first.send(
          .read(package: packages[0].digest, offset: size - 1_000, length: 1_000, left: 0))
        for task in reading { #expect(try await task.value) }
        #expect(done.numbers == [2, 1])
        await client.close()
      }
    }

    @Test func aJudgingsPackageTakesThePlaceOfAWish() async throws {
      try await ServerBench.with(fetchStreams: 1) { bench in
        let client = try await bench.client()
        let packages = try await push([0, 1], bench, client)
        let wish = try await BulkCaller(bench)
        let size = try packages[0].index.byteCount
        let ask = { (offset: Int64) in
          try await wish.send(
            .read(
              package: packages[0].digest, offset: offset, length: 1_000,
              left: size - offset - 1_000))
        }
        try await ask(0)
        try await eventually("it is served") { await wish.pieces.count == 1 }
        let reader = try await BulkCaller(bench)
        try await reader.send(
          .read(
            package: packages[1].digest, offset: 0, length: 1_000,
            left: try packages[1].index.byteCount - 1_000))
        try await eventually("it may go on") { await reader.gone == [packages[1].digest] }
        try await ask(1_000)
        try await eventually("the wish waits") { await wish.waits == [packages[0].digest] }
        // Everything is read of the other one: then the wish goes on.
        let rest = try await reader.fetch(
          packages[1].digest, size: try packages[1].index.byteCount)
        #expect(rest == (try packages[1].bytes))
        try await eventually("the wish goes on") { await wish.gone == [packages[0].digest] }
        await client.close()
      }
    }

    /// One that holds its place and says nothing more, and one of before this could be told to wait.
    @Test func theSilentAndTheOldDoNotHoldOthersUpForEver() async throws {
      try await ServerBench.with(fetchStreams: 1) { bench in
        let client = try await bench.client()
        let package = try await push([0], bench, client)[0]
        let silent = try await BulkCaller(bench)
        try await silent.send(
          .read(package: package.digest, offset: 0, length: 1_000, left: 1 << 30))
        try await eventually("it is served") { await silent.pieces.count == 1 }
        let old = try await BulkCaller(bench)
        try await old.send(.read(package: package.digest, offset: 0, length: 200_000))
        try await eventually("it is served at once") { await old.pieces.count == 1 }
        let reader = try await BulkCaller(bench)
        let bytes = try await reader.fetch(package.digest, size: try package.index.byteCount)
        #expect(bytes == (try package.bytes))
        #expect(await !reader.waits.isEmpty)
        await client.close()
      }
    }
  }
}

extension BulkCaller {
  /// Reads a whole archive, piece after piece, and waits when it is told to.
  func fetch(_ package: Digest, size: Int64) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while Int64(bytes.count) < size {
      let offset = Int64(bytes.count)
      let length = min(Int64(BulkLimits.pieceBytes), size - offset)
      let before = (pieces.count, waits.count, gone.count)
      try await send(
        .read(
          package: package, offset: offset, length: Int32(length), left: size - offset - length))
      try await eventually("an answer") { pieces.count > before.0 || waits.count > before.1 }
      if pieces.count > before.0, let piece = pieces.last {
        bytes += piece.bytes
      } else {
        let end = ContinuousClock.now + .seconds(BulkLimits.waitSeconds)
        try await eventually("its turn") { gone.count > before.2 || ContinuousClock.now > end }
      }
    }
    return bytes
  }
}

/// Who was done, in order.
private final class Order: Sendable {
  private let state = Mutex<[Int]>([])
  var numbers: [Int] { state.withLock { $0 } }
  func append(_ number: Int) { state.withLock { $0.append(number) } }
}
