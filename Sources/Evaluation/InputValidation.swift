internal import Foundation
internal import Grading
public import JudgeModel
public import ProblemPackage
internal import Sandbox

/// What a validator said about one file.
public enum FileCheck: Hashable, Sendable {
  case accepted
  /// With the last it printed.
  case rejected(String)
  /// It left its protocol: how it ended, and what it printed.
  case broke(String)
}

/// One input validator, built once in a sandbox of its own and asked about many inputs.
///
/// It comes with the package, so it is walled in and limited like the package's output validator.
/// Belongs to one thread; every call blocks.
public final class InputValidation {
  private let program: BuiltProgram
  private let limits: RunLimits
  /// Bytes of one file.
  private static let sourceLimit = 16 << 20

  /// - Parameter directory: of the package; the validator's files are read from there.
  /// - Throws: `.judge` when it does not build.
  public init(
    _ validator: InputValidator, directory: String, limits: ProblemLimits, in workshop: Workshop
  ) throws(EvaluationError) {
    let folder = validator.program.folder
    var sources: [SourceFile] = []
    var executables: Set<String> = []
    for path in validator.program.files {
      let name = String(path.dropFirst(folder.count + 1))
      let file = try HostFile.open(directory + "/" + path)
      let contents = try sandboxed { () throws(SandboxError) in
        try file.readAll(limit: Self.sourceLimit + 1)
      }
      guard contents.count <= Self.sourceLimit else {
        throw .judge("has \(path), which is larger than \(Self.sourceLimit >> 20) MiB")
      }
      sources.append(SourceFile(name: name, contents: contents))
      if validator.executables.contains(path) { executables.insert(name) }
    }
    let names = sources.map(\.name)
    let language =
      validator.program.language.flatMap { workshop.languages[$0] } ?? Language.scripts(in: names)
      ?? workshop.languages.detect(names)
    guard let language else {
      throw .judge("is in no language of the language table: C++ and Python always work")
    }
    program = try BuiltProgram.build(
      sources, language: language, entryPoint: nil,
      memoryBytes: limits.validationMemoryBytes.amount,
      limits: BuiltProgram.BuildLimits(
        timeNanoseconds: limits.compilationTimeNanoseconds.amount,
        memoryBytes: limits.compilationMemoryBytes.amount), executables: executables,
      in: workshop, cancellation: Cancellation())
    self.limits = Validator.runLimits(limits, language)
    guard program.compilation.succeeded else {
      program.sandbox.close()
      throw .judge("does not compile: \(program.compilation.output.prefix(500))")
    }
  }

  public func close() { program.sandbox.close() }

  /// - Parameters:
  ///   - input: path of a file, which no program can change.
  ///   - files: put into the working directory, each with the path of its contents.
  public func check(
    file input: String, arguments: [String], files: [(name: String, path: String)] = []
  ) throws(EvaluationError) -> FileCheck {
    let descriptor = try HostFile.open(input)
    return try check(descriptor.borrowed, arguments, files)
  }

  /// The same for contents that are no file.
  public func check(
    contents: [UInt8], arguments: [String], files: [(name: String, path: String)] = []
  ) throws(EvaluationError) -> FileCheck {
    let memory = try sandboxed { () throws(SandboxError) in try MemoryFile(contents) }
    let descriptor = try sandboxed { () throws(SandboxError) in try memory.readingDescriptor() }
    return try check(descriptor.borrowed, arguments, files)
  }

  private func check(
    _ input: BorrowedDescriptor, _ arguments: [String], _ files: [(name: String, path: String)]
  ) throws(EvaluationError) -> FileCheck {
    for file in files {
      let contents = try HostFile.open(file.path)
      try sandboxed { () throws(SandboxError) in
        try program.sandbox.put(.scratch, path: file.name, contents: contents.borrowed)
      }
    }
    let said = try sandboxed { () throws(SandboxError) in try MemoryFile() }
    let report = try sandboxed { () throws(SandboxError) in
      let sink = try said.appendingDescriptor()
      return try program.sandbox.run(
        program.command(
          arguments: arguments, input: input, output: sink.borrowed, error: sink.borrowed,
          limits: limits))
    }
    let text = try sandboxed { () throws(SandboxError) in try said.readAll(limit: 2048) }
    return FileCheck(report, said: String(decoding: text, as: UTF8.self)) { code in
      // Input validators reject with any other status, so that only a signal or a limit tells a crash.
      code == 42 ? .accepted : .rejected
    }
  }
}

extension FileCheck {
  /// What an output validator said under its protocol, as judging takes it.
  init(
    _ report: RunReport, protocol: ValidatorProtocol, isScoring: Bool, output: String,
    errors: String
  ) {
    self.init(report, said: output + errors) { code in
      let answer = ValidatorAnswer(
        protocol: `protocol`, exitCode: code, output: output, errors: errors)
      switch answer.outcome {
      case .points, .fraction: return isScoring ? .accepted : .failed
      case .accepted, .rejected, .failed: return answer.validation
      }
    }
  }

  /// - Parameters:
  ///   - said: what it printed, of which the last line is kept.
  ///   - meaning: of an exit status.
  init(_ report: RunReport, said: String, meaning: (Int32) -> Validation) {
    let text =
      said.split(whereSeparator: \.isNewline).last.map { String($0.prefix(300)) } ?? ""
    let remark = text.isEmpty ? "" : ": \(text)"
    guard case .exited(let code) = report.exit, report.stop == .none, report.oomKills == 0 else {
      self = .broke(TestcaseRunner.ending(of: report) + remark)
      return
    }
    switch meaning(code) {
    case .accepted: self = .accepted
    case .rejected: self = .rejected("exit status \(code)" + remark)
    case .failed: self = .broke("exited with \(code)" + remark)
    }
  }
}

/// Files of a package on its author's machine.
enum HostFile {
  static func open(_ path: String) throws(EvaluationError) -> OwnedDescriptor {
    // Links inside a package were resolved by whoever names the path.
    let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw .machine("cannot open \(path): \(String(cString: strerror(errno)))")
    }
    return OwnedDescriptor(owning: descriptor)
  }
}
