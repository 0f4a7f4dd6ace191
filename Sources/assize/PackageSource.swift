import Foundation
import JudgeModel
import Messages
import ProblemPackage
import SchedulerClient

/// A package as somebody names it: its directory, the archive that was built from one, or the one
/// that a scheduler has.
struct PackageSource {
  enum Form {
    case directory
    case archive(PackageArchive.Index)
    case scheduler
  }

  /// How the packages of a scheduler are named: with a problem or a digest after it.
  static let schedulerPrefix = "scheduler:"

  var path: String
  var form: Form
  var manifest: PackageManifest

  /// - Throws: `CommandFailure` when it is neither, or has errors; those are printed first.
  init(_ path: String, showsWarnings: Bool = false) throws {
    self.path = path
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw CommandFailure(
        "there is no \(path): name the directory of a package or an archive of `assize pack build`")
    }
    guard isDirectory.boolValue else {
      do {
        let index = try PackageArchive.index(path)
        form = .archive(index)
        manifest = index.manifest
        return
      } catch {
        throw CommandFailure(path, error)
      }
    }
    let reading = PackageReader.read(directory: path)
    for finding in reading.diagnostics where showsWarnings || finding.severity == .error {
      printToStandardError(terminalSafe(located(finding, in: path)))
    }
    guard let read = reading.manifest else {
      throw CommandFailure("\(path): mend the errors first")
    }
    form = .directory
    manifest = read
  }

  /// - Parameter name: a problem, whose newest package is meant, or the digest of a package.
  init(scheduler name: String, _ client: SchedulerClient) async throws {
    path = Self.schedulerPrefix + name
    form = .scheduler
    if let digest = Digest(hex: name) {
      manifest = try await client.manifest(of: digest)
      return
    }
    let found = try NamedPackage.find(name, in: try await client.packages())
    manifest = try await client.manifest(of: found.package.digest)
  }

  /// What its parts take in an archive; a directory is packed for that, with progress.
  func sizes() throws -> ArchiveSizes {
    switch form {
    case .archive(let index): return ArchiveSizes(index)
    case .scheduler:
      throw CommandFailure(
        "\(path): what the scheduler has can be the old package only; name it first")
    case .directory: break
    }
    let progress = Progress(total: manifest.byteCount, unit: .bytes, title: "packing \(path)")
    defer { progress.finish() }
    var done: Int64 = 0
    do {
      return try ArchiveSizes(packing: manifest, directory: path) { file in
        progress.report(done, note: file.path)
        done += file.size
      }
    } catch {
      throw CommandFailure(path, error)
    }
  }

  /// Packs a directory into an archive, with progress.
  func pack(to archive: String) throws {
    let progress = Progress(total: manifest.byteCount, unit: .bytes, title: "packing \(path)")
    defer { progress.finish() }
    var done: Int64 = 0
    do {
      try PackageArchive.write(manifest, to: archive) { file in
        progress.report(done, note: file.path)
        done += file.size
        return path + "/" + file.path
      }
    } catch {
      throw CommandFailure("cannot pack \(path)", error)
    }
  }
}
