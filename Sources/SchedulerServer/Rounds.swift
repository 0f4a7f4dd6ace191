internal import JudgeModel
internal import Logging
internal import Messages
internal import SchedulerCore
internal import Transport
internal import Wire

/// Rounds: what was decided is recorded, and then told.
extension SchedulerServer {
  /// What is recorded and told together.
  private struct Round {
    var effects: [SchedulerEffect]
    /// Answers to clients that are true once the effects are durable.
    var answers: [(ClientReply, RoutingID)]
    /// A piece of the past that is read when the records are written, and told last.
    var page: Watchers.PageRequest?

    var records: [Record] {
      effects.compactMap { effect in
        if case .record(let record) = effect { record } else { nil }
      }
    }
    /// Whose programs the grants need.
    var submissions: [SubmissionID] {
      effects.flatMap { effect -> [SubmissionID] in
        if case .grant(_, _, let submissions) = effect { submissions } else { [] }
      }
    }
  }

  /// Performs what is pending, up to the next commit. Nothing more after a commit that failed: later
  /// rounds build on what was lost with it, and there may be room on the disk again.
  func pump() {
    while !isCommitting, !hasFailed, let round = takeRound() {
      let (records, submissions) = (round.records, round.submissions)
      if records.isEmpty, submissions.isEmpty, round.page == nil {
        perform(round, programs: [:])
      } else {
        isCommitting = true
        Task { await commit(records, submissions, round) }
      }
    }
  }

  private func takeRound() -> Round? {
    let page = isStopping ? nil : nextPage()
    guard !pending.isEmpty || !confirmations.isEmpty || page != nil else { return nil }
    defer {
      pending = []
      confirmations = []
    }
    return Round(effects: pending, answers: confirmations, page: page)
  }

  private func commit(_ records: [Record], _ submissions: [SubmissionID], _ round: Round) async {
    do {
      let done = try await keeper.commit(records, programsOf: submissions, page: round.page)
      if let error = usurpation(in: done.contradictions) {
        fail("another scheduler works with this record", error)
      } else {
        perform(round, programs: done.programs, except: Set(done.contradictions.map(\.judging)))
        accept(done.contradictions)
        if let page = done.page { tell(page) }
      }
    } catch {
      // What is not recorded must not be told: without the store there is nothing left to do.
      fail("the record cannot be written", error)
    }
    isCommitting = false
    pump()
  }

  /// - Parameter contradicted: judgings of which the record says otherwise. Nothing that was decided
  ///   about them is told, save to a worker that it may forget or must stop something.
  private func perform(
    _ round: Round, programs: [SubmissionID: Program], except contradicted: Set<JudgingID> = []
  ) {
    var acknowledgements = Acknowledgements()
    for effect in round.effects {
      switch effect {
      case .record: break
      case .grant(let session, let orders, let submissions):
        // It is told first what it may forget: one of these may be what it has just given back.
        send(acknowledgements.take(session), to: session)
        let told = zip(orders, submissions).filter { !contradicted.contains($0.0.name.judging) }
        grant(session, told, programs)
      // One by one they would be most of the messages.
      case .send(let session, .acknowledge(let names)) where !names.isEmpty:
        acknowledgements.add(names, for: session)
      case .send(let session, let message): send(message, to: session)
      case .close(let session):
        send(acknowledgements.take(session), to: session)
        links.close(session)
      case .note(let worker, let text):
        log.warning("\(text)", metadata: ["worker": "\(worker)"])
      case .publish(let judging, let batch, let news):
        if !contradicted.contains(judging) { publish(judging, batch, news) }
      }
    }
    for session in acknowledgements.sessions {
      send(acknowledgements.take(session), to: session)
    }
    for (answer, peer) in round.answers { reply(answer, to: peer) }
  }

  private func send(_ messages: [SchedulerMessage], to session: SessionID) {
    for message in messages { send(message, to: session) }
  }

  private func grant(
    _ session: SessionID, _ orders: [(GrantOrder, SubmissionID)],
    _ programs: [SubmissionID: Program]
  ) {
    let grants = orders.compactMap { order, submission -> Grant? in
      guard let program = programs[submission] else {
        log.error("a submission has no program", metadata: ["submission": "\(submission)"])
        return nil
      }
      return Grant(order: order, program: program)
    }
    for part in Grant.messages(of: grants) { send(.grant(part), to: session) }
  }

  private func send(_ message: SchedulerMessage, to session: SessionID) {
    guard let peer = links.peer(of: session) else { return }
    transmit(ControlCodec.encode(message), to: peer, mayDrop: false)
  }
}

// MARK: - When the record knows better

extension SchedulerServer {
  /// A lease of a later scheduler means that another one works with this record now, in spite of its
  /// lock. Two that correct each other would do harm for ever; the older one goes.
  private func usurpation(in contradictions: [Contradiction]) -> ServerError? {
    for contradiction in contradictions {
      guard case .open(let item) = contradiction.truth, let epoch = item.newestEpoch,
        epoch.generation > generation
      else { continue }
      return ServerError(
        "a later scheduler has leased \(contradiction.judging) (generation \(epoch.generation), "
          + "this is \(generation)): two schedulers use one state directory; stop one of them")
    }
    return nil
  }

  /// Nobody but this scheduler writes the record, so that its memory and the record differ only by a
  /// defect or by a person's hand in the file. The record is what a restart would believe: it counts
  /// at once, and nobody is told what it does not say.
  private func accept(_ contradictions: [Contradiction]) {
    guard !contradictions.isEmpty else { return }
    for contradiction in contradictions {
      log.error(
        "the record knows better; it counts",
        metadata: [
          "judging": "\(contradiction.judging)", "record": "\(contradiction.truth.summary)",
          "refused": "\(contradiction.refused.map(\.summary).joined(separator: ", "))",
        ])
    }
    handle(.contradicted(contradictions))
  }
}
