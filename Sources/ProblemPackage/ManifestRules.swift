import JudgeModel

/// What holds for every manifest, whoever made it: a reader checks its own, a receiver the one it was
/// sent. Whatever uses a manifest later may rely on it.
enum ManifestRules {
  /// Members of an archive.
  static let fileLimit = 200_000
  /// Bytes of all files.
  static let totalLimit: Int64 = 16 << 30
  static let groupDepthLimit = 16
  /// Constants with all their variants.
  static let constantLimit = 10_000
  /// Arguments of one program or testcase.
  static let argumentLimit = 1000
  /// Name of the first member of an archive.
  static let manifestMember = "manifest.json"

  static func check(_ manifest: PackageManifest) throws(PackageError) {
    guard PathRules.isComponent(manifest.problem) else {
      throw .manifest("problem: the name has characters that a directory may not have")
    }
    for (key, field) in ManifestText.limits {
      let amount = manifest.limits[keyPath: field].amount
      guard amount > 0, amount <= 1 << 52 else {
        throw .manifest("limits.\(key): \(amount) is out of range")
      }
    }
    try checkFiles(manifest)
    try checkTests(manifest)
    try checkProtocols(manifest)
    if let program = manifest.staticValidator {
      try check(program, "staticValidator", .validator, manifest)
    }
    for entry in manifest.constants.entries {
      let parts = entry.name.split(separator: ".", omittingEmptySubsequences: false)
      guard (1...2).contains(parts.count), parts.allSatisfy({ ProblemConstants.isName($0) }) else {
        throw .manifest("constants: `\(entry.name.prefix(40))` is not a name")
      }
    }
  }

  /// Only what the evaluation can do together is let through.
  private static func checkProtocols(_ manifest: PackageManifest) throws(PackageError) {
    guard case .validator(let program) = manifest.check else {
      guard manifest.interactorChecker == nil else {
        throw .manifest("check.interactorChecker: there is no interactor")
      }
      return
    }
    try check(program, "check.validator", .validator, manifest)
    if let objection = objection(to: program.protocol, for: manifest.kind) {
      throw .manifest("check.validator: \(objection)")
    }
    try checkRoom(program, manifest)
    guard let checker = manifest.interactorChecker else { return }
    try check(checker, "check.interactorChecker", .validator, manifest)
    guard manifest.kind.isInteractive, program.protocol == .testlib, checker.protocol == .testlib,
      checker.folder != program.folder
    else {
      throw .manifest(
        "check.interactorChecker: goes with an interactor of the testlib protocol only")
    }
  }

  /// Bytes of a validator's working directory: where protocols with files have everything at once.
  static let validatorRoom: Int64 = 256 << 20

  /// A full directory would be our fault, and a submission could fill it.
  private static func checkRoom(
    _ program: ValidatorProgram, _ manifest: PackageManifest
  ) throws(PackageError) {
    guard program.protocol != .ppf, !manifest.kind.isInteractive else { return }
    let sizes = manifest.testcases.map {
      (manifest.file($0.input)?.size ?? 0) + (manifest.file($0.answer)?.size ?? 0)
    }
    let room = validatorRoom - (8 << 20) - (sizes.max() ?? 0)
    guard manifest.limits.outputBytes.amount <= room else {
      throw .manifest(
        "check.validator: under its protocol input, answer and output lie in one directory of "
          + "\(validatorRoom >> 20) MiB, so the output limit may be \(max(0, room >> 20)) MiB at most"
      )
    }
  }

  /// Why a problem of this kind cannot be judged under a protocol; nil when it can.
  static func objection(to protocol: ValidatorProtocol, for kind: ProblemKind) -> String? {
    if kind.isMultiPass, `protocol` != .ppf {
      return "the protocol \(`protocol`.rawValue) knows nothing of several passes"
    }
    if kind.isInteractive, `protocol` == .cms || `protocol` == .peg {
      return "the protocol \(`protocol`.rawValue) has no interactors"
    }
    return nil
  }

  private static func checkFiles(_ manifest: PackageManifest) throws(PackageError) {
    guard manifest.files.count <= fileLimit else {
      throw .manifest("files: more than \(fileLimit)")
    }
    var total: Int64 = 0
    var folded: Set<String> = []
    var previous = ""
    for file in manifest.files {
      if let objection = PathRules.objection(to: file.path) {
        throw .manifest("files: `\(file.path.prefix(80))` \(objection)")
      }
      guard file.path != manifestMember else {
        throw .manifest("files: `\(manifestMember)` is the name of the manifest itself")
      }
      guard PathRules.byteOrder(previous, file.path) else {
        throw .manifest("files: `\(file.path)` is repeated or out of order")
      }
      guard folded.insert(PathRules.folded(file.path)).inserted else {
        throw .manifest("files: `\(file.path)` differs from another in letter case only")
      }
      guard (0...PackageTree.fileLimit).contains(file.size) else {
        throw .manifest("files: `\(file.path)` has an impossible size")
      }
      total += file.size
      guard total <= totalLimit else {
        throw .manifest("files: more than \(totalLimit >> 30) GiB together")
      }
      previous = file.path
    }
    // A file cannot be a directory as well.
    let paths = Set(manifest.files.map(\.path))
    for path in paths {
      var parent = path.parentPath
      while !parent.isEmpty {
        guard !paths.contains(parent) else {
          throw .manifest("files: `\(parent)` is both a file and a directory")
        }
        parent = parent.parentPath
      }
    }
  }

  private static func checkTests(_ manifest: PackageManifest) throws(PackageError) {
    guard manifest.tests.name.isEmpty else { throw .manifest("tests: the root must have no name") }
    var names: Set<String> = []
    try checkGroup(manifest.tests, manifest, &names, depth: 0)
    guard !names.isEmpty else { throw .manifest("tests: no testcase") }
  }

  private static func checkGroup(
    _ group: TestGroup, _ manifest: PackageManifest, _ names: inout Set<String>, depth: Int
  ) throws(PackageError) {
    guard depth < groupDepthLimit else {
      throw .manifest("tests: groups are more than \(groupDepthLimit) deep")
    }
    if case .program(let program, _) = group.grading {
      try check(program, "tests `\(group.name)`", .grader, manifest)
    }
    for child in group.children {
      switch child {
      case .group(let inner):
        try checkName(inner.name, inside: group, &names)
        try checkGroup(inner, manifest, &names, depth: depth + 1)
      case .testcase(let testcase):
        try checkName(testcase.name, inside: group, &names)
        try check(testcase, manifest)
      }
    }
  }

  private static func checkName(
    _ name: String, inside group: TestGroup, _ names: inout Set<String>
  ) throws(PackageError) {
    if let objection = PathRules.objection(to: name) {
      throw .manifest("tests: `\(name.prefix(80))` \(objection)")
    }
    guard group.name.isEmpty || name.hasPrefix(group.name + "/") else {
      throw .manifest("tests: `\(name)` is not below its group `\(group.name)`")
    }
    guard names.insert(name).inserted else { throw .manifest("tests: `\(name)` occurs twice") }
  }

  private static func check(
    _ testcase: Testcase, _ manifest: PackageManifest
  ) throws(PackageError) {
    if let check = testcase.staticValidation {
      guard manifest.staticValidator != nil else {
        throw .manifest("tests `\(testcase.name)`: there is no static validator")
      }
      guard testcase.input.isEmpty, testcase.answer.isEmpty, testcase.files.isEmpty,
        testcase.arguments.isEmpty, !check.arguments.contains(where: { $0.utf8.contains(0) })
      else {
        throw .manifest("tests `\(testcase.name)`: a look at the source has no input or answer")
      }
      return
    }
    try require(testcase.input, .input, testcase.name, manifest)
    try require(testcase.answer, .answer, testcase.name, manifest)
    var names: Set<String> = []
    for file in testcase.files {
      try require(file.path, .caseFile, testcase.name, manifest)
      if let objection = PathRules.objection(to: file.name) {
        throw .manifest("tests `\(testcase.name)`: `\(file.name.prefix(80))` \(objection)")
      }
      guard names.insert(PathRules.folded(file.name)).inserted else {
        throw .manifest("tests `\(testcase.name)`: two files named `\(file.name)`")
      }
    }
    for argument in testcase.arguments + testcase.validatorArguments
    where argument.utf8.contains(0) {
      throw .manifest("tests `\(testcase.name)`: an argument with a NUL byte")
    }
  }

  private static func check(
    _ program: ValidatorProgram, _ place: String, _ role: PackageFile.Role,
    _ manifest: PackageManifest
  ) throws(PackageError) {
    guard PathRules.objection(to: program.folder) == nil, !program.files.isEmpty else {
      throw .manifest("\(place): the program has no folder or no files")
    }
    for path in program.files {
      try require(path, role, place, manifest)
      guard path.hasPrefix(program.folder + "/") else {
        throw .manifest("\(place): `\(path)` is not in the folder `\(program.folder)`")
      }
    }
  }

  private static func require(
    _ path: String, _ role: PackageFile.Role, _ place: String, _ manifest: PackageManifest
  ) throws(PackageError) {
    guard let file = manifest.file(path), file.role == role else {
      throw .manifest("\(place): there is no \(role.rawValue) file `\(path.prefix(80))` in files")
    }
  }
}
