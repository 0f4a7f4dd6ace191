internal import Foundation
internal import Grading
internal import JudgeModel
internal import ProblemPackage
internal import Sandbox

/// Runs one testcase: the program on the input, then whoever decides about the output.
struct TestcaseRunner {
  let program: BuiltProgram
  let validator: Validator?
  /// Judges what an interactor wrote, after it.
  var interactorChecker: Validator?
  let manifest: PackageManifest
  let workshop: Workshop
  /// Files that were submitted or included and are no code: a run finds them in its working
  /// directory, where files of the testcase win.
  var dataFiles: [SourceFile] = []

  /// What one testcase came to, apart from its place in the order.
  struct Result {
    var verdict: RunVerdict
    var facts: RunFacts
    var score: Score?
    var message: String
  }

  /// How a single pass ended.
  struct Pass {
    var facts: RunFacts
    var verdict: RunVerdict
    var validatorExit: Int32?
    /// Under protocols that say points by other means than files.
    var answer: ValidatorAnswer?
    var message: String
  }

  func run(_ testcase: Testcase, scoring: CaseScoring) throws(EvaluationError) -> Result {
    let input = try workshop.open(testcase.input, of: manifest)
    let answer = try workshop.open(testcase.answer, of: manifest)
    if let validator {
      try validator.prepare(input: input.borrowed, answer: answer.borrowed)
    }
    if manifest.kind.isMultiPass, let validator {
      return try passes(testcase, input.borrowed, answer.borrowed, scoring, validator)
    }
    let pass = try onePass(testcase, input.borrowed, answer.borrowed, number: 1)
    return try finish(pass, pass.facts, scoring)
  }

  /// Pass after pass, as long as the validator accepts and asks for another one.
  private func passes(
    _ testcase: Testcase, _ input: BorrowedDescriptor, _ answer: BorrowedDescriptor,
    _ scoring: CaseScoring, _ validator: Validator
  ) throws(EvaluationError) -> Result {
    var total = RunFacts()
    var next = try sandboxed { () throws(SandboxError) -> MemoryFile in try MemoryFile() }
    var number: Int32 = 1
    while true {
      let pass =
        number == 1
        ? try onePass(testcase, input, answer, number: number)
        : try onePass(testcase, next.borrowed, answer, number: number)
      total = Self.combine(total, pass.facts, passes: number)
      let following = try validator.takeNextPass(number + 1)
      guard let following else { return try finish(pass, total, scoring) }
      guard pass.verdict.verdict == .accepted else {
        // The program itself failed, whatever the validator thought of it before.
        guard pass.verdict.verdict == .wrongAnswer else {
          return try finish(pass, total, scoring)
        }
        throw .judge(
          "\(testcase.name): the validator wrote nextpass.in and did not accept pass \(number)")
      }
      guard Int64(number) < manifest.limits.validationPasses.amount else {
        throw .judge(
          "\(testcase.name): the validator asks for pass \(number + 1), and "
            + "validation_passes is \(manifest.limits.validationPasses.amount)")
      }
      next = following
      number += 1
    }
  }

  /// Limits hold for each pass, so the slowest and largest pass is what counts.
  private static func combine(_ a: RunFacts, _ b: RunFacts, passes: Int32) -> RunFacts {
    var facts = b
    facts.cpuTime = max(a.cpuTime, b.cpuTime)
    facts.wallTime = max(a.wallTime, b.wallTime)
    facts.memoryPeakBytes = max(a.memoryPeakBytes, b.memoryPeakBytes)
    facts.outputBytes = max(a.outputBytes, b.outputBytes)
    facts.oomKills = max(a.oomKills, b.oomKills)
    facts.passes = passes
    return facts
  }

  private func onePass(
    _ testcase: Testcase, _ input: BorrowedDescriptor, _ answer: BorrowedDescriptor,
    number: Int32
  ) throws(EvaluationError) -> Pass {
    try layFiles(testcase)
    if manifest.kind.isInteractive, let validator {
      let interaction = Interaction(runner: self, validator: validator, testcase: testcase)
      return try interaction.run(pass: number)
    }
    return try batchPass(testcase, input, answer, number)
  }

  private func layFiles(_ testcase: Testcase) throws(EvaluationError) {
    for file in testcase.files {
      let contents = try workshop.open(file.path, of: manifest)
      try sandboxed { () throws(SandboxError) in
        try program.sandbox.put(.scratch, path: file.name, contents: contents.borrowed)
      }
    }
    for file in dataFiles {
      do throws(SandboxError) {
        try program.sandbox.put(.scratch, path: file.name, contents: file.contents)
      } catch {
        // One of the testcase's files has its place. Anything else is our failure, not the program's.
        guard case .file(_, _, let code) = error, [EEXIST, EISDIR, ENOTDIR].contains(code) else {
          throw EvaluationError(error)
        }
      }
    }
  }

  /// Output into memory, then the comparer or the validator.
  private func batchPass(
    _ testcase: Testcase, _ input: BorrowedDescriptor, _ answer: BorrowedDescriptor,
    _ number: Int32, outputAllowance: Int64 = Self.smallOutput
  ) throws(EvaluationError) -> Pass {
    let output = try sandboxed { () throws(SandboxError) in try MemoryFile() }
    let errors = try sandboxed { () throws(SandboxError) in try MemoryFile() }
    let limits = limits(outputAllowance: outputAllowance)
    let report = try sandboxed { () throws(SandboxError) in
      let outputEnd = try output.appendingDescriptor()
      let errorEnd = try errors.appendingDescriptor()
      let reading = try Self.reopen(input)
      return try program.sandbox.run(
        program.command(
          arguments: testcase.arguments, input: reading.borrowed, output: outputEnd.borrowed,
          error: errorEnd.borrowed, limits: limits))
    }
    let written = Int64(output.size) + Int64(errors.size)
    if report.oomKills > 0, outputAllowance == Self.smallOutput, written > Self.smallOutput {
      // Its output may be what was too much for its memory: once more, with room for all of it.
      try layFiles(testcase)
      return try batchPass(
        testcase, input, answer, number,
        outputAllowance: 2 * manifest.limits.outputBytes.amount + Self.smallOutput)
    }
    var facts = try Self.facts(of: report)
    facts.outputBytes = Int64(output.size)
    // What the limit speaks of, in the one format that says so.
    if manifest.sourceFormat == .ppf2025 { facts.outputBytes += Int64(errors.size) }
    if let own = RunVerdict.beforeValidation(facts, limits: manifest.limits) {
      return Pass(facts: facts, verdict: own, message: try Self.account(of: report, errors))
    }
    if let validator {
      let (exit, answer) = try validate(testcase, output, validator, number)
      facts.validatorExit = exit
      let verdict = RunVerdict.afterValidation(
        facts, answer.validation, hasOutput: output.size > 0)
      return Pass(
        facts: facts, verdict: verdict, validatorExit: exit, answer: answer,
        message: answer.message)
    }
    let result = try compare(output.borrowed, answer, testcase)
    var message = ""
    if case .wrong(let reason) = result { message = reason }
    return Pass(
      facts: facts,
      verdict: RunVerdict.afterValidation(facts, Validation(result), hasOutput: output.size > 0),
      message: message)
  }

  /// How the program ended and the last it said about it.
  private static func account(
    of report: RunReport, _ errors: borrowing MemoryFile
  ) throws(EvaluationError) -> String {
    let bytes = try sandboxed { () throws(SandboxError) in
      try errors.readAll(limit: 64 << 10)
    }
    let last = bytes.split(separator: 10).last { line in line.contains { $0 > 32 } }
    guard let last else { return ending(of: report) }
    return ending(of: report) + ": " + String(decoding: last.prefix(300), as: UTF8.self)
  }

  /// A new file description at the start, so that two runs of one input do not share an offset.
  private static func reopen(_ file: BorrowedDescriptor) throws(SandboxError) -> OwnedDescriptor {
    let path = "/proc/self/fd/\(file.rawValue)"
    let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .file(operation: "open", path: path, errno: errno) }
    return OwnedDescriptor(owning: descriptor)
  }

  private func compare(
    _ output: BorrowedDescriptor, _ answer: BorrowedDescriptor, _ testcase: Testcase
  ) throws(EvaluationError) -> TokenComparer.Result {
    do throws(EvaluationError) {
      return try BuiltInComparer(manifest.check, testcase.comparison).compare(output, answer)
    } catch {
      throw error.naming(testcase.name)
    }
  }

  /// Has a validator look at an output. What it breaks is thrown: a judge error.
  func validate(
    _ testcase: Testcase, _ output: borrowing MemoryFile, _ validator: Validator, _ number: Int32
  ) throws(EvaluationError) -> (Int32?, ValidatorAnswer) {
    let look = try validator.look(
      at: output, pass: number, caseArguments: testcase.validatorArguments)
    let report = look.report
    if report.stop == .cancelled { throw .cancelled }
    var exit: Int32?
    if case .exited(let code) = report.exit, report.stop == .none { exit = code }
    return (
      exit,
      try answer(
        of: validator, named: "output validator", exit, report, look.output, look.errors, testcase)
    )
  }

  /// The beginning of what a validator wrote: all that its protocol can need.
  static func beginning(_ file: borrowing MemoryFile) throws(EvaluationError) -> String {
    let bytes = try sandboxed { () throws(SandboxError) in try file.readAll(limit: 64 << 10) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What a validator said, by the rules of its protocol.
  func answer(
    of validator: Validator, named name: String, _ exit: Int32?, _ report: RunReport,
    _ output: String, _ errors: String, _ testcase: Testcase
  ) throws(EvaluationError) -> ValidatorAnswer {
    var answer = ValidatorAnswer(
      protocol: validator.protocol, exitCode: exit, output: output, errors: errors)
    switch answer.outcome {
    case .accepted, .rejected: break
    case .failed(let reason):
      // Its own end says more than that it did not exit.
      let what =
        exit == nil || validator.protocol == .ppf
        ? Self.ending(of: report)
          + (validator.protocol == .ppf ? " instead of exiting with 42 or 43" : "")
        : reason
      throw .judge("\(testcase.name): the \(name) \(what): \((output + errors).prefix(300))")
    case .points, .fraction:
      guard manifest.kind.isScoring else {
        throw .judge(
          "\(testcase.name): the \(name) gives points, but the problem is not a scoring one: "
            + String((output + errors).prefix(300)))
      }
    }
    if validator.protocol == .ppf { answer.message = try message(from: validator) }
    answer.message = Self.bounded(answer.message)
    return answer
  }

  func message(from validator: Validator) throws(EvaluationError) -> String {
    Self.bounded(try validator.feedbackText("judgemessage.txt") ?? "")
  }

  /// Score and message of a testcase whose last pass is over.
  private func finish(
    _ pass: Pass, _ facts: RunFacts, _ scoring: CaseScoring
  ) throws(EvaluationError) -> Result {
    var score: Score?
    let isAccepted = pass.verdict.verdict == .accepted
    // A program that failed by itself has no score, whatever an interactor wrote before that.
    if isAccepted || pass.verdict.verdict == .wrongAnswer {
      do throws(CaseScoreError) {
        score = try scoring.score(
          accepted: isAccepted, scoreText: try scoreText("score.txt", pass.answer),
          multiplierText: try scoreText("score_multiplier.txt", pass.answer))
      } catch {
        throw .judge("\(error)")
      }
    }
    var facts = facts
    facts.validatorExit = pass.validatorExit
    return Result(
      verdict: pass.verdict, facts: facts, score: score, message: Self.bounded(pass.message))
  }

  /// What a file of the format holds, or what stands for it under other protocols.
  private func scoreText(
    _ name: String, _ answer: ValidatorAnswer?
  ) throws(CaseScoreError) -> String? {
    guard let validator, manifest.kind.isScoring else { return nil }
    if validator.protocol != .ppf {
      switch answer?.outcome {
      case .points(let points) where name == "score.txt": return points
      case .fraction(let fraction) where name == "score_multiplier.txt": return fraction
      default: return nil
      }
    }
    do {
      return try validator.feedbackText(name)
    } catch {
      throw .unreadable(name, "\(error)")
    }
  }
}

// MARK: - Limits and facts

extension TestcaseRunner {
  /// What a program prints is kept in memory that is charged to it and is not its memory. This much
  /// is always on top of its limit; a program that ran out of memory and printed more is run again
  /// with room for as much as it may print, because otherwise every limit would be that much too
  /// generous to everybody.
  static let smallOutput: Int64 = 256 << 10

  /// The program is ended a little above its time limit, not at it: a run that needed 1.05 times the
  /// limit then shows how close it was. The wall clock is generous, because a machine that is busy
  /// must not make a slow program of a fast one.
  func limits(outputAllowance: Int64 = Self.smallOutput) -> RunLimits {
    let time = manifest.limits.timeNanoseconds.amount
    let memory = manifest.limits.memoryBytes.amount + program.language.memoryOverheadBytes
    let output = manifest.limits.outputBytes.amount
    return RunLimits(
      cpuNanoseconds: Int(time + max(time / 10, 100_000_000)),
      wallNanoseconds: Int(time * 3 + 2_000_000_000),
      memoryBytes: Int(memory + outputAllowance), outputBytes: Int(output) + 1, processes: 128,
      openFiles: 256, stackBytes: 0, boundsAddressSpace: program.language.memoryOverheadBytes == 0)
  }

  static func facts(of report: RunReport) throws(EvaluationError) -> RunFacts {
    var facts = RunFacts()
    facts.cpuTime = .nanoseconds(Int64(report.cpuNanoseconds))
    facts.wallTime = .nanoseconds(Int64(report.wallNanoseconds))
    facts.memoryPeakBytes = Int64(report.memoryPeakBytes)
    facts.oomKills = Int32(clamping: report.oomKills)
    facts.isDegraded = report.isDegraded
    switch report.exit {
    case .exited(let code): facts.exitCode = code
    case .signalled(let signal): facts.signal = signal
    case .notStarted(let code):
      throw .machine("a built program could not be started: \(String(cString: strerror(code)))")
    }
    switch report.stop {
    case .none: facts.stop = .none
    case .cpuLimit: facts.stop = .cpuLimit
    case .wallLimit: facts.stop = .wallLimit
    case .outputLimit: facts.stop = .outputLimit
    case .cancelled: throw .cancelled
    }
    return facts
  }

  /// How a program ended, in words.
  static func ending(of report: RunReport) -> String {
    if report.oomKills > 0 { return "ran out of memory" }
    switch (report.stop, report.exit) {
    case (.cpuLimit, _): return "used too much processor time"
    case (.wallLimit, _): return "took too long by the clock"
    case (.outputLimit, _): return "wrote too much"
    case (_, .exited(let code)): return "exited with \(code)"
    case (_, .signalled(let signal)):
      return "was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
    case (_, .notStarted): return "could not be started"
    }
  }

  /// What a jury can read of a message: at most `Run.messageLimit` bytes, whole characters.
  static func bounded(_ text: String) -> String {
    let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard trimmed.utf8.count > Run.messageLimit else { return trimmed }
    return String(decoding: trimmed.utf8.prefix(Run.messageLimit - 4), as: UTF8.self) + " …"
  }
}
