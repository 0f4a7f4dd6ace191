public import JudgeModel

/// What a simulation came to.
public struct SimulationReport: Hashable, Sendable {
  public var seed: UInt64
  public var judged = 0
  public var cancelled = 0
  public var quarantined = 0
  /// From the first submission to the last final state.
  public var makespan = TimeSpan.zero
  /// From submission to the first start in a slot: half, 95 % and 99 % waited no longer.
  public var waitMedian = TimeSpan.zero
  public var wait95 = TimeSpan.zero
  public var wait99 = TimeSpan.zero
  public var starts: Int64 = 0
  public var fetches: Int64 = 0
  /// Packages, whole or in part, that had to go.
  public var evictions: Int64 = 0
  /// Starts that did not need a fetch of their own, thousandths.
  public var hitsPerMille: Int64 = 0
  /// Bytes of archives that travelled.
  public var bytesMoved: Int64 = 0
  /// Leases that a worker was asked to give back, and those that it did.
  public var retracts = 0
  public var retracted = 0
  /// Parts of judgings that were granted.
  public var parts = 0
  /// Testcases that others ran for a worker, and those that it took back.
  public var helpedRuns = 0
  public var takenBack = 0
  public var schedulerCrashes = 0
  /// All of them, seen or not.
  public var faults = 0
  /// Those that somebody felt: a message that was swallowed, a commit that was slow.
  public var faultCounts: [Fault: Int] = [:]
  public var accidentCounts: [Accident: Int] = [:]
  public var verdicts: [Verdict: Int] = [:]
  /// Times that something about a worker was told to whoever looks after the cluster.
  public var notes = 0
  /// Things that happened in the simulated world.
  public var steps: Int64 = 0
  /// The same for the same options, or something is not repeatable.
  public var traceHash: UInt64 = 0
}

extension SimulationReport: CustomStringConvertible {
  public var description: String {
    """
    seed \(seed): \(judged) judged, \(cancelled) cancelled, \(quarantined) set aside; \
    makespan \(makespan), waits \(waitMedian) / \(wait95) / \(wait99); \
    \(starts) starts, \(fetches) fetches, \(evictions) evictions, \(hitsPerMille) hits per thousand, \
    \(bytesMoved) bytes moved; \(retracted) of \(retracts) retracted; \(parts) parts, \
    \(helpedRuns) testcases run by others, \(takenBack) taken back; \(faults) faults, \
    \(schedulerCrashes) scheduler crashes, \(notes) notes; felt: \(felt); \(steps) steps, \
    trace \(String(traceHash, radix: 16))
    """
  }

  private var felt: String {
    let list = mishaps.map { "\($0.name) \($0.count)" }
    return list.isEmpty ? "nothing" : list.joined(separator: ", ")
  }

  /// What was felt and how often, each kind that was, always in the same order.
  public var mishaps: [(name: String, count: Int)] {
    let faults = Fault.allCases.compactMap { fault in
      faultCounts[fault].map { (name: fault.rawValue, count: $0) }
    }
    let accidents = Accident.allCases.compactMap { accident in
      accidentCounts[accident].map { (name: accident.rawValue, count: $0) }
    }
    return faults + accidents
  }
}

/// A promise was broken. Says the seed, because with it the run can be repeated.
public struct SimulationFailure: Error, Hashable, Sendable, CustomStringConvertible {
  public var options: SimulationOptions
  public var at: Instant
  public var reason: String
  public var description: String {
    "seed \(options.seed) (\(options.mode.rawValue)) failed at \(at): \(reason)\n  \(options)"
  }
}

func percentile(_ sorted: [TimeSpan], perMille: Int) -> TimeSpan {
  guard !sorted.isEmpty else { return .zero }
  return sorted[min(sorted.count - 1, sorted.count * perMille / 1000)]
}
