import Testing

@testable import Contest

@Suite struct JSONTests {
  private func parse(_ text: String) throws -> JSONValue { try JSONParser.parse(Array(text.utf8)) }

  @Test func values() throws {
    #expect(
      try parse(#" {"a":[1,-2.50,3e-2,true,null],"b":"x\"\\\/\n\u00e9\ud83d\ude00"} "#)
        == .object([
          "a": .array([.number("1"), .number("-2.50"), .number("3e-2"), .bool(true), .null]),
          "b": .string("x\"\\/\né😀"),
        ]))
    #expect(try JSONParser.parse([0xEF, 0xBB, 0xBF, 0x31]) == .number("1"))
    #expect(try parse(#""\ud83d!""#) == .string("\u{FFFD}!"))
    #expect(try JSONParser.parse([0x22, 0xFF, 0x22]) == .string("\u{FFFD}"))
  }

  @Test(arguments: [
    "", " ", "{", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":1,}", "{a:1}", "tru", "01x", "-", "1.", "1e",
    "\"", "\"\\", "\"\\u12\"", "\"\\x\"", "\"a\nb\"", "1 2", "'a'", "NaN", "\"\\ud8",
    String(repeating: "[", count: 100_000), String(repeating: "9", count: 100),
  ]) func refuses(text: String) {
    #expect(throws: JSONError.self) { try parse(text) }
  }

  @Test func saysWhere() {
    let error = #expect(throws: JSONError.self) { try parse("{\n  \"a\": 1,\n  b\n}") }
    #expect(error?.line == 3 && error?.column == 3)
  }

  @Test func whatIsWrittenReadsBack() throws {
    let hostile = "\"\\\u{0}\u{7F}\u{2028}\n\t\r</script>é😀"
    var json = JSONText()
    json.array(of: [1, 2]) { n, json in
      json.object { json in
        json.member("text", hostile)
        json.member("n", Int64(n))
        json.member("none", String?.none)
        json.member("inner") { $0.member("x", true) }
        json.member("last", number: "0.500")
      }
    }
    guard case .array(let values) = try parse(json.text), case .object(let first)? = values.first
    else {
      Issue.record("not an array of objects")
      return
    }
    #expect(values.count == 2)
    #expect(first["text"] == .string(hostile))
    #expect(first["inner"] == .object(["x": .bool(true)]))
    #expect(first["last"] == .number("0.500"))
    #expect(!json.text.contains("\u{2028}"))
  }
}

@Suite struct ClicsTimeTests {
  @Test(arguments: [
    ("0:00:00", 0), ("1:22:05.034", 4_925_034), ("00:07:53.980", 473_980),
    ("-0:00:01.5", -1500), ("100:00:00", 360_000_000), ("5:07", 307_000), ("0:00:01,25", 1250),
    (" 0:00:02.123456789 ", 2123),
  ]) func relative(text: String, milliseconds: Int64) {
    #expect(ContestTime(text)?.milliseconds == milliseconds)
  }

  @Test(arguments: [
    "", "12", "1:60:00", "1:00:61", "a:00:00", "1:00:00.", "1:2:3:4", "--1:00:00", "1:00:-1",
    "99999999:00:00", "1:00:00.0000000001", "١:00:00",
  ]) func notRelative(text: String) { #expect(ContestTime(text) == nil) }

  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("2014-06-25T11:22:05.034+01", 1_403_691_725_034),
    ("2014-06-25T11:22:05.034+01:00", 1_403_691_725_034),
    ("2014-06-25 11:22:05-0530", 1_403_715_125_000), ("2000-02-29T23:59:59.9z", 951_868_799_900),
    ("1969-12-31T23:59:59Z", -1000), ("2014-06-25T11:22:05", 1_403_695_325_000),
  ]) func absolute(text: String, milliseconds: Int64) {
    #expect(ClicsTime.milliseconds(ofTime: text) == milliseconds)
    let written = ClicsTime.time(ofMilliseconds: milliseconds)
    #expect(ClicsTime.milliseconds(ofTime: written) == milliseconds)
  }

  @Test(arguments: [
    "", "2014-06-25", "2014-13-25T00:00:00Z", "2014-06-25T24:00:00Z", "2014-06-25T00:00:00+1",
    "2014-06-25T00:00:00+15", "2014-06-25T00:00Z", "2014-06-25T00:00:00Zz", "20140625T000000Z1234",
  ]) func notAbsolute(text: String) { #expect(ClicsTime.milliseconds(ofTime: text) == nil) }

  @Test func writing() {
    #expect(ClicsTime.time(ofMilliseconds: 1_403_691_725_034) == "2014-06-25T10:22:05.034Z")
    #expect(ContestTime(milliseconds: -3_661_007).text == "-1:01:01.007")
    #expect(ClicsTime.milliseconds(ofSeconds: "0.1235") == 124)
    #expect(ClicsTime.milliseconds(ofSeconds: "-1") == nil)
    #expect(ClicsTime.milliseconds(ofSeconds: "99999999999") == nil)
  }

  @Test func idsInTheOrderPeopleExpect() {
    let ids = ["10", "9", "s10", "s9", "a", "007", "7", "1.10", "1.9"]
    #expect(
      ids.sorted(by: idPrecedes) == ["1.9", "1.10", "007", "7", "9", "10", "a", "s9", "s10"])
  }
}
