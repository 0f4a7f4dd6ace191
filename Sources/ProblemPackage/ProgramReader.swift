package import JudgeModel

/// Finds the programs of a package (validator, grader) and the files given to every submission.
struct ProgramReader {
  let tree: PackageTree
  let findings: Findings

  /// The output validator; nil when the built-in comparer judges.
  func validator(_ settings: ProblemSettings) -> ValidatorProgram? {
    let plural = "output_validators"
    let singular = "output_validator"
    let isLegacy = settings.format.isLegacy
    let (folder, other) = isLegacy ? (plural, singular) : (singular, plural)
    if tree.isDirectory(other), !tree.isDirectory(folder) {
      findings.error(
        other, "is not read in format \(settings.format.rawValue); rename it to `\(folder)`")
    }
    if settings.wantsCustomValidator == false || (isLegacy && settings.wantsCustomValidator == nil)
    {
      if !tree.files(below: folder).isEmpty {
        findings.warning(
          folder,
          "is not used: problem.yaml says nothing of `validation: custom`; "
            + "say so or remove the folder")
      }
      return nil
    }
    let program = isLegacy ? firstProgram(in: folder) : onlyProgram(in: folder)
    guard var program else {
      if settings.wantsCustomValidator == true {
        findings.error(
          folder, "`validation: custom` needs an output validator here; add one, or say `default`")
      }
      return nil
    }
    program.arguments = settings.validatorFlags
    return program
  }

  /// What judges the output of an interactor after it; nil when there is no such folder.
  func interactorChecker() -> ValidatorProgram? {
    guard tree.isDirectory(AssizeSettings.checkerFolder) else { return nil }
    var program = onlyProgram(in: AssizeSettings.checkerFolder)
    program?.protocol = .testlib
    return program
  }

  /// The static validator of 2025-09.
  func staticValidator() -> ValidatorProgram? {
    tree.isDirectory(Self.staticFolder) ? onlyProgram(in: Self.staticFolder) : nil
  }

  static let staticFolder = "static_validator"

  /// The custom grader of the legacy formats.
  func grader() -> ValidatorProgram? {
    guard let program = firstProgram(in: "graders") else {
      findings.error(
        "graders", "`grading: custom` needs a program here; add one, or say `default`")
      return nil
    }
    return program
  }

  /// Files under `include/`.
  func includes() -> [PackageTree.File] {
    for name in tree.names(in: "include") where !tree.isDirectory("include/" + name) {
      findings.warning(
        "include/\(name)", "ignored: files belong in include/<language>/ or include/default/")
    }
    return tree.names(in: "include").filter { tree.isDirectory("include/" + $0) }
      .flatMap { tree.files(below: "include/" + $0) }
  }

  /// Older formats: each entry of the folder is a program. Like problemtools, the first one counts.
  private func firstProgram(in folder: String) -> ValidatorProgram? {
    var programs: [ValidatorProgram] = []
    var companions: [String] = []
    for name in tree.names(in: folder) {
      let path = folder + "/" + name
      if tree.isDirectory(path) {
        let files = tree.files(below: path).map(\.path)
        guard !files.isEmpty else { continue }
        programs.append(program(folder: path, files: files))
      } else if SourceLanguage.of([path]) != nil {
        programs.append(program(folder: folder, files: [path]))
      } else {
        // A header that somebody left beside a single-file program.
        companions.append(path)
      }
    }
    guard var first = programs.first else { return nil }
    if programs.count > 1 {
      findings.warning(
        folder,
        "holds \(programs.count) programs; only the first by name is used "
          + "(\(first.files[0])): remove the others")
    }
    if first.folder == folder {
      first.files = (first.files + companions).sorted(by: PathRules.byteOrder)
    }
    return checked(first)
  }

  /// 2025-09: the folder is the program, or holds exactly one directory that is.
  private func onlyProgram(in folder: String) -> ValidatorProgram? {
    let names = tree.names(in: folder)
    guard !names.isEmpty else {
      if tree.isDirectory(folder) {
        findings.error(folder, "is empty; add the validator or remove the folder")
      }
      return nil
    }
    let directories = names.filter { tree.isDirectory(folder + "/" + $0) }
    if directories.count == names.count, directories.count > 1 {
      findings.error(folder, "holds \(directories.count) programs; exactly one is allowed")
    }
    let root = directories.count == names.count ? folder + "/" + directories[0] : folder
    let files = tree.files(below: root).map(\.path)
    guard !files.isEmpty else {
      findings.error(root, "is empty; add the program or remove the folder")
      return nil
    }
    return checked(program(folder: root, files: files))
  }

  private func program(folder: String, files: [String]) -> ValidatorProgram {
    let hasScript = ["build", "run"].contains { files.contains(folder + "/" + $0) }
    return ValidatorProgram(
      language: hasScript ? nil : SourceLanguage.of(files), folder: folder, files: files,
      arguments: [])
  }

  private func checked(_ program: ValidatorProgram) -> ValidatorProgram {
    let scripts = ["build", "run"].map { program.folder + "/" + $0 }
      .filter { program.files.contains($0) }
    for script in scripts where tree.file(script)?.isExecutable == false {
      findings.error(script, "is not executable; chmod +x it")
    }
    if program.language == SourceLanguage.python2 {
      findings.error(program.folder, "Python 2 is not supported; port the program to Python 3")
    }
    if program.language == nil && scripts.isEmpty {
      findings.error(
        program.folder,
        "cannot tell the language of this program: use one of C, C++, Python 3, "
          + "or add a `build` or `run` script")
    }
    return program
  }
}

/// Languages of programs that travel with packages, by the extension of their files.
package enum SourceLanguage {
  private static let extensions: [String: String] = [
    "c": "c", "cc": "cpp", "cpp": "cpp", "cxx": "cpp", "c++": "cpp", "C": "cpp", "py": "python3",
    "py2": "python2", "py3": "python3", "java": "java", "kt": "kotlin", "rs": "rust", "go": "go",
    "swift": "swift",
    "js": "javascript", "hs": "haskell", "rb": "ruby", "pl": "perl", "cs": "csharp", "sh": "bash",
    // No table here has these; a submission in one is left out by name.
    "scala": "scala", "lisp": "lisp", "cl": "lisp", "ml": "ocaml", "php": "php", "pas": "pascal",
    "ts": "typescript", "jl": "julia", "d": "d", "dart": "dart", "fs": "fsharp", "lua": "lua",
  ]

  /// Known so that it can be refused by name.
  static let python2 = LanguageID("python2")

  /// The language with most files, ties in favour of the one whose name comes first; nil when no
  /// file has an extension known here. C and C++ together are C++.
  package static func of(_ paths: [String]) -> LanguageID? {
    var counts: [String: Int] = [:]
    for path in paths {
      let name = path.lastComponent
      guard let dot = name.lastIndex(of: "."),
        let language = extensions[String(name[name.index(after: dot)...])]
      else { continue }
      counts[language, default: 0] += 1
    }
    if let c = counts["c"], let cpp = counts["cpp"] {
      counts["cpp"] = c + cpp
      counts["c"] = nil
    }
    let best = counts.min { ($1.value, $0.key) < ($0.value, $1.key) }
    return best.map { LanguageID($0.key) }
  }
}
