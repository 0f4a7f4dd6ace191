import JudgeModel
import SchedulerCore
import Testing

@testable import Simulation

@Suite struct LocalityClusterTests {
  private static let policies: [LocalityPolicy] = [
    .random, .leastLoaded, .cacheFirst(delayMilliseconds: 0),
    .cacheFirst(delayMilliseconds: 1_000), .assize(SchedulerPolicy(), prefetch: 0),
    .assize(SchedulerPolicy(), prefetch: 1),
  ]

  private func arrival(_ milliseconds: Int64, _ package: Int) -> LocalityTrace.Arrival {
    LocalityTrace.Arrival(
      at: .zero + .milliseconds(milliseconds), package: package, span: .seconds(10))
  }

  private func options(workers: Int, slots: Int) -> LocalityOptions {
    var options = LocalityOptions(seed: 1)
    options.workers = workers
    options.slots = slots
    options.workerRate = 100_000_000
    options.schedulerRate = 1_000_000_000
    return options
  }

  @Test(arguments: policies)
  func everyJudgingStartsOnce(policy: LocalityPolicy) {
    var options = LocalityOptions(seed: 3)
    options.judgings = 1_500
    let trace = LocalityTrace(options)
    let report = simulateLocality(trace, options, policy)
    #expect(report.judgings == 1_500)
    #expect(report.hits + report.joins + report.misses == 1_500)
    // What was fetched for a judging that another worker then took has travelled all the same.
    if case .assize = policy {
      #expect(report.transfers >= report.misses)
    } else {
      #expect(report.transfers == report.misses)
    }
    #expect(report.bytesMoved >= trace.leastBytes)
    #expect(report == simulateLocality(trace, options, policy))
  }

  @Test(arguments: policies)
  func aPackageIsFetchedThenHere(policy: LocalityPolicy) {
    // One second of transfer; the second judging joins it, the third finds the package here.
    let trace = LocalityTrace(
      sizes: [100_000_000], arrivals: [arrival(1_000, 0), arrival(1_500, 0), arrival(3_000, 0)])
    let report = simulateLocality(trace, options(workers: 1, slots: 4), policy)
    #expect([report.misses, report.joins, report.hits] == [1, 1, 1])
    #expect(report.waits == [.zero, .milliseconds(500), .seconds(1)])
    #expect(report.bytesMoved == 100_000_000)
  }

  @Test(arguments: policies)
  func transfersOfAWorkerShareItsLink(policy: LocalityPolicy) {
    let trace = LocalityTrace(
      sizes: [100_000_000, 200_000_000], arrivals: [arrival(1_000, 0), arrival(1_000, 1)])
    let report = simulateLocality(trace, options(workers: 1, slots: 4), policy)
    #expect(report.waits == [.seconds(1), .seconds(3)])
  }

  @Test func transfersOfAllShareTheSchedulersLink() {
    var options = options(workers: 2, slots: 1)
    options.schedulerRate = 100_000_000
    let trace = LocalityTrace(
      sizes: [100_000_000, 100_000_000], arrivals: [arrival(1_000, 0), arrival(1_000, 1)])
    let report = simulateLocality(trace, options, .leastLoaded)
    #expect(report.waits == [.seconds(1), .seconds(2)])
  }

  @Test func whatDoesNotFitIsEvicted() {
    var options = options(workers: 1, slots: 1)
    options.budgetBytes = 150_000_000
    let trace = LocalityTrace(
      sizes: [100_000_000, 100_000_000],
      arrivals: [arrival(1_000, 0), arrival(20_000, 1), arrival(40_000, 0)])
    let report = simulateLocality(trace, options, .leastLoaded)
    #expect(report.misses == 3)
    #expect(report.evictions == 2)
    #expect(report.bytesMoved == 300_000_000)
  }

  @Test func delayIsWaitedForAHolderOnly() {
    // One slot each: the second judging of package 0 finds its holder busy.
    let trace = LocalityTrace(
      sizes: [100_000_000, 100_000_000],
      arrivals: [arrival(1_000, 0), arrival(5_000, 0), arrival(5_500, 1)])
    let options = options(workers: 2, slots: 1)
    let eager = simulateLocality(trace, options, .cacheFirst(delayMilliseconds: 0))
    #expect(eager.misses == 3)
    let patient = simulateLocality(trace, options, .cacheFirst(delayMilliseconds: 20_000))
    // It waits until second 12; package 1 is nobody's and goes at once.
    #expect(patient.misses == 2)
    #expect(patient.waits == [.seconds(1), .seconds(1), .seconds(7)])
    let limited = simulateLocality(trace, options, .cacheFirst(delayMilliseconds: 2_000))
    #expect(limited.misses == 2)
  }

  @Test func waitsAreValuesThatHappened() {
    var report = LocalityReport()
    #expect(report.wait(perMille: 990) == .zero)
    report.waits = (1...100).map { .seconds($0) }
    #expect(report.wait(perMille: 500) == .seconds(50))
    #expect(report.wait(perMille: 990) == .seconds(99))
    #expect(report.wait(perMille: 991) == .seconds(100))
    report.hits = 3
    report.misses = 1
    #expect(report.hitsPerMille == 750)
  }
}
