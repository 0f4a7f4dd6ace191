import JudgeModel
import Testing

@Suite struct OriginTests {
  @Test(arguments: [
    "http://a/b.tar.zst", "https://s3.example.org:9000/bucket/a%20b?X-Amz-Signature=0a&x=1",
    "HTTP://127.0.0.1:8080/", "http://[::1]:80/x", "http://[fe80::1]/x", "https://host",
    "http://host?versionId=3",
  ])
  func addressesAreTaken(_ url: String) throws {
    #expect(try Origin(url).url == url)
  }

  @Test(arguments: [
    "", "http://", "https:///x", "ftp://a/b", "file:///etc/passwd", "a/b", "http:/a", "//a/b",
    "http://a b/", "http://a/\u{1B}[2J", "http://a/ä", "http://a\\b/", "http://a/#x", "http://a:/",
    "http://a:0/", "http://a:65536/", "http://a:x/", "http://a:1:2/", "http://[::1",
    "http://[::1]x/",
    "http://[zz]/", "http://:80/", "http://u:p@a/b", "http://@a/",
    "http://a/" + String(repeating: "x", count: 2040),
  ])
  func othersAreRefused(_ url: String) {
    #expect(throws: OriginError.self) { try Origin(url) }
  }

  @Test(arguments: [
    "http://u:secret@a/b", "ftp://u:secret@a/b", "u:secret@a/b", "//u:secret@a/b",
    "http://u:secret@a/#x", "http://u:secret#@a/b", "http://u:secret/@a/b", "http://u:secret?@a/b",
    "http://u:w secret@a/b",
    "http:/u:secret@a/b", "u:wo/rd:secret@a/b",
  ])
  func noPasswordIsShown(_ url: String) {
    let error = #expect(throws: OriginError.self) { try Origin(url) }
    #expect(error.map { "\($0)".contains("secret") } == false, "\(String(describing: error))")
  }

  @Test func secretsStayOutOfTexts() throws {
    let origin = try Origin("https://Store.example:9000/b/p.tar.zst?X-Amz-Signature=secret")
    #expect("\(origin)" == "https://Store.example:9000/b/p.tar.zst")
    #expect(origin.server == "https://store.example:9000")
    let error = #expect(throws: OriginError.self) { try Origin("http://a:0/x?secret") }
    #expect(error.map { "\($0)".contains("secret") } == false)
  }

  @Test func twoFilesOfAServerHaveItInCommon() throws {
    #expect(try Origin("http://a:80/x").server == Origin("http://A:80/y?z").server)
    #expect(try Origin("http://a/x").server != Origin("https://a/x").server)
  }
}
