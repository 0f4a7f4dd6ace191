import Foundation
import JudgeModel
import Testing

@testable import Store

/// A directory of its own for each test, gone afterwards.
final class Scratch: Sendable {
  let directory: String
  var database: String { directory + "/record.sqlite" }

  init() throws {
    var template = Array((NSTemporaryDirectory() + "/store-XXXXXX").utf8CString)
    let made = template.withUnsafeMutableBufferPointer { name in
      name.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
    }
    directory = try #require(made)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  func copy(_ name: String, to other: Scratch) throws {
    try FileManager.default.copyItem(
      atPath: directory + "/" + name, toPath: other.directory + "/" + name)
  }
}

let now: Int64 = 1_790_000_000_000
let packageA = Digest(bytes: [UInt8](repeating: 0xA1, count: 32))!
let packageB = Digest(bytes: [UInt8](repeating: 0xB2, count: 32))!
let worker = WorkerID("lab-1")

func epoch(_ counter: UInt64, generation: UInt32 = 1) -> LeaseEpoch {
  LeaseEpoch(generation: generation, counter: counter)
}

func makeRun(_ ordinal: Int32, _ verdict: Verdict = .accepted) -> Run {
  var facts = RunFacts()
  facts.cpuTime = .milliseconds(Int64(ordinal) * 10)
  facts.wallTime = .milliseconds(Int64(ordinal) * 11)
  facts.memoryPeakBytes = 3 << 20
  facts.outputBytes = 17
  facts.exitCode = 0
  facts.validatorExit = 42
  facts.interactorEndedFirst = true
  return Run(
    ordinal: ordinal, testcase: "secret/\(ordinal)", verdict: verdict, facts: facts)
}

func makeResult(_ verdict: Verdict = .accepted, runs count: Int32 = 3) -> JudgingResult {
  JudgingResult(
    verdict: verdict, compilation: Compilation(succeeded: true, cpuTime: .milliseconds(300)),
    runs: count > 0 ? (1...count).map { makeRun($0) } : [], message: "decided")
}

extension Store {
  /// A package, a submission and `count` judgings of it.
  func seed(_ count: Int, batch: BatchID? = nil, package: Digest = packageA) throws -> [JudgingID] {
    try addPackage(
      PackageSummary(
        digest: package, problem: "hello", title: "Hello", archiveBytes: 1000, unpackedBytes: 5000),
      at: now)
    let submission = try #require(try addSubmissions([.sample], at: now).first)
    let judgings = allocateJudgings(count)
    _ = try commit(
      judgings.map {
        .created(
          JudgingOrder(
            judging: $0, submission: submission, package: package, archiveBytes: 1000,
            unpackedBytes: 5000, language: LanguageID("cpp"), mode: .full, priority: .regrade,
            batch: batch))
      }, at: now)
    return judgings
  }

  func order(_ judging: JudgingID) throws -> JudgingOrder? {
    try unfinished().first { $0.order.judging == judging }?.order
  }
}

extension NewSubmission {
  static let sample = NewSubmission(
    externalID: "417", team: "Team 7", problem: "hello", contestTime: "1:02:03.004",
    program: Program(
      language: LanguageID("cpp"), entryPoint: nil,
      files: [SourceFile(name: "main.cpp", contents: Array("int main(){}".utf8))]))
}

/// The error a call throws, nil when it throws none.
func failure<T>(_ body: () throws(StoreError) -> T) -> StoreError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error
  }
}
