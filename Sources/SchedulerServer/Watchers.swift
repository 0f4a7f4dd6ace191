internal import JudgeModel
internal import Messages
internal import Transport

/// Who wants to hear about which judging or batch.
struct Watchers {
  struct Watcher: Hashable {
    var peer: RoutingID
    var request: UInt64
  }
  private var ofBatch: [BatchID: Set<Watcher>] = [:]
  private var ofJudging: [JudgingID: Set<Watcher>] = [:]

  mutating func add(_ watcher: Watcher, to watched: Watched) {
    switch watched {
    case .batch(let id): ofBatch[id, default: []].insert(watcher)
    case .judging(let id): ofJudging[id, default: []].insert(watcher)
    }
  }

  mutating func remove(_ peer: RoutingID) {
    ofBatch = ofBatch.mapValues { $0.filter { $0.peer != peer } }.filter { !$0.value.isEmpty }
    ofJudging = ofJudging.mapValues { $0.filter { $0.peer != peer } }.filter { !$0.value.isEmpty }
  }

  /// Nothing more will happen to this judging.
  mutating func forget(_ judging: JudgingID) { ofJudging[judging] = nil }

  func watchers(of judging: JudgingID, in batch: BatchID?) -> Set<Watcher> {
    let both = ofJudging[judging] ?? []
    guard let batch, let more = ofBatch[batch] else { return both }
    return both.union(more)
  }

  var isEmpty: Bool { ofBatch.isEmpty && ofJudging.isEmpty }
}
