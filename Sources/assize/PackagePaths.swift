import Foundation

/// The directories of packages among what `problems/*` names: beside packages lie pages and lists.
struct PackagePaths {
  var packages: [String] = []
  /// What is no package; said, so that a wrong name is not taken for a package without findings.
  var leftOut: [String] = []

  /// A single path stands for itself: whoever names one thing means it, and is told what is wrong with
  /// it. So does one that does not exist, or nothing at all would be left to speak of.
  init(_ paths: [String]) {
    for path in paths {
      if paths.count > 1, FileManager.default.fileExists(atPath: path), !Self.looksLikePackage(path)
      {
        leftOut.append(path)
      } else {
        packages.append(path)
      }
    }
    if packages.isEmpty { (packages, leftOut) = (paths, []) }
  }

  private static func looksLikePackage(_ path: String) -> Bool {
    ["problem.yaml", "data"].contains {
      FileManager.default.fileExists(atPath: path + "/" + $0)
    }
  }

  func sayWhatWasLeftOut() {
    guard !leftOut.isEmpty else { return }
    warn("left out, because they are no packages: \(leftOut.joined(separator: ", "))")
  }
}
