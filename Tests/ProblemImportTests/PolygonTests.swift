import Foundation
import JudgeModel
import ProblemPackage
import Testing

@testable import ProblemImport

@Suite struct PolygonTests {
  let folder: Folder
  init() throws { folder = try Folder() }

  /// A package of three tests and four solutions.
  static func files(
    tests: String = """
    <test method="manual" sample="true"/><test method="generated" cmd="gen 1"/>
    <test method="generated" cmd="gen 2"/>
    """, groups: String = "", streams: String = "input-file=\"\" output-file=\"\"",
    assets: String = "", sets: String = "", checker: String = Sum.checker
  ) -> [String: String] {
    [
      "problem.xml": """
      <?xml version="1.0" encoding="utf-8" standalone="no"?>
      <problem revision="3" short-name="a-plus-b" url="https://polygon.example/p/a-plus-b">
        <names>
          <name language="russian" value="Сумма"/><name language="english" value="A &amp; B"/>
        </names>
        <judging \(streams)>
          \(sets)
          <testset name="tests">
            <time-limit>1500</time-limit><memory-limit>268435456</memory-limit>
            <test-count>3</test-count>
            <input-path-pattern>tests/%02d</input-path-pattern>
            <answer-path-pattern>tests/%02d.a</answer-path-pattern>
            <tests>\(tests)</tests>
            \(groups)
          </testset>
        </judging>
        <assets>
          <checker name="own" type="testlib">
            <source path="files/check.cpp" type="cpp.g++17"/>
          </checker>
          \(assets)
          <validators><validator><source path="files/val.cpp" type="cpp.g++17"/></validator></validators>
          <solutions>
            <solution tag="main"><source path="solutions/good.cpp" type="cpp.g++17"/></solution>
            <solution tag="wrong-answer"><source path="solutions/bad.cpp" type="cpp.g++17"/></solution>
            <solution tag="time-limit-exceeded-or-accepted">
              <source path="solutions/slow.cpp" type="cpp.g++17"/></solution>
            <solution tag="accepted"><source path="solutions/old.dpr" type="delphi.7"/></solution>
          </solutions>
        </assets>
      </problem>
      """,
      "files/check.cpp": checker, "files/numbers.h": Sum.header, "files/val.cpp": "int main(){}\n",
      "solutions/good.cpp": Sum.good, "solutions/bad.cpp": Sum.bad, "solutions/slow.cpp": Sum.slow,
      "solutions/old.dpr": "begin end.\n", "tests/01": "1 2\n", "tests/01.a": "3\n",
      "tests/02": "4 5\n", "tests/02.a": "9\n", "tests/03": "10 7\n", "tests/03.a": "17\n",
    ]
  }

  @Test func becomesAPackage() throws {
    let reading = try folder.imported(.polygon, try folder.source(Self.files()), ImportOptions())
    let manifest = try #require(reading.manifest, "\(reading.diagnostics)")
    #expect(manifest.title == "A & B")
    #expect(manifest.limits.timeNanoseconds == Limit(1_500_000_000, explicit: true))
    #expect(manifest.limits.memoryBytes == Limit(256 << 20, explicit: true))
    #expect(manifest.testcases.map(\.name) == ["sample/01", "secret/01", "secret/02"])
    guard case .validator(let program) = manifest.check else { throw POSIXErrorOfTest() }
    #expect(program.protocol == .testlib)
    #expect(program.files == ["output_validator/check.cpp", "output_validator/numbers.h"])
    #expect(
      reading.submissions.map(\.name) == [
        "accepted/good.cpp", "time_limit_exceeded_or_accepted/slow.cpp", "wrong_answer/bad.cpp",
      ])
    #expect(reading.diagnostics.isEmpty, "\(reading.diagnostics)")
    for script in ["build", "run"] {
      let path = folder.path + "/out/input_validators/val/" + script
      #expect(FileManager.default.isExecutableFile(atPath: path))
    }
  }

  @Test func aZipIsTheSamePackage() throws {
    let reading = try folder.imported(.polygon, try folder.source(Self.files()), ImportOptions())
    let other = try Folder()
    try writeZip(other.path + "/p.zip", Self.files())
    let zipped = try other.imported(.polygon, other.path + "/p.zip", ImportOptions())
    #expect(reading.manifest?.digest == zipped.manifest?.digest)
    #expect(reading.manifest != nil)
  }

  @Test func groupsWithPoints() throws {
    let files = Self.files(
      tests: """
        <test group="0" sample="true"/><test group="a" points="10.0"/><test group="b" points="30"/>
        """,
      groups: """
        <groups><group name="0" points-policy="complete-group"/>
          <group name="b" points-policy="complete-group">
            <dependencies><dependency group="0"/><dependency group="a"/></dependencies></group>
          <group name="a" points-policy="complete-group"/></groups>
        """)
    let reading = try folder.imported(.polygon, try folder.source(files), ImportOptions())
    let manifest = try #require(reading.manifest, "\(reading.diagnostics)")
    #expect(manifest.kind.isScoring)
    #expect(
      manifest.testcases.map(\.name) == ["sample/01", "secret/group01/01", "secret/group02/01"])
    #expect(
      contents(folder.path + "/out/data/secret/group02/test_group.yaml").contains(
        "require_pass: [sample, secret/group01]"))
    #expect(contents(folder.path + "/out/data/secret/test_group.yaml").contains("max_score: 40"))
  }

  /// Points that count one by one, unequal: a group for each number.
  @Test func testsWithPointsOfTheirOwn() throws {
    let files = Self.files(tests: "<test points=\"2\"/><test points=\"5\"/><test points=\"2\"/>")
    let reading = try folder.imported(.polygon, try folder.source(files), ImportOptions())
    let manifest = try #require(reading.manifest, "\(reading.diagnostics)")
    #expect(manifest.testcases.count == 3)
    #expect(contents(folder.path + "/out/data/secret/group01/test_group.yaml").contains(": 4"))
    #expect(contents(folder.path + "/out/data/secret/group02/test_group.yaml").contains(": 5"))
  }

  @Test func aStandardPackageIsRefused() throws {
    var files = Self.files()
    for name in ["tests/02", "tests/02.a", "tests/03.a"] { files[name] = nil }
    let errors = folder.errors(.polygon, try folder.source(files))
    #expect(contains(errors, "tests/02: error: is missing", "2 more files", "full package"))
  }

  @Test func everythingElseInTheWayIsToldAtOnce() throws {
    var files = Self.files(
      streams: "input-file=\"in.txt\" output-file=\"\" run-count=\"2\"",
      assets: "<interactor><source path=\"../i.cpp\"/></interactor>",
      checker: "#include \"testlib.h\"\n#include \"other.h\"\n")
    files["solutions/bad.cpp"] = nil
    let errors = folder.errors(.polygon, try folder.source(files))
    #expect(contains(errors, "in.txt", "--stdio"))
    #expect(contains(errors, "runs the program 2 times"))
    #expect(contains(errors, "`../i.cpp` leads out"))
    #expect(contains(errors, "files/check.cpp:1:", "MikeMirzayanov/testlib", "--testlib"))
    #expect(contains(errors, "files/check.cpp:2:", "other.h"))
    #expect(contains(errors, "solutions/bad.cpp: error: is missing"))
  }

  @Test func testlibIsCopiedWhenGiven() throws {
    let header = try folder.source(["testlib.h": Sum.header], named: "lib")
    var options = ImportOptions()
    options.testlib = header + "/testlib.h"
    let files = Self.files(checker: Sum.checker.replacing("numbers.h", with: "testlib.h"))
    let reading = try folder.imported(.polygon, try folder.source(files), options)
    #expect(reading.manifest?.file("output_validator/testlib.h") != nil)
  }

  @Test func oneOfSeveralSetsOfTests() throws {
    let files = Self.files(sets: "<testset name=\"pretests\"><test-count>1</test-count></testset>")
    let plan = ProblemImporter.plan(
      .polygon, source: try folder.source(files), options: ImportOptions())
    #expect(!plan.hasErrors)
    #expect(contains(plan.diagnostics.map(\.description), "only `tests` is imported", "pretests"))
    var options = ImportOptions()
    options.testset = "finals"
    #expect(contains(folder.errors(.polygon, folder.path + "/source", options), "pretests, tests"))
  }

  @Test func carriageReturnsAreToldAndRemovedOnRequest() throws {
    var files = Self.files()
    files["tests/02"] = "4 5\r\n"
    let source = try folder.source(files)
    let plan = ProblemImporter.plan(.polygon, source: source, options: ImportOptions())
    #expect(contains(plan.diagnostics.map(\.description), "tests/02: warning", "carriage returns"))
    var options = ImportOptions()
    options.normalisesLineEnds = true
    _ = try folder.imported(.polygon, source, options)
    #expect(contents(folder.path + "/out/data/secret/01.in") == "4 5\n")
  }

  @Test(arguments: [
    "<!DOCTYPE problem [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><problem>&x;</problem>",
    String(repeating: "<a>", count: 100), "<problem>", "no xml", "<other/>",
    "<problem><judging/></problem>",
  ])
  func strangeDocuments(_ text: String) throws {
    #expect(!folder.errors(.polygon, try folder.source(["problem.xml": text])).isEmpty)
  }

  /// Right in everything but what stands before it.
  @Test(arguments: [
    ("<!DOCTYPE problem>\n", "document type"),
    ("<?xml version=\"1.0\" encoding=\"UTF-7\"?>\n+ADw-!DOCTYPE problem+AD4-\n", "UTF-8"),
    ("<?xml version=\"1.0\" encoding=\"utf-16\"?>\n", "UTF-8"),
  ])
  func strangeBeginnings(_ beginning: String, _ reason: String) throws {
    var files = Self.files()
    files["problem.xml"] = beginning + (files["problem.xml"] ?? "")
    #expect(contains(folder.errors(.polygon, try folder.source(files)), reason))
  }

  @Test func tooDeep() throws {
    var files = Self.files()
    let (open, close) = (String(repeating: "<a>", count: 40), String(repeating: "</a>", count: 40))
    files["problem.xml"] = files["problem.xml"]?.replacing(
      "<assets>", with: open + close + "<assets>")
    #expect(contains(folder.errors(.polygon, try folder.source(files)), "deep"))
  }

  @Test func percentsByExitStatusAreRefused() throws {
    var files = Self.files()
    files["files/check.cpp", default: ""] += "// quitf(_pc(50), x)\n"
    #expect(contains(folder.errors(.polygon, try folder.source(files)), "_pc("))
  }

  @Test func aHugeCountIsRefused() throws {
    var files = Self.files()
    files["problem.xml"] = files["problem.xml"]?.replacing(
      "<test-count>3<", with: "<test-count>999999999<")
    #expect(contains(folder.errors(.polygon, try folder.source(files)), "999999999 tests"))
  }
}

struct POSIXErrorOfTest: Error {}
