import JudgeModel
import Messages
import Testing

@testable import WorkerCore

@Suite struct PackageCacheTests {
  /// Blobs by number, of ten bytes each.
  private func blobs(_ numbers: UInt8...) -> [CachedBlob] {
    numbers.map { CachedBlob(digest: .numbered(100 + $0), size: 10) }
  }

  private func cache(_ budget: Int64, _ packages: (Digest, Int64)...) -> PackageCache {
    PackageCache(budgetBytes: budget, found: packages.map { .plain($0, $1) })
  }

  @Test func theLeastRecentlyUsedGoesFirst() {
    var cache = cache(30, (.a, 10), (.b, 10), (.c, 10))
    #expect(cache.admit(.a, unpacked: 10) == .hit)
    cache.unpin(.a)
    #expect(cache.admit(.numbered(1), unpacked: 15) == .fetch(evict: [.b, .c]))
    #expect(cache.usedBytes == 25)
    #expect(!cache.contains(.b) && cache.contains(.a) && !cache.contains(.numbered(1)))
  }

  @Test func pinnedPackagesStay() {
    var cache = cache(20, (.a, 10), (.b, 10))
    #expect(cache.admit(.a, unpacked: 10) == .hit)
    #expect(cache.admit(.c, unpacked: 10) == .fetch(evict: [.b]))
    #expect(cache.admit(.b, unpacked: 10) == .full)
    cache.unpin(.a)
    #expect(cache.admit(.b, unpacked: 10) == .fetch(evict: [.a]))
    cache.checkInvariants()
  }

  @Test func aRefusalEvictsNothing() {
    var cache = cache(20, (.a, 10), (.b, 10))
    #expect(cache.admit(.a, unpacked: 10) == .hit)
    #expect(cache.admit(.c, unpacked: 15) == .full)
    #expect(cache.admit(.c, unpacked: 21) == .tooLarge(21))
    #expect(cache.contains(.b))
    #expect(cache.report.packages == [.a, .b])
  }

  @Test func aFetchIsReservedSharedAndSettled() {
    var cache = PackageCache(budgetBytes: 20)
    #expect(cache.admit(.a, unpacked: 18) == .fetch(evict: []))
    #expect(cache.admit(.a, unpacked: 18) == .arriving)
    #expect(cache.usedBytes == 18)
    #expect(cache.admit(.b, unpacked: 3) == .full)
    cache.describe(.a, blobs(1))
    #expect(cache.usedBytes == 10)
    #expect(!cache.contains(.a))
    cache.markStartable(.a)
    #expect(cache.admit(.a, unpacked: 18) == .startable)
    cache.complete(.a)
    #expect(cache.admit(.b, unpacked: 3) == .fetch(evict: []))
    cache.abandon(.b, kept: [])
    cache.abandon(.a, kept: [])
    #expect(cache.usedBytes == 10 && cache.contains(.a))
    cache.checkInvariants()
  }

  @Test func whatPackagesShareIsCountedOnceAndFreedWithTheLast() {
    var cache = PackageCache(
      budgetBytes: 50,
      found: [
        FoundPackage(package: .a, blobs: blobs(1, 2)),
        FoundPackage(package: .b, blobs: blobs(2, 3)),
      ])
    #expect(cache.usedBytes == 30)
    // Of a new version one blob is new; before that is known there has to be room for all.
    #expect(cache.admit(.c, unpacked: 20) == .fetch(evict: []))
    #expect(cache.usedBytes == 50)
    cache.describe(.c, blobs(2, 4))
    #expect(cache.usedBytes == 40)
    // `a` frees one of its two, and `b` one.
    #expect(cache.admit(.numbered(1), unpacked: 30) == .fetch(evict: [.a, .b]))
    #expect(cache.usedBytes == 50)
    cache.checkInvariants()
  }

  @Test func nobodyIsEvictedInVain() {
    var cache = PackageCache(
      budgetBytes: 40,
      found: [
        FoundPackage(package: .a, blobs: blobs(1, 2)), FoundPackage(package: .b, blobs: blobs(3)),
        FoundPackage(package: .c, blobs: blobs(1, 2, 4)),
      ])
    #expect(cache.admit(.c, unpacked: 30) == .hit)
    // The oldest shares all that it has with one that is in use.
    #expect(cache.admit(.numbered(1), unpacked: 10) == .fetch(evict: [.b]))
    #expect(cache.contains(.a))
    // Two that share everything go together, when it has to be.
    var twins = PackageCache(
      budgetBytes: 20,
      found: [
        FoundPackage(package: .a, blobs: blobs(1, 2)),
        FoundPackage(package: .b, blobs: blobs(1, 2)),
      ])
    #expect(twins.admit(.c, unpacked: 5) == .fetch(evict: [.a, .b]))
    #expect(twins.usedBytes == 5)
  }

  @Test func unfinishedPackagesCountAndGoFirstAndGoOn() {
    var cache = PackageCache(
      budgetBytes: 50,
      found: [
        FoundPackage(package: .a, blobs: blobs(1)),
        FoundPackage(package: .b, blobs: blobs(2, 3, 4), held: blobs(2)),
        FoundPackage(package: .c, blobs: blobs(5, 6), held: blobs(5)),
      ])
    #expect(cache.usedBytes == 30)
    #expect(cache.report.packages == [.a])
    #expect(cache.admit(.b, unpacked: 30) == .fetch(evict: []), "two of its blobs are missing")
    #expect(cache.usedBytes == 50)
    #expect(cache.admit(.numbered(1), unpacked: 10) == .fetch(evict: [.c]))
    cache.abandon(.b, kept: blobs(2, 3))
    #expect(cache.usedBytes == 40)
    // Somebody runs with it, and may finish.
    #expect(cache.admit(.numbered(2), unpacked: 35) == .full)
    cache.unpin(.b)
    #expect(cache.admit(.numbered(2), unpacked: 35) == .fetch(evict: [.b, .a]))
    cache.checkInvariants()
  }

  @Test func aFetchNobodyWaitsForIsNotEvictedBeforeItEnds() {
    var cache = PackageCache(budgetBytes: 20)
    #expect(cache.admit(.a, unpacked: 18) == .fetch(evict: []))
    cache.unpin(.a)
    #expect(cache.admit(.b, unpacked: 18) == .full)
    cache.describe(.a, blobs(1))
    cache.complete(.a)
    #expect(cache.admit(.b, unpacked: 18) == .fetch(evict: [.a]))
  }

  @Test(arguments: [Int64.max, -1, .min])
  func sillySizesAreTooLarge(unpacked: Int64) {
    var cache = PackageCache(budgetBytes: 20)
    #expect(cache.admit(.a, unpacked: unpacked) == .tooLarge(unpacked))
  }

  @Test func trimsToALowerBudget() {
    var cache = cache(15, (.a, 10), (.b, 10), (.c, 5))
    #expect(cache.trim() == [.a])
    #expect(cache.trim() == [])
    #expect(cache.usedBytes == 15)
  }

  @Test func aPackageLargerThanItsReservationMakesRoomLater() {
    var cache = cache(25, (.a, 10))
    #expect(cache.admit(.b, unpacked: 10) == .fetch(evict: []))
    cache.describe(.b, blobs(1, 2))
    cache.checkInvariants()
    #expect(cache.trim() == [.a])
    cache.checkInvariants()
  }

  @Test func whatVanishedIsFetchedAgainWhereItIsNeeded() {
    var cache = cache(20, (.a, 10), (.b, 10))
    #expect(cache.admit(.a, unpacked: 10) == .hit)
    #expect(cache.lose(.a) == .refetch)
    #expect(cache.lose(.a) == .nothing, "it is being seen to")
    #expect(cache.usedBytes == 20 && !cache.contains(.a))
    cache.complete(.a)
    #expect(cache.contains(.a))
    #expect(cache.lose(.b) == .evict)
    #expect(cache.lose(.b) == .gone)
    #expect(cache.usedBytes == 10)
    cache.checkInvariants()
  }

  @Test func aFullDiskIsGivenOneMoreChance() {
    var cache = cache(100, (.a, 10), (.b, 10))
    #expect(cache.admit(.a, unpacked: 10) == .hit)
    #expect(cache.admit(.c, unpacked: 10) == .fetch(evict: []))
    #expect(cache.makeRoom(for: .c) == [.b])
    #expect(cache.makeRoom(for: .c) == nil)
    cache.unpin(.a)
    #expect(cache.makeRoom(for: .c) == nil, "once is once")
    cache.abandon(.c, kept: [])
    cache.unpin(.c)
    #expect(cache.admit(.c, unpacked: 10) == .fetch(evict: []))
    #expect(cache.makeRoom(for: .c) == [.a])
    cache.checkInvariants()
  }
}
