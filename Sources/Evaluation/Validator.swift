internal import Foundation
internal import Grading
internal import JudgeModel
internal import ProblemPackage
internal import Sandbox

/// A package's output validator or interactor, built once and kept in a sandbox of its own as long as
/// the slot judges the same package.
///
/// It comes from whoever wrote the problem, so it is walled in like a submission, with limits of its
/// own. What it breaks is a judge error.
final class Validator {
  let program: BuiltProgram
  private let spec: ValidatorProgram
  private let files: [PackageFile]
  private let arguments: [String]
  private let limits: ProblemLimits
  private let constants: ProblemConstants
  private let workshop: Workshop

  static let input = "input.txt"
  static let answer = "answer.txt"
  static let feedback = "feedback"
  /// What the submission wrote, where the protocol wants it in a file.
  static let output = "output.txt"
  /// Largest file that is read from the feedback directory.
  static let feedbackLimit = 1 << 20

  init(
    _ spec: ValidatorProgram, of manifest: PackageManifest, in workshop: Workshop,
    cancellation: Cancellation
  ) throws(EvaluationError) {
    self.spec = spec
    files = spec.files.compactMap(manifest.file)
    var sources: [SourceFile] = []
    var executables: Set<String> = []
    for path in spec.files {
      let name =
        path.hasPrefix(spec.folder + "/") ? String(path.dropFirst(spec.folder.count + 1)) : path
      var contents = try workshop.contents(path, of: manifest)
      // The format lists output validators and not static ones.
      if spec != manifest.staticValidator { contents = manifest.constants.replacing(in: contents) }
      sources.append(SourceFile(name: name, contents: contents))
      if manifest.file(path)?.isExecutable == true { executables.insert(name) }
    }
    let names = sources.map(\.name)
    let language =
      spec.language.flatMap { workshop.languages[$0] } ?? Language.scripts(in: names)
      ?? workshop.languages.detect(names)
    guard let language else {
      throw .judge(
        "the program in \(spec.folder) is in no language of this worker's table: C++ and Python "
          + "always work")
    }
    limits = manifest.limits
    constants = manifest.constants
    arguments = spec.arguments
    self.workshop = workshop
    program = try BuiltProgram.build(
      sources, language: language, entryPoint: nil,
      memoryBytes: manifest.limits.validationMemoryBytes.amount,
      limits: BuiltProgram.BuildLimits(
        timeNanoseconds: manifest.limits.compilationTimeNanoseconds.amount,
        memoryBytes: manifest.limits.compilationMemoryBytes.amount), executables: executables,
      in: workshop, cancellation: cancellation)
    guard program.compilation.succeeded else {
      throw .judge(
        "\(spec.folder) does not compile: \(program.compilation.output.prefix(500))")
    }
  }

  /// Whether it is what `manifest` has under `spec`. By content: a new version of a package in which
  /// one test was mended has the same validator.
  func serves(_ spec: ValidatorProgram, of manifest: PackageManifest) -> Bool {
    self.spec == spec && limits == manifest.limits && constants == manifest.constants
      && files == spec.files.compactMap(manifest.file)
      && !program.sandbox.canceller.isCancelled
  }

  /// Whether all its files are in a package too.
  func belongs(to manifest: PackageManifest) -> Bool {
    files.allSatisfy { manifest.file($0.path) == $0 }
  }

  var runLimits: RunLimits { Self.runLimits(limits, program.language) }

  /// Of anything that the package brings to validate with.
  static func runLimits(_ limits: ProblemLimits, _ language: Language) -> RunLimits {
    RunLimits(
      cpuNanoseconds: Int(limits.validationTimeNanoseconds.amount),
      wallNanoseconds: Int(limits.validationTimeNanoseconds.amount) * 2,
      memoryBytes: Int(limits.validationMemoryBytes.amount + language.memoryOverheadBytes),
      outputBytes: Int(limits.validationOutputBytes.amount), processes: 64, openFiles: 256,
      boundsAddressSpace: false)
  }

  /// Lays out the files of a testcase and an empty feedback directory.
  func prepare(
    input: BorrowedDescriptor, answer: BorrowedDescriptor
  ) throws(EvaluationError) {
    try sandboxed { () throws(SandboxError) in
      try program.sandbox.wipeScratch()
      try program.sandbox.put(.scratch, path: Self.input, contents: input)
      try program.sandbox.put(.scratch, path: Self.answer, contents: answer)
      try program.sandbox.makeDirectory(.scratch, path: Self.feedback, owner: .runner)
    }
  }

  var `protocol`: ValidatorProtocol { spec.protocol }

  /// For protocols that want the submission's output in a file.
  private func put(output: BorrowedDescriptor) throws(EvaluationError) {
    try sandboxed { () throws(SandboxError) in
      try program.sandbox.put(.scratch, path: Self.output, contents: output)
    }
  }

  /// Arguments by the rules of its protocol, the testcase's last.
  ///
  /// - Parameter isInteractor: it writes the output file itself, if its protocol has one.
  func arguments(pass: Int32, isInteractor: Bool) -> [String] {
    let input = "/box/" + (pass == 1 ? Self.input : Self.passInput(pass))
    let answer = "/box/" + Self.answer
    let output = "/box/" + (isInteractor ? "\(Self.feedback)/" : "") + Self.output
    switch spec.protocol {
    case .ppf: return [input, answer, "/box/\(Self.feedback)/"]
    case .testlib: return [input, output, answer]
    case .dmoj, .coci: return isInteractor ? [input, answer] : [input, output, answer]
    case .peg: return [answer, output, input]
    case .cms: return [input, answer, output]
    }
  }

  func command(
    pass: Int32, isInteractor: Bool = false, caseArguments: [String], input: BorrowedDescriptor,
    output: BorrowedDescriptor, error: BorrowedDescriptor, limits: RunLimits
  ) -> Command {
    program.command(
      arguments: arguments(pass: pass, isInteractor: isInteractor) + arguments + caseArguments,
      input: input, output: output, error: error, limits: limits, keepScratch: true)
  }

  /// What a validator did with an output, and the beginning of all that it said.
  struct Look {
    var report: RunReport
    var output: String
    var errors: String
  }

  /// Has it look at an output that is there in full. `prepare` comes before.
  func look(
    at output: borrowing MemoryFile, pass: Int32 = 1, isInteractor: Bool = false,
    caseArguments: [String]
  ) throws(EvaluationError) -> Look {
    // Of checkers, only those of the Kattis format are handed the output as standard input.
    let reads = isInteractor || self.protocol == .ppf
    if !reads { try put(output: output.borrowed) }
    let said = try sandboxed { () throws(SandboxError) in try MemoryFile() }
    let errors = try sandboxed { () throws(SandboxError) in try MemoryFile() }
    let source = try sandboxed { () throws(SandboxError) in
      let nothing = try MemoryFile()
      return try reads ? output.readingDescriptor() : nothing.readingDescriptor()
    }
    let report = try sandboxed { () throws(SandboxError) in
      let sink = try said.appendingDescriptor()
      let errorSink = try errors.appendingDescriptor()
      return try program.sandbox.run(
        command(
          pass: pass, isInteractor: isInteractor, caseArguments: caseArguments,
          input: source.borrowed, output: sink.borrowed, error: errorSink.borrowed,
          limits: runLimits))
    }
    return Look(
      report: report, output: try TestcaseRunner.beginning(said),
      errors: try TestcaseRunner.beginning(errors))
  }

  static func passInput(_ pass: Int32) -> String { "input-\(pass).txt" }

  /// What an interactor left for the checker; empty when it wrote nothing.
  func writtenOutput() throws(EvaluationError) -> MemoryFile {
    let bytes = try bytes("\(Self.feedback)/\(Self.output)", limit: 256 << 20) ?? []
    return try sandboxed { () throws(SandboxError) in try MemoryFile(bytes) }
  }

  /// The next pass's input, if the validator left one; it is moved out of the feedback directory.
  func takeNextPass(_ pass: Int32) throws(EvaluationError) -> MemoryFile? {
    let path = "\(Self.feedback)/nextpass.in"
    guard let bytes = try bytes(path, limit: 256 << 20) else { return nil }
    let copy = try sandboxed { () throws(SandboxError) in try MemoryFile(bytes) }
    let report = try sandboxed { () throws(SandboxError) in
      try program.sandbox.put(.scratch, path: Self.passInput(pass), contents: copy.borrowed)
      let nothing = try MemoryFile()
      let input = try nothing.readingDescriptor()
      let output = try MemoryFile()
      let sink = try output.appendingDescriptor()
      // With the validator's own rights, because the directory is the validator's.
      return try program.sandbox.run(
        Command(
          ["/bin/rm", "-f", path], standardInput: input.borrowed,
          standardOutput: sink.borrowed, standardError: sink.borrowed, limits: runLimits,
          keepScratch: true))
    }
    if report.stop == .cancelled { throw .cancelled }
    guard report.exit == .exited(0) else {
      throw .judge("the validator's nextpass.in cannot be taken from its feedback directory")
    }
    return copy
  }

  func feedbackText(_ name: String) throws(EvaluationError) -> String? {
    try text("\(Self.feedback)/\(name)")
  }

  /// A file that it left in its directory; nil when there is none.
  func text(_ path: String) throws(EvaluationError) -> String? {
    try bytes(path, limit: Self.feedbackLimit).map { String(decoding: $0, as: UTF8.self) }
  }

  private func bytes(_ path: String, limit: Int) throws(EvaluationError) -> [UInt8]? {
    do throws(SandboxError) {
      guard let file = try program.sandbox.open(.scratch, path: path) else { return nil }
      return try file.readAll(limit: limit)
    } catch {
      if case .file = error { throw .judge("the validator's \(path) cannot be read: \(error)") }
      throw EvaluationError(error)
    }
  }
}
