internal import Foundation
internal import JudgeModel
internal import ProblemPackage
internal import Synchronization

/// What is put on the shelf and taken off it. On one thread, one change after the other; only pins may
/// be let go of meanwhile.
extension PackageShelf {
  /// Says what has to come of an archive, and keeps what need not until `unpin`.
  /// - Parameters:
  ///   - temporary: begins with the archive's first frame.
  ///   - frames: what the archive says of itself.
  func plan(
    _ package: Digest, _ temporary: String, _ frames: [PackageArchive.Frame]
  ) throws -> UploadPlan {
    let head = 0..<Int64(frames.first?.compressed ?? 0)
    let manifest = try PackageArchive.verifyManifest(
      FileSource(path: temporary, ranges: [head]))
    guard manifest.digest == package else {
      throw ServerError("the archive holds another package than was announced: pack it again")
    }
    guard frames.count == manifest.files.count + 2 else {
      throw ServerError(
        "the archive has \(frames.count) frames for \(manifest.files.count) files: pack it again")
    }
    let keys = PackageArchive.frameKeys(of: manifest.files)
    let (placed, segments) = state.withLock { state in
      (keys.map { state.frames[$0] }, state.segments)
    }
    // They were verified when they were stored; a file that somebody has cut off since is no help.
    let sound = Set(placed.compactMap { $0?.segment }).filter { segment in
      (try? open(segment).byteCount()) == segments[segment]?.byteCount
    }
    let here = placed.map { frame in frame.flatMap { sound.contains($0.segment) ? $0 : nil } }
    let plan = UploadPlan(offered: frames, here: here)
    state.withLock { $0.pins[package] = plan.shared }
    return plan
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
    // Whoever has the old file of that name open must open the new one.
    if changed.segments[segment] != nil { changed.generation += 1 }
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
      if isWhole {
        // Damaged ones, which this push mends.
        unlink(extentsPath(package))
      } else {
        // Nobody may find extents without what they refer to.
        try ArchiveFile.synchronise(directory)
        try write(extents, of: package)
      }
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
        let file = manifest.files[index - 1]
        // Other packages will copy what the table says of this frame.
        guard try PackageArchive.verify(file, in: source(at, frame)) == frame.decompressed else {
          throw ServerError(
            "the seek table is wrong about the frame of `\(file.path)`: pack it again")
        }
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

  /// What came of dropping packages.
  struct Dropped: Sendable {
    var freedBytes: Int64 = 0
    /// Bytes that nothing needs and that could not be given back.
    var keptBytes: Int64 = 0
    /// Why they could not; empty when there are none.
    var reason = ""
  }

  /// Drops packages. What others share stays, the rest is given back to the file system.
  func drop(_ packages: Set<Digest>) throws -> Dropped {
    let before = state.withLock { $0 }
    let bytes = bytesFreed(dropping: packages)
    // First of all, so that nobody is sent half of what is about to go.
    var changed = state.withLock { state in
      for package in packages { state.packages[package] = nil }
      return state
    }
    // Whoever has opened a segment may have opened one that is gone.
    changed.generation += 1
    defer { commit(changed) }
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
    changed.frames = [:]
    for (_, extents) in changed.packages.sorted(by: { $0.key < $1.key }) {
      // Of one that cannot be read now the next push has to bring everything; whoever reads it is
      // told what is wrong.
      guard let outline = try? outline(of: extents, in: changed.segments) else { continue }
      remember(outline.manifest, outline.frames, extents, into: &changed)
    }
    var dropped = try tidy(&changed)
    dropped.freedBytes =
      dropped.reason.isEmpty ? bytes : Self.unusedBytes(before) + bytes - dropped.keptBytes
    return dropped
  }

  private static func unusedBytes(_ state: State) -> Int64 {
    let use = state.use
    return state.segments.reduce(0) { sum, segment in
      use.unused(of: segment.key, byteCount: segment.value.byteCount)
        .reduce(sum) { $0 + Int64($1.count) }
    }
  }

  /// Removes segments that nothing needs, and gives back what is not needed of the others.
  func tidy(_ state: inout State) throws -> Dropped {
    guard !state.hasUnknownReferences else {
      return Dropped(
        keptBytes: Self.unusedBytes(state),
        reason: "nothing was removed, because it is not known what it belongs to: "
          + state.defects.values.map(\.text).sorted().joined(separator: "; "))
    }
    let use = state.use
    var kept = Dropped()
    for (name, segment) in state.segments.sorted(by: { $0.key < $1.key }) {
      let path = path(name, isWhole: segment.isWhole)
      let unused = use.unused(of: name, byteCount: segment.byteCount)
      if !use.isUsed(name) {
        guard unlink(path) == 0 || errno == ENOENT else {
          throw ServerError("cannot delete \(path): \(String(cString: strerror(errno)))")
        }
        state.segments[name] = nil
      } else if !unused.isEmpty, try !PackageArchive.punch(path, unused) {
        kept.keptBytes += unused.reduce(0) { $0 + Int64($1.count) }
        kept.reason = "the file system of \(directory) cannot give back parts of a file"
      }
    }
    return kept
  }
}
