internal import JudgeModel
internal import Messages

/// A process that wants the name of one that is connected.
///
/// Mostly it is the same worker, started again, and the other is dead without that being known yet; now
/// and then somebody gave two workers one name. Who of them is refused must not depend on who spoke
/// last, or the two would take the name from each other for ever. So the newcomer waits while the other
/// is asked to stop a lease that nobody has: one that lives says at once that it does not hold it, and
/// the newcomer is refused; of one that is dead the transport says so, or it becomes suspect, and the
/// newcomer is let in. Nobody is refused without such a sign of life of somebody else.
struct Newcomer {
  var session: SessionID
  var hello: WorkerHello
}

extension Scheduler {
  /// Judgings are numbered from 1.
  private static let nobodys = JudgingID(0)

  /// Names the newcomer, so that an answer to an earlier question does not count: the worker may have
  /// died since.
  private func question(about newcomer: SessionID) -> LeaseName {
    LeaseName(
      judging: Self.nobodys,
      epoch: LeaseEpoch(generation: generation, counter: newcomer.value))
  }

  /// Lets a newcomer wait until it is known what has become of the process that has its name.
  mutating func hold(
    _ id: SessionID, _ hello: WorkerHello, behind holder: SessionID,
    into effects: inout [SchedulerEffect]
  ) {
    newcomers[hello.worker] = Newcomer(session: id, hello: hello)
    ask(holder, about: id, into: &effects)
  }

  private func ask(
    _ holder: SessionID, about newcomer: SessionID, into effects: inout [SchedulerEffect]
  ) {
    let question = question(about: newcomer)
    effects.append(.send(holder, .cancel(question.judging, question.epoch)))
  }

  /// A worker says that it does not hold a lease. If that is the answer to a question, it lives.
  mutating func noteAnswer(
    _ name: LeaseName, from id: SessionID, into effects: inout [SchedulerEffect]
  ) {
    guard name.judging == Self.nobodys, let holder = sessions[id],
      let newcomer = newcomers[holder.worker], name == question(about: newcomer.session)
    else { return }
    newcomers[holder.worker] = nil
    let text =
      "a worker named \(holder.worker) is connected already, from host \(holder.hello.host): give "
      + "this one a name of its own with --name, or stop that one first"
    effects.append(.send(newcomer.session, .refused(text)))
    effects.append(.close(newcomer.session))
    effects.append(
      .note(
        holder.worker,
        "a second process with this name was refused, from host \(newcomer.hello.host)"))
  }

  /// A newcomer is gone, or says hello anew on another connection.
  mutating func forgetNewcomer(_ id: SessionID) {
    for (worker, newcomer) in newcomers where newcomer.session == id { newcomers[worker] = nil }
  }

  /// Newcomers whose name has become free, or whose rival has fallen silent, come in; for the others it
  /// is asked once more, as the question or its answer may have been lost.
  mutating func reviewNewcomers(at now: Instant, into effects: inout [SchedulerEffect]) {
    for (worker, newcomer) in newcomers.sorted(by: { $0.key < $1.key }) {
      if let holder = sessions.session(of: worker), !holder.isSuspect(at: now, policy) {
        ask(holder.id, about: newcomer.session, into: &effects)
      } else {
        greet(newcomer.session, newcomer.hello, at: now, into: &effects)
      }
    }
  }

  /// The session is over, see `lose`, and whoever waits for its worker's name has it now.
  mutating func end(
    _ id: SessionID, mayReturn: Bool, at now: Instant, into effects: inout [SchedulerEffect]
  ) {
    guard let worker = sessions.read(id, { $0.worker }) else { return forgetNewcomer(id) }
    lose(id, mayReturn: mayReturn, at: now, into: &effects)
    if let newcomer = newcomers[worker] {
      greet(newcomer.session, newcomer.hello, at: now, into: &effects)
    }
  }
}
