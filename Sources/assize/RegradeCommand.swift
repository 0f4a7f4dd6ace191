import ArgumentParser
import Contest
import Evaluation
import Foundation
import JudgeModel
import Logging
import Messages
import Sandbox
import SchedulerClient

/// Judges every submission of a contest again and says what is different.
struct Regrade: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "regrade",
    abstract: "Judge a contest again and report every verdict that changed.",
    discussion: """
      CONTEST is a CLICS contest package: a directory or zip file with problems.json, \
      submissions.json, judgements.json and submissions/<id>/files.zip. Every testcase of every \
      submission is run. The contest itself is not changed; the report and the new judgements go to \
      the output directory.

      Exit status: 0 no verdict changed, 1 some did, 2 not everything could be judged.
      """)

  @Argument(help: "The contest package: a directory or a zip file.")
  var contest: String

  @Option(name: .long, help: "Directory of the problem packages.")
  var problems: String

  @Flag(name: .long, help: "Judge on this machine, without a scheduler.")
  var local = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Join line of the scheduler, or @FILE to read it from.", valueName: "join line"))
  var scheduler: String?

  @Option(name: .long, help: "With --local: how many judgings at once (default: half the cores).")
  var slots: Int?

  @Option(
    help: ArgumentHelp(
      "Only on workers with this --label; may be repeated.", valueName: "key=value"),
    transform: Label.init(argument:))
  var require: [Label] = []

  @Option(name: [.short, .long], help: "Where to put the report (default: regrade-<contest>).")
  var output: String?

  @Flag(
    name: .long,
    help: "Regrade the rest when some of the archive or of the packages is unusable.")
  var keepGoing = false

  @Flag(name: .long, help: "With --local: log what scheduler and worker do.")
  var verbose = false

  @OptionGroup var machineOptions: MachineOptions

  func validate() throws {
    if let slots, !(1...256).contains(slots) {
      throw ValidationError("--slots must be between 1 and 256.")
    }
    if local, scheduler != nil {
      throw ValidationError("Give either --local or --scheduler, not both.")
    }
    if local, !require.isEmpty {
      throw ValidationError("--require chooses among workers: it needs --scheduler.")
    }
  }

  func run() async throws {
    try await exitingWithReason {
      let conclusion = try await regrade()
      if conclusion != .unchanged { throw ExitCode(conclusion.rawValue) }
    }
  }

  private func regrade() async throws -> RegradeReport.Conclusion {
    let started = RegradeRun.wallClock()
    let reading = try readContest()
    var packages = try RegradePackages(directory: problems)
    let matching = ProblemMatching(problems: reading.problems, packages: packages.available)
    try explain(matching, packages)
    packages.takeLimits(from: matching)
    let table =
      try machineOptions.languages.map { path in try LanguageTable.load(path) }
      ?? LanguageTable.builtIn()
    var plan = RegradePlan(reading, matching, packages, table)
    let out = output ?? "regrade-\(Self.fileName(reading.contest.id))"
    // Now, and not after a night of judging.
    try checkOutput(out)

    let scratch = try TemporaryDirectory("assize-regrade")
    defer { scratch.remove() }
    try removeWhenStopped(scratch)
    var run: RegradeRun
    let status: ClusterStatus
    if let line = try joinLine() {
      let client = try SchedulerClient(
        line, programVersion: Assize.programVersion, onNews: { warn($0) })
      try await client.connect()
      run = RegradeRun(
        client: client, plan: plan, packagesDirectory: scratch.path, requires: require)
      status = try await perform(&run, name: reading.contest.id, isCluster: true)
      await client.close()
    } else {
      (run, status) = try await judgeLocally(&plan, scratch, name: reading.contest.id)
    }

    let context = RegradeContext(
      tool: "assize \(Assize.programVersion)", archive: contest, startMilliseconds: started,
      endMilliseconds: RegradeRun.wallClock(), host: hosts(status),
      policy: ["every testcase of every submission is run, whatever came before"],
      toolchains: toolchains(status),
      packages: matching.rows.compactMap { row in
        row.package.flatMap { packages.byName[$0.name] }.map {
          RegradeContext.JudgedPackage(
            problem: row.problem.id, manifest: $0.manifest, digest: $0.digest)
        }
      })
    let report = RegradeReport(
      reading: reading, results: run.results,
      notJudged: plan.notJudged.merging(run.notJudged) { a, _ in a }, context: context)
    return try publish(report, run.results, to: out)
  }

  private func readContest() throws -> ContestReading {
    let reading: ContestReading
    do {
      reading = try ContestPackage.read(contest)
    } catch {
      throw CommandFailure("cannot regrade \(contest)", error)
    }
    for defect in reading.defects { warn("\(contest)/\(defect)") }
    if !reading.skipped.isEmpty, !keepGoing {
      throw CommandFailure(
        "\(reading.skipped.count) of \(reading.skipped.count + reading.submissions.count) "
          + "submissions cannot be judged, see above: mend the archive, or regrade the rest with "
          + "--keep-going")
    }
    return reading
  }

  private func explain(_ matching: ProblemMatching, _ packages: RegradePackages) throws {
    for (name, diagnostics) in packages.broken.sorted(by: { $0.key < $1.key }) {
      for diagnostic in diagnostics { warn("\(problems)/\(name)/\(diagnostic)") }
    }
    guard !matching.unmatched.isEmpty else { return }
    for row in matching.rows {
      let found = row.package.map { "package \($0.name)" } ?? "no package: \(row.reason)"
      warn("problem \(row.problem.label) (\(row.problem.id)): \(found)")
    }
    if !keepGoing {
      throw CommandFailure(
        "\(matching.unmatched.count) problems have no usable package in \(problems): add them, or "
          + "regrade the rest with --keep-going")
    }
  }

  /// nil: this machine judges.
  private func joinLine() throws -> JoinLine? {
    if local { return nil }
    guard let line = try JoinLines.find(scheduler) else {
      throw CommandFailure(
        "say where to judge: --local for this machine, or --scheduler with the join line that "
          + "`assize scheduler` prints")
    }
    return line
  }

  private func judgeLocally(
    _ plan: inout RegradePlan, _ scratch: TemporaryDirectory, name: String
  ) async throws -> (RegradeRun, ClusterStatus) {
    let slots = slots ?? MachineOptions.defaultSlots
    let wanted = Set(plan.items.map(\.program.language))
    let machine = try Machine.examine(machineOptions, slots: slots, wanted: wanted)
    printToStandardError(machine.host.summary)
    plan.exclude(languagesOtherThan: Set(machine.working)) { language in
      "\(language) cannot be judged here: \(machine.problem(with: language) ?? "not available")"
    }
    var logger = Logger(label: "assize") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = verbose ? .info : .error
    let cluster = try await LocalCluster.start(
      directory: scratch.path, slots: slots, machine: machine, logger: logger)
    let client = try SchedulerClient(
      cluster.joinLine, programVersion: Assize.programVersion)
    // A scheduler that cannot go on (a full disk) would leave the client waiting for ever.
    let watchdog = Task {
      let error = await cluster.failed()
      guard !(error is CancellationError) else { return }
      warn("the scheduler in this process failed: \(error)")
      await client.close()
    }
    defer { watchdog.cancel() }
    var run = RegradeRun(client: client, plan: plan, packagesDirectory: scratch.path)
    do {
      try await client.connect()
      let status = try await perform(&run, name: name)
      await client.close()
      await cluster.stop()
      return (run, status)
    } catch {
      await client.close()
      await cluster.stop()
      throw error
    }
  }

  /// - Parameter isCluster: there may be several workers, to which packages are brought ahead.
  private func perform(
    _ run: inout RegradeRun, name: String, isCluster: Bool = false
  ) async throws -> ClusterStatus {
    printToStandardError(
      "\(run.plan.items.count) submissions, \(run.plan.packages.count) problem packages"
        + (run.plan.notJudged.isEmpty ? "" : ", \(run.plan.notJudged.count) not judgeable"))
    try await run.pushPackages()
    if isCluster { await run.warmUp() }
    if !run.plan.items.isEmpty {
      _ = try await run.judge(name: "regrade \(name)") { batch in
        guard isCluster else { return }
        printToStandardError(
          "batch \(batch.value); if this command is stopped the scheduler goes on, and "
            + "`assize cancel --batch \(batch.value)` ends it")
      }
    }
    return try await run.client.status()
  }

  private func hosts(_ status: ClusterStatus) -> String {
    status.workers.map { "\($0.host) (\($0.worker), \($0.slots) slots, \($0.sandbox))" }
      .joined(separator: "; ")
  }

  private func toolchains(_ status: ClusterStatus) -> [RegradeContext.Toolchain] {
    var seen: Set<String> = []
    return status.workers.flatMap(\.languages)
      .filter { seen.insert("\($0.language) \($0.version)").inserted }
      .map { RegradeContext.Toolchain(language: $0.language, version: $0.version) }
  }

  private func publish(
    _ report: RegradeReport, _ results: [String: NewResult], to out: String
  ) throws -> RegradeReport.Conclusion {
    do {
      try ResultsWriter(report: report, results: results).write(to: out, contest: contest)
    } catch {
      throw CommandFailure("cannot write the results", error)
    }
    print(report.terminalText)
    print("Report: \(out)/report.html")
    return report.conclusion
  }

  /// A contest's id as part of a file name: it is whatever the archive says.
  private static func fileName(_ id: String) -> String {
    let plain = id.map {
      $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) ? $0 : "-"
    }
    return plain.isEmpty ? "contest" : String(plain.prefix(60))
  }

  /// Whether the results will find their place, without making it yet.
  private func checkOutput(_ out: String) throws {
    let place = URL(fileURLWithPath: out).standardizedFileURL
    let archive = URL(fileURLWithPath: contest).standardizedFileURL.resolvingSymlinksInPath().path
    if (place.resolvingSymlinksInPath().path + "/").hasPrefix(archive + "/") {
      throw CommandFailure(
        "\(out) is inside the contest, which is not changed: name another place with --output")
    }
    let exists = FileManager.default.fileExists(atPath: place.path)
    let directory = exists ? place.path : place.deletingLastPathComponent().path
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory),
      isDirectory.boolValue, access(directory, W_OK | X_OK) == 0
    else {
      throw CommandFailure(
        "\(directory) is not a directory that can be written to: name another place with --output")
    }
  }

  /// Ctrl-C leaves nothing of the contest behind. What a scheduler was given goes on there.
  private func removeWhenStopped(_ scratch: TemporaryDirectory) throws {
    let requests = try Signals.requestsToStop()
    let isLocal = local
    Task {
      for await _ in requests {
        scratch.remove()
        warn(
          isLocal
            ? "stopped; nothing was written"
            : "stopped; the scheduler goes on with the batch, whose number is above")
        Foundation.exit(130)
      }
    }
  }
}
