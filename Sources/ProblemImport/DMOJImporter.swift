import JudgeModel
import ProblemPackage

/// A problem of DMOJ: `init.yml` with its archive or files beside it.
///
/// The site keeps the limits in its database, so they have to be given. Programs that DMOJ would run
/// inside its judge or to make tests are refused, because nothing of an import is executed.
struct DMOJImporter {
  let context: ImportContext
  static let file = "init.yml"

  private var findings: Findings { context.findings }
  private var tree: SourceTree { context.tree }

  private static let ignored: Set<String> = [
    "hints", "meta", "output_prefix_length", "wall_time_factor", "unbuffered", "type",
  ]
  private static let read: Set<String> = [
    "archive", "test_cases", "pretest_test_cases", "checker", "points", "interactive",
    "output_limit_length", "binary_data",
  ]
  private static let refused: [String: String] = [
    "custom_judge":
      "is Python code that would run inside the judge, and is not executed here; write "
      + "an output validator for the package instead",
    "generator": "makes the tests by a program, and nothing is executed here; run it yourself and "
      + "import its files with `assize import plain`",
    "signature_grader":
      "compiles submissions together with a program of its own, which packages of "
      + "this format cannot say for DMOJ's headers",
    "file_io": "reads and writes files, and only standard input and output are judged",
    "symlinks": "gives programs links in their folder, which are not made here",
  ]

  func draft() throws(ImportError) -> PackageDraft? {
    guard tree.has(Self.file) else { throw .refused(Self.file, tree.absence(of: Self.file)) }
    context.requireLimits("init.yml does not say the limits, DMOJ keeps them in its database")
    let bytes = try tree.contents(Self.file)
    guard let map = YAMLMap.parse(bytes, path: Self.file, findings) else { return nil }
    for (key, value) in map.entries where !value.isNull {
      if let reason = Self.refused[key] {
        if key == "symlinks" || (key == "file_io" && context.options.usesStandardStreams) {
          value.warning("`\(key)` \(reason)")
        } else {
          value.error("`\(key)` \(reason)")
        }
      } else if !Self.read.contains(key), !Self.ignored.contains(key) {
        value.warning("`\(key)` is not known here and was not used")
      }
    }
    var draft = PackageDraft()
    draft.origin = "a DMOJ problem by `assize import dmoj`"
    draft.title = context.sourceName
    draft.identity = "dmoj\n" + context.sourceName
    draft.outputMebibytes = 24
    if let length = map["output_limit_length"]?.integer(1...(1 << 40)) {
      draft.outputMebibytes = (length + (1 << 20) - 1) >> 20
    }
    // DMOJ does it to every problem that does not say that its data are no text.
    draft.normalisesLineEnds = map["binary_data"]?.flag() != true
    let checker = DMOJChecker(context: context).read(map)
    let archive = try archive(map)
    DMOJCases(context: context, archive: archive, isPartial: checker.isPartial)
      .read(map, &draft)
    checker.apply(&draft)
    readSubmissions(&draft)
    return draft
  }

  private func archive(_ map: YAMLMap) throws(ImportError) -> SourceTree? {
    guard let value = map["archive"], let name = value.text(),
      let path = context.safe(name, namedIn: Self.file, line: value.line)
    else { return nil }
    guard tree.has(path) else {
      value.error("the archive `\(path)` \(tree.absence(of: path))")
      return nil
    }
    do { return try ZipUnpacker.unpack(tree.root + "/" + path) } catch {
      value.error("\(error)")
      return nil
    }
  }

  /// `tests/NAME/test.yml`, as DMOJ's own collections label their submissions.
  private func readSubmissions(_ draft: inout PackageDraft) {
    for path in tree.paths where path.hasPrefix("tests/") && path.lastName == "test.yml" {
      guard let bytes = try? tree.contents(path),
        let map = YAMLMap.parse(bytes, path: path, findings),
        let source = map["source"], !source.isSequence, let name = source.text(),
        let safe = context.safe(name, namedIn: path), let expected = map["expect"],
        !expected.isSequence, let verdict = expected.text()
      else { continue }
      let file = path.folderName + "/" + safe
      let language = map["language"]?.text() ?? ""
      let seconds = map["time"]?.decimal()
      let kibibytes = map["memory"]?.integer(1...1 << 40)
      let sameLimits =
        seconds?.billionths ?? context.options.timeLimit?.nanoseconds
        == context.options.timeLimit?.nanoseconds
        && kibibytes.map { $0 << 10 } ?? context.options.memoryBytes == context.options.memoryBytes
      let labels = [
        "AC": "accepted", "WA": "wrong_answer", "TLE": "time_limit_exceeded",
        "RTE": "run_time_error", "IR": "run_time_error", "MLE": "memory_limit_exceeded",
        "OLE": "output_limit_exceeded", "CE": "compile_error",
      ]
      guard tree.has(file), let label = labels[verdict], SourceLanguage.of([file]) != nil,
        language != "PY2", language != "PYPY"
      else {
        findings.warning(path, "this submission (\(language), \(verdict)) is not imported")
        continue
      }
      guard sameLimits || ["AC", "WA", "CE"].contains(verdict) else {
        findings.warning(
          path, "expects \(verdict) within other limits than those given; not imported")
        continue
      }
      draft.addSubmission(tree, file, label: label)
    }
  }
}
