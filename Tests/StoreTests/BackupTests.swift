import Foundation
import JudgeModel
import Testing

@testable import Store

@Suite struct BackupTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private var backup: String { scratch.database + ".backup" }

  private func count(_ path: String) throws -> Int {
    let store = try Store.open(path)
    defer { try? store.close() }
    return try store.unfinished().count
  }

  @Test func aCopyIsMadeWhileTheRecordIsWrittenTo() throws {
    let store = try Store.open(scratch.database)
    _ = try store.seed(5)
    let report = try Store.backUp(scratch.database, to: backup)
    _ = try store.seed(3)
    #expect(report.judgings == 5 && report.judged == 0 && report.submissions == 1)
    #expect(report.bytes > 0)
    var status = stat()
    #expect(stat(backup, &status) == 0 && status.st_mode & 0o077 == 0)
    #expect(Int64(status.st_size) == report.bytes)
    #expect(access(backup + "-wal", F_OK) != 0, "one file")
    #expect(try store.unfinished().count == 8)
    try store.close()

    let old = try #require(try Store.restore(backup, to: scratch.database))
    #expect(try count(scratch.database) == 5)
    #expect(try count(old) == 8)
    // Once more: nothing that was moved aside is written over.
    let newer = try #require(try Store.restore(backup, to: scratch.database))
    #expect(newer != old)
    #expect(try count(old) == 8)
  }

  /// A worker may hold a lease that a scheduler gave after the backup: its name must not be given again.
  @Test func generationsAfterTheBackupAreNotUsedAgain() throws {
    let store = try Store.open(scratch.database)
    _ = try store.nextGeneration()
    _ = try Store.backUp(scratch.database, to: backup)
    let later = try (1...100).map { _ in try store.nextGeneration() }
    try store.close()
    _ = try Store.restore(backup, to: scratch.database)
    let restored = try Store.open(scratch.database)
    #expect(try restored.nextGeneration() > later.max() ?? 0)
  }

  @Test func aRecordInUseIsNotReplaced() throws {
    let store = try Store.open(scratch.database)
    _ = try store.seed(1)
    _ = try Store.backUp(scratch.database, to: backup)
    let error = failure { () throws(StoreError) in
      try Store.restore(backup, to: scratch.database)
    }
    #expect(error == .locked(path: scratch.database, holder: "process \(getpid())"))
    #expect(try store.unfinished().count == 1)
  }

  @Test func nothingIsWrittenOverAndNothingStays() throws {
    let store = try Store.open(scratch.database)
    _ = try store.seed(1)
    try Data("mine".utf8).write(to: URL(fileURLWithPath: backup))
    let taken = failure { () throws(StoreError) in
      try Store.backUp(scratch.database, to: backup)
    }
    #expect(taken.map { "\($0)" }?.contains("is there already") == true)
    #expect(try String(contentsOfFile: backup, encoding: .utf8) == "mine")
    let missing = failure { () throws(StoreError) in
      try Store.backUp(scratch.database + ".none", to: backup + "2")
    }
    #expect(missing != nil)
    // A backup that is none: the record stays.
    try store.close()
    let foreign = failure { () throws(StoreError) in
      try Store.restore(backup, to: scratch.database)
    }
    #expect(foreign.map { "\($0)" }?.contains(backup) == true, "\(foreign as Any)")
    #expect(try count(scratch.database) == 1)
    let left = try FileManager.default.contentsOfDirectory(
      atPath: (scratch.database as NSString).deletingLastPathComponent)
    #expect(!left.contains { $0.contains(".part") }, "\(left)")
  }
}
