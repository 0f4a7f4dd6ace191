import JudgeModel
import Messages
import Testing

@testable import WorkerCore

@Suite struct PackageCacheTests {
  @Test func theLeastRecentlyUsedGoesFirst() {
    var cache = PackageCache(budgetBytes: 30, packages: [(.a, 10), (.b, 10), (.c, 10)])
    #expect(cache.admit(.a, archive: 5, unpacked: 5) == .hit)
    cache.unpin(.a)
    #expect(cache.admit(.numbered(1), archive: 5, unpacked: 10) == .fetch(evict: [.b, .c]))
    #expect(cache.usedBytes == 25)
    #expect(!cache.contains(.b) && cache.contains(.a) && !cache.contains(.numbered(1)))
  }

  @Test func pinnedPackagesStay() {
    var cache = PackageCache(budgetBytes: 20, packages: [(.a, 10), (.b, 10)])
    #expect(cache.admit(.a, archive: 5, unpacked: 5) == .hit)
    #expect(cache.admit(.c, archive: 5, unpacked: 5) == .fetch(evict: [.b]))
    #expect(cache.admit(.b, archive: 5, unpacked: 5) == .full)
    cache.unpin(.a)
    #expect(cache.admit(.b, archive: 5, unpacked: 5) == .fetch(evict: [.a]))
    cache.checkInvariants()
  }

  @Test func aRefusalEvictsNothing() {
    var cache = PackageCache(budgetBytes: 20, packages: [(.a, 10), (.b, 10)])
    #expect(cache.admit(.a, archive: 5, unpacked: 5) == .hit)
    #expect(cache.admit(.c, archive: 10, unpacked: 5) == .full)
    #expect(cache.admit(.c, archive: 10, unpacked: 11) == .tooLarge)
    #expect(cache.contains(.b))
    #expect(cache.report.packages == [.a, .b])
  }

  @Test func aFetchIsReservedSharedAndSettled() {
    var cache = PackageCache(budgetBytes: 20)
    #expect(cache.admit(.a, archive: 8, unpacked: 10) == .fetch(evict: []))
    #expect(cache.admit(.a, archive: 8, unpacked: 10) == .arriving)
    #expect(cache.usedBytes == 18)
    #expect(cache.admit(.b, archive: 1, unpacked: 2) == .full)
    cache.complete(.a, bytes: 10)
    #expect(cache.usedBytes == 10)
    #expect(cache.admit(.b, archive: 1, unpacked: 2) == .fetch(evict: []))
    cache.abandon(.b)
    cache.abandon(.a)
    #expect(cache.usedBytes == 10 && cache.contains(.a))
  }

  @Test func aFetchNobodyWaitsForIsNotEvictedBeforeItEnds() {
    var cache = PackageCache(budgetBytes: 20)
    #expect(cache.admit(.a, archive: 8, unpacked: 10) == .fetch(evict: []))
    cache.unpin(.a)
    #expect(cache.admit(.b, archive: 8, unpacked: 10) == .full)
    cache.complete(.a, bytes: 10)
    #expect(cache.admit(.b, archive: 8, unpacked: 10) == .fetch(evict: [.a]))
  }

  @Test(arguments: [(Int64.max, 1 as Int64), (.max, .max), (-1, 5), (5, -1), (.min, .min)])
  func sillySizesAreTooLarge(archive: Int64, unpacked: Int64) {
    var cache = PackageCache(budgetBytes: 20)
    #expect(cache.admit(.a, archive: archive, unpacked: unpacked) == .tooLarge)
  }

  @Test func trimsToALowerBudget() {
    var cache = PackageCache(budgetBytes: 15, packages: [(.a, 10), (.b, 10), (.c, 5)])
    #expect(cache.trim() == [.a])
    #expect(cache.trim() == [])
    #expect(cache.usedBytes == 15)
  }

  @Test func aPackageLargerThanItsReservationMakesRoomLater() {
    var cache = PackageCache(budgetBytes: 20, packages: [(.a, 10)])
    #expect(cache.admit(.b, archive: 5, unpacked: 5) == .fetch(evict: []))
    cache.complete(.b, bytes: 14)
    cache.checkInvariants()
    #expect(cache.trim() == [.a])
    cache.checkInvariants()
  }

  /// Against a list that anyone can see to be right.
  @Test(arguments: 1...8)
  func behavesLikeAList(seed: UInt64) {
    struct Row {
      var digest: Digest
      var bytes: Int64
      var isComplete: Bool
      var pins: Int
    }
    var state = seed
    func below(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    var cache = PackageCache(budgetBytes: 100)
    /// Least recently used first.
    var rows: [Row] = []
    for _ in 1...500 {
      let digest = Digest.numbered(UInt8(below(8)))
      let at = rows.firstIndex { $0.digest == digest }
      switch below(4) {
      case 0, 1:
        let size = Int64(1 + below(60))
        let got = cache.admit(digest, archive: size / 3, unpacked: size - size / 3)
        if let at {
          var row = rows.remove(at: at)
          row.pins += 1
          #expect(got == (row.isComplete ? .hit : .arriving))
          rows.append(row)
        } else {
          var used = rows.reduce(0) { $0 + $1.bytes } + size
          var victims: [Digest] = []
          for row in rows where used > 100 && row.pins == 0 && row.isComplete {
            victims.append(row.digest)
            used -= row.bytes
          }
          if used > 100 {
            #expect(got == .full)
          } else {
            #expect(got == .fetch(evict: victims))
            rows.removeAll { victims.contains($0.digest) }
            rows.append(Row(digest: digest, bytes: size, isComplete: false, pins: 1))
          }
        }
      case 2:
        guard let at, !rows[at].isComplete else { continue }
        if below(4) == 0, rows[at].pins == 0 {
          cache.abandon(digest)
          rows.remove(at: at)
        } else {
          let bytes = Int64(below(Int(rows[at].bytes) + 1))
          cache.complete(digest, bytes: bytes)
          rows[at].bytes = bytes
          rows[at].isComplete = true
        }
      default:
        guard let at, rows[at].pins > 0 else { continue }
        cache.unpin(digest)
        rows[at].pins -= 1
      }
      cache.checkInvariants()
      #expect(cache.usedBytes == rows.reduce(0) { $0 + $1.bytes })
      #expect(cache.usedBytes <= 100)
      #expect(cache.report.packages == rows.filter(\.isComplete).map(\.digest).sorted())
    }
  }
}
