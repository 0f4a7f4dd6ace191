import JudgeModel
import ProblemPackage
import Testing

@testable import ProblemImport

@Suite struct CMSTests {
  let folder: Folder
  init() throws { folder = try Folder() }

  static let settings = "name: sum\ntitle: Sum\ntime_limit: 0.5\nmemory_limit: 64\n"
  static let streams = "infile: \"\"\noutfile: \"\"\n"
  static let files = [
    "task.yaml": settings + streams,
    "gen/GEN": "#ST: 0\n1 2\n# ST: 60\n4 5 # large\n#COPY: x\n# ST: 40\n",
    "input/input0.txt": "1 2\n", "output/output0.txt": "3\n", "input/input1.txt": "4 5\n",
    "output/output1.txt": "9\n", "input/input2.txt": "10 7\n", "output/output2.txt": "17\n",
    "sol/solution.c": Sum.good, "sol/wrong.c": Sum.bad,
  ]

  @Test func becomesAPackage() throws {
    var options = ImportOptions()
    options.submissions = [("wrong_answer", "sol/wrong.c")]
    let reading = try folder.imported(.cms, try folder.source(Self.files), options)
    let manifest = try #require(reading.manifest, "\(reading.diagnostics)")
    #expect(manifest.title == "Sum")
    #expect(manifest.check == .layout(.linesTokens))
    #expect(manifest.limits.timeNanoseconds.amount == 500_000_000)
    #expect(
      manifest.testcases.map(\.name) == [
        "secret/subtask01/01", "secret/subtask02/01", "secret/subtask02/02",
      ])
    #expect(contents(folder.path + "/out/data/secret/subtask02/test_group.yaml").contains(": 60"))
    #expect(reading.submissions.map(\.name) == ["accepted/solution.c", "wrong_answer/wrong.c"])
  }

  @Test func withoutSubtasksAllCountTheSame() throws {
    var files = Self.files
    files["gen/GEN"] = nil
    files["task.yaml"] = Self.settings + Self.streams + "n_input: 3\n"
    let reading = try folder.imported(.cms, try folder.source(files), ImportOptions())
    #expect(reading.manifest?.testcases.count == 3, "\(reading.diagnostics)")
    #expect(contents(folder.path + "/out/data/secret/test_group.yaml").contains("sum"))
  }

  @Test func aCheckerIsCompiledFromItsSource() throws {
    var files = Self.files
    files["check/checker.cpp"] = "int main(){}\n"
    files["check/checker"] = "\u{7f}ELF"
    let reading = try folder.imported(.cms, try folder.source(files), ImportOptions())
    guard case .validator(let program)? = reading.manifest?.check else {
      Issue.record("\(reading.diagnostics)")
      return
    }
    #expect(program.protocol == .cms)
    #expect(program.files == ["output_validator/checker.cpp"])
    #expect(contents(folder.path + "/out/data/secret/subtask02/test_group.yaml").contains("min"))
  }

  @Test(arguments: [
    (["check/checker": "\u{7f}ELF"], "is a compiled program"),
    (["check/manager": "\u{7f}ELF"], "Communication"), (["sol/grader.cpp": ""], "a grader"),
    (["sol/stub.c": ""], "a stub"), (["task.yaml": settings], "`infile` is `input.txt`"),
    (["task.yaml": settings + "output_only: true\n"], "submissions are outputs"),
    (["task.yaml": settings + streams + "score_type: GroupThreshold\n"], "GroupThreshold"),
    (["task.yaml": settings + streams + "score_type_parameters: [1]\n"], "gen/GEN"),
    (["task.yaml": streams], "has no time limit"), (["input/input3.txt": ""], "one more than"),
    (["gen/GEN": "# ST: 100\n1\n2\n3\n4\n"], "input/input3.txt: error: is missing"),
    (["gen/GEN": "1\n# ST: 100\n2\n3\n"], "before the first"),
    (["gen/GEN": "# ST: many\n2\n3\n"], "whole points"),
  ])
  func refused(_ change: [String: String], _ expected: String) throws {
    let files = Self.files.merging(change) { $1 }
    let errors = folder.errors(.cms, try folder.source(files), ImportOptions())
    #expect(contains(errors, expected), "\(errors)")
  }
}
