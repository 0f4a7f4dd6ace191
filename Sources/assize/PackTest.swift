import ArgumentParser
import Evaluation
import Foundation
import Grading
import JudgeModel
import ProblemPackage
import Sandbox

struct PackTest: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Judge the labelled submissions of packages and compare with their labels.",
    discussion: """
      Every submission is judged exactly as a worker would do it. Where no time limit is given, one \
      is derived first from the submissions that have to be fast enough. Languages that are not \
      installed here are listed as skipped. The input validators are run on every input, unless \
      --only or --language selects submissions.

      For each submission: what it should get and got, its slowest testcase with the CPU time and \
      the share of the limit it used, and the testcase that decided. FAIL marks what is not as \
      labelled.

      Example: sudo assize pack test problems/pairsum --only 'accepted/*'

      Exit status: 0 everything as expected, 1 something is not, 2 this machine cannot judge or \
      nothing was selected, 64 wrong usage.
      """)

  enum Mode: String, EnumerableFlag {
    case full
    case lazy

    static func help(for value: Mode) -> ArgumentHelp? {
      switch value {
      case .full: "Judge every testcase of every submission."
      case .lazy:
        """
        Stop where the verdict cannot change any more. The default for submissions whose label \
        speaks of the whole verdict only.
        """
      }
    }
  }

  @Argument(help: ArgumentHelp("Directories of packages.", valueName: "dir"))
  var directories: [String]
  @Option(help: "Submissions to judge at the same time. Default: half of the processors.")
  var slots: Int?
  @Option(
    help: ArgumentHelp(
      "Only submissions whose name matches, such as 'accepted/*' or part of a name.",
      valueName: "pattern"))
  var only: String?
  @Option(help: ArgumentHelp("Only submissions in this language, such as cpp.", valueName: "id"))
  var language: String?
  @Option(
    help: ArgumentHelp("Judge with this time limit instead of the package's.", valueName: "seconds")
  )
  var timeLimit: String?
  @Option(help: "How to print the results.")
  var format = ListFormat.table
  @Flag(exclusivity: .exclusive)
  var mode: Mode?
  @OptionGroup var machineOptions: MachineOptions

  func validate() throws {
    if let slots, !(1...1024).contains(slots) {
      throw ValidationError("--slots \(slots): it must be between 1 and 1024")
    }
    if let only, Glob(only) == nil {
      throw ValidationError("--only \(only): not a pattern; use *, ? and {a,b}")
    }
    _ = try givenTimeLimit()
  }

  private func givenTimeLimit() throws -> TimeSpan? {
    guard let timeLimit else { return nil }
    guard let seconds = Score(timeLimit), seconds > .zero, seconds.billionths <= 3_600_000_000_000
    else {
      throw ValidationError(
        "--time-limit \(timeLimit): it must be seconds, more than 0 and at most 3600")
    }
    return TimeSpan(nanoseconds: seconds.billionths)
  }

  func run() throws {
    var packages: [TestedPackage] = []
    var isReadable = true
    let paths = PackagePaths(directories)
    paths.sayWhatWasLeftOut()
    for directory in paths.packages {
      let reading = PackageReader.read(directory: directory)
      for finding in reading.diagnostics where finding.severity == .error {
        printToStandardError(located(finding, in: directory))
      }
      guard let manifest = reading.manifest else {
        printToStandardError("\(directory): not tested; mend the errors first")
        isReadable = false
        continue
      }
      var package = TestedPackage(directory: directory, manifest: manifest, reading: reading)
      package.submissions = package.submissions.filter { isSelected($0.submission) }
      for submission in package.submissions where submission.submission.expectations.isEmpty {
        warn(
          "\(directory)/submissions/\(submission.submission.name) has no label that says what it "
            + "should get: whatever it gets counts as expected")
      }
      if let limit = try givenTimeLimit() {
        package.setTimeLimit(limit, origin: .explicit)
      }
      packages.append(package)
    }
    guard isReadable || !packages.isEmpty else { throw ExitCode(1) }
    guard packages.contains(where: { !$0.submissions.isEmpty }) else {
      printToStandardError("no submission was selected: look at --only and --language")
      throw ExitCode(2)
    }
    let results = try judge(&packages)
    var report = PackTestReport(packages: packages, results: results.outcomes)
    report.inputs = results.inputs
    switch format {
    case .table: print(report.text)
    case .json: try printJSON(report.document(machine: results.machine))
    }
    if report.hasMachineTrouble { throw ExitCode(2) }
    if !report.isAsExpected || !isReadable || !results.haveLimits { throw ExitCode(1) }
  }

  private func isSelected(_ submission: LabelledSubmission) -> Bool {
    if let language, submission.language?.value != language { return false }
    guard let only, let glob = Glob(only) else { return true }
    return glob.matches(submission.name) || submission.name.contains(only)
  }

  private func judge(
    _ packages: inout [TestedPackage]
  ) throws -> (
    outcomes: [[TestOutcome]], inputs: [ValidationOutcome], machine: Machine, haveLimits: Bool
  ) {
    do {
      let inputs = only == nil && language == nil ? packages.map(\.inputsToValidate) : []
      let wanted = Set(packages.flatMap(\.languages) + inputs.flatMap(\.languages))
      let slots = slots ?? MachineOptions.defaultSlots
      let machine = try Machine.examine(machineOptions, slots: slots, wanted: wanted)
      printToStandardError(machine.host.summary)
      for line in machine.languageLines { printToStandardError(line) }
      let run = PackTestRun(
        machine: machine, mode: mode.map { $0 == .full ? .full : .lazy },
        slots: slots)
      let validation = PackValidation(machine: machine, slots: slots, scope: .inputs)
      let validated = try validation.run(inputs)
      let problems = run.deriveTimeLimits(&packages)
      for problem in problems { printToStandardError(problem) }
      return (run.judge(packages), validated, machine, problems.isEmpty)
    } catch let error as ExitCode {
      throw error
    } catch {
      printToStandardError("\(error)")
      throw ExitCode(2)
    }
  }
}

/// A package whose submissions are judged.
struct TestedPackage: Sendable {
  struct Submission: Sendable {
    var submission: LabelledSubmission
    var program: Program?
    /// Why there is no program.
    var problem = ""
  }
  var directory: String
  var manifest: PackageManifest
  var rules: TimeLimitRules
  var submissions: [Submission]

  init(directory: String, manifest: PackageManifest, reading: PackageReading) {
    self.directory = directory
    self.manifest = manifest
    rules = reading.timeLimitRules
    submissions = reading.submissions.map {
      Self.load($0, from: directory, manifest.constants)
    }
  }

  mutating func setTimeLimit(_ limit: TimeSpan, origin: TimeLimitOrigin) {
    manifest.limits.timeNanoseconds = Limit(limit.nanoseconds, explicit: origin == .explicit)
    manifest.limits.timeOrigin = origin
  }

  /// Languages that judging it needs here.
  var languages: [LanguageID] {
    var all = submissions.compactMap(\.submission.language)
    if case .validator(let program) = manifest.check { all += [program.language].compactMap { $0 } }
    all += [manifest.staticValidator?.language, manifest.interactorChecker?.language]
      .compactMap { $0 }
    return all
  }

  var inputsToValidate: PackValidation.Package {
    PackValidation.Package(
      directory: directory, manifest: manifest,
      checks: InputChecks.read(directory: directory, check: manifest.check))
  }

  private static func load(
    _ submission: LabelledSubmission, from directory: String, _ constants: ProblemConstants
  ) -> Submission {
    guard submission.language != LanguageID("python2") else {
      return Submission(submission: submission, problem: "Python 2 is not supported")
    }
    guard let language = submission.language else {
      return Submission(submission: submission, problem: "its language cannot be told")
    }
    let prefix = "submissions/\(submission.name)/"
    var files: [SourceFile] = []
    var total = 0
    for path in submission.files {
      let url = URL(fileURLWithPath: directory + "/" + path)
      guard let contents = try? Data(contentsOf: url) else {
        return Submission(submission: submission, problem: "\(path) cannot be read")
      }
      total += contents.count
      let name =
        submission.isDirectory && path.hasPrefix(prefix)
        ? String(path.dropFirst(prefix.count)) : url.lastPathComponent
      files.append(SourceFile(name: name, contents: constants.replacing(in: Array(contents))))
    }
    guard total <= Program.byteLimit else {
      return Submission(
        submission: submission,
        problem: "its \(total) bytes are more than a submission may have (\(Program.byteLimit))")
    }
    let program = Program(language: language, entryPoint: submission.entryPoint, files: files)
    return Submission(submission: submission, program: program)
  }
}

extension TestedPackage.Submission {
  var name: String { submission.name }
}
