import Foundation
import JudgeModel
import Sandbox
import Testing

@testable import Evaluation

extension EvaluationTests {
  /// What a first run costs more than the next ones is not the program's.
  @Suite struct WarmUps {
    private static let megabytes = 48
    /// RUSAGE_THREAD, which is not imported.
    private static let thisThread: Int32 = 1

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

    /// Sends the file out of memory, as time does. False where it lies in memory and nowhere else.
    private func forget(_ directory: String) -> Bool {
      let descriptor = open(directory + "/library", O_RDONLY)
      defer { close(descriptor) }
      posix_fadvise(descriptor, 0, 0, Int32(POSIX_FADV_DONTNEED))
      var before = rusage()
      getrusage(Self.thisThread, &before)
      var block = [UInt8](repeating: 0, count: 1 << 20)
      let size = block.count
      pread(descriptor, &block, size, 0)
      var after = rusage()
      getrusage(Self.thisThread, &after)
      posix_fadvise(descriptor, 0, 0, Int32(POSIX_FADV_DONTNEED))
      return after.ru_inblock > before.ru_inblock
    }

    private func reading(_ directory: String) -> String {
      """
      with open("\(directory)/library", "rb") as f:
          while f.read(1 << 20):
              pass
      print(sum(map(int, input().split())))
      """
    }

    private func table(mounting directory: String) throws -> LanguageTable {
      var table = try Bench.languages()
      for index in table.languages.indices { table.languages[index].mounts.append(directory) }
      return table
    }

    /// Page cache is charged to whoever read it first: to a start that nobody measures.
    @Test func theFirstTestcaseDoesNotPayForAColdLibrary() throws {
      try withLibrary { directory in
        guard forget(directory) else { return }
        let package = try TestPackage(cases: ["secret/1": ("1 2\n", "3\n")])
        let evaluator = try package.evaluator(try table(mounting: directory))
        defer { Bench.expectNothingLeft() }
        let result = try evaluator.judge(
          program("python3", ["a.py": reading(directory)]), package: package.manifest,
          mode: .full, cancellation: Cancellation(), onRun: { _ in })
        #expect(result.verdict == .accepted)
        let facts = try #require(result.runs.first?.facts)
        #expect(facts.memoryPeakBytes < Self.megabytes << 20)
      }
    }

    /// Reading a cold file is no way to another attempt.
    @Test func aFailedRunIsNotRepeated() throws {
      try withLibrary { directory in
        guard forget(directory) else { return }
        let package = try TestPackage(cases: ["secret/1": ("1 2\n", "3\n")])
        let evaluator = try package.evaluator(try table(mounting: directory))
        defer { Bench.expectNothingLeft() }
        let result = try evaluator.judge(
          program(
            "c",
            [
              "a.c": C.main(
                """
                static char block[1 << 20];
                FILE *f = fopen("\(directory)/library", "r");
                if (!f) return 1;
                while (fread(block, 1, sizeof block, f) > 0) {}
                puts("4");
                return 0;
                """)
            ]),
          package: package.manifest, mode: .full, cancellation: Cancellation(), onRun: { _ in })
        #expect(result.verdict == .wrongAnswer)
        #expect(result.runs.count == 1)
        // The run that read it is the one that is shown.
        let facts = try #require(result.runs.first?.facts)
        #expect(facts.memoryPeakBytes > Self.megabytes << 19)
      }
    }
  }
}
