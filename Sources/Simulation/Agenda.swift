internal import JudgeModel

/// What is going to happen, earliest first; of two things at one time the one that was planned first.
struct Agenda<Occurrence> {
  private struct Entry {
    var at: Int64
    var sequence: UInt64
    var place: Int
    func isBefore(_ other: Entry) -> Bool {
      at != other.at ? at < other.at : sequence < other.sequence
    }
  }
  // Occurrences are large; the heap moves only their places.
  private var heap: [Entry] = []
  private var occurrences: [Occurrence?] = []
  private var free: [Int] = []
  private var sequence: UInt64 = 0

  var isEmpty: Bool { heap.isEmpty }

  mutating func plan(_ occurrence: Occurrence, at instant: Instant) {
    sequence += 1
    let place: Int
    if let reused = free.popLast() {
      place = reused
      occurrences[place] = occurrence
    } else {
      place = occurrences.count
      occurrences.append(occurrence)
    }
    heap.append(Entry(at: instant.nanoseconds, sequence: sequence, place: place))
    rise(heap.count - 1)
  }

  mutating func next() -> (Instant, Occurrence)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink(0)
    }
    guard let occurrence = occurrences[first.place] else { return nil }
    occurrences[first.place] = nil
    free.append(first.place)
    return (Instant(nanoseconds: first.at), occurrence)
  }

  private mutating func rise(_ start: Int) {
    var at = start
    while at > 0 {
      let parent = (at - 1) / 2
      guard heap[at].isBefore(heap[parent]) else { return }
      heap.swapAt(at, parent)
      at = parent
    }
  }

  private mutating func sink(_ start: Int) {
    var at = start
    while true {
      var least = at
      for child in [2 * at + 1, 2 * at + 2] where child < heap.count {
        if heap[child].isBefore(heap[least]) { least = child }
      }
      guard least != at else { return }
      heap.swapAt(at, least)
      at = least
    }
  }
}
