/// Cuts the bytes of a piece, which come bit by bit, into parts of members.
public struct PartCutter: Hashable, Sendable {
  private var parts: ArraySlice<FetchPlan.Part>

  public init(_ parts: [FetchPlan.Part]) { self.parts = parts[...] }

  /// Whose the next bytes are.
  /// - Parameter count: so many; those behind the last part belong to nobody.
  public mutating func take(_ count: Int64) -> [FetchPlan.Part] {
    var left = max(0, count)
    var taken: [FetchPlan.Part] = []
    while left > 0, var part = parts.first {
      guard part.length > left else {
        parts.removeFirst()
        left -= max(0, part.length)
        taken.append(part)
        continue
      }
      taken.append(FetchPlan.Part(member: part.member, length: left, isLast: false))
      part.length -= left
      parts[parts.startIndex] = part
      left = 0
    }
    return taken
  }
}
