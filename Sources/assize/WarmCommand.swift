import ArgumentParser
import Foundation
import JudgeModel
import Messages
import SchedulerClient

/// Brings packages to workers before they are needed.
struct Warm: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Bring packages to workers before they are needed.",
    discussion: """
      PACKAGE is a problem, whose newest package is meant, or a digest of `assize packages`, at least \
      its first \(NamedPackage.fewestDigits) digits. Workers with most room in their cache are asked first. They fetch it beside \
      their work, and into room that nothing judged with in the last ten minutes needs; a judging that \
      needs the room gets it. How far it is shows on standard error until all is there.

      Example: assize warm sum flood --workers 4

      Exit status: 0 all wished workers have it, 1 some will not, and why is said, or have it not in \
      time, 2 the scheduler could not be asked or there is no such package, 64 wrong usage. With \
      --no-wait: 0 when workers have it or were asked.
      """)

  @Argument(help: ArgumentHelp("Problems, digests or beginnings of digests.", valueName: "package"))
  var packages: [String]

  @Option(
    help: ArgumentHelp(
      "On how many workers each of them shall be. Default: on all that can hold it.",
      valueName: "n"))
  var workers: Int32?

  @Option(
    help: ArgumentHelp(
      "Wait no longer than this. What is on its way then comes all the same.",
      valueName: "seconds"))
  var within: Int?

  @Flag(name: .customLong("no-wait"), help: "Only ask for it; do not wait until it is there.")
  var isNotWaiting = false
  @Option(help: "How to print it.")
  var format = ListFormat.table
  @OptionGroup var joinOption: JoinOption

  func validate() throws {
    if packages.isEmpty { throw ValidationError("Name at least one package.") }
    if let within, within < 1 { throw ValidationError("--within must be at least 1.") }
    if within != nil, isNotWaiting {
      throw ValidationError("Give either --within or --no-wait, not both.")
    }
    if let workers, workers < 1 { throw ValidationError("--workers must be at least 1.") }
  }

  func run() async throws {
    try await exitingWithReason {
      let reports = try await joinOption.connected { try await warm(through: $0) }
      if format == .json { try printJSON(reports) } else { Self.say(reports) }
      guard reports.allSatisfy({ isNotWaiting ? $0.isUnderWay : $0.isDone }) else {
        throw ExitCode(1)
      }
    }
  }

  private func warm(through client: SchedulerClient) async throws -> [WarmReport] {
    let list = try await client.packages()
    var chosen: [PackageSummary] = []
    for name in packages {
      let package = try NamedPackage.find(name, in: list).package
      if !chosen.contains(package) { chosen.append(package) }
    }
    var told: [Digest: String] = [:]
    let end = within.map { ContinuousClock.now + .seconds($0) }
    while true {
      var reports: [WarmReport] = []
      for package in chosen {
        let report = WarmReport(
          package, try await client.warm(package.digest, workers: workers))
        if told.updateValue(report.progress, forKey: package.digest) != report.progress {
          printToStandardError(terminalSafe(report.progress))
        }
        reports.append(report)
      }
      let isLate = end.map { ContinuousClock.now >= $0 } ?? false
      if isNotWaiting || isLate || reports.allSatisfy(\.isOver) { return reports }
      try await Task.sleep(for: .seconds(1))
    }
  }

  private static func say(_ reports: [WarmReport]) {
    for report in reports {
      print(terminalSafe(report.conclusion))
      for obstacle in report.obstacles {
        print(terminalSafe("  \(obstacle.worker): \(obstacle.reason)"))
      }
      if let note = report.note { print("  " + note) }
    }
  }
}

/// How far a package was brought, for people and programs.
struct WarmReport: Encodable {
  struct Obstacle: Encodable {
    var worker: String
    var reason: String
  }
  var problem: String
  var digest: String
  var wanted: Int
  /// Workers that have it.
  var here: [String]
  /// Those that are fetching it.
  var coming: [String]
  var obstacles: [Obstacle]
  /// Why there can be no more, if it is nobody's fault.
  var note: String?

  init(_ package: PackageSummary, _ warmth: Warmth) {
    problem = package.problem
    digest = package.digest.hex
    wanted = Int(warmth.wanted)
    here = warmth.here.map(\.value)
    coming = warmth.coming.map(\.value)
    obstacles = warmth.obstacles.map { Obstacle(worker: $0.worker.value, reason: $0.reason) }
    // While there are too few, all workers are asked, so all are in one of the lists.
    let known = here.count + coming.count + obstacles.count
    if known == 0 {
      note = "no worker is connected"
    } else if known < wanted, obstacles.count < Warmth.obstacleLimit {
      note = "only \(counted(known, "worker")) \(known == 1 ? "is" : "are") connected"
    }
  }

  private var name: String { "\(problem) \(digest.prefix(8))" }
  var isDone: Bool { wanted > 0 && here.count >= wanted }
  var isUnderWay: Bool { wanted > 0 && here.count + coming.count >= wanted }
  /// Nothing comes any more.
  var isOver: Bool { isDone || coming.isEmpty }

  var progress: String {
    let missing = wanted - here.count
    return
      "\(name): \(here.count) of \(counted(wanted, "worker")) \(here.count == 1 ? "has" : "have") it"
      + (missing > 0 && !coming.isEmpty ? ", \(coming.count) fetching" : "")
  }

  var conclusion: String {
    if wanted == 0 { return "\(name): no worker can hold it" }
    if isDone {
      return "\(name): \(counted(here.count, "worker")) \(here.count == 1 ? "has" : "have") it"
    }
    return progress
  }
}
