public import JudgeModel

/// The canonical text of a manifest: one JSON object, keys in a fixed order, no blanks, one line
/// feed at the end. A package is what this text says, so its SHA-256 is the package's identity.
///
/// Changing a single byte of what is written here renames every package there is; the first key
/// holds the version that would have to change with it.
public enum ManifestText {
  /// Value of the first key.
  static let version = "assize-package-1"
  /// Bytes; a package of 100,000 testcases needs about half of it.
  public static let sizeLimit = 64 << 20
  /// Bytes of a title or a single argument.
  static let textLimit = 4096

  public static func encode(_ manifest: PackageManifest) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(1024 + 256 * manifest.files.count)
    value(of: manifest).write(to: &out)
    out.append(UInt8(ascii: "\n"))
    return out
  }

  static func value(of manifest: PackageManifest) -> JSONValue {
    // What came later stands at the end and only where it is used, so that no older package changes
    // its identity.
    var more: [(String, JSONValue)] = []
    if let program = manifest.staticValidator {
      more.append(("staticValidator", value(of: program)))
    }
    if !manifest.constants.isEmpty {
      more.append(
        (
          "constants",
          .array(
            manifest.constants.entries.map {
              object([("name", .string($0.name)), ("value", .string($0.value))])
            })
        ))
    }
    return object(common(manifest) + more)
  }

  private static func common(_ manifest: PackageManifest) -> [(String, JSONValue)] {
    [
      ("format", .string(version)),
      ("problem", .string(manifest.problem)),
      ("title", .string(manifest.title)),
      ("uuid", .optional(manifest.uuid)),
      ("source", .string(manifest.sourceFormat.rawValue)),
      ("kind", value(of: manifest.kind)),
      ("limits", value(of: manifest.limits)),
      ("check", check(of: manifest)),
      ("tests", value(of: manifest.tests)),
      ("files", .array(manifest.files.map { value(of: $0) })),
    ]
  }

  private static func object(_ members: [(String, JSONValue)]) -> JSONValue {
    .object(members.map { JSONValue.Member(key: $0.0, value: $0.1) })
  }

  private static func value(of kind: ProblemKind) -> JSONValue {
    object([
      ("scoring", .bool(kind.isScoring)),
      ("interactive", .bool(kind.isInteractive)),
      ("multiPass", .bool(kind.isMultiPass)),
      ("submitAnswer", .bool(kind.isSubmitAnswer)),
    ])
  }

  /// Names of the limits in the text, in its order.
  static var limits: [(key: String, field: WritableKeyPath<ProblemLimits, Limit>)] {
    [
      ("timeNanoseconds", \.timeNanoseconds),
      ("memoryBytes", \.memoryBytes),
      ("outputBytes", \.outputBytes),
      ("codeBytes", \.codeBytes),
      ("compilationTimeNanoseconds", \.compilationTimeNanoseconds),
      ("compilationMemoryBytes", \.compilationMemoryBytes),
      ("validationTimeNanoseconds", \.validationTimeNanoseconds),
      ("validationMemoryBytes", \.validationMemoryBytes),
      ("validationOutputBytes", \.validationOutputBytes),
      ("validationPasses", \.validationPasses),
    ]
  }

  private static func value(of limits: ProblemLimits) -> JSONValue {
    object(
      [("timeOrigin", .string(limits.timeOrigin.rawValue))]
        + Self.limits.map { key, field in
          let limit = limits[keyPath: field]
          return (
            key,
            object([("amount", .integer(limit.amount)), ("explicit", .bool(limit.isExplicit))])
          )
        })
  }

  private static func check(of manifest: PackageManifest) -> JSONValue {
    switch manifest.check {
    case .tokens(let comparison): return object([("tokens", value(of: comparison))])
    case .layout(let comparison): return object([("layout", .string(comparison.rawValue))])
    case .validator(let program):
      var members = [("validator", value(of: program))]
      if let checker = manifest.interactorChecker {
        members.append(("interactorChecker", value(of: checker)))
      }
      return object(members)
    }
  }

  private static func value(of comparison: TokenComparison) -> JSONValue {
    object([
      ("caseSensitive", .bool(comparison.isCaseSensitive)),
      ("spaceChangeSensitive", .bool(comparison.isSpaceChangeSensitive)),
      ("absoluteTolerance", .optional(comparison.absoluteTolerance)),
      ("relativeTolerance", .optional(comparison.relativeTolerance)),
    ])
  }

  private static func value(of program: ValidatorProgram) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("language", .optional(program.language?.value)),
      ("folder", .string(program.folder)),
      ("files", .strings(program.files)),
      ("arguments", .strings(program.arguments)),
    ]
    // Left out where it is the format's own: packages from before there was a choice keep their names.
    if program.protocol != .ppf {
      members.append(("protocol", .string(program.protocol.rawValue)))
    }
    return object(members)
  }

  private static func value(of group: TestGroup) -> JSONValue {
    object([
      ("group", .string(group.name)),
      ("grading", value(of: group.grading)),
      ("breaksOnReject", .bool(group.breaksOnReject)),
      (
        "children",
        .array(
          group.children.map { node in
            switch node {
            case .group(let group): value(of: group)
            case .testcase(let testcase): value(of: testcase)
            }
          })
      ),
    ])
  }

  private static func value(of grading: GroupGrading) -> JSONValue {
    switch grading {
    case .legacy(let legacy):
      object([
        (
          "legacy",
          object([
            ("verdict", .string(legacy.verdict.rawValue)),
            ("score", .string(legacy.score.rawValue)),
            ("ignoresSample", .bool(legacy.ignoresSample)),
            ("acceptsIfAnyAccepted", .bool(legacy.acceptsIfAnyAccepted)),
            ("acceptScore", .string(legacy.acceptScore.description)),
            ("rejectScore", .string(legacy.rejectScore.description)),
          ])
        )
      ])
    case .program(let program, let flags):
      object([("program", value(of: program)), ("flags", .strings(flags))])
    case .aggregate(let aggregation):
      object([
        (
          "aggregate",
          object([
            ("rule", .string(aggregation.rule.rawValue)),
            ("maximum", .optional(aggregation.maximum?.description)),
            ("requires", .strings(aggregation.requiredGroups)),
          ])
        )
      ])
    }
  }

  private static func value(of testcase: Testcase) -> JSONValue {
    let isStatic = testcase.staticValidation.map { check in
      [
        (
          "static",
          object([
            ("arguments", .strings(check.arguments)),
            ("maximum", .optional(check.maximum?.description)),
          ])
        )
      ]
    }
    return object(common(testcase) + (isStatic ?? []))
  }

  private static func common(_ testcase: Testcase) -> [(String, JSONValue)] {
    [
      ("testcase", .string(testcase.name)),
      ("input", .string(testcase.input)),
      ("answer", .string(testcase.answer)),
      (
        "files",
        .array(
          testcase.files.map {
            object([("name", .string($0.name)), ("path", .string($0.path))])
          })
      ),
      ("arguments", .strings(testcase.arguments)),
      ("validatorArguments", .strings(testcase.validatorArguments)),
      ("comparison", testcase.comparison.map { value(of: $0) } ?? .null),
    ]
  }

  private static func value(of file: PackageFile) -> JSONValue {
    object([
      ("path", .string(file.path)),
      ("size", .integer(file.size)),
      ("sha256", .string(file.digest.hex)),
      ("role", .string(file.role.rawValue)),
      ("executable", .bool(file.isExecutable)),
    ])
  }
}

extension PackageManifest {
  /// The package's identity: the SHA-256 of its canonical text. Hashes the whole text each time.
  public var digest: Digest { SHA256.digest(ManifestText.encode(self)) }
}
