import Contest
import Foundation
import JudgeModel
import ProblemPackage

/// The problem packages below a directory, read, matched with a contest's problems, and packed.
struct RegradePackages {
  struct Package {
    var directory: String
    var manifest: PackageManifest
    var digest: Digest
  }

  private(set) var byName: [String: Package] = [:]
  /// Findings of packages that cannot be used, by name.
  private(set) var broken: [String: [Diagnostic]] = [:]

  init(directory: String) throws {
    let files = FileManager.default
    let names: [String]
    do {
      names = try files.contentsOfDirectory(atPath: directory).sorted()
    } catch {
      throw CommandFailure("cannot read the problems in \(directory)", error)
    }
    for name in names where files.fileExists(atPath: "\(directory)/\(name)/problem.yaml") {
      let reading = PackageReader.read(directory: "\(directory)/\(name)")
      if let manifest = reading.manifest, !reading.hasErrors {
        byName[name] = Package(
          directory: "\(directory)/\(name)", manifest: manifest, digest: manifest.digest)
      } else {
        broken[name] = reading.diagnostics.filter { $0.severity == .error }
      }
    }
    guard !byName.isEmpty || !broken.isEmpty else {
      throw CommandFailure(
        "there is no problem package in \(directory): each is a directory with a problem.yaml")
    }
  }

  /// Uses the contest's time limit where the package states none.
  mutating func takeLimits(from matching: ProblemMatching) {
    for row in matching.rows {
      guard let name = row.package?.name, var package = byName[name],
        package.manifest.limits.timeOrigin == .preset,
        let milliseconds = row.problem.timeLimitMilliseconds, milliseconds > 0
      else { continue }
      package.manifest.limits.timeNanoseconds = Limit(
        TimeSpan.milliseconds(milliseconds).nanoseconds, explicit: true)
      package.manifest.limits.timeOrigin = .explicit
      package.digest = package.manifest.digest
      byName[name] = package
    }
  }

  var available: [AvailablePackage] {
    byName.values.map { AvailablePackage($0.manifest, digest: $0.digest) }
  }

  /// Writes a package's archive.
  static func pack(_ package: Package, into directory: String) throws -> String {
    let path = "\(directory)/\(package.digest.hex).tar.zst"
    do {
      try PackageArchive.write(package.manifest, directory: package.directory, to: path)
    } catch {
      throw CommandFailure("cannot pack \(package.directory)", error)
    }
    return path
  }
}
