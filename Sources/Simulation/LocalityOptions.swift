/// A cluster and its load, for the question how well judgings find the workers that hold their packages.
public struct LocalityOptions: Hashable, Sendable {
  public enum Demand: String, Hashable, Sendable, CaseIterable {
    /// Some packages are wanted often and most rarely (Zipf), and that does not change.
    case steady
    /// Of every other 2000 judgings seven in ten are for a dozen packages, another dozen each time: a
    /// contest begins.
    case bursty
  }

  public var seed: UInt64
  public var demand = Demand.steady
  /// Share of all slots that the judgings would keep busy, thousandths.
  public var loadPerMille: Int64 = 850
  public var judgings = 12_000
  public var workers = 20
  public var slots = 8
  public var packages = 200
  /// Cache of each worker. Holds whatever all its slots may need at a time.
  public var budgetBytes: Int64 = 5_000_000_000
  /// Bytes per second of each worker's link, and of the scheduler's.
  public var workerRate: Int64 = 125_000_000
  public var schedulerRate: Int64 = 1_250_000_000

  public init(seed: UInt64) { self.seed = seed }
}
