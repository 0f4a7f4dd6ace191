import Testing

@testable import Bench

@Suite struct CacheTraceTests {
  @Test(arguments: CacheTrace.all)
  func packagesDoNotFitTheCaches(trace: CacheTrace) {
    #expect(trace.packageBytes * trace.packages > CacheTrace.workers * trace.budgetBytes)
    #expect(trace.packageBytes < trace.budgetBytes, "but each of them fits")
  }

  @Test(arguments: CacheTrace.all)
  func theOrderIsTheSameEachTimeAndNamesAll(trace: CacheTrace) {
    #expect(trace.order == trace.order)
    #expect(trace.order.count == trace.judgings)
    #expect(Set(trace.order) == Set(0..<trace.packages))
    let mean = trace.judgings / trace.packages
    for package in 0..<trace.packages {
      let count = trace.order.count { $0 == package }
      #expect((mean / 3...mean * 2).contains(count), "package \(package): \(count)")
    }
  }

  @Test func aRegradeIsHandedInAsAWhole() {
    #expect(CacheTrace.all.map(\.isRegrade) == [true, false])
  }
}
