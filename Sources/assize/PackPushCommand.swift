import ArgumentParser
import Foundation
import JudgeModel
import ProblemPackage
import SchedulerClient

/// Gives packages to the scheduler.
struct PackPush: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "push",
    abstract: "Build packages and give them to the scheduler.",
    discussion: """
      Submissions to a problem are judged with the package of it that was pushed last. A package \
      that the scheduler has already is not sent again. Exit status: 0 the scheduler has all of \
      them, 1 some have errors and were not sent, 2 they could not be sent, 64 wrong usage.
      """)

  @Argument(help: ArgumentHelp("Directories of packages.", valueName: "dir"))
  var directories: [String]
  @OptionGroup var joinOption: JoinOption

  func run() async throws {
    try await exitingWithReason {
      var readings: [(directory: String, manifest: PackageManifest)] = []
      for directory in directories {
        let reading = PackageReader.read(directory: directory)
        for finding in reading.diagnostics {
          printToStandardError(terminalSafe(located(finding, in: directory)))
        }
        if let manifest = reading.manifest, !reading.hasErrors {
          readings.append((directory, manifest))
        } else {
          warn("\(directory): not sent; mend the errors first")
        }
      }
      let scratch = try TemporaryDirectory("assize-push")
      defer { scratch.remove() }
      if !readings.isEmpty {
        try await joinOption.connected { client in
          for (directory, manifest) in readings {
            try await push(manifest, directory, client, scratch)
          }
        }
      }
      if readings.count < directories.count { throw ExitCode(1) }
    }
  }

  private func push(
    _ manifest: PackageManifest, _ directory: String, _ client: SchedulerClient,
    _ scratch: TemporaryDirectory
  ) async throws {
    let digest = manifest.digest
    let isMissing = try await !client.missing(of: [digest]).isEmpty
    let path = "\(scratch.path)/\(digest.hex).tar.zst"
    do {
      try PackageArchive.write(manifest, directory: directory, to: path)
    } catch {
      throw CommandFailure("cannot pack \(directory)", error)
    }
    defer { unlink(path) }
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64 ?? 0
    let progress = Progress(total: size, unit: .bytes, title: "sending \(manifest.problem)")
    defer { progress.finish() }
    // Offered also when it is there: the package pushed last is the one that counts.
    do {
      try await client.push(archive: path, package: digest) {
        progress.report($0, note: manifest.problem)
      }
    } catch {
      progress.finish()
      throw CommandFailure("\(directory)", error)
    }
    progress.finish()
    print(
      "\(manifest.problem)  \(digest)  "
        + (isMissing ? "sent, \(bytesText(size))" : "was there already"))
  }
}
