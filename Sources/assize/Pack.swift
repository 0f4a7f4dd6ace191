import ArgumentParser
import Foundation
import JudgeModel
import ProblemPackage

/// The problem setter's commands.
struct Pack: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check, test, build, compare and push problem packages.",
    subcommands: [
      PackCheck.self, PackTest.self, PackBuild.self, PackDiff.self, PackPush.self,
    ])
}

enum ListFormat: String, ExpressibleByArgument, CaseIterable {
  case table
  case json
}

struct PackBuild: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Write the archive that a package travels in.",
    discussion: """
      The same files give the same bytes on every machine, whatever its locale, its clock, the modes \
      of the files and the order of its directories. The archive holds what judging needs and is an \
      ordinary .tar.zst. Refused when the package has errors.

      Example: assize pack build problems/pairsum -o pairsum.tar.zst

      Exit status: 0 written, 1 refused, 2 the archive could not be written, 64 wrong usage.
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
    let source: PackageSource
    do {
      source = try PackageSource(directory, showsWarnings: format == .table)
      guard case .directory = source.form else {
        throw CommandFailure("\(directory) is built already; name the directory of a package")
      }
    } catch {
      printToStandardError("\(error); not built")
      throw ExitCode(1)
    }
    let path = output ?? "\(source.manifest.problem).tar.zst"
    let index: PackageArchive.Index
    do {
      try source.pack(to: path)
      index = try PackageArchive.index(path)
    } catch {
      printToStandardError("\(path): \(error)")
      throw ExitCode(2)
    }
    let manifest = source.manifest
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
