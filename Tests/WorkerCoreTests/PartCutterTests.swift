import Testing

@testable import WorkerCore

@Suite struct PartCutterTests {
  private let parts = [
    FetchPlan.Part(member: 3, length: 5, isLast: true),
    FetchPlan.Part(member: 4, length: 1, isLast: true),
    FetchPlan.Part(member: 7, length: 10, isLast: false),
  ]

  @Test(arguments: 1...16 as ClosedRange<Int64>)
  func whateverTheSteps(_ step: Int64) {
    var cutter = PartCutter(parts)
    var taken: [FetchPlan.Part] = []
    var left: Int64 = 16
    while left > 0 {
      let count = min(step, left)
      let some = cutter.take(count)
      #expect(some.reduce(0) { $0 + $1.length } == count)
      taken += some
      left -= count
    }
    for part in parts {
      let own = taken.filter { $0.member == part.member }
      #expect(own.reduce(0) { $0 + $1.length } == part.length)
      #expect(own.last?.isLast == part.isLast)
      #expect(own.dropLast().allSatisfy { !$0.isLast })
    }
    let order = taken.compactMap(\.member)
    #expect(order == order.sorted())
  }

  @Test func thereIsNothingBehindTheLastPart() {
    var cutter = PartCutter(parts)
    #expect(cutter.take(100).count == 3)
    #expect(cutter.take(1) == [])
    #expect(cutter.take(-1) == [])
  }
}
