/// Judgings of more packages than fit the caches of two workers.
public struct CacheTrace: Sendable {
  public var name: String
  public var packages: Int
  /// Bytes of each package's tests.
  public var packageBytes: Int
  public var judgings: Int
  /// How many are handed in and not judged at a time; all of them is a regrade.
  public var inFlight: Int
  /// Of each worker.
  public var budgetBytes: Int

  public static let all = [
    // Engines that pin what jobs declare stall here: all inputs together are larger than the disk.
    CacheTrace(
      name: "12 packages of 20 MB, a regrade", packages: 12, packageBytes: 20_000_000,
      judgings: 300, inFlight: 300, budgetBytes: 100_000_000),
    CacheTrace(
      name: "working set of four budgets, live", packages: 40, packageBytes: 10_000_000,
      judgings: 2_000, inFlight: 16, budgetBytes: 100_000_000),
  ]

  public static let workers = 2

  public var isRegrade: Bool { inFlight >= judgings }

  /// Whose package each judging needs, the same each time: any is as likely as any other.
  public var order: [Int] {
    var random = Mixer(state: 11)
    return (0..<judgings).map { _ in Int(random.next() % UInt64(packages)) }
  }
}
