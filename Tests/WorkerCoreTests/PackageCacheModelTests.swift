import JudgeModel
import Messages
import Testing

@testable import WorkerCore

/// The cache against a list that anyone can see to be right, over random traces.
@Suite struct PackageCacheModelTests {
  /// What a package is made of: some blobs of its own and some that its neighbours have as well.
  private static let contents: [[CachedBlob]] = (0..<10).map { package in
    let all = [package, package + 1, 20 + package, 40 + package / 3]
    return all.map { CachedBlob(digest: .numbered(UInt8($0)), size: Int64(3 + $0 * 7 % 11)) }
  }

  private struct Row {
    var package: Int
    var isComplete = false
    var isArriving = false
    /// Before its manifest is known.
    var reserved: Int64 = 0
    var held: Set<CachedBlob> = []
    var isKnown = false
    var pins = 0
  }

  private struct Model {
    let budget: Int64
    /// Least recently used first.
    var rows: [Row] = []

    static func bytes(_ rows: [Row]) -> Int64 {
      rows.reduce(into: Set()) { $0.formUnion($1.held) }.reduce(0) { $0 + $1.size }
        + rows.reduce(0) { $0 + $1.reserved }
    }

    static func isEvictable(_ row: Row) -> Bool { row.pins == 0 && !row.isArriving }

    /// Whether so many packages can go that the rest fits beside a new one.
    func fits(_ new: Row, without old: Int?) -> Bool {
      let rest = rows.filter { !Self.isEvictable($0) && $0.package != old }
      return Self.bytes(rest + [new]) <= budget
    }
  }

  private struct Dice {
    var state: UInt64
    mutating func below(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
  }

  @Test(arguments: 1...40)
  func behavesLikeAList(seed: UInt64) throws {
    var dice = Dice(state: seed)
    let budget = Int64(60 + dice.below(80))
    var cache = PackageCache(budgetBytes: budget)
    var model = Model(budget: budget)
    for _ in 1...600 {
      let package = dice.below(10)
      let digest = Digest.numbered(UInt8(200 + package))
      let at = model.rows.firstIndex { $0.package == package }
      switch dice.below(8) {
      case 0, 1, 2: try admit(package, digest, &cache, &model)
      case 3:
        guard let at, model.rows[at].isArriving else { continue }
        cache.describe(digest, Self.contents[package])
        model.rows[at].held = Set(Self.contents[package])
        model.rows[at].reserved = 0
        model.rows[at].isKnown = true
      case 4:
        cache.complete(digest)
        guard let at, model.rows[at].isArriving, model.rows[at].isKnown else { continue }
        (model.rows[at].isArriving, model.rows[at].isComplete) = (false, true)
      case 5:
        guard let at, model.rows[at].isArriving else { continue }
        let kept = Self.contents[package].filter { _ in dice.below(2) == 0 }
        cache.abandon(digest, kept: kept)
        model.rows[at].isArriving = false
        model.rows[at].held = model.rows[at].isKnown ? Set(kept) : []
        model.rows[at].reserved = 0
      case 6:
        let loss = cache.lose(digest)
        guard let at, model.rows[at].isComplete else {
          #expect(loss == (at.map { model.rows[$0].isArriving } == true ? .nothing : .gone))
          continue
        }
        if model.rows[at].pins > 0 {
          #expect(loss == .refetch)
          (model.rows[at].isArriving, model.rows[at].isComplete) = (true, false)
        } else {
          #expect(loss == .evict)
          model.rows.remove(at: at)
        }
      default:
        guard let at, model.rows[at].pins > 0 else { continue }
        cache.unpin(digest)
        model.rows[at].pins -= 1
      }
      model.rows.removeAll { Model.isEvictable($0) && !$0.isComplete && $0.held.isEmpty }
      cache.checkInvariants()
      #expect(cache.usedBytes == Model.bytes(model.rows))
      #expect(cache.usedBytes <= budget)
      #expect(
        cache.report.packages
          == model.rows.filter(\.isComplete).map { .numbered(UInt8(200 + $0.package)) }.sorted())
    }
  }

  private func admit(
    _ package: Int, _ digest: Digest, _ cache: inout PackageCache, _ model: inout Model
  ) throws {
    let all = Self.contents[package]
    let unpacked = all.reduce(0) { $0 + $1.size }
    let got = cache.admit(digest, unpacked: unpacked)
    let at = model.rows.firstIndex { $0.package == package }
    if let at, model.rows[at].isComplete || model.rows[at].isArriving {
      var row = model.rows.remove(at: at)
      row.pins += 1
      // Nothing is ever marked here, but what lost a blob may be begun with at once.
      #expect(row.isComplete ? got == .hit : got == .arriving || got == .startable)
      model.rows.append(row)
      return
    }
    var new = at.map { model.rows[$0] } ?? Row(package: package)
    (new.isArriving, new.pins) = (true, new.pins + 1)
    if new.isKnown { new.held = Set(all) } else { new.reserved = unpacked }
    guard case .fetch(let victims) = got else {
      #expect(got == .full || got == .tooLarge(unpacked))
      #expect(!model.fits(new, without: package), "what is refused does not fit")
      return
    }
    // Whoever went could go, nobody went in vain, and unfinished ones went first.
    let isVictim = { (row: Row) in victims.contains(.numbered(UInt8(200 + row.package))) }
    let gone = model.rows.filter(isVictim)
    #expect(gone.count == victims.count && gone.allSatisfy(Model.isEvictable))
    let others = model.rows.filter { !isVictim($0) && $0.package != package }
    #expect(Model.bytes(others + [new]) <= budget(model))
    if let last = gone.last(where: { $0.isComplete }) ?? gone.last {
      #expect(Model.bytes(others + [new, last]) > budget(model), "one fewer is not enough")
    }
    if gone.contains(where: \.isComplete) {
      let spared = others.filter { Model.isEvictable($0) && !$0.isComplete }
      let shared = Set(
        others.filter { !spared.map(\.package).contains($0.package) }.flatMap(\.held))
      #expect(
        spared.allSatisfy { row in
          let rest = Set(others.filter { $0.package != row.package }.flatMap(\.held))
          return row.held.isSubset(of: rest.union(shared).union(new.held))
        }, "unfinished ones stay only where they would free nothing")
    }
    model.rows = others + [new]
  }

  private func budget(_ model: Model) -> Int64 { model.budget }
}
