internal import JudgeModel
internal import Messages

extension Scheduler {
  /// Walks every relation between the tables; traps when one does not hold. For tests and the
  /// simulator, after each step.
  public func checkInvariants() {
    queue.checkInvariants()
    sessions.checkInvariants()
    var leased = 0
    for (id, judging) in judgings {
      precondition(judging.order.judging == id)
      switch judging.phase {
      case .queued:
        precondition(queue.contains(id), "a queued judging waits in the queue")
      case .awaited(let lease):
        precondition(!queue.contains(id))
        precondition(
          lease.session == SessionID(0)
            ? graceEnds != nil
            : broken.contains { $0.judging == id && $0.epoch == lease.epoch },
          "nothing is awaited for ever")
      case .leased(let lease):
        leased += 1
        precondition(!queue.contains(id), "a leased judging does not wait")
        precondition(
          sessions[lease.session]?.leases[id] != nil, "a lease is held by a live session")
        precondition(lease.epoch.generation < generation || lease.epoch.counter <= epochCounter)
      }
    }
    var held = 0
    for session in sessions.ids.compactMap({ sessions[$0] }) {
      held += session.leases.count
      precondition(session.granted <= session.creditLimit, "grants stay within the credit")
    }
    precondition(
      held == leased + splitting.parts.count, "each lease, and each part, stands at one session")
    checkParts()
    for (worker, newcomer) in newcomers {
      precondition(newcomer.hello.worker == worker)
      precondition(
        sessions.session(of: worker).map { $0.instance != newcomer.hello.instance } ?? false,
        "a newcomer waits for a name that another process has")
    }
    precondition(newcomers.isEmpty || nextSessionCheck != nil, "nobody waits for ever")
    precondition(queue.count <= judgings.count)
  }
}
