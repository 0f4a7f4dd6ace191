import Testing

struct SwiftLinesTests {
  func code(_ text: String) -> [String] { SwiftLines.split(text).map(\.code) }

  @Test func commentsAreNotCode() {
    let lines = SwiftLines.split("a // b\nc /* d /* e */\nf */ g\nh")
    #expect(lines.map(\.code) == ["a ", "c ", " g", "h"])
    #expect(lines.map(\.hasComment) == [true, true, true, false])
    #expect(lines.map(\.number) == [1, 2, 3, 4])
  }

  @Test func literalsAreEmptied() {
    #expect(code(#"print("try! // no", 1)"#) == [#"print("", 1)"#])
    #expect(code(#"a("\"", b)"#) == [#"a("", b)"#])
    #expect(code("a(#\"x\" // \"#, b)") == ["a(\"\", b)"])
    #expect(code("let a = \"\"\"\n  // \"b\"\n  \"\"\" + c") == ["let a = \"\"", "", " + c"])
  }

  @Test func anOpenLiteralEndsWithItsLine() {
    #expect(code("let quote = /\"/\nb") == ["let quote = /\"\"", "b"])
  }

  @Test func escapedLineEndsCount() {
    #expect(code("\"\"\"\n a \\\n b\n \"\"\"\nc") == ["\"\"", "", "", "", "c"])
  }
}
