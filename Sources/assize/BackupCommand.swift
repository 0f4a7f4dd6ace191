import ArgumentParser
import Foundation
import SchedulerServer

/// Where a scheduler of this machine keeps its record.
struct RecordPlace: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The scheduler's state directory. Default: /var/lib/assize for root, else "
        + "~/.local/state/assize.",
      valueName: "dir"))
  var state: String?

  var path: String { state ?? DefaultPaths.state }
}

/// A copy of the record, while the scheduler works.
struct Backup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy the scheduler's record of submissions and verdicts to a file.",
    discussion: """
      On the scheduler's machine; the scheduler may be running and is not held up. The copy is what \
      was durable at one moment, and is checked before it gets its name. `assize restore` puts it back.

      It does not hold the packages (DIR/packages), which can be pushed again, and the keys \
      (DIR/identity): copy that file too, or every worker and client needs a new join line.

      Example: assize backup /var/backups/contest.sqlite

      Exit status: 0 copied, 2 it could not be done, 64 wrong usage.
      """)

  @Argument(help: "The new file.")
  var file: String
  @OptionGroup var place: RecordPlace

  func run() async throws {
    try await exitingWithReason {
      let report = try RecordBackup.make(of: place.path, to: file)
      print(
        "\(file): \(counted(Int(report.submissions), "submission")), "
          + "\(counted(Int(report.judgings), "judging")), \(report.judged) of them judged; "
          + bytesText(report.bytes))
    }
  }
}

/// The way back.
struct Restore: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put a backup in the place of the scheduler's record.",
    discussion: """
      On the scheduler's machine, while no scheduler runs there. The record that was there is moved \
      aside. Judgings that were unfinished in the backup are judged again; verdicts that came after it \
      are not in the record any more, and what workers still hold is told to stop.

      Example: assize restore /var/backups/contest.sqlite

      Exit status: 0 restored, 2 it could not be done, 64 wrong usage.
      """)

  @Argument(help: "The file that `assize backup` wrote.")
  var file: String
  @OptionGroup var place: RecordPlace

  func run() async throws {
    try await exitingWithReason {
      let (record, old) = try RecordBackup.restore(file, into: place.path)
      print("\(record) is the backup now" + (old.map { "; the old record is \($0)" } ?? ""))
    }
  }
}
