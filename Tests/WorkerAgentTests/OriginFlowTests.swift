import JudgeModel
import Logging
import ProblemPackage
import Testing
import Transport
import WebRanges
import WebServers
import WorkerCore

@testable import WorkerAgent

@Suite struct OriginFlowTests {
  static let blobs = (0..<3).map { number in
    Digest(bytes: [UInt8](repeating: UInt8(number), count: 32))!
  }

  private func flow(
    rate: Int64? = nil, unread: UnreadBytes = UnreadBytes(limit: 1 << 20),
    clock: OriginFlow.Clock = OriginFlow.Clock()
  ) -> OriginFlow {
    let ranges: [Range<Int64>] = [0..<1000, 1000..<2000, 2000..<3000]
    return OriginFlow(
      FetchPlan(order: [0, 1, 2], ranges: ranges, lookaheadBehind: 3),
      members: Dictionary(uniqueKeysWithValues: zip(Self.blobs, 0...)),
      rate: FetchRate(bytesPerSecond: rate), unread: unread, clock: clock)
  }

  private func desk(
    rate: Int64? = nil, usefulRate: Int64 = 1, limits: WebLimits = WebLimits()
  ) -> OriginDesk {
    OriginDesk(
      rate: FetchRate(bytesPerSecond: rate), limits: limits,
      log: Logger(label: "desk") { _ in SwiftLogNoOpLogHandler() },
      choice: OriginChoice(usefulRate: usefulRate))
  }

  /// Takes so many bytes of the flow's beginning.
  private func take(_ count: Int, _ flow: OriginFlow) -> Bool {
    guard let piece = flow.next(atMost: Int64(count), isEnding: false) else { return false }
    var cutter = PartCutter(piece.parts)
    return [UInt8](repeating: 1, count: Int(piece.length)).withUnsafeBytes {
      flow.take($0, &cutter)
    }
  }

  private func drain(_ flow: OriginFlow) throws {
    var buffer = [UInt8](repeating: 0, count: 4000)
    while flow.pipe.backlog > 0 {
      _ = try flow.pipe.next()
      _ = try buffer.withUnsafeMutableBytes { try flow.pipe.read(into: $0) }
    }
  }

  @Test func whatSomebodyWaitsForIsNext() throws {
    let flow = flow()
    #expect(flow.next(atMost: 600, isEnding: false)?.offset == 0)
    flow.prefer(Self.blobs[2])
    #expect(flow.next(atMost: 600, isEnding: true)?.offset == 600, "what has begun is finished")
    #expect(flow.next(atMost: 1000, isEnding: false)?.offset == 2000)
    #expect(flow.next(atMost: 1000, isEnding: true) == nil, "and a turn ends there")
    #expect(flow.bytesLeft == 1000)
  }

  @Test func membersComeOutAsTheyCame() throws {
    let flow = flow()
    let piece = try #require(flow.next(atMost: 3000, isEnding: false))
    var cutter = PartCutter(piece.parts)
    let bytes = (0..<3000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    for start in stride(from: 0, to: 3000, by: 70) {
      let isWanted = bytes[start..<min(3000, start + 70)].withUnsafeBytes {
        flow.take($0, &cutter)
      }
      #expect(isWanted)
    }
    flow.pipe.finish()
    var read: [[UInt8]] = []
    while let member = try flow.pipe.next() {
      #expect(member == read.count)
      var contents: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 999)
      while case let count = try buffer.withUnsafeMutableBytes({ try flow.pipe.read(into: $0) }),
        count > 0
      { contents += buffer[..<count] }
      read.append(contents)
    }
    #expect(read.map(\.count) == [1000, 1000, 1000] && Array(read.joined()) == bytes)
  }

  @Test func whatLiesBetweenMembersIsDropped() throws {
    let ranges: [Range<Int64>] = [0..<1000, 1000..<2000, 2000..<3000]
    let flow = OriginFlow(
      FetchPlan(order: [0, 2], ranges: ranges, gapBytes: 1000), members: [:],
      rate: FetchRate(bytesPerSecond: nil), unread: UnreadBytes(limit: 1 << 20))
    let piece = try #require(flow.next(atMost: 3000, isEnding: false))
    #expect(piece.length == 3000)
    var cutter = PartCutter(piece.parts)
    for number in 0..<3 {
      let bytes = [UInt8](repeating: UInt8(number), count: 1000)
      #expect(bytes.withUnsafeBytes { flow.take($0, &cutter) })
    }
    #expect(flow.pipe.backlog == 2000)
    var buffer = [UInt8](repeating: 9, count: 4000)
    for member in [0, 2] {
      #expect(try flow.pipe.next() == member)
      #expect(try buffer.withUnsafeMutableBytes { try flow.pipe.read(into: $0) } == 1000)
      #expect(buffer[..<1000].allSatisfy { $0 == UInt8(member) })
    }
  }

  @Test func aMemberThatWasCutOffIsNoMember() throws {
    let flow = flow()
    let piece = try #require(flow.next(atMost: 3000, isEnding: false))
    var cutter = PartCutter(piece.parts)
    let bytes = [UInt8](repeating: 1, count: 1500)
    #expect(bytes.withUnsafeBytes { flow.take($0, &cutter) })
    flow.pipe.finish()
    var buffer = [UInt8](repeating: 0, count: 4000)
    #expect(try flow.pipe.next() == 0)
    #expect(try buffer.withUnsafeMutableBytes { try flow.pipe.read(into: $0) } > 0)
    #expect(try buffer.withUnsafeMutableBytes { try flow.pipe.read(into: $0) } == 0)
    #expect(try flow.pipe.next() == 1)
    #expect(throws: PackageError.self) {
      while try buffer.withUnsafeMutableBytes({ try flow.pipe.read(into: $0) }) > 0 {}
    }
  }

  @Test func whoIsCancelledWantsNoMore() throws {
    let flow = flow(rate: 1)
    let piece = try #require(flow.next(atMost: 3000, isEnding: false))
    var cutter = PartCutter(piece.parts)
    let bytes = [UInt8](repeating: 1, count: 1000)
    // The bucket holds one byte: from here on this would wait for a quarter of an hour.
    #expect(bytes.withUnsafeBytes { flow.take($0, &cutter) })
    flow.cancel()
    #expect(bytes.withUnsafeBytes { !flow.take($0, &cutter) })
  }

  @Test func theRateHolds() {
    let time = Lock(Instant.zero)
    let clock = OriginFlow.Clock(
      now: { time.withLock { $0 } },
      nap: { _, nanoseconds in time.withLock { $0 = $0 + .nanoseconds(nanoseconds) } })
    let flow = flow(rate: 100, clock: clock)
    for _ in 0..<3 { #expect(take(1000, flow)) }
    // What was saved up lets the first 1000 pass, and the last are only late afterwards.
    let waited = time.withLock { $0 } - Instant.zero
    #expect(waited > TimeSpan.seconds(19) && waited < TimeSpan.seconds(21))
  }

  @Test func allTransfersShareOneBound() throws {
    let unread = UnreadBytes(limit: 1500, allowance: 100)
    let first = flow(unread: unread)
    let naps = Lock(0)
    // Instead of waiting, the other one's bytes are unpacked.
    let second = flow(
      unread: unread,
      clock: OriginFlow.Clock(nap: { _, _ in
        naps.withLock { $0 += 1 }
        try? self.drain(first)
      }))
    #expect(take(2000, first))
    #expect(take(1000, second), "who has nothing there may begin")
    #expect(naps.withLock { $0 } == 0)
    #expect(take(1000, second))
    #expect(naps.withLock { $0 } == 1)
    #expect(first.pipe.backlog == 0 && second.pipe.backlog == 2000)
  }

  @Test func whatATransferLeavesUnreadIsNotCounted() {
    let unread = UnreadBytes(limit: 1500, allowance: 100)
    let second = flow(unread: unread)
    #expect(take(1000, second))
    do {
      let first = flow(unread: unread)
      #expect(take(1000, first))
      #expect(!unread.allows(second.pipe))
    }
    #expect(unread.allows(second.pipe))
  }

  // MARK: The desk

  @Test func whatSomebodyWaitsForOutlivesTurns() {
    let desk = desk()
    let package = Self.blobs[0]
    desk.prefer(Self.blobs[1], of: package)
    #expect(desk.wanted(of: package) == [], "nothing is on its way")
    desk.begin(package)
    desk.prefer(Self.blobs[2], of: package)
    desk.prefer(Self.blobs[1], of: package)
    desk.prefer(Self.blobs[2], of: package)
    for _ in 0..<2 {
      let flow = flow()
      desk.note(flow, of: package)
      #expect(flow.next(atMost: 1000, isEnding: false)?.offset == 2000)
      #expect(flow.next(atMost: 1000, isEnding: false)?.offset == 1000)
      desk.note(nil, of: package)
    }
    #expect(desk.wanted(of: package) == [Self.blobs[2], Self.blobs[1]], "for the scheduler")
    desk.arrived(Self.blobs[2], of: package)
    #expect(desk.wanted(of: package) == [Self.blobs[1]])
    desk.forget(package)
    #expect(desk.wanted(of: package) == [])
  }

  @Test func aStopHoldsUntilTheTransferIsOver() {
    let desk = desk()
    let package = Self.blobs[0]
    desk.stop(package)
    desk.begin(package)
    #expect(desk.end(of: package) == nil, "there was nothing to stop")
    // The manifest is read, and nothing comes from an origin yet.
    desk.stop(package)
    #expect(desk.end(of: package) != nil)
    let flow = flow()
    desk.note(flow, of: package)
    #expect(flow.isCancelled)
    desk.note(nil, of: package)
    #expect(desk.end(of: package) != nil)
    desk.forget(package)
    desk.begin(package)
    #expect(desk.end(of: package) == nil)
  }

  // MARK: Slow origins

  @Test func anOriginStallsBelowTheUsefulRate() {
    let limits = WebLimits()
    #expect(limits.stallBytes * 1_000_000_000 == OriginChoice.usefulRate * limits.stall)
  }

  /// One member, asked for in pieces: without a look at the rate all of it would come.
  private func largeFlow(_ bytes: Int64) -> OriginFlow {
    OriginFlow(
      FetchPlan(order: [0], ranges: [0..<bytes]), members: [:],
      rate: FetchRate(bytesPerSecond: nil), unread: UnreadBytes(limit: 1 << 24))
  }

  @Test func whoBecomesSlowInsideAMemberIsGivenUp() async throws {
    let file = [UInt8](repeating: 1, count: 1 << 20)
    // 400 kB in a second at most.
    let server = try WebServer(file, .drips(8 << 10))
    defer { server.stop() }
    let desk = desk(usefulRate: 1 << 30)
    let origin = try Origin(server.url)
    let reader = try OriginReader(desk)
    await #expect(throws: WebError.stalled) {
      try await reader.stream(origin, self.largeFlow(1 << 20), byteCount: 1)
    }
    #expect(server.asked.count == 1)
    #expect(WebError.stalled.isOfServer, "so that it is left alone for a while")
  }

  @Test func whoIsFastEnoughIsNot() async throws {
    let file = [UInt8](repeating: 1, count: 300 << 10)
    let server = try WebServer(file, .drips(64 << 10))
    defer { server.stop() }
    let desk = desk(usefulRate: 1)
    let flow = largeFlow(300 << 10)
    let reader = try OriginReader(desk)
    try await reader.stream(try Origin(server.url), flow, byteCount: 1)
    #expect(flow.bytesLeft == 0 && server.asked.count == 2)
  }

  @Test func severalSmallRequestsTellTheRateToo() async throws {
    let file = [UInt8](repeating: 1, count: 200 << 10)
    let server = try WebServer(file, .drips(4 << 10))
    defer { server.stop() }
    let size: Int64 = 10 << 10
    let ranges: [Range<Int64>] = (0..<20).map { $0 * size..<($0 + 1) * size }
    // Every second member, far apart: one request each.
    let flow = OriginFlow(
      FetchPlan(order: Array(stride(from: 0, to: 20, by: 2)), ranges: ranges), members: [:],
      rate: FetchRate(bytesPerSecond: nil), unread: UnreadBytes(limit: 1 << 24))
    let reader = try OriginReader(desk(usefulRate: 1 << 30))
    await #expect(throws: WebError.stalled) {
      try await reader.stream(try Origin(server.url), flow, byteCount: .max)
    }
    #expect(server.asked.count == 7)
  }
}
