import Testing

@testable import Sandbox

/// What the tests run inside: the C files in `Programs`, with a behaviour per name.
enum Programs {
  static let sources: [String: [UInt8]] = [
    "escape.c": PackageResources.escape_c,
    "files.c": PackageResources.files_c,
    "kernel.c": PackageResources.kernel_c,
    "main.c": PackageResources.main_c,
    "memory.c": PackageResources.memory_c,
    "numbers.c": PackageResources.numbers_c,
    "ordinary.c": PackageResources.ordinary_c,
    "output.c": PackageResources.output_c,
    "processes.c": PackageResources.processes_c,
    "program.h": PackageResources.program_h,
  ]

  /// All of them in one program, compiled inside a sandbox by the same path a submission takes.
  static let compiled = Result { () throws -> [UInt8] in
    let sandbox = try ResidentSandbox(
      host: try Harness.host.get(), options: SandboxOptions(slot: Harness.slot))
    defer { sandbox.close() }
    for (name, text) in sources { try sandbox.put(.program, path: name, contents: text) }
    let files = sources.keys.filter { $0.hasSuffix(".c") }
    let built = try Harness.perform(
      sandbox, ["/usr/bin/gcc", "-O1", "-w", "-static", "-pthread", "-o", "program"] + files,
      in: .program, as: .builder, limits: Harness.generous)
    try #require(built.report.exit == .exited(0), "\(built.error)")
    let file = try sandbox.open(.program, path: "program")
    guard let file else { throw SandboxError.misuse("gcc made nothing") }
    return try file.readAll(limit: 64 << 20)
  }
}
