import JudgeModel
import Testing

@Suite struct PackageManifestTests {
  @Test(arguments: [0, 1, 2, 3, 10, 257])
  func findsEveryFileAndNoOther(count: Int) throws {
    let digest = try #require(Digest(bytes: [UInt8](repeating: 1, count: 32)))
    let paths = (0..<count).map { "data/secret/\($0 * 2).in" }.sorted()
    let files = paths.enumerated().map {
      PackageFile(path: $1, size: Int64($0), digest: digest, role: .input)
    }
    let manifest = PackageManifest(
      problem: "p", title: "P", sourceFormat: .legacy, kind: ProblemKind(), limits: ProblemLimits(),
      check: .tokens(TokenComparison()),
      tests: TestGroup(name: "", children: [], grading: .legacy(LegacyGrading())), files: files)
    for file in files { #expect(manifest.file(file.path) == file) }
    for missing in ["", "a", "data/secret/1.in", "data/secret/0.ino", "data/secret/0.i", "z"] {
      #expect(manifest.file(missing) == nil)
    }
    #expect(manifest.byteCount == files.reduce(0) { $0 + $1.size })
  }

  @Test func listsTestcasesInJudgingOrder() {
    let leaf = { (name: String) in
      TestNode.testcase(Testcase(name: name, input: "\(name).in", answer: "\(name).ans"))
    }
    let group = { (name: String, children: [TestNode]) in
      TestNode.group(
        TestGroup(name: name, children: children, grading: .legacy(LegacyGrading())))
    }
    let root = TestGroup(
      name: "",
      children: [
        group("sample", [leaf("sample/1")]), group("empty", []),
        group(
          "secret",
          [group("secret/a", [leaf("secret/a/2"), leaf("secret/a/1")]), leaf("secret/z")]),
      ], grading: .legacy(LegacyGrading()))
    #expect(root.testcases.map(\.name) == ["sample/1", "secret/a/2", "secret/a/1", "secret/z"])
  }
}

@Suite struct JudgingTests {
  @Test func theSlowestRunIsTheOneWithTheMostProcessorTime() {
    var fast = Run(ordinal: 1, testcase: "1", verdict: .accepted)
    fast.facts.cpuTime = .milliseconds(3)
    var slow = Run(ordinal: 2, testcase: "2", verdict: .accepted)
    slow.facts.cpuTime = .milliseconds(7)
    #expect(JudgingResult(verdict: .accepted, runs: [slow, fast]).slowest == .milliseconds(7))
    #expect(JudgingResult(verdict: .compileError).slowest == nil)
  }

  @Test func onlyFinalStatesAreFinal() {
    #expect(JudgingState.allCases.filter(\.isFinal) == [.judged, .cancelled, .quarantined])
  }

  @Test func verdictsReduceToTheOnesEverySystemKnows() {
    let known: Set<Verdict> = [
      .accepted, .wrongAnswer, .timeLimit, .runtimeError, .compileError, .judgeError,
    ]
    #expect(Verdict.allCases.allSatisfy { known.contains($0.reduced) })
    #expect(Verdict.memoryLimit.reduced == .runtimeError)
    #expect(Verdict.outputLimit.reduced == .wrongAnswer)
  }
}
