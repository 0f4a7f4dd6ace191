internal import Foundation
internal import Grading
internal import JudgeModel
internal import Sandbox

/// A submission and an interactor that talk to each other, each in its own sandbox.
///
/// # Theory of operation
///
/// Two pipes join the standard streams crosswise. The worker keeps all four ends until it knows who
/// ended first: otherwise the end of one side would reach the other as end of file or SIGPIPE, and
/// the other's end would be a consequence and not a fact. When one side is over, the worker closes
/// the write end it kept for the other, which now sees the end of its input, and drains what the
/// other still writes, so that nobody is blocked or killed by a pipe that nobody reads.
///
/// A side may also close its output and go on. While nothing happens the worker looks whether it is the
/// only one left that could write into a pipe, and then closes its end too.
struct Interaction {
  let runner: TestcaseRunner
  let validator: Validator
  let testcase: Testcase

  private struct Pipe {
    var reading: Int32
    var writing: Int32

    static func make() throws(EvaluationError) -> Pipe {
      var ends: [Int32] = [-1, -1]
      guard pipe(&ends) == 0 else {
        throw .machine("cannot make a pipe: \(String(cString: strerror(errno)))")
      }
      // A process that somebody else starts meanwhile must not keep an end open: its reader would never
      // hear that it was closed.
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      return Pipe(reading: ends[0], writing: ends[1])
    }
    mutating func closeWriting() {
      if writing >= 0 { close(writing) }
      writing = -1
    }
    /// For a pipe whose writer has closed it and goes on.
    mutating func closeIfOnlyHere() {
      if writing >= 0, !PipeWriters.exist(elsewhere: writing) { closeWriting() }
    }
    mutating func closeBoth() {
      closeWriting()
      if reading >= 0 { close(reading) }
      reading = -1
    }
  }

  func run(pass: Int32) throws(EvaluationError) -> TestcaseRunner.Pass {
    var toValidator = try Pipe.make()
    defer { toValidator.closeBoth() }
    var toProgram = try Pipe.make()
    defer { toProgram.closeBoth() }
    let errors = try sandboxed { () throws(SandboxError) in try MemoryFile() }
    let said = try sandboxed { () throws(SandboxError) in try MemoryFile() }
    let errorEnd = try sandboxed { () throws(SandboxError) in try errors.appendingDescriptor() }
    let saidEnd = try sandboxed { () throws(SandboxError) in try said.appendingDescriptor() }

    var validatorLimits = validator.runLimits
    // The interactor may wait as long as the submission may run, and then has time to finish, also on
    // a machine so busy that the submission got its end late.
    validatorLimits.wallNanoseconds += runner.limits().wallNanoseconds + 10_000_000_000
    let programBox = runner.program.sandbox
    let validatorBox = validator.program.sandbox
    try sandboxed { () throws(SandboxError) in
      try validatorBox.start(
        validator.command(
          pass: pass, isInteractor: true, caseArguments: testcase.validatorArguments,
          input: BorrowedDescriptor(toValidator.reading),
          output: BorrowedDescriptor(toProgram.writing), error: saidEnd.borrowed,
          limits: validatorLimits))
    }
    do throws(SandboxError) {
      try programBox.start(
        runner.program.command(
          arguments: testcase.arguments, input: BorrowedDescriptor(toProgram.reading),
          output: BorrowedDescriptor(toValidator.writing), error: errorEnd.borrowed,
          limits: runner.limits()))
    } catch {
      validatorBox.cancelRun()
      _ = try? validatorBox.finish()
      throw EvaluationError(error)
    }
    let ends = try awaitBoth(programBox, validatorBox, &toProgram, &toValidator)
    return try judge(ends, said)
  }

  /// How both sides ended.
  private struct Ends {
    var program: RunReport
    var validator: RunReport
    /// Whether we ended the program because nothing it could do mattered any more.
    var wasDismissed: Bool
  }

  /// Longer than any run may take with all its cleaning up: a helper that does not even answer after
  /// this is lost, which `finish` then finds out.
  private var patience: Int {
    validator.runLimits.wallNanoseconds + 2 * runner.limits().wallNanoseconds + 30_000_000_000
  }

  /// Waits for both sides in whatever order they end.
  private func awaitBoth(
    _ programBox: ResidentSandbox, _ validatorBox: ResidentSandbox, _ toProgram: inout Pipe,
    _ toValidator: inout Pipe
  ) throws(EvaluationError) -> Ends {
    var own: RunReport?
    var other: RunReport?
    var wasDismissed = false
    let start = ContinuousClock.now
    let patience = Duration.nanoseconds(patience)
    // What is left to be drained, until its writers are gone.
    var drained = (toValidator: toValidator.reading, toProgram: toProgram.reading)
    var pause: Int32 = 100
    while own == nil || other == nil {
      var polled: [pollfd] = []
      let watch = { (descriptor: Int32) in
        pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      }
      polled.append(watch(own == nil ? programBox.socketDescriptor : -1))
      polled.append(watch(other == nil ? validatorBox.socketDescriptor : -1))
      // Only what nobody else reads any more is drained.
      polled.append(watch(other != nil ? drained.toValidator : -1))
      polled.append(watch(own != nil ? drained.toProgram : -1))
      let count = poll(&polled, nfds_t(polled.count), pause)
      let isLate = start.duration(to: .now) > patience
      guard count > 0 || isLate else {
        // Looking costs something, and most who are silent for long are computing.
        pause = min(2 * pause, 1_600)
        toProgram.closeIfOnlyHere()
        toValidator.closeIfOnlyHere()
        continue
      }
      if own == nil, polled[0].revents != 0 || isLate {
        own = try sandboxed { () throws(SandboxError) in try programBox.finish() }
        toValidator.closeWriting()
      }
      if other == nil, polled[1].revents != 0 || isLate {
        let report = try sandboxed { () throws(SandboxError) in try validatorBox.finish() }
        other = report
        toProgram.closeWriting()
        // Lost already, or nobody is left who could say so: it cannot change the verdict.
        if own == nil, !mayAccept(report) {
          programBox.cancelRun()
          wasDismissed = true
        }
      }
      if polled[2].revents != 0, !drain(toValidator.reading) { drained.toValidator = -1 }
      if polled[3].revents != 0, !drain(toProgram.reading) { drained.toProgram = -1 }
    }
    guard let own, let other else { throw .machine("an interactive run ended without a report") }
    return Ends(program: own, validator: other, wasDismissed: wasDismissed)
  }

  /// Whether the program's end still matters: acceptance, or points, which are one.
  private func mayAccept(_ report: RunReport) -> Bool {
    guard case .exited(let code) = report.exit, report.stop == .none else { return false }
    return validator.protocol == .ppf
      ? code == Validation.acceptedExit : code == 0 || code == 7
  }

  /// - Returns: false when nothing will come any more.
  private func drain(_ descriptor: Int32) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 8) { buffer in
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      return count > 0 || (count < 0 && errno == EINTR)
    }
  }

  private func judge(
    _ ends: Ends, _ said: borrowing MemoryFile
  ) throws(EvaluationError) -> TestcaseRunner.Pass {
    let (own, other) = (ends.program, ends.validator)
    let cameFirst = other.endedAt <= own.endedAt
    if other.stop == .cancelled || (own.stop == .cancelled && !ends.wasDismissed) {
      throw .cancelled
    }
    var report = own
    if own.stop == .cancelled { report.stop = .none }
    var facts = try TestcaseRunner.facts(of: report)
    facts.interactorEndedFirst = cameFirst
    var answer: ValidatorAnswer?
    let end: InteractorEnd.End
    switch other.exit {
    case .exited(let code):
      facts.validatorExit = code
      let found = try runner.answer(
        of: validator, named: "interactor", other.stop == .none ? code : nil, other, "",
        try TestcaseRunner.beginning(said), testcase)
      answer = found
      end = .exited(
        found.validation == .accepted ? Validation.acceptedExit : Validation.rejectedExit)
    case .signalled(let signal): end = other.stop == .none ? .signalled(signal) : .overLimit
    case .notStarted: throw .machine("the interactor could not be started")
    }
    let verdict = RunVerdict.interactive(
      facts, limits: runner.manifest.limits,
      interactor: InteractorEnd(end, cameFirst: cameFirst))
    if verdict.verdict == .judgeError {
      let text = try TestcaseRunner.beginning(said).prefix(300)
      throw .judge(
        "\(testcase.name): the interactor \(TestcaseRunner.ending(of: other)) instead of exiting "
          + "by itself: \(text)")
    }
    var message = answer?.message ?? ""
    if message.isEmpty || validator.protocol != .ppf, verdict.verdict != .accepted,
      verdict.verdict != .wrongAnswer
    {
      message = TestcaseRunner.ending(of: own)
    }
    let pass = TestcaseRunner.Pass(
      facts: facts, verdict: verdict, validatorExit: facts.validatorExit, answer: answer,
      message: message)
    // An interactor that gives points has spoken; only its plain consent leaves the word to the checker.
    guard verdict.verdict == .accepted, answer?.outcome == .accepted,
      let checker = runner.interactorChecker
    else { return pass }
    return try checked(pass, by: checker)
  }

  /// The interactor was content; its checker has the last word.
  private func checked(
    _ pass: TestcaseRunner.Pass, by checker: Validator
  ) throws(EvaluationError) -> TestcaseRunner.Pass {
    let input = try runner.workshop.open(testcase.input, of: runner.manifest)
    let answer = try runner.workshop.open(testcase.answer, of: runner.manifest)
    try checker.prepare(input: input.borrowed, answer: answer.borrowed)
    let (exit, found) = try runner.validate(
      testcase, try validator.writtenOutput(), checker, 1)
    var pass = pass
    pass.validatorExit = exit
    pass.answer = found
    pass.message = found.message
    if found.validation == .rejected { pass.verdict = RunVerdict(.wrongAnswer) }
    return pass
  }
}
