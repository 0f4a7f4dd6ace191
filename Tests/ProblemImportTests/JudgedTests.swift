import Evaluation
import Foundation
import JudgeModel
import ProblemPackage
import Sandbox
import Testing

@testable import ProblemImport

/// Problems of every kind, imported and then judged with their own solutions in real sandboxes.
@Suite(.serialized) struct JudgedTests {
  static let stateDirectory = NSTemporaryDirectory() + "assize-import-judged-\(getpid())"
  static let host = Result { () throws -> SandboxHost in
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return try SandboxHost.probe(
      SandboxConfiguration(
        helperPath: (own as NSString).deletingLastPathComponent + "/assize-box",
        stateDirectory: stateDirectory, uidBase: 63_000))
  }
  let folder: Folder
  init() throws { folder = try Folder() }

  /// Judges every submission of what was imported; returns what broke its label.
  private func violations(_ reading: PackageReading) throws -> [String] {
    let manifest = try #require(reading.manifest, "\(reading.diagnostics)")
    let root = folder.path + "/out"
    let paths = Dictionary(
      manifest.files.map { ($0.digest, root + "/" + $0.path) }, uniquingKeysWith: { a, _ in a })
    let workshop = Workshop(
      host: try Self.host.get(), languages: try LanguageTable.builtIn(), slot: 0
    ) { paths[$0] ?? "" }
    let evaluator = Evaluator(workshop)
    defer { evaluator.forgetValidators() }
    try #require(!reading.submissions.isEmpty)
    return try reading.submissions.flatMap { submission -> [String] in
      let files = try submission.files.map {
        SourceFile(
          name: ($0 as NSString).lastPathComponent,
          contents: [UInt8](try Data(contentsOf: URL(fileURLWithPath: root + "/" + $0))))
      }
      let language = try #require(submission.language)
      let result = try evaluator.judge(
        Program(language: language, entryPoint: nil, files: files), package: manifest, mode: .full,
        cancellation: Cancellation(), onRun: { _ in })
      return submission.violations(by: result).map { "\(submission.name): \($0)" }
    }
  }

  @Test func polygon() throws {
    let reading = try folder.imported(
      .polygon, try folder.source(PolygonTests.files()), ImportOptions())
    #expect(try violations(reading) == [])
  }

  /// testlib's validators end with other statuses than the format's.
  @Test func polygonInputValidator() throws {
    var files = PolygonTests.files()
    files["files/val.cpp"] = """
      #include <cstdio>
      int main() { int a, b; return std::scanf("%d %d", &a, &b) == 2 ? 0 : 3; }

      """
    let reading = try folder.imported(.polygon, try folder.source(files), ImportOptions())
    let manifest = try #require(reading.manifest, "\(reading.diagnostics)")
    let checks = InputChecks.read(directory: folder.path + "/out", check: manifest.check)
    let validator = try #require(checks.validators.first)
    let workshop = Workshop(
      host: try Self.host.get(), languages: try LanguageTable.builtIn(), slot: 0
    ) { _ in "" }
    let validation = try InputValidation(
      validator, directory: folder.path + "/out", limits: manifest.limits, in: workshop)
    defer { validation.close() }
    #expect(try validation.check(contents: Array("1 2\n".utf8), arguments: []) == .accepted)
    guard case .rejected = try validation.check(contents: Array("1\n".utf8), arguments: []) else {
      Issue.record("it takes half an input")
      return
    }
  }

  /// An interactor that asks for sums, and a checker that reads what it wrote.
  @Test func polygonInteractive() throws {
    var files = PolygonTests.files(
      assets: "<interactor><source path=\"files/talk.c\" type=\"c.gcc\"/></interactor>",
      checker: Sum.checker)
    files["files/talk.c"] = """
      #include <stdio.h>
      int main(int argc, char **argv) {
        int a, b, sum;
        FILE *in = fopen(argv[1], "r"), *out = fopen(argv[2], "w");
        if (!in || !out || fscanf(in, "%d %d", &a, &b) != 2) return 3;
        printf("%d %d\\n", a, b);
        fflush(stdout);
        if (scanf("%d", &sum) != 1) return 2;
        fprintf(out, "%d\\n", sum);
        return fclose(out) ? 3 : 0;
      }

      """
    let reading = try folder.imported(.polygon, try folder.source(files), ImportOptions())
    #expect(reading.manifest?.interactorChecker != nil)
    let manifest = try #require(reading.manifest)
    // What `pack check` asks it, without a program that listens.
    let paths = Dictionary(
      manifest.files.map { ($0.digest, folder.path + "/out/" + $0.path) },
      uniquingKeysWith: { a, _ in a })
    let asking = try OutputValidation(
      manifest,
      in: Workshop(host: try Self.host.get(), languages: try LanguageTable.builtIn(), slot: 0) {
        paths[$0] ?? ""
      })
    defer { asking.close() }
    let data = folder.path + "/out/data/secret/01"
    for (output, expected) in [("9\n", true), ("nine\n", false)] {
      let answer = try asking.judge(
        Array(output.utf8), input: data + ".in", answer: data + ".ans", arguments: [],
        comparison: nil)
      #expect((answer == .accepted) == expected, "\(answer)")
      if case .broke(let reason) = answer { Issue.record("\(output): \(reason)") }
    }
    #expect(try violations(reading) == [])
  }

  @Test func plain() throws {
    var options = ImportOptions.limits
    options.submissions = [("accepted", "good.c"), ("wrong_answer", "bad.c")]
    let source = try folder.source([
      "1.in": "1 2\n", "1.out": "3\n", "2.in": "4 5\n", "2.out": "9\n", "good.c": Sum.good,
      "bad.c": Sum.bad,
    ])
    #expect(try violations(try folder.imported(.plain, source, options)) == [])
  }

  @Test(arguments: [
    "", "checker: floats\n", "checker: easy\n", "checker: sorted\n", "checker: rstripped\n",
    "checker: unordered\n", "checker: linecount\n",
    "checker: {name: bridged, args: {files: c.cpp, type: testlib}}\n",
  ])
  func dmoj(_ checker: String) throws {
    var files = DMOJTests.tests
    files["init.yml"] = DMOJTests.cases + checker
    files["c.cpp"] = Sum.checker
    files["numbers.h"] = Sum.header
    #expect(try violations(try folder.imported(.dmoj, try folder.source(files))) == [])
  }

  @Test func dmojBatches() throws {
    var files = DMOJTests.tests
    files["init.yml"] = """
      test_cases:
        - {batched: [{in: 1.in, out: 1.out}, {in: 2.in, out: 2.out}], points: 20}
        - {batched: [{in: 3.in, out: 3.out}], points: 80, dependencies: [1]}
      """
    let reading = try folder.imported(.dmoj, try folder.source(files))
    #expect(reading.manifest?.kind.isScoring == true)
    #expect(try violations(reading) == [])
  }

  @Test func cms() throws {
    var options = ImportOptions()
    options.submissions = [("wrong_answer", "sol/wrong.c")]
    let reading = try folder.imported(.cms, try folder.source(CMSTests.files), options)
    #expect(try violations(reading) == [])
  }

  @Test func cmsWithAChecker() throws {
    var files = CMSTests.files
    files["check/checker.c"] = """
      #include <stdio.h>
      int main(int argc, char **argv) {
        FILE *answer = fopen(argv[2], "r"), *output = fopen(argv[3], "r");
        int a = 0, b = -1;
        if (!answer || fscanf(answer, "%d", &a) != 1) return 1;
        if (output && fscanf(output, "%d", &b) != 1) b = -1;
        puts(a == b ? "1.0" : "0.0");
        fputs("translate:success", stderr);
        return 0;
      }

      """
    var options = ImportOptions()
    options.submissions = [("wrong_answer", "sol/wrong.c")]
    let reading = try folder.imported(.cms, try folder.source(files), options)
    #expect(try violations(reading) == [])
  }
}
