internal import Foundation
public import JudgeModel
internal import Sandbox

/// A language that works on this machine, or why it does not.
public struct ToolchainProbe: Hashable, Sendable {
  public var language: LanguageID
  /// First line of the version; nil when the language cannot be used.
  public var version: String?
  /// Why not; empty when it can.
  public var problem: String
}

/// Finds out which languages work here, by doing: a small program is built and run in the sandbox.
///
/// A compiler that answers `--version` may still lack its headers or libraries, and a submission that
/// met it would get a compile error it does not deserve. So a language is advertised only after a
/// program in it has run.
public enum Toolchains {
  public static func probe(_ language: Language, in workshop: Workshop) -> ToolchainProbe {
    var probe = ToolchainProbe(language: language.id, version: nil, problem: "")
    guard access(language.version[0], X_OK) == 0 else {
      probe.problem = "\(language.version[0]) is not installed"
      return probe
    }
    do throws(EvaluationError) {
      let file = SourceFile(name: language.probe.name, contents: Array(language.probe.text.utf8))
      let built = try BuiltProgram.build(
        [file], language: language, entryPoint: nil, memoryBytes: 256 << 20,
        limits: BuiltProgram.BuildLimits(
          timeNanoseconds: 60_000_000_000, memoryBytes: 1024 << 20),
        in: workshop, cancellation: Cancellation())
      defer { built.sandbox.close() }
      guard built.compilation.succeeded else {
        probe.problem = "its probe does not compile: \(built.compilation.output.prefix(200))"
        return probe
      }
      let version = try output(of: language.version, built, language)
      let said = try output(
        of: language.expand(
          language.run, sources: [], entry: language.entryPoint(recorded: nil, files: [file.name]),
          memoryBytes: 256 << 20), built, language)
      guard said.hasPrefix("ready") else {
        probe.problem = "its probe does not run: \(said.prefix(200))"
        return probe
      }
      probe.version = String(version.split(separator: "\n").first ?? "?")
    } catch {
      probe.problem = "\(error)"
    }
    return probe
  }

  private static func output(
    of command: [String], _ built: BuiltProgram, _ language: Language
  ) throws(EvaluationError) -> String {
    let output = try sandboxed { () throws(SandboxError) in try MemoryFile() }
    let report = try sandboxed { () throws(SandboxError) in
      let nothing = try MemoryFile()
      let input = try nothing.readingDescriptor()
      let sink = try output.appendingDescriptor()
      return try built.sandbox.run(
        Command(
          command, environment: Command.defaultEnvironment + language.environment,
          standardInput: input.borrowed, standardOutput: sink.borrowed,
          standardError: sink.borrowed,
          limits: RunLimits(
            cpuNanoseconds: 20_000_000_000, wallNanoseconds: 40_000_000_000,
            memoryBytes: (512 << 20) + Int(language.memoryOverheadBytes), outputBytes: 1 << 20,
            processes: 128, openFiles: 1024, boundsAddressSpace: false)))
    }
    let bytes = try sandboxed { () throws(SandboxError) in try output.readAll(limit: 4096) }
    let text = String(decoding: bytes, as: UTF8.self)
    return report.exit == .exited(0)
      ? text : "\(command[0]) \(TestcaseRunner.ending(of: report)): \(text)"
  }
}
