internal import Foundation
internal import Grading
public import JudgeModel
internal import ProblemPackage
internal import Sandbox

/// Asks whatever decides about outputs in a package, without a submission: what its author says is
/// right or wrong, and outputs that no sane program would print.
///
/// Belongs to one thread; every call blocks.
public final class OutputValidation {
  private let validator: Validator?
  private let comparison: TokenComparison

  /// - Throws: `.judge` when the output validator does not build.
  public init(_ manifest: PackageManifest, in workshop: Workshop) throws(EvaluationError) {
    switch manifest.check {
    case .tokens(let comparison):
      self.comparison = comparison
      validator = nil
    case .validator(let spec):
      comparison = TokenComparison()
      validator = try Validator(spec, of: manifest, in: workshop, cancellation: Cancellation())
    }
  }

  public func close() { validator?.program.sandbox.close() }

  /// - Parameters:
  ///   - input: path of the input; `answer` likewise.
  ///   - comparison: for the built-in comparer, the flags in force for this testcase.
  public func judge(
    _ output: [UInt8], input: String, answer: String, arguments: [String],
    comparison: TokenComparison?
  ) throws(EvaluationError) -> ValidatorAnswer {
    let answerFile = try HostFile.open(answer)
    let outputFile = try sandboxed { () throws(SandboxError) in try MemoryFile(output) }
    guard let validator else {
      return try compare(outputFile.borrowed, answerFile.borrowed, comparison ?? self.comparison)
    }
    let inputFile = try HostFile.open(input)
    try validator.prepare(input: inputFile.borrowed, answer: answerFile.borrowed)
    let said = try sandboxed { () throws(SandboxError) in try MemoryFile() }
    let report = try sandboxed { () throws(SandboxError) in
      let sink = try said.appendingDescriptor()
      let source = try outputFile.readingDescriptor()
      return try validator.program.sandbox.run(
        validator.command(
          pass: 1, caseArguments: arguments, input: source.borrowed, output: sink.borrowed,
          error: sink.borrowed, limits: validator.runLimits))
    }
    let text = try sandboxed { () throws(SandboxError) in try said.readAll(limit: 2048) }
    return ValidatorAnswer(report, said: text) { $0 == 43 }
  }

  private func compare(
    _ output: BorrowedDescriptor, _ answer: BorrowedDescriptor, _ comparison: TokenComparison
  ) throws(EvaluationError) -> ValidatorAnswer {
    let comparer: TokenComparer
    do { comparer = try TokenComparer(comparison) } catch { throw .judge("\(error)") }
    var out = DescriptorSource(output)
    var ans = DescriptorSource(answer)
    do {
      switch try comparer.compare(output: &out, answer: &ans) {
      case .accepted: return .accepted
      case .wrong(let reason): return .rejected(reason)
      }
    } catch {
      throw .machine("\(error)")
    }
  }
}
