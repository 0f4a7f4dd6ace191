internal import JudgeModel
internal import ProblemPackage

/// Where the frame of a member is on the shelf.
struct PlacedFrame: Hashable, Sendable {
  var segment: SegmentName
  var offset: Int64
  var frame: PackageArchive.Frame

  var extent: Extent {
    Extent(segment: segment, offset: offset, length: Int64(frame.compressed))
  }
}

/// Which frames of an offered archive have to come, and where the others are.
struct UploadPlan: Sendable {
  enum Source: Hashable, Sendable {
    /// Comes from the client, and goes to this offset of the new segment.
    case client(at: Int64)
    case shelf(PlacedFrame)
  }
  /// Of each frame: the manifest, the members, the end.
  let sources: [Source]
  /// Of the archive that results. A frame on the shelf may differ in length from the client's, whose
  /// compressor may be another one.
  let frames: [PackageArchive.Frame]
  /// What has to come: ranges of the client's archive, ascending, without the manifest, which is
  /// there when a plan can be made. They go one after the other into the new segment.
  let wanted: [Range<Int64>]
  /// Bytes of the new segment before its seek table, the manifest included.
  let segmentBytes: Int64

  /// - Parameters:
  ///   - offered: frames of the client's archive.
  ///   - here: for each member, where it is already.
  init(offered: [PackageArchive.Frame], here: [PlacedFrame?]) {
    var sources: [Source] = []
    var frames: [PackageArchive.Frame] = []
    var wanted: [Range<Int64>] = []
    var (at, new) = (Int64(0), Int64(0))
    for (index, frame) in offered.enumerated() {
      let length = Int64(frame.compressed)
      if index > 0, index <= here.count, let placed = here[index - 1],
        Self.mayStand(placed.frame, for: frame)
      {
        sources.append(.shelf(placed))
        frames.append(placed.frame)
      } else {
        sources.append(.client(at: new))
        frames.append(frame)
        new += length
        if index == 0 || length == 0 {
          // Nothing to ask for.
        } else if let last = wanted.last, last.upperBound == at {
          wanted[wanted.count - 1] = last.lowerBound..<(at + length)
        } else {
          wanted.append(at..<(at + length))
        }
      }
      at += length
    }
    self.sources = sources
    self.frames = frames
    self.wanted = wanted
    segmentBytes = new
  }

  /// Whoever pushed it may have packed badly, or with the intent to make other archives long.
  private static func mayStand(
    _ frame: PackageArchive.Frame, for offered: PackageArchive.Frame
  ) -> Bool {
    Int64(frame.compressed) <= 2 * Int64(offered.compressed) + 4_096
  }

  /// Bytes of the frames that are on the shelf already.
  var sharedBytes: Int64 { shared.byteCount }

  /// Those frames.
  var shared: Extents {
    Extents(
      sources.compactMap { if case .shelf(let placed) = $0 { placed.extent } else { nil } })
  }

  /// The archive, when the new segment has this name and ends in the seek table.
  func extents(newSegment: SegmentName) -> Extents {
    var extents = Extents()
    for (source, frame) in zip(sources, frames) {
      switch source {
      case .shelf(let placed): extents.append(placed.extent)
      case .client(let offset):
        extents.append(
          Extent(segment: newSegment, offset: offset, length: Int64(frame.compressed)))
      }
    }
    let table = Int64(PackageArchive.seekTable(of: frames).count)
    extents.append(Extent(segment: newSegment, offset: segmentBytes, length: table))
    return extents
  }
}
