import Foundation
import Testing

extension EndToEnd {
  /// `assize import` as people type it.
  @Suite(.serialized) struct ImportTests {
    private func source(_ scratch: Scratch) throws -> String {
      for (name, text) in [
        ("1.in", "abc"), ("1.out", "3\n"), ("2.in", "hello\n"), ("2.out", "6\n"),
        ("good.c", OwnProblem.solution),
      ] {
        _ = try scratch.file("source/" + name, text)
      }
      return scratch.path + "/source"
    }

    @Test("a folder of tests becomes a package that pack check and pack test accept")
    func plain() throws {
      let scratch = try Scratch()
      let package = scratch.path + "/lengths"
      let arguments = [
        "import", "plain", try source(scratch), package, "--time-limit", "1", "--memory-limit",
        "64M", "--submission", "accepted=good.c",
      ]
      let dry = try assize(arguments + ["--dry-run"], in: scratch)
      #expect(dry.status == 0, "\(dry.errors)")
      #expect(dry.output.contains("pattern: NAME.in + NAME.out"))
      #expect(dry.output.contains("pairs: 2"))
      #expect(!FileManager.default.fileExists(atPath: package))
      let written = try assize(arguments, in: scratch)
      #expect(written.status == 0, "\(written.errors)")
      let check = try assize(["pack", "check", package], in: scratch)
      #expect(check.status == 0, "\(check.output)")
      let test = try assize(["pack", "test", package], in: scratch)
      #expect(test.status == 0, "\(test.output)\(test.errors)")
      #expect(test.output.contains("1 as expected"))
      let again = try assize(arguments, in: scratch)
      #expect(again.status == 2)
      #expect(again.errors.contains("is there already"))
    }

    @Test("what is in the way is told at once, and nothing is written")
    func refused() throws {
      let scratch = try Scratch()
      let source = try source(scratch)
      _ = try scratch.file("source/3.in", "x")
      let said = try assize(["import", "plain", source, scratch.path + "/out"], in: scratch)
      #expect(said.status == 2)
      for word in ["3.in", "no partner", "--time-limit", "--memory-limit", "not imported"] {
        #expect(said.errors.contains(word), "\(word) is missing in: \(said.errors)")
      }
      #expect(!FileManager.default.fileExists(atPath: scratch.path + "/out"))
      #expect(try assize(["import", "kattis", source, "x"], in: scratch).status == 64)
    }
  }
}
