internal import Foundation
public import JudgeModel
internal import ProblemPackage
public import Sandbox

/// What one slot needs to judge: the machine's sandbox, the languages, and where package files lie.
public struct Workshop: Sendable {
  public let host: SandboxHost
  public let languages: LanguageTable
  /// Index of the slot, from 0; selects the uids.
  public let slot: Int
  /// Path of a verified file by its digest.
  public let blobPath: @Sendable (Digest) -> String
  /// The judging that goes on, when its package may be on its way.
  var visit: Visit?

  struct Visit {
    var package: ArrivingPackage
    var cancellation: Cancellation
  }

  public init(
    host: SandboxHost, languages: LanguageTable, slot: Int,
    blobPath: @escaping @Sendable (Digest) -> String
  ) {
    self.host = host
    self.languages = languages
    self.slot = slot
    self.blobPath = blobPath
  }

  func newSandbox(for language: Language?) throws(EvaluationError) -> ResidentSandbox {
    let mounts = (language?.mounts ?? []).flatMap(Self.expand)
    let options = SandboxOptions(slot: slot, readOnlyMounts: mounts)
    return try sandboxed { () throws(SandboxError) in
      try ResidentSandbox(host: host, options: options)
    }
  }

  /// Existing paths that match a shell pattern.
  private static func expand(_ pattern: String) -> [ReadOnlyMount] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { index in
      found.gl_pathv[index].map { String(cString: $0) }
    }.map { ReadOnlyMount(host: $0, inside: $0) }
  }

  /// Opens a verified file for reading. Waits for it where it is on its way, or has to be fetched again
  /// because somebody deleted it.
  func open(_ file: PackageFile) throws(EvaluationError) -> OwnedDescriptor {
    let path = blobPath(file.digest)
    if let visit {
      try visit.package.gate.wait(for: file, of: visit.package.package, visit.cancellation)
      Self.removeIfDamaged(file, at: path, visit.package.gate)
    }
    var descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    if descriptor < 0, errno == ENOENT, let visit {
      try visit.package.gate.recover(file, of: visit.package.package, visit.cancellation)
      descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    }
    guard descriptor >= 0 else {
      throw .machine(
        "cannot open \(file.path) at \(path): \(String(cString: strerror(errno)))")
    }
    return OwnedDescriptor(owning: descriptor)
  }

  /// What an earlier process left on the disk is read once before it is used: what a disk forgot must
  /// not become a verdict about anybody. A damaged file goes, and is fetched again like a deleted one.
  private static func removeIfDamaged(_ file: PackageFile, at path: String, _ gate: MemberGate) {
    guard !gate.isVerified(file.digest), let found = try? SHA256.digest(file: path) else { return }
    if found.digest == file.digest {
      gate.noteVerified(file.digest)
    } else {
      unlink(path)
    }
  }

  func open(_ path: String, of manifest: PackageManifest) throws(EvaluationError) -> OwnedDescriptor
  {
    guard let file = manifest.file(path) else {
      throw .judge("the package names \(path) and does not contain it: build it again")
    }
    return try open(file)
  }

  /// A whole small file of the package: source of a validator, an included file.
  func contents(
    _ path: String, of manifest: PackageManifest, limit: Int = 16 << 20
  ) throws(EvaluationError) -> [UInt8] {
    let file = try open(path, of: manifest)
    return try sandboxed { () throws(SandboxError) in try file.readAll(limit: limit) }
  }
}
