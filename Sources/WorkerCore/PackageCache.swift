public import JudgeModel
public import Messages

/// Which packages lie on this worker's disk, and which have to go when another one comes.
///
/// Says what to fetch and what to evict; touches no file. The budget counts what is there and what
/// is reserved for packages on their way, so that a transfer never finds the disk full because of
/// us. A package that somebody waits for or runs with is pinned and stays.
public struct PackageCache: Sendable {
  public let budgetBytes: Int64
  public private(set) var usedBytes: Int64 = 0
  private var entries: [Digest: Entry] = [:]
  private var clock: UInt64 = 0
  /// More was found on the disk, or came out of an archive, than the budget has; until it is trimmed.
  private var isOverfull: Bool

  private struct Entry {
    var bytes: Int64
    var isComplete: Bool
    var pins: Int
    /// Logical time of the last use.
    var used: UInt64
  }

  /// What a wish for a package leads to.
  public enum Admission: Hashable, Sendable {
    /// It is here.
    case hit
    /// It is on its way already.
    case arriving
    /// Evict these, then fetch. The bytes are reserved.
    case fetch(evict: [Digest])
    /// Everything else is in use; ask again when something was unpinned.
    case full
    /// It can never fit.
    case tooLarge
  }

  /// - Parameter packages: what a scan of the disk found, with sizes, least recently used first.
  public init(budgetBytes: Int64, packages: [(Digest, Int64)] = []) {
    self.budgetBytes = budgetBytes
    for (digest, bytes) in packages {
      clock += 1
      entries[digest] = Entry(bytes: bytes, isComplete: true, pins: 0, used: clock)
      usedBytes += bytes
    }
    isOverfull = usedBytes > budgetBytes
  }

  /// Evictions that bring a cache back under its budget, when that was lowered since the last use or a
  /// package took more than was reserved for it.
  public mutating func trim() -> [Digest] {
    let victims = victims(freeing: usedBytes - budgetBytes) ?? unpinned()
    for victim in victims { drop(victim) }
    if usedBytes <= budgetBytes { isOverfull = false }
    return victims
  }

  /// Wants a package and pins it, unless the answer is `full` or `tooLarge`.
  /// - Parameters:
  ///   - archive: bytes of the archive, on disk beside the unpacked files while they are written.
  ///   - unpacked: bytes of the unpacked files.
  public mutating func admit(_ digest: Digest, archive: Int64, unpacked: Int64) -> Admission {
    clock += 1
    if var entry = entries.removeValue(forKey: digest) {
      entry.pins += 1
      entry.used = clock
      entries[digest] = entry
      return entry.isComplete ? .hit : .arriving
    }
    let (needed, overflow) = archive.addingReportingOverflow(unpacked)
    guard !overflow, archive >= 0, unpacked >= 0, needed <= budgetBytes else { return .tooLarge }
    guard let victims = victims(freeing: usedBytes + needed - budgetBytes) else { return .full }
    for victim in victims { drop(victim) }
    entries[digest] = Entry(bytes: needed, isComplete: false, pins: 1, used: clock)
    usedBytes += needed
    isOverfull = false
    return .fetch(evict: victims)
  }

  /// The package is complete and takes this much; the rest of its reservation is free again.
  public mutating func complete(_ digest: Digest, bytes: Int64) {
    guard var entry = entries.removeValue(forKey: digest) else { return }
    usedBytes += bytes - entry.bytes
    entry.bytes = bytes
    entry.isComplete = true
    entries[digest] = entry
    if usedBytes > budgetBytes { isOverfull = true }
  }

  /// The fetch failed; nothing of it is on the disk.
  public mutating func abandon(_ digest: Digest) {
    if let entry = entries[digest], !entry.isComplete { drop(digest) }
  }

  public mutating func unpin(_ digest: Digest) {
    guard var entry = entries.removeValue(forKey: digest) else { return }
    precondition(entry.pins > 0, "unpinned more often than pinned")
    entry.pins -= 1
    entries[digest] = entry
  }

  public func contains(_ digest: Digest) -> Bool { entries[digest]?.isComplete ?? false }

  public var report: CacheReport {
    CacheReport(
      packages: entries.filter(\.value.isComplete).map(\.key).sorted(), usedBytes: usedBytes,
      budgetBytes: budgetBytes)
  }

  private mutating func drop(_ digest: Digest) {
    if let entry = entries.removeValue(forKey: digest) { usedBytes -= entry.bytes }
  }

  private func unpinned() -> [Digest] {
    entries.filter { $0.value.pins == 0 && $0.value.isComplete }
      .sorted { $0.value.used < $1.value.used }
      .map(\.key)
  }

  /// Least recently used first; nil when not enough can go.
  private func victims(freeing bytes: Int64) -> [Digest]? {
    guard bytes > 0 else { return [] }
    var freed: Int64 = 0
    var victims: [Digest] = []
    for digest in unpinned() {
      victims.append(digest)
      freed += entries[digest]?.bytes ?? 0
      if freed >= bytes { return victims }
    }
    return nil
  }

  public func checkInvariants() {
    precondition(usedBytes == entries.values.reduce(0) { $0 + $1.bytes })
    precondition(entries.values.allSatisfy { $0.pins >= 0 && $0.bytes >= 0 })
    precondition(usedBytes <= budgetBytes || isOverfull, "the budget is kept")
  }
}
