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
  private let check: OutputCheck

  /// - Throws: `.judge` when the output validator does not build.
  public init(_ manifest: PackageManifest, in workshop: Workshop) throws(EvaluationError) {
    isInteractor = manifest.kind.isInteractive
    isScoring = manifest.kind.isScoring
    check = manifest.check
    validator =
      if case .validator(let spec) = check {
        try Validator(spec, of: manifest, in: workshop, cancellation: Cancellation())
      } else {
        nil
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
      let comparer = BuiltInComparer(check, comparison)
      return switch try comparer.compare(outputFile.borrowed, answerFile.borrowed) {
      case .accepted: .accepted
      case .wrong(let reason): .rejected(reason)
      }
    }
    let inputFile = try HostFile.open(input)
    try validator.prepare(input: inputFile.borrowed, answer: answerFile.borrowed)
    let look = try validator.look(
      at: outputFile, isInteractor: isInteractor, caseArguments: arguments)
    return FileCheck(
      look.report, protocol: validator.protocol, isScoring: isScoring, output: look.output,
      errors: look.errors)
  }
}
