import JudgeModel
import Messages
import Testing

@testable import WorkerCore

@Suite struct SessionTests {
  @Test func introducesItselfAndSyncs() {
    var bench = WorkerBench(cached: [(.a, 10)], connected: false)
    #expect(bench.core.nextDeadline == nil)
    bench.when(.connected)
    bench.took("hello credit 2 holds [] has [p10]")
    bench.when(welcome(4))
    bench.took("sync 1 credit 2 seen 0 holds []")
    bench.pass(.seconds(4))
    bench.took(
      "sync 2 credit 2 seen 0 holds []", "sync 3 credit 2 seen 0 holds []")
  }

  @Test func helloIsSaidAgainUntilItIsAnswered() {
    var bench = WorkerBench(connected: false)
    bench.given(.connected)
    bench.pass(.seconds(30))
    bench.took("hello credit 2 holds [] has []", "hello credit 2 holds [] has []")
    bench.given(welcome(1))
    bench.pass(.seconds(1))
    bench.took()
    bench.given(.disconnected)
    bench.pass(.seconds(100))
    bench.took()
  }

  @Test func oneHelloAnswersManyWhos() {
    var bench = WorkerBench()
    bench.when(.who, .who)
    bench.when(.who)
    bench.took("hello credit 2 holds [] has []")
  }

  /// The scheduler asks so whether it lives.
  @Test func toldToStopWhatItNeverHadItSaysSoAtOnce() {
    var bench = WorkerBench()
    bench.when(.cancelled(JudgingID(0), LeaseEpoch(generation: 1, counter: 7)))
    bench.took("cancelled j0 1.7")
  }

  @Test func aNewSessionHearsWhatIsHeldAndCountsAnew() {
    var bench = WorkerBench(slots: 3, cached: [(.a, 10)])
    bench.given(
      granted(order(1, 1, sequence: 1), order(2, 2, sequence: 2)), judged(0, 1))
    bench.given(.disconnected)
    bench.when(.connected)
    bench.took("hello credit 2 holds [j1 1.1 finished, j2 1.2 running] has [p10]")
    bench.when(welcome(2))
    bench.took(
      "finished s2 j1 1.1 AC", "sync 1 credit 2 seen 0 holds [j1 1.1 finished, j2 1.2 running]")
    bench.when(judged(1, 2))
    bench.took(
      "finished s2 j2 1.2 AC", "sync 2 credit 3 seen 0 holds [j1 1.1 finished, j2 1.2 finished]")
  }

  @Test func workGoesOnWithoutAConnection() {
    var bench = WorkerBench(cached: [(.a, 10)])
    bench.given(granted(order(1, 1, sequence: 1)))
    bench.when(.disconnected)
    bench.when(.ran(JudgingID(1), Run(ordinal: 1, testcase: "1", verdict: .accepted)))
    bench.pass(.seconds(1))
    bench.when(judged(0, 1))
    bench.took()
    bench.given(.connected)
    bench.when(welcome(2))
    bench.tookBesideSyncs("finished s2 j1 1.1 AC")
  }

  @Test func outcomesAreRepeatedUntilTheyAreAcknowledged() {
    var bench = WorkerBench(cached: [(.a, 10)])
    bench.given(granted(order(1, 1, sequence: 1)))
    bench.given(judged(0, 1))
    bench.pass(.seconds(5))
    bench.tookBesideSyncs()
    bench.pass(.seconds(1))
    bench.tookBesideSyncs("finished s1 j1 1.1 AC")
    bench.pass(.seconds(6))
    bench.tookBesideSyncs("finished s1 j1 1.1 AC")
    bench.given(acknowledged(1, 1))
    bench.pass(.seconds(20))
    bench.tookBesideSyncs()
  }

  @Test func aGrantOfAnOlderSessionIsNotTaken() {
    var bench = WorkerBench(cached: [(.a, 10)])
    bench.given(.who)
    // It was on its way when the session ended; its number means nothing in the next one.
    bench.when(granted(order(1, 1, sequence: 17)))
    bench.took()
    bench.when(welcome(2))
    bench.took("sync 1 credit 2 seen 0 holds []")
  }

  @Test func grantsOfASessionInBetweenDoNotRaiseTheCredit() {
    var bench = WorkerBench(cached: [(.a, 10)])
    bench.given(granted(order(1, 1, sequence: 9)))
    bench.when(welcome(2))
    bench.took("sync 1 credit 1 seen 0 holds [j1 1.1 running]")
  }

  @Test func aPackageThatArrivesBeforeTheWelcomeIsReported() {
    var bench = WorkerBench()
    bench.given(granted(order(1, 1, sequence: 1)))
    bench.given(.who)
    bench.given(described(.a, bytes: 10), .packageInstalled(.a))
    bench.when(welcome(2))
    bench.took("sync 1 credit 1 seen 0 holds [j1 1.1 running] has [p10]")
  }

  @Test func creditCountsALostGrant() {
    var bench = WorkerBench(slots: 4, cached: [(.a, 10)])
    // Number 1 and 2 were lost; the scheduler has counted them as well.
    bench.when(granted(order(3, 3, sequence: 3)))
    bench.tookBesideSyncs("start j3 1.3 in 0 with p10")
    bench.pass(.seconds(2))
    bench.took("sync 3 credit 6 seen 3 holds [j3 1.3 running]")
    // One of them comes after all.
    bench.when(granted(order(1, 1, sequence: 1)))
    bench.took(
      "start j1 1.1 in 1 with p10",
      "sync 4 credit 5 seen 3 holds [j1 1.1 running, j3 1.3 running]")
  }

  @Test func aSillyHeartbeatIsBounded() {
    var bench = WorkerBench(connected: false)
    bench.given(.connected)
    bench.given(
      .welcomed(
        Welcome(
          session: SessionID(1), programVersion: "", heartbeat: .seconds(-3), bulkPort: 0)))
    #expect(bench.core.nextDeadline == bench.now + .milliseconds(100))
  }
}
