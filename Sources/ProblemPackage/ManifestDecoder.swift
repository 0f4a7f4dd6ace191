public import JudgeModel

extension ManifestText {
  /// The manifest that canonical text describes. The text may come from anywhere: it is bounded,
  /// every key is accounted for, the rules for paths are applied, and a text that is not exactly the
  /// canonical one of its manifest is refused, so that one package has one digest.
  public static func decode(_ bytes: [UInt8]) throws(PackageError) -> PackageManifest {
    guard bytes.count <= sizeLimit else {
      throw .manifest("longer than \(sizeLimit >> 20) MiB")
    }
    let value: JSONValue
    do { value = try JSONParser.parse(bytes) } catch {
      throw .manifest("\(error.message) at byte \(error.offset)")
    }
    let manifest = try ManifestDecoder.manifest(JSONPlace(value, "manifest"))
    try ManifestRules.check(manifest)
    guard encode(manifest) == bytes else {
      throw .manifest("not in canonical form; write it with this program's own packer")
    }
    return manifest
  }
}

/// A JSON value and where it is, so that a refusal can name the place.
private struct JSONPlace {
  let value: JSONValue
  let place: String

  init(_ value: JSONValue, _ place: String) {
    self.value = value
    self.place = place
  }

  func refuse(_ reason: String) -> PackageError { .manifest("\(place): \(reason)") }

  /// Members of an object that has exactly these keys, in this order.
  func members(_ keys: [String]) throws(PackageError) -> [JSONPlace] {
    guard case .object(let members) = value else { throw refuse("must be an object") }
    for key in keys where !members.contains(where: { $0.key == key }) {
      throw refuse("the key `\(key)` is missing")
    }
    for member in members where !keys.contains(member.key) {
      throw refuse("the key `\(member.key.prefix(40))` is not known")
    }
    guard members.map(\.key) == keys else { throw refuse("keys repeated or out of order") }
    return members.map { JSONPlace($0.value, "\(place).\($0.key)") }
  }

  /// As `members`, of an object that may also have some of `optional`, in that order, behind them.
  func members(
    _ keys: [String], optional: [String]
  ) throws(PackageError) -> (required: [JSONPlace], optional: [String: JSONPlace]) {
    guard case .object(let members) = value else { throw refuse("must be an object") }
    let present = optional.filter { key in members.contains { $0.key == key } }
    let places = try self.members(keys + present)
    return (
      Array(places.prefix(keys.count)),
      Dictionary(
        zip(present, places.dropFirst(keys.count)).map { ($0, $1) }, uniquingKeysWith: { $1 })
    )
  }

  /// The only or first key of an object that says which case it is.
  func tag() throws(PackageError) -> String {
    guard case .object(let members) = value, let first = members.first else {
      throw refuse("must be an object with a key")
    }
    return first.key
  }

  /// Whether an object has a key that it need not have.
  func has(_ key: String) -> Bool {
    guard case .object(let members) = value else { return false }
    return members.contains { $0.key == key }
  }

  var isNull: Bool { value == .null }

  func flag() throws(PackageError) -> Bool {
    guard case .bool(let flag) = value else { throw refuse("must be true or false") }
    return flag
  }

  func integer() throws(PackageError) -> Int64 {
    guard case .integer(let number) = value else { throw refuse("must be an integer") }
    return number
  }

  func text() throws(PackageError) -> String {
    guard case .string(let text) = value else { throw refuse("must be text") }
    guard text.utf8.count <= ManifestText.textLimit else {
      throw refuse("longer than \(ManifestText.textLimit) bytes")
    }
    return text
  }

  func optionalText() throws(PackageError) -> String? { isNull ? nil : try text() }

  func score() throws(PackageError) -> Score {
    let text = try text()
    guard let score = Score(text) else { throw refuse("`\(text.prefix(40))` is not a score") }
    return score
  }

  func word<W: RawRepresentable>(_ type: W.Type) throws(PackageError) -> W
  where W.RawValue == String {
    let text = try text()
    guard let word = W(rawValue: text) else { throw refuse("`\(text.prefix(40))` is not known") }
    return word
  }

  func elements(limit: Int) throws(PackageError) -> [JSONPlace] {
    guard case .array(let values) = value else { throw refuse("must be an array") }
    guard values.count <= limit else { throw refuse("more than \(limit) elements") }
    return values.enumerated().map { JSONPlace($0.element, "\(place)[\($0.offset)]") }
  }

  func texts(limit: Int = ManifestRules.argumentLimit) throws(PackageError) -> [String] {
    var all: [String] = []
    for element in try elements(limit: limit) { all.append(try element.text()) }
    return all
  }
}

private enum ManifestDecoder {
  static func manifest(_ json: JSONPlace) throws(PackageError) -> PackageManifest {
    let (m, more) = try json.members(
      [
        "format", "problem", "title", "uuid", "source", "kind", "limits", "check", "tests", "files",
      ], optional: ["staticValidator", "constants"])
    let version = try m[0].text()
    guard version == ManifestText.version else {
      throw m[0].refuse("`\(version.prefix(40))` is not a version known here; update this program")
    }
    var files: [PackageFile] = []
    for element in try m[9].elements(limit: ManifestRules.fileLimit) {
      files.append(try file(element))
    }
    var manifest = PackageManifest(
      problem: try m[1].text(), title: try m[2].text(), uuid: try m[3].optionalText(),
      sourceFormat: try m[4].word(SourceFormat.self), kind: try kind(m[5]),
      limits: try limits(m[6]), check: try check(m[7]),
      interactorChecker: try interactorChecker(m[7]), tests: try group(m[8], depth: 0),
      files: files)
    if let json = more["staticValidator"] { manifest.staticValidator = try program(json) }
    if let json = more["constants"] { manifest.constants = try constants(json) }
    return manifest
  }

  private static func constants(_ json: JSONPlace) throws(PackageError) -> ProblemConstants {
    var entries: [ProblemConstants.Entry] = []
    for element in try json.elements(limit: ManifestRules.constantLimit) {
      let fields = try element.members(["name", "value"])
      entries.append(
        ProblemConstants.Entry(name: try fields[0].text(), value: try fields[1].text()))
    }
    return ProblemConstants(entries)
  }

  private static func kind(_ json: JSONPlace) throws(PackageError) -> ProblemKind {
    let m = try json.members(["scoring", "interactive", "multiPass", "submitAnswer"])
    var kind = ProblemKind()
    kind.isScoring = try m[0].flag()
    kind.isInteractive = try m[1].flag()
    kind.isMultiPass = try m[2].flag()
    kind.isSubmitAnswer = try m[3].flag()
    return kind
  }

  private static func limits(_ json: JSONPlace) throws(PackageError) -> ProblemLimits {
    let m = try json.members(["timeOrigin"] + ManifestText.limits.map(\.key))
    var limits = ProblemLimits()
    limits.timeOrigin = try m[0].word(TimeLimitOrigin.self)
    for (at, entry) in ManifestText.limits.enumerated() {
      let fields = try m[at + 1].members(["amount", "explicit"])
      limits[keyPath: entry.field] = Limit(
        try fields[0].integer(), explicit: try fields[1].flag())
    }
    return limits
  }

  private static func check(_ json: JSONPlace) throws(PackageError) -> OutputCheck {
    switch try json.tag() {
    case "tokens": return .tokens(try comparison(try json.members(["tokens"])[0]))
    case "layout":
      return .layout(try json.members(["layout"])[0].word(LayoutComparison.self))
    default: return .validator(try program(try checkMembers(json)[0]))
    }
  }

  /// A validator, and behind it the checker of what an interactor wrote, if there is one.
  private static func checkMembers(_ json: JSONPlace) throws(PackageError) -> [JSONPlace] {
    try json.members(
      json.has("interactorChecker") ? ["validator", "interactorChecker"] : ["validator"])
  }

  private static func interactorChecker(
    _ json: JSONPlace
  ) throws(PackageError) -> ValidatorProgram? {
    guard try json.tag() == "validator", json.has("interactorChecker") else { return nil }
    return try program(try checkMembers(json)[1])
  }

  private static func comparison(_ json: JSONPlace) throws(PackageError) -> TokenComparison {
    let m = try json.members([
      "caseSensitive", "spaceChangeSensitive", "absoluteTolerance", "relativeTolerance",
    ])
    var comparison = TokenComparison()
    comparison.isCaseSensitive = try m[0].flag()
    comparison.isSpaceChangeSensitive = try m[1].flag()
    comparison.absoluteTolerance = try m[2].optionalText()
    comparison.relativeTolerance = try m[3].optionalText()
    for tolerance in [comparison.absoluteTolerance, comparison.relativeTolerance] {
      if let tolerance, !ComparerFlags.isTolerance(tolerance) {
        throw json.refuse("`\(tolerance.prefix(40))` is not a tolerance")
      }
    }
    return comparison
  }

  private static func program(_ json: JSONPlace) throws(PackageError) -> ValidatorProgram {
    let keys = ["language", "folder", "files", "arguments"]
    let m = try json.members(json.has("protocol") ? keys + ["protocol"] : keys)
    return ValidatorProgram(
      language: try m[0].optionalText().map { LanguageID($0) }, folder: try m[1].text(),
      files: try m[2].texts(limit: 10_000), arguments: try m[3].texts(),
      protocol: m.count > 4 ? try m[4].word(ValidatorProtocol.self) : .ppf)
  }

  private static func group(_ json: JSONPlace, depth: Int) throws(PackageError) -> TestGroup {
    guard depth < ManifestRules.groupDepthLimit else { throw json.refuse("groups too deep") }
    let m = try json.members(["group", "grading", "breaksOnReject", "children"])
    var children: [TestNode] = []
    for child in try m[3].elements(limit: ManifestRules.fileLimit) {
      if try child.tag() == "testcase" {
        children.append(.testcase(try testcase(child)))
      } else {
        children.append(.group(try group(child, depth: depth + 1)))
      }
    }
    return TestGroup(
      name: try m[0].text(), children: children, grading: try grading(m[1]),
      breaksOnReject: try m[2].flag())
  }

  private static func grading(_ json: JSONPlace) throws(PackageError) -> GroupGrading {
    switch try json.tag() {
    case "legacy":
      let m = try json.members(["legacy"])[0].members([
        "verdict", "score", "ignoresSample", "acceptsIfAnyAccepted", "acceptScore", "rejectScore",
      ])
      var legacy = LegacyGrading()
      legacy.verdict = try m[0].word(LegacyGrading.VerdictRule.self)
      legacy.score = try m[1].word(LegacyGrading.ScoreRule.self)
      legacy.ignoresSample = try m[2].flag()
      legacy.acceptsIfAnyAccepted = try m[3].flag()
      legacy.acceptScore = try m[4].score()
      legacy.rejectScore = try m[5].score()
      return .legacy(legacy)
    case "program":
      let m = try json.members(["program", "flags"])
      return .program(try program(m[0]), flags: try m[1].texts())
    default:
      let m = try json.members(["aggregate"])[0].members(["rule", "maximum", "requires"])
      return .aggregate(
        Aggregation(
          rule: try m[0].word(Aggregation.Rule.self),
          maximum: m[1].isNull ? nil : try m[1].score(), requiredGroups: try m[2].texts()))
    }
  }

  private static func testcase(_ json: JSONPlace) throws(PackageError) -> Testcase {
    let (m, more) = try json.members(
      ["testcase", "input", "answer", "files", "arguments", "validatorArguments", "comparison"],
      optional: ["static"])
    var files: [CaseFile] = []
    for element in try m[3].elements(limit: 10_000) {
      let fields = try element.members(["name", "path"])
      files.append(CaseFile(name: try fields[0].text(), path: try fields[1].text()))
    }
    var testcase = Testcase(
      name: try m[0].text(), input: try m[1].text(), answer: try m[2].text(), files: files,
      arguments: try m[4].texts(), validatorArguments: try m[5].texts(),
      comparison: m[6].isNull ? nil : try comparison(m[6]))
    if let json = more["static"] {
      let fields = try json.members(["arguments", "maximum"])
      testcase.staticValidation = StaticValidation(
        arguments: try fields[0].texts(),
        maximum: fields[1].isNull ? nil : try fields[1].score())
    }
    return testcase
  }

  private static func file(_ json: JSONPlace) throws(PackageError) -> PackageFile {
    let m = try json.members(["path", "size", "sha256", "role", "executable"])
    guard let digest = Digest(hex: try m[2].text()) else {
      throw m[2].refuse("must be 64 hexadecimal digits")
    }
    return PackageFile(
      path: try m[0].text(), size: try m[1].integer(), digest: digest,
      role: try m[3].word(PackageFile.Role.self), isExecutable: try m[4].flag())
  }
}
