import ArgumentParser
import Bench
import Foundation
import JudgeModel
import ProblemPackage
import Sandbox
import SchedulerClient

/// What it costs to bring big packages to workers.
struct BenchPackagesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "packages",
    abstract: "Measure packing and moving big problem packages.",
    discussion: """
      Makes a package of integer tests and measures: packing, checking and unpacking; a judging on \
      a worker that has nothing of it, over the loopback interface and over emulated links, with \
      the time to the first run and to the verdict, and what a question to the scheduler takes \
      meanwhile over the same link; the transfer by itself; how many bytes move when one test \
      changes; and what the disks of two workers hold while they judge with more packages than fit \
      their caches. Needs root and three times the size on the disk.

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
        fetches.append(
          try await BenchCluster.with(place + "/cluster", isPlain: isPlain, machine: machine) {
            try await $0.coldJudging(name, archive: archive, rate: rate)
          })
      }
      page.sections.append(
        BenchPage.Section(
          "cold fetch", fetches,
          note:
            "from handing the judging in; `rate` is of bytes on the link, `asked` what a question "
            + "to the scheduler over the same link took meanwhile"))
      page.sections.append(try await Self.transfers(archive, place, machine))
      page.sections.append(try await Self.changes(sample, archive, place, machine))
      page.sections.append(try await Self.traces(place, machine))
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
    let manifest = try sample.manifest()
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

  private static func changes(
    _ sample: PackageSample, _ archive: String, _ place: String, _ machine: Machine
  ) async throws -> BenchPage.Section {
    let rows = try await BenchCluster.with(place + "/cluster", isPlain: true, machine: machine) {
      cluster in
      try await cluster.judgeAndKeep(archive: archive)
      var rows: [BenchPage.Row] = []
      for change in PackageSample.Change.allCases {
        printToStandardError("changing the package: \(change.rawValue)")
        try sample.apply(change)
        try PackageArchive.write(
          try sample.manifest(), directory: sample.directory, to: archive)
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
      return rows
    }
    return BenchPage.Section(
      "changes", rows,
      note:
        "each on top of the one before; all that came over the worker's connections until its "
        + "verdict, control messages among it, unencrypted")
  }

  // MARK: The bulk socket by itself

  private static func transfers(
    _ archive: String, _ place: String, _ machine: Machine
  ) async throws -> BenchPage.Section {
    let index = try PackageArchive.index(archive)
    var rows: [BenchPage.Row] = []
    for (name, isPlain) in [("plain", true), ("CURVE", false)] {
      printToStandardError("moving the archive by itself: \(name)")
      rows += try await BenchCluster.with(place + "/cluster", isPlain: isPlain, machine: machine) {
        cluster in
        let package = index.manifest.digest
        _ = try await cluster.client.push(archive: archive, package: package)
        var rows: [BenchPage.Row] = []
        for (kind, verifies) in [("", false), (", verified", true)] {
          let time = try await cluster.bareTransfer(
            of: package, archiveBytes: index.byteCount, verifies: verifies)
          rows.append(
            BenchPage.Row(
              name + kind,
              [
                BenchPage.Figure("time", time, .nanoseconds),
                BenchPage.Figure("per second", perSecond(Int(index.byteCount), time), .bytes),
              ]))
        }
        return rows
      }
    }
    return BenchPage.Section(
      "transfer by itself", rows,
      note:
        "best of five; bytes of the archive from scheduler to worker over the loopback interface")
  }

  // MARK: The disk

  private static func traces(
    _ place: String, _ machine: Machine
  ) async throws -> BenchPage.Section {
    var rows: [BenchPage.Row] = []
    for trace in CacheTrace.all {
      printToStandardError("judging: \(trace.name)")
      rows.append(
        try await BenchCluster.with(place + "/cluster", isPlain: true, machine: machine) {
          let inside = place + "/trace"
          defer { try? FileManager.default.removeItem(atPath: inside) }
          return try await $0.run(trace, in: inside)
        })
    }
    return BenchPage.Section(
      "caches smaller than what is judged with", rows,
      note:
        "two workers of one slot, each with that budget; `moved` are packed bytes, budgets and disks "
        + "hold unpacked ones")
  }
}

func nanoseconds(_ body: () throws -> Void) rethrows -> Int {
  try ContinuousClock().measure(body).nanoseconds
}

func perSecond(_ bytes: Int, _ nanoseconds: Int) -> Int {
  Int(Double(bytes) * 1_000_000_000 / Double(max(nanoseconds, 1)))
}

extension PackageSample {
  /// Of its files as they are now.
  func manifest() throws -> PackageManifest {
    let reading = PackageReader.read(directory: directory)
    guard let manifest = reading.manifest else {
      throw CommandFailure("the made-up package has errors: \(reading.diagnostics.prefix(3))")
    }
    return manifest
  }
}
