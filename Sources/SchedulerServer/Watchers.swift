internal import DequeModule
internal import JudgeModel
internal import Messages
internal import Transport

/// Who wants to hear about which judging or batch, and how far each has been told the past.
///
/// # Theory of operation
///
/// A batch may have more judgings than memory for its history, so the past is told in pages, in the
/// order of the judgings' numbers. The store reads a page right after it has written a round's
/// records, so the page holds exactly what was published up to that round, and its place among the
/// rounds says what is told once: news of a judging that a page has told goes to the watcher at once;
/// news of one that lies ahead does not, because the page that it will come with knows it.
///
/// The next page is asked for when the connection has taken the one before, and one page at a time for
/// all watchers together, in turn: no round waits longer for its commit than for one page.
struct Watchers {
  struct Watcher: Hashable {
    var peer: RoutingID
    var request: UInt64
  }

  /// A piece of the past that is to be read.
  struct PageRequest: Hashable, Sendable {
    var watcher: Watcher
    var watched: Watched
    /// The last judging that was told, 0 at the beginning.
    var after: JudgingID
  }

  private struct Watch {
    var watched: Watched
    /// Judgings up to this one were told; nil when all were.
    var told: JudgingID?
  }

  /// More than any client has a use for: a stranger with the token must not fill the memory.
  static let limitPerPeer = 1_000

  private var watches: [Watcher: Watch] = [:]
  private var ofBatch: [BatchID: Set<Watcher>] = [:]
  private var ofJudging: [JudgingID: Set<Watcher>] = [:]
  private var ofPeer: [RoutingID: Set<Watcher>] = [:]
  /// Those who have not been told all of the past, whose turn is next at the front.
  private var behind = Deque<Watcher>()

  var isEmpty: Bool { watches.isEmpty }

  /// False when the peer has too many. The same watch again changes nothing.
  mutating func add(_ watcher: Watcher, to watched: Watched) -> Bool {
    guard watches[watcher] == nil else { return true }
    guard ofPeer[watcher.peer, default: []].count < Self.limitPerPeer else { return false }
    watches[watcher] = Watch(watched: watched, told: JudgingID(0))
    ofPeer[watcher.peer, default: []].insert(watcher)
    switch watched {
    case .batch(let id): ofBatch[id, default: []].insert(watcher)
    case .judging(let id): ofJudging[id, default: []].insert(watcher)
    }
    behind.append(watcher)
    return true
  }

  mutating func remove(_ watcher: Watcher) {
    guard let watch = watches.removeValue(forKey: watcher) else { return }
    behind.removeAll { $0 == watcher }
    Self.drop(watcher, of: watcher.peer, from: &ofPeer)
    switch watch.watched {
    case .batch(let id): Self.drop(watcher, of: id, from: &ofBatch)
    case .judging(let id): Self.drop(watcher, of: id, from: &ofJudging)
    }
  }

  private static func drop<Key>(
    _ watcher: Watcher, of key: Key, from index: inout [Key: Set<Watcher>]
  ) {
    index[key]?.remove(watcher)
    if index[key]?.isEmpty ?? false { index[key] = nil }
  }

  mutating func remove(_ peer: RoutingID) {
    for watcher in ofPeer[peer] ?? [] { remove(watcher) }
  }

  /// Nothing more will happen to this judging. Those who still have it ahead hear of it by their page.
  mutating func forget(_ judging: JudgingID) {
    for watcher in ofJudging[judging] ?? [] where watches[watcher]?.told == nil { remove(watcher) }
  }

  /// Those to whom news of the judging is due now.
  func watchers(of judging: JudgingID, in batch: BatchID?) -> [Watcher] {
    var all = ofJudging[judging] ?? []
    if let batch, let more = ofBatch[batch] { all.formUnion(more) }
    return all.filter { watcher in
      guard let watch = watches[watcher] else { return false }
      return watch.told.map { judging <= $0 } ?? true
    }
  }

  // MARK: The past

  /// The next page to read, of a watcher whose connection has room.
  func nextPage(where hasRoom: (RoutingID) -> Bool) -> PageRequest? {
    for watcher in behind where hasRoom(watcher.peer) {
      guard let watch = watches[watcher], let told = watch.told else { continue }
      return PageRequest(watcher: watcher, watched: watch.watched, after: told)
    }
    return nil
  }

  /// The page has arrived and tells everything up to `end`, or all when that is nil. Then others have
  /// their turn.
  /// - Returns: false when the watcher has gone meanwhile, and the page is to be thrown away.
  mutating func took(_ page: PageRequest, upTo end: JudgingID?) -> Bool {
    guard watches[page.watcher]?.told == page.after else { return false }
    watches[page.watcher]?.told = end
    behind.removeAll { $0 == page.watcher }
    if end != nil { behind.append(page.watcher) }
    return true
  }
}
