import ArgumentParser
import Foundation
import JudgeModel
import ProblemPackage

struct PackDiff: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Show what judging would see of the difference between two packages.",
    discussion: """
      Each of the two is a directory of a package or an archive that `assize pack build` wrote; OLD \
      may also be scheduler:NAME, the newest package that the scheduler has of a problem, or \
      scheduler:DIGEST. What is not part of judging (statements, submissions, generators) is not compared. The last lines \
      say how many bytes are new: files whose contents the old package has nowhere, as compressed \
      for the way, and the list of files.

      Example: assize pack diff scheduler:pairsum problems/pairsum

      Exit status: 0 the same, 1 different, 2 one of them cannot be read, 64 wrong usage.
      """)

  @Argument(help: ArgumentHelp("Directory, archive or scheduler:NAME.", valueName: "old"))
  var old: String
  @Argument(help: ArgumentHelp("Directory or archive.", valueName: "new"))
  var new: String
  @Option(help: "How to print the difference.")
  var format = ListFormat.table
  @OptionGroup var joinOption: JoinOption

  func run() async throws {
    try await exitingWithReason {
      let new = try PackageSource(new)
      let report = PackDiffReport(old: try await oldSource(), new: new, sizes: try new.sizes())
      switch format {
      case .table: print(report.text)
      case .json: try printJSON(report.document)
      }
      if !report.diff.isSame { throw ExitCode(1) }
    }
  }

  private func oldSource() async throws -> PackageSource {
    guard old.hasPrefix(PackageSource.schedulerPrefix) else { return try PackageSource(old) }
    let name = String(old.dropFirst(PackageSource.schedulerPrefix.count))
    return try await joinOption.connected { try await PackageSource(scheduler: name, $0) }
  }
}

/// The difference, for people and for programs.
struct PackDiffReport {
  var old: PackageSource
  var new: PackageSource
  /// Of the new one.
  var sizes: ArchiveSizes
  var diff: PackageDiff

  init(old: PackageSource, new: PackageSource, sizes: ArchiveSizes) {
    self.old = old
    self.new = new
    self.sizes = sizes
    diff = PackageDiff(from: old.manifest, to: new.manifest)
  }

  /// Compressed bytes of what is new, without the list of files.
  private var newMemberBytes: Int64 {
    diff.newContents.reduce(0) { $0 + (sizes.members[$1.path] ?? 0) }
  }
  private var travellingBytes: Int64 { diff.isSame ? 0 : newMemberBytes + sizes.manifest }

  // MARK: Text

  var text: String {
    var lines = [Self.heading("old", old), Self.heading("new", new)]
    lines += section("testcases", diff.testcases)
    lines += section("groups", diff.groups)
    lines += section("programs and included files", diff.files)
    if !diff.limits.isEmpty {
      lines.append("limits")
      lines += diff.limits.map { "  \($0.new.title)  \(Self.text($0.old)) -> \(Self.text($0.new))" }
    }
    if !diff.settings.isEmpty {
      lines.append("settings")
      lines += diff.settings.map { "  \($0.name)  \($0.old ?? "none") -> \($0.new ?? "none")" }
    }
    return (lines + travel).map { terminalSafe($0) }.joined(separator: "\n")
  }

  private static func heading(_ label: String, _ source: PackageSource) -> String {
    let manifest = source.manifest
    return "\(label)  \(source.path): \(manifest.problem) \(manifest.digest.short), "
      + "\(counted(manifest.testcases.count, "testcase")), "
      + "\(counted(manifest.files.count, "file")), \(bytesText(manifest.byteCount))"
  }

  private func section(_ title: String, _ items: [PackageDiff.Item]) -> [String] {
    guard !items.isEmpty else { return [] }
    let count = { (kind: PackageDiff.Kind) in items.count { $0.kind == kind } }
    let counts = [PackageDiff.Kind.added, .removed, .changed].filter { count($0) > 0 }
      .map { "\(count($0)) \($0.rawValue)" }.joined(separator: ", ")
    let marks: [PackageDiff.Kind: String] = [.added: "+", .removed: "-", .changed: "~"]
    let width = items.map(\.name.count).max() ?? 0
    return ["\(title): \(counts)"]
      + items.map { item in
        guard !item.details.isEmpty else { return "  \(marks[item.kind] ?? "?") \(item.name)" }
        let padding = String(repeating: " ", count: width - item.name.count)
        return "  \(marks[item.kind] ?? "?") \(item.name)\(padding)  "
          + item.details.joined(separator: ", ")
      }
  }

  private static func text(_ limit: NamedLimit) -> String {
    limit.text + (limit.limit.isExplicit ? "" : " (default)")
  }

  private var travel: [String] {
    guard !diff.isSame else { return ["the same package: nothing has to travel"] }
    let bytes = diff.newContents.reduce(0) { $0 + $1.size }
    return [
      "to travel: \(bytesText(travellingBytes)) of an archive of \(bytesText(sizes.total))",
      "  \(counted(diff.newContents.count, "new file")), \(bytesText(bytes)), compressed "
        + "\(bytesText(newMemberBytes)); the list of files \(bytesText(sizes.manifest))",
    ]
  }

  // MARK: JSON

  struct Document: Encodable {
    struct Side: Encodable {
      var path: String
      var problem: String
      var digest: String
      var testcases: Int
      var files: Int
      var unpackedBytes: Int64
    }
    struct Item: Encodable {
      var kind: String
      var name: String
      var details: [String]
    }
    struct Value: Encodable {
      var name: String
      var old: String?
      var new: String?
    }
    struct Limit: Encodable {
      var name: String
      var old: Int64
      var new: Int64
      var oldIsExplicit: Bool
      var newIsExplicit: Bool
    }
    struct Travel: Encodable {
      var newFiles: [String]
      var newFileBytes: Int64
      var newFileBytesCompressed: Int64
      var manifestBytesCompressed: Int64
      var bytes: Int64
      var archiveBytes: Int64
    }
    var isSame: Bool
    var old: Side
    var new: Side
    var testcases: [Item]
    var groups: [Item]
    var files: [Item]
    var limits: [Limit]
    var settings: [Value]
    var travel: Travel
  }

  var document: Document {
    let items = { (items: [PackageDiff.Item]) in
      items.map { Document.Item(kind: $0.kind.rawValue, name: $0.name, details: $0.details) }
    }
    return Document(
      isSame: diff.isSame, old: Self.side(old), new: Self.side(new),
      testcases: items(diff.testcases), groups: items(diff.groups), files: items(diff.files),
      limits: diff.limits.map {
        Document.Limit(
          name: $0.new.key, old: $0.old.limit.amount, new: $0.new.limit.amount,
          oldIsExplicit: $0.old.limit.isExplicit, newIsExplicit: $0.new.limit.isExplicit)
      },
      settings: diff.settings.map { Document.Value(name: $0.name, old: $0.old, new: $0.new) },
      travel: Document.Travel(
        newFiles: diff.newContents.map(\.path),
        newFileBytes: diff.newContents.reduce(0) { $0 + $1.size },
        newFileBytesCompressed: newMemberBytes, manifestBytesCompressed: sizes.manifest,
        bytes: travellingBytes, archiveBytes: sizes.total))
  }

  private static func side(_ source: PackageSource) -> Document.Side {
    let manifest = source.manifest
    return Document.Side(
      path: source.path, problem: manifest.problem, digest: manifest.digest.hex,
      testcases: manifest.testcases.count, files: manifest.files.count,
      unpackedBytes: manifest.byteCount)
  }
}
