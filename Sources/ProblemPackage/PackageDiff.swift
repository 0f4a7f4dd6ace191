public import JudgeModel

/// What judging would see of the difference between two packages.
public struct PackageDiff: Sendable {
  public enum Kind: String, Hashable, Sendable {
    case added, removed, changed
  }
  /// A testcase, a group or a file that is not the same in both.
  public struct Item: Hashable, Sendable {
    public var kind: Kind
    /// Testcases and groups without extension, relative to `data/`; files by package path.
    public var name: String
    /// What about it changed, in words.
    public var details: [String]
  }
  /// A value that is not the same in both; nil where there is none.
  public struct Value: Hashable, Sendable {
    public var name: String
    public var old: String?
    public var new: String?
  }
  public struct LimitChange: Hashable, Sendable {
    public var old: NamedLimit
    public var new: NamedLimit
  }

  public var isSame: Bool
  public var testcases: [Item]
  public var limits: [LimitChange]
  /// Title, kind, source format, what decides about outputs.
  public var settings: [Value]
  public var groups: [Item]
  /// Validators, graders, included files.
  public var files: [Item]
  /// Files whose contents the old package does not have anywhere, each content once: what travels.
  public var newContents: [PackageFile]

  public init(from old: PackageManifest, to new: PackageManifest) {
    isSame = old == new
    testcases = Self.testcases(old, new)
    limits = zip(old.limits.named, new.limits.named).filter { $0.limit != $1.limit }
      .map { LimitChange(old: $0, new: $1) }
    settings = Self.settings(old, new)
    groups = Self.groups(old, new)
    files = Self.programs(old, new)
    var known = Set(old.files.map(\.digest))
    newContents = new.files.filter { known.insert($0.digest).inserted }
    if old.testcases.map(\.name).sorted() == new.testcases.map(\.name).sorted(),
      old.testcases.map(\.name) != new.testcases.map(\.name)
    {
      settings.append(Value(name: "order of the testcases", old: nil, new: "another one"))
    }
  }

  // MARK: Parts

  /// Each name once, in byte order, with what both sides have under it.
  private static func paired<Element>(
    _ old: [(String, Element)], _ new: [(String, Element)]
  ) -> [(name: String, old: Element?, new: Element?)] {
    let before = Dictionary(old, uniquingKeysWith: { first, _ in first })
    let after = Dictionary(new, uniquingKeysWith: { first, _ in first })
    return Set(before.keys).union(after.keys).sorted(by: PathRules.byteOrder)
      .map { ($0, before[$0], after[$0]) }
  }

  private static func testcases(_ old: PackageManifest, _ new: PackageManifest) -> [Item] {
    var former: [[Digest]: String] = [:]
    for testcase in old.testcases {
      former[contents(testcase, old)] = former[contents(testcase, old)] ?? testcase.name
    }
    return paired(old.testcases.map { ($0.name, $0) }, new.testcases.map { ($0.name, $0) })
      .compactMap { name, before, after in
        switch (before, after) {
        case (nil, let after?):
          let twin = former[contents(after, new)].map { ["the contents of \($0)"] }
          return Item(kind: .added, name: name, details: twin ?? [])
        case (_?, nil): return Item(kind: .removed, name: name, details: [])
        case (let before?, let after?):
          let details = changes(before, old, after, new)
          return details.isEmpty ? nil : Item(kind: .changed, name: name, details: details)
        case (nil, nil): return nil
        }
      }
  }

  private static func contents(_ testcase: Testcase, _ manifest: PackageManifest) -> [Digest] {
    [testcase.input, testcase.answer].compactMap { manifest.file($0)?.digest }
  }

  private static func changes(
    _ a: Testcase, _ old: PackageManifest, _ b: Testcase, _ new: PackageManifest
  ) -> [String] {
    var details: [String] = []
    if old.file(a.input)?.digest != new.file(b.input)?.digest { details.append("input") }
    if old.file(a.answer)?.digest != new.file(b.answer)?.digest { details.append("answer") }
    if (a.input, a.answer) != (b.input, b.answer) { details.append("names of its files") }
    let files = { (testcase: Testcase, manifest: PackageManifest) in
      testcase.files.map { [$0.name, manifest.file($0.path)?.digest.hex ?? ""] }
    }
    if files(a, old) != files(b, new) { details.append("files") }
    if a.arguments != b.arguments { details.append("args") }
    if a.validatorArguments != b.validatorArguments { details.append("output validator flags") }
    if a.comparison != b.comparison, a.validatorArguments == b.validatorArguments {
      details.append("comparison")
    }
    // Whatever else a testcase may have.
    if details.isEmpty, a != b { details.append("settings") }
    return details
  }

  private static func settings(_ old: PackageManifest, _ new: PackageManifest) -> [Value] {
    let values = { (manifest: PackageManifest) -> [(String, String?)] in
      [
        ("problem", manifest.problem), ("title", manifest.title), ("uuid", manifest.uuid),
        ("source format", manifest.sourceFormat.rawValue), ("kind", text(manifest.kind)),
        ("time limit from", manifest.limits.timeOrigin.rawValue),
        ("output check", text(manifest.check)),
      ]
    }
    return zip(values(old), values(new)).filter { $0.1 != $1.1 }
      .map { Value(name: $0.0, old: $0.1, new: $1.1) } + others(old, new)
  }

  /// Keys of the canonical text that are told in words elsewhere.
  private static let told: Set<String> = [
    "format", "problem", "title", "uuid", "source", "kind", "limits", "check", "tests", "files",
  ]

  /// Everything that has no words of its own here, as the manifest has it: a difference that is not
  /// told would be worse than one told in brackets.
  private static func others(_ old: PackageManifest, _ new: PackageManifest) -> [Value] {
    let texts = { (manifest: PackageManifest) -> [(String, String)] in
      guard case .object(let members) = ManifestText.value(of: manifest) else { return [] }
      return members.filter { !told.contains($0.key) }.map { member in
        var text: [UInt8] = []
        member.value.write(to: &text)
        return (member.key, String(decoding: text.prefix(100), as: UTF8.self))
      }
    }
    return paired(texts(old), texts(new)).filter { $0.old != $0.new }
      .map { Value(name: $0.name, old: $0.old, new: $0.new) }
  }

  private static func groups(_ old: PackageManifest, _ new: PackageManifest) -> [Item] {
    paired(all(old.tests), all(new.tests)).compactMap { name, before, after in
      let shown = name.isEmpty ? "data" : name
      switch (before, after) {
      case (nil, _?): return Item(kind: .added, name: shown, details: [])
      case (_?, nil): return Item(kind: .removed, name: shown, details: [])
      case (let before?, let after?):
        let (a, b) = (rules(before), rules(after))
        guard a != b else { return nil }
        let details = zip(a, b).filter { $0 != $1 }.map { "\($0) -> \($1)" }
        return Item(
          kind: .changed, name: shown, details: a.count == b.count ? details : ["grading"])
      case (nil, nil): return nil
      }
    }
  }

  private static func all(_ group: TestGroup) -> [(String, TestGroup)] {
    [(group.name, group)]
      + group.children.flatMap { node -> [(String, TestGroup)] in
        if case .group(let inner) = node { all(inner) } else { [] }
      }
  }

  /// Everything but testcases, which are told by themselves.
  private static func programs(_ old: PackageManifest, _ new: PackageManifest) -> [Item] {
    let chosen = { (manifest: PackageManifest) in
      manifest.files.filter { ![.input, .answer, .caseFile].contains($0.role) }
        .map { ($0.path, $0) }
    }
    return paired(chosen(old), chosen(new)).compactMap { path, before, after in
      switch (before, after) {
      case (nil, let after?): return Item(kind: .added, name: path, details: [after.role.rawValue])
      case (let before?, nil):
        return Item(kind: .removed, name: path, details: [before.role.rawValue])
      case (let before?, let after?):
        var details: [String] = []
        if before.digest != after.digest { details.append("contents") }
        if before.role != after.role { details.append("\(before.role) -> \(after.role)") }
        if before.isExecutable != after.isExecutable { details.append("executable or not") }
        return details.isEmpty ? nil : Item(kind: .changed, name: path, details: details)
      case (nil, nil): return nil
      }
    }
  }

  // MARK: Words

  private static func text(_ kind: ProblemKind) -> String {
    var words = [kind.isScoring ? "scoring" : "pass-fail"]
    if kind.isInteractive { words.append("interactive") }
    if kind.isMultiPass { words.append("multi-pass") }
    if kind.isSubmitAnswer { words.append("submit-answer") }
    return words.joined(separator: " ")
  }

  private static func text(_ check: OutputCheck) -> String {
    switch check {
    case .validator(let program):
      var words = ["validator in \(program.folder)"] + program.arguments
      if program.protocol != .ppf { words.append("protocol \(program.protocol.rawValue)") }
      return words.joined(separator: " ")
    case .layout(let rule): return "comparer \(rule.rawValue)"
    case .tokens(let comparison):
      var words = ["default"]
      if comparison.isCaseSensitive { words.append("case_sensitive") }
      if comparison.isSpaceChangeSensitive { words.append("space_change_sensitive") }
      if let text = comparison.absoluteTolerance {
        words.append("float_absolute_tolerance \(text)")
      }
      if let text = comparison.relativeTolerance {
        words.append("float_relative_tolerance \(text)")
      }
      return words.joined(separator: " ")
    }
  }

  /// The rules of a group, in an order that is the same for groups of one kind.
  private static func rules(_ group: TestGroup) -> [String] {
    let onReject = "on reject: \(group.breaksOnReject ? "break" : "continue")"
    switch group.grading {
    case .legacy(let legacy):
      return [
        onReject, "verdict: \(legacy.verdict.rawValue)", "score: \(legacy.score.rawValue)",
        "ignores sample: \(legacy.ignoresSample)",
        "accepts if any accepted: \(legacy.acceptsIfAnyAccepted)",
        "accept score: \(legacy.acceptScore)", "reject score: \(legacy.rejectScore)",
      ]
    case .program(let program, let flags):
      return [
        onReject, "graded by: \(program.folder)", "flags: \(flags.joined(separator: " "))",
        "grader's arguments: \(program.arguments.joined(separator: " "))",
        "grader's language: \(program.language?.value ?? "scripts")",
      ]
    case .aggregate(let aggregation):
      return [
        onReject, "aggregation: \(aggregation.rule.rawValue)",
        "max score: \(aggregation.maximum?.description ?? "unbounded")",
        "requires: \(aggregation.requiredGroups.joined(separator: " "))",
      ]
    }
  }
}

/// A limit with its name in manifests.
public struct NamedLimit: Hashable, Sendable {
  /// With its unit: `memoryBytes`.
  public var key: String
  public var limit: Limit

  /// Without: `memory`, `compilation time`.
  public var title: String {
    let bare = ["Nanoseconds", "Bytes"].lazy.compactMap { key.dropping(suffix: $0) }.first ?? key
    return bare.reduce(into: "") { text, character in
      text += character.isUppercase ? " " + character.lowercased() : String(character)
    }
  }
}

extension ProblemLimits {
  /// All limits in the order of the manifest.
  public var named: [NamedLimit] {
    ManifestText.limits.map { NamedLimit(key: $0.key, limit: self[keyPath: $0.field]) }
  }
}
