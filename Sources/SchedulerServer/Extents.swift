internal import JudgeModel

/// Names a file that holds frames of archives.
///
/// It is called after the package that it was written for. Number 0 is that package's whole archive,
/// or what is left of it; other numbers hold what a push brought that the shelf had not yet.
struct SegmentName: Hashable, Comparable, Sendable {
  var package: Digest
  var number: Int32 = 0

  /// The file's name up to the suffix.
  var stem: String { number == 0 ? package.hex : "\(package.hex)-\(number)" }

  static func < (a: Self, b: Self) -> Bool { (a.package, a.number) < (b.package, b.number) }
}

extension SegmentName {
  init?(stem: some StringProtocol) {
    let parts = stem.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard let hex = parts.first, let package = Digest(hex: hex) else { return nil }
    self.init(package: package)
    if parts.count == 2 {
      guard let number = Int32(parts[1]), number > 0 else { return nil }
      self.number = number
    }
    // One file, one name: no upper case, no leading zeros.
    guard stem == self.stem else { return nil }
  }
}

/// Some bytes of a segment.
struct Extent: Hashable, Sendable {
  var segment: SegmentName
  var offset: Int64
  /// At least 1.
  var length: Int64
  var end: Int64 { offset + length }
}

/// A virtual archive: its bytes are those of the extents, one after the other.
struct Extents: Hashable, Sendable {
  private(set) var list: [Extent] = []
  /// Where each extent begins in the archive.
  private var starts: [Int64] = []
  /// Of the whole archive.
  private(set) var byteCount: Int64 = 0

  init(_ list: [Extent] = []) {
    for extent in list { append(extent) }
  }

  /// Neighbours become one, so that a version of few changes is a list of few extents.
  mutating func append(_ extent: Extent) {
    guard extent.length > 0 else { return }
    byteCount += extent.length
    if let last = list.last, last.segment == extent.segment, last.end == extent.offset {
      list[list.count - 1].length += extent.length
    } else {
      starts.append(byteCount - extent.length)
      list.append(extent)
    }
  }

  /// What holds `range` of the archive, clipped to the archive's end.
  func parts(of range: Range<Int64>) -> [Extent] {
    let range = range.clamped(to: 0..<byteCount)
    guard !range.isEmpty else { return [] }
    var low = 0
    var high = starts.count
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] <= range.lowerBound { low = middle + 1 } else { high = middle }
    }
    var parts: [Extent] = []
    for index in (low - 1)..<list.count where starts[index] < range.upperBound {
      let (extent, start) = (list[index], starts[index])
      let part = range.clamped(to: start..<(start + extent.length))
      parts.append(
        Extent(
          segment: extent.segment, offset: extent.offset + (part.lowerBound - start),
          length: part.upperBound - part.lowerBound))
      if part.upperBound == range.upperBound { break }
    }
    return parts
  }
}

// MARK: - As a file

/// Text, because the person on call reads it too:
///
///     assize extents 1
///     package <digest> <bytes>
///     <segment> <offset> <length>
///     …
///     end <number of extents>
extension Extents {
  private static let heading = "assize extents 1"

  func text(of package: Digest) -> String {
    var lines = [Self.heading, "package \(package.hex) \(byteCount)"]
    lines += list.map { "\($0.segment.stem) \($0.offset) \($0.length)" }
    lines.append("end \(list.count)\n")
    return lines.joined(separator: "\n")
  }

  /// From the text, which must be that of this package; nil when it is damaged in any way.
  init?(text: String, of package: Digest) {
    self.init()
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count >= 4, lines[0] == Self.heading, lines[lines.count - 1].isEmpty,
      lines[lines.count - 2] == "end \(lines.count - 4)"
    else { return nil }
    for line in lines[2..<(lines.count - 2)] {
      let words = line.split(separator: " ", omittingEmptySubsequences: false)
      guard words.count == 3, let segment = SegmentName(stem: words[0]),
        let offset = Int64(words[1]), let length = Int64(words[2]), offset >= 0, length > 0,
        !offset.addingReportingOverflow(length).overflow,
        !byteCount.addingReportingOverflow(length).overflow
      else { return nil }
      append(Extent(segment: segment, offset: offset, length: length))
    }
    guard lines[1] == "package \(package.hex) \(byteCount)" else { return nil }
  }
}
