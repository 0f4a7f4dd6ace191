import ArgumentParser
import Foundation
import JudgeModel
import ProblemPackage
import WorkerCore

/// Looks after the packages that a worker has fetched.
struct CacheCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache",
    abstract: "Look after the packages that a worker keeps.",
    discussion: """
      Only while no worker runs on the directory: two programs would delete each other's files.
      """,
    subcommands: [List.self, Verify.self, Prune.self], defaultSubcommand: List.self)

  struct Place: ParsableArguments {
    @Option(help: ArgumentHelp("Where the worker keeps its packages.", valueName: "dir"))
    var cache = DefaultPaths.cache
    @Option(help: "How to print it.")
    var format = ListFormat.table

    func opened(_ work: (BlobStore) throws -> Void) throws {
      let directory = try CacheDirectory(existing: URL(fileURLWithPath: cache).path)
      defer { directory.release() }
      try work(BlobStore(directory: directory.path))
    }
  }
}

/// A package of the cache, as it is printed.
private struct CachedPackage: Encodable {
  var package: String
  var problem: String
  var complete: Bool
  var bytes: Int64
  /// What removing it would free.
  var exclusiveBytes: Int64
  var lastUse: String

  init(_ entry: BlobStore.Entry) {
    package = entry.package.hex
    problem = entry.problem
    complete = entry.isComplete
    bytes = entry.byteCount
    exclusiveBytes = entry.exclusiveByteCount
    let time = Date(timeIntervalSince1970: Double(entry.lastUse) / 1e9)
    lastUse = time.formatted(.iso8601)
  }
}

extension CacheCommand {
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List packages with sizes and last use.",
      discussion: """
        EXCLUSIVE is what removing the package would free: versions of one problem share most files. \
        A package of which only some files have come is unfinished; its transfer goes on from there.

        Exit status: 0 listed, 2 it could not be done, 64 wrong usage.
        """)

    @OptionGroup var place: Place

    func run() async throws {
      try await exitingWithReason {
        try place.opened { store in
          let packages = store.list().sorted { $0.lastUse > $1.lastUse }.map { CachedPackage($0) }
          if place.format == .json { return try printJSON(packages) }
          guard !packages.isEmpty else { return print("no package is here") }
          var table = TextTable([
            ("PACKAGE", .left), ("PROBLEM", .left), ("STATE", .left), ("SIZE", .right),
            ("EXCLUSIVE", .right), ("LAST USE", .left),
          ])
          for package in packages {
            table.add([
              String(package.package.prefix(12)), package.problem,
              package.complete ? "complete" : "unfinished", bytesText(package.bytes),
              bytesText(package.exclusiveBytes), package.lastUse,
            ])
          }
          print(table.text)
          print("\(packages.count) packages, \(bytesText(store.byteCount)) together")
        }
      }
    }
  }

  struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Read every file again and remove what is damaged.",
      discussion: """
        Packages that lose a file this way become unfinished, and the worker fetches just that file \
        when it needs the package again.

        Exit status: 0 all are whole, 1 something was damaged and is removed, 2 it could not be done, \
        64 wrong usage.
        """)

    @OptionGroup var place: Place

    private struct Report: Encodable {
      struct Damage: Encodable {
        var file: String
        var reason: String
        var packages: [String]
      }
      var files: Int
      var bytes: Int64
      var damaged: [Damage]
      /// Packages of which the look at the directory showed that files are missing or cut short.
      var reopened: [String]
      /// Packages whose list of files was damaged: they are gone.
      var removed: [String]
      /// Of unfinished packages, or of none.
      var unusedFilesRemoved: Int

      var isClean: Bool {
        damaged.isEmpty && reopened.isEmpty && removed.isEmpty && unusedFilesRemoved == 0
      }
    }

    func run() async throws {
      try await exitingWithReason {
        try place.opened { store in
          let report = try verify(store)
          if place.format == .json {
            try printJSON(report)
          } else {
            print(report)
          }
          if !report.isClean { throw ExitCode(1) }
        }
      }
    }

    private func verify(_ store: BlobStore) throws -> Report {
      let scan = store.lastScan
      let progress = Progress(total: store.byteCount, unit: .bytes, title: "reading")
      let found = try store.verify { done, _ in progress.report(done, note: "") }
      progress.finish()
      return Report(
        files: found.blobs, bytes: found.byteCount,
        damaged: found.damaged.map {
          Report.Damage(file: $0.path, reason: $0.reason, packages: $0.packages.map(\.hex))
        }, reopened: scan.packagesReopened.map(\.hex), removed: scan.packagesRemoved.map(\.hex),
        unusedFilesRemoved: scan.blobsRemoved)
    }

    private func print(_ report: Report) {
      for damage in report.damaged {
        let packages = damage.packages.map { String($0.prefix(12)) }.joined(separator: ", ")
        Swift.print(
          terminalSafe("\(damage.file): \(damage.reason); removed, package \(packages) lacks it"))
      }
      for package in report.reopened {
        Swift.print("package \(package.prefix(12)): files are missing or cut short")
      }
      for package in report.removed {
        Swift.print("package \(package.prefix(12)): its list of files was damaged; removed")
      }
      if report.unusedFilesRemoved > 0 {
        Swift.print("\(report.unusedFilesRemoved) damaged files of no complete package; removed")
      }
      let outcome =
        report.isClean ? "all are whole" : "what is missing is fetched when it is needed"
      Swift.print("\(report.files) files, \(bytesText(report.bytes)): \(outcome)")
    }
  }

  struct Prune: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Remove packages, the least recently used first.",
      discussion: """
        Unfinished packages go before all others. Without --to only those go.

        Exit status: 0 done, 2 it could not be done, 64 wrong usage.
        """)

    @OptionGroup var place: Place
    @Option(
      help: ArgumentHelp("Until so much is left at most, such as 5G.", valueName: "size"))
    var to: ByteSize?

    private struct Report: Encodable {
      var removed: [CachedPackage]
      var freedBytes: Int64
      var leftBytes: Int64
    }

    func run() async throws {
      try await exitingWithReason {
        try place.opened { store in
          let before = store.byteCount
          let entries = store.list()
          let victims = Set(self.victims(entries))
          for victim in victims { try store.remove(victim) }
          try store.removeUnused()
          let report = Report(
            removed: entries.filter { victims.contains($0.package) }.map { CachedPackage($0) },
            freedBytes: before - store.byteCount, leftBytes: store.byteCount)
          if place.format == .json { return try printJSON(report) }
          for package in report.removed {
            print(terminalSafe("removed \(package.package.prefix(12)) \(package.problem)"))
          }
          print("\(bytesText(report.freedBytes)) freed, \(bytesText(report.leftBytes)) left")
        }
      }
    }

    /// As a worker would choose.
    private func victims(_ entries: [BlobStore.Entry]) -> [Digest] {
      guard let to else { return entries.filter { !$0.isComplete }.map(\.package) }
      let blobs = { (blobs: [BlobStore.Blob]) in
        blobs.map { CachedBlob(digest: $0.digest, size: $0.size) }
      }
      var cache = PackageCache(
        budgetBytes: to.bytes,
        found: entries.sorted { ($0.lastUse, $0.package) < ($1.lastUse, $1.package) }.map {
          FoundPackage(
            package: $0.package, blobs: blobs($0.blobs), held: $0.isComplete ? nil : blobs($0.held))
        })
      return cache.trim()
    }
  }
}
