import JudgeModel

/// `assize.yaml`: what the Kattis format has no words for and a package may need all the same, because
/// it came from another judge.
struct AssizeSettings {
  static let file = "assize.yaml"
  /// Where the checker of an interactor's output lies.
  static let checkerFolder = "output_checker"

  var validatorProtocol = ValidatorProtocol.ppf
  var comparison: LayoutComparison?

  /// The defaults when there is no such file.
  static func read(_ tree: PackageTree, _ findings: Findings) -> AssizeSettings {
    var settings = AssizeSettings()
    guard let map = YAMLMap.load(file, in: tree, findings) else { return settings }
    map.allow(only: ["output_validator_protocol", "comparison"], what: file)
    if let word = word(map["output_validator_protocol"], ValidatorProtocol.self) {
      settings.validatorProtocol = word
    }
    settings.comparison = word(map["comparison"], LayoutComparison.self)
    return settings
  }

  private static func word<W: RawRepresentable & CaseIterable>(
    _ value: YAMLValue?, _ type: W.Type
  ) -> W? where W.RawValue == String {
    guard let value, let text = value.text() else { return nil }
    if let word = W(rawValue: text) { return word }
    let known = W.allCases.map(\.rawValue).joined(separator: ", ")
    value.error("`\(text)` is not known; `\(value.key)` is one of \(known)")
    return nil
  }

  /// Tells what does not go together.
  func check(
    _ tree: PackageTree, _ findings: Findings, kind: ProblemKind, validator: ValidatorProgram?
  ) {
    if comparison != nil, validator != nil {
      findings.error(
        Self.file, "`comparison` is not used, because an output validator judges; remove one")
    }
    if validatorProtocol != .ppf, validator == nil {
      findings.error(
        Self.file, "`output_validator_protocol` speaks of an output validator; add it")
    }
    if let objection = ManifestRules.objection(to: validatorProtocol, for: kind) {
      findings.error(Self.file, "`output_validator_protocol`: \(objection); use ppf")
    }
    if validatorProtocol != .ppf, validatorProtocol != .cms, let language = validator?.language,
      !["c", "cpp"].contains(language.value)
    {
      findings.warning(
        validator?.folder ?? Self.file,
        "a program in \(language) that fails by itself exits with 1, which rejects under the "
          + "protocol \(validatorProtocol.rawValue): make sure that it catches every error")
    }
    guard !tree.files(below: Self.checkerFolder).isEmpty else { return }
    if validatorProtocol != .testlib || !kind.isInteractive {
      findings.error(
        Self.checkerFolder,
        "judges what an interactor of the testlib protocol wrote; say "
          + "`output_validator_protocol: testlib` in \(Self.file), or remove it")
    }
  }
}
