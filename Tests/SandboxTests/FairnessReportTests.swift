import Testing

@testable import Sandbox

@Suite struct FairnessReportTests {
  /// A machine without a fault.
  static let good: MachineFacts = {
    var facts = MachineFacts()
    facts.corePattern = "core"
    facts.hugePages = "madvise"
    facts.governors = ["performance"]
    facts.hasTurbo = false
    facts.clockSource = "tsc"
    facts.stolenPerMille = 0
    facts.loadPercent = 3
    facts.topology = ProcessorTopology(siblings: [:], allowed: [0, 1, 2, 3])
    return facts
  }()

  static let measures = SandboxHost.Measures(
    bubblewrapVersion: "0.8.0", accounting: .v2(hasPeak: true))

  static func report(
    measures: SandboxHost.Measures = measures, slots: Int = 2, pinned: Bool = false,
    _ change: (inout MachineFacts) -> Void = { _ in }
  ) -> FairnessReport {
    var facts = good
    change(&facts)
    return FairnessReport(facts, measures: measures, slots: slots, pinned: pinned)
  }

  /// The findings that are not fine.
  static func faults(_ report: FairnessReport) -> [String] {
    report.findings.filter { $0.rating != .fine }.map { "\($0.rating.rawValue) \($0.topic)" }
  }

  @Test func aGoodMachineHasNoFault() {
    let report = Self.report()
    #expect(report.worst == .fine)
    #expect(report.findings.allSatisfy { $0.remedy.isEmpty && !$0.text.isEmpty })
  }

  @Test func everyFaultIsNamedOnceWithARemedy() {
    let cases: [(String, FairnessReport)] = [
      (
        "note core-pattern",
        Self.report { $0.corePattern = "|/usr/lib/systemd/systemd-coredump %P" }
      ),
      ("note swap", Self.report { $0.swapBytes = 1 << 30 }),
      (
        "unfair swap",
        Self.report {
          $0.swapBytes = 1 << 30
          $0.boundsSwap = false
        }
      ),
      ("note huge-pages", Self.report { $0.hugePages = "always" }),
      ("unfair governor", Self.report { $0.governors = ["performance", "powersave"] }),
      ("note turbo", Self.report { $0.hasTurbo = true }),
      ("note clock-source", Self.report { $0.clockSource = "hpet" }),
      ("unfair stolen-time", Self.report { $0.stolenPerMille = 45 }),
      ("note load", Self.report { $0.loadPercent = 201 }),
      ("unfair cores", Self.report(slots: 5)),
      ("note cores", Self.report { $0.topology = ProcessorTopologyTests.usual }),
      (
        "note memory-peak",
        Self.report(
          measures: SandboxHost.Measures(
            bubblewrapVersion: "0.8.0", accounting: .v2(hasPeak: false)))
      ),
      (
        "unfair cgroup",
        Self.report(
          measures: SandboxHost.Measures(
            bubblewrapVersion: "0.8.0", accounting: .degraded("not writable")))
      ),
    ]
    for (fault, report) in cases {
      #expect(Self.faults(report) == [fault])
      #expect(report.findings.filter { $0.rating != .fine }.allSatisfy { !$0.remedy.isEmpty })
      #expect(report.worst == (fault.hasPrefix("note") ? .note : .unfair))
    }
  }

  @Test func pinnedSlotsDoNotMeet() {
    let report = Self.report(pinned: true) { $0.topology = ProcessorTopologyTests.usual }
    #expect(report.worst == .fine)
  }

  @Test func whatTheKernelDoesNotTellIsNoFault() {
    let report = Self.report { facts in
      facts = MachineFacts()
      facts.topology = ProcessorTopology(siblings: [:], allowed: [0, 1])
    }
    #expect(report.worst == .fine)
  }
}
