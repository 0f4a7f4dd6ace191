import JudgeModel
import Messages
import ProblemPackage
import Testing

extension WorkerAgentTests {
  /// Packages that come before a judging needs them, and transfers that wait for their turn.
  @Suite(.serialized) struct WarmUpTests {
    @Test func aPackageIsThereBeforeItIsNeeded() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2], in: stage.scratch)
      await stage.serve(package)
      try await stage.startWorker()
      try await stage.scheduler.warm(package.digest, unpacked: package.manifest.byteCount)
      try await eventually("it is there") { await stage.scheduler.cached == [package.digest] }
      await stage.scheduler.forgetAsked()
      try await stage.grant(1, package)
      try await stage.expectAccepted(1)
      #expect(await stage.scheduler.asked == [])
      #expect(await stage.scheduler.wishesEnded.isEmpty)
      try await stage.stopWorker()
    }

    @Test func aJudgingGetsTheRoomOfAWish() async throws {
      let stage = try await Stage()
      let wished = try TestPackage("wished", seeds: [1, 2, 3], in: stage.scratch)
      let needed = try TestPackage("needed", seeds: [4, 5], in: stage.scratch)
      await stage.serve(wished)
      await stage.serve(needed)
      await stage.scheduler.holdBack(try wished.range("data/secret/3.in"), of: wished.digest)
      try await stage.startWorker(budget: 1_500_000)
      try await stage.scheduler.warm(wished.digest, unpacked: wished.manifest.byteCount)
      try await eventually("it is on its way") { await stage.scheduler.owedCount > 0 }
      try await stage.grant(1, needed)
      try await eventually("the wish is over") {
        await stage.scheduler.wishesEnded.first?.package == wished.digest
      }
      await stage.scheduler.release()
      try await stage.expectAccepted(1)
      #expect(
        await stage.scheduler.wishesEnded.map(\.reason) == ["a judging needed its room"])
      try await stage.stopWorker()
    }

    /// The files remember what the process cannot.
    @Test func aWishTakesNoRoomFromWhatWasUsedBeforeARestart() async throws {
      let stage = try await Stage()
      let used = try TestPackage("used", seeds: [1, 2], in: stage.scratch)
      let wished = try TestPackage("wished", seeds: [3, 4], in: stage.scratch)
      await stage.serve(used)
      await stage.serve(wished)
      try await stage.startWorker(budget: 1_000_000)
      try await stage.grant(1, used)
      try await stage.expectAccepted(1)
      try await stage.stopWorker()
      try await stage.startWorker(budget: 1_000_000)
      try await stage.scheduler.warm(wished.digest, unpacked: wished.manifest.byteCount)
      try await eventually("the wish is over") { await !stage.scheduler.wishesEnded.isEmpty }
      #expect(
        await stage.scheduler.wishesEnded.first?.reason.contains("used in the last 10 minutes")
          == true)
      #expect(await stage.scheduler.cached == [used.digest])
      try await stage.stopWorker()
    }

    /// One package has to wait, which does not hold up another one, and goes on when it may.
    @Test func aTransferWaitsForItsTurn() async throws {
      let stage = try await Stage()
      let waiting = try TestPackage("waiting", seeds: [1, 2, 3], in: stage.scratch)
      let other = try TestPackage("other", seeds: [4, 5, 6], in: stage.scratch)
      await stage.serve(waiting)
      await stage.serve(other)
      await stage.scheduler.makeWait(waiting.digest)
      try await stage.startWorker(slots: 2)
      try await stage.grant(1, waiting)
      try await eventually("it is told to wait") {
        await stage.scheduler.bytesAsked(waiting.digest) > (64 << 10)
      }
      try await stage.grant(2, other)
      try await stage.expectAccepted(2)
      #expect(await stage.scheduler.outcome(1) == nil)
      await stage.scheduler.letGo(waiting.digest)
      try await stage.expectAccepted(1)
      try await stage.stopWorker()
    }

    /// What waited is asked for once on a new connection.
    @Test func aBrokenConnectionEndsTheWaitOnce() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2, 3], in: stage.scratch)
      await stage.serve(package)
      await stage.scheduler.makeWait(package.digest)
      try await stage.startWorker()
      try await stage.grant(1, package)
      try await eventually("it is told to wait") {
        await stage.scheduler.bytesAsked(package.digest) > (64 << 10)
      }
      await stage.scheduler.stopWaiting(package.digest)
      await stage.scheduler.forgetAsked()
      try await stage.scheduler.breakBulk()
      try await stage.expectAccepted(1)
      let offsets = await stage.scheduler.asked.map(\.range.lowerBound)
      #expect(Set(offsets).count == offsets.count, "each once: \(offsets)")
      try await stage.stopWorker()
    }

    /// The word that it may go on is lost: it asks again by itself.
    @Test func aTransferAsksAgain() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2, 3], in: stage.scratch)
      await stage.serve(package)
      await stage.scheduler.makeWait(package.digest)
      try await stage.startWorker()
      try await stage.grant(1, package)
      try await eventually("it is told to wait") {
        await stage.scheduler.bytesAsked(package.digest) > (64 << 10)
      }
      // What was on its way when it was told comes first.
      try await Task.sleep(for: .seconds(1))
      await stage.scheduler.forgetAsked()
      try await eventually("it asks again") { await !stage.scheduler.asked.isEmpty }
      // One piece says it as well as all of them.
      #expect(await stage.scheduler.asked.count == 1)
      await stage.scheduler.stopWaiting(package.digest)
      try await stage.expectAccepted(1)
      try await stage.stopWorker()
    }
  }
}
