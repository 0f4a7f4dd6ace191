import Grading
import JudgeModel

/// What `problem.yaml` and its companions say, whichever dialect they say it in.
struct ProblemSettings {
  var format = SourceFormat.legacy
  var title: String?
  var uuid: String?
  var kind = ProblemKind()
  var limits = ProblemLimits()
  var timing = TimeLimitRules()
  /// Legacy `validation: custom`; in the newer dialects the folder alone decides.
  var wantsCustomValidator: Bool?
  /// Legacy `validator_flags`, already split.
  var validatorFlags: [String] = []
  /// Keys of the old `grading` section that still count, over those of every group.
  var grading = LegacyGroupKeys()
  /// Legacy `objective: min`: the smallest score is the best.
  var isBestScoreLowest = false
  var constants = ProblemConstants()
}

/// Reads `problem.yaml`.
struct ProblemYAMLReader {
  let tree: PackageTree
  let findings: Findings
  private static let file = "problem.yaml"

  private static let legacyKeys: Set<String> = [
    "problem_format_version", "type", "name", "uuid", "author", "source", "source_url", "license",
    "rights_owner", "validation", "validator_flags", "grading", "keywords", "limits",
  ]
  private static let newerKeys: Set<String> = [
    "problem_format_version", "type", "name", "uuid", "version", "credits", "source", "license",
    "rights_owner", "embargo_until", "limits", "keywords", "languages", "allow_file_writing",
    "constants",
  ]

  func read() -> ProblemSettings {
    var settings = ProblemSettings()
    guard tree.file(Self.file) != nil else {
      findings.warning(Self.file, "is missing; read as a legacy package with default settings")
      readTimeLimitFiles(&settings)
      return settings
    }
    guard let map = YAMLMap.load(Self.file, in: tree, findings) else {
      // Which dialect it was meant to be decides how the rest is best read.
      if tree.isDirectory("output_validator") || tree.isDirectory("statement") {
        settings.format = .ppf2025
      }
      return settings
    }
    settings.format = format(map)
    if settings.format.isLegacy {
      map.allow(only: Self.legacyKeys, what: "a legacy problem.yaml")
    } else {
      map.allow(only: Self.newerKeys, what: "a \(settings.format.rawValue) problem.yaml")
    }
    settings.title = title(map["name"])
    settings.uuid = uuid(map["uuid"])
    if settings.format == .ppf2025 {
      for key in ["name", "uuid"] where map[key] == nil {
        findings.error(Self.file, "`\(key)` is required in 2025-09; add it")
      }
    }
    readKind(map, &settings)
    if settings.format.isLegacy { readLegacyValidation(map, &settings) }
    LimitsReader(format: settings.format, isMultiPass: settings.kind.isMultiPass)
      .read(map["limits"], &settings)
    readTimeLimitFiles(&settings)
    readConstants(map["constants"], &settings)
    if let languages = map["languages"], languages.isSequence || languages.text() != "all" {
      languages.warning(
        "which languages may be handed in is for the contest to enforce; judging ignores it")
    }
    return settings
  }

  private func format(_ map: YAMLMap) -> SourceFormat {
    guard let value = map["problem_format_version"], let text = value.text() else { return .legacy }
    switch text {
    case "legacy": return .legacy
    case "legacy-icpc": return .legacyICPC
    case "2025-09": return .ppf2025
    case "2023-07", "2023-07-draft":
      value.warning(
        "`\(text)` is read as problemtools reads it; the specification now calls it 2025-09, "
          + "which differs: convert the package when its tools can")
      return .draft2023
    case "2025-09-draft", "draft":
      value.warning("read as 2025-09; write `2025-09`")
      return .ppf2025
    default:
      value.error(
        "`\(text)` is not a format version known here; use legacy, legacy-icpc, 2023-07-draft "
          + "or 2025-09")
      return text.hasPrefix("20") ? .ppf2025 : .legacy
    }
  }

  private func title(_ value: YAMLValue?) -> String? {
    guard let value else { return nil }
    let title: String?
    if value.isMap {
      let names = value.map()
      title = names?["en"]?.text() ?? names?.entries.first?.value.text()
    } else {
      title = value.text()
    }
    guard let title, title.utf8.count <= ManifestText.textLimit else {
      if title != nil { value.error("the title is longer than \(ManifestText.textLimit) bytes") }
      return nil
    }
    return title
  }

  private func uuid(_ value: YAMLValue?) -> String? {
    guard let value, let text = value.text() else { return nil }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [8, 4, 4, 4, 12], parts.joined().allSatisfy(\.isHexDigit)
    else {
      value.warning("`\(text)` is not a UUID; make one with uuidgen")
      return text.utf8.count <= ManifestText.textLimit ? text : nil
    }
    return text.lowercased()
  }

  private func readKind(_ map: YAMLMap, _ settings: inout ProblemSettings) {
    guard let value = map["type"] else { return }
    // A YAML sequence breaks some importers, so blanks in one string are accepted as well.
    let names =
      value.isSequence
      ? value.texts() ?? [] : (value.text() ?? "").split(separator: " ").map(String.init)
    var isPassFail = false
    for name in names {
      switch name {
      case "pass-fail": isPassFail = true
      case "scoring": settings.kind.isScoring = true
      case "interactive" where !settings.format.isLegacy: settings.kind.isInteractive = true
      case "multi-pass" where !settings.format.isLegacy: settings.kind.isMultiPass = true
      case "submit-answer" where !settings.format.isLegacy: settings.kind.isSubmitAnswer = true
      case "interactive", "multi-pass":
        value.error("`\(name)` is not a type in this format; write `validation: custom \(name)`")
      default: value.error("`\(name)` is not a problem type of \(settings.format.rawValue)")
      }
    }
    if isPassFail && settings.kind.isScoring {
      value.error("a problem is pass-fail or scoring, not both; keep one")
    }
    if settings.kind.isSubmitAnswer && (settings.kind.isInteractive || settings.kind.isMultiPass) {
      value.error("submit-answer goes with neither interactive nor multi-pass; keep one")
    }
  }

  private func readLegacyValidation(_ map: YAMLMap, _ settings: inout ProblemSettings) {
    if let value = map["validation"], let words = value.words() {
      switch words.first {
      case "default":
        settings.wantsCustomValidator = false
        if words.count > 1 { value.error("`default` takes no further words; remove them") }
      case "custom":
        settings.wantsCustomValidator = true
        for word in words.dropFirst() {
          switch word {
          case "interactive": settings.kind.isInteractive = true
          case "multi-pass", "multipass": settings.kind.isMultiPass = true
          case "score":
            if !settings.kind.isScoring {
              value.error("`custom score` needs `type: scoring`; add it or drop `score`")
            }
          default: value.error("`\(word)` does not follow `custom`; use score or interactive")
          }
        }
      default: value.error("validation is `default` or `custom [score] [interactive]`")
      }
    }
    settings.validatorFlags = map["validator_flags"]?.words() ?? []
    if let grading = map["grading"]?.map() { readOldGrading(grading, &settings) }
  }

  /// Keys from before `testdata.yaml`. No specification has them any more; problemtools obeys them and
  /// puts them over what testdata.yaml says, in every group.
  private func readOldGrading(_ map: YAMLMap, _ settings: inout ProblemSettings) {
    map.allow(
      only: [
        "objective", "show_test_data_groups", "accept_score", "reject_score", "range", "on_reject",
        "custom_scoring",
      ], what: "`grading`")
    settings.grading.acceptScore = map["accept_score"]?.decimal()
    settings.grading.rejectScore = map["reject_score"]?.decimal()
    settings.grading.range = map["range"].flatMap(ScoreRange.init)
    if let value = map["on_reject"], let text = value.text() {
      switch text {
      case "first_error": settings.grading.breaks = true
      case "worst_error": break
      case "grade": settings.grading.breaks = false
      default: value.error("`\(text)`: use first_error, worst_error or grade")
      }
    }
    if let value = map["objective"], let text = value.text(), text != "max", text != "min" {
      value.error("`\(text)`: the objective is min or max")
    }
    settings.isBestScoreLowest = map["objective"]?.text() == "min"
  }
}

extension SourceFormat {
  /// The two dialects with `output_validators/` and blank-separated flags in problem.yaml.
  var isLegacy: Bool { self == .legacy || self == .legacyICPC }
}
