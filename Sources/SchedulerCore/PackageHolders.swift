internal import JudgeModel

/// Who holds each package, and what they could do with it: enough to judge a kind of waiting work without
/// a look at each of them, of whom a large cluster has thousands.
struct PackageHolders {
  /// What one session adds to a package that it holds; nothing while it is given no such work.
  struct Offer: Hashable {
    var skillSet: Int
    var slots: Int64
    var hasRoom: Bool
    /// Could begin at once.
    var hasFreeSlot: Bool
  }

  /// What all sessions with the same skills add.
  struct Supply: Hashable {
    var skillSet: Int
    var sessions = 0
    var slots: Int64 = 0
    var withRoom = 0
    var withFreeSlot = 0
  }

  struct Row {
    var package: Digest
    /// Sorted.
    var sessions: [SessionID] = []
    /// In no particular order; few.
    var supplies: [Supply] = []
    var hasRoom: Bool { supplies.contains { $0.withRoom > 0 } }
  }

  /// A row keeps its place as long as somebody holds its package.
  private var rows: [Row] = []
  private var vacant: [Int] = []
  private var places: [Digest: Int] = [:]

  subscript(package: Digest) -> Row? { places[package].map { rows[$0] } }
  /// As the subscript, without a copy.
  func read(_ package: Digest, _ body: (borrowing Row) -> Void) {
    if let place = places[package] { body(rows[place]) }
  }
  func place(of package: Digest) -> Int? { places[package] }
  func digest(at place: Int) -> Digest { rows[place].package }

  /// - Returns: the package's place; nil when the session holds it already.
  mutating func add(_ id: SessionID, _ offer: Offer?, to package: Digest) -> Int? {
    let place = places[package] ?? open(package)
    let at = rows[place].sessions.firstPosition { $0 >= id }
    if at < rows[place].sessions.count, rows[place].sessions[at] == id { return nil }
    rows[place].sessions.insert(id, at: at)
    change(nil, to: offer, at: place)
    return place
  }

  mutating func remove(_ id: SessionID, _ offer: Offer?, at place: Int) {
    let at = rows[place].sessions.firstPosition { $0 >= id }
    guard at < rows[place].sessions.count, rows[place].sessions[at] == id else { return }
    rows[place].sessions.remove(at: at)
    change(offer, to: nil, at: place)
    guard rows[place].sessions.isEmpty else { return }
    places[rows[place].package] = nil
    vacant.append(place)
  }

  /// One of the sessions that hold it offers something else now.
  mutating func change(_ before: Offer?, to after: Offer?, at place: Int) {
    guard before != after else { return }
    if let before { count(before, by: -1, at: place) }
    if let after { count(after, by: 1, at: place) }
  }

  private mutating func open(_ package: Digest) -> Int {
    let place = vacant.popLast() ?? rows.count
    if place == rows.count {
      rows.append(Row(package: package))
    } else {
      rows[place] = Row(package: package)
    }
    places[package] = place
    return place
  }

  private mutating func count(_ offer: Offer, by sign: Int, at place: Int) {
    let known = rows[place].supplies.firstIndex { $0.skillSet == offer.skillSet }
    let at = known ?? rows[place].supplies.count
    if known == nil { rows[place].supplies.append(Supply(skillSet: offer.skillSet)) }
    rows[place].supplies[at].sessions += sign
    rows[place].supplies[at].slots += Int64(sign) * offer.slots
    if offer.hasRoom { rows[place].supplies[at].withRoom += sign }
    if offer.hasFreeSlot { rows[place].supplies[at].withFreeSlot += sign }
    if rows[place].supplies[at].sessions == 0 { rows[place].supplies.remove(at: at) }
  }

  /// - Parameter expected: who holds what, and what each offers, as the sessions themselves have it.
  func checkInvariants(_ expected: [Digest: [SessionID: Offer?]]) {
    precondition(Set(places.keys) == Set(expected.keys), "a row for each package that is held")
    precondition(places.count + vacant.count == rows.count)
    for (package, sessions) in expected {
      guard let row = self[package] else { preconditionFailure("\(package) has no row") }
      precondition(row.package == package && row.sessions == sessions.keys.sorted())
      let offers = sessions.values.compactMap { $0 }
      for supply in row.supplies {
        let own = offers.filter { $0.skillSet == supply.skillSet }
        precondition(supply.sessions == own.count && supply.sessions > 0)
        precondition(supply.slots == own.reduce(0) { $0 + $1.slots })
        precondition(supply.withRoom == own.count { $0.hasRoom })
        precondition(supply.withFreeSlot == own.count { $0.hasFreeSlot })
      }
      precondition(row.supplies.reduce(0) { $0 + $1.sessions } == offers.count)
      precondition(Set(row.supplies.map(\.skillSet)).count == row.supplies.count)
    }
  }
}
