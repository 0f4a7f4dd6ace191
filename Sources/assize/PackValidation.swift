import Evaluation
import Foundation
import JudgeModel
import ProblemPackage
import Sandbox
import Synchronization

/// What running the validators of one package came to.
struct ValidationOutcome: Sendable {
  /// Runs that were made, for the record.
  struct Counts: Encodable, Sendable {
    var inputValidators = 0
    var inputs = 0
    var junkInputs = 0
    var labelledOutputs = 0
    var nastyOutputs = 0
  }
  var counts = Counts()
  var findings: [Diagnostic] = []
  /// Parts that were not run here and why.
  var notRun: [String] = []
}

/// Runs the validators of packages in the sandbox: input validators on every input and on junk, the
/// output validator on outputs that its author labelled and on outputs to stumble over.
struct PackValidation {
  struct Package: Sendable {
    var directory: String
    /// Nil when the package has errors; its inputs are checked all the same.
    var manifest: PackageManifest?
    var checks: InputChecks

    var foreignNotes: [String] { checks.foreign.map { "\($0.path): \($0.reason)" } }
  }

  enum Job: Sendable {
    case input(InputChecks.Input, isValid: Bool)
    case junk(kind: Int, InputChecks.Input, [UInt8])
    case output(InputChecks.LabelledOutput)
    case nasty(kind: Int, Testcase)
  }
  enum Answer: Sendable {
    case found([Diagnostic])
    case junk(kind: Int, isRejected: Bool)
    case nasty(kind: Int, testcase: String, FileCheck)
    case nothing
  }

  enum Scope {
    /// Only that the inputs are valid.
    case inputs
    /// Whether the validators themselves are any good as well.
    case everything
  }
  var machine: Machine
  var slots: Int
  var scope: Scope

  /// Outcomes by package.
  /// - Throws: when the machine cannot do it.
  func run(_ packages: [Package]) throws -> [ValidationOutcome] {
    var outcomes = packages.map { _ in ValidationOutcome() }
    var usable = packages
    for index in usable.indices { outcomes[index].notRun = setAside(&usable[index]) }
    let jobs = usable.enumerated().flatMap { index, package in
      self.jobs(for: package).map { (package: index, job: $0) }
    }
    let answers = try perform(jobs, usable)
    for (index, package) in usable.enumerated() {
      let own = zip(jobs, answers).filter { $0.0.package == index }
      fold(own.map { ($0.0.job, $0.1) }, package, &outcomes[index])
    }
    return outcomes
  }

  /// Takes out validators whose languages do not work here.
  private func setAside(_ package: inout Package) -> [String] {
    var notRun = package.foreignNotes
    package.checks.validators.removeAll { validator in
      guard let language = validator.program.language,
        let problem = machine.problem(with: language)
      else { return false }
      notRun.append("\(validator.place): \(problem)")
      return true
    }
    if case .validator(let program) = package.manifest?.check, let language = program.language,
      let problem = machine.problem(with: language)
    {
      notRun.append("\(program.folder): \(problem)")
      package.manifest = nil
      package.checks.outputs = []
    }
    return notRun
  }

  // MARK: Jobs

  private func jobs(for package: Package) -> [Job] {
    var jobs: [Job] = []
    if !package.checks.validators.isEmpty {
      jobs += package.checks.inputs.map { .input($0, isValid: true) }
      // Something that a validator in another language would reject may pass the others.
      if package.checks.foreign.isEmpty {
        jobs += package.checks.invalidInputs.map { .input($0, isValid: false) }
        if scope == .everything { jobs += junk(package) }
      }
    }
    guard let manifest = package.manifest, scope == .everything else { return jobs }
    jobs += package.checks.outputs.map { .output($0) }
    if case .validator = manifest.check {
      for testcase in Self.specimens(manifest) {
        jobs += Junk.outputs.indices.map { .nasty(kind: $0, testcase) }
      }
    }
    return jobs
  }

  private func junk(_ package: Package) -> [Job] {
    guard let first = package.checks.inputs.first else { return [] }
    var jobs: [Job] = Junk.inputs.enumerated().map { .junk(kind: $0, first, $1.bytes) }
    // Small inputs are changed: what is said about them is read by a person.
    let small = package.checks.inputs.compactMap { input -> (InputChecks.Input, [UInt8])? in
      let path = package.directory + "/" + input.path
      guard Self.size(path) <= 64 << 10, let data = FileManager.default.contents(atPath: path),
        !data.isEmpty
      else { return nil }
      return (input, Array(data))
    }.sorted { ($0.1.count, $0.0.path) < ($1.1.count, $1.0.path) }
    // From the smallest to the largest, not the smallest only: a `1` alone can stand much.
    let step = max(1, small.count / 4)
    for (input, bytes) in stride(from: 0, to: small.count, by: step).map({ small[$0] }) {
      for (at, mutation) in Junk.mutations.enumerated() {
        let changed = mutation.change(bytes)
        if changed != bytes { jobs.append(.junk(kind: Junk.inputs.count + at, input, changed)) }
      }
    }
    return jobs
  }

  private static func size(_ path: String) -> Int64 {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_size) : .max
  }

  /// The first testcase, and the first and last that are secret.
  private static func specimens(_ manifest: PackageManifest) -> [Testcase] {
    // One without an input is no run of a submission, so there is no output of it.
    let all = manifest.testcases.filter { !$0.input.isEmpty }
    let secret = all.filter { $0.name.hasPrefix("secret/") }
    var chosen: [Testcase] = []
    for testcase in [all.first, secret.first, secret.last].compactMap({ $0 })
    where !chosen.contains(testcase) {
      chosen.append(testcase)
    }
    return chosen
  }

  // MARK: Slots

  private func perform(_ jobs: [(package: Int, job: Job)], _ packages: [Package]) throws -> [Answer]
  {
    let results = Mutex([Int: Result<Answer, EvaluationError>]())
    let next = Atomic(0)
    let progress = Progress(total: Int64(jobs.count), unit: .items, title: "running validators")
    let machine = machine
    onThreads(min(slots, jobs.count)) { slot in
      var desk: ValidationDesk?
      defer { desk?.close() }
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < jobs.count else { return }
        let (at, job) = jobs[index]
        if desk?.index != at {
          desk?.close()
          desk = ValidationDesk(packages[at], index: at, machine, slot: slot)
        }
        let result = Result { () throws(EvaluationError) in try desk?.answer(job) ?? .nothing }
        let done = results.withLock { results in
          results[index] = result
          return results.count
        }
        progress.report(Int64(done), note: packages[at].directory)
      }
    }
    progress.finish()
    return try results.withLock { results in
      try jobs.indices.map { try (results[$0] ?? .success(.nothing)).get() }
    }
  }

  // MARK: Results

  private func fold(
    _ answers: [(job: Job, answer: Answer)], _ package: Package, _ outcome: inout ValidationOutcome
  ) {
    outcome.counts.inputValidators = package.checks.validators.count
    var seen: Set<Diagnostic> = []
    var rejectedJunk: [Int: Bool] = [:]
    var nasty: [Int: [(testcase: String, answer: FileCheck)]] = [:]
    for (job, answer) in answers {
      switch job {
      case .input: outcome.counts.inputs += 1
      case .junk: outcome.counts.junkInputs += 1
      case .output: outcome.counts.labelledOutputs += 1
      case .nasty: outcome.counts.nastyOutputs += 1
      }
      switch answer {
      case .found(let findings):
        outcome.findings += findings.filter { seen.insert($0).inserted }
      case .junk(let kind, let isRejected):
        rejectedJunk[kind] = (rejectedJunk[kind] ?? false) || isRejected
      case .nasty(let kind, let testcase, let answer):
        nasty[kind, default: []].append((testcase, answer))
      case .nothing: break
      }
    }
    let accepted = rejectedJunk.keys.sorted().filter { rejectedJunk[$0] == false }
    if !accepted.isEmpty { outcome.findings.append(Self.acceptedJunk(accepted)) }
    if case .validator(let program) = package.manifest?.check {
      for kind in nasty.keys.sorted() {
        outcome.findings += Self.findings(nasty[kind] ?? [], kind, program)
      }
    }
  }

  /// One finding for all kinds: a validator that accepts anything is one mistake.
  private static func acceptedJunk(_ kinds: [Int]) -> Diagnostic {
    let names = kinds.map { kind in
      kind < Junk.inputs.count
        ? Junk.inputs[kind].name
        : "an input with \(Junk.mutations[kind - Junk.inputs.count].name)"
    }
    return Diagnostic(
      .warning, "input_validators",
      "no input validator rejects \(names.joined(separator: ", nor ")); mistakes of "
        + "\(kinds.count == 1 ? "that kind" : "these kinds") would go unnoticed")
  }

  private static func findings(
    _ answers: [(testcase: String, answer: FileCheck)], _ kind: Int,
    _ program: ValidatorProgram
  ) -> [Diagnostic] {
    let name = Junk.outputs[kind].name
    for (testcase, answer) in answers {
      guard case .broke(let how) = answer else { continue }
      return [
        Diagnostic(
          .error, program.folder,
          "asked about the output “\(name)” for \(testcase) it \(how); a submission that prints "
            + "this would get no verdict: exit with 43")
      ]
    }
    // The first two kinds are right for no testcase that has anything to say.
    guard kind < 2, answers.allSatisfy({ $0.answer == .accepted }) else { return [] }
    return [
      Diagnostic(
        .warning, program.folder,
        "accepts the output “\(name)” for \(answers.map(\.testcase).joined(separator: ", "))")
    ]
  }
}

extension InputValidator {
  /// What a finding about it names.
  var place: String { program.files.count == 1 ? program.files[0] : program.folder }
}
