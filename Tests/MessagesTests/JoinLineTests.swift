import Messages
import Testing

@Suite struct JoinLineTests {
  private static let key = String(repeating: "0a", count: 32)

  @Test(arguments: [
    "assize://judge.example.org:7878/\(key)/tok-en_1",
    "assize://10.0.0.1:1/\(key)/t",
    "assize://[fe80::1%eth0]:65535/\(key)/t",
    "assize+plain://127.0.0.1:7878/token",
    "assize+plain://[::1]:7878/token",
  ])
  func readsWhatItPrints(text: String) throws {
    #expect(try JoinLine(parsing: text).text == text)
  }

  @Test func namesTheEndpoints() throws {
    let line = try JoinLine(parsing: "assize://[::1]:7878/\(Self.key.uppercased())/token")
    #expect(line.host == "::1")
    #expect(line.endpoint() == "tcp://[::1]:7878")
    #expect(line.endpoint(port: 7879) == "tcp://[::1]:7879")
    #expect(line.serverKey == Self.key)
    #expect(line.token == "token")
    #expect(try JoinLine(parsing: "assize+plain://h:1/t").serverKey == nil)
  }

  @Test(arguments: [
    ("", "begin"), ("http://host:1/\(key)/t", "begin"), ("ASSIZE://host:1/\(key)/t", "begin"),
    ("assize://host:1/t", "parts"), ("assize+plain://host:1/\(key)/t", "parts"),
    ("assize://host:1/\(key)/t/", "parts"), ("assize://host/\(key)/t", "port"),
    ("assize://host:/\(key)/t", "port"), ("assize://host:0/\(key)/t", "port"),
    ("assize://host:65536/\(key)/t", "port"), ("assize://host:-1/\(key)/t", "port"),
    ("assize://:1/\(key)/t", "host"), ("assize://ho st:1/\(key)/t", "host"),
    ("assize://höst:1/\(key)/t", "host"), ("assize://host\u{0}:1/\(key)/t", "host"),
    ("assize://\(String(repeating: "h", count: 256)):1/\(key)/t", "host"),
    ("assize://host:1/\(key.dropLast())/t", "key"), ("assize://host:1/\(key.dropLast())x/t", "key"),
    ("assize://host:1//t", "key"), ("assize://host:1/\(key)/", "token"),
    ("assize://host:1/\(key)/to ken", "token"), ("assize://host:1/\(key)/tökèn", "token"),
    ("assize://host:1/\(key)/\(String(repeating: "t", count: 201))", "token"),
  ])
  func saysWhatIsWrong(text: String, word: String) {
    #expect {
      try JoinLine(parsing: text)
    } throws: { error in
      let description = "\(error)"
      return (error as? JoinLineError)?.problem.contains(word) == true
        && description.contains("assize://host:7878/KEY/TOKEN")
    }
  }

  @Test func neverTellsTheToken() {
    #expect {
      try JoinLine(parsing: "assize://host:1/badkey/hunter2hunter2")
    } throws: { error in
      !"\(error)".contains("hunter2")
    }
  }
}
