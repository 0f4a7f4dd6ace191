import ArgumentParser
import Foundation
import JudgeModel
import ProblemPackage

/// The problem setter's commands.
struct Pack: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check, test and build problem packages.",
    subcommands: [PackCheck.self, PackTest.self, PackBuild.self, PackPush.self])
}

enum ListFormat: String, ExpressibleByArgument, CaseIterable {
  case table
  case json
}

struct PackCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Read packages and report everything that is wrong with them.",
    discussion: "Nothing of a package is run. Exit status: 0 no errors, 1 errors.")

  @Argument(help: ArgumentHelp("Directories of packages.", valueName: "dir"))
  var directories: [String]
  @Option(help: "How to print the findings.")
  var format = ListFormat.table

  private struct Report: Encodable {
    struct Finding: Encodable {
      var severity: String
      var path: String
      var line: Int?
      var message: String
    }
    var directory: String
    var problem: String?
    var digest: String?
    var testcases: Int?
    var submissions: Int
    var findings: [Finding]
  }

  func run() throws {
    var reports: [Report] = []
    var hasErrors = false
    for directory in directories {
      let reading = PackageReader.read(directory: directory)
      hasErrors = hasErrors || reading.hasErrors
      reports.append(
        Report(
          directory: directory, problem: reading.manifest?.problem,
          digest: reading.manifest?.digest.hex, testcases: reading.manifest?.testcases.count,
          submissions: reading.submissions.count,
          findings: reading.diagnostics.map {
            Report.Finding(
              severity: $0.severity.rawValue, path: $0.path, line: $0.line, message: $0.message)
          }))
      if format == .table { printFindings(reading, directory) }
    }
    if format == .json { try printJSON(reports) }
    if hasErrors { throw ExitCode(1) }
  }

  private func printFindings(_ reading: PackageReading, _ directory: String) {
    for finding in reading.diagnostics { print(located(finding, in: directory)) }
    let errors = reading.diagnostics.filter { $0.severity == .error }.count
    let warnings = reading.diagnostics.count - errors
    var line = "\(directory): "
    if let manifest = reading.manifest {
      line += "\(counted(manifest.testcases.count, "testcase")), "
    }
    line += "\(counted(reading.submissions.count, "submission")), "
    line += errors + warnings == 0 ? "no findings" : counted(errors, "error")
    if warnings > 0 { line += ", " + counted(warnings, "warning") }
    print(line)
  }
}

struct PackBuild: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Write the archive that a package travels in.",
    discussion: """
      The same files give the same bytes on every machine. Refused when the package has errors. \
      Exit status: 0 written, 1 refused, 2 the archive could not be written.
      """)

  @Argument(help: ArgumentHelp("Directory of the package.", valueName: "dir"))
  var directory: String
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where to write it. Default: NAME.tar.zst here.", valueName: "file"))
  var output: String?
  @Option(help: "How to print the result.")
  var format = ListFormat.table

  private struct Report: Encodable {
    var archive: String
    var problem: String
    var digest: String
    var files: Int
    var testcases: Int
    var unpackedBytes: Int64
    var archiveBytes: Int64
  }

  func run() throws {
    let reading = PackageReader.read(directory: directory)
    for finding in reading.diagnostics where format == .table || finding.severity == .error {
      printToStandardError(located(finding, in: directory))
    }
    guard let manifest = reading.manifest else {
      printToStandardError("\(directory): not built; mend the errors first")
      throw ExitCode(1)
    }
    let path = output ?? "\(manifest.problem).tar.zst"
    let progress = Progress(total: manifest.byteCount, unit: .bytes, title: "packing")
    var done: Int64 = 0
    let index: PackageArchive.Index
    do {
      try PackageArchive.write(manifest, to: path) { file in
        progress.report(done, note: file.path)
        done += file.size
        return directory + "/" + file.path
      }
      index = try PackageArchive.index(path)
    } catch {
      progress.finish()
      printToStandardError("\(path): \(error)")
      throw ExitCode(2)
    }
    progress.finish()
    let report = Report(
      archive: path, problem: manifest.problem, digest: manifest.digest.hex,
      files: manifest.files.count, testcases: manifest.testcases.count,
      unpackedBytes: manifest.byteCount, archiveBytes: index.byteCount)
    if format == .json { return try printJSON(report) }
    print(
      """
      \(path)
        problem   \(report.problem)
        digest    \(report.digest)
        contents  \(counted(report.files, "file")), \(counted(report.testcases, "testcase")), \
      \(bytesText(report.unpackedBytes))
        archive   \(bytesText(report.archiveBytes))
      """)
  }
}

// MARK: - Printing

/// In the form that editors and build logs follow, with the path from where the command was given.
func located(_ finding: Diagnostic, in directory: String) -> String {
  var finding = finding
  let root = directory.hasSuffix("/") ? String(directory.dropLast()) : directory
  finding.path = finding.path.isEmpty ? root : root + "/" + finding.path
  return finding.description
}

func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
