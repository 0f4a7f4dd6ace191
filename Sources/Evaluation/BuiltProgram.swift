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
  ///
  /// - Parameter executables: names of the files that have to be executable: scripts.
  static func build(
    _ files: [SourceFile], language: Language, entryPoint: String?, memoryBytes: Int64,
    limits: BuildLimits, executables: Set<String> = [], in workshop: Workshop,
    cancellation: Cancellation
  ) throws(EvaluationError) -> BuiltProgram {
    let names = files.map(\.name)
    let sources = language.sources(in: names)
    if let entryPoint, !entryPoint.isEmpty, !language.accepts(entryPoint, sources: sources) {
      throw .judge(
        "the recorded entry point `\(entryPoint)` is not in the submission: correct the record")
    }
    let entry = language.entryPoint(recorded: entryPoint, files: names)
    let expand = { (words: [String]) in
      language.expand(words, sources: sources, entry: entry, memoryBytes: memoryBytes)
    }
    let environment = Command.defaultEnvironment + language.environment
    let sandbox = try workshop.newSandbox(for: language)
    cancellation.add(sandbox.canceller)
    var compilation = Compilation(succeeded: true)
    if let refusal = try lay(files, executables, in: sandbox) {
      compilation = Compilation(succeeded: false, output: refusal)
    } else if sources.isEmpty, !language.extensions.isEmpty {
      compilation = Compilation(
        succeeded: false, output: "no source file in the submission's language, \(language.name)")
    } else if let command = language.compile {
      compilation = try compile(expand(command), environment, limits, sandbox)
      if compilation.succeeded, command.contains(where: { $0.contains("{binary}") }),
        try !hasProgram(sandbox)
      {
        // As a Go package without main does: compiled, and nothing to run.
        compilation.succeeded = false
        compilation.output += "\nthe compiler made no program that can be run"
      }
    }
    return BuiltProgram(
      sandbox: sandbox, language: language, compilation: compilation,
      command: expand(language.run), environment: environment)
  }

  /// Puts the files where they are built. Returns what is wrong with a name, which is its author's
  /// fault: no name can lead out of the program area.
  private static func lay(
    _ files: [SourceFile], _ executables: Set<String>, in sandbox: ResidentSandbox
  ) throws(EvaluationError) -> String? {
    for file in files {
      do throws(SandboxError) {
        try sandbox.put(
          .program, path: file.name, contents: file.contents,
          mode: executables.contains(file.name) ? 0o755 : 0o644, owner: .builder)
      } catch {
        guard case .file(_, _, let code) = error,
          [EINVAL, EEXIST, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG].contains(code)
        else { throw EvaluationError(error) }
        return "the file name `\(file.name)` cannot be used: \(String(cString: strerror(code)))"
      }
    }
    return nil
  }

  private static func hasProgram(_ sandbox: ResidentSandbox) throws(EvaluationError) -> Bool {
    let file = try sandboxed { () throws(SandboxError) in
      try sandbox.open(.program, path: Language.binary)
    }
    guard let file else { return false }
    var status = stat()
    return fstat(file.borrowed.rawValue, &status) == 0 && status.st_mode & 0o111 != 0
  }

  private static func compile(
    _ command: [String], _ environment: [String], _ limits: BuildLimits,
    _ sandbox: ResidentSandbox
  ) throws(EvaluationError) -> Compilation {
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

  /// Starts the program once without input and forgets what it did. What it loads (an interpreter's
  /// library that nobody used for an hour) then comes with waiting, with CPU time and with memory
  /// charged to this run and not to the first testcase's, of which none is the program's own.
  ///
  /// Not a repetition of a run that turned out cold: a program could read a cold file on purpose when
  /// it is about to fail, and would get another attempt.
  func warmUp(limits: RunLimits) throws(EvaluationError) {
    guard language.hasRuntime else { return }
    var limits = limits
    limits.cpuNanoseconds = min(limits.cpuNanoseconds, 1_000_000_000)
    limits.wallNanoseconds = min(limits.wallNanoseconds, 3_000_000_000)
    limits.outputBytes = min(limits.outputBytes, 1 << 20)
    let report = try sandboxed { () throws(SandboxError) in
      let nothing = try MemoryFile()
      let input = try nothing.readingDescriptor()
      let sink = try MemoryFile()
      let output = try sink.appendingDescriptor()
      return try sandbox.run(
        command(
          arguments: [], input: input.borrowed, output: output.borrowed, error: output.borrowed,
          limits: limits))
    }
    if report.stop == .cancelled { throw .cancelled }
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
