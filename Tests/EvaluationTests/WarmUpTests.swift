import Foundation
import JudgeModel
import Sandbox
import Testing

@testable import Evaluation

extension EvaluationTests {
  /// What a first run costs more than the next ones is not the program's.
  @Suite struct WarmUps {
    private static let megabytes = 48

    /// A directory with a big file, where most machines have a disk. Not in /tmp, which is another
    /// place inside of a sandbox.
    private func withLibrary(_ body: (String) throws -> Void) throws {
      let directory = "/var/tmp/assize-warm-up-\(getpid())"
      mkdir(directory, 0o755)
      defer { try? FileManager.default.removeItem(atPath: directory) }
      let block = Data(repeating: 7, count: 1 << 20)
      #expect(FileManager.default.createFile(atPath: directory + "/library", contents: nil))
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: directory + "/library"))
      for _ in 0..<Self.megabytes { try file.write(contentsOf: block) }
      fsync(file.fileDescriptor)
      try file.close()
      try body(directory)
    }

    /// Sends a file out of memory, as time does.
    private func forget(_ path: String) {
      let descriptor = open(path, O_RDONLY)
      defer { close(descriptor) }
      posix_fadvise(descriptor, 0, 0, Int32(POSIX_FADV_DONTNEED))
    }

    @Test func aRunThatWaitedForTheDiskIsMeasuredAgain() throws {
      try withLibrary { directory in
        var table = try Bench.languages()
        let index = try #require(table.languages.firstIndex { $0.id == LanguageID("c") })
        table.languages[index].mounts.append(directory)
        let reading = C.main(
          """
          static char block[1 << 20];
          FILE *f = fopen("\(directory)/library", "r");
          if (!f) return 1;
          while (fread(block, 1, sizeof block, f) > 0) {}
          puts("3");
          return 0;
          """)
        let package = try TestPackage(cases: ["secret/1": ("1 2\n", "3\n")])
        let evaluator = try package.evaluator(table)
        defer { Bench.expectNothingLeft() }
        forget(directory + "/library")
        let built = try BuiltProgram.build(
          [SourceFile(name: "a.c", contents: Array(reading.utf8))],
          language: table.languages[index], entryPoint: nil, memoryBytes: 64 << 20,
          limits: BuiltProgram.BuildLimits(
            timeNanoseconds: 60_000_000_000, memoryBytes: 1 << 30),
          in: try Bench.workshop(table, paths: package.paths), cancellation: Cancellation())
        var readings: [Int] = []
        try built.measuredWarm { () throws(EvaluationError) in
          let before = built.sandbox.blocksRead
          _ = try sandboxed { () throws(SandboxError) in
            let file = try MemoryFile()
            let end = try file.appendingDescriptor()
            return try built.sandbox.run(
              built.command(
                arguments: [], input: end.borrowed, output: end.borrowed, error: end.borrowed,
                limits: RunLimits(
                  cpuNanoseconds: 10_000_000_000, wallNanoseconds: 60_000_000_000,
                  memoryBytes: 256 << 20)))
          }
          readings.append(built.sandbox.blocksRead - before)
        }
        built.sandbox.close()
        // Where these files lie in memory nothing ever comes from a disk.
        guard readings.count == 2 else {
          #expect(readings == [0])
          return
        }
        #expect(readings[0] >= Self.megabytes << 11)
        #expect(readings[1] == 0)

        // Page cache is charged to whoever read it first: in the run that counts, to nobody.
        forget(directory + "/library")
        let result = try evaluator.judge(
          program("c", ["a.c": reading]), package: package.manifest, mode: .full,
          cancellation: Cancellation(), onRun: { _ in })
        #expect(result.verdict == .accepted)
        let facts = try #require(result.runs.first?.facts)
        #expect(facts.memoryPeakBytes < 16 << 20)
      }
    }
  }
}
