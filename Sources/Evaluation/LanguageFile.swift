internal import Foundation
internal import JudgeModel
internal import Yams

/// A language table that cannot be used: where, what, and what to do.
public struct LanguageFileError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
}

extension LanguageTable {
  /// The table that comes with the program.
  public static func builtIn() throws(LanguageFileError) -> LanguageTable {
    try LanguageTable(
      yaml: String(decoding: PackageResources.languages_yaml, as: UTF8.self),
      origin: "built-in language table")
  }

  public static func load(_ path: String) throws(LanguageFileError) -> LanguageTable {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw LanguageFileError(
        description: "cannot read the language table \(path): \(error.localizedDescription)")
    }
    return try LanguageTable(yaml: text, origin: path)
  }

  /// - Parameter origin: what error messages call the text.
  public init(yaml: String, origin: String) throws(LanguageFileError) {
    let root: Node?
    do {
      root = try Yams.compose(yaml: yaml)
    } catch {
      throw LanguageFileError(description: "\(origin): \(error)")
    }
    guard let list = root?["languages"]?.sequence else {
      throw LanguageFileError(description: "\(origin): it needs a list called `languages`")
    }
    languages = []
    for node in list {
      let language = try LanguageReader(node: node, origin: origin).language()
      guard self[language.id] == nil else {
        throw LanguageFileError(
          description: "\(origin): the language \(language.id) stands there twice; remove one")
      }
      languages.append(language)
    }
  }
}

private struct LanguageReader {
  let node: Node
  let origin: String

  private static let keys: Set<String> = [
    "id", "name", "extensions", "headers", "entry", "compile", "run", "version", "environment",
    "mounts", "memory_overhead_mib", "probe",
  ]

  func language() throws(LanguageFileError) -> Language {
    guard let mapping = node.mapping else { throw problem("each language is a mapping") }
    for (key, _) in mapping where !Self.keys.contains(key.string ?? "") {
      throw problem("unknown key \(key.string ?? "?"); see the comments of the built-in table")
    }
    guard let id = node["id"]?.string, !id.isEmpty else { throw problem("a language needs an id") }
    guard let probe = node["probe"], let probeName = probe["name"]?.string,
      let probeText = probe["text"]?.string
    else { throw problem("language \(id) needs a probe with name and text") }
    guard let entry = Language.Entry(rawValue: node["entry"]?.string ?? "none") else {
      throw problem("entry of \(id) must be file, class or none")
    }
    let overhead = node["memory_overhead_mib"]?.int ?? 0
    guard (0...65_536).contains(overhead) else {
      throw problem("memory_overhead_mib of \(id) must be between 0 and 65536")
    }
    let compile = try words("compile")
    return Language(
      id: LanguageID(id), name: node["name"]?.string ?? id,
      extensions: try required("extensions", id), headers: try words("headers"), entry: entry,
      compile: compile.isEmpty ? nil : compile, run: try required("run", id),
      version: try required("version", id), environment: try words("environment"),
      mounts: try words("mounts"), memoryOverheadBytes: Int64(overhead) << 20,
      probe: Language.Probe(name: probeName, text: probeText))
  }

  private func required(_ key: String, _ id: String) throws(LanguageFileError) -> [String] {
    let list = try words(key)
    guard !list.isEmpty else { throw problem("language \(id) needs \(key), a list of words") }
    return list
  }

  private func words(_ key: String) throws(LanguageFileError) -> [String] {
    guard let value = node[key] else { return [] }
    guard let sequence = value.sequence else { throw problem("\(key) must be a list of words") }
    return sequence.compactMap { $0.scalar?.string }
  }

  private func problem(_ text: String) -> LanguageFileError {
    let line = node.mark.map { ":\($0.line)" } ?? ""
    return LanguageFileError(description: "\(origin)\(line): \(text)")
  }
}
