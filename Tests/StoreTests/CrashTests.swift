import Foundation
import GRDB
import JudgeModel
import Testing

@testable import Store

/// What is left after an unclean end. A killed process leaves what it had written; a machine that
/// loses power may in addition leave a torn `-wal` file, which is imitated by cutting a copy of one.
@Suite struct CrashTests {
  /// A child commits as fast as it can and says after each commit that it is there, until it kills
  /// itself with SIGKILL from another thread in the middle of whatever it is doing.
  @Test(arguments: [3_000 as UInt32, 40_000, 90_000])
  func killedInTheMiddleOfCommits(after microseconds: UInt32) async throws {
    let scratch = try Scratch()
    let directory = scratch.directory
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [directory = directory as String, microseconds = microseconds as UInt32] in
      try commitUntilKilled(directory, microseconds)
    }
    let said = try Data(contentsOf: URL(fileURLWithPath: directory + "/said")).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
    let rounds = said.count
    #expect(rounds > 0)

    let store = try Store.open(scratch.database, check: .full)
    let tally = try store.counts()
    // A round is there whole or not at all, and every one that was spoken of is there. The last may
    // have been written and not yet spoken of.
    let judged = tally.count(.judged)
    #expect(judged % 8 == 0)
    #expect([rounds, rounds + 1].contains(judged / 8))
    #expect(tally.count(.leased) == 0)
    for judging in try store.judgings(where: JudgingFilter(state: .judged), limit: 100_000) {
      #expect(try store.runs(of: judging.id).count == 10)
    }
    #expect(try store.nextGeneration() == 2)
  }

  @Test func tornLogGivesAPrefixOfTheCommits() throws {
    let scratch = try Scratch()
    let store = try Store.open(scratch.database)
    let ids = try store.seed(30)
    // What follows is only in the log: everything before goes into the database file.
    let other = try DatabaseQueue(path: scratch.database)
    try other.inDatabase { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
    try other.close()
    for (n, id) in ids.enumerated() {
      _ = try store.commit(
        [
          .leased(id, epoch(UInt64(n)), worker),
          .judged(id, epoch(UInt64(n)), worker, makeResult(runs: 20)),
        ], at: now)
    }
    let log = try Data(contentsOf: URL(fileURLWithPath: scratch.database + "-wal"))
    var survivors: [Int] = []
    for cut in 0...12 {
      let copy = try Scratch()
      try scratch.copy("record.sqlite", to: copy)
      // Odd places, so that most cuts go through the middle of a page.
      let kept = cut == 12 ? log.count : log.count / 12 * cut + cut * 7
      try log.prefix(kept).write(to: URL(fileURLWithPath: copy.database + "-wal"))
      let reopened = try Store.open(copy.database, check: .full)
      let judged = try reopened.judgings(where: JudgingFilter(state: .judged)).map(\.id)
      #expect(judged.reversed() == Array(ids.prefix(judged.count)))
      for id in judged { #expect(try reopened.runs(of: id).count == 20) }
      #expect(try reopened.unfinished().map(\.order.judging) == Array(ids.dropFirst(judged.count)))
      survivors.append(judged.count)
      try reopened.close()
    }
    #expect(survivors.first == 0)
    #expect(survivors.last == 30)
    #expect(survivors == survivors.sorted())
  }

  @Test func unfinishedJudgingsComeBackWithTheirLeases() throws {
    let scratch = try Scratch()
    let store = try Store.open(scratch.database)
    let batch = try store.createBatch(name: "night", at: now)
    let ids = try store.seed(4, batch: batch)
    _ = try store.commit(
      [
        .leased(ids[0], epoch(1), worker), .judged(ids[0], epoch(1), worker, makeResult()),
        .leased(ids[1], epoch(2), worker), .runs(ids[1], epoch(2), [makeRun(1)]),
        .leased(ids[2], epoch(3), worker), .returned(ids[2], epoch(3), reason: "drained"),
      ], at: now)
    // As a crash leaves it: the files as they are, without a close.
    let copy = try Scratch()
    for name in ["record.sqlite", "record.sqlite-wal"] { try scratch.copy(name, to: copy) }
    let reopened = try Store.open(copy.database)
    let unfinished = try reopened.unfinished()
    #expect(unfinished.map(\.order.judging) == Array(ids.dropFirst()))
    #expect(unfinished.map(\.epoch) == [epoch(2), nil, nil])
    #expect(unfinished.map(\.newestEpoch) == [epoch(2), epoch(3), nil])
    #expect(unfinished.map(\.worker) == [worker, nil, nil])
    #expect(unfinished.map(\.returns) == [0, 1, 0])
    let order = unfinished[0].order
    #expect(order.package == packageA)
    #expect(order.archiveBytes == 1000)
    #expect(order.unpackedBytes == 5000)
    #expect(order.language == LanguageID("cpp"))
    #expect(order.mode == .full)
    #expect(order.priority == .regrade)
    #expect(order.batch == batch)
    // The worker comes back with the verdict of a lease that the earlier scheduler granted.
    let report = try reopened.commit([.judged(ids[1], epoch(2), worker, makeResult())], at: now)
    #expect(report.stale == [])
  }

  @Test func readersSeeCommitsWhileOthersAreWritten() throws {
    let scratch = try Scratch()
    let store = try Store.open(scratch.database)
    let ids = try store.seed(300)
    let readers = (0..<3).map { _ in
      Thread {
        while (try? store.counts().count(.judged)) ?? 300 < 300 {}
      }
    }
    for reader in readers { reader.start() }
    for id in ids {
      _ = try store.commit(
        [.leased(id, epoch(1), worker), .judged(id, epoch(1), worker, makeResult())], at: now)
      // What was committed is what the next reader sees.
      #expect(try store.judging(id)?.state == .judged)
    }
    while !readers.allSatisfy(\.isFinished) { usleep(1000) }
    #expect(try store.counts().count(.judged) == 300)
  }
}

/// The child's part: rounds of eight judgings with ten runs each, every round one commit.
private func commitUntilKilled(_ directory: String, _ microseconds: UInt32) throws {
  let store = try Store.open(directory + "/record.sqlite")
  _ = try store.nextGeneration()
  _ = try store.seed(1)
  let order = try #require(try store.unfinished().first?.order)
  let said = open(directory + "/said", O_WRONLY | O_CREAT | O_APPEND, 0o600)
  for round in 0... {
    if round == 1 {
      // Not before the first is through, however slow the disk is.
      Thread.detachNewThread {
        usleep(microseconds)
        kill(getpid(), SIGKILL)
      }
    }
    var records: [JudgeModel.Record] = []
    for id in store.allocateJudgings(8) {
      var next = order
      next.judging = id
      records.append(.created(next))
      records.append(.leased(id, epoch(1), worker))
      records.append(.judged(id, epoch(1), worker, makeResult(runs: 10)))
    }
    _ = try store.commit(records, at: now)
    _ = write(said, "x\n", 2)
  }
}
