public import JudgeModel

/// In which order the members of a package travel, and which bytes to ask for next.
///
/// Members come in the order in which judging needs them. Neighbours in the archive that are needed
/// about as soon share a piece, because most testcases are small and each request has its price. A
/// member that somebody waits for now goes to the front, at the next boundary of a member: one that
/// has begun is finished first.
public struct FetchPlan: Hashable, Sendable {
  /// Bytes to ask for.
  public struct Piece: Hashable, Sendable {
    /// In the archive.
    public var offset: Int64
    public var length: Int64
    /// Whose bytes these are, in their order.
    public var parts: [Part]
  }

  public struct Part: Hashable, Sendable {
    /// Index in the manifest's files; nil for what lies between two members and nobody needs.
    public var member: Int?
    public var length: Int64
    /// The member ends with it.
    public var isLast: Bool
  }

  /// Members in order of need.
  private let order: [Int]
  private let ranges: [Range<Int64>]
  /// Place in `order`, by member.
  private var places: [Int: Int] = [:]
  /// Not asked for yet.
  private var waiting: Set<Int>
  private var cursor = 0
  private var preferred: [Int] = []
  /// A member of which a part was asked for, and up to where in the archive.
  private var current: (member: Int, upTo: Int64)? {
    get { currentMember.map { ($0, currentEnd) } }
    set { (currentMember, currentEnd) = (newValue?.member, newValue?.upTo ?? 0) }
  }
  private var currentMember: Int?
  private var currentEnd: Int64 = 0

  /// How far ahead of its turn a neighbour may come, that lies before it in the archive or behind.
  public static let lookahead = 32
  private let lookaheadBehind: Int
  private let gapBytes: Int64

  /// - Parameters:
  ///   - order: members to fetch, in order of need.
  ///   - ranges: where each of the manifest's files lies, none of them empty, one after the other.
  ///   - lookaheadBehind: how far ahead of its turn a neighbour may come that lies behind in the
  ///     archive: 32 places, or more where long pieces are cheaper than many.
  ///   - gapBytes: at most so many that nobody needs may lie between two members of a piece: what is here
  ///     already, as an answer that many testcases have. None where pieces cost less than that.
  public init(
    order: [Int], ranges: [Range<Int64>], lookaheadBehind: Int = Self.lookahead,
    gapBytes: Int64 = 0
  ) {
    self.gapBytes = max(0, gapBytes)
    self.lookaheadBehind = max(Self.lookahead, lookaheadBehind)
    self.order = order.filter { ranges.indices.contains($0) && !ranges[$0].isEmpty }
    self.ranges = ranges
    for (place, member) in self.order.enumerated() { places[member] = place }
    waiting = Set(self.order)
  }

  /// Everything was asked for.
  public var isExhausted: Bool { waiting.isEmpty && currentMember == nil }

  /// What was asked for ends with the end of a member.
  public var isBetweenMembers: Bool { currentMember == nil }

  /// Bytes that were not asked for yet.
  public var bytesLeft: Int64 {
    waiting.reduce(current.map { ranges[$0.member].upperBound - $0.upTo } ?? 0) {
      $0 + (ranges[$1].upperBound - ranges[$1].lowerBound)
    }
  }

  /// Somebody waits for this member.
  public mutating func prefer(_ member: Int) {
    guard waiting.contains(member), !preferred.contains(member) else { return }
    preferred.append(member)
  }

  /// The next piece, of at most so many bytes.
  public mutating func next(atMost limit: Int64) -> Piece? {
    let limit = max(1, limit)
    if let (member, upTo) = current { return part(of: member, from: upTo, limit) }
    guard let first = takeFirst() else { return nil }
    let range = ranges[first]
    guard range.upperBound - range.lowerBound <= limit else {
      return part(of: first, from: range.lowerBound, limit)
    }
    return run(around: first, limit)
  }

  private mutating func takeFirst() -> Int? {
    while let member = preferred.first {
      preferred.removeFirst()
      if waiting.remove(member) != nil { return member }
    }
    while cursor < order.count {
      let member = order[cursor]
      cursor += 1
      if waiting.remove(member) != nil { return member }
    }
    return nil
  }

  private mutating func part(of member: Int, from offset: Int64, _ limit: Int64) -> Piece {
    let end = min(ranges[member].upperBound, offset + limit)
    let isLast = end == ranges[member].upperBound
    current = isLast ? nil : (member, end)
    return Piece(
      offset: offset, length: end - offset,
      parts: [Part(member: member, length: end - offset, isLast: isLast)])
  }

  /// A member and as many of its neighbours as are wanted soon and fit.
  private mutating func run(around first: Int, _ limit: Int64) -> Piece {
    var members = [first]
    var (low, high) = (first, first)
    var length = ranges[first].upperBound - ranges[first].lowerBound
    let turn = max(cursor, places[first] ?? 0)
    let horizon = turn + Self.lookahead
    let horizonBehind = turn + lookaheadBehind
    while true {
      let next = wanted(behind: high)
      let after = next.flatMap { size(of: $0, from: ranges[high].upperBound, horizonBehind) }
        .flatMap { length + $0 <= limit ? $0 : nil }
      let before = size(of: low - 1, before: ranges[low].lowerBound, horizon)
        .flatMap { length + $0 <= limit ? $0 : nil }
      // Of two that fit, the one that is needed sooner.
      if let after, let next, before == nil || (places[next] ?? 0) < (places[low - 1] ?? 0) {
        high = next
        length += after
        waiting.remove(high)
        members.append(high)
      } else if let before {
        low -= 1
        length += before
        waiting.remove(low)
        members.insert(low, at: 0)
      } else {
        break
      }
    }
    return Piece(offset: ranges[low].lowerBound, length: length, parts: parts(of: members))
  }

  /// - Parameter members: one behind the other.
  private func parts(of members: [Int]) -> [Part] {
    var parts: [Part] = []
    var end = members.first.map { ranges[$0].lowerBound } ?? 0
    for member in members {
      let range = ranges[member]
      if range.lowerBound > end {
        parts.append(Part(member: nil, length: range.lowerBound - end, isLast: true))
      }
      parts.append(
        Part(member: member, length: range.upperBound - range.lowerBound, isLast: true))
      end = range.upperBound
    }
    return parts
  }

  /// The next member behind this one that is wanted, across a gap at most.
  private func wanted(behind member: Int) -> Int? {
    var next = member + 1
    while next < ranges.count, ranges[next].lowerBound - ranges[member].upperBound <= gapBytes {
      if waiting.contains(next) { return next }
      next += 1
    }
    return nil
  }

  /// Bytes of a neighbour that may come along, those up to it included; nil when it may not.
  private func size(
    of member: Int, from start: Int64? = nil, before end: Int64? = nil, _ horizon: Int
  ) -> Int64? {
    guard waiting.contains(member), places[member].map({ $0 < horizon }) ?? false,
      end.map({ $0 == ranges[member].upperBound }) ?? true
    else { return nil }
    return ranges[member].upperBound - (start ?? ranges[member].lowerBound)
  }
}

/// What judging needs first.
public struct TravelOrder: Hashable, Sendable {
  /// Indices in the manifest's files: programs of the package and what is compiled with submissions,
  /// then each testcase's files in judging order, then the rest.
  public let members: [Int]
  /// So many of them are there before a judging begins.
  public let neededToStart: Int

  /// - Parameter isMissing: whether a file has to be fetched; each digest is, once.
  public init(_ manifest: PackageManifest, isMissing: (PackageFile) -> Bool) {
    var places: [String: Int] = [:]
    places.reserveCapacity(manifest.files.count)
    for (at, file) in manifest.files.enumerated() { places[file.path] = at }
    var seen: Set<Digest> = []
    var members: [Int] = []
    func add(_ at: Int, _ members: inout [Int]) {
      let file = manifest.files[at]
      if seen.insert(file.digest).inserted, isMissing(file) { members.append(at) }
    }
    for role in [PackageFile.Role.validator, .grader, .include] {
      for (at, file) in manifest.files.enumerated() where file.role == role { add(at, &members) }
    }
    neededToStart = members.count
    for testcase in manifest.testcases {
      for path in [testcase.input, testcase.answer] + testcase.files.map(\.path) {
        if let at = places[path] { add(at, &members) }
      }
    }
    for at in manifest.files.indices { add(at, &members) }
    self.members = members
  }
}
