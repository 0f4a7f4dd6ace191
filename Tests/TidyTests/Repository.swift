import Foundation
import Testing

/// Something that is not as this repository wants it, and where.
struct Complaint: Hashable, CustomStringConvertible {
  var path: String
  /// From 1; nil when it concerns the whole file.
  var line: Int?
  var text: String

  var description: String { path + (line.map { ":\($0)" } ?? "") + ": " + text }
}

/// One issue for each, so that a failed test says what to mend and where.
func expectNone(
  _ complaints: [Complaint], sourceLocation: SourceLocation = #_sourceLocation
) {
  for complaint in complaints {
    Issue.record("\(complaint)", sourceLocation: sourceLocation)
  }
}

/// A file of the repository.
struct RepositoryFile {
  /// From the root of the repository.
  var path: String
  var text: String

  init(_ path: String, _ text: String) {
    self.path = path
    self.text = text
  }

  var suffix: String { (path as NSString).pathExtension }

  /// Folder below `Sources` or `Tests` that the file belongs to.
  var target: String? {
    let parts = path.split(separator: "/")
    return parts.count > 2 ? String(parts[1]) : nil
  }
}

/// The working tree that these tests were compiled from.
enum Repository {
  /// Written by a program, so that rules about how people write do not concern it.
  static let generated: Set<String> = [
    "Sources/Wire/Generated/assize.pb.swift", "Sources/Wire/Generated/bulk.pb.swift",
    "Sources/Wire/Generated/cluster.pb.swift",
    "Sources/Wire/Generated/model.pb.swift",
  ]

  static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Everything below the named folders that is text, in order of path.
  static func files(below folders: String...) throws -> [RepositoryFile] {
    var files: [RepositoryFile] = []
    for folder in folders {
      let base = root.appendingPathComponent(folder)
      for name in try FileManager.default.subpathsOfDirectory(atPath: base.path).sorted() {
        // Folders cannot be read as data; what is not UTF-8 is not text.
        guard let data = try? Data(contentsOf: base.appendingPathComponent(name)),
          let text = String(data: data, encoding: .utf8)
        else { continue }
        files.append(RepositoryFile(folder + "/" + name, text))
      }
    }
    return files
  }

  /// What was written by hand below `Sources`.
  static func sources() throws -> [RepositoryFile] {
    try files(below: "Sources").filter { !generated.contains($0.path) }
  }

  /// Everything that people read and write: code, scripts, texts; not the problem packages' data.
  static func written() throws -> [RepositoryFile] {
    let top = try ["Package.swift", "README.md", "problems/README.md"].map(file)
    return try files(below: "Sources", "Tests", "tools", ".ci").filter {
      !generated.contains($0.path)
    } + top
  }

  static func file(_ path: String) throws -> RepositoryFile {
    RepositoryFile(
      path, try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8))
  }

  /// Names of the folders in a folder.
  static func folders(in folder: String) throws -> [String] {
    let base = root.appendingPathComponent(folder)
    return try FileManager.default.contentsOfDirectory(
      at: base, includingPropertiesForKeys: [.isDirectoryKey]
    ).filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
      .map(\.lastPathComponent).sorted()
  }
}
