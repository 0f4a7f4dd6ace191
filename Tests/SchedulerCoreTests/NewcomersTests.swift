import JudgeModel
import Messages
import Testing

@testable import SchedulerCore

@Suite struct NewcomersTests {
  /// Anna judges j1, and a second process with her name has said hello in session 2.
  private func twoAnnas() -> SchedulerBench {
    var bench = SchedulerBench()
    bench.join("anna", cache: [.a])
    bench.given(submitted(1...1))
    bench.join("anna", cache: [.a], instance: 2)
    bench.took("s1 cancel j0 1.2")
    return bench
  }

  private func answer(_ session: UInt64, about newcomer: UInt64) -> SchedulerEvent {
    .cancelConfirmed(SessionID(session), JudgingID(0), epoch(newcomer))
  }

  @Test func theDoubleOfAWorkerThatLivesIsRefusedAndTheWorkerGoesOn() {
    var bench = twoAnnas()
    bench.when(answer(1, about: 2))
    bench.took(
      "s1 acknowledge j0 1.2", "s2 refused", "close s2",
      "note anna: a second process with this name was refused, from host host")
    bench.pass(.seconds(2))
    bench.sync(1, credit: 1, seen: 1, held: [held(1, epoch(1))])
    bench.finish(1, 1, epoch(1), .accepted)
    bench.took("record judged j1 1.1 anna AC", "s1 acknowledge j1 1.1")
    #expect(bench.core.status(at: bench.now).workers.map(\.session.value) == [1])
  }

  /// What a dead process said before it died may come later than its successor's hello.
  @Test func lastWordsAreNoSignOfLife() {
    var bench = twoAnnas()
    bench.sync(1, credit: 1, seen: 1, held: [held(1, epoch(1))])
    bench.when(answer(1, about: 1))
    bench.when(.cancelConfirmed(SessionID(1), JudgingID(7), epoch(2)))
    bench.took("s1 acknowledge j0 1.1", "s1 acknowledge j7 1.2")
    bench.when(.disconnected(SessionID(1)))
    bench.took(
      "close s1", "s2 welcome 2", "record leased j1 1.2 anna", "grant s2: j1 1.2 #1")
  }

  /// The machine lost its power: nobody says that the connection is dead.
  @Test func theSuccessorOfAWorkerThatFallsSilentComesIn() {
    var bench = twoAnnas()
    bench.pass(.seconds(6))
    bench.took(
      "s1 cancel j0 1.2", "s1 cancel j0 1.2", "s1 probe", "s1 cancel j0 1.2", "s1 cancel j0 1.2",
      "s1 cancel j0 1.2")
    bench.pass(.seconds(1))
    bench.took(
      "close s1", "s2 welcome 2", "record leased j1 1.2 anna",
      "grant s2: j1 1.2 #1")
  }

  @Test func aWorkerThatIsSilentAlreadyIsReplacedAtOnce() {
    var bench = SchedulerBench()
    bench.join("anna")
    bench.pass(.seconds(7))
    bench.forget()
    bench.join("anna", instance: 2)
    bench.took("close s1", "s2 welcome 2")
  }

  /// A worker was restarted, and its dead process's hello came after that of the living one, which was
  /// silent for a while: it must not be refused for the sake of the dead.
  @Test func theOneThatWasOnlySilentIsRefusedIfTheOtherLives() {
    var bench = SchedulerBench()
    bench.join("anna")
    bench.pass(.seconds(7))
    bench.join("anna", instance: 2)
    bench.forget()
    bench.sync(1, credit: 1, seen: 0)
    bench.took("s1 who")
    bench.join("anna", instance: 1)
    bench.took("s2 cancel j0 1.3")
    var other = bench
    bench.when(answer(2, about: 3))
    bench.took(
      "s2 acknowledge j0 1.3", "s3 refused", "close s3",
      "note anna: a second process with this name was refused, from host host")
    other.when(.disconnected(SessionID(2)))
    other.took("close s2", "s3 welcome 3")
  }

  @Test func theQuestionIsAskedAgainWhenItWasLost() {
    var bench = twoAnnas()
    bench.pass(.seconds(2))
    bench.took("s1 cancel j0 1.2")
    bench.when(answer(1, about: 2))
    bench.forget()
    bench.pass(.seconds(1))
    bench.tookNothing()
  }

  /// The worker's line breaks and it is back before anybody else noticed.
  @Test func theWorkerMayComeBackOnAnotherConnectionMeanwhile() {
    var bench = twoAnnas()
    bench.join("anna", credit: 0, held: [held(1, epoch(1))])
    bench.took("close s1", "s3 welcome 3", "record leased j1 1.1 anna")
    bench.pass(.seconds(2))
    bench.took("s3 cancel j0 1.2")
    bench.when(answer(3, about: 2))
    bench.took(
      "s3 acknowledge j0 1.2", "s2 refused", "close s2",
      "note anna: a second process with this name was refused, from host host")
  }

  @Test func aNewcomerThatGivesUpIsForgotten() {
    var bench = twoAnnas()
    bench.when(.disconnected(SessionID(2)))
    bench.tookNothing()
    bench.when(answer(1, about: 2))
    bench.took("s1 acknowledge j0 1.2")
    bench.when(.goodbye(SessionID(1)))
    bench.took("close s1")
    #expect(bench.core.status(at: bench.now).workers.isEmpty)
  }

  @Test func aNewcomerThatSaysHelloAnewIsAskedAboutAnew() {
    var bench = twoAnnas()
    bench.join("anna", instance: 2)
    bench.took("close s2", "s1 cancel j0 1.3")
    // The worker died after the first answer.
    bench.when(answer(1, about: 2))
    bench.took("s1 acknowledge j0 1.2")
    bench.when(.disconnected(SessionID(1)))
    bench.took(
      "close s1", "s3 welcome 3", "record leased j1 1.2 anna", "grant s3: j1 1.2 #1")
  }

  @Test func ofManyNewcomersTheLastOneWaits() {
    var bench = twoAnnas()
    bench.join("anna", instance: 3)
    bench.took("close s2", "s1 cancel j0 1.3")
    bench.when(.goodbye(SessionID(1)))
    bench.took("close s1", "s3 welcome 3", "record leased j1 1.2 anna", "grant s3: j1 1.2 #1")
    // The one in the middle lives after all, and now the third has the name.
    bench.join("anna", instance: 2)
    bench.took("s3 cancel j0 1.4")
  }

  @Test func aNewcomerGetsNothingWhileItWaits() {
    var bench = twoAnnas()
    bench.when(submitted(2...3))
    bench.sync(2, credit: 5, seen: 0)
    bench.finish(2, 1, epoch(1), .accepted)
    bench.took("s2 who", "s2 who")
  }
}
