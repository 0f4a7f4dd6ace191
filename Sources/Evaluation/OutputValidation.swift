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
  /// Then it reads what a program says from its standard input, whatever its protocol.
  private let isInteractor: Bool
  private let isScoring: Bool
  private let comparison: TokenComparison
  /// The comparer of another judge instead of the tokens.
  private let layout: LayoutComparison?

  /// - Throws: `.judge` when the output validator does not build.
  public init(_ manifest: PackageManifest, in workshop: Workshop) throws(EvaluationError) {
    isInteractor = manifest.kind.isInteractive
    isScoring = manifest.kind.isScoring
    switch manifest.check {
    case .tokens(let comparison):
      (self.comparison, layout, validator) = (comparison, nil, nil)
    case .layout(let rule):
      (comparison, layout, validator) = (TokenComparison(), rule, nil)
    case .validator(let spec):
      (comparison, layout) = (TokenComparison(), nil)
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
  ) throws(EvaluationError) -> FileCheck {
    let answerFile = try HostFile.open(answer)
    let outputFile = try sandboxed { () throws(SandboxError) in try MemoryFile(output) }
    guard let validator else {
      return try compare(outputFile.borrowed, answerFile.borrowed, comparison ?? self.comparison)
    }
    let inputFile = try HostFile.open(input)
    try validator.prepare(input: inputFile.borrowed, answer: answerFile.borrowed)
    // Of checkers, only those of the Kattis format are handed the output as standard input.
    let reads = isInteractor || validator.protocol == .ppf
    if !reads { try validator.put(output: outputFile.borrowed) }
    let said = try sandboxed { () throws(SandboxError) in try MemoryFile() }
    let errors = try sandboxed { () throws(SandboxError) in try MemoryFile() }
    let report = try sandboxed { () throws(SandboxError) in
      let sink = try said.appendingDescriptor()
      let errorSink = try errors.appendingDescriptor()
      let nothing = try MemoryFile()
      let source = try reads ? outputFile.readingDescriptor() : nothing.readingDescriptor()
      return try validator.program.sandbox.run(
        validator.command(
          pass: 1, isInteractor: isInteractor, caseArguments: arguments, input: source.borrowed,
          output: sink.borrowed, error: errorSink.borrowed, limits: validator.runLimits))
    }
    return FileCheck(
      report, protocol: validator.protocol, isScoring: isScoring,
      output: try TestcaseRunner.beginning(said), errors: try TestcaseRunner.beginning(errors))
  }

  private func compare(
    _ output: BorrowedDescriptor, _ answer: BorrowedDescriptor, _ comparison: TokenComparison
  ) throws(EvaluationError) -> FileCheck {
    var out = DescriptorSource(output)
    var ans = DescriptorSource(answer)
    do {
      let result =
        if let layout {
          try LayoutComparer(layout).compare(output: &out, answer: &ans)
        } else {
          try comparer(comparison).compare(output: &out, answer: &ans)
        }
      switch result {
      case .accepted: return .accepted
      case .wrong(let reason): return .rejected(reason)
      }
    } catch let error as EvaluationError {
      throw error
    } catch {
      throw .machine("\(error)")
    }
  }

  private func comparer(
    _ comparison: TokenComparison
  ) throws(EvaluationError) -> TokenComparer {
    do { return try TokenComparer(comparison) } catch { throw .judge("\(error)") }
  }
}
