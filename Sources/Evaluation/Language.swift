public import JudgeModel

/// One language as the table describes it; see the comments in `languages.yaml`.
public struct Language: Hashable, Sendable {
  public enum Entry: String, Hashable, Sendable, CaseIterable {
    case file
    case mainClass = "class"
    case none
  }
  public struct Probe: Hashable, Sendable {
    public var name: String
    public var text: String
  }

  public var id: LanguageID
  public var name: String
  public var extensions: [String]
  public var headers: [String]
  public var entry: Entry
  /// nil: there is nothing to build.
  public var compile: [String]?
  public var run: [String]
  public var version: [String]
  public var environment: [String]
  public var mounts: [String]
  public var memoryOverheadBytes: Int64
  public var probe: Probe

  /// Whether something else than the built program is executed: an interpreter or a virtual machine.
  var hasRuntime: Bool { run.first.map { !$0.contains("{binary}") } ?? false }

  func isSource(_ file: String) -> Bool { Self.ending(of: file).map(extensions.contains) ?? false }

  /// Whether the compiler or interpreter is meant to read it, as opposed to the running program.
  func isCode(_ file: String) -> Bool {
    isSource(file) || Self.ending(of: file).map(headers.contains) ?? false
  }

  static func ending(of file: String) -> String? {
    guard let dot = file.lastIndex(of: "."), dot != file.startIndex else { return nil }
    return String(file[file.index(after: dot)...])
  }

  /// The source files of a program, in byte-wise order, as the compiler gets them.
  public func sources(in files: [String]) -> [String] { files.filter(isSource).sorted() }

  /// Whether a recorded entry point can be one: it comes from an archive, and what is not among the
  /// sources would fail in a way that looks like the program's fault.
  func accepts(_ entryPoint: String, sources: [String]) -> Bool {
    switch entry {
    case .file:
      return sources.contains(entryPoint)
    case .mainClass:
      let isPart = { (byte: UInt8) in
        byte >= 128 || (48...57).contains(byte) || (65...90).contains(byte & 0xDF)
          || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "$")].contains(byte)
      }
      return entryPoint.utf8.allSatisfy(isPart)
    case .none:
      return true
    }
  }

  /// A program that builds and runs itself: the scripts `build` and `run` of the package formats.
  static func scripts(in files: [String]) -> Language? {
    let hasBuild = files.contains("build")
    guard hasBuild || files.contains("run") else { return nil }
    return Language(
      id: LanguageID("scripts"), name: "build and run scripts", extensions: [], headers: [],
      entry: .none, compile: hasBuild ? ["/app/build"] : nil, run: ["/app/run"],
      version: ["/bin/true"], environment: [], mounts: [], memoryOverheadBytes: 0,
      probe: Probe(name: "", text: ""))
  }

  /// Where execution starts.
  ///
  /// What the contest recorded wins: detecting it anew could judge another program. Otherwise the
  /// format's default name, the only source, a file called main in any case, the first by name.
  func entryPoint(recorded: String?, files: [String]) -> String? {
    if let recorded, !recorded.isEmpty { return recorded }
    guard entry != .none else { return nil }
    let sources = sources(in: files)
    let preferred = entry == .mainClass ? ["Main.java"] : ["__main__.py", "main.py", "main.js"]
    let isMain = { (file: String) in
      let name = file.split(separator: "/").last.map(String.init) ?? file
      return name.lowercased().hasPrefix("main.")
    }
    let chosen =
      preferred.first(where: sources.contains) ?? (sources.count == 1 ? sources[0] : nil)
      ?? sources.first(where: isMain) ?? sources.first
    guard let chosen, entry == .mainClass else { return chosen }
    return Self.ending(of: chosen).map { String(chosen.dropLast($0.count + 1)) } ?? chosen
  }

  /// Replaces the placeholders of a command.
  func expand(
    _ command: [String], sources: [String], entry: String?, memoryBytes: Int64
  ) -> [String] {
    command.flatMap { word -> [String] in
      if word == "{sources}" { return sources.map { "/app/" + $0 } }
      return [
        word.replacing("{entry}", with: self.entry == .file ? "/app/\(entry ?? "")" : entry ?? "")
          .replacing("{binary}", with: "/app/\(Self.binary)")
          .replacing("{memory_mib}", with: String(max(16, memoryBytes >> 20)))
      ]
    }
  }

  /// Name of what is built; no source may have it.
  static let binary = ".program"
}

/// All languages a worker knows, in order of preference.
public struct LanguageTable: Hashable, Sendable {
  public var languages: [Language]

  public subscript(id: LanguageID) -> Language? { languages.first { $0.id == id } }

  /// The language that most of the files are written in; nil when none is. What may be plain text is
  /// taken for answers only when none of the files is a program.
  public func detect(_ files: [String]) -> Language? {
    var best: (language: Language, count: Int)?
    for language in languages where language.id != .answers {
      let count = language.sources(in: files).count
      if count > best?.count ?? 0 { best = (language, count) }
    }
    if best == nil, let answers = self[.answers], !answers.sources(in: files).isEmpty {
      return answers
    }
    return best?.language
  }
}

extension String {
  fileprivate func replacing(_ placeholder: String, with text: String) -> String {
    guard contains(placeholder) else { return self }
    return split(separator: placeholder, omittingEmptySubsequences: false).joined(separator: text)
  }
}
