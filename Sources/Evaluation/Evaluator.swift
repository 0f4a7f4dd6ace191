internal import Foundation
internal import Grading
public import JudgeModel
internal import ProblemPackage
internal import Sandbox

/// Judges one program after another in one slot: build, run every testcase, grade.
///
/// Belongs to the slot's thread; every call blocks. Judging on another thread is ended through the
/// `Cancellation` it was given.
public final class Evaluator {
  private var workshop: Workshop
  /// Validators of the package that was judged last, by folder: building one takes longer than most
  /// submissions run, and the next judging is likely to be of the same package.
  private(set) var validators: [String: Validator] = [:]

  /// When this slot last ran a program of each language.
  private var lastUse: [LanguageID: ContinuousClock.Instant] = [:]
  /// Something that was used more recently is taken to be in memory still.
  private static let staysWarm = Duration.seconds(60)

  public init(_ workshop: Workshop) { self.workshop = workshop }

  /// Which testcases of a judging one slot runs.
  public enum Extent: Sendable {
    /// All that count, save what others help with.
    case whole(CaseSharing?)
    /// These, by ordinal: the helper's side. What they come to is for whoever has the whole.
    case part([Int32])
  }

  /// - Parameters:
  ///   - arriving: of a package that may be on its way: each file is waited for when it is needed.
  ///   - onRun: called after each testcase, on this thread.
  /// - Returns: a verdict about the program.
  /// - Throws: why there is none; never because of the program.
  public func judge(
    _ program: Program, package: PackageManifest, mode: JudgingMode, cancellation: Cancellation,
    arriving: ArrivingPackage? = nil, extent: Extent = .whole(nil), onRun: (Run) -> Void
  ) throws(EvaluationError) -> JudgingResult {
    try cancellation.check()
    workshop.visit = arriving.map { Workshop.Visit(package: $0, cancellation: cancellation) }
    defer {
      workshop.visit = nil
      cancellation.release()
    }
    do throws(EvaluationError) {
      return try judgeOnce(program, package, mode, extent, cancellation, onRun)
    } catch {
      // Whatever failed may be what is kept, and the next judging has to start from what is known.
      if case .machine = error { forgetValidators() }
      throw error
    }
  }

  private func judgeOnce(
    _ program: Program, _ package: PackageManifest, _ mode: JudgingMode, _ extent: Extent,
    _ cancellation: Cancellation, _ onRun: (Run) -> Void
  ) throws(EvaluationError) -> JudgingResult {
    let isAnswer = package.kind.isSubmitAnswer
    guard let language = isAnswer ? .answers : workshop.languages[program.language] else {
      throw .machine("this worker does not know the language \(program.language)")
    }
    if let refusal = refusal(program, package) { return refusal }
    let files = try files(of: program, language, package)
    let built = try BuiltProgram.build(
      files, language: language,
      entryPoint: isAnswer ? nil : program.entryPoint,
      memoryBytes: package.limits.memoryBytes.amount,
      limits: BuiltProgram.BuildLimits(
        timeNanoseconds: package.limits.compilationTimeNanoseconds.amount,
        memoryBytes: package.limits.compilationMemoryBytes.amount), in: workshop,
      cancellation: cancellation)
    defer { built.sandbox.close() }
    guard built.compilation.succeeded else {
      return JudgingResult(
        verdict: .compileError, compilation: built.compilation,
        message: built.compilation.detail == .compilerLimit
          ? "the compiler ran out of time or memory" : "does not compile")
    }
    let submission = Submission(program: program, built: built, files: files)
    let bench = try prepare(submission, package, cancellation)
    let plan = JudgingPlan(manifest: package, mode: mode)
    return switch extent {
    case .whole(let sharing):
      // Answers that were handed in are looked at in no time.
      try runAll(bench, SharedPlan(plan, isAnswer ? nil : sharing), onRun)
    case .part(let ordinals): try runPart(bench, plan, ordinals, mode, onRun)
    }
  }

  /// A submission that breaks a limit of the problem before it is built.
  private func refusal(_ program: Program, _ package: PackageManifest) -> JudgingResult? {
    let code = package.limits.codeBytes
    // Answers are no code: the system's default, which is made for programs, does not bound them.
    let limit = package.kind.isSubmitAnswer && !code.isExplicit ? .max : code.amount
    guard Int64(program.byteCount) > limit else { return nil }
    let text = "the source has \(program.byteCount) bytes, the problem allows \(limit)"
    return JudgingResult(
      verdict: .compileError,
      compilation: Compilation(succeeded: false, output: text), message: text)
  }

  /// The submission's files and what the package adds to them; the package's win.
  private func files(
    of program: Program, _ language: Language, _ package: PackageManifest
  ) throws(EvaluationError) -> [SourceFile] {
    var files = program.files
    guard !package.kind.isSubmitAnswer else { return files }
    let included = package.files.filter { $0.role == .include }
    // Those of the language come last and replace the default ones.
    for folder in ["include/default/", "include/\(language.id)/"] {
      for file in included where file.path.hasPrefix(folder) {
        try include(file, as: String(file.path.dropFirst(folder.count)), in: package, &files)
      }
    }
    return files
  }

  private func include(
    _ included: PackageFile, as name: String, in package: PackageManifest,
    _ files: inout [SourceFile]
  ) throws(EvaluationError) {
    let contents = package.constants.replacing(
      in: try workshop.contents(included.path, of: package))
    files.removeAll { $0.name == name }
    files.append(SourceFile(name: name, contents: contents))
  }

  /// What was handed in, ready to run.
  private struct Submission {
    let program: Program
    let built: BuiltProgram
    /// As it was built, included files among them.
    let files: [SourceFile]
  }

  /// Everything that running a testcase needs.
  private struct Bench {
    let submission: Submission
    let runner: TestcaseRunner
    let answers: AnswerFiles
    let package: PackageManifest
    let cancellation: Cancellation

    var compilation: Compilation? {
      package.kind.isSubmitAnswer ? nil : submission.built.compilation
    }
  }

  private func prepare(
    _ submission: Submission, _ package: PackageManifest, _ cancellation: Cancellation
  ) throws(EvaluationError) -> Bench {
    var outputValidator: Validator?
    if case .validator(let spec) = package.check {
      outputValidator = try validator(spec, package, cancellation)
    }
    var checker: Validator?
    if let spec = package.interactorChecker {
      checker = try validator(spec, package, cancellation)
    }
    var runner = TestcaseRunner(
      program: submission.built, validator: outputValidator, interactorChecker: checker,
      manifest: package, workshop: workshop)
    if !package.kind.isSubmitAnswer {
      let language = submission.built.language
      runner.dataFiles = submission.files.filter { !language.isCode($0.name) }
    }
    if !package.kind.isSubmitAnswer { try warmUp(submission.built, runner) }
    return Bench(
      submission: submission, runner: runner,
      answers: AnswerFiles(of: submission.program, testcases: package.testcases),
      package: package, cancellation: cancellation)
  }

  private func runAll(
    _ bench: Bench, _ shared: SharedPlan, _ onRun: (Run) -> Void
  ) throws(EvaluationError) -> JudgingResult {
    var plan = shared
    while true {
      switch try plan.next(bench.cancellation, onRun) {
      case .run(let ordinal, let testcase):
        let start = ContinuousClock.now
        let run = try run(ordinal, testcase, plan.scoring(ordinal: ordinal), bench)
        plan.record(run, took: .now - start, onRun)
      case .grade(let request):
        let answer = try grade(request, bench.package, bench.cancellation)
        plan.recordGrade(request.group, answer)
      case .wait:
        throw .judge("the package's groups wait for each other: check it with `assize pack check`")
      case .finished(let outcome):
        guard outcome.verdict != .judgeError else { throw .judge(outcome.message) }
        return JudgingResult(
          verdict: outcome.verdict, score: outcome.score, compilation: bench.compilation,
          runs: plan.runVector, message: outcome.message)
      }
    }
  }

  /// Some testcases of a judging that another slot is responsible for. Lazily, what comes behind one
  /// that is not accepted may not count: it is left to the other slot, which knows.
  private func runPart(
    _ bench: Bench, _ plan: JudgingPlan, _ ordinals: [Int32], _ mode: JudgingMode,
    _ onRun: (Run) -> Void
  ) throws(EvaluationError) -> JudgingResult {
    var runs: [Run] = []
    for ordinal in ordinals {
      try bench.cancellation.check()
      guard let testcase = plan.testcase(ordinal) else {
        throw .judge("the package has no testcase \(ordinal)")
      }
      let run = try run(ordinal, testcase, plan.scoring(ordinal: ordinal) ?? .none, bench)
      guard run.verdict != .judgeError else { throw .judge(run.message) }
      runs.append(run)
      onRun(run)
      if mode == .lazy, run.verdict != .accepted { break }
    }
    let verdict = runs.first { $0.verdict != .accepted }?.verdict
    return JudgingResult(
      verdict: verdict ?? .accepted, compilation: bench.compilation, runs: runs)
  }

  private func run(
    _ ordinal: Int32, _ testcase: Testcase, _ scoring: CaseScoring, _ bench: Bench
  ) throws(EvaluationError) -> Run {
    let result: TestcaseRunner.Result
    if let check = testcase.staticValidation {
      result = try look(
        bench.submission, testcase, check, scoring, bench.package, bench.cancellation)
    } else if bench.package.kind.isSubmitAnswer {
      result = try judge(bench.answers, testcase, scoring, bench.runner)
    } else {
      result = try bench.runner.run(testcase, scoring: scoring)
    }
    return Run(
      ordinal: ordinal, testcase: testcase.name, verdict: result.verdict.verdict,
      detail: result.verdict.detail, score: result.score, facts: result.facts,
      message: result.message)
  }

  /// A testcase that is a look at the source text.
  private func look(
    _ submission: Submission, _ testcase: Testcase, _ check: StaticValidation,
    _ scoring: CaseScoring, _ package: PackageManifest, _ cancellation: Cancellation
  ) throws(EvaluationError) -> TestcaseRunner.Result {
    guard let spec = package.staticValidator else {
      throw .judge("\(testcase.name): the package has no static validator: build it again")
    }
    let check = StaticCheck(
      validator: try validator(spec, package, cancellation), language: submission.built.language,
      files: submission.files, recordedEntryPoint: submission.program.entryPoint, check: check)
    return try check.run(testcase, scoring: scoring)
  }

  /// A testcase whose output was handed in.
  private func judge(
    _ answers: AnswerFiles, _ testcase: Testcase, _ scoring: CaseScoring, _ runner: TestcaseRunner
  ) throws(EvaluationError) -> TestcaseRunner.Result {
    guard let file = answers.file(for: testcase.name) else {
      return TestcaseRunner.Result(
        verdict: RunVerdict(.wrongAnswer, .noOutput), facts: RunFacts(), score: nil,
        message: "no answer was handed in for this testcase")
    }
    var printed = testcase
    printed.arguments = ["/app/" + file]
    printed.files = []
    return try runner.run(printed, scoring: scoring)
  }

  private func warmUp(
    _ built: BuiltProgram, _ runner: TestcaseRunner
  ) throws(EvaluationError) {
    let language = built.language.id
    if lastUse[language].map({ ContinuousClock.now - $0 > Self.staysWarm }) ?? true {
      try built.warmUp(limits: runner.limits())
    }
    lastUse[language] = .now
  }

  private func validator(
    _ spec: ValidatorProgram, _ package: PackageManifest, _ cancellation: Cancellation
  ) throws(EvaluationError) -> Validator {
    if let kept = validators[spec.folder], kept.serves(spec, of: package) {
      cancellation.add(kept.program.sandbox.canceller)
      return kept
    }
    for (folder, kept) in validators where folder == spec.folder || !kept.belongs(to: package) {
      kept.program.sandbox.close()
      validators[folder] = nil
    }
    let built = try Validator(spec, of: package, in: workshop, cancellation: cancellation)
    validators[spec.folder] = built
    return built
  }

  /// Ends the sandboxes of kept validators, which happens by itself after a failure of the machine.
  public func forgetValidators() {
    for validator in validators.values { validator.program.sandbox.close() }
    validators = [:]
  }

  /// Runs a custom grader on the lines of its group. nil when it left its protocol.
  private func grade(
    _ request: GradeRequest, _ package: PackageManifest, _ cancellation: Cancellation
  ) throws(EvaluationError) -> GraderAnswer? {
    let grader = try validator(request.program, package, cancellation)
    let output = try sandboxed { () throws(SandboxError) in try MemoryFile() }
    let report = try sandboxed { () throws(SandboxError) in
      let lines = try MemoryFile(Array(request.input.utf8))
      let input = try lines.readingDescriptor()
      let errors = try MemoryFile()
      let outputEnd = try output.appendingDescriptor()
      let errorEnd = try errors.appendingDescriptor()
      return try grader.program.sandbox.run(
        grader.program.command(
          arguments: request.flags, input: input.borrowed, output: outputEnd.borrowed,
          error: errorEnd.borrowed, limits: grader.runLimits))
    }
    if report.stop == .cancelled { throw .cancelled }
    guard report.exit == .exited(0), report.stop == .none else { return nil }
    let bytes = try sandboxed { () throws(SandboxError) in try output.readAll(limit: 4096) }
    return GraderAnswer(output: String(decoding: bytes, as: UTF8.self))
  }
}
