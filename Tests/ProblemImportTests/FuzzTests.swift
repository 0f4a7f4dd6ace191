import Foundation
import Fuzzing
import JudgeModel
import ProblemPackage
import Testing

@testable import ProblemImport

/// Problems of other judges that are nearly right.
@Suite struct FuzzTests {
  let folder: Folder
  init() throws { folder = try Folder() }

  private func expectGood(_ report: Fuzz.Report) {
    #expect(report.faults == [])
    #expect(report.sawBothSides, "\(report.accepted) accepted, \(report.rejected) rejected")
  }

  /// Plans the import of a folder in which one file is what it should not be. Nothing is written, so
  /// nothing of the folder may change.
  private func plans(
    _ kind: ImportKind, _ files: [String: String], _ name: String, _ words: [String]
  ) throws {
    let source = try folder.source(files)
    let corpus = [Array((files[name] ?? "").utf8)]
    let place = URL(fileURLWithPath: "\(source)/\(name)")
    let report = Fuzz("import-\(kind)-\(place.lastPathComponent)", corpus: corpus, words: words)
      .run(150) { bytes in
        try Data(bytes).write(to: place)
        let plan = ProblemImporter.plan(kind, source: source, options: .limits)
        if plan.hasErrors { throw Refusal() }
      }
    expectGood(report)
    #expect(folder.names == ["source"])
  }

  @Test func xml() {
    let corpus = [Array((PolygonTests.files()["problem.xml"] ?? "").utf8)]
    let words = [
      "<!DOCTYPE", "<![CDATA[", "]]>", "&lt;", "&#0;", "&x;", "<a", "/>", "<?x ?>", "<!--",
    ]
    expectGood(
      Fuzz("xml", corpus: corpus, words: words).run(1_500) { bytes in
        _ = try XMLReader.read(bytes, path: "problem.xml")
      })
  }

  @Test func polygon() throws {
    let words = ["<test method=\"manual\"/>", "tests/%02d", "%n", "%999999d", "../", "&amp;"]
    try plans(.polygon, PolygonTests.files(), "problem.xml", words)
  }

  @Test func dmoj() throws {
    // With something that may be changed without harm, which the rest is too short for.
    let cases = "# Three tests, of which two count.\npretest_test_cases: []\n" + DMOJTests.cases
    let files = DMOJTests.tests.merging(["init.yml": cases]) { $1 }
    try plans(
      .dmoj, files, "init.yml", ["batched: ", "points: ", "checker: ", "archive: ", "*", "["])
  }

  @Test(arguments: ["task.yaml", "gen/GEN"]) func cms(name: String) throws {
    try plans(
      .cms, CMSTests.files, name, ["#ST: ", "#COPY: ", "n_input: ", "../", "[", "score_type: "])
  }

  @Test func zipFiles() throws {
    let path = folder.path + "/problem.zip"
    try writeZip(path, PolygonTests.files())
    let original = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let report = Fuzz(
      "import-zip", corpus: [original], words: ["PK\u{1}\u{2}", "PK\u{3}\u{4}", "../"]
    )
    .run(150) { bytes in
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let plan = ProblemImporter.plan(.polygon, source: path, options: .limits)
      if plan.hasErrors { throw Refusal() }
    }
    #expect(report.faults == [] && report.rejected > 0)
    #expect(folder.names == ["problem.zip"])
  }
}
