internal import JudgeModel

/// Which bytes of which segments somebody needs.
struct SegmentUse: Sendable {
  /// Disjoint and ascending.
  private var used: [SegmentName: [Range<Int64>]] = [:]

  init(_ archives: some Sequence<Extents>) {
    for archive in archives {
      for extent in archive.list {
        used[extent.segment, default: []].append(extent.offset..<extent.end)
      }
    }
    used = used.mapValues { Self.union($0) }
  }

  private static func union(_ ranges: [Range<Int64>]) -> [Range<Int64>] {
    var union: [Range<Int64>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = union.last, range.lowerBound <= last.upperBound {
        union[union.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        union.append(range)
      }
    }
    return union
  }

  func isUsed(_ segment: SegmentName) -> Bool { used[segment] != nil }

  /// Bytes of all segments that are used.
  var byteCount: Int64 {
    used.values.reduce(0) { $0 + $1.reduce(0) { $0 + Int64($1.count) } }
  }

  /// What of a segment of `byteCount` bytes nobody needs.
  func unused(of segment: SegmentName, byteCount: Int64) -> [Range<Int64>] {
    var unused: [Range<Int64>] = []
    var at: Int64 = 0
    for range in used[segment] ?? [] {
      if at < range.lowerBound { unused.append(at..<range.lowerBound) }
      at = max(at, range.upperBound)
    }
    if at < byteCount { unused.append(at..<byteCount) }
    return unused
  }

  /// Of each archive, the bytes that no other one has: what dropping it alone would free.
  static func ownBytes(_ archives: [Digest: Extents]) -> [Digest: Int64] {
    struct Edge {
      var offset: Int64
      /// The archive's number, negative where its extent ends.
      var archive: Int
    }
    let digests = archives.keys.sorted()
    var edges: [SegmentName: [Edge]] = [:]
    for (index, digest) in digests.enumerated() {
      for extent in archives[digest]?.list ?? [] {
        edges[extent.segment, default: []] += [
          Edge(offset: extent.offset, archive: index + 1),
          Edge(offset: extent.end, archive: -(index + 1)),
        ]
      }
    }
    var own = [Int64](repeating: 0, count: digests.count)
    for list in edges.values {
      // How many archives have the bytes before the next edge. When it is one, the sum of their
      // numbers is its number.
      var (count, sum) = (0, 0)
      var at: Int64 = 0
      for edge in list.sorted(by: { $0.offset < $1.offset }) {
        if count == 1 { own[sum - 1] += edge.offset - at }
        at = edge.offset
        count += edge.archive > 0 ? 1 : -1
        sum += edge.archive
      }
    }
    return Dictionary(uniqueKeysWithValues: zip(digests, own))
  }
}
