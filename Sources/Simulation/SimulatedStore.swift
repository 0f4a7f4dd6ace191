internal import JudgeModel
internal import SchedulerCore

/// The durable side of the scheduler with the rules of the real store: one conditional update per
/// record, a lease current when its epoch is the one in the row.
struct SimulatedStore {
  struct Row {
    let order: JudgingOrder
    var state = JudgingState.queued
    /// Of the newest lease; outlives it.
    var epoch: LeaseEpoch?
    var verdict: Verdict?
  }

  /// Judgings are numbered from 1.
  private(set) var rows: [Row] = []
  private(set) var unfinishedCount = 0
  private var generation: UInt32 = 0
  /// Rows as they were before the last few records; kept for the store that forgets.
  private var undo: [(Int, Row)] = []
  private let planted: PlantedBug?
  private var forgets: Bool { planted == .forgetfulStore }

  init(planted: PlantedBug?) { self.planted = planted }

  mutating func nextGeneration() -> UInt32 {
    if planted != .reusedGeneration || generation == 0 { generation += 1 }
    return generation
  }

  subscript(_ judging: JudgingID) -> Row? {
    let index = Int(judging.value) - 1
    return rows.indices.contains(index) ? rows[index] : nil
  }

  mutating func create(_ order: JudgingOrder) {
    rows.append(Row(order: order))
    unfinishedCount += 1
  }

  /// - Returns: the records that changed nothing.
  mutating func commit(_ records: [Record]) -> [Record] { records.filter { !apply($0) } }

  private mutating func apply(_ record: Record) -> Bool {
    switch record {
    case .created: false
    case .leased(let judging, let epoch, _):
      update(judging) { row in
        guard !row.state.isFinal, row.epoch.map({ $0 <= epoch }) ?? true else { return false }
        row.state = .leased
        row.epoch = epoch
        return true
      }
    case .runs(let judging, let epoch, _):
      update(judging) { $0.state == .leased && $0.epoch == epoch }
    case .judged(let judging, let epoch, _, let result):
      update(judging) { row in
        guard !row.state.isFinal, row.epoch == epoch else { return false }
        row.state = .judged
        row.verdict = result.verdict
        return true
      }
    case .returned(let judging, let epoch, reason: _):
      update(judging) { row in
        guard row.state == .leased, row.epoch == epoch else { return false }
        row.state = .queued
        return true
      }
    case .cancelled(let judging):
      planted == .unrecordedCancellation || end(judging, .cancelled)
    case .quarantined(let judging, reason: _): end(judging, .quarantined)
    }
  }

  private mutating func end(_ judging: JudgingID, _ state: JudgingState) -> Bool {
    update(judging) { row in
      guard !row.state.isFinal else { return false }
      row.state = state
      return true
    }
  }

  private mutating func update(_ judging: JudgingID, _ change: (inout Row) -> Bool) -> Bool {
    let index = Int(judging.value) - 1
    guard rows.indices.contains(index) else { return false }
    let old = rows[index]
    guard change(&rows[index]) else { return false }
    if rows[index].state.isFinal { unfinishedCount -= 1 }
    if forgets { undo.append((index, old)) }
    return true
  }

  /// What a crash does to a disk that lied about having written.
  mutating func forgetLast(_ count: Int) {
    guard forgets else { return }
    for (index, old) in undo.suffix(count).reversed() {
      if rows[index].state.isFinal, !old.state.isFinal { unfinishedCount += 1 }
      rows[index] = old
    }
    undo.removeLast(min(count, undo.count))
  }

  var unfinished: [RestoredJudging] {
    rows.compactMap { row in
      row.state.isFinal
        ? nil
        : RestoredJudging(
          order: row.order, epoch: row.state == .leased ? row.epoch : nil, newestEpoch: row.epoch)
    }
  }
}
