import CArchive
import JudgeModel
import Testing

@testable import Contest

@Suite struct SourceFilesTests {
  private func reason(_ zip: Zip) throws -> String {
    try reason(zip.bytes)
  }

  /// Why the submission with these files is skipped.
  private func reason(_ bytes: [UInt8]) throws -> String {
    let folder = try TinyContest.make()
    try folder.write("submissions/1/files.zip", bytes)
    let reading = try ContestPackage.read(folder.path)
    #expect(reading.submissions.count + reading.skipped.count == 5)
    let defect = reading.defects.first { $0.severity == .skipped }
    if let defect {
      #expect(defect.file == "submissions/1/files.zip" && defect.object == "submission 1")
    }
    return reading.skipped.first?.reason ?? ""
  }

  @Test(arguments: [
    ("../evil.c", "leads out of the submission"), ("a/../../evil.c", "leads out"),
    ("/etc/cron.d/x", "absolute"), ("a\\b\\..\\c/d.c", "backslash"), ("a\nb.c", "control"),
    ("c:evil.c", "drive"), (String(repeating: "n", count: 300) + ".c", "255"),
    (String(repeating: "d/", count: 600) + "x.c", "1024"),
    (String(repeating: "d/", count: 32) + "x.c", "more than 32 components"),
    // 254 bytes and a dash become 256.
    (String(repeating: "-" + String(repeating: "n", count: 254) + "/", count: 2) + "x", "255"),
  ]) func hostileNames(name: String, part: String) throws {
    var zip = Zip(["good.c": "int main() {}"])
    zip.add(name, "x")
    #expect(try reason(zip).contains(part))
  }

  @Test func linksAndEncryption() throws {
    var zip = Zip(["good.c": "x"])
    zip.add("link.c", "/etc/passwd", mode: 0o120777)
    #expect(try reason(zip) == "\"link.c\" is a link")
    zip = Zip()
    zip.add("sealed.c", "xxxxxxxxxxxxxxxx", flags: 1)
    #expect(try reason(zip).contains("is encrypted"))
  }

  @Test func duplicatesInAnyCase() throws {
    var zip = Zip(["Main.java": "1"])
    zip.add("main.JAVA", "2")
    #expect(try reason(zip).contains("two files are named"))
  }

  @Test func damage() throws {
    #expect(try reason(Array("not a zip".utf8)).contains("not a zip file"))
    #expect(try reason([UInt8]()).contains("not a"))
    #expect(try reason(Zip()) == "not a zip file, or an empty one")
    let whole = Zip(["a.c": String(repeating: "int x; ", count: 100)]).bytes
    #expect(try !reason(Array(whole[..<(whole.count / 2)])).isEmpty)
    var flipped = whole
    flipped[40] ^= 0xFF
    #expect(try reason(flipped).contains("damaged"))
    var liar = Zip(["a.c": "int x;"])
    liar.members[0].claimedSize = 1 << 30
    #expect(try reason(liar).contains("headers contradict each other"))
  }

  /// A reader that goes through the file sees other names than one that asks its directory.
  @Test func headersThatDisagreeAboutTheName() throws {
    for local in ["../../../../tmp/evil.c", "/etc/cron.d/evil", "other.cpp", "good.cp", ""] {
      var zip = Zip(["good.cpp": "int main() {}"])
      zip.members[0].localName = Array(local.utf8)
      #expect(try reason(zip) == "its headers contradict each other", "\(local)")
      // With something before it, as in an archive that unpacks itself.
      #expect(try reason(Array("#!/bin/sh\n".utf8) + zip.bytes) != "", "\(local)")
    }
    // More members than there are, and a member that lies outside of the file.
    var count = Zip(["a.cpp": "int x;"]).bytes
    for at in [count.count - 14, count.count - 12] { count[at] = 200 }
    #expect(try reason(count) == "" || reason(count).contains("zip"))
    var offset = Zip(["a.cpp": "int x;"]).bytes
    offset[offset.count - 6] = 0xFF
    #expect(try !reason(offset).isEmpty)
  }

  @Test func sizesAreBounded() throws {
    #expect(
      try reason(Zip(["a.c": String(repeating: "a", count: Program.byteLimit)])) == "")
    #expect(
      try reason(Zip(["a.c": String(repeating: "a", count: Program.byteLimit + 1)]))
        == "more than 512 KiB of source text")
    #expect(
      try reason(
        Zip([
          "a.c": String(repeating: "a", count: 300 << 10),
          "b.c": String(repeating: "b", count: 300 << 10),
        ]))
        == "more than 512 KiB of source text")
    var many = Zip()
    for i in 0..<300 { many.add("\(i).c", "x") }
    #expect(try reason(many) == "more than 256 files")
    var wordy = Zip()
    for i in 100..<250 { wordy.add("\(i)" + String(repeating: "n", count: 250), "x") }
    #expect(try reason(wordy) == "more than 32 KiB in the names of its files")
    // 200 MB of zeros in 200 kB: refused after half a megabyte.
    #expect(try reason(bomb(megabytes: 200)) == "more than 512 KiB of source text")
    #expect(
      try reason([UInt8](repeating: 0, count: ContestPackage.zipLimit + 1))
        == "is larger than 4096 KiB")
  }

  private func bomb(megabytes: Int) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 4 << 20)
    var used = 0
    let archive = archive_write_new()
    archive_write_set_format_zip(archive)
    buffer.withUnsafeMutableBytes { space in
      _ = archive_write_open_memory(archive, space.baseAddress, space.count, &used)
      let entry = archive_entry_new()
      archive_entry_set_pathname(entry, "zeros.c")
      archive_entry_set_filetype(entry, 0o100000)
      archive_entry_set_size(entry, Int64(megabytes) << 20)
      archive_write_header(archive, entry)
      let zeros = [UInt8](repeating: 0, count: 1 << 20)
      for _ in 0..<megabytes { archive_write_data(archive, zeros, zeros.count) }
      archive_entry_free(entry)
      archive_write_free(archive)
    }
    return Array(buffer[..<used])
  }

  @Test func awkwardNamesAreMadePlain() throws {
    let folder = try TinyContest.make()
    var zip = Zip(["-fplugin=x.py": "1", ".hidden.py": "2", "__MACOSX/._a": "3"])
    zip.add("meine lösung.py", "4", flags: 0x800)
    zip.add("src/", "", mode: 0o040755)
    try folder.write("submissions/4/files.zip", zip.bytes)
    try folder.write(
      "submissions.json",
      TinyContest.list([
        TinyContest.submission("4", more: #","entry_point":"meine lösung.py""#)
      ]))
    let reading = try ContestPackage.read(folder.path)
    let program = try #require(reading.submissions.first?.program)
    #expect(
      program.files.map(\.name) == ["_-fplugin_x.py", "_.hidden.py", "meine_l_sung.py"])
    #expect(program.entryPoint == "meine_l_sung.py")
    #expect(reading.defect("is judged under the name \"meine_l_sung.py\"") != nil)
  }

  @Test func hostileNamesInTheContestsOwnZip() throws {
    let folder = try TinyContest.make()
    var zip = Zip()
    for name in ["contest", "problems", "submissions", "judgements"] {
      zip.add(name + ".json", try folder.text(name + ".json"))
    }
    zip.add("submissions/1/../../../../tmp/evil.cpp", "int x;")
    zip.add("submissions/2/link.cpp", "/etc/passwd", mode: 0o120777)
    zip.add("submissions/3/ok.cpp", "int main() {}")
    zip.add("submissions/3/ok.cpp", "int main() { return 1; }")
    zip.add("submissions/10/ok.cpp", "int main() {}")
    let place = try Folder()
    try place.write("c.zip", zip.bytes)
    let reading = try ContestPackage.read(place.path + "/c.zip")
    #expect(reading.submissions.map(\.id) == ["10"])
    #expect(reading.skipped.map(\.id) == ["1", "2", "3", "4"])
    #expect(reading.skipped[2].reason == "\"ok.cpp\" is in the archive twice")
    #expect(reading.defect("the member leads out of the submission and was not read") != nil)
    #expect(place.names == ["c.zip"])
  }

  /// Bytes of a zipped contest changed at random, from a fixed seed: whatever comes of it, it is a
  /// reading whose submissions are all accounted for, or a refusal.
  @Test func damageAnywhereIsSurvived() throws {
    let folder = try TinyContest.make()
    var zip = Zip()
    for name in folder.names.sorted() where name.contains(".") {
      let contents = try DirectoryFiles(folder.path)?.contents(name, limit: 1 << 20) ?? []
      zip.members.append(.init(name: Array(name.utf8), contents: contents))
    }
    let whole = zip.bytes
    let place = try Folder()
    var state: UInt64 = 0x5EED
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    var refused = 0
    for round in 0..<300 {
      var bytes = whole
      for _ in 0...random(6) { bytes[random(bytes.count)] = UInt8(random(256)) }
      if round % 5 == 0 { bytes.removeLast(random(bytes.count)) }
      try place.write("c.zip", bytes)
      do {
        let reading = try ContestPackage.read(place.path + "/c.zip")
        let ids = reading.submissions.map(\.id) + reading.skipped.map(\.id)
        #expect(Set(ids).count == ids.count, "round \(round)")
        #expect(
          reading.skipped.count
            <= reading.defects.count { $0.severity == .skipped }, "round \(round)")
      } catch {
        refused += 1
      }
    }
    #expect(refused > 0 && refused < 300)
  }
}
