import Foundation
import Testing

/// Language tables for the tests: a few entries of the built-in one, since trying out each of its
/// languages at the start of each worker would take most of the time.
enum Languages {
  static func table(_ wanted: [String] = ["c", "cpp", "python3"]) throws -> String {
    let path = Place.repository + "/Sources/Evaluation/languages.yaml"
    let parts = try String(contentsOfFile: path, encoding: .utf8).components(
      separatedBy: "\n  - id: ")
    let entries = wanted.compactMap { id in parts.dropFirst().first { $0.hasPrefix(id + "\n") } }
    try #require(entries.count == wanted.count, "\(path) has another form")
    return "languages:\n" + entries.map { "  - id: \($0)\n" }.joined()
  }
}
