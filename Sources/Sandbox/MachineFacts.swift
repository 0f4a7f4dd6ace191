import Glibc

/// What the kernel says about this machine, as far as it matters for measuring programs fairly.
///
/// A plain record of readings; ``FairnessReport`` says what they mean. nil stands for a thing the
/// kernel does not tell, as in many virtual machines and containers.
public struct MachineFacts: Sendable, Equatable {
  /// `/proc/sys/kernel/core_pattern`.
  public var corePattern: String?
  /// Bytes of swap in use or free; 0 without swap.
  public var swapBytes = 0
  /// Whether memory limits hold for memory and swap together.
  public var boundsSwap = true
  /// `/sys/kernel/mm/transparent_hugepage/enabled`, the chosen word.
  public var hugePages: String?
  /// The governors of all processors, each once, sorted.
  public var governors: [String] = []
  /// Whether processors change their clock by themselves above the nominal one.
  public var hasTurbo: Bool?
  public var clockSource: String?
  /// Share of time the hypervisor gave to others while this machine had work, in a thousandth.
  public var stolenPerMille: Int?
  /// Processes that ran or waited for a processor, on average over the last minute, in a hundredth.
  public var loadPercent: Int?
  public var topology = ProcessorTopology(siblings: [:], allowed: [0])
  public var kernel = ""

  init() {}

  /// - Parameter tree: where runs will be measured; nil in degraded mode.
  static func read(tree: CgroupTree?) -> MachineFacts {
    var facts = MachineFacts()
    facts.corePattern = line("/proc/sys/kernel/core_pattern")
    facts.swapBytes = swapBytes(readText("/proc/swaps") ?? "")
    facts.boundsSwap = tree?.boundsSwap ?? false
    facts.hugePages = line("/sys/kernel/mm/transparent_hugepage/enabled").flatMap(chosen)
    facts.governors = governors()
    facts.hasTurbo = turbo()
    facts.clockSource = line("/sys/devices/system/clocksource/clocksource0/current_clocksource")
    facts.stolenPerMille = stolen(readText("/proc/stat") ?? "")
    facts.loadPercent = line("/proc/loadavg").flatMap(load)
    facts.topology = .ofThisMachine()
    facts.kernel = line("/proc/sys/kernel/osrelease") ?? ""
    return facts
  }

  private static func line(_ path: String) -> String? {
    readText(path)?.split(separator: "\n").first.map(String.init)
  }

  /// The word in brackets of `always [madvise] never`.
  static func chosen(_ text: String) -> String? {
    guard let start = text.firstIndex(of: "["), let end = text.lastIndex(of: "]"), start < end
    else { return nil }
    return String(text[text.index(after: start)..<end])
  }

  /// The sizes of `/proc/swaps`, which are in KiB behind a heading.
  static func swapBytes(_ text: String) -> Int {
    text.split(separator: "\n").dropFirst().reduce(0) { sum, line in
      let fields = line.split { $0 == " " || $0 == "\t" }
      return sum + (fields.count > 2 ? min(Int(fields[2]) ?? 0, 1 << 50) * 1024 : 0)
    }
  }

  /// Of the first line of `/proc/stat`: user nice system idle iowait irq softirq steal.
  static func stolen(_ text: String) -> Int? {
    let fields = (text.split(separator: "\n").first ?? "").split(separator: " ")
    guard fields.count > 8, fields[0] == "cpu" else { return nil }
    let times = fields[1...8].map { Int($0) ?? 0 }
    let busy = times[0] + times[1] + times[2] + times[5] + times[6] + times[7]
    return busy > 0 ? times[7] * 1000 / busy : 0
  }

  /// The first number of `/proc/loadavg`, two decimals.
  static func load(_ text: String) -> Int? {
    let parts = text.prefix { $0 != " " }.split(separator: ".")
    guard parts.count == 2, let whole = Int(parts[0]), let part = Int(parts[1]),
      parts[1].count == 2, (0..<1_000_000).contains(whole)
    else { return nil }
    return whole * 100 + part
  }

  private static func governors() -> [String] {
    let root = "/sys/devices/system/cpu"
    let all = directoryNames(root).compactMap { name -> String? in
      guard name.hasPrefix("cpu"), Int(name.dropFirst(3)) != nil else { return nil }
      return line("\(root)/\(name)/cpufreq/scaling_governor")
    }
    return Set(all).sorted()
  }

  private static func turbo() -> Bool? {
    if let off = line("/sys/devices/system/cpu/intel_pstate/no_turbo") { return off == "0" }
    return line("/sys/devices/system/cpu/cpufreq/boost").map { $0 == "1" }
  }
}

extension ProcessorTopology {
  /// As the kernel tells it. Where it tells nothing of cores (some containers), each processor is
  /// taken for one.
  public static func ofThisMachine() -> ProcessorTopology {
    let status = readText("/proc/self/status") ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
    let list = line.map { $0.drop { $0 != "\t" }.dropFirst() }.map(String.init)
    let online = readText("/sys/devices/system/cpu/online") ?? ""
    let allowed = list.flatMap(processors) ?? processors(in: online) ?? [0]
    var siblings: [Int: [Int]] = [:]
    for processor in allowed {
      let path = "/sys/devices/system/cpu/cpu\(processor)/topology/thread_siblings_list"
      siblings[processor] = readText(path).flatMap(processors)
    }
    return ProcessorTopology(siblings: siblings, allowed: allowed)
  }
}
