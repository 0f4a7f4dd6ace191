import JudgeModel
import ProblemPackage

/// The checker or interactor of an `init.yml`.
struct DMOJChecker {
  let context: ImportContext

  /// What it comes to.
  struct Choice {
    var comparison: LayoutComparison?
    var generated: DMOJGenerated?
    /// A program of the problem.
    var sources: [String] = []
    var `protocol` = ValidatorProtocol.ppf
    var isInteractive = false
    let context: ImportContext

    /// Whether it can give a part of the points, which only a scoring problem has a use for.
    var isPartial: Bool {
      if let generated { return generated.isPartial }
      switch `protocol` {
      case .coci, .peg, .cms: return true
      case .testlib: return sources.contains { ProgramBundle.givesPoints(context.tree, $0) }
      case .ppf, .dmoj: return false
      }
    }

    func apply(_ draft: inout PackageDraft) {
      draft.comparison = comparison
      draft.isInteractive = isInteractive
      if let generated {
        draft.add(
          "output_validator/dmoj_checker.py", .text(generated.source(isScoring: draft.isScoring)))
      }
      guard !sources.isEmpty else { return }
      draft.validatorProtocol = `protocol`
      ProgramBundle(context: context, headerFolders: [""]).add(
        sources, as: isInteractive ? "interactor" : "checker", to: "output_validator", &draft)
    }
  }

  func read(_ map: YAMLMap) -> Choice {
    var choice = Choice(context: context)
    if let value = map["interactive"] {
      choice.isInteractive = true
      if let settings = value.map() { readProgram(settings, &choice) }
      if map["checker"] != nil {
        map["checker"]?.warning("is not used: DMOJ lets the interactor decide")
      }
      return choice
    }
    guard let value = map["checker"] else {
      choice.comparison = .dmojStandard
      return choice
    }
    var name: String?
    var arguments: YAMLMap?
    if value.isMap {
      let settings = value.map()
      name = settings?["name"]?.text()
      arguments = settings?["args"]?.map()
    } else {
      name = value.text()
    }
    switch name {
    case "standard": choice.comparison = .dmojStandard
    case "identical": choice.comparison = .exact
    case "bridged":
      if let arguments {
        readProgram(arguments, &choice)
      } else {
        value.error("`bridged` needs `args` with `files`; add them")
      }
    case let name?:
      choice.generated = DMOJGenerated(name, arguments, value)
      if choice.generated == nil {
        value.error(
          name.hasSuffix(".py")
            ? "is Python code that would run inside the judge; make it a program and `bridged`"
            : "the checker `\(name.prefix(40))` is not known; use one of DMOJ's own, or `bridged`")
      }
    case nil: value.error("`checker` has no name")
    }
    return choice
  }

  private func readProgram(_ settings: YAMLMap, _ choice: inout Choice) {
    if settings["unbuffered"]?.flag() == true {
      settings["unbuffered"]?.warning(
        "DMOJ gives submissions a terminal, so that they need not flush; here they have to")
    }
    for (key, reason) in [
      ("flags", "flags for its compiler cannot be said in a package; put them into the source"),
      ("args_format_string", "an order of arguments of its own; use one of DMOJ's types"),
    ] {
      if let value = settings[key], !(value.sequence()?.isEmpty ?? false) {
        value.error("`\(key)`: \(reason)")
      }
    }
    if let value = settings["lang"], let language = value.text(), language.hasPrefix("PY2") {
      value.error("Python 2 is not judged; translate the program to Python 3")
    }
    let kind = settings["type"]?.text() ?? "default"
    switch kind {
    case "default": choice.protocol = .dmoj
    case "testlib": choice.protocol = .testlib
    case "coci": choice.protocol = .coci
    case "peg" where !choice.isInteractive: choice.protocol = .peg
    default: settings["type"]?.error("the type `\(kind.prefix(40))` is not known here")
    }
    guard let value = settings["files"], let names = value.oneOrMoreTexts(), !names.isEmpty else {
      context.findings.error(
        DMOJImporter.file, line: settings.line, "a bridged program needs `files`; add them")
      return
    }
    choice.sources = names.compactMap {
      context.safe($0, namedIn: DMOJImporter.file, line: value.line)
    }
  }
}
