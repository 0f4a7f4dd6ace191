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
      Submissions to a problem are judged with the package of it that was pushed last. Of a package \
      that the scheduler has already nothing is packed or sent; it only becomes its problem's newest \
      again. Of any other package only those files travel that no package of the scheduler has under the \
      same path. Directories are packed first; archives of `assize pack build` go as they are.

      Example: assize pack push problems/pairsum --scheduler @join

      Exit status: 0 the scheduler has all of them, 1 some have errors and were not sent, 2 they \
      could not be sent, 64 wrong usage.
      """)

  @Argument(
    help: ArgumentHelp("Directories of packages, or archives.", valueName: "dir|archive"))
  var directories: [String]
  @Option(help: "How to print what was done.")
  var format = ListFormat.table
  @OptionGroup var joinOption: JoinOption

  private struct Pushed: Encodable {
    var path: String
    var problem: String
    var digest: String
    var wasThere: Bool
    /// What travelled, of how many bytes.
    var sentBytes: Int64
    var archiveBytes: Int64

    /// What is said about it.
    var outcome: String {
      if wasThere { return "was there already" }
      let sent = "sent \(bytesText(sentBytes))"
      guard sentBytes < archiveBytes else { return sent }
      return "\(sent) of \(bytesText(archiveBytes)): the scheduler had the rest"
    }
  }

  func run() async throws {
    try await exitingWithReason {
      var sources: [PackageSource] = []
      for directory in directories {
        do {
          sources.append(try PackageSource(directory, showsWarnings: true))
        } catch {
          warn("\(error); not sent")
        }
      }
      let scratch = try TemporaryDirectory("assize-push")
      defer { scratch.remove() }
      var pushed: [Pushed] = []
      if !sources.isEmpty {
        try await joinOption.connected { client in
          let missing = try await client.missing(of: sources.map(\.manifest.digest))
          for source in sources {
            let isMissing = missing.contains(source.manifest.digest)
            pushed.append(try await push(source, isMissing, client, scratch))
          }
        }
      }
      if format == .json { try printJSON(pushed) }
      if sources.count < directories.count { throw ExitCode(1) }
    }
  }

  private func push(
    _ source: PackageSource, _ isMissing: Bool, _ client: SchedulerClient,
    _ scratch: TemporaryDirectory
  ) async throws -> Pushed {
    let digest = source.manifest.digest
    var pushed = Pushed(
      path: source.path, problem: source.manifest.problem, digest: digest.hex,
      wasThere: !isMissing, sentBytes: 0, archiveBytes: 0)
    do {
      if isMissing {
        let report = try await send(source, client, scratch)
        (pushed.sentBytes, pushed.archiveBytes) = (report.sentBytes, report.archiveBytes)
      } else {
        // Offered all the same: the package pushed last is the one that counts.
        try await client.renew(package: digest)
      }
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure(source.path, error)
    }
    if format == .table {
      print("\(source.manifest.problem)  \(digest)  \(pushed.outcome)")
    }
    return pushed
  }

  private func send(
    _ source: PackageSource, _ client: SchedulerClient, _ scratch: TemporaryDirectory
  ) async throws -> PushReport {
    let digest = source.manifest.digest
    var path = source.path
    if case .directory = source.form {
      path = "\(scratch.path)/\(digest.hex).tar.zst"
      try source.pack(to: path)
    }
    defer { if path != source.path { unlink(path) } }
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64 ?? 0
    let problem = source.manifest.problem
    let progress = Progress(total: size, unit: .bytes, title: "sending \(problem)")
    defer { progress.finish() }
    return try await client.push(archive: path, package: digest) {
      progress.report($0, note: "")
    }
  }
}
