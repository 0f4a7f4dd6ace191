import Foundation
import GRDB
import JudgeModel
import Testing

@testable import Store

@Suite struct OpeningTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test func durabilityIsWhatItClaims() throws {
    let store = try Store.open(scratch.database)
    let settings = try store.settings()
    #expect(settings.synchronous == 2)
    #expect(settings.journalMode == "wal")
    #expect(settings.foreignKeys)
    #expect(settings.schema == Schema.latest)
    // The setting is the connection's and must survive its use.
    _ = try store.seed(3)
    #expect(try store.settings().synchronous == 2)
  }

  @Test func onlyTheOwnerMayReadIt() throws {
    let store = try Store.open(scratch.database)
    _ = try store.nextGeneration()
    for suffix in ["", "-wal", "-shm", ".lock"] {
      var status = stat()
      #expect(stat(scratch.database + suffix, &status) == 0)
      #expect(status.st_mode & 0o077 == 0, "\(suffix)")
    }
  }

  @Test func generationGrowsOverRestarts() throws {
    var seen: [UInt32] = []
    for _ in 1...3 {
      let store = try Store.open(scratch.database)
      seen.append(try store.nextGeneration())
      try store.close()
    }
    let store = try Store.open(scratch.database)
    seen.append(try store.nextGeneration())
    seen.append(try store.nextGeneration())
    #expect(seen == [1, 2, 3, 4, 5])
  }

  @Test func secondOpenerIsRefusedUntilTheFirstCloses() throws {
    let first = try Store.open(scratch.database)
    let error = failure { () throws(StoreError) in try Store.open(scratch.database) }
    #expect(error == .locked(path: scratch.database, holder: "process \(getpid())"))
    #expect(error.map { "\($0)" }?.contains(scratch.database) == true)
    try first.close()
    try Store.open(scratch.database).close()
  }

  @Test func lettingGoOfAStoreUnlocksIt() throws {
    do { _ = try Store.open(scratch.database) }
    try Store.open(scratch.database).close()
  }

  @Test func closingLeavesEverythingInTheOneFile() throws {
    let store = try Store.open(scratch.database)
    let ids = try store.seed(5)
    _ = try store.counts()
    try store.close()
    let copy = try Scratch()
    try scratch.copy("record.sqlite", to: copy)
    #expect(try Store.open(copy.database).unfinished().map(\.order.judging) == ids)
  }

  @Test func closedStoreSaysSo() throws {
    let store = try Store.open(scratch.database)
    try store.close()
    try store.close()
    let closed = StoreError.closed(path: scratch.database)
    #expect(failure { () throws(StoreError) in try store.nextGeneration() } == closed)
    #expect(failure { () throws(StoreError) in try store.counts() } == closed)
    #expect(failure { () throws(StoreError) in try store.settings() } == closed)
  }

  @Test func reopeningChangesNothing() throws {
    let first = try Store.open(scratch.database)
    let judgings = try first.seed(2)
    let before = try judgings.map { try first.judging($0) }
    let schema = try dump(scratch.database)
    try first.close()
    let second = try Store.open(scratch.database, check: .full)
    #expect(try judgings.map { try second.judging($0) } == before)
    #expect(try dump(scratch.database) == schema)
    #expect(second.allocateJudgings(1) == [JudgingID(3)])
  }

  @Test func emptyFileBecomesARecord() throws {
    try Data().write(to: URL(fileURLWithPath: scratch.database))
    let store = try Store.open(scratch.database)
    #expect(try store.counts().total == 0)
  }

  @Test func migrationsRunOnceEach() throws {
    let queue = try DatabaseQueue(path: scratch.database)
    try queue.inDatabase { database in
      try Schema.migrate(database)
      let objects = try Schema.number(database, "SELECT count(*) FROM sqlite_schema")
      try Schema.migrate(database)
      #expect(try Schema.number(database, "SELECT count(*) FROM sqlite_schema") == objects)
      #expect(try Schema.number(database, "PRAGMA user_version") == Schema.latest)
      #expect(try Schema.number(database, "PRAGMA application_id") == Schema.applicationID)
      let loose = try String.fetchAll(
        database, sql: "SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict")
      #expect(loose.filter { !$0.hasPrefix("sqlite_") } == [])
    }
  }

  @Test func aFileOfAnOlderProgramIsBroughtUpToDate() throws {
    let queue = try DatabaseQueue(path: scratch.database)
    for step in 1...Schema.latest {
      try queue.inDatabase { database in
        try Schema.migrate(database, to: step)
        #expect(try Schema.number(database, "PRAGMA user_version") == step)
      }
    }
    let columns = try queue.inDatabase {
      try Schema.number(
        $0, "SELECT count(*) FROM pragma_table_info('runs') WHERE name = 'interactor_first'")
    }
    #expect(columns == 1)
    try queue.close()
    #expect(try Store.open(scratch.database).counts().total == 0)
  }

  /// Files out there have run these steps. When this fails, put the step back and add a new one.
  @Test func releasedStepsAreNotEdited() {
    let sums = Schema.steps.map { step in
      step.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
    #expect(
      sums == [
        9_241_095_599_234_835_461, 3_130_950_353_443_977_987, 12_725_518_200_741_116_077,
        8_568_954_186_561_313_384, 9_947_401_583_677_259_176,
      ])
  }

  @Test func newerSchemaIsRefusedAndLeftAlone() throws {
    try Store.open(scratch.database).close()
    let queue = try DatabaseQueue(path: scratch.database)
    try queue.inDatabase { try $0.execute(sql: "PRAGMA user_version = 900") }
    try queue.close()
    let error = failure { () throws(StoreError) in try Store.open(scratch.database) }
    #expect(error == .newer(path: scratch.database, found: 900, known: Schema.latest))
    // The refusal must not keep the lock.
    #expect(failure { () throws(StoreError) in try Store.open(scratch.database) } == error)
  }

  @Test func strangersDatabaseIsRefusedAndLeftAlone() throws {
    let queue = try DatabaseQueue(path: scratch.database)
    try queue.inDatabase { try $0.execute(sql: "CREATE TABLE bookmarks (url TEXT)") }
    try queue.close()
    let before = try Data(contentsOf: URL(fileURLWithPath: scratch.database))
    let error = failure { () throws(StoreError) in try Store.open(scratch.database) }
    #expect(
      error == .foreign(path: scratch.database, reason: "a database of another program"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.database)) == before)
  }

  @Test func otherFilesAreRefused() throws {
    let text = Data(repeating: UInt8(ascii: "x"), count: 5000)
    try text.write(to: URL(fileURLWithPath: scratch.database))
    let error = failure { () throws(StoreError) in try Store.open(scratch.database) }
    guard case .foreign(scratch.database, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.database)) == text)
  }

  @Test func directoriesAndMissingDirectoriesAreNamed() throws {
    for path in [scratch.directory, scratch.directory + "/none/record.sqlite"] {
      let error = failure { () throws(StoreError) in try Store.open(path) }
      guard case .inaccessible(let named, _) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(named.hasPrefix(path))
    }
    try? FileManager.default.removeItem(atPath: scratch.directory + ".lock")
  }

  @Test func damageIsFoundAtTheDoor() throws {
    let store = try Store.open(scratch.database)
    let judgings = try store.seed(400)
    _ = try store.commit(judgings.map { .leased($0, epoch(1), worker) }, at: now)
    _ = try store.commit(
      judgings.map { .judged($0, epoch(1), worker, makeResult(runs: 10)) }, at: now)
    try store.close()
    // The second half of the file becomes noise, page headers and all.
    let handle = try #require(FileHandle(forUpdatingAtPath: scratch.database))
    let size = try handle.seekToEnd()
    try handle.seek(toOffset: size / 2)
    try handle.write(contentsOf: Data(repeating: 0x5A, count: Int(size - size / 2)))
    try handle.close()
    let error = failure { () throws(StoreError) in try Store.open(scratch.database) }
    guard case .damaged(scratch.database, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  private func dump(_ path: String) throws -> [String] {
    let queue = try DatabaseQueue(path: path)
    defer { try? queue.close() }
    return try queue.read {
      try String.fetchAll($0, sql: "SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY name")
    }
  }
}
