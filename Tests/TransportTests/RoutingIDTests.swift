import Testing

@testable import Transport

extension TransportTests {
  @Suite struct RoutingIDTests {
    @Test func keepsItsBytes() throws {
      for count in [1, 2, 5, 7, 8, 9, 255] {
        for fill: UInt8 in [0, 1, 255] {
          let bytes = [UInt8](repeating: fill, count: count)
          let id = try #require(RoutingID(bytes))
          #expect(id.bytes == bytes)
          #expect(id == RoutingID(bytes))
        }
      }
      #expect(RoutingID([]) == nil)
      #expect(RoutingID([UInt8](repeating: 1, count: 256)) == nil)
    }

    @Test func differsByLengthAndContent() {
      let ids = [
        [0], [0, 0], [1], [0, 1], [1, 0], [0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0],
      ]
      .map { RoutingID($0) }
      #expect(Set(ids).count == ids.count)
    }

    @Test func printsAsHex() {
      #expect(RoutingID([0, 0x6b, 0x8b, 0x45, 0x67])?.description == "006b8b4567")
    }
  }
}
