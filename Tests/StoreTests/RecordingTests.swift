import GRDB
import JudgeModel
import Testing

@testable import Store

@Suite struct RecordingTests {
  let scratch: Scratch
  let store: Store

  init() throws {
    scratch = try Scratch()
    store = try Store.open(scratch.database)
  }

  @Test func aJudgingGoesItsWay() throws {
    let id = try #require(try store.seed(1).first)
    #expect(try store.judging(id)?.state == .queued)

    #expect(try store.commit([.leased(id, epoch(7), worker)], at: now + 1).stale == [])
    let leased = try #require(try store.judging(id))
    #expect(leased.state == .leased)
    #expect(leased.epoch == epoch(7))
    #expect(leased.worker == worker)
    #expect(leased.leasedMilliseconds == now + 1)

    // Streams of one run may come twice, and change.
    _ = try store.commit([.runs(id, epoch(7), [makeRun(1), makeRun(2, .wrongAnswer)])], at: now)
    _ = try store.commit([.runs(id, epoch(7), [makeRun(2)])], at: now)
    #expect(try store.runs(of: id) == [makeRun(1), makeRun(2)])

    var result = makeResult(.accepted, runs: 4)
    result.spans = WorkerSpans(waiting: .milliseconds(3), judging: .seconds(4))
    #expect(try store.commit([.judged(id, epoch(7), worker, result)], at: now + 9).stale == [])
    let judged = try #require(try store.judging(id))
    #expect(judged.state == .judged)
    #expect(judged.verdict == .accepted)
    #expect(judged.compilation == result.compilation)
    #expect(judged.spans == result.spans)
    #expect(judged.message == "decided")
    #expect(judged.createdMilliseconds == now)
    #expect(judged.finishedMilliseconds == now + 9)
    #expect(try store.runs(of: id) == result.runs)
  }

  @Test func aJudgingRemembersTheLabelsItNeeds() throws {
    let id = try #require(try store.seed(1).first)
    var order = try #require(try store.order(id))
    #expect(order.requires == [])
    order.judging = try #require(store.allocateJudgings(1).first)
    order.requires = [Label(key: "class", value: "fast"), Label(key: "gpu", value: "a=b")]
    _ = try store.commit([.created(order)], at: now)
    #expect(try store.order(order.judging) == order)
    #expect(try store.judging(order.judging)?.requires == order.requires)
  }

  @Test func everyFactOfARunComesBack() throws {
    let id = try #require(try store.seed(1).first)
    var facts = RunFacts()
    facts.cpuTime = .nanoseconds(1_234_567_891)
    facts.wallTime = .nanoseconds(.max)
    facts.memoryPeakBytes = .max
    facts.outputBytes = .min
    facts.exitCode = nil
    facts.signal = 11
    facts.stop = .outputLimit
    facts.oomKills = .max
    facts.validatorExit = .min
    facts.interactorEndedFirst = false
    facts.passes = 7
    facts.isDegraded = true
    let odd = Run(
      ordinal: .max, testcase: "secret/ü\u{0}\u{1F600}", verdict: .outputLimit, detail: .noOutput,
      score: Score(billionths: -1), facts: facts, message: "said \u{0} and \"more\"; --")
    let plain = Run(ordinal: 1, testcase: "", verdict: .accepted)
    var result = makeResult(.outputLimit, runs: 0)
    result.score = Score("12.5")
    result.runs = [plain, odd]
    result.compilation = Compilation(
      succeeded: false, detail: .compilerLimit, cpuTime: .seconds(1), wallTime: .seconds(2),
      output: "a\u{0}b")
    _ = try store.commit(
      [.leased(id, epoch(.max), worker), .judged(id, epoch(.max), worker, result)], at: now)
    #expect(try store.runs(of: id) == [plain, odd])
    let judging = try #require(try store.judging(id))
    #expect(judging.score == Score("12.5"))
    #expect(judging.compilation == result.compilation)
    #expect(judging.epoch == epoch(.max))
  }

  @Test func theFullVectorReplacesWhatWasStreamed() throws {
    let id = try #require(try store.seed(1).first)
    _ = try store.commit(
      [
        .leased(id, epoch(1), worker), .runs(id, epoch(1), (1...9).map { makeRun($0) }),
        .judged(id, epoch(1), worker, makeResult(runs: 2)),
      ], at: now)
    #expect(try store.runs(of: id).map(\.ordinal) == [1, 2])
  }

  @Test func repeatedOrdinalsDoNotStopTheOthers() throws {
    let ids = try store.seed(2)
    var doubled = makeResult(runs: 0)
    doubled.runs = [makeRun(1, .wrongAnswer), makeRun(1)]
    let report = try store.commit(
      [
        .leased(ids[0], epoch(1), worker), .leased(ids[1], epoch(2), worker),
        .judged(ids[0], epoch(1), worker, doubled), .judged(ids[1], epoch(2), worker, makeResult()),
      ], at: now)
    #expect(report.stale == [])
    #expect(try store.runs(of: ids[0]) == [makeRun(1)])
  }

  @Test func whatPeopleSaidIsBounded() throws {
    let id = try #require(try store.seed(1).first)
    var result = makeResult(runs: 1)
    result.runs[0].message = String(repeating: "é", count: 5000)
    result.compilation?.output = "x" + String(repeating: "\u{1F600}", count: 9000)
    _ = try store.commit(
      [.leased(id, epoch(1), worker), .judged(id, epoch(1), worker, result)], at: now)
    #expect(try store.runs(of: id)[0].message == String(repeating: "é", count: 512))
    let output = try #require(try store.judging(id)?.compilation?.output)
    #expect(output.utf8.count == 1 + 4 * 4095)
    #expect(!output.unicodeScalars.contains("\u{FFFD}"))
  }

  // MARK: Fencing

  @Test func verdictOfAnOlderLeaseIsStale() throws {
    let id = try #require(try store.seed(1).first)
    _ = try store.commit(
      [
        .leased(id, epoch(1), worker), .runs(id, epoch(1), [makeRun(1)]),
        .leased(id, epoch(2), WorkerID("lab-2")),
      ], at: now)
    #expect(try store.runs(of: id) == [], "runs belong to the lease that made them")
    let report = try store.commit(
      [
        .runs(id, epoch(1), [makeRun(2)]),
        .judged(id, epoch(1), worker, makeResult(.wrongAnswer)),
        .returned(id, epoch(1), reason: "late"),
        .leased(id, epoch(1), worker),
        .judged(id, epoch(2), WorkerID("lab-2"), makeResult(.accepted, runs: 1)),
      ], at: now)
    #expect(report.stale == [0, 1, 2, 3])
    let judging = try #require(try store.judging(id))
    #expect(judging.verdict == .accepted)
    #expect(judging.worker == WorkerID("lab-2"))
    #expect(try store.runs(of: id) == [makeRun(1)])
  }

  @Test func epochsCompareByGenerationFirst() throws {
    let id = try #require(try store.seed(1).first)
    _ = try store.commit([.leased(id, epoch(900, generation: 2), worker)], at: now)
    let report = try store.commit(
      [
        .leased(id, epoch(1000, generation: 1), worker),
        .leased(id, epoch(1, generation: 3), worker),
      ], at: now)
    #expect(report.stale == [0])
    #expect(try store.judging(id)?.epoch == epoch(1, generation: 3))
  }

  @Test(arguments: [true, false]) func thereIsNoSecondVerdict(inOneCommit: Bool) throws {
    let id = try #require(try store.seed(1).first)
    let first = JudgeModel.Record.judged(id, epoch(1), worker, makeResult(.accepted, runs: 2))
    let second = JudgeModel.Record.judged(id, epoch(1), worker, makeResult(.wrongAnswer, runs: 5))
    _ = try store.commit([.leased(id, epoch(1), worker)], at: now)
    if inOneCommit {
      #expect(try store.commit([first, second], at: now).stale == [1])
    } else {
      #expect(try store.commit([first], at: now).stale == [])
      #expect(try store.commit([second], at: now + 5).stale == [0])
    }
    let later: [JudgeModel.Record] = [
      .leased(id, epoch(2), worker), .returned(id, epoch(1), reason: ""), .cancelled(id),
      .quarantined(id, reason: ""), .runs(id, epoch(1), [makeRun(9)]),
    ]
    #expect(try store.commit(later, at: now + 9).stale == [0, 1, 2, 3, 4])
    let judging = try #require(try store.judging(id))
    #expect(judging.verdict == .accepted)
    #expect(judging.finishedMilliseconds == now)
    #expect(try store.runs(of: id).count == 2)
  }

  @Test func nobodyElseCanChangeAVerdictEither() throws {
    let id = try #require(try store.seed(1).first)
    _ = try store.commit(
      [.leased(id, epoch(1), worker), .judged(id, epoch(1), worker, makeResult())], at: now)
    let other = try DatabaseQueue(path: scratch.database)
    for change in ["verdict = 'WA'", "state = 'queued', verdict = NULL", "score = 1"] {
      #expect(throws: DatabaseError.self) {
        try other.write { try $0.execute(sql: "UPDATE judgings SET \(change)") }
      }
    }
    try other.close()
    #expect(try store.judging(id)?.verdict == .accepted)
  }

  @Test func aLeaseGivenBackWaitsAgainWithoutItsRuns() throws {
    let id = try #require(try store.seed(1).first)
    let report = try store.commit(
      [
        .leased(id, epoch(1), worker), .runs(id, epoch(1), [makeRun(1)]),
        .returned(id, epoch(1), reason: "sandbox broke"),
      ], at: now)
    #expect(report.stale == [])
    let judging = try #require(try store.judging(id))
    #expect(judging.state == .queued)
    #expect(judging.worker == nil)
    #expect(judging.returns == 1)
    #expect(judging.message == "sandbox broke")
    #expect(try store.runs(of: id) == [])
    // Twice is once.
    #expect(try store.commit([.returned(id, epoch(1), reason: "")], at: now).stale == [0])
    // Nobody was started in its place, so its verdict still counts.
    #expect(try store.commit([.judged(id, epoch(1), worker, makeResult())], at: now).stale == [])
  }

  @Test func cancelledAndQuarantinedHaveNoVerdict() throws {
    let ids = try store.seed(3)
    _ = try store.commit(
      [
        .cancelled(ids[0]), .leased(ids[1], epoch(1), worker),
        .runs(ids[1], epoch(1), [makeRun(1)]),
      ],
      at: now)
    _ = try store.commit([.quarantined(ids[1], reason: "lost three workers")], at: now + 3)
    let late = try store.commit(
      [
        .judged(ids[0], epoch(1), worker, makeResult()),
        .judged(ids[1], epoch(1), worker, makeResult()),
      ],
      at: now)
    #expect(late.stale == [0, 1])
    let quarantined = try #require(try store.judging(ids[1]))
    #expect(quarantined.state == .quarantined)
    #expect(quarantined.verdict == nil)
    #expect(quarantined.message == "lost three workers")
    #expect(quarantined.finishedMilliseconds == now + 3)
    #expect(try store.unfinished().map(\.order.judging) == [ids[2]])

    #expect(try store.release(ids[0]) == nil)
    let order = try #require(try store.release(ids[1]))
    #expect(order.judging == ids[1])
    #expect(try store.judging(ids[1])?.state == .queued)
    #expect(try store.runs(of: ids[1]) == [])
    #expect(try store.unfinished().map(\.order.judging) == [ids[1], ids[2]])
  }

  @Test func recordsOfUnknownJudgingsAreStale() throws {
    let ghost = JudgingID(99)
    let report = try store.commit(
      [
        .leased(ghost, epoch(1), worker), .runs(ghost, epoch(1), [makeRun(1)]),
        .judged(ghost, epoch(1), worker, makeResult()), .returned(ghost, epoch(1), reason: ""),
        .cancelled(ghost), .quarantined(ghost, reason: ""),
      ], at: now)
    #expect(report.stale == [0, 1, 2, 3, 4, 5])
  }

  @Test func aCommitIsAllOrNothing() throws {
    let id = try #require(try store.seed(1).first)
    let order = try #require(try store.order(id))
    var unknownPackage = order
    unknownPackage.judging = JudgingID(50)
    unknownPackage.package = packageB
    var unknownSubmission = order
    unknownSubmission.judging = JudgingID(51)
    unknownSubmission.submission = SubmissionID(777)
    for bad in [order, unknownPackage, unknownSubmission] {
      let error = failure { () throws(StoreError) in
        try store.commit(
          [
            .leased(id, epoch(1), worker), .judged(id, epoch(1), worker, makeResult()),
            .created(bad),
          ], at: now)
      }
      guard case .refused(let reason) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(reason.contains("\(bad.judging)"))
      #expect(try store.judging(id)?.state == .queued)
      #expect(try store.runs(of: id) == [])
    }
    // And the connection is as good as before.
    #expect(try store.commit([.leased(id, epoch(1), worker)], at: now).stale == [])
  }

  @Test func identifiersGrow() throws {
    #expect(store.allocateJudgings(0) == [])
    let first = store.allocateJudgings(3)
    let second = store.allocateJudgings(2)
    #expect((first + second).map(\.value) == [1, 2, 3, 4, 5])
    let seeded = try store.seed(2)
    try store.close()
    let again = try Store.open(scratch.database)
    #expect(try #require(again.allocateJudgings(1).first) > seeded[1])
  }
}
