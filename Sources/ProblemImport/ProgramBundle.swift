import Foundation
import JudgeModel
import ProblemPackage

/// A checker or interactor and all the files of the source that it includes.
struct ProgramBundle {
  let context: ImportContext
  /// Where headers are looked for besides the folder of the file that includes them.
  let headerFolders: [String]

  static let testlibHome = "https://github.com/MikeMirzayanov/testlib"
  /// Bytes of a source file.
  static let sourceLimit = 4 << 20

  /// Adds the program to a folder of the package.
  ///
  /// - Parameter sources: paths in the source; the first is the one that people know it by.
  func add(_ sources: [String], as role: String, to folder: String, _ draft: inout PackageDraft) {
    guard let first = sources.first else { return }
    guard SourceLanguage.of(sources) != nil else {
      context.findings.error(
        first, "cannot tell the language of the \(role); C, C++ and Python 3 are judged everywhere")
      return
    }
    var placed: [String: String] = [:]
    for source in sources {
      guard context.tree.has(source) else {
        context.findings.error(source, "\(context.tree.absence(of: source)); it is the \(role)")
        continue
      }
      place(source, at: PackageName.made(of: source.lastName), folder, &placed, &draft)
    }
  }

  /// - Parameter placed: source paths by their place in the folder, against going round in circles.
  private func place(
    _ source: String, at target: String, _ folder: String, _ placed: inout [String: String],
    _ draft: inout PackageDraft
  ) {
    if let other = placed[target] {
      if other != source {
        context.findings.error(source, "would replace \(other) in the package; rename one of them")
      }
      return
    }
    placed[target] = source
    draft.add("\(folder)/\(target)", .copy(context.tree, source, normalised: false))
    guard placed.count < 200, Self.isC(source) else { return }
    guard let bytes = try? context.tree.contents(source, limit: Self.sourceLimit) else {
      context.findings.error(source, "has more than \(Self.sourceLimit >> 20) MiB")
      return
    }
    for (line, name) in Self.includes(String(decoding: bytes, as: UTF8.self)) {
      include(name, line, source, target, folder, &placed, &draft)
    }
  }

  private func include(
    _ name: String, _ line: Int, _ source: String, _ target: String, _ folder: String,
    _ placed: inout [String: String], _ draft: inout PackageDraft
  ) {
    guard PathRules.objection(to: name) == nil else {
      context.findings.error(
        source, line: line, "includes `\(name.prefix(80))`, which may lie outside; change it")
      return
    }
    let own = source.folderName
    for place in [own] + headerFolders {
      let path = place.isEmpty ? name : place + "/" + name
      guard context.tree.has(path) else { continue }
      let inside = target.folderName
      self.place(path, at: inside.isEmpty ? name : inside + "/" + name, folder, &placed, &draft)
      return
    }
    guard name.lastName == "testlib.h" else {
      context.findings.error(
        source, line: line, "includes `\(name)`, which is not in the package; add it")
      return
    }
    guard let path = context.options.testlib else {
      context.findings.error(
        source, line: line,
        "needs testlib.h, which is not in the package: get it from \(Self.testlibHome) and give "
          + "--testlib FILE, which copies it to \(folder)/testlib.h")
      return
    }
    // The user's own choice, so a link to it is followed.
    guard let data = FileManager.default.contents(atPath: path), data.count <= Self.sourceLimit
    else {
      context.findings.error("", "--testlib \(path): cannot be read, or is too large for a header")
      return
    }
    let inside = target.folderName
    draft.add(
      "\(folder)/" + (inside.isEmpty ? name : inside + "/" + name), .bytes([UInt8](data)))
  }

  /// Whether a program of testlib's can give points, by the words that it must use for that.
  static func givesPoints(_ tree: SourceTree, _ path: String) -> Bool {
    guard let bytes = try? tree.contents(path, limit: sourceLimit) else { return false }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.contains("quitp") || text.contains("_points")
  }

  /// Whether it says points by exit statuses, which no protocol here reads as such.
  static func givesPercents(_ tree: SourceTree, _ path: String) -> Bool {
    guard let bytes = try? tree.contents(path, limit: sourceLimit) else { return false }
    return String(decoding: bytes, as: UTF8.self).contains("_pc(")
  }

  private static func isC(_ path: String) -> Bool {
    ["c", "cc", "cpp", "cxx", "h", "hpp", "hh"].contains(path.split(separator: ".").last ?? "")
  }

  /// Names in `#include "…"`, with their lines. Those in angle brackets are the compiler's.
  private static func includes(_ text: String) -> [(line: Int, name: String)] {
    var found: [(Int, String)] = []
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (at, line) in lines.enumerated() {
      var rest = line.drop { $0 == " " || $0 == "\t" }
      guard rest.first == "#" else { continue }
      rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
      guard rest.hasPrefix("include") else { continue }
      rest = rest.dropFirst("include".count).drop { $0 == " " || $0 == "\t" }
      if rest.hasPrefix("\"") {
        found.append((at + 1, String(rest.dropFirst().prefix { $0 != "\"" })))
      }
    }
    return found
  }
}
