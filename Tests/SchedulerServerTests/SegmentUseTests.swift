import JudgeModel
import Testing

@testable import SchedulerServer

@Suite struct SegmentUseTests {
  private let a = SegmentName(package: .numbered(1))
  private let b = SegmentName(package: .numbered(2))

  private func extents(_ list: (SegmentName, Range<Int64>)...) -> Extents {
    Extents(list.map { ExtentsTests.extent($0, $1) })
  }

  @Test func whatNobodyNeedsIsBetweenWhatSomebodyNeeds() {
    let use = SegmentUse([extents((a, 10..<20), (a, 30..<40)), extents((a, 15..<32))])
    #expect(use.unused(of: a, byteCount: 50) == [0..<10, 40..<50])
    #expect(use.unused(of: b, byteCount: 5) == [0..<5])
    #expect(use.isUsed(a) && !use.isUsed(b))
    #expect(use.byteCount == 30)
    #expect(SegmentUse([]).unused(of: a, byteCount: 0) == [])
  }

  @Test func ownBytesAreThoseThatDroppingFrees() {
    // Compared with what is left when one is taken away, over many small shelves.
    var state: UInt64 = 7
    func draw(_ bound: Int64) -> Int64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int64(state >> 33) % bound
    }
    for _ in 0..<200 {
      var archives: [Digest: Extents] = [:]
      for number in 0..<(1 + draw(5)) {
        var extents = Extents()
        // No archive has the same bytes twice: each frame holds another member.
        for segment in [a, b] {
          var at: Int64 = 0
          for _ in 0..<draw(4) {
            let start = at + draw(10)
            at = start + 1 + draw(20)
            extents.append(ExtentsTests.extent(segment, start..<at))
          }
        }
        archives[.numbered(Int(number))] = extents
      }
      let all = SegmentUse(archives.values).byteCount
      let own = SegmentUse.ownBytes(archives)
      for digest in archives.keys {
        let rest = SegmentUse(archives.filter { $0.key != digest }.values).byteCount
        #expect(own[digest] == all - rest)
      }
    }
  }
}
