public import JudgeModel

/// What comes when, the same for every policy.
public struct LocalityTrace: Sendable {
  public struct Arrival: Hashable, Sendable {
    public var at: Instant
    /// Index in `sizes`.
    public var package: Int
    /// What the judging takes from its start, when the package is there.
    public var span: TimeSpan
  }

  /// Bytes of each package.
  public var sizes: [Int64]
  /// In order of time.
  public var arrivals: [Arrival]

  public init(sizes: [Int64], arrivals: [Arrival]) {
    self.sizes = sizes
    self.arrivals = arrivals
  }

  /// Largest package, bytes.
  public static let largestPackage: Int64 = 500_000_000
  private static let longestSpan = TimeSpan.seconds(60)
  /// Mean of the spans drawn below, near enough to say what a load is.
  static let meanSpan = TimeSpan.milliseconds(4_050)

  /// Sizes and spans are logarithmically normal, as contests' are; packages are wanted by Zipf's law;
  /// judgings arrive independently of each other.
  public init(_ options: LocalityOptions) {
    var random = Random(seed: mixed(options.seed ^ 0x10CA))
    sizes = (0..<options.packages).map { _ in
      min(Self.largestPackage, Int64(exponential(18.1 + 0.9 * random.normal())))
    }
    var total: Int64 = 0
    let upTo = (0..<options.packages).map { rank in
      total += 1_000_000_000 / Int64(rank + 1)
      return total
    }
    // So many moments drawn from a span are what a Poisson process leaves in it.
    let capacity = Int64(options.workers * options.slots) * options.loadPerMille
    let whole = Self.meanSpan.nanoseconds / max(1, capacity) * 1_000 * Int64(options.judgings)
    let moments = (0..<options.judgings).map { _ in random.below(max(1, whole)) }.sorted()
    arrivals = moments.enumerated().map { index, moment in
      let popular = random.below(total)
      var package = upTo.firstIndex { popular < $0 } ?? 0
      if options.demand == .bursty, (index / 2_000) % 2 == 1, random.chance(perMille: 700) {
        let dozen = Int(random.uniformCubed() * 12)
        package = (dozen + index / 4_000 * 7) % options.packages
      }
      let seconds = exponential(0.9 + random.normal())
      return Arrival(
        at: .zero + .seconds(1) + .nanoseconds(moment), package: package,
        span: min(Self.longestSpan, .microseconds(Int64(seconds * 1_000_000))))
    }
  }

  /// Fewer bytes cannot be moved by anyone.
  ///
  /// Caches are empty at the start and packages come from the scheduler only, so whatever is judged with
  /// has been moved once at least. Whoever lets judgings wait as long as he likes needs no more: with
  /// caches that together hold everything, each package may live on one worker. So this bound is reached
  /// where waiting costs nothing.
  public var leastBytes: Int64 {
    Set(arrivals.map(\.package)).reduce(0) { $0 + sizes[$1] }
  }

  /// Fewer bytes cannot be moved by anyone who lets no judging wait longer than `patience` for its start.
  ///
  /// Such a judging of span s that arrives at a surely runs from a + patience to a + s. Where n judgings
  /// of a package surely run at once, n / slots workers, rounded up, hold it at once, and each of those
  /// copies was moved. That copies may be evicted and moved again only adds.
  public func leastBytes(patience: TimeSpan, slots: Int) -> Int64 {
    var changes: [[(at: Instant, by: Int)]] = Array(repeating: [], count: sizes.count)
    var isWanted = Array(repeating: false, count: sizes.count)
    for arrival in arrivals {
      isWanted[arrival.package] = true
      guard arrival.span > patience else { continue }
      changes[arrival.package].append((arrival.at + patience, 1))
      changes[arrival.package].append((arrival.at + arrival.span, -1))
    }
    var bytes: Int64 = 0
    for package in sizes.indices where isWanted[package] {
      var (running, most) = (0, 1)
      // Who ends makes room for who begins at the same moment.
      for change in changes[package].sorted(by: { ($0.at, $0.by) < ($1.at, $1.by) }) {
        running += change.by
        most = max(most, running)
      }
      bytes += sizes[package] * Int64((most + slots - 1) / slots)
    }
    return bytes
  }
}

extension Random {
  /// Nearly normal, with mean 0 and variance 1: the sum of twelve uniform numbers, which needs no
  /// function whose last digit differs between machines.
  fileprivate mutating func normal() -> Double {
    (0..<12).reduce(-6) { sum, _ in sum + uniform() }
  }

  fileprivate mutating func uniformCubed() -> Double {
    let value = uniform()
    return value * value * value
  }

  private mutating func uniform() -> Double { Double(next() >> 11) / Double(1 << 53) }
}

/// e to the power of `x`, from multiplications and divisions only: the same bits on every machine.
func exponential(_ x: Double) -> Double {
  // The series is short for small numbers; squared ten times it is that of `x`.
  let small = x / 1024
  var (term, sum) = (1.0, 1.0)
  for place in 1...10 {
    term *= small / Double(place)
    sum += term
  }
  return (0..<10).reduce(sum) { power, _ in power * power }
}
