internal import Foundation
internal import Glibc
internal import Sandbox

/// The programs a sandbox bench runs, compiled once, inside a sandbox.
struct BenchPrograms {
  /// A static hello, as small as a program gets.
  let hello: [UInt8]
  /// What works or misbehaves by name; see ``source``.
  let worker: [UInt8]

  init(host: SandboxHost) throws {
    hello = try Self.compile(
      "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n", host)
    worker = try Self.compile(Self.source, host)
  }

  /// - `work N`: N rounds of a fixed amount of arithmetic and memory traffic; prints nothing.
  /// - `spin`: forever. `forkbomb`: likewise, with as many processes as it gets.
  /// - `hog`: touches and frees memory forever. `flood`: writes to a file forever, over and over.
  /// - `calls`: cheap system calls forever. `files`: makes and removes files forever.
  private static let source = """
    #include <fcntl.h>
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>

    static unsigned table[1 << 14];

    static void work(long rounds) {
      unsigned state = 1;
      for (long i = 0; i < rounds * 1000000; i++) {
        state = state * 1664525u + 1013904223u;
        table[state >> 18] += state;
      }
    }

    int main(int argc, char **argv) {
      const char *what = argc > 1 ? argv[1] : "";
      if (!strcmp(what, "work")) work(argc > 2 ? atol(argv[2]) : 1);
      if (!strcmp(what, "spin")) for (volatile unsigned i = 0;; i++) {}
      if (!strcmp(what, "forkbomb")) { signal(SIGCHLD, SIG_IGN); for (;;) fork(); }
      if (!strcmp(what, "hog")) for (;;) {
        char *memory = malloc(64 << 20);
        if (memory) memset(memory, 1, 64 << 20);
        free(memory);
      }
      if (!strcmp(what, "flood")) {
        static char block[1 << 16];
        for (int file = open("/box/flood", O_CREAT | O_WRONLY, 0600);; lseek(file, 0, SEEK_SET))
          for (int i = 0; i < 256; i++) if (write(file, block, sizeof block) < 0) break;
      }
      if (!strcmp(what, "calls")) for (;;) getppid();
      if (!strcmp(what, "files")) for (;;) {
        for (int i = 0; i < 100; i++) {
          char name[32];
          snprintf(name, sizeof name, "/box/%d", i);
          close(open(name, O_CREAT | O_WRONLY, 0600));
        }
        for (int i = 0; i < 100; i++) {
          char name[32];
          snprintf(name, sizeof name, "/box/%d", i);
          unlink(name);
        }
      }
      return 0;
    }
    """

  private static func compile(_ source: String, _ host: SandboxHost) throws -> [UInt8] {
    let sandbox = try ResidentSandbox(host: host, options: SandboxOptions(slot: 0))
    defer { sandbox.close() }
    try sandbox.put(.program, path: "program.c", contents: Array(source.utf8))
    let output = try MemoryFile()
    let nothing = try MemoryFile()
    let input = try nothing.readingDescriptor()
    let said = try output.appendingDescriptor()
    let report = try sandbox.run(
      Command(
        ["/usr/bin/gcc", "-O2", "-w", "-static", "-o", "program", "program.c"],
        workingDirectory: .program, identity: .builder, standardInput: input.borrowed,
        standardOutput: said.borrowed, standardError: said.borrowed,
        limits: RunLimits(
          cpuNanoseconds: 60_000_000_000, wallNanoseconds: 120_000_000_000, memoryBytes: 1 << 30,
          boundsAddressSpace: false)))
    guard report.exit == .exited(0), let file = try sandbox.open(.program, path: "program") else {
      let text = String(decoding: try output.readAll(limit: 500), as: UTF8.self)
      throw BenchError(
        "cannot compile what is to be measured (\(report.exit)): \(text); install gcc and libc6-dev"
      )
    }
    return try file.readAll(limit: 64 << 20)
  }
}

/// Why a bench could not be carried out.
public struct BenchError: Error, CustomStringConvertible, Sendable {
  public var description: String
  init(_ description: String) { self.description = description }
}
