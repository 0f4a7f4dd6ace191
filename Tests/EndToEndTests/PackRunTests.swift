import Foundation
import Testing

extension EndToEnd {
  /// What the problem setter's commands run: validators, submissions, and a scheduler to push to.
  @Suite(.serialized) struct PackRunTests {
    let scratch: Scratch
    let place: String

    init() throws {
      scratch = try Scratch()
      place = scratch.path + "/count"
      try OwnProblem(name: "count").write(in: scratch.path)
    }

    private var machine: [String] {
      ["--uid-base", "\(Cluster.firstUser)", "--slots", "1"]
    }

    private func check(_ more: [String] = []) throws -> Said {
      try assize(["pack", "check", place] + more + machine, in: scratch)
    }

    private static let strict = """
      import re, sys
      text = sys.stdin.buffer.read()
      sys.exit(42 if re.fullmatch(rb"[1-9][0-9]*\\n", text) else 43)

      """

    private func useNumbers() throws {
      for (name, text) in [("1-short", "7\n"), ("2-long", "123\n")] {
        _ = try scratch.file("count/data/secret/\(name).in", text)
        _ = try scratch.file("count/data/secret/\(name).ans", "\(text.utf8.count)\n")
      }
      _ = try scratch.file("count/submissions/accepted/a.c", OwnProblem.solution)
    }

    @Test("a package with validators that do their work has no findings")
    func clean() throws {
      try useNumbers()
      _ = try scratch.file("count/input_validators/strict.py", Self.strict)
      _ = try scratch.file(
        "count/output_validator/v.py",
        """
        import sys
        out = sys.stdin.buffer.read().split()
        sys.exit(42 if out == open(sys.argv[2], "rb").read().split() else 43)

        """)
      let said = try check()
      #expect(said.status == 0, "\(said.output)\(said.errors)")
      #expect(said.output.contains("no findings"), "\(said.output)")
      #expect(said.output.contains("1 input validator on 2 inputs and "))
      #expect(said.output.contains("the output validator on 44 outputs of junk"))
    }

    @Test("inputs that a validator rejects, and validators that reject nothing or break")
    func validators() throws {
      try useNumbers()
      _ = try scratch.file("count/data/secret/2-long.in", "x\n")
      _ = try scratch.file("count/input_validators/strict.py", Self.strict)
      let rejected = try check()
      #expect(rejected.status == 1)
      #expect(
        rejected.output.contains("2-long.in: error: input_validators/strict.py rejects it"),
        "\(rejected.output)")

      _ = try scratch.file("count/input_validators/strict.py", "import sys\nsys.exit(42)\n")
      _ = try scratch.file(
        "count/output_validator/v.py",
        "import sys\nint(sys.stdin.read())\nsys.exit(42)\n")
      let lax = try check()
      #expect(lax.status == 1)
      for part in [
        "warning: no input validator rejects an empty file, nor random bytes, nor ",
        "nor an input with leading zeros",
        "output_validator: error: asked about the output “nothing” for secret/1-short it exited with 1",
      ] {
        #expect(lax.output.contains(part), "\(part) is missing in: \(lax.output)")
      }

      _ = try scratch.file("count/input_validators/strict.cpp", "int main( {")
      let broken = try check(["--format", "json"])
      #expect(broken.status == 1)
      let all = try JSONDecoder().decode(
        [PackFileTests.Checked].self, from: Data(broken.output.utf8))
      #expect(all[0].validation.ran)
      #expect(
        all[0].findings.filter { $0.message.contains("does not compile") }.map(\.path)
          == ["input_validators/strict.cpp"])
    }

    @Test("a machine without a sandbox says so and tells what the files show")
    func withoutSandbox() throws {
      try useNumbers()
      _ = try scratch.file("count/data/secret/2-long.in", "123")
      let nowhere = ["ASSIZE_BOX": "/nonexistent/assize-box"]
      let arguments = ["pack", "check", place] + machine
      let nothingToRun = try assize(arguments, environment: nowhere, in: scratch)
      #expect(nothingToRun.status == 0, "\(nothingToRun.output)\(nothingToRun.errors)")
      _ = try scratch.file("count/input_validators/strict.py", Self.strict)
      let said = try assize(arguments, environment: nowhere, in: scratch)
      #expect(said.status == 2)
      #expect(said.output.contains("2-long.in:1: warning: does not end in a newline"))
      #expect(said.output.contains("not run: /nonexistent/assize-box is not a program"))
      #expect(said.errors.contains("--no-run"))
    }

    @Test("labelled inputs and outputs of the newest format")
    func labelled() throws {
      try useNumbers()
      _ = try scratch.file("count/input_validators/strict.py", Self.strict)
      for (folder, output) in [("valid_output/a", "7\n"), ("invalid_output/b", "1 \n")] {
        _ = try scratch.file("count/data/\(folder).in", "7\n")
        _ = try scratch.file("count/data/\(folder).ans", "1\n")
        _ = try scratch.file("count/data/\(folder).out", output)
      }
      _ = try scratch.file("count/data/invalid_input/c.in", "42\n")
      _ = try scratch.file("count/data/invalid_input/d.in", "-1\n")
      let said = try check()
      #expect(said.status == 1)
      for part in [
        "a.out: error: is meant to be right, and is rejected",
        "b.out: error: is meant to be wrong, and is accepted",
        "c.in: error: is meant to be invalid, and every input validator accepts it",
      ] {
        #expect(said.output.contains(part), "\(part) is missing in: \(said.output)")
      }
      #expect(!said.output.contains("d.in"))
    }

    struct Tested: Decodable {
      struct Package: Decodable {
        struct Submission: Decodable {
          var name: String
          var status: String
          var verdict: String?
          var decidingTestcase: String?
          var slowestTestcase: String?
        }
        var submissions: [Submission]
      }
      var isAsExpected: Bool
      var packages: [Package]
    }

    @Test("test compares labels with verdicts, and prints nothing but JSON when asked")
    func testing() throws {
      try useNumbers()
      _ = try scratch.file("count/input_validators/strict.py", Self.strict)
      _ = try scratch.file(
        "count/submissions/wrong_answer/two.c",
        "#include <stdio.h>\nint main(void) { puts(\"2\"); }\n")
      let said = try assize(
        ["pack", "test", place, "--format", "json"] + machine, in: scratch)
      #expect(said.status == 0, "\(said.errors)")
      let tested = try JSONDecoder().decode(Tested.self, from: Data(said.output.utf8))
      #expect(tested.isAsExpected)
      let submissions = try #require(tested.packages.first?.submissions)
      #expect(submissions.map(\.verdict) == ["AC", "WA"])
      #expect(submissions.map(\.decidingTestcase) == [nil, "secret/2-long"])
      #expect(submissions.allSatisfy { $0.slowestTestcase != nil })

      _ = try scratch.file("count/submissions/accepted/a.c", "int main(void) { return 1; }\n")
      _ = try scratch.file("count/data/secret/2-long.in", "x\n")
      let table = try assize(["pack", "test", place] + machine, in: scratch)
      #expect(table.status == 1)
      #expect(table.output.contains("FAIL  accepted/a.c"), "\(table.output)")
      #expect(table.output.contains("2-long.in: error: input_validators/strict.py rejects it"))
    }

    @Test("what the scheduler has is neither packed nor sent again")
    func push() throws {
      let cluster = try Cluster(in: scratch)
      struct Pushed: Decodable {
        var digest: String
        var wasThere: Bool
        var sentBytes: Int
      }
      func push(_ path: String) throws -> Pushed {
        let said = try assize(
          ["pack", "push", path, "--format", "json"],
          environment: ["ASSIZE_JOIN": cluster.joinLine], in: scratch)
        #expect(said.status == 0, "\(said.errors)")
        let all = try JSONDecoder().decode([Pushed].self, from: Data(said.output.utf8))
        guard let only = all.first else { throw Unexpected("nothing was pushed") }
        return only
      }
      let first = try push(place)
      #expect(!first.wasThere && first.sentBytes > 0)
      let archive = scratch.path + "/count.tar.zst"
      #expect(try assize(["pack", "build", place, "-o", archive], in: scratch).status == 0)
      for path in [place, archive] {
        let again = try push(path)
        #expect(again.digest == first.digest && again.wasThere && again.sentBytes == 0)
      }
      // A new version, from an archive; then the old one is the newest again.
      _ = try scratch.file("count/data/secret/1-short.in", "abcd")
      _ = try scratch.file("count/data/secret/1-short.ans", "4\n")
      let newer = scratch.path + "/newer.tar.zst"
      #expect(try assize(["pack", "build", place, "-o", newer], in: scratch).status == 0)
      let second = try push(newer)
      #expect(!second.wasThere && second.digest != first.digest)
      #expect(try push(archive).wasThere)
      // Compared with what the scheduler has: the newest of the problem is the old one again.
      func diff(_ old: String, _ new: String) throws -> Said {
        try assize(
          ["pack", "diff", old, new], environment: ["ASSIZE_JOIN": cluster.joinLine], in: scratch)
      }
      #expect(try diff("scheduler:count", archive).status == 0)
      #expect(try diff("scheduler:\(second.digest)", place).status == 0)
      let told = try diff("scheduler:count", place)
      #expect(told.status == 1 && told.output.contains("~ secret/1-short  input, answer"))
      #expect(
        try diff("scheduler:unknown", place).errors.contains("no problem and no package `unknown`"))
      let nothing = String(repeating: "0", count: 64)
      #expect(try diff("scheduler:\(nothing)", place).errors.contains("has no package"))
      let garbage = try scratch.file("garbage.tar.zst", "not an archive")
      let refused = try assize(
        ["pack", "push", garbage], environment: ["ASSIZE_JOIN": cluster.joinLine], in: scratch)
      #expect(refused.status == 1 && refused.errors.contains("garbage.tar.zst"))
    }
  }
}
