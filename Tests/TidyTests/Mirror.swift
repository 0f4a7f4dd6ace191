/// Rules about what stands beside what: tests beside sources, generated code beside its source, texts
/// beside what they speak of.
enum Mirror {
  /// Folders of `Sources` without tests of their own, and what tests them instead.
  static let testedElsewhere: [String: String] = [
    "CArchive": "a module map; ProblemPackageTests and ContestTests use it",
    "CBox": "runs inside a sandbox only; SandboxTests",
    "CCrypto": "a module map; ProblemPackageTests use it",
    "CCurl": "a module map; WebRangesTests use it",
    "CSandbox": "the other half of Sandbox; SandboxTests",
    "CZeroMQ": "a module map; TransportTests use it",
    "assize": "the program; EndToEndTests run it",
  ]

  /// - Parameters:
  ///   - folders: names in `Sources`.
  ///   - tested: names in `Tests` of folders that hold at least one test.
  static func untested(_ folders: [String], tested: Set<String>) -> [Complaint] {
    let missing = folders.filter { !tested.contains($0 + "Tests") && testedElsewhere[$0] == nil }
      .map { Complaint(path: "Sources/\($0)", text: "no test stands in Tests/\($0)Tests") }
    let stale = testedElsewhere.keys.sorted().filter {
      !folders.contains($0) || tested.contains($0 + "Tests")
    }.map { Complaint(path: "Sources/\($0)", text: "strike it from Mirror.testedElsewhere") }
    return missing + stale
  }

  /// Folders of `Tests` that Package.swift does not speak of: what is in them is never run.
  static func undeclared(_ folders: [String], in manifest: RepositoryFile) -> [Complaint] {
    folders.filter { folder in
      !manifest.text.contains("name: \"\(folder)\"")
        && !manifest.text.contains("of: \"\(folder.dropLast("Tests".count))\"")
    }.map { Complaint(path: "Tests/\($0)", text: "Package.swift has no such test target") }
  }

  /// - Parameters:
  ///   - name: of the source, `.proto` included.
  ///   - digest: of the source as it is, hexadecimal.
  static func outdated(
    _ generated: RepositoryFile, of name: String, sourceDigest digest: String
  ) -> [Complaint] {
    let mark = "// SHA-256 of \(name): "
    let recorded = generated.text.split(separator: "\n").last { $0.hasPrefix(mark) }?
      .dropFirst(mark.count)
    guard recorded.map(String.init) != digest else { return [] }
    return [
      Complaint(
        path: generated.path,
        text: "not generated from the present \(name); run tools/protocol and commit")
    ]
  }

  /// Links of a Markdown text that lead to no file.
  static func brokenLinks(_ file: RepositoryFile, exists: (String) -> Bool) -> [Complaint] {
    let folder = file.path.split(separator: "/").dropLast().map { $0 + "/" }.joined()
    return file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap {
      index, line in
      line.matches(of: /\]\(([^)#\s]+)[^)]*\)/).map { String($0.1) }
        .filter { !$0.contains("://") && !exists(folder + $0) }
        .map {
          Complaint(path: file.path, line: index + 1, text: "links to \($0), which is not there")
        }
    }
  }

  /// Names that a text ought to mention in backquotes and does not.
  static func unmentioned(_ names: [String], in file: RepositoryFile) -> [Complaint] {
    names.filter { !file.text.contains("`\($0)`") }.map {
      Complaint(path: file.path, text: "does not say what `\($0)` is for")
    }
  }
}
