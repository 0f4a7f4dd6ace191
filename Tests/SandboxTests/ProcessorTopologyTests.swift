import Testing

@testable import Sandbox

@Suite struct ProcessorTopologyTests {
  /// Four cores of two threads each, numbered as most machines do.
  static let usual = ProcessorTopology(
    siblings: Dictionary(uniqueKeysWithValues: (0..<8).map { ($0, [$0 % 4, $0 % 4 + 4]) }),
    allowed: Array(0..<8))

  @Test func threadsOfACoreBelongTogether() {
    #expect(Self.usual.cores == [[0, 4], [1, 5], [2, 6], [3, 7]])
  }

  @Test func processorsThisProcessMayNotUseAreNobodys() {
    let topology = ProcessorTopology(
      siblings: [0: [0, 4], 1: [1, 5], 4: [0, 4], 5: [1, 5]], allowed: [5, 1, 4])
    #expect(topology.cores == [[1, 5], [4]])
  }

  @Test func withoutTopologyEachProcessorIsACore() {
    #expect(ProcessorTopology(siblings: [:], allowed: [2, 0]).cores == [[0], [2]])
  }

  @Test func contradictionsGiveNoProcessorToTwoCores() {
    let topology = ProcessorTopology(
      siblings: [0: [0, 1], 1: [1, 2], 2: [2]], allowed: [0, 1, 2])
    #expect(topology.cores == [[0, 1], [2]])
  }

  @Test func slotsGetCores() throws {
    #expect(
      try Self.usual.assignment(slots: 3, idleSiblings: false) == [[0, 4], [1, 5], [2, 6]])
    #expect(try Self.usual.assignment(slots: 4, idleSiblings: true) == [[0], [1], [2], [3]])
    #expect(throws: SandboxError.self) {
      try Self.usual.assignment(slots: 5, idleSiblings: false)
    }
  }

  @Test(arguments: [
    ("0-3,8,10-11\n", [0, 1, 2, 3, 8, 10, 11]), ("0", [0]), ("", []),
  ])
  func listsAreRead(text: String, processors: [Int]) {
    #expect(ProcessorTopology.processors(in: text) == processors)
  }

  @Test(arguments: ["a", "3-1", "-1", "1-", "0-99999999999", "1-2-3", "0x3"])
  func whatIsNoListIsRefused(text: String) {
    #expect(ProcessorTopology.processors(in: text) == nil)
  }

  @Test func thisMachineHasProcessors() {
    #expect(!ProcessorTopology.ofThisMachine().cores.isEmpty)
  }
}
