import Testing

struct LayersTests {
  @Test func everyFileImportsWhatItsLayerMay() throws {
    let files = try Repository.files(below: "Sources").filter { $0.suffix == "swift" }
    #expect(files.count > 100)
    expectNone(files.flatMap(Layers.complaints))
  }

  @Test func theTableItselfRunsDownwards() {
    expectNone(Layers.complaints(aboutTable: Layers.table))
  }

  @Test func theTableKnowsEveryFolder() throws {
    let known = Set(Layers.table.keys).union(Layers.foreign)
    #expect(Set(try Repository.folders(in: "Sources")) == known)
  }

  @Test(arguments: [
    ("JudgeModel", "import Foundation"),
    ("SchedulerCore", "internal import Glibc"),
    ("WorkerCore", "public import struct Foundation.Date"),
    ("Grading", "import Synchronization"),
    ("Wire", "import Transport"),
    ("Transport", "import Logging"),
    ("Store", "@preconcurrency import SchedulerServer"),
    ("Evaluation", "@testable @preconcurrency internal import WorkerAgent"),
    ("SchedulerClient", "import Store"),
    ("assize", "import Wire"),
    ("Nowhere", "import JudgeModel"),
  ])
  func forbiddenImportsAreNoticed(target: String, text: String) {
    let file = RepositoryFile("Sources/\(target)/Sample.swift", "// A comment.\n\(text)\n")
    #expect(Layers.complaints(about: file).count == 1)
  }

  @Test(arguments: [
    ("SchedulerCore", "internal import DequeModule\npublic import JudgeModel"),
    ("Store", "import Glibc\nimport GRDB"),
    ("assize", "internal import Foundation // not import Wire"),
    ("JudgeModel", "/* import Foundation */ let text = \"import Glibc\""),
    ("JudgeModel", "let importance = 1"),
  ])
  func permittedImportsAreNot(target: String, text: String) {
    let file = RepositoryFile("Sources/\(target)/Sample.swift", text)
    #expect(Layers.complaints(about: file) == [])
  }

  @Test func anUpwardRowIsNoticed() {
    let table = [
      "Store": Layers.Target(.hand, "WorkerAgent", "Glibc"),
      "WorkerAgent": Layers.Target(.shell, "Store"),
    ]
    #expect(Layers.complaints(aboutTable: table).map(\.path) == ["Sources/Store"])
  }
}
