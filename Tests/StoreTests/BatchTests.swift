import GRDB
import JudgeModel
import Testing

@testable import Store

@Suite struct BatchTests {
  let scratch: Scratch
  let store: Store

  init() throws {
    scratch = try Scratch()
    store = try Store.open(scratch.database)
  }

  @Test func aBatchIsCountedSealedAndDecided() throws {
    let id = try store.createBatch(name: "regrade", selection: "problem hello", total: 9, at: now)
    let ids = try store.seed(4, batch: id)
    _ = try store.seed(2)
    _ = try store.commit(
      [
        .leased(ids[0], epoch(1), worker), .leased(ids[1], epoch(2), worker), .cancelled(ids[3]),
        .judged(ids[0], epoch(1), worker, makeResult(.wrongAnswer)),
      ], at: now)
    let (batch, tally) = try #require(try store.batch(id))
    #expect(batch.total == 9)
    #expect(tally.states == [.queued: 1, .leased: 1, .judged: 1, .cancelled: 1])
    #expect(tally.verdicts == [.wrongAnswer: 1])
    #expect(tally.total == 4)
    #expect(tally.finished == 2)
    #expect(try store.counts().total == 6)
    #expect(try store.counts().count(.queued) == 3)

    #expect(try !store.decideBatch(id, .applied, at: now), "not sealed")
    #expect(try store.sealBatch(id, at: now + 1))
    #expect(try !store.sealBatch(id, at: now + 2))
    #expect(try store.batch(id)?.batch.total == 4)
    #expect(try store.batch(id)?.batch.sealedMilliseconds == now + 1)
    #expect(try !store.decideBatch(id, .applied, at: now), "two judgings are open")
    _ = try store.commit(
      [.judged(ids[1], epoch(2), worker, makeResult()), .cancelled(ids[2])], at: now)
    #expect(try store.decideBatch(id, .applied, at: now + 3))
    #expect(try !store.decideBatch(id, .discarded, at: now + 4), "the first decision stays")
    #expect(try store.batches().map(\.decision) == [.applied])
    #expect(try store.batch(BatchID(77)) == nil)
  }

  @Test func entriesBringWhatTheReportNeeds() throws {
    let id = try store.createBatch(name: "regrade", at: now)
    let ids = try store.seed(3, batch: id)
    _ = try store.commit(
      [
        .leased(ids[0], epoch(1), worker),
        .judged(ids[0], epoch(1), worker, makeResult(.accepted, runs: 3)),
      ],
      priors: [
        PriorVerdict(judging: ids[0], verdict: "WTL"),
        PriorVerdict(judging: ids[1], verdict: "AC", score: Score("0.5")),
      ], at: now)
    let first = try store.entries(of: id, limit: 2)
    #expect(first.map(\.judging.id) == Array(ids.prefix(2)))
    #expect(first[0].prior == PriorVerdict(judging: ids[0], verdict: "WTL"))
    #expect(first[0].slowest == .milliseconds(30))
    #expect(first[0].submission.externalID == "417")
    #expect(first[0].judging == (try store.judging(ids[0])))
    #expect(first[1].prior?.score == Score("0.5"))
    #expect(first[1].slowest == nil)
    let rest = try store.entries(of: id, after: ids[1], limit: 2)
    #expect(rest.map(\.judging.id) == [ids[2]])
    #expect(rest[0].prior == nil)
    #expect(try store.judgingIDs(of: id) == ids)
    #expect(try store.judgingIDs(of: id, in: .judged) == [ids[0]])
  }

  @Test func priorOfNothingRefusesTheCommit() throws {
    let ids = try store.seed(1)
    let error = failure { () throws(StoreError) in
      try store.commit(
        [.cancelled(ids[0])], priors: [PriorVerdict(judging: JudgingID(9), verdict: "AC")], at: now)
    }
    #expect(error.map { "\($0)" }?.contains("j9") == true)
    #expect(try store.judging(ids[0])?.state == .queued)
  }

  @Test func filtersCombine() throws {
    let id = try store.createBatch(name: "regrade", at: now)
    let a = try store.seed(3, batch: id)
    let b = try store.seed(3, package: packageB)
    _ = try store.commit(
      [
        .leased(a[0], epoch(1), worker), .judged(a[0], epoch(1), worker, makeResult()),
        .leased(a[1], epoch(2), WorkerID("lab-2")), .quarantined(b[0], reason: "x"),
        .cancelled(b[1]),
      ], at: now)
    let list = { (filter: JudgingFilter) in try store.judgings(where: filter).map(\.id) }
    #expect(try list(JudgingFilter()) == (a + b).reversed())
    #expect(try list(JudgingFilter(state: .queued)) == [b[2], a[2]])
    #expect(try list(JudgingFilter(state: .leased)) == [a[1]])
    #expect(try list(JudgingFilter(state: .judged)) == [a[0]])
    #expect(try list(JudgingFilter(state: .cancelled)) == [b[1]])
    #expect(try list(JudgingFilter(state: .quarantined)) == [b[0]])
    #expect(try list(JudgingFilter(verdict: .accepted)) == [a[0]])
    #expect(try list(JudgingFilter(submission: SubmissionID(2))) == b.reversed())
    #expect(try list(JudgingFilter(batch: id)) == a.reversed())
    #expect(try list(JudgingFilter(package: packageB)) == b.reversed())
    #expect(try list(JudgingFilter(problem: "none")) == [])
    #expect(try list(JudgingFilter(worker: WorkerID("lab-2"))) == [a[1]])
    let all = JudgingFilter(
      state: .judged, verdict: .accepted, submission: SubmissionID(1), batch: id,
      package: packageA, problem: "hello", worker: worker)
    #expect(try list(all) == [a[0]])
    let page = try store.judgings(before: b[0], limit: 2).map(\.id)
    #expect(page == [a[2], a[1]])
  }

  /// Ten thousand judgings with five runs each, and no statement that reads a table from end to end.
  @Test func bigBatchesAreReadByIndex() throws {
    let id = try store.createBatch(name: "big", at: now)
    let ids = try store.seed(10_000, batch: id)
    for part in stride(from: 0, to: ids.count, by: 1000) {
      let slice = ids[part..<part + 1000]
      _ = try store.commit(slice.map { .leased($0, epoch(1), worker) }, at: now)
      // The last of each thousand stays leased.
      let report = try store.commit(
        slice.dropLast().map { .judged($0, epoch(1), worker, makeResult(runs: 5)) }, at: now)
      #expect(report.stale == [])
    }
    let (_, tally) = try #require(try store.batch(id))
    #expect(tally.states == [.judged: 9990, .leased: 10])
    #expect(try store.counts() == tally)
    #expect(try store.unfinished().count == 10)
    var last: JudgingID?
    var seen = 0
    while true {
      let page = try store.entries(of: id, after: last, limit: 700)
      guard let end = page.last else { break }
      seen += page.count
      last = end.judging.id
    }
    #expect(seen == 10_000)
    #expect(try store.runs(of: ids[5000]).count == 5)

    let plans = try DatabaseQueue(path: scratch.database)
    defer { try? plans.close() }
    let statements = [
      (Query.unfinished, "judgings_open"), (Query.unfinishedOne, "PRIMARY KEY"),
      (Query.judging, "PRIMARY KEY"),
      (Query.unneededPackages, "judgings_open"),
      (Query.unneededPackages, "packages_by_problem (problem=?)"),
      (Query.singleJudging, "submissions_by_external_id (external_id=?)"),
      (Query.runs, "PRIMARY KEY"), (Query.batch, "PRIMARY KEY"),
      (Query.batchTally, "COVERING INDEX judgings_by_outcome"),
      (Query.tally, "COVERING INDEX judgings_by_outcome"),
      (Query.batchEntries, "judgings_by_batch (batch=? AND rowid>?)"),
      (Query.batchIDs, "judgings_by_batch"),
      (Query.judgings(JudgingFilter(state: .queued)), "judgings_open"),
      (Query.judgings(JudgingFilter(state: .leased)), "judgings_open"),
      (Query.judgings(JudgingFilter(state: .quarantined)), "judgings_quarantined"),
      (Query.judgings(JudgingFilter(submission: SubmissionID(1))), "judgings_by_submission"),
      (Query.judgings(JudgingFilter(batch: id)), "judgings_by_batch"),
    ]
    for (sql, index) in statements {
      let plan = try plans.read { database in
        // Parameters stay NULL: the plan does not depend on them.
        var explain = try Command(database, "EXPLAIN QUERY PLAN \(sql)")
        return try explain.all { row in
          (row.integer(), row.integer(), row.integer(), row.text()).3
        }
      }
      #expect(plan.contains { $0.contains(index) }, "\(plan)")
      let scans = plan.filter {
        $0.hasPrefix("SCAN") && !$0.contains("USING") && !$0.contains("subquery")
      }
      #expect(scans == [], "\(sql)")
      if sql != Query.tally { #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)") }
    }
  }
}
