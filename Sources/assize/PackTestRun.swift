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

  /// Gives a time limit to the packages whose authors gave none; what `TimeLimitRules` says to the
  /// slowest runs. Returns why a package's submissions do not fit its rules.
  func deriveTimeLimits(_ packages: inout [TestedPackage]) -> [String] {
    var bounds: [Int: [TimeLimitBound]] = [:]
    for index in packages.indices where packages[index].manifest.limits.timeOrigin == .preset {
      bounds[index] = []
    }
    measure(.lower, packages, limits: bounds.mapValues { _ in Self.trialLimit }, &bounds)
    var trials: [Int: TimeSpan] = [:]
    for (index, found) in bounds {
      guard let limit = try? packages[index].rules.limit(from: found) else { continue }
      packages[index].setTimeLimit(limit, origin: .derived)
      guard packages[index].rules.hasUpperBound else { continue }
      // Longer than that need nobody run to be surely too slow.
      trials[index] = packages[index].rules.surelyTooSlow(for: limit)
    }
    measure(.upper, packages, limits: trials, &bounds)
    return trials.keys.sorted().compactMap { index in
      do throws(TimeLimitError) {
        _ = try packages[index].rules.limit(from: bounds[index] ?? [])
        return nil
      } catch {
        return "\(packages[index].manifest.problem): \(error)"
      }
    }
  }

  /// Runs the submissions that bound the limit from one side, and adds what they took.
  private func measure(
    _ side: TimeLimitBound.Side, _ packages: [TestedPackage], limits: [Int: TimeSpan],
    _ bounds: inout [Int: [TimeLimitBound]]
  ) {
    var jobs: [Job] = []
    var trials = packages
    for (index, limit) in limits.sorted(by: { $0.key < $1.key }) {
      trials[index].setTimeLimit(limit, origin: .derived)
      for (at, submission) in packages[index].submissions.enumerated() {
        let label = submission.submission
        guard side == .lower ? label.boundsTimeLimitBelow : label.boundsTimeLimitAbove,
          problem(with: submission) == nil, let program = submission.program
        else { continue }
        jobs.append(Job(package: index, submission: at, program: program, mode: .full))
      }
    }
    guard !jobs.isEmpty else { return }
    for (job, result) in zip(jobs, perform(jobs, trials, title: "deriving time limits")) {
      let label = packages[job.package].submissions[job.submission].submission
      guard case .success(let result) = result else { continue }
      let runs = side == .lower ? label.runsBoundingBelow(result) : label.runsBoundingAbove(result)
      guard var time = runs.map(\.facts.cpuTime).max() else { continue }
      // One that slept was stopped as well, whatever processor time it took.
      if runs.contains(where: { $0.verdict == .timeLimit }) {
        time = max(time, limits[job.package] ?? .zero)
      }
      let name = packages[job.package].submissions[job.submission].name
      bounds[job.package, default: []].append(TimeLimitBound(name, side, slowest: time))
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
