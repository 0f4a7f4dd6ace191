import Testing

@testable import Sandbox

@Suite struct MachineFactsTests {
  @Test func theChosenWordIsInBrackets() {
    #expect(MachineFacts.chosen("always [madvise] never") == "madvise")
    #expect(MachineFacts.chosen("never") == nil)
    #expect(MachineFacts.chosen("] [") == nil)
  }

  @Test func swapIsSummed() {
    let text = """
      Filename    Type        Size     Used  Priority
      /dev/sda2   partition   2097148  0     -2
      /swap       file        1024     12    -3
      """
    #expect(MachineFacts.swapBytes(text) == (2_097_148 + 1024) * 1024)
    #expect(MachineFacts.swapBytes("Filename Type Size Used Priority\n") == 0)
    #expect(MachineFacts.swapBytes("") == 0)
  }

  @Test func stolenTimeIsAShareOfBusyTime() {
    #expect(MachineFacts.stolen("cpu  600 0 200 9000 50 50 50 100 0 0\ncpu0 1\n") == 100)
    #expect(MachineFacts.stolen("cpu  0 0 0 9000 0 0 0 0 0 0\n") == 0)
    #expect(MachineFacts.stolen("intr 1 2 3 4 5 6 7 8 9") == nil)
  }

  @Test func loadHasTwoDecimals() {
    #expect(MachineFacts.load("0.07 0.10 0.09 1/200 4711") == 7)
    #expect(MachineFacts.load("12.43 5.70 2.78 1/2 3") == 1243)
    #expect(MachineFacts.load("") == nil)
    #expect(MachineFacts.load("9999999999999999999.00") == nil)
  }

  @Test func thisMachineTellsSomething() throws {
    let facts = MachineFacts.read(tree: nil)
    #expect(!facts.kernel.isEmpty)
    #expect(facts.corePattern != nil)
    #expect(facts.loadPercent != nil)
  }
}
