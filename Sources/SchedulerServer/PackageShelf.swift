internal import Foundation
internal import JudgeModel
internal import ProblemPackage
internal import Synchronization

/// The scheduler's packages.
///
/// # Theory of operation
///
/// A package is a virtual archive: a list of extents of segment files, whose bytes, one after the
/// other, are a whole package archive. What two versions of a problem have in common is stored once.
///
///     <digest>.tar.zst        a package that shared nothing when it came: archive and segment in one
///     <digest>.extents        any other package: where its bytes are
///     <digest>-<n>.frames     what such a package brought: its manifest, new members, seek table
///     <digest>.frames         what is left of a whole archive whose package was dropped
///     *.part                  half-written
///
/// A frame of an archive is one member with its header. It stands for another one when path, size,
/// contents and mode of the member are the same, whoever compressed it; the seek table of a virtual
/// archive is made here.
///
/// A file with a final name is complete, verified and durable. The extents come last, so that a
/// crash leaves at most segments that nothing refers to: the next start removes those, and gives back
/// what is no longer needed of the others. When an extents file cannot be read nothing is removed at
/// all, since nobody knows what it referred to.
///
/// Looking something up is for all threads; whatever changes files is for one thread at a time.
final class PackageShelf: Sendable {
  let directory: String
  let state = Mutex(State())

  struct State: Sendable {
    var packages: [Digest: Extents] = [:]
    var segments: [SegmentName: Segment] = [:]
    /// Where the frame of a member is, by `PackageArchive.frameKeys`.
    var frames: [Digest: PlacedFrame] = [:]
    /// What uploads under way rely on.
    var pins: [Digest: Extents] = [:]
    /// Changes when bytes that were readable may be gone: open files are to be opened anew.
    var generation = 0
    /// Packages that are not on the shelf because something is wrong with their files.
    var defects: [Digest: Defect] = [:]

    var use: SegmentUse {
      SegmentUse(
        Array(packages.values) + Array(pins.values) + defects.values.compactMap(\.extents))
    }
    /// Whether something may refer to segments, and nobody knows to which.
    var hasUnknownReferences: Bool { defects.values.contains { $0.extents == nil } }
  }

  struct Defect: Sendable {
    /// With the remedy.
    var text: String
    /// Stay, because a person may mend what is wrong; nil when they cannot be read.
    var extents: Extents?
  }

  struct Segment: Sendable {
    var byteCount: Int64
    /// Whether its file is called `.tar.zst`.
    var isWhole: Bool
  }

  /// Creates the directory, looks at what is in it and clears away what a crash left.
  init(directory: String) throws {
    self.directory = directory
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    } catch {
      throw ServerError("cannot use \(directory): \(error.localizedDescription)")
    }
    var scanned = try scan()
    _ = try tidy(&scanned)
    let found = scanned
    state.withLock { $0 = found }
  }

  // MARK: Looking

  func holds(_ package: Digest) -> Bool { state.withLock { $0.packages[package] != nil } }

  var packages: [Digest] { state.withLock { $0.packages.keys.sorted() } }

  /// Packages that are here in parts only, with what to do about each.
  var defects: [String] {
    state.withLock { state in state.defects.sorted { $0.key < $1.key }.map(\.value.text) }
  }

  /// Members whose frames are known.
  var frameCount: Int { state.withLock { $0.frames.count } }

  /// What holds some bytes of a package, and the generation that this is true of.
  func parts(
    of package: Digest, _ range: Range<Int64>
  ) throws -> (parts: [Extent], generation: Int) {
    try state.withLock { state in
      guard let extents = state.packages[package] else {
        throw ServerError(
          state.defects[package]?.text
            ?? "the scheduler has no package \(package.hex): push it again")
      }
      return (extents.parts(of: range), state.generation)
    }
  }

  func extents(of package: Digest) -> Extents? { state.withLock { $0.packages[package] } }

  /// Of each package, the bytes that no other one shares.
  func ownBytes() -> [Digest: Int64] {
    SegmentUse.ownBytes(state.withLock { $0.packages })
  }

  func open(_ segment: SegmentName) throws -> ArchiveFile {
    let isWhole = state.withLock { $0.segments[segment]?.isWhole ?? false }
    do {
      return try ArchiveFile(reading: path(segment, isWhole: isWhole))
    } catch {
      // Its package is being dropped, so that it has the other name by now.
      let other = path(segment, isWhole: !isWhole)
      guard access(other, R_OK) == 0 else { throw error }
      return try ArchiveFile(reading: other)
    }
  }

  func path(_ segment: SegmentName, isWhole: Bool) -> String {
    "\(directory)/\(segment.stem)\(isWhole ? Self.wholeSuffix : Self.framesSuffix)"
  }

  func extentsPath(_ package: Digest) -> String {
    "\(directory)/\(package.hex)\(Self.extentsSuffix)"
  }

  func temporaryPath(_ package: Digest) -> String { "\(directory)/\(package.hex).part" }

  static let wholeSuffix = ".tar.zst"
  static let framesSuffix = ".frames"
  static let extentsSuffix = ".extents"

  /// Checks every byte of a package that is here.
  func verify(_ package: Digest) throws -> (PackageManifest, archiveBytes: Int64) {
    guard let extents = extents(of: package) else {
      throw ServerError("the scheduler has no package \(package.hex): push it again")
    }
    let source = { (range: Range<Int64>) in
      ExtentSource(extents.parts(of: range)) { try self.open($0) }
    }
    let outline = try ArchiveOutline(byteCount: extents.byteCount) {
      try Self.read(extents.parts(of: $0)) { try self.open($0) }
    }
    guard outline.manifest.digest == package else {
      throw ServerError("\(package.hex) in \(directory) is another package: delete it, push again")
    }
    for (index, range) in PackageArchive.ranges(of: outline.frames).enumerated() {
      if index == 0 {
        _ = try PackageArchive.verifyManifest(source(range))
      } else if index <= outline.manifest.files.count {
        try PackageArchive.verify(outline.manifest.files[index - 1], in: source(range))
      } else {
        try PackageArchive.verifyEnd(source(range))
      }
    }
    return (outline.manifest, extents.byteCount)
  }

  private static func read(
    _ parts: [Extent], open: (SegmentName) throws -> ArchiveFile
  ) throws -> [UInt8] {
    var bytes: [UInt8] = []
    for part in parts { bytes += try open(part.segment).readAll(part) }
    return bytes
  }

  // MARK: Starting

  private func scan() throws -> State {
    var state = State()
    var described: [Digest] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: directory).sorted() {
      let path = directory + "/" + name
      if name.hasSuffix(".part") {
        guard unlink(path) == 0 else {
          throw ServerError("cannot delete \(path): \(String(cString: strerror(errno)))")
        }
      } else if name.hasSuffix(Self.extentsSuffix) {
        if let name = SegmentName(stem: name.dropLast(Self.extentsSuffix.count)), name.number == 0 {
          described.append(name.package)
        }
      } else if let suffix = [Self.wholeSuffix, Self.framesSuffix].first(where: name.hasSuffix),
        let segment = SegmentName(stem: name.dropLast(suffix.count))
      {
        let isWhole = suffix == Self.wholeSuffix
        // Of one name the whole archive counts; there is never more than one but by a person's hand.
        if state.segments[segment]?.isWhole == true { continue }
        state.segments[segment] = Segment(
          byteCount: try ArchiveFile(reading: path).byteCount(), isWhole: isWhole)
      }
    }
    for package in described { takeUpExtents(of: package, into: &state) }
    for (segment, file) in state.segments.sorted(by: { $0.key < $1.key })
    where file.isWhole && segment.number == 0 && state.packages[segment.package] == nil {
      let whole = Extent(segment: segment, offset: 0, length: file.byteCount)
      takeUp(segment.package, Extents([whole]), into: &state)
    }
    return state
  }

  private func takeUpExtents(of package: Digest, into state: inout State) {
    let path = extentsPath(package)
    guard let data = FileManager.default.contents(atPath: path),
      let extents = Extents(text: String(decoding: data, as: UTF8.self), of: package)
    else {
      state.defects[package] = Defect(
        text: "\(path) is damaged: push package \(package.hex) again")
      return
    }
    takeUp(package, extents, into: &state)
  }

  private func takeUp(_ package: Digest, _ extents: Extents, into state: inout State) {
    do {
      try Self.check(extents, state.segments)
      let outline = try outline(of: extents, in: state.segments)
      guard outline.manifest.digest == package else {
        throw ServerError("it holds package \(outline.manifest.digest)")
      }
      state.packages[package] = extents
      remember(outline.manifest, outline.frames, extents, into: &state)
    } catch {
      let whole = SegmentName(package: package)
      let isWhole = extents.list.count == 1 && extents.list[0].segment == whole
      let path = isWhole ? path(whole, isWhole: true) : extentsPath(package)
      state.packages[package] = nil
      state.defects[package] = Defect(
        text: "\(path) cannot be used (\(error)): push package \(package.hex) again",
        extents: extents)
    }
  }

  func outline(
    of extents: Extents, in segments: [SegmentName: Segment]
  ) throws -> ArchiveOutline {
    try ArchiveOutline(byteCount: extents.byteCount) {
      try Self.read(extents.parts(of: $0)) {
        try ArchiveFile(reading: self.path($0, isWhole: segments[$0]?.isWhole ?? false))
      }
    }
  }

  /// That the segments are there and long enough; what is in them was verified when they were stored.
  static func check(_ extents: Extents, _ segments: [SegmentName: Segment]) throws {
    for extent in extents.list {
      guard let segment = segments[extent.segment] else {
        throw ServerError("the file \(extent.segment.stem) is missing")
      }
      guard extent.end <= segment.byteCount else {
        throw ServerError("the file \(extent.segment.stem) is cut off")
      }
    }
  }

  func remember(
    _ manifest: PackageManifest, _ frames: [PackageArchive.Frame], _ extents: Extents,
    into state: inout State
  ) {
    let keys = PackageArchive.frameKeys(of: manifest.files)
    let placed = zip(frames, PackageArchive.ranges(of: frames)).dropFirst()
    for (key, (frame, range)) in zip(keys, placed) {
      let parts = extents.parts(of: range)
      guard parts.count == 1, let part = parts.first else { continue }
      // Of two the one that came last: it was verified last.
      state.frames[key] = PlacedFrame(segment: part.segment, offset: part.offset, frame: frame)
    }
  }
}
