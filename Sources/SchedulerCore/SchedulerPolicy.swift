public import JudgeModel

/// The numbers behind the scheduler's decisions, each with what it protects from.
public struct SchedulerPolicy: Hashable, Sendable {
  /// How often a worker has to say something.
  public var heartbeat = TimeSpan.seconds(2)
  /// Silent for so long, a worker gets nothing new: three heartbeats, so that two lost ones are no
  /// event.
  public var suspectAfter = TimeSpan.seconds(6)
  /// Silent for so long, its judgings may be given to others. Longer than a hiccup of a home router.
  public var lostAfter = TimeSpan.seconds(15)
  /// Silent for so long, it is sent something: a dead process shows as an unreachable peer at once.
  public var probeAfter = TimeSpan.seconds(3)
  /// After a connection broke its worker has so long to come back and go on; then its judgings may be
  /// given to others. Most lines are back within a second or two, and the work under way is good.
  public var reconnectGrace = TimeSpan.seconds(5)
  /// After a restart leased judgings wait so long for their workers to come back with them.
  public var adoptionGrace = TimeSpan.seconds(10)
  /// A grant that a worker has not mentioned for so long was lost on the way and is sent again.
  public var resendAfter = TimeSpan.seconds(6)
  /// A worker that was told to stop something has so long to confirm it: a sandbox is gone within
  /// milliseconds, and a full disk may hold up a worker for some seconds. Then it is told again and
  /// gets nothing new until it has.
  public var cancelPatience = TimeSpan.seconds(10)
  /// And after so long its session is closed, and what else it has may be given to others.
  public var evictAfter = TimeSpan.seconds(60)
  /// Judge errors after which a judging is set aside for a person: one might be the worker.
  public var judgeErrorsUntilQuarantine = 2
  /// Lost workers or worker faults after which a judging is set aside: it may be what kills them.
  public var lossesUntilQuarantine = 4
  /// After a fault a worker is not given the package it failed with for so long, so that others try
  /// and one sick worker does not run through a whole queue.
  public var faultPause = TimeSpan.seconds(30)
  /// Faults in a row after which a worker gets nothing at all for `faultPause`: a full disk spares no
  /// package.
  public var faultsUntilRest = 3
  /// A worker that could not warm a package is not asked again for so long, so that a client that asks
  /// every second does not have it refuse every second.
  public var wishPause = TimeSpan.seconds(30)
  /// Assumed rate of a package transfer, bytes per second, until one was measured.
  public var assumedFetchRate: Int64 = 50_000_000
  /// A live judging waits at most so long for a worker that has its package: about what a transfer
  /// takes, and shorter waits move more bytes for no shorter tail (`assize bench locality`).
  public var longestWarmWait = TimeSpan.seconds(2)
  /// A regraded one is in no hurry: better to wait than to send 500 MB to one more worker.
  public var longestWarmWaitOfBatch = TimeSpan.seconds(60)
  /// A live judging waits at most so much longer than one that goes before it because its package is
  /// there.
  public var longestPassedOver = TimeSpan.seconds(5)
  /// The same of regraded ones: whole batches come at once and go package by package.
  public var longestPassedOverOfBatch = TimeSpan.seconds(300)
  /// Contests of one class whose shares differ by less than so long, times all slots, are alike: turns
  /// of less than that would tear packages from worker to worker.
  public var fairSpan = TimeSpan.seconds(1)
  /// A class that waits has about one in so many of the slots' time, however much that is more urgent
  /// waits as well: it costs live judging a small share of a cluster that it would saturate, and a
  /// regrade ends.
  public var lowerClassOneIn = 8
  /// Whether what waits at a busy worker is taken back for an idle one.
  public var retracts = true
  /// What a retracted judging has to gain at least: it travels twice, and what it waits for is estimated.
  public var stealMargin = TimeSpan.milliseconds(200)
  /// The scheduler looks for something to steal at most so often; shorter waits are not worth it.
  public var stealPause = TimeSpan.milliseconds(100)
  /// Whether idle slots are given testcases of judgings that run elsewhere.
  public var splits = true
  /// A judging is not split before it has run so long: most are over by then.
  public var splitAfter = TimeSpan.seconds(2)
  /// What a part is taken to cost before its first testcase runs: it compiles anew.
  public var partCost = TimeSpan.seconds(2)
  /// Parts of one judging at a time.
  public var partsPerJudging = 4
  /// An idle slot that something is to be brought to is kept free of other plans for so long.
  public var reservationSpan = TimeSpan.seconds(2)

  public init() {}
}
