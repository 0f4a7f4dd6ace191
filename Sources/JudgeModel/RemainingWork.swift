/// What is left to do of a judging that runs.
public struct RemainingWork: Hashable, Sendable {
  /// That were not begun.
  public var testcases: Int32
  /// All of them together, at the pace so far.
  public var time: TimeSpan
  public init(testcases: Int32, time: TimeSpan) {
    self.testcases = testcases
    self.time = time
  }
}
