import JudgeModel
import ProblemPackage
import Testing

@testable import ProblemImport

@Suite struct PlainTests {
  let folder: Folder
  init() throws { folder = try Folder() }

  @Test(arguments: [
    (["a.in", "a.ans"], "NAME.in + NAME.ans"), (["x/1.in", "x/1.out"], "NAME.in + NAME.out"),
    (["1.inp", "1.oup"], "NAME.inp + NAME.oup"),
    (["input0.txt", "output0.txt"], "input*.txt + output*.txt"),
    (["input/input0.txt", "output/output0.txt"], "input*.txt + output*.txt"),
    (["in/1.txt", "out/1.txt"], "in/NAME + out/NAME"), (["tests/01", "tests/01.a"], "NN + NN.a"),
    (["a.in.1", "a.out.1"], "NAME.in.N + NAME.out.N"),
    (["a.1.in", "a.1.out"], "NAME.in + NAME.out"),
    (["I.1", "O.1"], "I.N + O.N"),
  ])
  func patterns(_ paths: [String], _ name: String) {
    let found = PairFinder.find(paths + ["README.md"])
    #expect(found.pattern == name)
    #expect(found.pairs == [.init(input: paths[0], answer: paths[1])])
    #expect(found.orphans.isEmpty)
  }

  @Test func numberedNaturally() {
    let found = PairFinder.find(["t10.in", "t10.out", "t9.in", "t9.out", "t1.in", "t1.out"])
    #expect(found.pairs.map(\.input) == ["t1.in", "t9.in", "t10.in"])
    let names = ["a", "a1", "a01", "a2", "a10", "b", "", "1", "01", "10"]
    for a in names {
      for b in names {
        #expect(
          (NaturalOrder.precedes(a, b) ? 1 : 0) + (NaturalOrder.precedes(b, a) ? 1 : 0)
            == (a == b ? 0 : 1), "\(a) \(b)")
      }
    }
  }

  private static let tests = [
    "1.in": "1 2\n", "1.out": "3\n", "2.in": "4 5\n", "2.out": "9\n", "sol/good.c": Sum.good,
  ]

  @Test func becomesAPackage() throws {
    var options = ImportOptions.limits
    options.submissions = [("accepted", "sol/good.c")]
    let source = try folder.source(Self.tests)
    let plan = ProblemImporter.plan(.plain, source: source, options: options)
    #expect(plan.summary.contains("pattern: NAME.in + NAME.out"))
    #expect(plan.summary.contains("pairs: 2"))
    let reading = try folder.imported(.plain, source, options)
    #expect(reading.manifest?.testcases.map(\.name) == ["secret/01", "secret/02"])
    #expect(reading.manifest?.check == .tokens(TokenComparison()))
    #expect(reading.submissions.map(\.name) == ["accepted/good.c"])
  }

  @Test func orphansAreToldAllAtOnce() throws {
    let more = ["3.in": "", "4.out": "", "output7": "", "5.ans": ""]
    let errors = folder.errors(.plain, try folder.source(Self.tests.merging(more) { $1 }))
    for name in more.keys { #expect(contains(errors, "\(name): error: has no partner")) }
  }

  @Test func noPairAndNoLimits() throws {
    let errors = folder.errors(.plain, try folder.source(["a.txt": ""]), ImportOptions())
    #expect(contains(errors, "--time-limit"))
    #expect(contains(errors, "--memory-limit"))
    #expect(contains(errors, "no pair of input and answer"))
  }

  @Test func groupsByAPattern() throws {
    let files = ["1-1.in", "1-2.in", "2-1.in"].reduce(into: [String: String]()) {
      $0[$1] = "1 2\n"
      $0[$1.replacing(".in", with: ".out")] = "3\n"
    }
    var options = ImportOptions.limits
    options.groupPattern = "(?<batch>[0-9]+)-(?<case>[0-9]+)"
    let source = try folder.source(files)
    let reading = try folder.imported(.plain, source, options)
    #expect(
      reading.manifest?.testcases.map(\.name) == [
        "secret/group01/01", "secret/group01/02", "secret/group02/01",
      ])
    let other = try Folder()
    options.groupPattern = "(["
    #expect(contains(other.errors(.plain, source, options), "not a regular expression"))
  }

  @Test func nothingIsReplaced() throws {
    let source = try folder.source(Self.tests)
    let plan = ProblemImporter.plan(.plain, source: source, options: .limits)
    #expect(throws: ImportError.self) { _ = try plan.write(to: source) }
    #expect(throws: ImportError.self) { _ = try plan.write(to: folder.path + "/no name!") }
    #expect(folder.names == ["source"])
  }

  @Test func foldersAboveItAreMade() throws {
    let source = try folder.source(Self.tests)
    let plan = ProblemImporter.plan(.plain, source: source, options: .limits)
    _ = try plan.write(to: folder.path + "/of/the/year/out")
    #expect(!PackageReader.read(directory: folder.path + "/of/the/year/out").hasErrors)
    #expect(throws: ImportError.self) { _ = try plan.write(to: source + "/1.in/x/out") }
  }

  @Test func sameSourceSameDigest() throws {
    let source = try folder.source(Self.tests)
    let first = try folder.imported(.plain, source)
    let other = try Folder()
    let second = try other.imported(.plain, source)
    #expect(first.manifest != nil && first.manifest?.digest == second.manifest?.digest)
  }
}
