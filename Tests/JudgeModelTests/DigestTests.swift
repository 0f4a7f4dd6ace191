import JudgeModel
import Testing

@Suite struct DigestTests {
  private let hex = "0123456789abcdeffedcba98765432100011223344556677ffeeddccbbaa9988"

  @Test func readsAndPrintsHexadecimal() throws {
    let digest = try #require(Digest(hex: hex))
    #expect(digest.hex == hex)
    #expect(Digest(hex: hex.uppercased()) == digest)
    #expect(digest.short == "0123456789ab")
    #expect(digest.bytes.first == 0x01 && digest.bytes.last == 0x88)
    #expect(Digest(bytes: digest.bytes) == digest)
  }

  @Test func refusesAnythingElse() {
    #expect(Digest(hex: "") == nil)
    #expect(Digest(hex: hex.dropLast()) == nil)
    #expect(Digest(hex: hex + "0") == nil)
    #expect(Digest(hex: hex.dropLast() + "g") == nil)
    #expect(Digest(hex: hex.dropLast() + "/") == nil)
    #expect(Digest(hex: hex.dropLast(2) + "é") == nil)
    #expect(Digest(bytes: [UInt8](repeating: 0, count: 31)) == nil)
    #expect(Digest(bytes: [UInt8](repeating: 0, count: 33)) == nil)
  }

  @Test(arguments: 0..<32)
  func isOrderedAsItsBytes(position: Int) throws {
    var low = [UInt8](repeating: 0x7F, count: 32)
    var high = low
    low[position] = 0x7E
    high[position] = 0x80
    // What follows the first difference does not matter.
    if position < 31 { low[31] = 0xFF }
    #expect(try #require(Digest(bytes: low)) < #require(Digest(bytes: high)))
  }
}

@Suite struct LeaseEpochTests {
  @Test func aNewerSchedulerWins() {
    let old = LeaseEpoch(generation: 1, counter: 1_000_000)
    let new = LeaseEpoch(generation: 2, counter: 1)
    #expect(old < new)
    #expect(new < LeaseEpoch(generation: 2, counter: 2))
    #expect(new.description == "2.1")
  }
}
