import JudgeModel
import ProblemPackage
import Testing
import WorkerCore

@testable import WorkerAgent

@Suite struct OriginFlowTests {
  static let blobs = (0..<3).map { number in
    Digest(bytes: [UInt8](repeating: UInt8(number), count: 32))!
  }

  private func flow(rate: Int64? = nil) -> OriginFlow {
    let ranges: [Range<Int64>] = [0..<1000, 1000..<2000, 2000..<3000]
    return OriginFlow(
      FetchPlan(order: [0, 1, 2], ranges: ranges, lookaheadBehind: 3),
      members: Dictionary(uniqueKeysWithValues: zip(Self.blobs, 0...)),
      rate: FetchRate(bytesPerSecond: rate))
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
      rate: FetchRate(bytesPerSecond: nil))
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
}
