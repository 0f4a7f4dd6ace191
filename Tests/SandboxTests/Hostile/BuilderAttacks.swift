import Foundation
import Testing

@testable import Sandbox

extension SandboxTests.Hostile {
  /// Submissions that attack while they are compiled, as builders.
  @Suite struct Builders {
    static let limits = Harness.limits(cpu: 1.5, megabytes: 512, outputBytes: 16 << 20)

    private static func compile(
      _ source: String, name: String = "main.c", limits: RunLimits = limits,
      _ check: (Harness.Outcome) -> Void
    ) throws {
      try scene { sandbox in
        try sandbox.put(.program, path: name, contents: Array(source.utf8))
        let compiler = name.hasSuffix(".c") ? "/usr/bin/gcc" : "/usr/bin/g++"
        let seen = try Harness.perform(
          sandbox, [compiler, "-o", "main", name], in: .program, as: .builder, limits: limits)
        #expect(seen.report.exit != .exited(0))
        check(seen)
      }
    }

    /// Paths of files that are there, but not for a compiler.
    @Test(arguments: ["/etc/shadow", "/proc/1/environ", "/root/.profile", "/dev/mem"])
    func filesOfTheHostAreNotIncluded(path: String) throws {
      let included = "#include \"\(path)\"\n"
      try Self.compile(included, limits: Harness.generous) { seen in
        #expect(seen.error.contains("No such file or directory"))
      }
      let assembled = #"__asm__(".incbin \"\#(path)\"");"# + "\n"
      try Self.compile(assembled, limits: Harness.generous) { seen in
        #expect(seen.error.contains("file not found: \(path)"))
      }
    }

    @Test func endlessInclude() throws {
      try Self.compile("#include \"/dev/zero\"\n") { seen in
        #expect(seen.report.oomKills > 0 || seen.report.stop == .cpuLimit)
      }
    }

    @Test func endlessTemplates() throws {
      let source = """
        template <long A, int N> struct F {
          static const long v = F<2 * A, N - 1>::v + F<2 * A + 1, N - 1>::v;
        };
        template <long A> struct F<A, 0> { static const long v = A; };
        int main() { return F<1, 40>::v; }
        """
      try Self.compile(source, name: "main.cpp") { seen in
        #expect(seen.report.oomKills > 0 || seen.report.stop == .cpuLimit)
      }
    }

    @Test func endlessMacros() throws {
      let lines = (1...40).map { "#define M\($0) M\($0 - 1) M\($0 - 1)" }
      let source = "#define M0 1,\n" + lines.joined(separator: "\n") + "\nchar a[] = {M40};\n"
      try Self.compile(source) { seen in
        #expect(seen.report.oomKills > 0 || seen.report.stop == .cpuLimit)
      }
    }

    @Test func endlessProgram() throws {
      try Self.compile("char a[1l << 40] = {1};\nint main() {}\n", limits: Harness.generous) {
        #expect($0.report.stop == .none)
      }
    }

    @Test func endlessMessages() throws {
      let long = String(repeating: "x", count: 4000)
      let warn = #"#define E _Pragma("GCC warning \"\#(long)\"")"# + "\n"
      try Self.compile(warn + String(repeating: "E E E E E E E E\n", count: 2000) + "x") { seen in
        #expect(seen.error.utf8.count <= Self.limits.outputBytes + 1)
      }
    }

    /// What stays open, runs on or waits for the program area to be closed.
    @Test func buildersDoNotStay() throws {
      try scene { sandbox in
        let script = """
          exec 5> held
          (while :; do echo x >> late; done) &
          (setsid sh -c 'exec 6> other; sleep 1000') &
          ls held
          """
        let built = try Harness.perform(
          sandbox, ["/bin/sh", "-c", script], in: .program, as: .builder)
        #expect(built.report.exit == .exited(0))
        #expect(built.report.reaped >= 2)
        let runner = try Harness.perform(
          sandbox, ["/bin/sh", "-c", "wc -c < late; echo x >> late; rm held"], in: .program)
        #expect(runner.error.contains("Read-only file system"))
      }
    }

    /// Code inside of the compiler, which leaves a process to change the program after it was built.
    @Test func plugin() throws {
      try scene { sandbox in
        let source = """
          #include <fcntl.h>
          #include <unistd.h>
          int plugin_is_GPL_compatible;
          int plugin_init(void *unused, void *too) {
            if (fork() == 0)
              for (setsid();;) write(open("main", O_WRONLY | O_CREAT | O_TRUNC, 0777), "late", 4);
            return 0;
          }
          """
        try sandbox.put(.program, path: "evil.c", contents: Array(source.utf8))
        try sandbox.put(.program, path: "main.c", contents: Array("int main() { return 3; }".utf8))
        let compile = { (arguments: [String]) in
          try Harness.perform(
            sandbox, ["/usr/bin/gcc", "-w"] + arguments, in: .program, as: .builder,
            limits: Harness.generous)
        }
        let plugin = try compile(["-shared", "-fPIC", "-o", "evil.so", "evil.c"])
        try #require(plugin.report.exit == .exited(0), "\(plugin.error)")
        let built = try compile(["-fplugin=./evil.so", "-o", "main", "main.c"])
        #expect(built.report.reaped >= 2)
        // Either may have won, but what there is stays.
        let sums = try (0..<2).map { _ in
          try Harness.perform(sandbox, ["/usr/bin/cksum", "main"], in: .program).output
        }
        #expect(sums[0].hasSuffix(" main\n") && sums[0] == sums[1])
      }
    }

    @Test func programAreaIsBounded() throws {
      try scene(SandboxOptions(slot: Harness.slot, programBytes: 8 << 20, programFiles: 200)) {
        sandbox in
        let many = try Harness.perform(
          sandbox, ["/app/program", "many"], in: .program, as: .builder)
        #expect(many.output.hasSuffix(" ENOSPC\n"))
        let large = try Harness.perform(
          sandbox, ["/bin/sh", "-c", "cat /dev/zero > f1"], in: .program, as: .builder)
        #expect(large.error.contains("No space left on device"))
      }
    }

    @Test func builderCannotTouchFilesOfRoot() throws {
      try scene { sandbox in
        let outcome = try Harness.perform(
          sandbox, ["/bin/sh", "-c", "echo x > program; echo y > other && cat other"],
          in: .program, as: .builder)
        #expect(outcome.error.contains("program"))
        #expect(outcome.output == "y\n")
      }
    }
  }
}
