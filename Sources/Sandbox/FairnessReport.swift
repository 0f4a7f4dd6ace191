/// What a machine can and cannot measure fairly, with a remedy for each thing it cannot.
///
/// Decided from readings alone, so that every sentence can be tested without a machine that has the
/// fault.
public struct FairnessReport: Sendable, Equatable {
  public enum Rating: String, Sendable, Comparable {
    /// Nothing to do.
    case fine
    /// Worth knowing; results are right.
    case note
    /// Some results cannot be trusted near a limit.
    case unfair

    public static func < (a: Rating, b: Rating) -> Bool { a.rank < b.rank }
    private var rank: Int {
      switch self {
      case .fine: 0
      case .note: 1
      case .unfair: 2
      }
    }
  }

  public struct Finding: Sendable, Equatable {
    /// A short fixed name: for programs.
    public var topic: String
    public var rating: Rating
    /// What was found, and what follows from it.
    public var text: String
    /// What to do about it; empty when there is nothing to do.
    public var remedy: String
  }

  public private(set) var findings: [Finding] = []

  public var worst: Rating { findings.map(\.rating).max() ?? .fine }

  /// - Parameters:
  ///   - measures: how runs are isolated and counted.
  ///   - slots: programs at a time the operator wants here.
  ///   - pinned: whether each slot has a physical core for itself.
  public init(
    _ facts: MachineFacts, measures: SandboxHost.Measures, slots: Int, pinned: Bool
  ) {
    sandbox(measures)
    memory(facts, measures)
    cores(facts, slots: slots, pinned: pinned)
    clock(facts)
    coreDumps(facts)
    neighbours(facts)
  }

  private mutating func add(
    _ topic: String, _ rating: Rating, _ text: String, _ remedy: String = ""
  ) {
    findings.append(Finding(topic: topic, rating: rating, text: text, remedy: remedy))
  }

  private mutating func sandbox(_ measures: SandboxHost.Measures) {
    add("bubblewrap", .fine, "bubblewrap \(measures.bubblewrapVersion)")
    switch measures.accounting {
    case .v2(let hasPeak):
      add("cgroup", .fine, "cgroup v2: time, memory and processes of whole runs are counted")
      if !hasPeak {
        add(
          "memory-peak", .note,
          "this kernel has no memory.peak: the memory shown is that of the largest process, limits "
            + "hold all the same", "run Linux 5.19 or newer")
      }
    case .v1:
      add("cgroup", .fine, "cgroup v1: time, memory and processes of whole runs are counted")
    case .degraded(let reason):
      add(
        "cgroup", .unfair,
        "no control groups (\(reason)): time and memory come from rusage, which a program can cheat, "
          + "and memory limits hold for single processes; all results are marked",
        "run the worker as root on a machine with cgroup v2 or v1, under systemd with Delegate=yes")
    }
    add("seccomp", .fine, "system calls are filtered")
  }

  private mutating func memory(_ facts: MachineFacts, _ measures: SandboxHost.Measures) {
    if facts.swapBytes == 0 {
      add("swap", .fine, "no swap: a memory limit is a limit of memory")
    } else if facts.boundsSwap {
      add(
        "swap", .note,
        "swap is on; runs may not use it, but other programs here can be swapped out and slow runs "
          + "down when they come back", "swapoff -a")
    } else {
      add(
        "swap", .unfair,
        "swap is on and the kernel does not count it: a program over its memory limit is made slow "
          + "instead of stopped, and gets TLE for MLE",
        "swapoff -a, or boot with swapaccount=1")
    }
    // pid 1 of each sandbox switches them off for all runs (prctl PR_SET_THP_DISABLE).
    if let hugePages = facts.hugePages, hugePages == "always" {
      add(
        "huge-pages", .note,
        "transparent huge pages are on; runs do without them, so that the same program takes the "
          + "same time", "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled")
    } else {
      add("huge-pages", .fine, "transparent huge pages do not touch runs")
    }
  }

  private mutating func cores(_ facts: MachineFacts, slots: Int, pinned: Bool) {
    let cores = facts.topology.cores
    let threads = cores.reduce(0) { $0 + $1.count }
    let counted = Self.counted(cores.count, "physical core")
    if slots > cores.count {
      add(
        "cores", .unfair,
        "\(slots) slots on \(counted) (\(threads) processors): programs that run at the same time "
          + "slow each other down", "--slots \(cores.count)")
    } else if threads > cores.count, !pinned {
      add(
        "cores", .note,
        "\(counted) with \(threads) hardware threads for \(Self.counted(slots, "slot")): two programs "
          + "may meet on one core, which costs each a third and more",
        "--pin gives each slot a core of its own; --idle-siblings leaves the second thread idle")
    } else {
      add("cores", .fine, "\(counted) for \(Self.counted(slots, "slot"))")
    }
  }

  private static func counted(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }

  private mutating func clock(_ facts: MachineFacts) {
    let others = facts.governors.filter { $0 != "performance" }
    if !others.isEmpty {
      add(
        "governor", .unfair,
        "the frequency governor is \(others.joined(separator: ", ")): a processor that was idle is "
          + "slow at first, so short programs look slower than they are",
        "cpupower frequency-set -g performance")
    } else {
      add(
        "governor", .fine,
        facts.governors.isEmpty
          ? "the clock frequency is not in this system's hands" : "frequency governor performance")
    }
    if facts.hasTurbo == true {
      add(
        "turbo", .note,
        "turbo is on: programs run faster while other cores are idle than while all are busy",
        "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo, or "
          + "echo 0 > /sys/devices/system/cpu/cpufreq/boost")
    }
    if let source = facts.clockSource {
      let isFast = ["tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page"]
        .contains(source)
      add(
        "clock-source", isFast ? .fine : .note,
        isFast
          ? "clock source \(source)"
          : "clock source \(source): reading the clock costs microseconds, which programs that do it "
            + "often will feel", isFast ? "" : "use tsc where the processor's is stable")
    }
  }

  private mutating func coreDumps(_ facts: MachineFacts) {
    guard let pattern = facts.corePattern else { return }
    if pattern.hasPrefix("|") {
      add(
        "core-pattern", .note,
        "crashes are piped to \(pattern.dropFirst().prefix { $0 != " " }); runs are kept from it, "
          + "but it is one mistake away from running for each crash of a submission",
        "sysctl -w kernel.core_pattern=core")
    } else {
      add("core-pattern", .fine, "crashes start no other program")
    }
  }

  private mutating func neighbours(_ facts: MachineFacts) {
    if let stolen = facts.stolenPerMille {
      if stolen >= 20 {
        add(
          "stolen-time", .unfair,
          "the hypervisor gave \(stolen / 10).\(stolen % 10) % of this machine's busy time to others: "
            + "times vary with what they do",
          "use a machine, or a virtual one with processors of its own")
      } else {
        add("stolen-time", .fine, "the hypervisor, if any, takes no time away")
      }
    }
    if let load = facts.loadPercent {
      let cores = facts.topology.cores.count
      if load > cores * 50 {
        add(
          "load", .note,
          "\(load / 100).\(load % 100 / 10) processes ran here on average over the last minute, on "
            + "\(Self.counted(cores, "core"))", "stop what else runs here before a contest")
      } else {
        add("load", .fine, "nothing else is busy here")
      }
    }
  }
}
