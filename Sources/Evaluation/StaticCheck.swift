internal import Foundation
internal import Grading
internal import JudgeModel
internal import ProblemPackage
internal import Sandbox

/// A static validation testcase: the package's static validator reads the files of a submission.
///
/// `validator language entry_point feedback_dir/ arguments…`, in a directory that holds the submitted
/// and the included files. It answers as an output validator does.
struct StaticCheck {
  let validator: Validator
  let language: Language
  /// As it was built, included files among them.
  let files: [SourceFile]
  let recordedEntryPoint: String?
  let check: StaticValidation

  func run(_ testcase: Testcase, scoring: CaseScoring) throws(EvaluationError)
    -> TestcaseRunner.Result
  {
    let feedback = feedbackDirectory
    let sandbox = validator.program.sandbox
    try sandboxed { () throws(SandboxError) in
      try sandbox.wipeScratch()
      try sandbox.makeDirectory(.scratch, path: feedback, owner: .runner)
      for file in files { try sandbox.put(.scratch, path: file.name, contents: file.contents) }
    }
    let said = try sandboxed { () throws(SandboxError) in try MemoryFile() }
    let report = try sandboxed { () throws(SandboxError) in
      let nothing = try MemoryFile()
      let input = try nothing.readingDescriptor()
      let sink = try said.appendingDescriptor()
      return try sandbox.run(
        validator.program.command(
          arguments: [language.id.value, entryPoint, "/box/\(feedback)/"] + check.arguments,
          input: input.borrowed, output: sink.borrowed, error: sink.borrowed,
          limits: validator.runLimits, keepScratch: true))
    }
    if report.stop == .cancelled { throw .cancelled }
    guard case .exited(let code) = report.exit, report.stop == .none,
      Validation(exitCode: code) != .failed
    else {
      let text = try sandboxed { () throws(SandboxError) in try said.readAll(limit: 300) }
      throw .judge(
        "\(testcase.name): the static validator \(TestcaseRunner.ending(of: report)) instead of "
          + "exiting with 42 or 43: \(String(decoding: text, as: UTF8.self))")
    }
    return try result(code, testcase, feedback, scoring)
  }

  private func result(
    _ code: Int32, _ testcase: Testcase, _ feedback: String, _ scoring: CaseScoring
  ) throws(EvaluationError) -> TestcaseRunner.Result {
    let isAccepted = Validation(exitCode: code) == .accepted
    let score: Score?
    do throws(CaseScoreError) {
      score = try scoring.score(
        accepted: isAccepted, scoreText: try text("score.txt", feedback),
        multiplierText: try text("score_multiplier.txt", feedback))
    } catch {
      throw .judge("\(testcase.name): \(error)")
    }
    // Nothing of the submission ran: what the validator used is not the submission's.
    var facts = RunFacts()
    facts.exitCode = 0
    facts.validatorExit = code
    let message = try validator.text("\(feedback)/judgemessage.txt") ?? ""
    return TestcaseRunner.Result(
      verdict: RunVerdict(isAccepted ? .accepted : .wrongAnswer), facts: facts, score: score,
      message: TestcaseRunner.bounded(message))
  }

  private func text(_ name: String, _ feedback: String) throws(CaseScoreError) -> String? {
    do { return try validator.text("\(feedback)/\(name)") } catch {
      throw .unreadable(name, "\(error)")
    }
  }

  /// A directory beside the submission's files that has none of their names.
  private var feedbackDirectory: String {
    let taken = Set(files.compactMap { $0.name.split(separator: "/").first.map(String.init) })
    var name = ".feedback"
    while taken.contains(name) { name += "-" }
    return name
  }

  /// What the language calls it; of compiled languages, the source file that looks like the main one.
  private var entryPoint: String {
    let names = files.map(\.name)
    if let entry = language.entryPoint(recorded: recordedEntryPoint, files: names) { return entry }
    let sources = language.sources(in: names)
    return sources.first { $0.lowercased().hasPrefix("main.") } ?? sources.first ?? ""
  }
}
