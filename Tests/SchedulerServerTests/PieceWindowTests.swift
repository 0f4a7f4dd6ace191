import Messages
import Testing

@testable import SchedulerServer

@Suite struct PieceWindowTests {
  private static let piece = Int64(BulkLimits.pieceBytes)

  @Test func rangesAreAskedForInPiecesAndGoOneAfterTheOther() throws {
    var window = PieceWindow([5..<7, 7..<7, 100..<(100 + Self.piece + 1)])
    #expect(window.byteCount == 2 + Self.piece + 1)
    var asked: [(Int64, Int32)] = []
    while let (offset, length) = window.next() { asked.append((offset, length)) }
    #expect(asked.map(\.0) == [5, 100, 100 + Self.piece])
    #expect(asked.map(\.1) == [2, Int32(Self.piece), 1])
    #expect(try window.take(100, count: Int(Self.piece)) == nil, "not the next one")
    #expect(try window.take(5, count: 2) == 0)
    #expect(try window.take(5, count: 2) == nil, "again")
    #expect(try window.take(100, count: Int(Self.piece)) == 2)
    #expect(!window.isComplete)
    #expect(try window.take(100 + Self.piece, count: 1) == 2 + Self.piece)
    #expect(window.isComplete)
    #expect(try window.take(0, count: 1) == nil)
  }

  @Test func onlySoManyAreOnTheirWay() throws {
    var window = PieceWindow([0..<(100 * Self.piece)])
    for _ in 0..<BulkLimits.window { #expect(window.next() != nil) }
    #expect(window.next() == nil)
    #expect(try window.take(0, count: Int(Self.piece)) == 0)
    #expect(window.next()?.offset == Int64(BulkLimits.window) * Self.piece)
    #expect(window.next() == nil)
  }

  @Test func whatWasOnItsWayIsAskedForAgain() throws {
    var window = PieceWindow([0..<10, 20..<30])
    _ = window.next()
    _ = window.next()
    #expect(try window.take(0, count: 10) == 0)
    window.restart()
    #expect(try window.take(20, count: 10) == nil, "nobody was asked for it since")
    #expect(window.next()?.offset == 20)
    #expect(try window.take(20, count: 10) == 10)
    #expect(window.isComplete && window.receivedBytes == 20)
  }

  @Test func aPieceOfAnotherLengthIsRefused() throws {
    var window = PieceWindow([0..<10])
    _ = window.next()
    #expect(throws: ServerError.self) { try window.take(0, count: 9) }
    #expect(throws: ServerError.self) { try window.take(0, count: 11) }
    #expect(throws: ServerError.self) { try window.take(0, count: 0) }
  }
}
