import JudgeModel
import Testing

@testable import Store

@Suite struct PackagesTests {
  let scratch: Scratch
  let store: Store

  init() throws {
    scratch = try Scratch()
    store = try Store.open(scratch.database)
  }

  @Test func packagesAreListedAsAdded() throws {
    let packages = [
      PackageSummary(digest: packageB, problem: "b", title: "B", archiveBytes: 1, unpackedBytes: 2),
      PackageSummary(digest: packageA, problem: "a", title: "A", archiveBytes: 3, unpackedBytes: 4),
    ]
    for package in packages { try store.addPackage(package, at: now) }
    #expect(try store.packages() == packages)
    #expect(try store.packages(problem: "a") == [packages[1]])
    #expect(try store.package(packageB) == packages[0])
  }

  @Test func packageAddedAgainIsTheNewest() throws {
    var first = PackageSummary(
      digest: packageA, problem: "a", title: "A", archiveBytes: 1, unpackedBytes: 2)
    let second = PackageSummary(
      digest: packageB, problem: "a", title: "A", archiveBytes: 3, unpackedBytes: 4)
    try store.addPackage(first, at: now)
    try store.addPackage(second, at: now)
    #expect(try store.packages(problem: "a") == [first, second])
    first.archiveBytes = 99
    // Also with a clock that was set back.
    try store.addPackage(first, at: now - 1)
    #expect(try store.packages(problem: "a") == [second, first])
    #expect(try store.packages() == [second, first])
  }

  private func package(_ number: UInt8, of problem: String = "a") throws -> PackageSummary {
    let digest = try #require(Digest(bytes: [UInt8](repeating: number, count: 32)))
    return PackageSummary(
      digest: digest, problem: problem, title: "", archiveBytes: 1, unpackedBytes: 2)
  }

  @Test func onlyWhatNothingNeedsIsDropped() throws {
    let old = try package(1)
    // `seed` adds packages of the problem `hello`.
    let waiting = try store.seed(1, package: packageA)
    let judged = try store.seed(2, package: packageB)
    let newest = PackageSummary(
      digest: try package(3).digest, problem: "hello", title: "", archiveBytes: 1, unpackedBytes: 2)
    try store.addPackage(newest, at: now)
    try store.addPackage(old, at: now)
    try store.addPackage(try package(2), at: now + 5)
    #expect(try store.unneededPackages() == [old], "judgings wait for both others")

    _ = try store.commit(
      [
        .leased(judged[0], epoch(1), worker), .judged(judged[0], epoch(1), worker, makeResult()),
        .leased(judged[1], epoch(2), worker),
      ], at: now)
    #expect(try store.unneededPackages() == [old], "one of them runs")
    _ = try store.commit([.judged(judged[1], epoch(2), worker, makeResult())], at: now)
    #expect(try store.unneededPackages().map(\.digest) == [packageB, old.digest])

    let wanted: Set = [packageA, packageB, newest.digest]
    #expect(try store.dropPackages(wanted, at: now).map(\.digest) == [packageB])
    #expect(try store.dropPackages(wanted, at: now) == [])
    #expect(try store.packages(problem: "hello").map(\.digest) == [packageA, newest.digest])
    #expect(try store.package(packageB) == nil)
    #expect(try store.droppedPackages() == [packageB])
    #expect(try store.packageTimes()[packageB] == nil)
    // What was judged with it stays, and says with what.
    let record = try #require(try store.judging(judged[0]))
    #expect(record.verdict == .accepted && record.package == packageB)
    #expect(try store.runs(of: judged[0]).count == 3)
    #expect(try store.judging(waiting[0])?.package == packageA)
  }

  @Test func aDroppedPackageThatIsPushedAgainIsTheNewest() throws {
    let (first, second) = (try package(1), try package(2))
    for package in [first, second] { try store.addPackage(package, at: now) }
    #expect(try store.dropPackages([first.digest], at: now) == [first])
    try store.addPackage(first, at: now + 9)
    #expect(try store.droppedPackages() == [])
    #expect(try store.packages() == [second, first])
    #expect(try store.unneededPackages() == [second])
  }

  @Test func originsAreKeptInOrderAndGoWithThePackage() throws {
    let (first, second) = (try package(1), try package(2))
    for package in [first, second] { try store.addPackage(package, at: now) }
    let origins = try ["http://b/1", "https://a/1?x=y"].map { try Origin($0) }
    #expect(try store.setOrigins(origins, of: first.digest))
    #expect(try store.setOrigins([origins[1]], of: second.digest))
    #expect(try !store.setOrigins(origins, of: packageA), "there is no such package")
    #expect(try store.origins() == [first.digest: origins, second.digest: [origins[1]]])
    #expect(try store.setOrigins(origins.reversed(), of: first.digest))
    #expect(try store.origins()[first.digest] == origins.reversed())
    // A push of the same package keeps them.
    try store.addPackage(first, at: now)
    #expect(try store.setOrigins([], of: second.digest))
    #expect(try store.origins() == [first.digest: origins.reversed()])

    try store.addPackage(package(3), at: now)
    #expect(try store.dropPackages([first.digest], at: now) == [first])
    #expect(try store.origins() == [:])
    #expect(try !store.setOrigins(origins, of: first.digest), "it was dropped")
    try store.addPackage(first, at: now)
    #expect(try store.origins() == [:])
  }
}
