import Evaluation
import Foundation
import Grading
import JudgeModel
import ProblemPackage
import Synchronization

/// What became of one labelled submission.
enum TestOutcome: Sendable {
  case judged(JudgingResult, violations: [String])
  /// No verdict: the package or this machine is to blame.
  case failed(EvaluationError)
  case skipped(String)
}

/// Judges the submissions of packages on the slots of this machine.
struct PackTestRun {
  var machine: Machine
  /// nil: as much as the labels need.
  var mode: JudgingMode?
  var slots: Int

  private struct Job: Sendable {
    var package: Int
    var submission: Int
    var program: Program
    var mode: JudgingMode
  }

  /// Outcomes by package and submission.
  func judge(_ packages: [TestedPackage]) -> [[TestOutcome]] {
    var outcomes = packages.map { package in
      package.submissions.map { submission in
        TestOutcome.skipped(problem(with: submission) ?? "")
      }
    }
    var jobs: [Job] = []
    for (package, tested) in packages.enumerated() {
      for (index, submission) in tested.submissions.enumerated() {
        guard problem(with: submission) == nil, let program = submission.program else { continue }
        jobs.append(
          Job(
            package: package, submission: index, program: program,
            mode: mode(for: submission.submission)))
      }
    }
    let results = perform(jobs, packages, title: "judging")
    for (job, result) in zip(jobs, results) {
      let label = packages[job.package].submissions[job.submission].submission
      outcomes[job.package][job.submission] =
        switch result {
        case .success(let result):
          .judged(
            result,
            violations: label.violations(
              by: result,
              groupScores: Self.groupScores(result, packages[job.package].manifest)))
        case .failure(let error): .failed(error)
        }
    }
    return outcomes
  }

  /// Labels may ask for scores of single groups, which a result does not have: its runs are graded
  /// again. Groups graded by a program of the package are left out.
  private static func groupScores(
    _ result: JudgingResult, _ manifest: PackageManifest
  ) -> [String: Score] {
    guard manifest.kind.isScoring else { return [:] }
    var plan = JudgingPlan(manifest: manifest, mode: .full)
    for run in result.runs { plan.record(run) }
    return plan.groupScores
  }

  private func problem(with submission: TestedPackage.Submission) -> String? {
    guard let program = submission.program else { return submission.problem }
    return machine.problem(with: program.language)
  }

  /// A label that speaks of single testcases needs every one of them, whatever was asked for.
  private func mode(for submission: LabelledSubmission) -> JudgingMode {
    let needsAll = submission.expectations.contains { expectation in
      if case .testcases = expectation.scope { true } else { false }
    }
    return needsAll ? .full : mode ?? .lazy
  }

  // MARK: Time limits

  /// Longest a submission may take while its package has no time limit yet.
  private static let trialLimit = TimeSpan.seconds(60)

  /// Gives a time limit to the packages whose authors gave none: the slowest run of those that have
  /// to be fast enough, times the package's factor, up to the next multiple of its resolution.
  func deriveTimeLimits(_ packages: inout [TestedPackage]) {
    var jobs: [Job] = []
    var trials = packages
    for (index, package) in packages.enumerated()
    where package.manifest.limits.timeOrigin == .preset {
      trials[index].setTimeLimit(Self.trialLimit, origin: .derived)
      for (at, submission) in package.submissions.enumerated()
      where submission.submission.boundsTimeLimitBelow {
        guard problem(with: submission) == nil, let program = submission.program else { continue }
        jobs.append(Job(package: index, submission: at, program: program, mode: .full))
      }
    }
    guard !jobs.isEmpty else { return }
    var slowest: [Int: TimeSpan] = [:]
    for (job, result) in zip(jobs, perform(jobs, trials, title: "deriving time limits")) {
      let label = packages[job.package].submissions[job.submission].submission
      guard case .success(let result) = result,
        let time = label.runsBoundingBelow(result).map(\.facts.cpuTime).max()
      else { continue }
      slowest[job.package] = max(slowest[job.package] ?? .zero, time)
    }
    for (index, time) in slowest {
      packages[index].setTimeLimit(packages[index].rules.limit(for: time), origin: .derived)
    }
  }

  // MARK: Slots

  private func perform(
    _ jobs: [Job], _ packages: [TestedPackage], title: String
  ) -> [Result<JudgingResult, EvaluationError>] {
    let paths = Self.paths(of: packages)
    let results = Mutex([Int: Result<JudgingResult, EvaluationError>]())
    let next = Atomic(0)
    let progress = Progress(total: Int64(jobs.count), unit: .items, title: title)
    let machine = machine
    onThreads(min(slots, jobs.count)) { slot in
      let workshop = Workshop(host: machine.host, languages: machine.table, slot: slot) {
        paths[$0] ?? ""
      }
      let evaluator = Evaluator(workshop)
      defer { evaluator.forgetValidators() }
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < jobs.count else { return }
        let job = jobs[index]
        let result = Self.judge(job, packages[job.package].manifest, evaluator)
        let done = results.withLock { results in
          results[index] = result
          return results.count
        }
        let package = packages[job.package]
        progress.report(
          Int64(done),
          note: "\(package.manifest.problem) \(package.submissions[job.submission].name)")
      }
    }
    progress.finish()
    return results.withLock { results in
      jobs.indices.map { results[$0] ?? .failure(.machine("it was not judged")) }
    }
  }

  private static func judge(
    _ job: Job, _ manifest: PackageManifest, _ evaluator: Evaluator
  ) -> Result<JudgingResult, EvaluationError> {
    do throws(EvaluationError) {
      return .success(
        try evaluator.judge(
          job.program, package: manifest, mode: job.mode, cancellation: Cancellation(),
          onRun: { _ in }))
    } catch {
      return .failure(error)
    }
  }

  /// Where each file lies. With links resolved: packages may use them, judging does not follow any.
  private static func paths(of packages: [TestedPackage]) -> [Digest: String] {
    var paths: [Digest: String] = [:]
    for package in packages {
      for file in package.manifest.files where paths[file.digest] == nil {
        let url = URL(fileURLWithPath: package.directory + "/" + file.path)
        paths[file.digest] = url.resolvingSymlinksInPath().path
      }
    }
    return paths
  }
}

extension TimeLimitRules {
  /// The time limit for a slowest accepted run of `time`; at least one step of the resolution.
  func limit(for time: TimeSpan) -> TimeSpan {
    let step = max(1, resolution.nanoseconds)
    let (high, low) = max(0, time.nanoseconds).multipliedFullWidth(by: multiplierBillionths)
    guard high < 500_000_000 else { return resolution * (Int64.max / step) }
    let needed = Int64(1_000_000_000).dividingFullWidth((high, low)).quotient
    return resolution * max(1, needed / step + (needed % step == 0 ? 0 : 1))
  }
}
