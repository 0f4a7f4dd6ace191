import JudgeModel
import Messages
import Testing

@testable import SchedulerCore

@Suite struct GrantTests {
  @Test func grantsWithinTheCreditOnly() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 2, cache: [.a])
    bench.took("s1 welcome 1")
    bench.when(.submitted((1...3).map { order($0, priority: .regrade) }))
    bench.took(
      "record leased j1 1.1 anna", "record leased j2 1.2 anna",
      "grant s1: j1 1.1 #1, j2 1.2 #2")
    // The same limit again changes nothing, and neither does a smaller one.
    bench.sync(1, credit: 2, seen: 2, held: [held(1, epoch(1)), held(2, epoch(2))])
    bench.sync(1, credit: 1, seen: 2, held: [held(1, epoch(1)), held(2, epoch(2))])
    bench.tookNothing()
    bench.sync(1, credit: 3, seen: 2, held: [held(1, epoch(1)), held(2, epoch(2))])
    bench.took("record leased j3 1.3 anna", "grant s1: j3 1.3 #3")
  }

  @Test func whoWaitsForAVerdictIsNotTiedToABusyWorker() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 2, credit: 3, cache: [.a])
    bench.forget()
    // Credit for three, but the third would only lie there.
    bench.when(submitted(1...3))
    bench.took(
      "record leased j1 1.1 anna", "record leased j2 1.2 anna",
      "grant s1: j1 1.1 #1, j2 1.2 #2")
    // Now more wait than all slots can take at once: one may as well wait there.
    bench.when(submitted(4...5))
    bench.took("record leased j3 1.3 anna", "grant s1: j3 1.3 #3")
  }

  @Test func recordsTheVerdictBeforeItTellsAnyone() {
    var bench = SchedulerBench()
    bench.join("anna", cache: [.a])
    bench.given(submitted(1...1))
    bench.finish(1, 1, epoch(1), .wrongAnswer)
    #expect(bench.told == ["j1 WA from anna"])
    bench.took("record judged j1 1.1 anna WA", "s1 acknowledge j1 1.1")
    #expect(bench.core.status(at: bench.now).judged == 1)
  }

  @Test func passesRunsOn() {
    var bench = SchedulerBench()
    bench.join("anna", cache: [.a])
    bench.given(submitted(1...1))
    let run = Run(ordinal: 1, testcase: "secret/1", verdict: .accepted)
    bench.when(.runs(SessionID(1), JudgingID(1), epoch(1), [run]))
    #expect(bench.told == ["j1 ran 1"])
    bench.took("record runs j1 1.1 1")
    bench.when(.runs(SessionID(1), JudgingID(1), epoch(9), [run]))
    bench.tookNothing()
  }

  @Test func ignoresASecondSubmissionOfTheSameJudging() {
    var bench = SchedulerBench()
    bench.given(submitted(1...1))
    bench.given(submitted(1...1))
    bench.join("anna", slots: 2, cache: [.a])
    bench.took("s1 welcome 1", "record leased j1 1.1 anna", "grant s1: j1 1.1 #1")
  }

  @Test func urgentWorkGoesFirst() {
    var bench = SchedulerBench()
    bench.given(
      .submitted([
        order(1, priority: .batch), order(2, priority: .regrade), order(3, .b, priority: .live),
        order(4, priority: .console),
      ]))
    // Even a cold live judging passes a warm one that is in no hurry.
    bench.join("anna", slots: 4, cache: [.a])
    bench.took(
      "s1 welcome 1", "record leased j3 1.1 anna", "record leased j4 1.2 anna",
      "record leased j2 1.3 anna", "record leased j1 1.4 anna",
      "grant s1: j3 1.1 #1, j4 1.2 #2, j2 1.3 #3, j1 1.4 #4")
  }

  @Test func waitsForAWorkerWithTheLanguage() {
    var bench = SchedulerBench()
    bench.given(.submitted([order(1, language: "java")]))
    #expect(bench.notes == ["1 no worker is connected"])
    bench.join("anna", cache: [.a], languages: ["cpp"])
    bench.took("s1 welcome 1")
    #expect(bench.notes == ["1 no connected worker has the language java"])
    bench.join("berta", languages: ["cpp", "java"])
    bench.took("s2 welcome 2", "record leased j1 1.1 berta", "grant s2: j1 1.1 #1")
    bench.given(.submitted([order(2, language: "java")]))
    #expect(bench.notes == ["1 every slot is busy"])
    bench.given(.drain(WorkerID("berta")))
    #expect(bench.notes == ["1 every worker with the language java is draining"])
  }

  @Test func aDrainedWorkerGetsNothingNew() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 2, cache: [.a])
    bench.given(submitted(1...1))
    bench.given(.drain(WorkerID("anna")))
    bench.when(submitted(2...2))
    bench.tookNothing()
    #expect(bench.core.status(at: bench.now).workers.first?.state == .draining)
    bench.finish(1, 1, epoch(1), .accepted)
    bench.took("record judged j1 1.1 anna AC", "s1 acknowledge j1 1.1")
  }

  @Test func drainingOutlivesABrokenConnectionButNotARestart() {
    var bench = SchedulerBench()
    bench.join("anna", cache: [.a])
    bench.given(.drain(WorkerID("anna")))
    bench.given(.disconnected(SessionID(1)), submitted(1...1))
    bench.join("anna", cache: [.a])
    bench.took("s2 welcome 2")
    bench.when(.disconnected(SessionID(2)))
    bench.join("anna", cache: [.a], instance: 2)
    bench.took(
      "close s2", "s3 welcome 3", "record leased j1 1.1 anna", "grant s3: j1 1.1 #1")
  }

  @Test func aWorkerThatIsLeavingGetsNothingNew() {
    var bench = SchedulerBench()
    bench.join("anna", slots: 2, cache: [.a])
    bench.given(submitted(1...1))
    bench.giveBack(1, 1, epoch(1), .draining)
    bench.took("record returned j1 1.1: the worker is leaving", "s1 acknowledge j1 1.1")
    bench.join("berta", cache: [.a])
    bench.took("s2 welcome 2", "record leased j1 1.2 berta", "grant s2: j1 1.2 #1")
    bench.when(.goodbye(SessionID(1)))
    bench.took("close s1")
  }
}

extension SchedulerBench {
  var notes: [String] { core.status(at: now).waiting.map { "\($0.count) \($0.reason)" } }
}
