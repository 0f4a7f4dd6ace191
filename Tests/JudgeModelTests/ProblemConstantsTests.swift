import JudgeModel
import Testing

struct ProblemConstantsTests {
  static let constants = ProblemConstants([
    .init(name: "n", value: "5000"), .init(name: "n.value", value: "5000"),
    .init(name: "n.tex", value: "5{,}000"), .init(name: "self", value: "{{n}}"),
    .init(name: "empty", value: ""),
  ])

  @Test(arguments: [
    ("a {{n}} b {{n.value}}", "a 5000 b 5000"), ("{{n.tex}}", "5{,}000"), ("{{{n}}}", "{5000}"),
    ("{{self}}", "{{n}}"), ("[{{empty}}]", "[]"), ("{{m}} {{n.m}}", "{{m}} {{n.m}}"),
    (
      "{{ n }} {n} {{n} {{n.}} {{.n}} {{n.value.tex}}",
      "{{ n }} {n} {{n} {{n.}} {{.n}} {{n.value.tex}}"
    ),
    ("{{", "{{"), ("{{n", "{{n"), ("", ""), ("{{n}}", "5000"),
  ])
  func replaces(_ text: String, _ expected: String) {
    let replaced = Self.constants.replacing(in: Array(text.utf8))
    #expect(String(decoding: replaced, as: UTF8.self) == expected)
  }

  @Test func bytesThatAreNoTextStayAsTheyAre() {
    let bytes: [UInt8] = [0, 0xFF, 0x7B, 0x7B, 0x6E, 0x7D, 0x7D, 0x80]
    #expect(
      Self.constants.replacing(in: bytes) == [0, 0xFF] + Array("5000".utf8) + [0x80])
  }

  @Test func namesWhatIsNoConstant() {
    #expect(Self.constants.undefined(in: Array("{{m}} {{n}} {{k}} {{m}}".utf8)) == ["m", "k"])
    #expect(ProblemConstants().undefined(in: Array("{{m}}".utf8)) == [])
  }

  @Test func isInByteOrderWithEachNameOnce() {
    let constants = ProblemConstants([
      .init(name: "b", value: "1"), .init(name: "B", value: "2"), .init(name: "b", value: "3"),
    ])
    #expect(constants.entries.map(\.name) == ["B", "b"])
    #expect(constants.value(of: "b") == "3")
  }
}
