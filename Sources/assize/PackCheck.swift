import ArgumentParser
import Evaluation
import Foundation
import JudgeModel
import ProblemPackage

struct PackCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Look for everything that is wrong with packages, and run their validators.",
    discussion: """
      Reads all of a package and says everything it finds, as PATH:LINE: error or warning. The \
      input validators are run, in the sandbox, on every input and on junk that they should reject; \
      the output validator on outputs that no program should print. That needs root; for anybody \
      else, and with --no-run, only the files are looked at, and the last lines say so. No \
      submission is run: that is `assize pack test`.

      Example: sudo assize pack check problems/*

      Exit status: 0 no errors (there may be warnings), 1 errors, 2 this machine cannot run the \
      validators, 64 wrong usage.
      """)

  @Argument(help: ArgumentHelp("Directories of packages.", valueName: "dir"))
  var directories: [String]
  @Option(help: "How to print the findings.")
  var format = ListFormat.table
  @Flag(help: "Do not run any program of the packages.")
  var noRun = false
  @Flag(help: "List every finding, also where many files have the same one.")
  var all = false
  @Option(help: "Validators to run at the same time. Default: half of the processors.")
  var slots: Int?
  @OptionGroup var machineOptions: MachineOptions

  func validate() throws {
    if let slots, !(1...1024).contains(slots) {
      throw ValidationError("--slots \(slots): it must be between 1 and 1024")
    }
  }

  func run() throws {
    let paths = PackagePaths(directories)
    paths.sayWhatWasLeftOut()
    var packages = paths.packages.map(Self.look)
    var canRun = true
    if let reason = reasonNotToRun {
      for index in packages.indices { packages[index].reasonNotRun = reason }
    } else {
      do {
        try runValidators(of: &packages)
      } catch {
        // What was found in the files is worth knowing all the same.
        canRun = false
        for index in packages.indices { packages[index].reasonNotRun = "\(error)" }
      }
    }
    let report = PackCheckReport(packages: packages)
    switch format {
    case .table: print(report.text(all: all))
    case .json: try printJSON(report.document)
    }
    if !canRun {
      warn("this machine cannot run the validators; with --no-run the files alone are looked at")
      throw ExitCode(2)
    }
    if report.hasErrors { throw ExitCode(1) }
  }

  private var reasonNotToRun: String? {
    if noRun { return "--no-run" }
    return geteuid() == 0 ? nil : "running them in the sandbox needs root"
  }

  private static func look(_ directory: String) -> CheckedPackage {
    let reading = PackageReader.read(directory: directory)
    var package = CheckedPackage(directory: directory, reading: reading)
    // Nothing more can be said about what is not there.
    guard FileManager.default.fileExists(atPath: directory) else { return package }
    package.checks = InputChecks.read(directory: directory, check: reading.manifest?.check)
    var progress: Progress?
    package.lint = DataLint.findings(directory: directory, manifest: reading.manifest) {
      done, total, path in
      let shown = progress ?? Progress(total: total, unit: .bytes, title: "looking at \(directory)")
      progress = shown
      shown.report(done, note: path)
    }
    progress?.finish()
    return package
  }

  private func runValidators(of packages: inout [CheckedPackage]) throws {
    let inputs = packages.map {
      PackValidation.Package(
        directory: $0.directory, manifest: $0.reading.manifest, checks: $0.checks)
    }
    guard inputs.contains(where: \.hasPrograms) else {
      // A machine without a sandbox can check such packages as well as any.
      for index in packages.indices {
        packages[index].validation = ValidationOutcome(notRun: inputs[index].foreignNotes)
      }
      return
    }
    let slots = slots ?? MachineOptions.defaultSlots
    let wanted = Set(inputs.flatMap(\.languages))
    let machine = try Machine.examine(machineOptions, slots: slots, wanted: wanted)
    let outcomes = try PackValidation(machine: machine, slots: slots, scope: .everything)
      .run(inputs)
    for (index, outcome) in outcomes.enumerated() { packages[index].validation = outcome }
  }
}

extension PackValidation.Package {
  /// Whether there is anything to run.
  var hasPrograms: Bool {
    if case .validator = manifest?.check { return true }
    return !checks.validators.isEmpty || !checks.outputs.isEmpty
  }

  /// Languages that running its validators needs here.
  var languages: [LanguageID] {
    var all = checks.validators.compactMap(\.program.language)
    if case .validator(let program) = manifest?.check {
      all += [program.language].compactMap { $0 }
    }
    return all
  }
}

/// A package and everything that was found out about it.
struct CheckedPackage {
  var directory: String
  var reading: PackageReading
  var checks = InputChecks()
  var lint: [Diagnostic] = []
  var validation: ValidationOutcome?
  /// Why the validators were not run.
  var reasonNotRun: String?

  /// In the order of their paths and lines.
  var findings: [Diagnostic] {
    let all = reading.diagnostics + checks.diagnostics + lint + (validation?.findings ?? [])
    return all.sorted { ($0.path, $0.line ?? 0, $0.message) < ($1.path, $1.line ?? 0, $1.message) }
  }
  var hasErrors: Bool { findings.contains { $0.severity == .error } }
}
