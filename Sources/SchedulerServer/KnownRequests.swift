internal import JudgeModel
internal import Messages

/// Which judging was made of which request, so that a request may be repeated.
///
/// Bounded: of single requests the latest are remembered, of batches those that were used last. All
/// others can be read again from the store.
struct KnownRequests {
  static let singleLimit = 50_000
  static let batchLimit = 16

  // Two generations: when the young one is full it becomes the old one, which is forgotten.
  private var young: [String: JudgingID] = [:]
  private var old: [String: JudgingID] = [:]
  private var batches: [BatchID: [String: JudgingID]] = [:]
  /// Last used at the end.
  private var order: [BatchID] = []

  /// Whether the keys of this batch are loaded.
  mutating func covers(_ batch: BatchID) -> Bool {
    guard batches[batch] != nil else { return false }
    order.removeAll { $0 == batch }
    order.append(batch)
    return true
  }

  mutating func load(_ keys: [String: JudgingID], of batch: BatchID) {
    batches[batch] = keys
    order.append(batch)
  }

  /// Forgets batches that were not used for long. Not while a request is being worked on.
  mutating func trim() {
    while order.count > Self.batchLimit { batches[order.removeFirst()] = nil }
  }

  subscript(request: JudgingRequest) -> JudgingID? {
    get {
      guard let batch = request.batch else { return young[request.key] ?? old[request.key] }
      return batches[batch]?[request.key]
    }
    set {
      if let batch = request.batch {
        batches[batch]?[request.key] = newValue
      } else {
        note(newValue, single: request.key)
      }
    }
  }

  mutating func note(_ judging: JudgingID?, single key: String) {
    if young.count >= Self.singleLimit {
      old = young
      young = [:]
    }
    young[key] = judging
  }
}
