internal import JudgeModel
internal import Messages

/// Judgings that this worker shares with others, and parts of others' that it runs.
///
/// A part is a lease like any other, under a number of its own. Of a judging that this worker is
/// responsible for, the slot knows what is shared; here it is only handed through, and said in each sync
/// so that whatever was lost on the way is noticed.
extension Worker {
  /// The slot that runs a whole judging under this lease.
  private func slot(of judging: JudgingID, _ epoch: LeaseEpoch) -> Int? {
    guard let lease = held[judging], lease.order.name.epoch == epoch, lease.order.part == nil,
      case .running(let slot) = lease.phase
    else { return nil }
    return slot
  }

  mutating func share(
    _ judging: JudgingID, _ epoch: LeaseEpoch, parts: Int32, into effects: inout [WorkerEffect]
  ) {
    guard parts > 0, let slot = slot(of: judging, epoch) else { return }
    effects.append(.share(slot: slot, parts: parts))
  }

  mutating func help(
    _ judging: JudgingID, _ epoch: LeaseEpoch, _ runs: [Run], into effects: inout [WorkerEffect]
  ) {
    guard let slot = slot(of: judging, epoch) else { return }
    effects.append(.help(slot: slot, runs))
  }

  mutating func unshare(
    _ judging: JudgingID, _ epoch: LeaseEpoch, _ ordinals: [Int32],
    into effects: inout [WorkerEffect]
  ) {
    guard let slot = slot(of: judging, epoch) else { return }
    effects.append(.takeBack(slot: slot, ordinals))
  }

  /// The slot says what is with others now.
  mutating func noteShared(_ judging: JudgingID, _ ordinals: [Int32]) {
    guard case .running = held[judging]?.phase else { return }
    held[judging]?.shared = ordinals
    mustSync = true
  }

  /// The slot says what is left; the next sync takes it along.
  mutating func noteRemaining(_ judging: JudgingID, _ work: RemainingWork) {
    guard case .running = held[judging]?.phase else { return }
    held[judging]?.remaining = work
  }
}
