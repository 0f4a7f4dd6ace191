internal import Foundation
internal import JudgeModel
internal import Sandbox

/// A program in a sandbox of its own, built and ready to run.
///
/// One sandbox holds the compilation and every run of a program: starting it costs more than a run.
final class BuiltProgram {
  let sandbox: ResidentSandbox
  let language: Language
  let compilation: Compilation
  private let command: [String]
  private let environment: [String]

  /// Bounds of a build.
  struct BuildLimits {
    var timeNanoseconds: Int64
    var memoryBytes: Int64
  }

  private init(
    sandbox: ResidentSandbox, language: Language, compilation: Compilation, command: [String],
    environment: [String]
  ) {
    self.sandbox = sandbox
    self.language = language
    self.compilation = compilation
    self.command = command
    self.environment = environment
  }

  /// Puts the files into a new sandbox and builds them there. A program that does not build is not
  /// an error: `compilation` says so.
  static func build(
    _ files: [SourceFile], language: Language, entryPoint: String?, memoryBytes: Int64,
    limits: BuildLimits, in workshop: Workshop, cancellation: Cancellation
  ) throws(EvaluationError) -> BuiltProgram {
    let sandbox = try workshop.newSandbox(for: language)
    cancellation.add(sandbox.canceller)
    for file in files {
      do throws(SandboxError) {
        try sandbox.put(.program, path: file.name, contents: file.contents, owner: .builder)
      } catch {
        if case .file = error {
          throw .judge("the file name \(file.name) cannot be used: \(error)")
        }
        throw EvaluationError(error)
      }
    }
    let names = files.map(\.name)
    let sources = language.sources(in: names)
    let entry = language.entryPoint(recorded: entryPoint, files: names)
    let expand = { (words: [String]) in
      language.expand(words, sources: sources, entry: entry, memoryBytes: memoryBytes)
    }
    let environment = Command.defaultEnvironment + language.environment
    let compilation = try compile(
      language.compile.map(expand), environment, limits, sandbox, hasSource: !sources.isEmpty)
    return BuiltProgram(
      sandbox: sandbox, language: language, compilation: compilation,
      command: expand(language.run), environment: environment)
  }

  private static func compile(
    _ command: [String]?, _ environment: [String], _ limits: BuildLimits,
    _ sandbox: ResidentSandbox, hasSource: Bool
  ) throws(EvaluationError) -> Compilation {
    guard hasSource else {
      return Compilation(succeeded: false, output: "no source file in the submission's language")
    }
    guard let command else { return Compilation(succeeded: true) }
    let output = try sandboxed { () throws(SandboxError) in try MemoryFile() }
    let report = try sandboxed { () throws(SandboxError) in
      let nothing = try MemoryFile()
      let input = try nothing.readingDescriptor()
      let sink = try output.appendingDescriptor()
      return try sandbox.run(
        Command(
          command, environment: environment, workingDirectory: .program, identity: .builder,
          standardInput: input.borrowed, standardOutput: sink.borrowed,
          standardError: sink.borrowed,
          limits: RunLimits(
            cpuNanoseconds: Int(limits.timeNanoseconds),
            wallNanoseconds: Int(limits.timeNanoseconds) * 2,
            memoryBytes: Int(limits.memoryBytes), outputBytes: 256 << 20, processes: 256,
            openFiles: 1024, boundsAddressSpace: false)))
    }
    if report.stop == .cancelled { throw .cancelled }
    if case .notStarted(let code) = report.exit {
      // The tool chain answered its probe, so its absence now is the machine's doing.
      throw .machine("cannot start \(command[0]): \(String(cString: strerror(code)))")
    }
    let bytes = try sandboxed { () throws(SandboxError) in
      try output.readAll(limit: Compilation.outputLimit)
    }
    let isLimited = report.stop != .none || report.oomKills > 0
    return Compilation(
      succeeded: report.exit == .exited(0) && !isLimited,
      detail: isLimited ? .compilerLimit : nil, cpuTime: .nanoseconds(Int64(report.cpuNanoseconds)),
      wallTime: .nanoseconds(Int64(report.wallNanoseconds)),
      output: String(decoding: bytes, as: UTF8.self))
  }

  /// The command for one run.
  func command(
    arguments: [String], input: BorrowedDescriptor, output: BorrowedDescriptor,
    error: BorrowedDescriptor, limits: RunLimits, keepScratch: Bool = false
  ) -> Command {
    Command(
      command + arguments, environment: environment, workingDirectory: .scratch,
      standardInput: input, standardOutput: output, standardError: error, limits: limits,
      keepScratch: keepScratch)
  }
}
