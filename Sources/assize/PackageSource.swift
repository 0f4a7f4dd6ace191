import Foundation
import JudgeModel
import ProblemPackage

/// A package as somebody names it: its directory, or the archive that was built from one.
struct PackageSource {
  enum Form {
    case directory
    case archive(PackageArchive.Index)
  }
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

  /// What its parts take in an archive; a directory is packed for that, with progress.
  func sizes() throws -> ArchiveSizes {
    if case .archive(let index) = form { return ArchiveSizes(index) }
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
