import Foundation
import JudgeModel
import Messages
import SchedulerClient
import Synchronization
import Testing

@testable import ProblemPackage
@testable import SchedulerServer

extension SchedulerServerTests {
  /// Packages pushed over real sockets.
  @Suite struct PushTests {
    private let scratch: Scratch
    init() throws { scratch = try Scratch() }

    private func push(
      _ built: SamplePackage.Built, _ client: SchedulerClient
    ) async throws -> PushReport {
      try await answer { try await client.push(archive: built.archive, package: built.digest) }
    }

    private func shelf(_ bench: ServerBench) async throws -> PackageShelf {
      try #require(await bench.server.bulk).shelf
    }

    @Test func onlyWhatIsNewTravels() async throws {
      try await ServerBench.with { bench in
        let client = try await bench.client()
        var package = SamplePackage(sizes: [400_000, 300_000, 37_000, 900_000])
        let first = try package.build(in: scratch, "first")
        let whole = try await push(first, client)
        #expect(whole.sentBytes == whole.archiveBytes, "nothing is asked for twice")
        package.seeds[2] = 33
        let second = try package.build(in: scratch, "second")
        let report = try await push(second, client)
        let index = try second.index
        let table = index.byteCount - index.end.upperBound
        #expect(
          try report.sentBytes
            == second.frameBytes(["manifest.json", "data/secret/2.in"])
            + Int64(index.end.count) + table)
        #expect(report.sentBytes < 40_000 && report.archiveBytes == index.byteCount)
        for built in [first, second] {
          #expect(try await shelf(bench).verify(built.digest).0 == built.manifest)
          let manifest = try await answer { try await client.manifest(of: built.digest) }
          #expect(manifest == built.manifest)
        }
        // And any range is read as if it were one file.
        let reader = try await BulkCaller(bench)
        let bytes = try second.bytes
        let offsets = stride(from: 0, to: Int64(bytes.count), by: 100_001).map { $0 }
        for offset in offsets {
          try await reader.send(.read(package: second.digest, offset: offset, length: 100_001))
        }
        try await reader.send(
          .read(package: second.digest, offset: Int64.max - 1, length: 100))
        try await eventually("all pieces") {
          await reader.pieces.count + reader.failures.count == offsets.count + 1
        }
        #expect(await reader.pieces.flatMap(\.bytes) == bytes)
        await client.close()
      }
    }

    @Test func aPushThatWasCutOffGoesOn() async throws {
      try await ServerBench.with { bench in
        var package = SamplePackage(sizes: [2_000_000, 2_000_000, 2_000_000, 2_000_000])
        let client = try await bench.client()
        let first = try package.build(in: scratch, "first")
        _ = try await push(first, client)
        package.seeds = [1, 22, 33, 4]
        let second = try package.build(in: scratch, "second")
        let bytes = try second.bytes
        let count = Mutex(0)
        // Answers the questions about the archive and six pieces of members.
        let caller = try await BulkCaller(bench) { offset, length in
          guard
            count.withLock({
              $0 += 1
              return $0
            }) <= 9
          else { return nil }
          return Array(bytes[Int(offset)..<(Int(offset) + Int(length))])
        }
        try await caller.send(.offer(package: second.digest, size: Int64(bytes.count)))
        let bulk = try #require(await bench.server.bulk)
        try await eventually("nine pieces are there") {
          await bulk.receivedBytes(of: second.digest) > 6 * Int64(BulkLimits.pieceBytes)
        }
        let received = await bulk.receivedBytes(of: second.digest)
        await caller.leave()
        let report = try await push(second, client)
        let needed =
          try second.frameBytes(["manifest.json", "data/secret/1.in", "data/secret/2.in"])
          + second.index.byteCount - second.index.end.lowerBound
        #expect(report.sentBytes == needed - received)
        #expect(try await shelf(bench).verify(second.digest).0 == second.manifest)
        await client.close()
      }
    }

    @Test func twoVersionsAtTheSameTime() async throws {
      try await ServerBench.with { bench in
        let clients = try await [bench.client(), bench.client(), bench.client()]
        let builds = try (0..<3).map { number in
          var package = SamplePackage(sizes: [700_000, 700_000, 700_000, 700_000])
          package.seeds[number] = 100 + UInt64(number)
          return try package.build(in: scratch, "\(number)")
        }
        _ = try await push(builds[0], clients[0])
        try await withThrowingTaskGroup(of: Void.self) { group in
          for number in 0..<3 {
            // The third client pushes what the second one does.
            let built = builds[min(number + 1, 2)]
            let client = clients[number]
            group.addTask {
              _ = try await client.push(archive: built.archive, package: built.digest)
            }
          }
          try await group.waitForAll()
        }
        for built in builds {
          #expect(try await shelf(bench).verify(built.digest).0 == built.manifest)
        }
        let list = try await answer { try await clients[0].packages() }
        #expect(Set(list.map(\.package.digest)).isSuperset(of: builds.map(\.digest)))
        #expect(await bench.server.bulk?.uploadCount == 0)
        for client in clients { await client.close() }
      }
    }

    // MARK: Hostile clients

    /// What a hostile client says about its archive: bytes by offset, whatever they are.
    private func refusal(
      _ bench: ServerBench, _ package: Digest, size: Int64,
      _ bytes: @escaping @Sendable (Int64, Int32) -> [UInt8]
    ) async throws -> String {
      let caller = try await BulkCaller(bench) { bytes($0, $1) }
      let reason = try await caller.push(package, size: size)
      #expect(await bench.server.bulk?.uploadCount == 0)
      #expect(try await !shelf(bench).holds(package))
      let directory = try await shelf(bench).directory
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [])
      return try #require(reason)
    }

    /// Of an archive in memory, beyond whose end there is nothing.
    private func refusal(
      _ bench: ServerBench, _ package: Digest, _ archive: [UInt8]
    ) async throws -> String {
      try await refusal(bench, package, size: Int64(archive.count)) { offset, length in
        Array(archive[Int(offset)..<(Int(offset) + Int(length))])
      }
    }

    private static func table(_ frames: [(UInt32, UInt32)]) -> [UInt8] {
      PackageArchive.seekTable(
        of: frames.map { PackageArchive.Frame(compressed: $0.0, decompressed: $0.1) })
    }

    @Test func archivesThatLieAreRefused() async throws {
      try await ServerBench.with { bench in
        let built = try SamplePackage().build(in: scratch, "first")
        let bytes = try built.bytes
        let index = try built.index
        let digest = built.digest
        let frames = try PackageArchive.frames(
          seekTable: Array(bytes[Int(index.end.upperBound)...]), archiveBytes: index.byteCount)
        let body = Array(bytes[..<Int(index.end.upperBound)])

        for size in [0, Int64.max, BulkServer.archiveLimit + 1] {
          #expect(try await refusal(bench, digest, size: size) { _, _ in [] }.contains("not taken"))
        }
        #expect(
          try await refusal(bench, digest, size: 5) { _, _ in [] }.contains("push it again"))
        #expect(
          try await refusal(bench, digest, size: 50) { _, length in
            [UInt8](repeating: 1, count: Int(length))
          }.contains("seek table"))
        #expect(try await refusal(bench, digest, bytes.dropLast()).contains("seek table"))
        #expect(try await refusal(bench, .numbered(5), bytes).contains("another package"))
        // A table with frames of 4 GiB, with too many, of which the first never ends.
        let huge = body + Self.table(frames.map { _ in (UInt32.max, 0) })
        #expect(try await refusal(bench, digest, huge).contains("account"))
        var million = Self.table([])
        million.replaceSubrange(8..<12, with: [0x40, 0x42, 0x0F, 0])
        #expect(try await refusal(bench, digest, body + million).contains("too many frames"))
        let table = Self.table([(UInt32(1 << 30), 0), (1, 0)])
        let size = Int64(1 << 30) + 1 + Int64(table.count)
        #expect(
          try await refusal(bench, digest, size: size) { offset, length in
            let start = Int(offset - size) + table.count
            return Array(table[start..<(start + Int(length))])
          }.contains("manifest of the archive takes 1073741824 bytes"))
        // A frame moved by a byte, members in each other's place, one frame fewer.
        var moved = frames
        moved[1].compressed += 1
        moved[2].compressed -= 1
        #expect(
          try await refusal(bench, digest, body + PackageArchive.seekTable(of: moved)).contains(
            "refused"))
        var swapped = frames
        swapped.swapAt(1, 2)
        let (one, two) = (index.members[1].range, index.members[2].range)
        let parts = [0..<one.lowerBound, two, one, two.upperBound..<index.end.upperBound]
        let mixed = parts.flatMap { bytes[Int($0.lowerBound)..<Int($0.upperBound)] }
        #expect(
          try await refusal(bench, digest, mixed + PackageArchive.seekTable(of: swapped))
            .contains("refused"))
        var untrue = frames
        untrue[3].decompressed += 1
        #expect(
          try await refusal(bench, digest, body + PackageArchive.seekTable(of: untrue))
            .contains("seek table is wrong"))
        var merged = frames
        merged[1].compressed += merged.remove(at: 2).compressed
        #expect(
          try await refusal(bench, digest, body + PackageArchive.seekTable(of: merged))
            .contains("frames for"))
        // And what is true is taken afterwards.
        let client = try await bench.client()
        _ = try await push(built, client)
        #expect(try await shelf(bench).verify(digest).0 == built.manifest)
        await client.close()
      }
    }

    /// An archive of a manifest alone, whatever its text is.
    private func archive(ofManifest text: [UInt8]) throws -> [UInt8] {
      let path = scratch.path + "/manifest.tar.zst"
      let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
      defer { close(descriptor) }
      let writer = try ArchiveWriter(descriptor: descriptor, path: path)
      try writer.begin("manifest.json", size: Int64(text.count), isExecutable: false)
      try text.withUnsafeBytes { try writer.append($0) }
      try writer.end()
      try writer.finish()
      return try contents(of: path)
    }

    @Test func manifestsThatAreTooMuchAreRefused() async throws {
      try await ServerBench.with { bench in
        let built = try SamplePackage().build(in: scratch, "first")
        let text = String(decoding: ManifestText.encode(built.manifest), as: UTF8.self)
        let files = try #require(text.range(of: "\"files\":[", options: .backwards))
        let file = try #require(text[files.upperBound...].range(of: "}"))
        let one = String(text[files.upperBound..<file.upperBound])
        // A million files, one of nearly 2^63 bytes, and a manifest that decompresses to 65 MiB.
        let million =
          text[..<files.upperBound] + String(repeating: "{},", count: 1_000_000)
          + text[files.upperBound...]
        let size = try #require(one.range(of: "\"size\":[0-9]+", options: .regularExpression))
        let huge = one.replacingCharacters(in: size, with: "\"size\":\(Int64.max)")
        let overflow = text.replacingOccurrences(of: one, with: huge)
        for manifest in [String(million), overflow, String(repeating: " ", count: 65 << 20)] {
          let archive = try archive(ofManifest: Array(manifest.utf8))
          let reason = try await refusal(bench, built.digest, archive)
          #expect(reason.contains("manifest"), "\(reason)")
        }
      }
    }

    @Test func piecesThatNobodyAskedForAreRefused() async throws {
      try await ServerBench.with { bench in
        let built = try SamplePackage().build(in: scratch, "first")
        let bytes = try built.bytes
        let (digest, size) = (built.digest, Int64(bytes.count))
        let caller = try await BulkCaller(bench)
        let stray = [UInt8](repeating: 7, count: 1_000)
        try await caller.send(.piece(package: digest, offset: 0, bytes: stray))
        try await caller.send(.offer(package: digest, size: size))
        try await eventually("a question") { await !caller.asked.isEmpty }
        let other = try await BulkCaller(bench)
        for offset in [0, 5, size - 1_000, Int64.max] {
          try await caller.send(.piece(package: digest, offset: offset, bytes: stray))
          try await other.send(
            .piece(package: digest, offset: size - 9, bytes: Array(bytes.suffix(9))))
        }
        // What it was asked for, and too much of it.
        let question = try #require(await caller.asked.first)
        try await caller.send(
          .piece(package: digest, offset: question.lowerBound, bytes: stray))
        try await eventually("a refusal") { await !caller.failures.isEmpty }
        #expect(await caller.failures[0].contains("were asked for"))
        #expect(await caller.asked.count == 1)
        #expect(try await !shelf(bench).holds(digest))
      }
    }

    // MARK: Dropping

    @Test func whatAJudgingNeedsIsNotDropped() async throws {
      try await ServerBench.with { bench in
        let client = try await bench.client()
        var package = SamplePackage()
        let first = try package.build(in: scratch, "first")
        package.seeds[0] = 11
        let second = try package.build(in: scratch, "second")
        _ = try await push(first, client)
        var request = bench.request("k1")
        request.package = first.digest
        let old = request
        let judging = try #require(try await answer { try await client.judge([old]) }.first)
        _ = try await push(second, client)

        var nothing = try await answer { try await client.collectPackages(isRehearsal: false) }
        #expect(nothing == PackageCollection(packages: [], freedBytes: 0))
        var list = try await answer { try await client.packages() }
        #expect(list.filter { $0.package.problem == "sample" }.map(\.isNewest) == [false, true])
        let own = try #require(list.first { $0.package.digest == first.digest }).ownBytes
        #expect(own > 30_000 && own < 33_000)

        // A worker that holds it is named, and nothing is lost while it judges.
        let worker = try Caller(bench.line)
        try await worker.joinAsWorker("lab", packages: [first.digest])
        _ = try await worker.nextGrant()
        nothing = try await answer { try await client.collectPackages(isRehearsal: false) }
        #expect(nothing.packages == [])
        list = try await answer { try await client.packages() }
        #expect(list.first { $0.package.digest == first.digest }?.workers == [WorkerID("lab")])

        try await answer { try await client.cancel(.judging(judging)) }
        let rehearsal = try await answer { try await client.collectPackages(isRehearsal: true) }
        #expect(rehearsal.packages.map(\.digest) == [first.digest])
        #expect(rehearsal.freedBytes == own)
        #expect(try await shelf(bench).holds(first.digest))
        let real = try await answer { try await client.collectPackages(isRehearsal: false) }
        #expect(real.packages == rehearsal.packages)
        #expect(real.freedBytes + real.keptBytes == own)
        #expect(try await shelf(bench).verify(second.digest).0 == second.manifest)

        // Whoever was fetching it is told, and who wants it judged as well.
        let reader = try await BulkCaller(bench)
        try await reader.send(.read(package: first.digest, offset: 0, length: 100))
        try await eventually("a refusal") { await !reader.failures.isEmpty }
        #expect(await reader.failures[0].contains("push it again"))
        request.key = "k2"
        let late = request
        await #expect(throws: ClientError.self) {
          try await answer { try await client.judge([late]) }
        }
        #expect(try await answer { try await client.missing(of: [first.digest]) } == [first.digest])
        // It comes back as the newest, and the other one may go.
        let report = try await push(first, client)
        #expect(report.sentBytes < 33_000)
        let other = try await answer { try await client.collectPackages(isRehearsal: false) }
        #expect(other.packages.map(\.digest) == [second.digest])
        #expect(try await shelf(bench).verify(first.digest).0 == first.manifest)
        await client.close()
      }
    }
  }
}
