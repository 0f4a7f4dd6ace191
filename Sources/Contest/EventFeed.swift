/// Replays an event feed into the state at its end.
///
/// Two styles are in use. The old one (until 2021, and PC² to this day) says what happened:
/// `{"type","id":<number of the event>,"op":"create|update|delete","data":{…}}`. The new one says
/// what is now: `{"type","id":<object>,"data":{…}|[…]|null}`, where an array with no id replaces the
/// whole collection and null deletes. Whether there is an `op` tells them apart, line by line.
struct EventFeed {
  /// Bytes of one line: in the new style a line may be a whole collection.
  static let lineLimit = 64 << 20

  private struct Collection {
    var order: [String] = []
    var byID: [String: JSONValue] = [:]
    /// Objects without an id, kept so that they are reported and not lost.
    var nameless: [JSONValue] = []

    mutating func put(_ value: JSONValue) {
      guard let id = EventFeed.id(of: value) else {
        nameless.append(value)
        return
      }
      if byID.updateValue(value, forKey: id) == nil { order.append(id) }
    }
    mutating func remove(_ id: String) {
      if byID.removeValue(forKey: id) != nil { order.removeAll { $0 == id } }
    }
    var all: [JSONValue] { order.compactMap { byID[$0] } + nameless }
  }

  private let wanted: Set<Endpoint>
  private var collections: [Endpoint: Collection] = [:]

  init(wanted: Set<Endpoint>) { self.wanted = wanted }

  /// nil: the feed never speaks of it.
  func objects(of endpoint: Endpoint) -> [JSONValue]? { collections[endpoint]?.all }

  mutating func read(_ bytes: [UInt8], _ defects: inout DefectList) {
    var start = 0
    var number = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 10) ?? bytes.count
      number += 1
      // Servers keep a quiet connection alive with empty lines.
      if bytes[start..<end].contains(where: { $0 > 32 }) {
        line(bytes, start..<end, number: number, &defects)
      }
      start = end + 1
    }
  }

  private mutating func line(
    _ bytes: [UInt8], _ range: Range<Int>, number: Int, _ defects: inout DefectList
  ) {
    let note = { (problem: String, remedy: String, defects: inout DefectList) in
      defects.note(RecordSet.feedName, "line \(number)", "", problem, remedy: remedy)
    }
    guard range.count <= Self.lineLimit else {
      return note("is longer than \(Self.lineLimit >> 20) MiB", "split it", &defects)
    }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONParser.parse(bytes, in: range)
    } catch {
      let isCut = range.upperBound == bytes.count
      return note(
        "not JSON at column \(error.column): \(error.problem.plainLine(limit: 120))",
        isCut ? "the feed may have been cut off: fetch it again" : "mend or remove the line",
        &defects)
    }
    guard case .object(let event) = value,
      case .string(let type)? = event["type"] ?? event["event"]
    else { return note("names no type of event", "mend or remove the line", &defects) }
    guard let endpoint = Endpoint(eventType: type), wanted.contains(endpoint) else { return }
    let data = event["data"] ?? .null
    if case .string(let operation)? = event["op"] {
      guard case .object = data, Self.id(of: data) != nil else {
        return note("its data is not an object with an id", "mend or remove the line", &defects)
      }
      if operation == "delete" {
        Self.id(of: data).map { collections[endpoint, default: Collection()].remove($0) }
      } else {
        collections[endpoint, default: Collection()].put(data)
      }
      return
    }
    let id = Self.text(event["id"])
    switch data {
    case .array(let values):
      var fresh = Collection()
      for value in values { fresh.put(value) }
      collections[endpoint] = fresh
    case .object where endpoint == .contest:
      collections[endpoint] = Collection()
      collections[endpoint]?.put(data)
    case .object(var members):
      if let id, members["id"] == nil { members["id"] = .string(id) }
      collections[endpoint, default: Collection()].put(.object(members))
    case .null:
      if let id {
        collections[endpoint, default: Collection()].remove(id)
      } else {
        collections[endpoint] = Collection()
      }
    default:
      note("its data is \(data.kind)", "mend or remove the line", &defects)
    }
  }

  private static func id(of value: JSONValue) -> String? {
    guard case .object(let members) = value else { return nil }
    return text(members["id"])
  }

  private static func text(_ value: JSONValue?) -> String? {
    switch value {
    case .string(let text), .number(let text): text
    default: nil
    }
  }
}
