import Foundation
import JudgeModel
import Messages
import ProblemPackage
import Testing
import Transport
import WebServers
import WorkerCore

extension WorkerAgentTests {
  /// Packages that web servers have, honest and other ones. What a transfer costs the scheduler then is
  /// the head of the archive.
  @Suite(.serialized) struct OriginTests {
    static let headBytes: Int64 = 16 << 10

    /// A worker, and a package that the scheduler says to be in these places.
    private func stage(
      _ package: TestPackage, at urls: [String], _ stage: Stage, slots: Int = 1,
      fetchRate: Int64? = nil, knownOrigins: OriginChoice = OriginChoice(), patience: Int64 = 300
    ) async throws {
      await stage.serve(package)
      try await stage.scheduler.put(origins: urls, of: package.digest)
      try await stage.startWorker(
        slots: slots, fetchRate: fetchRate, knownOrigins: knownOrigins, patience: patience)
    }

    /// As if these servers had been measured just now, the first as the nearest.
    private func nearestFirst(_ urls: [String]) throws -> OriginChoice {
      var choice = OriginChoice()
      for (place, url) in urls.enumerated() {
        choice.answered(
          try Origin(url), latency: .seconds(Int64(place) * 100), bytes: 1 << 20,
          duration: .seconds(1), at: Instant(nanoseconds: Reactor.now()))
      }
      return choice
    }

    private func expectNothingWrong(_ stage: Stage, _ package: TestPackage) throws {
      let store = try BlobStore(directory: stage.cache)
      #expect(try store.verify().damaged == [])
      #expect(store.contains(package.digest))
      #expect(store.lastScan.blobsRemoved == 0, "and nothing wrong was ever put there")
    }

    @Test func aPackageComesFromItsOrigin() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2, 3, 4], in: stage.scratch)
      let server = try WebServer(package.archive)
      defer { server.stop() }
      try await self.stage(package, at: [server.url], stage)
      try await stage.grant(1, package)
      try await stage.expectAccepted(1)
      #expect(await stage.scheduler.bytesAsked(package.digest) <= 2 * Self.headBytes)
      #expect(server.asked.first?.range == "-65536", "it has its own table")
      let first = try package.range("data/secret/1.ans").lowerBound
      #expect(server.asked.contains { $0.range?.hasPrefix("\(first)-") == true })
      try await stage.stopWorker()
      try expectNothingWrong(stage, package)
    }

    @Test func aNewVersionCostsWhatChanged() async throws {
      let stage = try await Stage()
      let old = try TestPackage("old", seeds: [1, 2, 3, 4], in: stage.scratch)
      let new = try TestPackage("new", seeds: [1, 2, 33, 4], in: stage.scratch)
      let server = try WebServer(new.archive)
      defer { server.stop() }
      await stage.serve(old)
      try await self.stage(new, at: [server.url], stage)
      try await stage.grant(1, old)
      try await stage.expectAccepted(1)
      try await stage.grant(2, new)
      try await stage.expectAccepted(2)
      let changed = [try new.range("data/secret/3.ans"), try new.range("data/secret/3.in")]
      let ranges = server.asked.dropFirst().compactMap { asked in
        let ends = (asked.range ?? "").split(separator: "-").compactMap { Int64($0) }
        return ends.count == 2 ? ends[0]..<(ends[1] + 1) : nil
      }
      for range in ranges {
        #expect(changed.contains { $0.contains(range.lowerBound) }, "\(range) did not change")
      }
      #expect(ranges.reduce(0) { $0 + $1.count } == changed.reduce(0) { $0 + $1.count })
      try await stage.stopWorker()
    }

    /// The scheduler's archive need not be the one that was built: it is put together.
    @Test func theOriginsArchiveMayBePackedOtherwise() async throws {
      let stage = try await Stage()
      var package = try TestPackage("p", seeds: [1, 2], in: stage.scratch)
      let built = package.archive
      // Another head, as if another compressor had written it.
      package.archive = try repacked(package)
      try #require(package.archive != built)
      let server = try WebServer(built)
      defer { server.stop() }
      try await self.stage(package, at: [server.url], stage)
      try await stage.grant(1, package)
      try await stage.expectAccepted(1)
      #expect(await stage.scheduler.bytesAsked(package.digest) <= 2 * Self.headBytes)
      try await stage.stopWorker()
      try expectNothingWrong(stage, package)
    }

    /// With an empty zstd frame behind the manifest's, which moves all that follows.
    private func repacked(_ package: TestPackage) throws -> [UInt8] {
      let bytes = package.archive
      let table = PackageArchive.tableByteCount(package.manifest)
      let frames = try PackageArchive.frames(
        seekTable: Array(bytes.suffix(table)), archiveBytes: Int64(bytes.count))
      let head = Int(frames[0].compressed)
      // A skippable frame of 100 bytes.
      let filler: [UInt8] =
        [0x50, 0x2A, 0x4D, 0x18, 100, 0, 0, 0] + [UInt8](repeating: 0, count: 100)
      var moved = frames
      moved[0].compressed += UInt32(filler.count)
      return Array(bytes[..<head]) + filler + bytes[head..<(bytes.count - table)]
        + PackageArchive.seekTable(of: moved)
    }

    static let bad: [WebServer.Behaviour] = [
      .stalls(after: 1000), .cutsOff(after: 100_000), .ignoresRanges, .status(404), .status(500),
      .neverEnds, .sendsAnotherRange, .shortens(by: 1), .redirects(to: "file:///etc/passwd"),
      .says("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-0/1\r\n\r\n"),
    ]

    /// - Parameter isLater: only after the table came as it should.
    @Test(arguments: bad.indices, [false, true])
    func theSchedulerSendsWhatAnOriginDoesNot(_ index: Int, isLater: Bool) async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2], in: stage.scratch)
      let server = try WebServer(package.archive) { number in
        isLater && number == 0 ? .honest : Self.bad[index]
      }
      defer { server.stop() }
      try await self.stage(package, at: [server.url], stage)
      try await stage.grant(1, package)
      try await stage.expectAccepted(1)
      #expect(!server.asked.isEmpty)
      // What never ends may have begun with all that is needed, which counts.
      if case .neverEnds = Self.bad[index], isLater {
      } else {
        #expect(await stage.scheduler.bytesAsked(package.digest) > 400_000)
      }
      try await stage.stopWorker()
      try expectNothingWrong(stage, package)
    }

    @Test func wrongBytesAreNeverUsed() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2, 3], in: stage.scratch)
      let at = Int(try package.range("data/secret/2.in").lowerBound) + 200_000
      let liar = try WebServer(package.archive, .lies(at: at))
      let honest = try WebServer(package.archive)
      defer {
        liar.stop()
        honest.stop()
      }
      let urls = [liar.url, honest.url]
      try await self.stage(package, at: urls, stage, knownOrigins: try nearestFirst(urls))
      try await stage.grant(1, package)
      try await stage.expectAccepted(1)
      #expect(await stage.scheduler.bytesAsked(package.digest) <= 2 * Self.headBytes)
      #expect(honest.asked.count > 1, "the other origin went on")
      // What was right stays: the other origin is not asked for it again.
      for path in ["data/secret/1.in", "data/secret/1.ans"] {
        let first = try package.range(path).lowerBound
        #expect(!honest.asked.contains { $0.range?.hasPrefix("\(first)-") == true })
      }
      try await stage.stopWorker()
      try expectNothingWrong(stage, package)
    }

    @Test func aLiarIsLeftAlone() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1], in: stage.scratch)
      let liar = try WebServer(
        package.archive, .lies(at: Int(try package.range("data/secret/1.in").upperBound) - 100))
      defer { liar.stop() }
      try await self.stage(package, at: [liar.url], stage)
      try await stage.grant(1, package)
      try await stage.expectAccepted(1)
      let asked = liar.asked.count
      #expect(asked > 1)
      // It is needed again.
      try FileManager.default.removeItem(
        atPath: stage.path(of: try package.blob("data/secret/1.in")))
      try await stage.grant(2, package)
      try await stage.expectAccepted(2)
      #expect(liar.asked.count == asked)
      try await stage.stopWorker()
      try expectNothingWrong(stage, package)
    }

    /// A whole other archive, with a table of another length or of the same.
    @Test(arguments: [[7, 8], [7, 8, 9]] as [[UInt64]])
    func anotherPackageIsNoOrigin(_ seeds: [UInt64]) async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2], in: stage.scratch)
      let other = try TestPackage("q", seeds: seeds, in: stage.scratch)
      let server = try WebServer(other.archive)
      defer { server.stop() }
      try await self.stage(package, at: [server.url], stage)
      try await stage.grant(1, package)
      try await stage.expectAccepted(1)
      #expect(await stage.scheduler.bytesAsked(package.digest) > 400_000)
      try await stage.stopWorker()
      try expectNothingWrong(stage, package)
    }

    @Test func theNextOriginGoesOn() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2, 3], in: stage.scratch)
      let broken = try WebServer(package.archive) { $0 == 0 ? .honest : .cutsOff(after: 50_000) }
      let honest = try WebServer(package.archive)
      defer {
        broken.stop()
        honest.stop()
      }
      let urls = [try nobodysURL(), broken.url, honest.url]
      try await self.stage(package, at: urls, stage, knownOrigins: try nearestFirst(urls))
      try await stage.grant(1, package)
      try await stage.expectAccepted(1)
      #expect(broken.asked.count > 1 && honest.asked.count > 1)
      #expect(await stage.scheduler.bytesAsked(package.digest) <= 2 * Self.headBytes)
      try await stage.stopWorker()
      try expectNothingWrong(stage, package)
    }

    /// That nobody gives up within the test is what would make it fail: it takes from the second one
    /// while the first hangs.
    @Test func anOriginThatHangsDelaysNobody() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2], in: stage.scratch)
      let hanging = try (0..<3).map { _ in try WebServer(package.archive, .stalls(after: 0)) }
      let honest = try WebServer(package.archive)
      defer { for server in hanging + [honest] { server.stop() } }
      try await self.stage(
        package, at: (hanging + [honest]).map(\.url), stage, patience: 1_000_000)
      try await stage.grant(1, package)
      try await stage.expectAccepted(1)
      #expect(await stage.scheduler.bytesAsked(package.digest) <= 2 * Self.headBytes)
      #expect(hanging.allSatisfy { $0.asked.count <= 1 } && honest.asked.count > 1)
      try await stage.stopWorker()
      try expectNothingWrong(stage, package)
    }

    @Test func allThatNobodyKnowsAreAskedAtOnce() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2], in: stage.scratch)
      let hanging = try (0..<8).map { _ in try WebServer(package.archive, .stalls(after: 0)) }
      defer { for server in hanging { server.stop() } }
      try await self.stage(package, at: hanging.map(\.url), stage, patience: 1_000_000)
      try await stage.grant(1, package)
      try await eventually("all are asked") { hanging.allSatisfy { $0.asked.count == 1 } }
      #expect(await stage.scheduler.outcome(1) == nil)
      for server in hanging { server.stop() }
      try await stage.expectAccepted(1)
      try await stage.stopWorker()
    }

    @Test func judgingStartsBeforeTheLastMemberIsThere() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2, 3], in: stage.scratch)
      // The table, and the first testcase with a little of the second.
      let first = try package.range("data/secret/1.ans").lowerBound
      let end = try package.range("data/secret/1.in").upperBound
      let server = try WebServer(package.archive) {
        $0 == 0 ? .honest : .stalls(after: Int(end - first) + 100)
      }
      defer { server.stop() }
      await stage.scheduler.holdBack(try package.range("data/secret/3.in"), of: package.digest)
      try await self.stage(package, at: [server.url], stage)
      try await stage.grant(1, package)
      try await eventually("a run is reported") { await stage.scheduler.runCount(1) > 0 }
      #expect(await stage.scheduler.outcome(1) == nil)
      try await eventually("the scheduler is asked for the rest") {
        await stage.scheduler.owedCount > 0
      }
      await stage.scheduler.release()
      try await stage.expectAccepted(1)
      try await stage.stopWorker()
      try expectNothingWrong(stage, package)
    }

    @Test func aRestartGoesOnFromTheLastVerifiedMember() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2, 3], in: stage.scratch)
      let start = try package.range("data/secret/1.ans").lowerBound
      let end = try package.range("data/secret/1.in").upperBound
      let server = try WebServer(package.archive) {
        $0 == 0 ? .honest : .stalls(after: Int(end - start) + 100)
      }
      let honest = try WebServer(package.archive)
      defer {
        server.stop()
        honest.stop()
      }
      await stage.scheduler.holdBack(try package.range("data/secret/3.in"), of: package.digest)
      try await self.stage(package, at: [server.url], stage)
      try await stage.grant(1, package)
      try await eventually("a run is reported") { await stage.scheduler.runCount(1) > 0 }
      try await stage.stopWorker()
      await stage.scheduler.release()
      await stage.scheduler.forgetAsked()
      try await stage.scheduler.put(origins: [honest.url], of: package.digest)
      try await stage.startWorker()
      try await stage.grant(2, package)
      try await stage.expectAccepted(2)
      #expect(!honest.asked.contains { $0.range?.hasPrefix("\(start)-") == true })
      // Only the table, with which it asks where the package lies besides: the manifest was kept.
      let table = Int64(PackageArchive.tableByteCount(package.manifest))
      #expect(await stage.scheduler.bytesAsked(package.digest) <= 2 * table)
      try await stage.stopWorker()
      try expectNothingWrong(stage, package)
    }

    /// Three origins that do something wrong now and then, as the seed says.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func whateverOriginsDoTheVerdictIsRight(_ seed: UInt64) async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [seed, 100, 101, 102], in: stage.scratch)
      let bytes = package.archive.count
      let servers = try (0..<3).map { server in
        try WebServer(package.archive) { number in
          var state = seed &* 31 &+ UInt64(server * 7 + number + 1)
          func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
          }
          guard random(2) == 0 else { return .honest }
          let all: [WebServer.Behaviour] =
            Self.bad + [.lies(at: random(bytes)), .cutsOff(after: random(500_000)), .late(20)]
          return all[random(all.count)]
        }
      }
      defer { for server in servers { server.stop() } }
      try await self.stage(package, at: servers.map(\.url), stage, slots: 2)
      try await stage.grant(1, package)
      try await stage.grant(2, package)
      try await stage.expectAccepted(1)
      try await stage.expectAccepted(2)
      try await stage.stopWorker()
      try expectNothingWrong(stage, package)
    }

    /// How long it takes, `OriginFlowTests` tests.
    @Test func aRateLimitLetsEverythingThrough() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2], in: stage.scratch)
      let server = try WebServer(package.archive)
      defer { server.stop() }
      try await self.stage(package, at: [server.url], stage, fetchRate: 3 << 20)
      try await stage.grant(1, package)
      try await stage.expectAccepted(1)
      #expect(await stage.scheduler.bytesAsked(package.digest) <= 2 * Self.headBytes)
      try await stage.stopWorker()
    }

    @Test func theWorkerStopsWhileAnOriginStalls() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2], in: stage.scratch)
      let server = try WebServer(package.archive) { $0 == 0 ? .honest : .stalls(after: 10) }
      defer { server.stop() }
      try await self.stage(package, at: [server.url], stage)
      try await stage.grant(1, package)
      try await eventually("the origin is asked") { server.asked.count > 1 }
      try await stage.stopWorker()
    }

    @Test(.enabled(if: Nginx.isInstalled, "\(Nginx.reason)"))
    func nginxIsAnOrigin() async throws {
      let stage = try await Stage()
      let package = try TestPackage("p", seeds: [1, 2, 3, 4], in: stage.scratch)
      let nginx = try Nginx(in: stage.scratch.path + "/web")
      let url = try nginx.serve(stage.scratch.path + "/p.tar.zst", as: "p.tar.zst")
      let whole = url.replacingOccurrences(of: "/p.tar", with: "/whole/p.tar")
      try await self.stage(package, at: [whole, url], stage)
      try await stage.grant(1, package)
      try await stage.expectAccepted(1)
      #expect(await stage.scheduler.bytesAsked(package.digest) <= 2 * Self.headBytes)
      let log = try nginx.log()
      #expect(log.first?.status == 200, "ranges are switched off there")
      #expect(log.dropFirst().allSatisfy { $0.status == 206 } && log.count < 8)
      try await stage.stopWorker()
      try expectNothingWrong(stage, package)
    }
  }
}
