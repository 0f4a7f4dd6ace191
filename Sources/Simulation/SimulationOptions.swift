public import JudgeModel
public import SchedulerCore

/// What can go wrong while a simulation is in its faulty phase.
public enum Fault: String, Hashable, Sendable, CaseIterable {
  /// A connection breaks. The worker notices soon, the scheduler when it next sends.
  case cut
  /// A connection swallows everything for a while, then breaks.
  case blackHole = "black-hole"
  /// A connection swallows what the scheduler says for a while, then breaks.
  case deafWorker = "deaf-worker"
  /// A connection swallows what the worker says for a while, then breaks.
  case muteWorker = "mute-worker"
  /// A connection breaks, or its worker's machine loses power, and what the scheduler sends on it
  /// vanishes for a while, as if somebody were there.
  case halfOpen = "half-open"
  /// A connection delivers nothing for a while, then everything.
  case stall
  /// A worker does not read for a while: what the scheduler cannot send it keeps, up to a bound.
  case slowWorker = "slow-worker"
  /// The scheduler does not read a worker's connection for a while: the worker drops what it cannot
  /// send.
  case slowScheduler = "slow-scheduler"
  /// A worker's process dies and is started again; its disk is as it was.
  case workerCrash = "worker-crash"
  /// As above on a machine that comes back empty.
  case workerLoss = "worker-loss"
  /// A worker stands still for a while: a laptop's lid, a virtual machine that is moved.
  case workerPause = "worker-pause"
  /// For a while nothing that runs on a worker can be stopped, or ends once it was told to.
  case stuckRun = "stuck-run"
  /// For a while every transfer to a worker finds the disk full.
  case workerDiskFull = "worker-disk-full"
  /// A blob on a worker's disk goes bad, which shows when it is read.
  case corruptBlob = "corrupt-blob"
  /// A second process appears with a name that is taken.
  case impostor
  /// A worker is asked to leave, does so and is started again.
  case workerDrain = "worker-drain"
  /// The scheduler's process dies; records that were not durable are gone.
  case schedulerCrash = "scheduler-crash"
  /// The scheduler stands still for a while, with everything it would have decided.
  case schedulerPause = "scheduler-pause"
  /// Commits take seconds for a while.
  case slowStore = "slow-store"
  /// The disk of the store is full for a while: the scheduler stops at the first commit, and cannot
  /// start again before there is room.
  case storeFull = "store-full"
  /// A problem is changed while a worker fetches it: what is submitted from now on wants the new
  /// package, which shares a blob with the old one.
  case packageUpdate = "package-update"
}

/// What goes wrong now and then in one place, each with its own frequency in the options.
public enum Accident: String, Hashable, Sendable, CaseIterable {
  case lostMessage = "lost-message"
  case repeatedMessage = "repeated-message"
  case failedFetch = "failed-fetch"
  case workerFault = "worker-fault"
  case judgeError = "judge-error"
  /// A file of a package vanished.
  case damage
  /// A judging was cancelled at the very time of one of its steps: granted, begun, ran, returned,
  /// judged and not recorded yet, and so on.
  case cancelAtStep = "cancel-at-step"
}

/// Everything that a simulation depends on. The same options give the same run.
public struct SimulationOptions: Hashable, Sendable {
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    /// Sizes and faults are drawn from the seed; any fault may happen.
    case swarm
    /// Only crashes.
    case lite
    /// No faults; what counts is the report.
    case performance
  }

  public var mode: Mode
  public var seed: UInt64

  public var workers = 4
  public var slots = 4
  public var prefetch = 0
  public var judgings = 100
  public var packages = 8
  /// Largest archive, bytes; sizes go from a thousandth of it up. Unpacked it is twice as large.
  public var archiveBytes: Int64 = 200_000_000
  /// Cache of each worker, bytes.
  public var budgetBytes: Int64 = 2_000_000_000
  /// Share of workers, the first excepted, whose cache is smaller than some packages are.
  public var smallCachesPerMille: Int64 = 0
  /// Bytes per second from the scheduler to one worker.
  public var fetchRate: Int64 = 50_000_000
  /// Number of languages; every worker has the first, others may lack the rest.
  public var languages = 2
  /// Number of labels that a judging may ask for; the first worker has all, others may lack some.
  public var labels = 0
  /// Number of contests that the regraded judgings belong to.
  public var contests = 1
  /// Judgings come over this time; zero: all at the start.
  public var arrivalSpan = TimeSpan.seconds(30)
  /// Share of judgings in live priority, thousandths; the rest is a regrade.
  public var livePerMille: Int64 = 300
  /// Longest judging.
  public var judgingSpan = TimeSpan.seconds(10)
  /// Most testcases of a judging.
  public var testcases: Int32 = 12
  /// Longest one-way delay of a message.
  public var latency = TimeSpan.milliseconds(20)
  /// Longest commit of the store.
  public var commitSpan = TimeSpan.milliseconds(10)
  /// How long the scheduler collects events before it decides; zero: each on its own.
  public var roundSpan = TimeSpan.zero

  /// Faults happen until then; afterwards everything heals.
  public var faultSpan = TimeSpan.seconds(120)
  /// Mean time between two faults.
  public var faultInterval = TimeSpan.seconds(5)
  public var faults: [Fault] = []
  /// Of single messages, while faults happen.
  public var lossPerMille: Int64 = 0
  public var repetitionPerMille: Int64 = 0
  public var fetchFailuresPerMille: Int64 = 0
  public var workerFaultsPerMille: Int64 = 0
  /// Of judgings after which a file of their package has vanished from the worker's disk.
  public var damagesPerMille: Int64 = 0
  public var judgeErrorsPerMille: Int64 = 0
  /// Share of judgings that somebody cancels.
  public var cancellationsPerMille: Int64 = 0
  /// Of steps of a judging at which it is cancelled.
  public var stepCancelsPerMille: Int64 = 0
  /// Messages that the scheduler keeps for a worker that does not read, at most.
  public var outboxMessages = 32
  /// When the scheduler is killed besides what faults do, after the start.
  public var schedulerRestarts: [TimeSpan] = []
  /// How often somebody asks for a package to be brought to workers before it is needed.
  public var warmUps = 0
  public var policy = SchedulerPolicy()

  /// Whether both cores walk their invariants after every step.
  public var checksEveryStep = true
  /// What is wrong on purpose, and has to be noticed.
  public var planted: PlantedBug?

  public init(mode: Mode, seed: UInt64) {
    self.mode = mode
    self.seed = seed
  }

  /// A cluster and its misfortunes as the seed has them.
  public static func swarm(seed: UInt64) -> SimulationOptions {
    var random = Random(seed: mixed(seed))
    var options = small(.swarm, seed, &random)
    // A random subset: bugs hide where one fault keeps another from happening.
    options.faults = Fault.allCases.filter { _ in random.chance(perMille: 300) }
    options.faultInterval = .milliseconds(random.between(300, 15_000))
    let rate = { (random: inout Random, most: Int64) in
      random.chance(perMille: 400) ? random.between(1, most) : 0
    }
    options.lossPerMille = rate(&random, 30)
    options.repetitionPerMille = rate(&random, 30)
    options.fetchFailuresPerMille = rate(&random, 200)
    options.workerFaultsPerMille = rate(&random, 100)
    options.judgeErrorsPerMille = rate(&random, 100)
    options.cancellationsPerMille = rate(&random, 200)
    options.damagesPerMille = rate(&random, 100)
    options.stepCancelsPerMille = rate(&random, 30)
    options.outboxMessages = Int(random.between(2, 40))
    return options
  }

  /// Crashes only, and no judging is ever set aside: each of them has to get its verdict.
  public static func lite(seed: UInt64) -> SimulationOptions {
    var random = Random(seed: mixed(seed ^ 0x117E))
    var options = small(.lite, seed, &random)
    options.faults = [.workerCrash, .workerLoss, .schedulerCrash]
    options.faultInterval = .milliseconds(random.between(1000, 20_000))
    options.policy.lossesUntilQuarantine = .max
    return options
  }

  /// A large cluster at work.
  public static func performance(
    seed: UInt64, workers: Int, slots: Int, judgings: Int
  ) -> SimulationOptions {
    var options = SimulationOptions(mode: .performance, seed: seed)
    options.workers = workers
    options.slots = slots
    options.judgings = judgings
    options.packages = 200
    options.testcases = 1
    options.budgetBytes = 5_000_000_000
    options.arrivalSpan = .zero
    options.faultSpan = .zero
    options.roundSpan = .milliseconds(1)
    options.checksEveryStep = false
    return options
  }

  private static func small(
    _ mode: Mode, _ seed: UInt64, _ random: inout Random
  ) -> SimulationOptions {
    var options = SimulationOptions(mode: mode, seed: seed)
    options.workers = Int(random.between(1, 8))
    options.slots = Int(random.between(1, 6))
    options.prefetch = Int(random.below(3))
    options.judgings = Int(random.between(10, 150))
    options.packages = Int(random.between(1, 12))
    // From a cache that holds one package at a time to one that holds all.
    options.budgetBytes = options.archiveBytes * 2 * random.between(1, 6)
    options.smallCachesPerMille = random.chance(perMille: 300) ? random.below(1001) : 0
    options.languages = Int(random.between(1, 3))
    options.arrivalSpan = random.chance(perMille: 300) ? .zero : .seconds(random.between(1, 180))
    options.livePerMille = random.below(1001)
    options.judgingSpan = .milliseconds(random.between(10, 30_000))
    options.latency = .microseconds(random.between(100, 400_000))
    options.commitSpan = .microseconds(random.between(50, 300_000))
    options.roundSpan = .microseconds(random.chance(perMille: 500) ? 0 : random.below(50_000))
    options.faultSpan = .seconds(random.between(20, 180))
    options.testcases = Int32(random.between(1, 20))
    if random.chance(perMille: 250) {
      // Few that take long, so that slots are idle beside them.
      options.judgings = Int(random.between(2, 20))
      options.packages = Int(random.between(1, 2))
      options.testcases = Int32(random.between(10, 40))
      options.judgingSpan = .seconds(random.between(10, 120))
    }
    options.labels = Int(random.below(3))
    options.contests = Int(random.between(1, 3))
    options.policy.splits = random.chance(perMille: 800)
    options.policy.splitAfter = .milliseconds(random.below(2000))
    options.policy.partCost = .milliseconds(random.between(1, 1000))
    options.policy.partsPerJudging = Int(random.between(1, 6))
    options.policy.retracts = random.chance(perMille: 800)
    options.warmUps = random.chance(perMille: 500) ? Int(random.below(60)) : 0
    return options
  }
}

extension SimulationOptions: CustomStringConvertible {
  public var description: String {
    let faults = faults.isEmpty ? "none" : faults.map(\.rawValue).joined(separator: " ")
    return """
      seed \(seed), \(mode.rawValue): \(workers) workers x \(slots) slots (+\(prefetch)), \
      \(judgings) judgings in \(arrivalSpan), \(packages) packages up to \(archiveBytes) bytes, \
      cache \(budgetBytes) bytes (small: \(smallCachesPerMille) per thousand), latency up to \(latency.nanoseconds / 1000) us, commit up to \
      \(commitSpan.nanoseconds / 1000) us; faults for \(faultSpan) every \(faultInterval): \
      \(faults); per thousand: \(lossPerMille) lost, \(repetitionPerMille) repeated, \
      \(fetchFailuresPerMille) failed fetches, \(workerFaultsPerMille) worker faults, \
      \(judgeErrorsPerMille) judge errors, \(cancellationsPerMille) cancelled, \
      \(damagesPerMille) damaged packages, \(stepCancelsPerMille) cancelled at a step; \(labels) labels, \
      \(contests) contests; \(warmUps) \
      warm-ups, outbox of \(outboxMessages) messages; \
      \(policy.retracts ? "retracts" : "does not retract"), \(policy.splits
        ? "splits in \(policy.partsPerJudging)" : "does not split")
      """
  }
}
