import JudgeModel
import Testing

@testable import Evaluation

extension EvaluationTests {
  @Suite struct SubmitAnswers {
    private func package(
      _ cases: [String: (String, String)], limits: [String] = [], files: [String: String] = [:]
    ) throws -> TestPackage {
      try TestPackage(type: "submit-answer", limits: limits, cases: cases, files: files)
    }

    private static let two = ["secret/1": ("", "one\n"), "secret/2": ("", "two\n")]

    @Test func filesAreComparedWithTheirTestcases() throws {
      let package = try package(Self.two)
      let right = try package.judge(program("text", ["1.out": "one\n", "2.out": "TWO"]))
      #expect(right.verdict == .accepted && right.compilation == nil)
      let swapped = try package.judge(program("text", ["1.out": "two\n", "2.out": "one\n"]))
      #expect(swapped.runs.map(\.verdict) == [.wrongAnswer, .wrongAnswer])
    }

    @Test func whatIsMissingIsWrong() throws {
      let result = try package(Self.two).judge(program("text", ["secret/1.ans": "one\n"]))
      #expect(result.verdict == .wrongAnswer)
      #expect(result.runs.map(\.verdict) == [.accepted, .wrongAnswer])
      #expect(result.runs.last?.detail == .noOutput)
      #expect(result.runs.last?.message.contains("no answer was handed in") == true)
    }

    @Test func aSingleFileAnswersTheOnlyTestcase() throws {
      let package = try package(["secret/1": ("", "one\n")])
      #expect(try package.judge(program("text", ["result": "one\n"])).verdict == .accepted)
    }

    @Test func theValidatorDecides() throws {
      let package = try package(
        ["secret/a": ("7\n", "")],
        files: Python.validator(
          "say(sys.stdin.read().strip() + open(inp).read().strip())\n"
            + "accept()"))
      let result = try package.judge(program("text", ["a.txt": "given "]))
      #expect(result.verdict == .accepted && result.runs.first?.message == "given7")
    }

    @Test func limitsOfProgramsHoldWhereTheyWereMeant() throws {
      let long = String(repeating: "a", count: 200_000)
      let package = try package(["secret/1": ("", long)])
      // The default limit on source text is smaller, and is no limit on answers.
      #expect(try package.judge(program("text", ["1": long])).verdict == .accepted)
      let bounded = try self.package(["secret/1": ("", long)], limits: ["code: 100"])
      #expect(try bounded.judge(program("text", ["1": long])).verdict == .compileError)
    }

    @Test func namesFindTheirTestcases() {
      let testcases = ["sample/1", "sample/2", "secret/1", "secret/a/3", "secret/b/3"].map {
        Testcase(name: $0, input: "", answer: "")
      }
      func find(_ names: String...) -> [String?] {
        let answers = AnswerFiles(
          of: program("text", Dictionary(uniqueKeysWithValues: names.map { ($0, "") })),
          testcases: testcases)
        return testcases.map { answers.file(for: $0.name) }
      }
      #expect(
        find("sample/1.out", "2.out", "1.out", "a/3.out", "secret/b/3")
          == ["sample/1.out", "2.out", "1.out", "a/3.out", "secret/b/3"])
      #expect(find("3.out") == [nil, nil, nil, nil, nil], "which of the two is meant?")
      #expect(find("1.txt", "1.out") == [nil, nil, "1.out", nil, nil])
    }
  }
}
