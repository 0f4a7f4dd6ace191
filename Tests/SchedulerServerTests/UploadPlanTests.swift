import JudgeModel
import ProblemPackage
import Testing

@testable import SchedulerServer

@Suite struct UploadPlanTests {
  private let old = SegmentName(package: .numbered(1))
  private let new = SegmentName(package: .numbered(2), number: 1)

  private func frames(_ lengths: UInt32...) -> [PackageArchive.Frame] {
    lengths.map { PackageArchive.Frame(compressed: $0, decompressed: $0) }
  }

  @Test func whatIsNotHereIsWantedInAsFewRangesAsPossible() {
    let placed = PlacedFrame(segment: old, offset: 77, frame: frames(30)[0])
    // The manifest, four members of which the second is here, the end.
    let plan = UploadPlan(offered: frames(10, 20, 30, 40, 50, 5), here: [nil, placed, nil, nil])
    #expect(plan.wanted == [10..<30, 60..<155])
    #expect(plan.segmentBytes == 10 + 20 + 95)
    #expect(plan.sharedBytes == 30)
    let extents = plan.extents(newSegment: new)
    let table = Int64(PackageArchive.seekTable(of: plan.frames).count)
    #expect(
      extents.list == [
        ExtentsTests.extent(new, 0..<30), ExtentsTests.extent(old, 77..<107),
        ExtentsTests.extent(new, 30..<(125 + table)),
      ])
  }

  @Test func aFrameOfAnotherCompressorHasItsOwnLength() throws {
    let placed = PlacedFrame(
      segment: old, offset: 0, frame: PackageArchive.Frame(compressed: 12, decompressed: 30))
    let plan = UploadPlan(offered: frames(10, 30, 5), here: [placed])
    let archive = plan.extents(newSegment: new)
    let table = PackageArchive.seekTable(of: plan.frames)
    #expect(archive.byteCount == Int64(10 + 12 + 5 + table.count))
    #expect(
      try PackageArchive.frames(seekTable: table, archiveBytes: archive.byteCount) == plan.frames)
  }

  @Test func aFrameMuchLongerThanTheClientsIsNotUsed() {
    for (length, isUsed) in [(4_156 as UInt32, true), (4_157, false)] {
      let placed = PlacedFrame(
        segment: old, offset: 0, frame: PackageArchive.Frame(compressed: length, decompressed: 9))
      let plan = UploadPlan(offered: frames(10, 30, 5), here: [placed])
      #expect((plan.sharedBytes > 0) == isUsed)
    }
  }

  @Test func withNothingHereTheSegmentIsTheArchive() {
    let plan = UploadPlan(offered: frames(10, 20, 5), here: [nil])
    #expect(plan.extents(newSegment: new).list.count == 1)
    #expect(plan.sharedBytes == 0 && plan.wanted == [10..<35])
  }
}
