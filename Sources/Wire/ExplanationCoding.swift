internal import JudgeModel
internal import Messages

extension Explanation {
  init(from wire: Assize_V1_Explanation) throws(WireError) {
    guard let priority = Priority(rawValue: wire.priority) else {
      throw WireError("explanation.priority", "\(wire.priority) is not a priority")
    }
    self.init(
      judging: JudgingID(wire.judging), state: try choice(wire.state, "explanation.state"),
      problem: try boundedText(wire.problem, "explanation.problem", atMost: WireBounds.nameBytes),
      package: try Digest(from: wire.package, "explanation.package"),
      language: LanguageID(try identifier(wire.language, "explanation.language")),
      requires: try Label.demanded(wire.requires, "explanation.requires"), priority: priority,
      mode: try choice(wire.mode, "explanation.mode"),
      batch: wire.batch == 0 ? nil : BatchID(wire.batch),
      worker: wire.worker.isEmpty
        ? nil : WorkerID(try identifier(wire.worker, "explanation.worker")),
      returns: wire.returns, verdict: try optionalChoice(wire.verdict, "explanation.verdict"),
      message: try boundedText(wire.message, "explanation.message"),
      course: try Course(from: wire),
      waiting: wire.hasWaiting ? try Waiting(from: wire.waiting) : nil)
  }

  func wire(_ request: UInt64) -> Assize_V1_Explanation {
    var wire = Assize_V1_Explanation()
    wire.request = request
    wire.judging = judging.value
    wire.state = state.rawValue
    wire.problem = problem
    wire.package = package.wire
    wire.language = language.value
    wire.requires = requires.map(\.wire)
    wire.priority = priority.rawValue
    wire.mode = mode.rawValue
    wire.batch = batch?.value ?? 0
    wire.worker = worker?.value ?? ""
    wire.returns = returns
    wire.verdict = verdict?.rawValue ?? ""
    wire.message = message
    course.write(to: &wire)
    if let waiting { wire.waiting = waiting.wire }
    return wire
  }
}

extension Explanation.Course {
  init(from wire: Assize_V1_Explanation) throws(WireError) {
    let time = { (value: Int64) in value == 0 ? nil : value }
    self.init(
      createdMilliseconds: wire.createdMilliseconds,
      leasedMilliseconds: time(wire.leasedMilliseconds),
      finishedMilliseconds: time(wire.finishedMilliseconds),
      spans: wire.hasSpans ? try WorkerSpans(from: wire.spans) : nil,
      compiling: wire.hasCompileNanoseconds
        ? .nanoseconds(try natural(wire.compileNanoseconds, "explanation.compile_nanoseconds"))
        : nil,
      running: .nanoseconds(try natural(wire.runNanoseconds, "explanation.run_nanoseconds")),
      testcases: try natural(wire.testcases, "explanation.testcases"))
  }

  func write(to wire: inout Assize_V1_Explanation) {
    wire.createdMilliseconds = createdMilliseconds
    wire.leasedMilliseconds = leasedMilliseconds ?? 0
    wire.finishedMilliseconds = finishedMilliseconds ?? 0
    if let spans { wire.spans = spans.wire }
    if let compiling { wire.compileNanoseconds = compiling.nanoseconds }
    wire.runNanoseconds = running.nanoseconds
    wire.testcases = testcases
  }
}

extension Explanation.Waiting {
  init(from wire: Assize_V1_Explanation.Waiting) throws(WireError) {
    self.init(
      reason: try boundedText(wire.reason, "explanation.waiting.reason"), ahead: wire.ahead,
      candidates: try bounded(
        wire.candidates, "explanation.waiting.candidates", atMost: WireBounds.listCount
      ).decoded(Explanation.Candidate.init(from:)),
      unlisted: wire.unlisted)
  }
  var wire: Assize_V1_Explanation.Waiting {
    var wire = Assize_V1_Explanation.Waiting()
    wire.reason = reason
    wire.ahead = ahead
    wire.candidates = candidates.map(\.wire)
    wire.unlisted = unlisted
    return wire
  }
}

extension Explanation.Candidate {
  init(from wire: Assize_V1_Explanation.Candidate) throws(WireError) {
    self.init(
      worker: WorkerID(try identifier(wire.worker, "explanation.candidate.worker")),
      free: wire.free, warmth: try choice(wire.warmth, "explanation.candidate.warmth"),
      obstacle: try boundedText(wire.obstacle, "explanation.candidate.obstacle"))
  }
  var wire: Assize_V1_Explanation.Candidate {
    var wire = Assize_V1_Explanation.Candidate()
    wire.worker = worker.value
    wire.free = free
    wire.warmth = warmth.rawValue
    wire.obstacle = obstacle
    return wire
  }
}
