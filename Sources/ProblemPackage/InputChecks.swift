public import JudgeModel

/// A program below `input_validators/`, which does not travel with the package: only its author's
/// machine runs it.
public struct InputValidator: Hashable, Sendable {
  /// As the maps of flags by validator name it: the entry without its extension.
  public var name: String
  public var program: ValidatorProgram
  /// Files of the program that have to be executable.
  public var executables: Set<String>
}

/// What checking the inputs of a package needs: programs, files, and which arguments go where.
public struct InputChecks: Sendable {
  /// An input and what the validators are told about it.
  public struct Input: Hashable, Sendable {
    /// Package path.
    public var path: String
    public var files: [CaseFile]
    /// For every validator; those of one validator, when a map gives them, come by its name.
    public var arguments: [String]
    public var argumentsByValidator: [String: [String]]
    /// Of the submission; the newest format hands them to input validators as well.
    public var caseArguments: [String]

    public func arguments(for validator: String) -> [String] {
      (argumentsByValidator[validator] ?? arguments) + caseArguments
    }
  }
  /// An output that the author says is right or wrong.
  public struct LabelledOutput: Hashable, Sendable {
    public var input: String
    public var answer: String
    public var output: String
    public var isValid: Bool
    public var validatorArguments: [String]
    /// For the built-in comparer.
    public var comparison: TokenComparison?
  }
  /// A validator in a language of its own that is not run here.
  public struct Foreign: Hashable, Sendable {
    public var path: String
    public var reason: String
  }

  public var validators: [InputValidator] = []
  public var foreign: [Foreign] = []
  public var inputs: [Input] = []
  /// `data/invalid_input`: at least one validator has to reject each.
  public var invalidInputs: [Input] = []
  /// `data/valid_output` and `data/invalid_output`.
  public var outputs: [LabelledOutput] = []
  public var diagnostics: [Diagnostic] = []

  /// Nothing to check.
  public init() {}

  /// Reads what a directory has of it. Never throws: what is wrong is in `diagnostics`.
  public static func read(directory: String, check: OutputCheck?) -> InputChecks {
    // What is wrong with the tree and with problem.yaml, `PackageReader` tells.
    let quiet = Findings()
    let tree = PackageTree(root: directory, findings: quiet)
    let format = ProblemYAMLReader(tree: tree, findings: quiet).read().format
    return InputChecksReader(
      tree: tree, format: format, check: check, quiet: quiet, findings: Findings()
    ).read()
  }
}

private struct InputChecksReader {
  let tree: PackageTree
  let format: SourceFormat
  let check: OutputCheck?
  let quiet: Findings
  let findings: Findings

  func read() -> InputChecks {
    var checks = InputChecks()
    let folders = ["input_validators"] + (format.isLegacy ? ["input_format_validators"] : [])
    for folder in folders { readValidators(folder, &checks) }
    if checks.validators.isEmpty && checks.foreign.isEmpty {
      findings.warning(
        "input_validators",
        "there is no input validator, so nothing shows that the inputs are as the statement says; "
          + "add one")
    }
    let flags = DataFlags(tree: tree, format: format, findings: quiet)
    let finder = TestcaseFinder(tree: tree, findings: quiet)
    for root in ["data/sample", "data/secret"] { checks.inputs += inputs(root, flags, finder) }
    if format == .ppf2025 {
      checks.invalidInputs = inputs("data/invalid_input", flags, finder)
      checks.outputs =
        outputs("data/valid_output", isValid: true, flags)
        + outputs("data/invalid_output", isValid: false, flags)
    }
    checks.diagnostics = findings.all
    return checks
  }

  private func readValidators(_ folder: String, _ checks: inout InputChecks) {
    for name in tree.names(in: folder) {
      let path = folder + "/" + name
      let isDirectory = tree.isDirectory(path)
      if let reason = Self.foreignReason(name) {
        checks.foreign.append(.init(path: path, reason: reason))
        continue
      }
      let files = isDirectory ? tree.files(below: path).map(\.path) : [path]
      let scripts = ["build", "run"].map { path + "/" + $0 }.filter(files.contains)
      let language = scripts.isEmpty ? SourceLanguage.of(files) : nil
      guard language != nil || !scripts.isEmpty else {
        // A header or a README beside single-file programs.
        if isDirectory, !files.isEmpty {
          findings.warning(
            path,
            "cannot tell the language of this validator; it is not run: use C, C++, Python 3, "
              + "or add a `build` or `run` script")
        }
        continue
      }
      for script in scripts where tree.file(script)?.isExecutable == false {
        findings.error(script, "is not executable; chmod +x it")
      }
      // Headers that lie beside a single-file program belong to it.
      let companions =
        isDirectory
        ? []
        : tree.names(in: folder).map { folder + "/" + $0 }.filter {
          tree.file($0) != nil && ($0.hasSuffix(".h") || $0.hasSuffix(".hpp"))
        }
      let stem = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
      checks.validators.append(
        InputValidator(
          name: isDirectory ? name : stem,
          program: ValidatorProgram(
            language: language, folder: isDirectory ? path : folder,
            files: (files + companions).sorted(by: PathRules.byteOrder), arguments: []),
          executables: Set(files.filter { tree.file($0)?.isExecutable == true })))
    }
  }

  private static func foreignReason(_ name: String) -> String? {
    if name.hasSuffix(".ctd") { return "in the language of checktestdata, which is not run here" }
    if name.hasSuffix(".viva") { return "in the language of VIVA, which is not run here" }
    return nil
  }

  private func inputs(
    _ root: String, _ flags: DataFlags, _ finder: TestcaseFinder
  ) -> [InputChecks.Input] {
    tree.files(below: root).compactMap { file in
      guard let stem = file.path.dropping(suffix: ".in"),
        !stem.parentPath.split(separator: "/").contains(where: { $0.hasSuffix(".files") })
      else { return nil }
      let own = flags.inputValidatorFlags(stem)
      return InputChecks.Input(
        path: file.path, files: format == .ppf2025 ? finder.caseFiles(stem) : [],
        arguments: own.all, argumentsByValidator: own.byName,
        caseArguments: flags.caseArguments(stem)
      )
    }
  }

  private func outputs(
    _ root: String, isValid: Bool, _ flags: DataFlags
  ) -> [InputChecks.LabelledOutput] {
    tree.files(below: root).compactMap { file in
      guard let stem = file.path.dropping(suffix: ".in") else { return nil }
      let (answer, output) = (stem + ".ans", stem + ".out")
      guard tree.file(answer) != nil, tree.file(output) != nil else {
        findings.error(
          file.path,
          "needs both `\(answer.lastComponent)` and `\(output.lastComponent)` beside it; add what "
            + "is missing")
        return nil
      }
      let arguments = flags.outputValidatorArguments(stem)
      var comparison: TokenComparison?
      if case .tokens(let base) = check {
        comparison = ComparerFlags.apply(arguments, over: base) {
          findings.error(file.path, "output_validator_args: \($0)")
        }
      }
      return InputChecks.LabelledOutput(
        input: file.path, answer: answer, output: output, isValid: isValid,
        validatorArguments: arguments, comparison: comparison)
    }
  }
}

/// Looks flags up where a testcase gets them from: its own file, then the nearest directory above.
private struct DataFlags {
  let tree: PackageTree
  let format: SourceFormat
  let findings: Findings

  /// Files that may say something about a testcase, the nearest first.
  private func maps(_ stem: String) -> [YAMLMap] {
    var paths: [String] = []
    if format == .ppf2025 { paths.append(stem + ".yaml") }
    let name = format == .ppf2025 ? "test_group.yaml" : "testdata.yaml"
    var directory = stem.parentPath
    while !directory.isEmpty {
      paths.append(directory + "/" + name)
      directory = directory.parentPath
    }
    return paths.compactMap { YAMLMap.load($0, in: tree, findings) }
  }

  func inputValidatorFlags(_ stem: String) -> (all: [String], byName: [String: [String]]) {
    let key = format == .ppf2025 ? "input_validator_args" : "input_validator_flags"
    guard let value = maps(stem).lazy.compactMap({ $0[key] }).first else { return ([], [:]) }
    guard value.isMap, let map = value.map() else { return (list(value), [:]) }
    let byName = Dictionary(map.entries.map { ($0.key, list($0.value)) }) { first, _ in first }
    return ([], byName)
  }

  func outputValidatorArguments(_ stem: String) -> [String] {
    maps(stem).lazy.compactMap { $0["output_validator_args"] }.first.map(list) ?? []
  }

  func caseArguments(_ stem: String) -> [String] {
    guard format == .ppf2025 else { return [] }
    return maps(stem).lazy.compactMap { $0["args"] }.first.map(list) ?? []
  }

  private func list(_ value: YAMLValue) -> [String] {
    (format == .ppf2025 ? value.texts() : value.words()) ?? []
  }
}
