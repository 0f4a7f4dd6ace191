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
  private let state = Mutex(State())

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

  private func path(_ segment: SegmentName, isWhole: Bool) -> String {
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
    var at: Int64 = 0
    for (index, frame) in outline.frames.enumerated() {
      let range = at..<(at + Int64(frame.compressed))
      at = range.upperBound
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
        if let package = Digest(hex: name.dropLast(Self.extentsSuffix.count)) {
          described.append(package)
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
      takeUp(segment.package, Extents([whole]), path(segment, isWhole: true), into: &state)
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
    takeUp(package, extents, path, into: &state)
  }

  private func takeUp(
    _ package: Digest, _ extents: Extents, _ path: String, into state: inout State
  ) {
    do {
      try Self.check(extents, state.segments)
      let segments = state.segments
      let outline = try ArchiveOutline(byteCount: extents.byteCount) {
        try Self.read(extents.parts(of: $0)) {
          try ArchiveFile(reading: self.path($0, isWhole: segments[$0]?.isWhole ?? false))
        }
      }
      guard outline.manifest.digest == package else {
        throw ServerError("it holds package \(outline.manifest.digest)")
      }
      state.packages[package] = extents
      remember(outline.manifest, outline.frames, extents, into: &state)
    } catch {
      state.packages[package] = nil
      state.defects[package] = Defect(
        text: "\(path) cannot be used (\(error)): push package \(package.hex) again",
        extents: extents)
    }
  }

  /// That the segments are there and long enough; what is in them was verified when they were stored.
  private static func check(_ extents: Extents, _ segments: [SegmentName: Segment]) throws {
    for extent in extents.list {
      guard let segment = segments[extent.segment] else {
        throw ServerError("the file \(extent.segment.stem) is missing")
      }
      guard extent.end <= segment.byteCount else {
        throw ServerError("the file \(extent.segment.stem) is cut off")
      }
    }
  }

  private func remember(
    _ manifest: PackageManifest, _ frames: [PackageArchive.Frame], _ extents: Extents,
    into state: inout State
  ) {
    var at = Int64(frames.first?.compressed ?? 0)
    let keys = PackageArchive.frameKeys(of: manifest.files)
    for (key, frame) in zip(keys, frames.dropFirst()) {
      let parts = extents.parts(of: at..<(at + Int64(frame.compressed)))
      at += Int64(frame.compressed)
      guard state.frames[key] == nil, parts.count == 1, let part = parts.first else { continue }
      state.frames[key] = PlacedFrame(segment: part.segment, offset: part.offset, frame: frame)
    }
  }
}

// MARK: - Changing

extension PackageShelf {
  /// Says what has to come of an archive, and keeps what need not until `unpin`.
  /// - Parameter head: its first frame.
  func plan(
    _ package: Digest, head: [UInt8], frames: [PackageArchive.Frame]
  ) throws -> UploadPlan {
    let manifest = try PackageArchive.verifyManifest(MemorySource(head))
    guard manifest.digest == package else {
      throw ServerError("the archive holds another package than was announced: pack it again")
    }
    guard frames.count == manifest.files.count + 2 else {
      throw ServerError(
        "the archive has \(frames.count) frames for \(manifest.files.count) files: pack it again")
    }
    let keys = PackageArchive.frameKeys(of: manifest.files)
    return state.withLock { state in
      let plan = UploadPlan(offered: frames, here: keys.map { state.frames[$0] })
      state.pins[package] = plan.shared
      return plan
    }
  }

  func unpin(_ package: Digest) { state.withLock { $0.pins[package] = nil } }

  /// Verifies every byte that came and gives the package its final name.
  /// - Parameter temporary: the new segment, without its seek table.
  func publish(
    _ temporary: String, _ plan: UploadPlan, as package: Digest
  ) throws -> (PackageManifest, archiveBytes: Int64) {
    let manifest = try verifyNew(temporary, plan, package)
    var changed = state.withLock { $0 }
    try Self.check(plan.shared, changed.segments)
    let segment = freeName(package, isAlone: plan.sharedBytes == 0, changed)
    let isWhole = segment.number == 0
    let extents = plan.extents(newSegment: segment)
    do {
      let file = try ArchiveFile(appendingTo: temporary)
      let table = PackageArchive.seekTable(of: plan.frames)
      try file.write(table, at: plan.segmentBytes)
      changed.segments[segment] = Segment(
        byteCount: plan.segmentBytes + Int64(table.count), isWhole: isWhole)
    }
    try ArchiveFile.synchronise(temporary)
    let final = path(segment, isWhole: isWhole)
    try ArchiveFile.move(temporary, to: final)
    do {
      if !isWhole { try write(extents, of: package) }
      try ArchiveFile.synchronise(directory)
    } catch {
      unlink(final)
      throw error
    }
    changed.packages[package] = extents
    changed.defects[package] = nil
    remember(manifest, plan.frames, extents, into: &changed)
    unpin(package)
    commit(changed)
    return (manifest, extents.byteCount)
  }

  private func verifyNew(
    _ temporary: String, _ plan: UploadPlan, _ package: Digest
  ) throws -> PackageManifest {
    let source = { (at: Int64, frame: PackageArchive.Frame) in
      try FileSource(path: temporary, ranges: [at..<(at + Int64(frame.compressed))])
    }
    guard let first = plan.frames.first else { throw ServerError("the archive has no frames") }
    let manifest = try PackageArchive.verifyManifest(source(0, first))
    guard manifest.digest == package, plan.frames.count == manifest.files.count + 2 else {
      throw ServerError("the archive holds another package than was announced: pack it again")
    }
    for (index, (origin, frame)) in zip(plan.sources, plan.frames).enumerated().dropFirst() {
      guard case .client(let at) = origin else { continue }
      if index <= manifest.files.count {
        try PackageArchive.verify(manifest.files[index - 1], in: source(at, frame))
      } else {
        try PackageArchive.verifyEnd(source(at, frame))
      }
    }
    return manifest
  }

  /// A name under which nobody refers to anything.
  private func freeName(_ package: Digest, isAlone: Bool, _ state: State) -> SegmentName {
    var name = SegmentName(package: package)
    if isAlone {
      guard let old = state.segments[name] else { return name }
      if old.isWhole, !state.hasUnknownReferences, !state.use.isUsed(name) { return name }
    }
    repeat { name.number += 1 } while state.segments[name] != nil
    return name
  }

  private func write(_ extents: Extents, of package: Digest) throws {
    let temporary = extentsPath(package) + ".part"
    do {
      let file = try ArchiveFile(creating: temporary)
      try file.write(Array(extents.text(of: package).utf8), at: 0)
    }
    try ArchiveFile.synchronise(temporary)
    try ArchiveFile.move(temporary, to: extentsPath(package))
  }

  /// Takes over what one change made of the state. Pins may have come and gone meanwhile.
  private func commit(_ changed: State) {
    state.withLock { state in
      let pins = state.pins
      state = changed
      state.pins = pins
    }
  }

  // MARK: Dropping

  /// Bytes that dropping these packages frees.
  func bytesFreed(dropping packages: Set<Digest>) -> Int64 {
    var state = state.withLock { $0 }
    let before = state.use.byteCount
    for package in packages { state.packages[package] = nil }
    return before - state.use.byteCount
  }

  struct Kept: Sendable {
    /// Bytes that nothing needs and that could not be given back.
    var byteCount: Int64 = 0
    var reason = ""
  }

  /// Drops packages. What others share stays, the rest is given back to the file system.
  func drop(_ packages: Set<Digest>) throws -> Kept {
    // First of all, so that nobody is sent half of what is about to go.
    var changed = state.withLock { state in
      for package in packages { state.packages[package] = nil }
      return state
    }
    for package in packages {
      let path = extentsPath(package)
      guard unlink(path) == 0 || errno == ENOENT else {
        throw ServerError("cannot delete \(path): \(String(cString: strerror(errno)))")
      }
      let whole = SegmentName(package: package)
      if changed.segments[whole]?.isWhole == true {
        // No package any more, but its frames may be others' too.
        try ArchiveFile.move(self.path(whole, isWhole: true), to: self.path(whole, isWhole: false))
        changed.segments[whole]?.isWhole = false
      }
    }
    try ArchiveFile.synchronise(directory)
    let kept = try tidy(&changed)
    // Whoever has opened a segment may have opened one that is gone.
    changed.generation += 1
    changed.frames = [:]
    for (package, extents) in changed.packages.sorted(by: { $0.key < $1.key }) {
      takeUp(package, extents, extentsPath(package), into: &changed)
    }
    commit(changed)
    return kept
  }

  /// Removes segments that nothing needs, and gives back what is not needed of the others.
  private func tidy(_ state: inout State) throws -> Kept {
    guard !state.hasUnknownReferences else {
      return Kept(
        reason: "nothing was removed, because it is not known what it belongs to: "
          + state.defects.values.map(\.text).sorted().joined(separator: "; "))
    }
    let use = state.use
    var kept = Kept()
    for (name, segment) in state.segments.sorted(by: { $0.key < $1.key }) {
      let path = path(name, isWhole: segment.isWhole)
      let unused = use.unused(of: name, byteCount: segment.byteCount)
      if !use.isUsed(name) {
        guard unlink(path) == 0 else {
          throw ServerError("cannot delete \(path): \(String(cString: strerror(errno)))")
        }
        state.segments[name] = nil
      } else if !unused.isEmpty, try !PackageArchive.punch(path, unused) {
        kept.byteCount += unused.reduce(0) { $0 + Int64($1.count) }
        kept.reason = "the file system of \(directory) cannot give back parts of a file"
      }
    }
    return kept
  }
}

/// What an archive says of itself: its manifest and where its frames are.
struct ArchiveOutline {
  let manifest: PackageManifest
  let frames: [PackageArchive.Frame]

  /// - Parameter read: gives bytes of the archive.
  init(byteCount: Int64, read: (Range<Int64>) throws -> [UInt8]) throws {
    let footer = try read(max(0, byteCount - Int64(PackageArchive.footerBytes))..<byteCount)
    let tableBytes = Int64(try PackageArchive.seekTableBytes(footer: footer))
    guard tableBytes <= byteCount else { throw ServerError("the seek table is cut off") }
    frames = try PackageArchive.frames(
      seekTable: read((byteCount - tableBytes)..<byteCount), archiveBytes: byteCount)
    guard let first = frames.first, Int64(first.compressed) <= PackageArchive.manifestFrameLimit
    else { throw ServerError("the archive has no manifest") }
    manifest = try PackageArchive.verifyManifest(
      MemorySource(read(0..<Int64(first.compressed))))
    guard frames.count == manifest.files.count + 2 else {
      throw ServerError("\(frames.count) frames for \(manifest.files.count) files")
    }
  }
}
