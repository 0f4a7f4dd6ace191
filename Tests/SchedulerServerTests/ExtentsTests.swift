import JudgeModel
import Testing

@testable import SchedulerServer

@Suite struct ExtentsTests {
  static let a = SegmentName(package: .numbered(1))
  static let b = SegmentName(package: .numbered(2), number: 3)

  static func extent(_ segment: SegmentName, _ range: Range<Int64>) -> Extent {
    Extent(segment: segment, offset: range.lowerBound, length: Int64(range.count))
  }

  /// 100 bytes: 0..<10 of b, 20..<90 of a, 10..<30 of b.
  static let sample = Extents([extent(b, 0..<10), extent(a, 20..<90), extent(b, 10..<30)])

  @Test func neighboursBecomeOne() {
    var extents = Extents()
    extents.append(Self.extent(Self.a, 5..<7))
    extents.append(Self.extent(Self.a, 7..<7))
    extents.append(Self.extent(Self.a, 7..<9))
    extents.append(Self.extent(Self.b, 9..<10))
    extents.append(Self.extent(Self.a, 9..<10))
    #expect(
      extents.list == [
        Self.extent(Self.a, 5..<9), Self.extent(Self.b, 9..<10), Self.extent(Self.a, 9..<10),
      ])
    #expect(extents.byteCount == 6)
  }

  @Test func everyRangeIsFoundByteForByte() {
    let bytes = Self.sample.list.flatMap { extent in
      (extent.offset..<extent.end).map { (extent.segment, $0) }
    }
    for start in 0...101 as ClosedRange<Int64> {
      for end in start...102 {
        let found = Self.sample.parts(of: start..<end).flatMap { extent in
          (extent.offset..<extent.end).map { (extent.segment, $0) }
        }
        let wanted = bytes[min(Int(start), 100)..<min(Int(end), 100)]
        #expect(found.elementsEqual(wanted, by: ==), "\(start)..<\(end)")
      }
    }
    #expect(Extents().parts(of: 0..<Int64.max).isEmpty)
  }

  @Test func theTextComesBack() throws {
    let text = Self.sample.text(of: .numbered(9))
    #expect(Extents(text: text, of: .numbered(9)) == Self.sample)
    #expect(text.hasPrefix("assize extents 1\npackage \(Digest.numbered(9).hex) 100\n"))
    #expect(Extents(text: text, of: .numbered(8)) == nil, "another package's")
  }

  @Test func damagedTextsAreRefused() {
    let text = Self.sample.text(of: .numbered(9))
    for length in 0..<text.utf8.count {
      #expect(
        Extents(text: String(text.prefix(length)), of: .numbered(9)) == nil, "cut at \(length)")
    }
    for (old, new) in [
      ("extents 1", "extents 2"), (" 100\n", " 101\n"), (" 20 70", " -20 70"), (" 20 70", " 20 0"),
      (" 20 70", " 20 71"), (" 20 70", " 9223372036854775807 70"), (" 20 70", " 20  70"),
      ("-3 0 10", "-03 0 10"), ("-3 0 10", "- 0 10"), ("-3 0 10", "/../x 0 10"),
      ("end 3", "end 2"), ("end 3\n", "end 3\n\n"),
    ] {
      let damaged = text.replacing(old, with: new)
      #expect(damaged != text && Extents(text: damaged, of: .numbered(9)) == nil, "\(new)")
    }
  }

  @Test func segmentsAreNamedInOneWay() {
    for name in [Self.a, Self.b] { #expect(SegmentName(stem: name.stem) == name) }
    let hex = Digest.numbered(1).hex
    for stem in ["", "-1", hex.uppercased(), hex + "-0", hex + "-01", hex + "-", hex + "-1-1"] {
      // Hexadecimal digits without a letter are their own upper case.
      #expect(SegmentName(stem: stem) == nil || stem == hex, "\(stem)")
    }
  }
}
