import Foundation
import JudgeModel
import Messages
import ProblemPackage
import Testing

extension WorkerAgentTests {
  @Suite(.serialized) struct PackageTransferTests {
    @Test func aNewVersionCostsWhatChanged() async throws {
      let stage = try await Stage()
      let old = try TestPackage("old", seeds: [1, 2, 3, 4], in: stage.scratch)
      let new = try TestPackage("new", seeds: [1, 2, 33, 4], in: stage.scratch)
      await stage.serve(old)
      await stage.serve(new)
      try await stage.startWorker()
      try await stage.grant(1, old)
      try await stage.expectAccepted(1)
      // The head, which overlaps the first members, and every byte after the manifest's frame once; what
      // was asked for before the connection was up may have been asked for again.
      let whole = Int64(old.archive.count)
      let asked = await stage.scheduler.bytesAsked(old.digest)
      #expect(asked <= whole + (64 << 10) && asked >= whole - (16 << 10))

      await stage.scheduler.forgetAsked()
      try await stage.grant(2, new)
      try await stage.expectAccepted(2)
      let table = Int64(PackageArchive.tableByteCount(new.manifest))
      let ranges = await stage.scheduler.asked.map(\.range)
      let changed = [
        try new.range("data/secret/3.ans"), try new.range("data/secret/3.in"),
      ]
      #expect(ranges.first == 0..<(16 << 10))
      #expect(
        ranges.dropFirst().first == (Int64(new.archive.count) - table)..<Int64(new.archive.count))
      for range in ranges.dropFirst(2) {
        #expect(changed.contains { $0.contains(range.lowerBound) }, "\(range) did not change")
      }
      #expect(
        ranges.dropFirst(2).reduce(0) { $0 + $1.count } == changed.reduce(0) { $0 + $1.count })
      try await eventually("both are reported") {
        await stage.scheduler.cached == [old.digest, new.digest].sorted()
      }
      #expect(await stage.scheduler.usedBytes < 5 * 410_000, "what they share counts once")
      try await stage.stopWorker()
      #expect(!FileManager.default.fileExists(atPath: stage.cache + "/incoming"))
    }

    @Test func judgingStartsBeforeTheLastMemberIsThere() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2, 3], in: stage.scratch)
      await stage.serve(package)
      await stage.scheduler.holdBack(try package.range("data/secret/3.in"), of: package.digest)
      try await stage.startWorker(slots: 2)
      try await stage.grant(1, package)
      try await stage.grant(2, package)
      // Both run with one transfer, and wait for the same member.
      for judging in [1, 2] as [Int64] {
        try await eventually("runs of \(judging) are reported") {
          await stage.scheduler.runCount(judging) == 2
        }
        #expect(await stage.scheduler.outcome(judging) == nil)
      }
      #expect(await stage.scheduler.owedCount > 0, "the last member was not sent yet")
      #expect(await stage.scheduler.cached == [], "it is not complete")
      await stage.scheduler.release()
      try await stage.expectAccepted(1)
      try await stage.expectAccepted(2)
      #expect(
        await stage.scheduler.bytesAsked(package.digest) <= Int64(package.archive.count)
          + (64 << 10))
      try await stage.stopWorker()
    }

    @Test func aTransferThatFailsHalfWayGivesBackAndGoesOnFromThere() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2, 3], in: stage.scratch)
      await stage.serve(package)
      await stage.scheduler.holdBack(try package.range("data/secret/3.in"), of: package.digest)
      try await stage.startWorker()
      try await stage.grant(1, package)
      try await eventually("two runs are reported") { await stage.scheduler.runCount(1) == 2 }
      await stage.scheduler.fail(package.digest, "the disk is on fire")
      #expect(try await stage.fault(1).contains("the disk is on fire"))
      await stage.scheduler.release()
      await stage.scheduler.forgetAsked()
      try await stage.grant(2, package)
      try await stage.expectAccepted(2)
      let asked = await stage.scheduler.asked.map(\.range)
      #expect(!asked.contains { $0.lowerBound == 0 }, "the manifest was kept")
      #expect(await stage.scheduler.bytesAsked(package.digest) < 420_000, "the rest was kept")
      try await stage.stopWorker()
    }

    @Test func aRestartGoesOnFromTheLastVerifiedMember() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2, 3, 4], in: stage.scratch)
      await stage.serve(package)
      await stage.scheduler.holdBack(try package.range("data/secret/4.in"), of: package.digest)
      try await stage.startWorker()
      try await stage.grant(1, package)
      try await eventually("three runs are reported") { await stage.scheduler.runCount(1) == 3 }
      try await stage.stopWorker()
      await stage.scheduler.release()
      await stage.scheduler.forgetAsked()
      try await stage.startWorker()
      try await eventually("what is kept counts") { await stage.scheduler.usedBytes > 1_200_000 }
      #expect(await stage.scheduler.cached == [])
      try await stage.grant(2, package)
      try await stage.expectAccepted(2)
      #expect(await stage.scheduler.bytesAsked(package.digest) < 420_000)
      try await stage.stopWorker()
    }

    @Test func damagedBytesAreRefused() async throws {
      let stage = try await Stage()
      var package = try TestPackage("p", seeds: [1, 2, 3], in: stage.scratch)
      let at = try package.range("data/secret/2.in").lowerBound + 200_000
      package.archive[Int(at)] ^= 4
      await stage.serve(package)
      try await stage.startWorker()
      try await stage.grant(1, package)
      #expect(try await stage.fault(1).contains("data/secret/2.in"))
      package.archive[Int(at)] ^= 4
      await stage.serve(package)
      try await stage.grant(2, package)
      try await stage.expectAccepted(2)
      try await stage.stopWorker()
      #expect(try BlobStore(directory: stage.cache).verify().damaged == [])
    }

    @Test func anotherPackageThanTheOneThatWasAskedForIsRefused() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2], in: stage.scratch)
      let other = try TestPackage("q", seeds: [1, 3], in: stage.scratch)
      await stage.scheduler.put(other.archive, as: package.digest)
      try await stage.startWorker()
      try await stage.grant(1, package)
      #expect(try await stage.fault(1).contains("it is package \(other.digest.short)"))
      await stage.serve(package)
      try await stage.scheduler.grant(2, package.digest, unpacked: 1000, Stage.program)
      #expect(try await stage.fault(2).contains("the scheduler announced 1000"))
      try await stage.stopWorker()
    }

    @Test func aFileThatSomebodyDeletesIsFetchedAgain() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2, 3], in: stage.scratch)
      await stage.serve(package)
      try await stage.startWorker()
      try await stage.grant(1, package)
      try await stage.expectAccepted(1)
      await stage.scheduler.forgetAsked()
      let path = stage.path(of: try package.blob("data/secret/2.in"))
      try FileManager.default.removeItem(atPath: path)
      try await stage.grant(2, package)
      try await stage.expectAccepted(2)
      #expect(FileManager.default.fileExists(atPath: path))
      let range = try package.range("data/secret/2.in")
      for asked in await stage.scheduler.asked.map(\.range).dropFirst() {
        #expect(range.contains(asked.lowerBound) && asked.upperBound <= range.upperBound)
      }
      try await stage.stopWorker()
    }

    /// A bit that flipped on the disk must not become a verdict.
    @Test func whatAnEarlierProcessLeftIsReadBeforeItIsUsed() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2, 3], in: stage.scratch)
      await stage.serve(package)
      try await stage.startWorker()
      try await stage.grant(1, package)
      try await stage.expectAccepted(1)
      try await stage.stopWorker()
      let path = stage.path(of: try package.blob("data/secret/2.in"))
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      // Its first line, which is what the program reads.
      bytes[0] ^= 1
      chmod(path, 0o644)
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      try file.write(contentsOf: bytes)
      try file.close()
      await stage.scheduler.forgetAsked()
      try await stage.startWorker()
      try await stage.grant(2, package)
      try await stage.expectAccepted(2)
      let range = try package.range("data/secret/2.in")
      #expect(
        await stage.scheduler.asked.map(\.range).contains { range.contains($0.lowerBound) })
      try await stage.stopWorker()
    }

    @Test func waitingEndsWithTheJudgingAndWithTheWorker() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2], in: stage.scratch)
      let other = try TestPackage("q", seeds: [5], in: stage.scratch)
      await stage.serve(package)
      await stage.serve(other)
      try await stage.startWorker()
      try await stage.grant(1, other)
      try await stage.expectAccepted(1)
      await stage.scheduler.holdBack(try package.range("data/secret/2.in"), of: package.digest)
      try await stage.grant(2, package)
      try await eventually("a run is reported") { await stage.scheduler.runCount(2) == 1 }
      try await stage.scheduler.cancel(2)
      // Its slot is free again, while the transfer still hangs.
      try await stage.grant(3, other)
      try await stage.expectAccepted(3)
      try await stage.grant(4, package)
      try await eventually("a run is reported") { await stage.scheduler.runCount(4) == 1 }
      try await stage.stopWorker()
    }

    /// The rate is so high that nothing is waited for; what is tested is that all comes through it.
    @Test func aRateLimitLetsEverythingThrough() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2], in: stage.scratch)
      await stage.serve(package)
      try await stage.startWorker(fetchRate: 3 << 20)
      try await stage.grant(1, package)
      try await stage.expectAccepted(1)
      try await stage.stopWorker()
    }

    @Test func aPackageLargerThanTheBudgetIsGivenBackWithTheRemedy() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2], in: stage.scratch)
      await stage.serve(package)
      try await stage.startWorker(budget: 500_000)
      try await stage.grant(1, package)
      #expect(try await stage.fault(1).contains("raise --cache-budget"))
      try await stage.stopWorker()
    }

    @Test func aFullDiskIsEmptiedOnceAndThenExplained() async throws {
      let stage = try await Stage()
      stage.cache = stage.scratch.path + "/small"
      try FileManager.default.createDirectory(
        atPath: stage.cache, withIntermediateDirectories: true)
      guard mount("tmpfs", stage.cache, "tmpfs", 0, "size=1200k") == 0 else { return }
      defer { umount2(stage.cache, Int32(MNT_DETACH)) }
      let packages = try [[1, 2], [3, 4], [5, 6, 7, 8]].enumerated().map {
        try TestPackage("p\($0)", seeds: $1, in: stage.scratch)
      }
      for package in packages { await stage.serve(package) }
      try await stage.startWorker()
      try await stage.grant(1, packages[0])
      try await stage.expectAccepted(1)
      try await stage.grant(2, packages[1])
      try await stage.expectAccepted(2)
      try await eventually("the first had to go") {
        await stage.scheduler.cached == [packages[1].digest]
      }
      try await stage.grant(3, packages[2])
      #expect(try await stage.fault(3).contains("No space left on device"))
      try await stage.stopWorker()
    }
  }
}
