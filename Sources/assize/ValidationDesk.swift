import Evaluation
import Foundation
import JudgeModel
import ProblemPackage

/// The validators of one package in one slot, built when they are first needed.
final class ValidationDesk {
  let index: Int
  private let package: PackValidation.Package
  private let workshop: Workshop
  private var inputs:
    [(validator: InputValidator, built: Result<InputValidation, EvaluationError>)]?
  private var outputs: Result<OutputValidation, EvaluationError>?

  init(_ package: PackValidation.Package, index: Int, _ machine: Machine, slot: Int) {
    self.index = index
    self.package = package
    var paths: [Digest: String] = [:]
    for file in package.manifest?.files ?? [] where paths[file.digest] == nil {
      // With links resolved, because judging follows none.
      paths[file.digest] =
        URL(fileURLWithPath: package.directory + "/" + file.path).resolvingSymlinksInPath().path
    }
    let found = paths
    workshop = Workshop(host: machine.host, languages: machine.table, slot: slot) {
      found[$0] ?? ""
    }
  }

  func close() {
    for (_, built) in inputs ?? [] { (try? built.get())?.close() }
    (try? outputs?.get())?.close()
    inputs = nil
    outputs = nil
  }

  func answer(_ job: PackValidation.Job) throws(EvaluationError) -> PackValidation.Answer {
    switch job {
    case .input(let input, let isValid): try .found(check(input, isValid: isValid))
    case .junk(let kind, let input, let bytes):
      .junk(kind: kind, isRejected: try rejects(bytes, input))
    case .output(let output): try .found(check(output))
    case .nasty(let kind, let testcase): try confuse(kind, testcase)
    }
  }

  // MARK: Inputs

  private var limits: ProblemLimits { package.manifest?.limits ?? ProblemLimits() }

  private func builtInputs() throws(EvaluationError)
    -> [(validator: InputValidator, built: Result<InputValidation, EvaluationError>)]
  {
    if let inputs { return inputs }
    var all: [(validator: InputValidator, built: Result<InputValidation, EvaluationError>)] = []
    for validator in package.checks.validators {
      let built = Result { () throws(EvaluationError) in
        try InputValidation(
          validator, directory: package.directory, limits: limits, in: workshop)
      }
      if case .failure(.machine(let text)) = built { throw .machine(text) }
      all.append((validator, built))
    }
    inputs = all
    return all
  }

  private func files(_ input: InputChecks.Input) -> [(name: String, path: String)] {
    input.files.map { ($0.name, package.directory + "/" + $0.path) }
  }

  private func check(
    _ input: InputChecks.Input, isValid: Bool
  ) throws(EvaluationError) -> [Diagnostic] {
    var findings: [Diagnostic] = []
    var isRejected = false
    for (validator, built) in try builtInputs() {
      switch built {
      case .failure(let error):
        findings.append(Diagnostic(.error, validator.place, Self.oneLine(error)))
        isRejected = true
      case .success(let program):
        let answer = try program.check(
          file: package.directory + "/" + input.path,
          arguments: input.arguments(for: validator.name), files: files(input))
        switch answer {
        case .accepted: break
        case .rejected(let why):
          isRejected = true
          guard isValid else { continue }
          findings.append(
            Diagnostic(
              .error, input.path,
              "\(validator.place) rejects it (\(why)); mend the input or the validator"))
        case .broke(let how):
          isRejected = true
          findings.append(
            Diagnostic(.error, input.path, "\(validator.place) \(how) on it; mend the validator"))
        }
      }
    }
    if !isValid, !isRejected {
      findings.append(
        Diagnostic(
          .error, input.path,
          "is meant to be invalid, and every input validator accepts it; mend one of them"))
    }
    return findings
  }

  private func rejects(
    _ bytes: [UInt8], _ input: InputChecks.Input
  ) throws(EvaluationError) -> Bool {
    for (validator, built) in try builtInputs() {
      // One that does not build has a finding of its own.
      guard case .success(let program) = built else { return true }
      let answer = try program.check(
        contents: bytes, arguments: input.arguments(for: validator.name), files: files(input))
      if answer != .accepted { return true }
    }
    return false
  }

  // MARK: Outputs

  private func builtOutputs() throws(EvaluationError) -> OutputValidation? {
    guard let manifest = package.manifest else { return nil }
    let built =
      outputs
      ?? Result { () throws(EvaluationError) in try OutputValidation(manifest, in: workshop) }
    outputs = built
    if case .failure(.machine(let text)) = built { throw .machine(text) }
    return try built.get()
  }

  /// nil with a finding when the output validator does not build.
  private func validation() throws(EvaluationError) -> (OutputValidation?, [Diagnostic]) {
    do throws(EvaluationError) {
      return (try builtOutputs(), [])
    } catch {
      guard case .judge = error else { throw error }
      var folder = ""
      if case .validator(let program) = package.manifest?.check { folder = program.folder }
      return (nil, [Diagnostic(.error, folder, Self.oneLine(error))])
    }
  }

  private func check(
    _ labelled: InputChecks.LabelledOutput
  ) throws(EvaluationError) -> [Diagnostic] {
    let (validation, findings) = try validation()
    guard let validation else { return findings }
    guard let output = try contents(labelled.output, limit: Self.outputLimit) else {
      return [
        Diagnostic(
          .error, labelled.output,
          "is larger than \(bytesText(Int64(Self.outputLimit))), which no output may be")
      ]
    }
    let answer = try validation.judge(
      output, input: package.directory + "/" + labelled.input,
      answer: package.directory + "/" + labelled.answer, arguments: labelled.validatorArguments,
      comparison: labelled.comparison)
    switch (answer, labelled.isValid) {
    case (.accepted, true), (.rejected, false): return []
    case (.accepted, false):
      return [Diagnostic(.error, labelled.output, "is meant to be wrong, and is accepted")]
    case (.rejected(let why), true):
      return [Diagnostic(.error, labelled.output, "is meant to be right, and is rejected (\(why))")]
    case (.broke(let how), _):
      return [Diagnostic(.error, labelled.output, "the output validator \(how) on it")]
    }
  }

  private func confuse(
    _ kind: Int, _ testcase: Testcase
  ) throws(EvaluationError) -> PackValidation.Answer {
    let (validation, findings) = try validation()
    guard let validation else { return .found(findings) }
    // Of a large answer it is enough to know that it is none.
    let answer = try contents(testcase.answer, limit: 1 << 20) ?? []
    let said = try validation.judge(
      Junk.outputs[kind].make(answer), input: package.directory + "/" + testcase.input,
      answer: package.directory + "/" + testcase.answer, arguments: testcase.validatorArguments,
      comparison: testcase.comparison)
    return .nasty(kind: kind, testcase: testcase.name, said)
  }

  /// What a compiler says first; the rest follows from it.
  private static func oneLine(_ error: EvaluationError) -> String {
    error.description.split(whereSeparator: \.isNewline).prefix(2)
      .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " / ")
  }

  private static let outputLimit = 256 << 20

  /// nil when the file is larger than `limit`.
  private func contents(_ path: String, limit: Int) throws(EvaluationError) -> [UInt8]? {
    let place = package.directory + "/" + path
    let data: Data?
    do {
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: place))
      data = try file.read(upToCount: limit + 1)
    } catch {
      throw .machine("\(place) cannot be read: \(error.localizedDescription)")
    }
    let bytes = Array(data ?? Data())
    return bytes.count > limit ? nil : bytes
  }
}
