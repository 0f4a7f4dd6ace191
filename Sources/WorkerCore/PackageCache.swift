public import JudgeModel
public import Messages

/// Which packages lie on this worker's disk, and which have to go when another one comes.
///
/// Says what to fetch and what to evict; touches no file. The budget counts three things, each byte
/// once: blobs of packages that are here, blobs and reservations of packages on their way, and what
/// came of transfers that ended early. So a transfer never finds the disk full because of us. A
/// package that somebody waits for or runs with is pinned and stays.
///
///     (absent) ─► arriving ─► complete ─► (evicted)
///        ▲            │ ▲        │
///        │            ▼ │        │ something of it vanished
///        └─────── unfinished ◄───┘
public struct PackageCache: Sendable {
  public let budgetBytes: Int64
  public var usedBytes: Int64 { blobs.bytes + reservedBytes }
  private var entries: [Digest: Entry] = [:]
  private var blobs = BlobCounts()
  /// Set aside for packages whose manifest has not come.
  private var reservedBytes: Int64 = 0
  private var clock: UInt64 = 0
  /// More was found on the disk, or came out of an archive, than the budget has; until it is trimmed.
  private var isOverfull: Bool

  private struct Entry {
    enum State: Hashable {
      /// Next: startable, complete, unfinished.
      case arriving
      /// On its way, and what is needed to begin is here. Next: complete, unfinished.
      case startable
      /// Next: startable (a blob vanished), gone.
      case complete
      /// Some of it is here and nobody fetches the rest. Next: arriving, gone.
      case unfinished
    }
    var state: State
    /// What it is made of, each once; nil before its manifest is known.
    var blobs: [CachedBlob]?
    /// What it keeps on the disk: all, but for an unfinished one.
    var held: [CachedBlob] = []
    var reserved: Int64 = 0
    var pins = 0
    /// Logical time of the last use.
    var used: UInt64
    /// The disk was full once on this transfer.
    var foundDiskFull = false

    var isIdleTransfer: Bool { pins == 0 && (state == .arriving || state == .startable) }
  }

  /// What a wish for a package leads to.
  public enum Admission: Hashable, Sendable {
    /// It is here.
    case hit
    /// It is on its way, and a judging may begin.
    case startable
    /// It is on its way already.
    case arriving
    /// Evict these, then fetch. The bytes are reserved.
    case fetch(evict: [Digest])
    /// Everything else is in use; ask again when something was unpinned.
    case full
    /// It can never fit: so many bytes.
    case tooLarge(Int64)
  }

  /// - Parameter found: what a scan of the disk found, least recently used first.
  public init(budgetBytes: Int64, found: [FoundPackage] = []) {
    self.budgetBytes = budgetBytes
    isOverfull = false
    for package in found {
      clock += 1
      let entry = Entry(
        state: package.isComplete ? .complete : .unfinished, blobs: package.blobs.uniqued,
        held: (package.isComplete ? package.blobs : package.held).uniqued, used: clock)
      entries[package.package] = entry
      blobs.add(entry.held)
    }
    isOverfull = usedBytes > budgetBytes
  }

  // MARK: Asking

  public func contains(_ digest: Digest) -> Bool { entries[digest]?.state == .complete }
  func isPinned(_ digest: Digest) -> Bool { entries[digest].map { $0.pins > 0 } ?? false }

  /// On its way or here, and complete when it has come.
  func isHereOrComing(_ digest: Digest) -> Bool {
    entries[digest].map { $0.state != .unfinished } ?? false
  }
  /// Transfers that nobody waits for.
  var idleTransfers: Int { entries.values.count { $0.isIdleTransfer } }

  public var report: CacheReport {
    CacheReport(
      packages: entries.filter { $0.value.state == .complete }.map(\.key).sorted(),
      usedBytes: usedBytes, budgetBytes: budgetBytes)
  }

  // MARK: Coming

  /// Wants a package and pins it, unless the answer is `full` or `tooLarge`.
  /// - Parameter unpacked: bytes of its files, as the scheduler says; what is reserved until the
  ///   manifest says which of them are here already.
  public mutating func admit(_ digest: Digest, unpacked: Int64) -> Admission {
    let admission = wish(digest, unpacked: unpacked)
    switch admission {
    case .hit, .startable, .arriving, .fetch: pin(digest)
    case .full, .tooLarge: break
    }
    return admission
  }

  /// Wants a package without pinning it: it counts as used now, and keeps its room while it is on its
  /// way.
  /// - Parameter spared: not to be evicted for it.
  public mutating func wish(
    _ digest: Digest, unpacked: Int64, sparing spared: Set<Digest> = []
  ) -> Admission {
    clock += 1
    if let state = entries[digest]?.state, state != .unfinished {
      entries[digest]?.used = clock
      switch state {
      case .complete: return .hit
      case .startable: return .startable
      case .arriving, .unfinished: return .arriving
      }
    }
    let known = entries[digest]?.blobs
    let whole = known.map { $0.reduce(0) { $0.plus($1.size) } } ?? unpacked
    guard (0...budgetBytes).contains(whole) else { return .tooLarge(whole) }
    let needed = known.map { blobs.missing($0) } ?? unpacked
    let excess = usedBytes.plus(needed).plus(-budgetBytes)
    guard let victims = victims(freeing: excess, sparing: spared.union([digest])) else {
      return .full
    }
    for victim in victims { drop(victim) }
    var entry = entries.removeValue(forKey: digest) ?? Entry(state: .arriving, used: clock)
    entry.state = .arriving
    entry.foundDiskFull = false
    if let known {
      blobs.add(known)
      blobs.remove(entry.held)
      entry.held = known
    } else {
      entry.reserved = unpacked
      reservedBytes += unpacked
    }
    entry.used = clock
    entries[digest] = entry
    isOverfull = usedBytes > budgetBytes
    return .fetch(evict: victims)
  }

  /// Transfers that nobody waits for, so many that a package that found the cache full would fit if
  /// they ended: those last wished for or granted first. Empty when that would not be enough.
  /// - Parameter stopping: those that are about to end, which count first.
  func transfersToStop(
    for digest: Digest, unpacked: Int64, stopping: Set<Digest>
  ) -> [Digest] {
    let wanted = entries[digest]?.blobs
    var left = blobs
    for digest in evictable(sparing: [digest]) { left.remove(entries[digest]?.held ?? []) }
    var reserved = reservedBytes
    let unwanted = entries.filter { $0.key != digest && $0.value.isIdleTransfer }.sorted {
      let (first, second) = (stopping.contains($0.key), stopping.contains($1.key))
      return first != second ? first : $0.value.used > $1.value.used
    }
    var chosen: [Digest] = []
    for (digest, entry) in unwanted {
      left.remove(entry.held)
      reserved -= entry.reserved
      chosen.append(digest)
      // What goes with them may be a part of it, which it then needs room for.
      let needed = wanted.map { left.missing($0) } ?? unpacked
      if left.bytes.plus(reserved).plus(needed) <= budgetBytes { return chosen }
    }
    return []
  }

  /// The manifest of a package on its way is here: what others have of it needs no room.
  public mutating func describe(_ digest: Digest, _ all: [CachedBlob]) {
    guard var entry = entries.removeValue(forKey: digest) else { return }
    defer { entries[digest] = entry }
    guard entry.state == .arriving || entry.state == .startable else { return }
    let all = all.uniqued
    blobs.add(all)
    blobs.remove(entry.held)
    reservedBytes -= entry.reserved
    (entry.blobs, entry.held, entry.reserved) = (all, all, 0)
    if usedBytes > budgetBytes { isOverfull = true }
  }

  /// Enough of a described package is here to begin a judging.
  mutating func markStartable(_ digest: Digest) {
    if entries[digest]?.state == .arriving, entries[digest]?.blobs != nil {
      entries[digest]?.state = .startable
    }
  }

  /// Everything of a described package is here.
  public mutating func complete(_ digest: Digest) {
    guard let entry = entries[digest], entry.blobs != nil, entry.state != .unfinished else {
      return
    }
    entries[digest]?.state = .complete
  }

  // MARK: Going

  /// The transfer ended early.
  /// - Parameter kept: what is on the disk of this package; counted until it is evicted.
  public mutating func abandon(_ digest: Digest, kept: [CachedBlob]) {
    guard var entry = entries[digest], entry.state == .arriving || entry.state == .startable
    else { return }
    // Without its manifest nobody could say what else it needs.
    let kept = entry.blobs == nil ? [] : kept.uniqued
    blobs.add(kept)
    blobs.remove(entry.held)
    reservedBytes -= entry.reserved
    (entry.state, entry.held, entry.reserved) = (.unfinished, kept, 0)
    entries[digest] = entry
    forgetIfEmpty(digest)
  }

  /// What the news that something of a package vanished from the disk leads to.
  enum Loss: Hashable {
    /// It is needed, and its room still reserved: fetch what is missing.
    case refetch
    /// Nobody needs it now: evict what is left.
    case evict
    /// It is being seen to.
    case nothing
    /// Nobody fetches it, so whoever noticed waits in vain.
    case gone
  }

  /// Something of a package vanished from the disk, by somebody else's hand.
  mutating func lose(_ digest: Digest) -> Loss {
    guard let entry = entries[digest], entry.state != .unfinished else { return .gone }
    guard entry.state == .complete else { return .nothing }
    guard entry.pins > 0 else {
      drop(digest)
      return .evict
    }
    entries[digest]?.state = .startable
    entries[digest]?.foundDiskFull = false
    return .refetch
  }

  /// The disk was full on a transfer, whatever the budget says. The first time, everything that
  /// nobody needs has to go and the transfer may be tried once more.
  /// - Returns: what to evict before that; nil when it is to be given up.
  mutating func makeRoom(for digest: Digest) -> [Digest]? {
    guard let entry = entries[digest], entry.state == .arriving || entry.state == .startable,
      !entry.foundDiskFull
    else { return nil }
    let victims = evictable(sparing: [digest])
    guard !victims.isEmpty else { return nil }
    for victim in victims { drop(victim) }
    entries[digest]?.foundDiskFull = true
    return victims
  }

  /// Evictions that bring a cache back under its budget, when that was lowered since the last use or a
  /// package took more than was reserved for it.
  public mutating func trim() -> [Digest] {
    guard isOverfull else { return [] }
    let victims = victims(freeing: usedBytes - budgetBytes) ?? evictable()
    for victim in victims { drop(victim) }
    if usedBytes <= budgetBytes { isOverfull = false }
    return victims
  }

  public mutating func unpin(_ digest: Digest) {
    guard let entry = entries[digest] else { return }
    precondition(entry.pins > 0, "unpinned more often than pinned")
    entries[digest]?.pins -= 1
    forgetIfEmpty(digest)
  }

  private mutating func pin(_ digest: Digest) { entries[digest]?.pins += 1 }

  /// Nothing of it is on the disk, so nobody has to be told.
  private mutating func forgetIfEmpty(_ digest: Digest) {
    guard let entry = entries[digest], entry.state == .unfinished, entry.held.isEmpty,
      entry.pins == 0
    else { return }
    entries[digest] = nil
  }

  private mutating func drop(_ digest: Digest) {
    guard let entry = entries.removeValue(forKey: digest) else { return }
    blobs.remove(entry.held)
    reservedBytes -= entry.reserved
  }

  // MARK: Choosing

  /// What may go: unfinished packages first, then the least recently used.
  private func evictable(sparing spared: Set<Digest> = []) -> [Digest] {
    entries.filter {
      $0.value.pins == 0 && !spared.contains($0.key)
        && ($0.value.state == .complete || $0.value.state == .unfinished)
    }.sorted {
      let (a, b) = ($0.value, $1.value)
      if (a.state == .unfinished) != (b.state == .unfinished) { return a.state == .unfinished }
      return a.used < b.used
    }.map(\.key)
  }

  /// nil when not enough can go. Frees only what nobody else holds, and evicts nobody in vain.
  private func victims(freeing bytes: Int64, sparing spared: Set<Digest> = []) -> [Digest]? {
    guard bytes > 0 else { return [] }
    var left = blobs
    var victims: [Digest] = []
    var sharers = 0
    for digest in evictable(sparing: spared) where blobs.bytes - left.bytes < bytes {
      let before = left.bytes
      left.remove(entries[digest]?.held ?? [])
      if left.bytes == before { sharers += 1 }
      victims.append(digest)
    }
    guard blobs.bytes - left.bytes >= bytes else { return nil }
    if sharers == 0 { return victims }
    // Some freed nothing at their turn: they stay, unless it was they who freed what others share.
    for digest in victims.reversed() {
      let held = entries[digest]?.held ?? []
      left.add(held)
      if blobs.bytes - left.bytes >= bytes {
        victims.removeAll { $0 == digest }
      } else {
        left.remove(held)
      }
    }
    return victims
  }

  // MARK: Checking

  public func checkInvariants() {
    var count = BlobCounts()
    for (digest, entry) in entries {
      count.add(entry.held)
      precondition(entry.pins >= 0 && entry.reserved >= 0)
      precondition(entry.reserved == 0 || entry.state == .arriving, "only the unknown is reserved")
      precondition(entry.held.count == Set(entry.held.map(\.digest)).count, "each blob once")
      switch entry.state {
      case .complete, .startable: precondition(entry.held == entry.blobs, "\(digest) holds all")
      case .arriving: precondition(entry.blobs == nil || entry.held == entry.blobs)
      case .unfinished: precondition(!entry.held.isEmpty || entry.pins > 0, "not nothing")
      }
    }
    precondition(count == blobs, "what is counted is what is held")
    precondition(reservedBytes == entries.values.reduce(0) { $0 + $1.reserved })
    precondition(usedBytes <= budgetBytes || isOverfull, "the budget is kept")
  }
}
