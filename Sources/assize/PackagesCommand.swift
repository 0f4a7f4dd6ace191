import ArgumentParser
import Foundation
import JudgeModel
import Messages
import SchedulerClient

/// The packages that the scheduler has.
struct Packages: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the packages that the scheduler has, drop them, or say where else they lie.",
    discussion: "Exit status: that of `list`, which is what it does without a subcommand.",
    subcommands: [PackagesList.self, PackagesCollect.self, PackagesOrigin.self],
    defaultSubcommand: PackagesList.self)
}

struct PackagesList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the packages that the scheduler has.",
    discussion: """
      OWN is what no other package shares of an archive: about what dropping it would free. NEWEST \
      marks the package that submissions to its problem are judged with. ORIGINS counts the places \
      besides the scheduler that workers fetch it from. Workers are those that are connected and hold \
      it. `--format json` shows the addresses of origins in full, signatures that open them included.

      Example: assize packages --format json

      Exit status: 0 listed, 2 the scheduler could not be asked, 64 wrong usage.
      """)

  @Option(help: "How to print it.")
  var format = ListFormat.table
  @OptionGroup var joinOption: JoinOption

  private struct Report: Encodable {
    var problem: String
    var title: String
    var digest: String
    var archiveBytes: Int64
    var unpackedBytes: Int64
    var ownBytes: Int64
    var isNewest: Bool
    var workers: [String]
    /// Since 1970.
    var addedMilliseconds: Int64
    /// Addresses as they were given, signatures and all.
    var origins: [String]

    init(_ listed: ListedPackage) {
      problem = listed.package.problem
      title = listed.package.title
      digest = listed.package.digest.hex
      archiveBytes = listed.package.archiveBytes
      unpackedBytes = listed.package.unpackedBytes
      ownBytes = listed.ownBytes
      isNewest = listed.isNewest
      workers = listed.workers.map(\.value)
      addedMilliseconds = listed.addedMilliseconds
      origins = listed.origins.map(\.url)
    }
  }

  func run() async throws {
    try await exitingWithReason {
      let packages = try await joinOption.connected { try await $0.packages() }
      // The newest of a problem last, as they were pushed.
      let reports = packages.enumerated().sorted {
        ($0.element.package.problem, $0.offset) < ($1.element.package.problem, $1.offset)
      }.map { Report($0.element) }
      if format == .json { return try printJSON(reports) }
      guard !reports.isEmpty else {
        return print("the scheduler has no packages: give it some with `assize pack push DIR`")
      }
      print(Self.table(reports))
    }
  }

  private static func table(_ packages: [Report]) -> String {
    var table = TextTable([
      ("PROBLEM", .left), ("DIGEST", .left), ("NEWEST", .left), ("ARCHIVE", .right),
      ("OWN", .right), ("UNPACKED", .right), ("ADDED", .left), ("ORIGINS", .right),
      ("WORKERS", .left),
    ])
    for package in packages {
      table.add([
        package.problem, String(package.digest.prefix(12)), package.isNewest ? "newest" : "",
        bytesText(package.archiveBytes), bytesText(package.ownBytes),
        bytesText(package.unpackedBytes), dateText(package.addedMilliseconds),
        package.origins.isEmpty ? "" : "\(package.origins.count)",
        package.workers.joined(separator: " "),
      ])
    }
    return table.text
  }

  /// In the time zone of whoever reads it.
  private static func dateText(_ milliseconds: Int64) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyy-MM-dd HH:mm"
    return formatter.string(from: Date(timeIntervalSince1970: Double(milliseconds) / 1000))
  }
}

struct PackagesCollect: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc",
    abstract: "Drop the packages that nothing needs any more.",
    discussion: """
      Dropped is what is not the newest package of its problem and what no judging that waits or runs \
      refers to. Judgings that are over keep their verdicts and runs. What dropped packages share \
      with others stays.

      Example: assize packages gc --dry-run

      Exit status: 0 done, 2 it could not be done, 64 wrong usage.
      """)

  @Flag(help: "Only say what would be dropped.")
  var dryRun = false
  @Option(help: "How to print it.")
  var format = ListFormat.table
  @OptionGroup var joinOption: JoinOption

  private struct Report: Encodable {
    struct Package: Encodable {
      var problem: String
      var digest: String
      var archiveBytes: Int64
    }
    var isDryRun: Bool
    var dropped: [Package]
    var freedBytes: Int64
    var keptBytes: Int64
    var note: String
  }

  func run() async throws {
    try await exitingWithReason {
      let isDryRun = dryRun
      let collection = try await joinOption.connected {
        try await $0.collectPackages(isRehearsal: isDryRun)
      }
      let dropped = collection.packages.map {
        Report.Package(
          problem: $0.problem, digest: $0.digest.hex, archiveBytes: $0.archiveBytes)
      }
      if format == .json {
        return try printJSON(
          Report(
            isDryRun: dryRun, dropped: dropped, freedBytes: collection.freedBytes,
            keptBytes: collection.keptBytes, note: collection.note))
      }
      for package in dropped {
        print("\(terminalSafe(package.problem))  \(package.digest.prefix(12))")
      }
      print(
        "\(counted(dropped.count, "package")) \(dryRun ? "would be " : "")dropped, "
          + "\(bytesText(collection.freedBytes)) \(dryRun ? "would be " : "")freed")
      if !collection.note.isEmpty {
        warn("\(terminalSafe(collection.note)) (\(bytesText(collection.keptBytes)) kept)")
      }
    }
  }
}
