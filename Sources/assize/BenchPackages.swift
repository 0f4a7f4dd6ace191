import ArgumentParser
import Bench
import Foundation
import JudgeModel
import ProblemPackage
import Sandbox

/// What it costs to bring big packages to workers.
struct BenchPackagesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "packages",
    abstract: "Measure packing and moving big problem packages.",
    discussion: """
      Makes a package of integer tests and measures: packing, checking and unpacking; a judging on \
      a worker that has nothing of it, over the loopback interface and over emulated links, with \
      the time to the first run and to the verdict, and what a question to the scheduler takes \
      meanwhile over the same link; and how many bytes move when one test changes. A scheduler \
      and workers run in this process. Needs root and three times the size on the disk.

      Example: sudo assize bench packages --size 200

      Exit status: 0 measured, 2 it could not be done, 64 wrong usage.
      """)

  @Option(help: ArgumentHelp("Size of the package's tests.", valueName: "MiB"))
  var size = 500
  @Option(help: "How to print the figures.")
  var format = ListFormat.table
  @OptionGroup var machineOptions: MachineOptions

  func validate() throws {
    if !(1...8192).contains(size) { throw ValidationError("--size: 1 to 8192") }
  }

  func run() async throws {
    try await exitingWithReason {
      let machine = try Machine.examine(machineOptions, slots: 1, wanted: [LanguageID("c")])
      let temporary = try TemporaryDirectory("assize-bench")
      defer { temporary.remove() }
      let place = temporary.path
      printToStandardError("making a package of \(size) MiB")
      let sample = try PackageSample(directory: place + "/measured", bytes: size << 20)
      let archive = place + "/measured.tar.zst"
      var page = BenchPage(machine: machine.host.summary, sections: [])
      page.sections.append(try Self.archive(sample, to: archive, place))
      var fetches: [BenchPage.Row] = []
      for (name, rate, isPlain) in Self.links {
        printToStandardError("judging on a worker without the package: \(name)")
        let cluster = try await BenchCluster.start(
          place + "/cluster", isPlain: isPlain, machine: machine)
        do {
          fetches.append(try await cluster.coldJudging(name, archive: archive, rate: rate))
        } catch {
          await cluster.stop()
          throw error
        }
        await cluster.stop()
      }
      page.sections.append(
        BenchPage.Section(
          "cold fetch", fetches,
          note:
            "from handing the judging in; `rate` is of bytes on the link, `asked` what a question "
            + "to the scheduler over the same link took meanwhile"))
      page.sections.append(try await changes(sample, archive, place, machine))
      if format == .json { return try printJSON(page) }
      print(page.text)
    }
  }

  private static let links: [(String, rate: Int?, isPlain: Bool)] = [
    ("loopback, plain", nil, true), ("loopback, CURVE", nil, false),
    ("40 MB/s, CURVE", 40_000_000, false), ("10 MB/s, CURVE", 10_000_000, false),
  ]

  // MARK: On the disk

  private static func archive(
    _ sample: PackageSample, to path: String, _ place: String
  ) throws -> BenchPage.Section {
    let reading = PackageReader.read(directory: sample.directory)
    guard let manifest = reading.manifest else {
      throw CommandFailure("the made-up package has errors: \(reading.diagnostics.prefix(3))")
    }
    let bytes = Int(manifest.byteCount)
    var rows: [BenchPage.Row] = []
    func measure(_ name: String, _ body: () throws -> Void) rethrows {
      let elapsed = try nanoseconds(body)
      rows.append(
        BenchPage.Row(
          name,
          [
            BenchPage.Figure("time", elapsed, .nanoseconds),
            BenchPage.Figure("per second", perSecond(bytes, elapsed), .bytes),
          ]))
    }
    try measure("pack") {
      try PackageArchive.write(manifest, directory: sample.directory, to: path)
    }
    try measure("verify") { try PackageArchive.verify(path) }
    try measure("unpack into a store") {
      let store = try BlobStore(directory: place + "/store")
      try store.install(try FileSource(path: path), expecting: manifest.digest)
    }
    try FileManager.default.removeItem(atPath: place + "/store")
    let index = try PackageArchive.index(path)
    return BenchPage.Section(
      "archive", rows,
      note:
        "\(manifest.files.count) files, \(bytes >> 20) MiB, packed \(index.byteCount >> 20) MiB; "
        + "bytes of the unpacked files")
  }

  // MARK: Changes

  private func changes(
    _ sample: PackageSample, _ archive: String, _ place: String, _ machine: Machine
  ) async throws -> BenchPage.Section {
    let cluster = try await BenchCluster.start(place + "/cluster", isPlain: true, machine: machine)
    do {
      _ = try await cluster.coldJudging("", archive: archive, rate: Self.countingOnly, keeps: true)
      var rows: [BenchPage.Row] = []
      for change in PackageSample.Change.allCases {
        printToStandardError("changing the package: \(change.rawValue)")
        try sample.apply(change)
        let reading = PackageReader.read(directory: sample.directory)
        guard let manifest = reading.manifest else {
          throw CommandFailure("the changed package has errors")
        }
        try PackageArchive.write(manifest, directory: sample.directory, to: archive)
        let index = try PackageArchive.index(archive)
        let (pushed, fetched) = try await cluster.warmJudging(archive: archive)
        rows.append(
          BenchPage.Row(
            change.rawValue,
            [
              BenchPage.Figure("pushed", pushed, .bytes),
              BenchPage.Figure("to the worker", fetched, .bytes),
              BenchPage.Figure("archive", Int(index.byteCount), .bytes),
            ]))
      }
      await cluster.stop()
      return BenchPage.Section(
        "changes", rows,
        note:
          "each on top of the one before; all that came over the worker's connections until its "
          + "verdict, control messages among it, unencrypted")
    } catch {
      await cluster.stop()
      throw error
    }
  }

  /// Bytes per second of a link that only counts.
  private static let countingOnly = 4_000_000_000
}

func nanoseconds(_ body: () throws -> Void) rethrows -> Int {
  try ContinuousClock().measure(body).nanoseconds
}

func perSecond(_ bytes: Int, _ nanoseconds: Int) -> Int {
  Int(Double(bytes) * 1_000_000_000 / Double(max(nanoseconds, 1)))
}
