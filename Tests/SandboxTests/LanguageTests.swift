import Foundation
import Testing

@testable import Sandbox

struct Language: Sendable, CustomTestStringConvertible {
  var name: String
  var file: String
  var source: String
  var compile: [String]?
  var run: [String]
  var mounts: [ReadOnlyMount] = []
  var environment: [String] = []

  var testDescription: String { name }

  static func isFile(_ path: String) -> Bool { access(path, X_OK) == 0 }

  static let java = Language(
    name: "Java", file: "Main.java",
    source: """
      import java.util.stream.*;
      public class Main {
        public static void main(String[] a) throws Exception {
          var in = new java.util.Scanner(System.in);
          long n = in.nextLong();
          System.out.println(LongStream.rangeClosed(1, n).parallel().sum());
        }
      }
      """,
    compile: ["/usr/bin/javac", "Main.java"],
    run: ["/usr/bin/java", "-Xmx64m", "-XX:+UseSerialGC", "-cp", "/app", "Main"],
    mounts: ["/etc/java-17-openjdk"].filter(isFile).map { ReadOnlyMount(host: $0, inside: $0) })

  static let all: [Language] = [
    Language(
      name: "C++", file: "main.cpp",
      source: """
        #include <iostream>
        int main() { long n; std::cin >> n; std::cout << n * (n + 1) / 2 << std::endl; }
        """,
      compile: ["/usr/bin/g++", "-O2", "-o", "main", "main.cpp"], run: ["/app/main"]),
    Language(
      name: "Python", file: "main.py",
      source: """
        import subprocess, tempfile, threading
        n = int(input())
        with tempfile.NamedTemporaryFile() as f:
          f.write(b"x")
        t = threading.Thread(target=lambda: print(n * (n + 1) // 2))
        t.start()
        t.join()
        """,
      compile: nil, run: ["/usr/bin/python3", "/app/main.py"]),
    Language(
      name: "Node", file: "main.js",
      source: """
        const n = parseInt(require('fs').readFileSync('/dev/stdin', 'utf8'))
        console.log(n * (n + 1) / 2)
        """,
      compile: nil, run: ["/usr/bin/node", "/app/main.js"]),
    java,
    Language(
      name: "Go", file: "main.go",
      source: """
        package main
        import "fmt"
        func main() { var n int; fmt.Scan(&n); fmt.Println(n * (n + 1) / 2) }
        """,
      compile: ["/usr/bin/go", "build", "-o", "main", "main.go"], run: ["/app/main"],
      environment: ["GOCACHE=/box/cache", "GOFLAGS=-p=2", "CGO_ENABLED=0"]),
  ]

  /// A toolchain from outside of `/usr`, mounted.
  static let rust: Language? = {
    let home = "/root/.rustup/toolchains"
    guard
      let toolchain = directoryNames(home).first(where: {
        $0.hasPrefix("stable") && isFile("\(home)/\($0)/bin/rustc")
      })
    else { return nil }
    return Language(
      name: "Rust", file: "main.rs",
      source: """
        fn main() {
          let mut s = String::new();
          std::io::stdin().read_line(&mut s).unwrap();
          let n: u64 = s.trim().parse().unwrap();
          println!("{}", n * (n + 1) / 2);
        }
        """,
      compile: ["/opt/rust/bin/rustc", "-O", "-o", "main", "main.rs"], run: ["/app/main"],
      mounts: [ReadOnlyMount(host: "\(home)/\(toolchain)", inside: "/opt/rust")])
  }()

  static var present: [Language] {
    let candidates = all + (rust.map { [$0] } ?? [])
    return candidates.filter { language in
      let tool = (language.compile ?? language.run)[0]
      return isFile(tool) || tool.hasPrefix("/opt/rust/")
    }
  }
}

extension SandboxTests {
  @Suite struct Languages {
    @Test(arguments: Language.present)
    func compilesAndRuns(language: Language) throws {
      try Harness.withSandbox(
        options: SandboxOptions(
          slot: Harness.slot, scratchFiles: 20_000, readOnlyMounts: language.mounts)
      ) { sandbox in
        let environment = Command.defaultEnvironment + language.environment
        try sandbox.put(.program, path: language.file, contents: Array(language.source.utf8))
        if let compile = language.compile {
          let built = try Harness.perform(
            sandbox, compile, environment: environment, in: .program, as: .builder,
            limits: Harness.generous)
          try #require(built.report.exit == .exited(0), "\(built.report) \(built.error)")
        }
        let ran = try Harness.perform(
          sandbox, language.run, input: "10000\n", environment: environment,
          limits: Harness.generous)
        #expect(ran.output == "50005000\n", "\(ran.report) \(ran.error)")
        #expect(ran.report.exit == .exited(0))
        #expect(ran.report.stop == .none)
      }
    }
  }
}
