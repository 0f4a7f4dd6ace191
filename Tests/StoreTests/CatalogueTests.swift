import JudgeModel
import Testing

@testable import Store

@Suite struct CatalogueTests {
  let scratch: Scratch
  let store: Store

  init() throws {
    scratch = try Scratch()
    store = try Store.open(scratch.database)
  }

  @Test func singleJudgingIsFoundByItsKey() throws {
    let batch = try store.createBatch(name: "b", at: now)
    _ = try store.seed(1, batch: batch)
    #expect(try store.singleJudging(externalID: "417") == nil)
    let single = try store.seed(1)
    _ = try store.seed(1)
    #expect(try store.singleJudging(externalID: "417") == single[0])
    #expect(try store.singleJudging(externalID: "418") == nil)
  }

  @Test func programsComeBackByteForByte() throws {
    let everyByte = (0...255).map { UInt8($0) }
    let program = Program(
      language: LanguageID("java"), entryPoint: "Main",
      files: [
        SourceFile(name: "z/Main.java", contents: everyByte),
        SourceFile(name: "a.java", contents: []),
      ])
    let ids = try store.addSubmissions(
      [.sample, NewSubmission(problem: "b", program: program)], at: now)
    #expect(ids == [SubmissionID(1), SubmissionID(2)])
    #expect(try store.program(of: ids[0]) == NewSubmission.sample.program)
    #expect(try store.program(of: ids[1]) == program)
    #expect(try store.program(of: SubmissionID(3)) == nil)
    #expect(
      try store.programs(of: [ids[1], SubmissionID(3), ids[0], ids[1]])
        == [ids[0]: NewSubmission.sample.program, ids[1]: program])
    #expect(try store.programs(of: []) == [:])
    let stored = try #require(try store.submission(ids[0]))
    #expect(stored.externalID == "417")
    #expect(stored.team == "Team 7")
    #expect(stored.contestTime == "1:02:03.004")
    #expect(try store.submission(ids[1])?.externalID == nil)
  }

  @Test func oversizedProgramRefusesAllOfTheCall() throws {
    var big = NewSubmission.sample
    big.externalID = "big one"
    big.program.files = [
      SourceFile(name: "a", contents: [UInt8](repeating: 0, count: Program.byteLimit)),
      SourceFile(name: "b", contents: [0]),
    ]
    let error = failure { () throws(StoreError) in
      try store.addSubmissions([.sample, big], at: now)
    }
    #expect(error.map { "\($0)" }?.contains("big one") == true)
    #expect(try store.submissions() == [])
  }

  @Test func submissionsArePaged() throws {
    var other = NewSubmission.sample
    other.problem = "other"
    _ = try store.addSubmissions([.sample, other, .sample, other, .sample], at: now)
    let first = try store.submissions(problem: "hello", limit: 2)
    #expect(first.map(\.id.value) == [1, 3])
    let rest = try store.submissions(problem: "hello", after: first.last?.id, limit: 2)
    #expect(rest.map(\.id.value) == [5])
    #expect(try store.submissions(after: SubmissionID(3)).map(\.id.value) == [4, 5])
  }
}
