import ArgumentParser
import Foundation
import JudgeModel
import ProblemImport
import ProblemPackage

/// Brings problems of other judges into the format of packages.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make a problem package of another judge's problem.",
    discussion: """
      KIND is polygon (a full package), plain (a folder of inputs and answers), dmoj (init.yml) or \
      cms (a task of the italy_yaml layout). SOURCE is a folder or a zip file of one. Nothing of it is \
      executed, and no link in it is followed. What comes out is for `assize pack check` and `pack test`.

      Exit status: 0 written (or shown), 2 refused, with all reasons; nothing is written then.
      """)

  @Argument(
    help: "polygon, plain, dmoj or cms.",
    transform: { text in
      guard let kind = ImportKind(rawValue: text) else {
        throw ValidationError("`\(text)` is no kind of problem: use polygon, plain, dmoj or cms")
      }
      return kind
    })
  var kind: ImportKind
  @Argument(help: "A folder, or a zip file.")
  var source: String
  @Argument(help: ArgumentHelp("The package directory to make.", valueName: "dir"))
  var directory: String?
  @Flag(help: "Only show what was found.")
  var dryRun = false
  @Option(help: ArgumentHelp("Time limit.", valueName: "seconds"))
  var timeLimit: String?
  @Option(help: ArgumentHelp("Memory limit, such as 256M.", valueName: "size"))
  var memoryLimit: ByteSize?
  @Option(help: ArgumentHelp("Output limit, such as 64M.", valueName: "size"))
  var outputLimit: ByteSize?
  @Option(help: "Title of the problem.")
  var title: String?
  @Option(
    help: ArgumentHelp(
      "A testlib.h to copy into the package, when it has none and its checker needs it.",
      valueName: "file"))
  var testlib: String?
  @Flag(name: .customLong("normalise-line-ends"), help: "Make Windows' line ends line feeds.")
  var normaliseLineEnds = false
  @Flag(help: "Judge with standard input and output although the problem names files.")
  var stdio = false
  @Flag(help: "dmoj: make a scoring problem of cases without batches.")
  var scoring = false
  @Option(help: ArgumentHelp("polygon: the set of tests to take.", valueName: "name"))
  var testset: String?
  @Option(
    help: ArgumentHelp(
      "plain: a regular expression for paths of inputs; (?<batch>…) in it names the group.",
      valueName: "regex"))
  var groups: String?
  @Option(
    help: ArgumentHelp(
      "plain: compare outputs by lines-tokens, dmoj-standard or exact. Default: by tokens.",
      valueName: "name"))
  var comparison: String?
  @Option(
    name: .customLong("submission"),
    help: ArgumentHelp(
      "Take along a program of the source: accepted=sol/a.cpp. May be given again.",
      valueName: "label=path"))
  var submissions: [String] = []

  func validate() throws {
    _ = try options()
    if directory == nil, !dryRun {
      throw ValidationError("name the directory to make, or --dry-run")
    }
    let strangers: [(String, Bool, ImportKind)] = [
      ("--groups", groups != nil, .plain), ("--comparison", comparison != nil, .plain),
      ("--testset", testset != nil, .polygon), ("--scoring", scoring, .dmoj),
    ]
    for (option, isGiven, owner) in strangers where isGiven && owner != kind {
      throw ValidationError("\(option) is for \(owner.rawValue) only, not for \(kind.rawValue)")
    }
    if let testlib, !FileManager.default.isReadableFile(atPath: testlib) {
      throw ValidationError("--testlib \(testlib): there is no such file that can be read")
    }
  }

  private func options() throws -> ImportOptions {
    var options = ImportOptions()
    if let timeLimit {
      guard let seconds = Score(timeLimit), seconds > .zero,
        seconds.billionths <= 3_600_000_000_000,
        seconds.billionths % 1_000_000 == 0
      else {
        throw ValidationError(
          "--time-limit \(timeLimit): it must be seconds, more than 0, at most 3600, three decimals"
        )
      }
      options.timeLimit = TimeSpan(nanoseconds: seconds.billionths)
    }
    for (name, size) in [("--memory-limit", memoryLimit), ("--output-limit", outputLimit)] {
      guard let size, !(1 << 20...1 << 40).contains(size.bytes) else { continue }
      throw ValidationError("\(name): it must be from 1M to 1T; a number without a letter is bytes")
    }
    options.memoryBytes = memoryLimit?.bytes
    options.outputMebibytes = outputLimit.map { ($0.bytes + (1 << 20) - 1) >> 20 }
    options.title = title
    options.testlib = testlib
    options.normalisesLineEnds = normaliseLineEnds
    options.usesStandardStreams = stdio
    options.isScoring = scoring
    options.testset = testset
    options.groupPattern = groups
    if let comparison {
      options.comparison = LayoutComparison(rawValue: comparison)
      if options.comparison == nil {
        throw ValidationError(
          "--comparison \(comparison): use "
            + LayoutComparison.allCases.map(\.rawValue).joined(separator: ", "))
      }
    }
    options.submissions = try submissions.map { text in
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw ValidationError("--submission \(text): write LABEL=PATH, as in accepted=sol/a.cpp")
      }
      return (parts[0], parts[1])
    }
    return options
  }

  func run() throws {
    let plan = ProblemImporter.plan(kind, source: source, options: try options())
    for line in plan.summary { print(terminalSafe(line)) }
    for finding in plan.diagnostics {
      printToStandardError(terminalSafe(located(finding, in: source)))
    }
    guard !plan.hasErrors else {
      printToStandardError("\(source): not imported, nothing was written; mend the errors first")
      throw ExitCode(2)
    }
    guard let directory, !dryRun else { return }
    do {
      let progress = Progress(total: Int64(plan.fileCount), unit: .items, title: "writing")
      var count: Int64 = 0
      defer { progress.finish() }
      let warnings = try plan.write(to: directory) { path in
        count += 1
        progress.report(count, note: path)
      }
      progress.finish()
      for finding in warnings {
        printToStandardError(terminalSafe(located(finding, in: directory)))
      }
      print("\(directory): written; now `assize pack check` and `assize pack test` it")
    } catch {
      printToStandardError(terminalSafe("\(directory): \(error)", lines: true))
      throw ExitCode(2)
    }
  }
}
