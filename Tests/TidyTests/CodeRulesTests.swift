import Testing

struct CodeRulesTests {
  @Test func whatIsUnsafeIsExplained() throws {
    let files = try Repository.sources().filter { $0.suffix == "swift" }
    expectNone(files.flatMap(CodeRules.unexplained))
  }

  @Test func filesAreShort() throws {
    expectNone(try Repository.written().flatMap(CodeRules.tooLong))
  }

  @Test func nothingPointsOutsideTheRepository() throws {
    expectNone(try Repository.written().flatMap(CodeRules.strangeWords))
  }

  // MARK: The rules on samples

  @Test(arguments: [
    "let a = try! b()",
    "fatalError(\"x\")",
    "final class A: @unchecked Sendable {}",
    "nonisolated(unsafe) let a = 1",
    "// A reason too far away.\n\n\n\n\n\nlet a = try! b()",
  ])
  func unexplainedIsNoticed(text: String) {
    #expect(CodeRules.unexplained(RepositoryFile("A.swift", text)).count == 1)
  }

  @Test(arguments: [
    "// A reason.\nlet a = try! b()",
    "// A reason that is just near enough.\n\n\n\n\nlet a = try! b()",
    "let a = try! b()  // a reason",
    "let a = \"try! nonisolated(unsafe)\"",
    "/// Never traps: no `fatalError(`.\nfunc a() {}",
  ])
  func explainedIsNot(text: String) {
    #expect(CodeRules.unexplained(RepositoryFile("A.swift", text)) == [])
  }

  @Test func longFilesAreNoticed() {
    let line = "let a = 1\n"
    let longest = String(repeating: line, count: CodeRules.maximumLines)
    #expect(CodeRules.tooLong(RepositoryFile("Sources/A/A.swift", longest)) == [])
    #expect(CodeRules.tooLong(RepositoryFile("Sources/A/A.swift", longest + "}")).count == 1)
    #expect(CodeRules.tooLong(RepositoryFile("tools/setup", longest + line)).count == 1)
    #expect(CodeRules.tooLong(RepositoryFile("tools/plan.txt", longest + line)) == [])
  }

  @Test(arguments: CodeRules.unfinished + CodeRules.strangePlaces + CodeRules.strangePapers)
  func strangeWordsAreNoticed(word: String) {
    let file = RepositoryFile("A.md", "first\nsecond \(word)x\n")
    #expect(CodeRules.strangeWords(file).map(\.line) == [2])
  }

  @Test func ordinaryWordsAreNot() {
    let text = "/tmp/x, /usr/bin/gcc, keynotes, \"/home\", todo"
    #expect(CodeRules.strangeWords(RepositoryFile("A.md", text)) == [])
  }
}
