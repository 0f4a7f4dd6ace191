/// Where every choice of a simulation comes from: the same seed makes the same choices on every
/// machine and in every build.
///
/// Our own generator and integers only, so that neither a new standard library nor a floating-point
/// unit changes what a seed means. Public, because tests draw from it as well.
public struct Random: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return mixed(state)
  }

  /// From 0 up to and without `bound`; 0 when there is no such number.
  public mutating func below(_ bound: Int64) -> Int64 {
    // The modulus prefers small numbers by less than one in 2^40 for any bound used here.
    bound > 0 ? Int64(next() % UInt64(bound)) : 0
  }

  public mutating func between(_ low: Int64, _ high: Int64) -> Int64 { low + below(high - low + 1) }
  public mutating func index(_ count: Int) -> Int { Int(below(Int64(count))) }
  public mutating func chance(perMille: Int64) -> Bool { perMille > 0 && below(1000) < perMille }

  /// Small numbers often, large ones rarely: each halving of the value is as likely as the next.
  public mutating func skewed(_ bound: Int) -> Int {
    guard bound > 1 else { return 0 }
    var range = Int64(bound)
    while range > 1, below(2) == 0 { range = (range + 1) / 2 }
    return Int(below(range))
  }
}

/// The finalizer of SplitMix64: every bit of the result depends on every bit of the input.
func mixed(_ value: UInt64) -> UInt64 {
  var z = value
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}
