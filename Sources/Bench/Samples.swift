/// Measured values of one thing.
public struct Samples: Sendable, Equatable {
  private var values: [Int] = []

  public init() {}
  public init(_ values: [Int]) { self.values = values }

  public mutating func add(_ value: Int) { values.append(value) }
  public mutating func add(_ other: Samples) { values += other.values }

  public var count: Int { values.count }

  /// The smallest value that at least `perMille` thousandths of all do not exceed; 0 without values.
  public func percentile(perMille: Int) -> Int {
    guard !values.isEmpty else { return 0 }
    let rank = (values.count * min(max(perMille, 0), 1000) + 999) / 1000
    return values.sorted()[max(rank, 1) - 1]
  }

  public var minimum: Int { values.min() ?? 0 }
  public var maximum: Int { values.max() ?? 0 }
  public var median: Int { percentile(perMille: 500) }

  /// This median in thousandths of the other one; 0 where there is no such number.
  public func ratio(to base: Samples) -> Int {
    guard base.median > 0 else { return 0 }
    let (product, overflow) = median.multipliedReportingOverflow(by: 1000)
    return overflow ? .max : product / base.median
  }

  /// Minimum, median and 99th percentile.
  func figures(_ unit: BenchPage.Unit) -> [BenchPage.Figure] {
    [
      BenchPage.Figure("min", minimum, unit), BenchPage.Figure("median", median, unit),
      BenchPage.Figure("p99", percentile(perMille: 990), unit),
    ]
  }
}

extension Duration {
  /// Of something that was measured; such times fit.
  public var nanoseconds: Int {
    Int(components.seconds) * 1_000_000_000 + Int(components.attoseconds / 1_000_000_000)
  }
}
